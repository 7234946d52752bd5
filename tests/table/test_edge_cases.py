"""What every operator does at its edges, case by case (`tests/support/edges.py`). The rules:
`test_edge_rules.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.support.edges import CASES, gradients_of


@pytest.mark.parametrize(
    ("f", "at", "value", "gradients"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_case(
    f: Callable[..., Any], at: Sequence[float], value: float, gradients: Sequence[float]
) -> None:
    found, slopes = gradients_of(f, at)
    assert found == pytest.approx(value, rel=5e-16, abs=0.0, nan_ok=True)
    assert slopes == pytest.approx(list(gradients), rel=5e-16, abs=0.0, nan_ok=True)
