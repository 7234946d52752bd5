"""Small graphs of lectures, whose backward pass is explained."""

from __future__ import annotations

from scalargrad import Value


def lecture() -> Value:
    """The lectures' first graph, f = (x + y)·z."""
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    f = q * z
    q.label, f.label = "q", "f"
    return f


def counter_example() -> Value:
    a = Value(1.0, "a")
    b = a + a
    c = b + b
    b.label, c.label = "b", "c"
    return c
