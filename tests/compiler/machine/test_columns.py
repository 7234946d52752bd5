"""Results and derivatives that are arrays: the machine writes the columns of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

NUMBERS: dict[str, Any] = {
    "computed": lambda v, w: sg.sin(v[0]) * w,
    "given": lambda v, w: v[1],
    "the same in all lanes": lambda v, w: w * w,
    "constant": lambda v, w: 2.5,
    "in one way of two": lambda v, w: v[0] if v[1] > 0.0 else w,
    "constant in one way of two": lambda v, w: v[0] if v[1] > 0.0 else 1.0,
}


@given(st.lists(st.sampled_from(list(NUMBERS)), min_size=1, max_size=7), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_each_column_is_what_one_sample_gives(names: list[str], seed: int) -> None:
    def f(v: Any, w: Any) -> Any:
        return np.array([NUMBERS[name](v, w) for name in names], object)

    samples = np.random.default_rng(seed).normal(size=(150, 2))
    before = samples.copy()
    gate = sg.compile(f, batch="v")
    for _ in range(2):
        found = gate(samples, 0.7)
        expected = [np.asarray(f(sample, 0.7), float) for sample in samples.tolist()]
        assert found == pytest.approx(np.array(expected), rel=1e-14)
    slopes = sg.jacobian(gate)(samples, 0.7)
    one = [np.array(sg.jacobian(f)(sample, 0.7), float) for sample in samples[:5]]
    assert slopes[:5] == pytest.approx(np.array(one), rel=1e-14)
    # nobody else's array is written to, or handed out
    np.testing.assert_array_equal(samples, before)
    found[:] = 0.0
    np.testing.assert_array_equal(samples, before)
    assert gate(samples, 0.7) == pytest.approx(np.array(expected), rel=1e-14)


@pytest.mark.skipif(not NATIVE, reason="the machine writes columns")
def test_a_jacobian_with_constant_columns_is_not_copied_together(monkeypatch: Any) -> None:
    gate = sg.jacobian(sg.compile(lambda v: [v[0] * v[1] + v[2], v[0] * v[0]], batch="v"))
    samples = np.random.default_rng(0).normal(size=(40, 3))

    def refused(*args: Any, **named: Any) -> Any:
        raise AssertionError("the machine wrote columns apart")

    gate(samples)
    monkeypatch.setattr(np, "stack", refused)
    first, second = gate(samples)
    assert first.tolist() == np.column_stack([samples[:, 1], samples[:, 0], np.ones(40)]).tolist()
    assert second.tolist() == [[2.0 * x, 0.0, 0.0] for x in samples[:, 0].tolist()]
