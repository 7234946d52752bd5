"""The neuron in README's pictures: the page shows these lines beside its steps."""

from __future__ import annotations

from typing import Any

import scalargrad as sg

NUMBERS = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}


def neuron(w0: Any, x0: Any, w1: Any, x1: Any, w2: Any) -> Any:
    s = w0 * x0 + w1 * x1 + w2
    out = sg.sigmoid(s)
    s.label, out.label = "s", "out"
    return out
