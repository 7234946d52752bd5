"""Operators of one's own, which read what may change: in the value, and in the partials."""

from __future__ import annotations

from .by_hand import by_hand
from .uses import Use

LIST = """\
k_{n}, v_{n} = [2.0, 3.0], sg.Value(1.5)
{n} = sg.operator("own", lambda t: t * k_{n}[0], lambda out, t: t * k_{n}[1])"""

METHOD = """\
class Rule_{n}:
    k = 0.5
    def partial(self, out, t):
        return t * self.k
r_{n}, v_{n} = Rule_{n}(), sg.Value(1.5)
{n} = sg.operator("own", lambda t: t * t, r_{n}.partial)"""

DEFAULT = """\
k_{n}, v_{n} = dict(k=0.5), sg.Value(1.5)
def partial_{n}(out, t, u, held=k_{n}):
    return t * held["k"]
second_{n} = functools.partial(partial_{n}, held=k_{n})
{n} = sg.operator("own", lambda t, u: t + u, partial_{n}, second_{n})"""

BRANCH = """\
t_{n}, v_{n} = 1.0, sg.Value(1.5)
def partial_{n}(out, t):
    return 2.0 * t if t_{n} > 1.0 else t
{n} = sg.operator("own", lambda t: t * t, partial_{n})"""

MANY = """\
k_{n}, v_{n} = [0.5], sg.Value(1.5)
{n} = sg.operator(
    "own", lambda *ts: sum(ts), all_partials=lambda out, *ts: [t * k_{n}[0] for t in ts]
)"""

UFUNC = "k_{n} = [2.0]\n{n} = np.frompyfunc(lambda t: t * k_{n}[0], 1, 1)"

OWN_OPERATORS = (
    Use(
        "operator that reads a list",
        LIST,
        ("{n}(v_{n})", "{n}(0.5)", "{n}({n}(v_{n}))"),
        ("k_{n}[0] = 0.25", "k_{n}[1] = 0.75", "k_{n} = [4.0, 5.0]"),
        ("v_{n}",),
    ),
    Use(
        "operator with a bound method",
        METHOD,
        ("{n}(v_{n})",),
        ("r_{n}.k = 1.5", "Rule_{n}.k = 2.5", "Rule_{n}.partial = lambda self, out, t: 3.0"),
        ("v_{n}",),
    ),
    Use(
        "operator with defaults",
        DEFAULT,
        ("{n}(v_{n}, 1.0)", "{n}(v_{n}, v_{n})"),
        ("k_{n}['k'] = 1.5", "partial_{n}.__defaults__ = (dict(k=2.5),)"),
        ("v_{n}",),
    ),
    Use("operator that branches", BRANCH, ("{n}(v_{n})",), ("t_{n} = 1.5",), ("v_{n}",)),
    Use(
        "operator of many",
        MANY,
        ("{n}(v_{n})", "{n}(v_{n}, 2.0, v_{n} * 2.0)"),
        ("k_{n}[0] = 1.5",),
        ("v_{n}",),
    ),
    Use(
        "operator that is changed",
        LIST,
        ("{n}(v_{n})",),
        ("{n}.partials = (lambda out, t: 5.0 * t,)", "{n}.forward = lambda t: 6.0 * t"),
        ("v_{n}",),
    ),
    Use("ufunc of one's own", UFUNC, ("{n}(0.5)",), ("k_{n}[0] = 3.0",)),
)

DERIVATIVES = tuple(
    by_hand(
        f"what a partial reads, through {call.partition('(gate')[0]}",
        "K = [1.0]\n"
        "cube = sg.operator('cube', lambda t: t ** 3 * K[0], lambda out, t: 3.0 * t * t * K[0])\n"
        "def f(x):\n    return cube(x) * x",
        call,
        call,
        "K[0] = 5.0",
        call,
        "K = [0.5]",
        call,
        setup=setup,
    )
    for call, setup in (
        ("sg.value_and_grad(gate)(2.0)", "gate = compile(f)"),
        ("gate(2.0)", "gate = compile(sg.value_and_grad(f))"),
        ("sg.jacobian(gate)(2.0)", "gate = compile(f)"),
        ("sg.hessian(gate)(2.0)", "gate = compile(f)"),
        ("gate(2.0)", "gate = compile(sg.hessian(f))"),
        ("sg.jvp(gate, (2.0,), (0.5,))", "gate = compile(f)"),
        ("sg.hvp(gate, (2.0,), (0.5,))", "gate = compile(f)"),
        ("through(gate, (sg.Value(2.0),), {})", "gate = compile(f)"),
        (
            "sg.value_and_grad(gate)(np.array([2.0, 0.5]))",
            "gate = compile(f, batch='x', reduce='sum')",
        ),
    )
)
