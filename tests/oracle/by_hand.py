"""Scripts by hand: calls and changes in an order that matters. A line that is a statement is a
change, one that is an expression a call."""

from __future__ import annotations

from .forms import PLAIN
from .program import Program, Script, Step


def is_statement(text: str) -> bool:
    try:
        compile(text, "<step>", "eval")
    except SyntaxError:
        return True
    return False


def by_hand(name: str, source: str, *lines: str, setup: str = PLAIN) -> Script:
    steps = tuple(Step(line, change=is_statement(line)) for line in lines)
    return Script(Program(name, source), "by hand", setup, steps)


CALLS = (
    by_hand(
        "keyword-only",
        "f = lambda x, *, k=2.0: x * k",
        "gate(3.0, k=4.0)",
        "gate(3.0)",
        "gate(x=3.0, k=sg.Value(2.0))",
        "gate()",
    ),
    by_hand(
        "partial, overruled",
        "f = functools.partial(lambda x, k: x * k, k=4.0)",
        "gate(3.0, k=5.0)",
        "gate(3.0)",
    ),
    by_hand(
        "scale of all",
        "f = lambda *xs, scale=1.0: sum(xs) * scale",
        "gate(1.0, 2.0, scale=10.0)",
        "gate(1.0)",
        "gate()",
    ),
    by_hand(
        "wrong arguments",
        "f = lambda x, y: x",
        "gate(1.0)",
        "gate(1.0, 2.0, 3.0)",
        "gate(1.0, z=2.0)",
        "gate(1.0, x=2.0)",
    ),
    by_hand(
        "method",
        "class Net:\n"
        "    def __init__(self, k):\n"
        "        self.k = k\n"
        "    @compile\n"
        "    def __call__(self, x, b=0.5):\n"
        "        return x * self.k + b\n"
        "    @compile\n"
        "    def plus(self, x, *, b):\n"
        "        return self(x) + b\n"
        "n, m = Net(2.0), Net(sg.Value(3.0))",
        "n(1.5)",
        "m(1.5)",
        "n(1.5, b=2.0)",
        "n.plus(1.0, b=0.5)",
        "n.k = 4.0",
        "n(1.5)",
        "Net.__call__(n, 1.0)",
        "through(m, (sg.Value(1.0),), {}, [m.k])",
        setup="gate = n",
    ),
    by_hand(
        "class method, property",
        "class A:\n"
        "    k = 2.0\n"
        "    @classmethod\n"
        "    @compile\n"
        "    def of(cls, x):\n"
        "        return x * cls.k\n"
        "    @property\n"
        "    @compile\n"
        "    def twice(self):\n"
        "        return self.k * 2.0\n"
        "a = A()",
        "A.of(1.5)",
        "a.of(1.5)",
        "a.twice",
        "A.k = 3.0",
        "A.of(1.5)",
        "a.twice",
        "a.k = 5.0",
        "a.twice",
        setup="gate = A.of",
    ),
    by_hand(
        "mean of an array",
        "f = lambda w, x: np.mean((w * x - 1) ** 2)",
        "gate(2.0, np.array([1.0, 2.0, 3.0]))",
        "sg.value_and_grad(gate)(2.0, np.array([1.0, 2.0, 3.0]))",
        "sg.grad(gate, (0, 1))(2.0, np.array([1.0, 2.0]))",
        "gate(2.0, [1.0, 2.0])",
    ),
    by_hand(
        "norm",
        "f = lambda v: np.sum(v ** 2) ** 0.5",
        "gate(np.array([3.0, 4.0]))",
        "sg.grad(gate)(np.array([3.0, 4.0]))",
        "sg.hessian(gate)(np.array([3.0, 4.0]))",
        "gate(np.array([[3.0, 4.0], [0.0, 12.0]]))",
    ),
    by_hand(
        "arrays of several kinds",
        "f = lambda v: v.sum() + v[0]",
        "gate(np.array([1, 2]))",
        "gate(np.array([True, False]))",
        "gate(np.array([0.5, 1.5], dtype=np.float32))",
        "gate(np.array([sg.Value(1.0), 2.0], dtype=object))",
        "gate(np.array([1.0, 2.0])[::-1])",
        "gate(np.arange(6.0).reshape(2, 3)[:, 1])",
    ),
    by_hand(
        "empty containers",
        "f = lambda xs, d: sum(xs) + len(d)",
        "gate([], {})",
        "gate([1.0], {'a': None})",
        "gate((), {'a': 1.0})",
    ),
    by_hand(
        "order of a dict",
        "f = lambda d: 2 * list(d.values())[0] - list(d.values())[1]",
        "gate({'a': 1.0, 'b': 5.0})",
        "gate({'b': 5.0, 'a': 1.0})",
        "gate({'a': 1.0, 'b': 5.0})",
        "sg.grad(gate)({'b': 5.0, 'a': 1.0})",
    ),
    by_hand(
        "keys of a dict",
        "f = lambda d: sum(v * (k if isinstance(k, int) else 10) for k, v in d.items())",
        "gate({1: 1.0, 2: 5.0})",
        "gate({'1': 1.0, '2': 5.0})",
        "gate({1: 1.0, '2': 5.0})",
        "gate({True: 1.0, 2: 5.0})",
    ),
    by_hand(
        "two classes of one name",
        "def make(k):\n"
        "    class P(NamedTuple):\n"
        "        a: float\n"
        "        def scaled(self):\n"
        "            return self.a * k\n"
        "    return P\n"
        "P, Q = make(2.0), make(3.0)\n"
        "f = lambda p: p.scaled()",
        "gate(P(1.5))",
        "gate(Q(1.5))",
        "gate(P(1.5))",
    ),
    by_hand(
        "list or tuple",
        "f = lambda xs: len(xs) * (2.0 if isinstance(xs, tuple) else 1.0) * xs[0]",
        "gate([1.5])",
        "gate((1.5,))",
        "gate([1.5, 2.0])",
    ),
    by_hand(
        "1, 1.0 and True",
        "f = lambda x, n: (x * n, isinstance(n, int))",
        "gate(1.5, 1)",
        "gate(1.5, 1.0)",
        "gate(1.5, True)",
        "gate(1.5, sg.Value(1.0))",
        "gate(2, 1)",
        "gate(-0.0, 0)",
    ),
    by_hand(
        "branches in turn",
        "v = sg.Value(2.0)\nf = lambda x: x * v if x > 0 else -x",
        *[f"through(gate, ({x},), {{}}, [v])" for x in (-1.0, 0.2, -1.0)],
        "gate(-1.0)",
        "gate(0.2)",
        "through(gate, (sg.Value(-1.0),), {}, [v])",
    ),
    by_hand(
        "mean over lanes of a Value",
        "f = lambda x, b: sg.square(sg.relu(x - b))",
        "through(gate, (np.array([1.0]), sg.Value(2.0)), {})",
        "through(gate, (np.array([1.0, 3.0]), sg.Value(2.0)), {})",
        setup="gate = compile(f, batch='x', reduce='mean')",
    ),
    by_hand(
        "comparisons of closed-over Values",
        "v, w = sg.Value(1.5), sg.Value(1.0)\n"
        "f = lambda x: x * max(v, w) + sorted([v, w])[0] * (v > 1.0)",
        "through(gate, (2.0,), {}, [v, w])",
        "v.data = 0.5",
        "through(gate, (2.0,), {}, [v, w])",
        "w.data = 0.25",
        "through(gate, (2.0,), {}, [v, w])",
    ),
    by_hand(
        "the number of arguments changes",
        "f = lambda *xs: sum(x * x for x in xs)",
        "sg.jvp(gate, (1.0, 2.0), (1.0, 0.5))",
        "sg.jvp(gate, (1.0,), (2.0,))",
        "sg.jvp(gate, (1.0, 2.0, 3.0), (1.0, 0.0, 1.0))",
        "sg.grad(gate, (0, 1))(1.0, 2.0)",
    ),
    by_hand(
        "derivatives by lane",
        "f = lambda w, x: w * w * sg.sin(x)",
        "sg.jacobian(gate, 1)(1.5, np.array([0.5, 1.0, 2.0]))",
        "sg.hessian(gate, (0, 1))(1.5, np.array([0.5, 1.0, 2.0]))",
        setup="gate = compile(f, batch='x', reduce='sum')",
    ),
    by_hand(
        "second derivatives of a mean",
        "f = lambda w, x: (w * x) ** 2",
        "sg.hessian(gate, (0, 1))(2.0, np.array([0.5, 1.0, 2.0]))",
        setup="gate = compile(f, batch='x', reduce='mean')",
    ),
    by_hand(
        "gradient of the gradient",
        "f = lambda x: x ** 3 * sg.sin(x)",
        "sg.grad(sg.grad(gate))(1.5)",
        "sg.hessian(gate)(1.5)",
        "sg.grad(sg.grad(sg.grad(gate)))(1.5)",
        "sg.jvp(sg.grad(gate), (1.5,), (2.0,))",
        "sg.grad(gate)(sg.Value(1.5))",
        "through(sg.grad(gate), (sg.Value(1.5),), {})",
    ),
    by_hand(
        "broadcast",
        "f = lambda x, y: x * y + 1.0",
        "gate(np.ones((2, 1)), np.arange(3.0))",
        "gate(2.0, np.arange(3.0))",
        "gate(np.array(2.0), np.arange(2.0))",
        "gate(np.arange(2.0), 3)",
        setup="gate = compile(f, batch=True)",
    ),
)
