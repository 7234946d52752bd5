"""Inverses of many small matrices at once, one in each lane: the last axis."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")

from scalargrad.implicit.inverses import inverses, step_of  # noqa: E402

ROTATED = np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])


def side_by_side(*matrices: Any) -> Any:
    return np.stack([np.array(x, float) for x in matrices], axis=2)


def with_curvatures(*values: float) -> Any:
    return ROTATED @ np.diag(values) @ ROTATED.T


def test_a_lane_without_an_inverse_leaves_the_others_theirs() -> None:
    matrices = [[2.0, 1.0], [0.0, 4.0]], [[1.0, 2.0], [2.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]]
    found, curved = inverses(side_by_side(*matrices), is_hessian=False)
    assert curved is None
    np.testing.assert_allclose(found[:, :, 0], [[0.5, -0.125], [0.0, 0.25]])
    assert np.isnan(found[:, :, 1]).all()
    np.testing.assert_allclose(found[:, :, 2], [[0.0, 1.0], [1.0, 0.0]])


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_curvatures_are_turned_upwards_lane_by_lane(wrong: float) -> None:
    infinite = [[1.0, 0.0, wrong], [0.0, 2.0, 0.0], [wrong, 0.0, 3.0]]
    up, saddle = with_curvatures(2.0, 4.0, 1.0), with_curvatures(-2.0, 4.0, 1.0)
    with np.errstate(all="ignore"):
        found, curved = inverses(side_by_side(up, infinite, saddle), is_hessian=True)
    np.testing.assert_allclose(found[:, :, 0], with_curvatures(0.5, 0.25, 1.0))
    assert not np.isfinite(found[:, :, 1]).any()
    np.testing.assert_allclose(found[:, :, 2], with_curvatures(0.5, 0.25, 1.0))
    assert curved.tolist() == [True, False, False]


@pytest.mark.parametrize("size", [1, 2])
def test_a_step_is_against_the_residuals(size: int) -> None:
    inverse = np.stack([2.0 * np.eye(size)] * 3, axis=2)
    np.testing.assert_allclose(step_of(inverse, np.ones((size, 3))), -2.0)
