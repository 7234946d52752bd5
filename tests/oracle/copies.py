"""Scripts by hand: copies of Values within a function, apart from them or linked."""

from __future__ import annotations

from .by_hand import by_hand

SOURCE = (
    "import copy\n"
    "@dataclasses.dataclass\n"
    "class Point:\n    a: Any\n"
    "w = sg.Value(2.0)\n"
    "def f(x):\n    return {}"
)

COPIES = tuple(
    by_hand(
        f"copies: {text}",
        SOURCE.format(text),
        "gate(3.0)",
        "through(gate, (sg.Value(3.0),), {}, [w])",
        "through(gate, (sg.Value(0.5),), {}, [w])",
        "sg.value_and_grad(gate)(3.0)",
        "sg.hessian(gate)(3.0)",
        "sg.grad(lambda x: gate(x) * x)(3.0)",
        "through(gate, (sg.Value(0.5),), {}, [w])",
    )
    for text in (
        "x * copy.copy(x)",
        "x * copy.deepcopy([x])[0]",
        "x * dataclasses.asdict(Point(x))['a']",
        "x * copy.copy(x * x)",
        "x * copy.deepcopy(x * x)",
        "x * copy.copy(w) * w",
        "x * copy.deepcopy(w)",
        "copy.copy(x) * 1.0",
        "copy.copy(copy.copy(x)) * x",
    )
)
