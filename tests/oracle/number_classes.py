"""Scripts by hand: numbers of other classes than float, and what a number says that it is."""

from __future__ import annotations

from .by_hand import by_hand

CLASSES = (
    "from fractions import Fraction as F\n"
    "from decimal import Decimal as D\n"
    "class Money(float):\n"
    "    def __add__(self, other):\n        return 100.0\n"
    "    def twice(self):\n        return self * 2.0\n"
)

NUMBER_CLASSES = (
    by_hand(
        "fractions and decimals",
        CLASSES
        + "def f(a, b):\n    return 1.0 if a + b == F(3, 10) or str(a + b) == '0.3' else 2.0",
        "gate(F(1, 10), F(2, 10))",
        "gate(F(1, 10), F(3, 10))",
        "gate(D('0.1'), D('0.2'))",
        "gate(D('0.10'), D('0.2'))",
        "gate(D('0.1'), 1)",
    ),
    by_hand(
        "what only they have",
        CLASSES + "def f(a):\n    return a.numerator * 1.5 if isinstance(a, F) else str(a)",
        "gate(F(1, 10))",
        "gate(F(3, 10))",
        "gate(D('0.10'))",
        "gate(D('0.1'))",
    ),
    by_hand(
        "beside Values they are floats",
        CLASSES + "def f(a, v):\n    return a * v + v / a",
        *[f"through(gate, ({a}, sg.Value(2.0)), {{}})" for a in ("F(1, 3)", "np.float32(0.1)")],
        "through(gate, (D('0.5'), sg.Value(2.0)), {})",
        "sg.value_and_grad(gate, (0, 1))(F(1, 2), 3.0)",
        "sg.grad(gate)(np.float32(0.5), 3.0)",
    ),
    by_hand(
        "a class below float",
        CLASSES + "def f(x):\n    return x + 1.0 if x > 2.0 else x.twice()",
        "gate(Money(3.0))",
        "gate(Money(1.0))",
        "gate(Money(1.5))",
        "gate(3.0)",
    ),
    by_hand(
        "single precision",
        "def f(a):\n    return 1.0 if a + np.float32(1e-9) == a else 2.0",
        "gate(np.float32(1.0))",
        "gate(np.float32(2.0))",
        "gate(np.float32(1e-9))",
    ),
    by_hand(
        "what a number says that it is",
        "import typing\n"
        "def f(x):\n"
        "    kinds = (float, int, np.floating, np.float64, sg.Value, typing.SupportsIndex)\n"
        "    names = ('data', 'grad', 'backward', 'parents', 'label', '__index__', 'real')\n"
        "    return [*[isinstance(x, k) for k in kinds], *[hasattr(x, n) for n in names]]",
        "gate(2.0)",
        "gate(np.float64(2.0))",
        "gate(np.float32(2.0))",
        "gate(sg.Value(2.0))",
        "gate(2)",
    ),
    by_hand(
        "a choice by an attribute",
        "def f(x):\n    return x.data * 2.0 if hasattr(x, 'data') else x * 3.0",
        "gate(2.0)",
        "gate(sg.Value(2.0))",
        "sg.value_and_grad(lambda x: gate(x) * x)(2.0)",
    ),
)
