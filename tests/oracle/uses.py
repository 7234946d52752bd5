"""What a function can use besides its arguments: how it is made, how it is read, what can change.

Each row is tried alone, read in each of its ways, with each of its changes between two calls; the
generator strews rows over its programs. `{n}` is the name that the thing has there.
"""

from __future__ import annotations

from typing import NamedTuple


class Use(NamedTuple):
    name: str
    made: str
    reads: tuple[str, ...]
    """Expressions for numbers."""
    changes: tuple[str, ...]
    held: tuple[str, ...] = ()
    """Values among it, as long as they are not replaced."""


BOX = """\
class Inner_{n}:
    def __init__(self, k):
        self.k = k
class Base_{n}:
    shared = 0.5
    def scaled(self, t):
        return t * self.rate
class Box_{n}(Base_{n}):
    rate = 1.25
    def __init__(self):
        self.own = 0.75
        self.inner = Inner_{n}(1.5)
        self.items = [0.25, 0.5]
    @property
    def doubled(self):
        return 2.0 * self.own
    @staticmethod
    def halved(t):
        return 0.5 * t
    @classmethod
    def shifted(cls, t):
        return t + cls.rate
    def __call__(self, t):
        return self.scaled(t) + self.own
class Other_{n}(Base_{n}):
    rate = -0.5
    own = 0.125
    doubled = 0.375
    inner = Inner_{n}(2.5)
    items = (1.0, 2.0)
    halved = shifted = __call__ = staticmethod(lambda t: 3.0 * t)
{n} = Box_{n}()"""

CLOSURE = """\
def make_{n}():
    k = 0.75
    def read(t=1.0):
        return t * k
    def write(new):
        nonlocal k
        k = new
    return read, write
{n}, write_{n} = make_{n}()"""

USES = (
    Use("global", "{n} = 1.25", ("{n}",), ("{n} = 0.5", "{n} = 2", "{n} = sg.Value(1.5)")),
    Use("whole number", "{n} = 2", ("{n}", "float({n})"), ("{n} = 3", "{n} = 2.5", "{n} = True")),
    Use(
        "list",
        "{n} = [0.5, 1.5, -0.25]",
        ("{n}[1]", "{n}[-1]", "sum({n})", "max({n})", "sum(t * t for t in {n})", "len({n})"),
        (
            "{n}[1] = 2.5",
            "{n}.append(4.0)",
            "{n}.reverse()",
            "{n} = [3.0, 5.0]",
            "{n}[:] = [1.0] * 3",
        ),
    ),
    Use(
        "nested list",
        "{n} = [[0.5, 1.5], [2.5]]",
        ("{n}[0][1]", "sum(map(sum, {n}))"),
        ("{n}[0][1] = 0.25", "{n}[1].append(1.0)", "{n}.append([3.0])"),
    ),
    Use(
        "dict",
        "{n} = {{'a': 0.5, 'b': 1.5}}",
        (
            "{n}['b']",
            "sum({n}.values())",
            "list({n}.values())[0]",
            "{n}.get('c', 0.25)",
            "sum(t if k == 'a' else 2 * t for k, t in {n}.items())",
            "len({n})",
            "(1.0 if 'c' in {n} else 2.0)",
        ),
        (
            "{n}['b'] = 2.5",
            "{n}['a'] = {n}.pop('a')",
            "{n}['c'] = 4.0",
            "{n} = {{'b': 1.0, 'a': 2.0}}",
            "{n}.update(a=3.0)",
        ),
    ),
    Use("tuple", "{n} = (0.5, 1.5)", ("{n}[1]", "sum({n})"), ("{n} = (0.5, 2.5)",)),
    Use(
        "set",
        "{n} = {{1, 2}}",
        ("sum({n})", "(1.0 if 3 in {n} else 2.0)", "len({n})"),
        ("{n}.add(3)", "{n}.discard(1)", "{n} = {{5, 3}}"),
    ),
    Use(
        "array",
        "{n} = np.array([0.5, 1.5, 2.5])",
        ("{n}[1]", "float({n}[2])", "np.sum({n})", "{n} @ {n}", "sum({n})", "len({n})"),
        ("{n}[1] = 3.5", "{n} *= 1.5", "{n} = np.array([1.0, 2.0, 3.0])", "{n}[:] = 1.0"),
    ),
    Use(
        "object",
        BOX,
        (
            "{n}.own",
            "{n}.rate",
            "{n}.shared",
            "{n}.doubled",
            "{n}.scaled(1.5)",
            "{n}.halved(1.5)",
            "{n}.shifted(1.5)",
            "{n}(1.5)",
            "{n}.inner.k",
            "{n}.items[1]",
            "Box_{n}.rate",
            "type({n}).rate",
            "getattr({n}, 'own')",
            "getattr({n}, 'own', 1.0)",
            "getattr({n}, 'later', 1.0)",
            "(2.0 if hasattr({n}, 'later') else 1.0)",
        ),
        (
            "{n}.own = 2.5",
            "{n}.rate = 2.5",
            "Box_{n}.rate = 3.5",
            "Base_{n}.shared = 4.5",
            "Box_{n}.shared = 5.5",
            "Base_{n}.later = 6.5",
            "{n}.later = 7.5",
            "{n}.inner.k = 8.5",
            "{n}.inner = Inner_{n}(0.125)",
            "{n}.items[1] = 0.375",
            "Base_{n}.scaled = lambda self, t: t - 1.0",
            "Box_{n}.scaled = lambda self, t: t - 2.0",
            "{n}.scaled = lambda t: t - 3.0",
            "Box_{n}.doubled = property(lambda self: 3.0 * self.own)",
            "Box_{n}.halved = staticmethod(lambda t: 0.25 * t)",
            "Box_{n}.__call__ = lambda self, t: t",
            "{n}.__class__ = Other_{n}",
            "{n}.__dict__ = dict(vars({n}), own=0.875, rate=0.9375)",
            "{n} = Other_{n}()",
            "{n}.own = sg.Value(1.125)",
        ),
    ),
    Use(
        "Value",
        "{n} = sg.Value(0.75)",
        ("{n}", "{n} * {n}", "max({n}, 0.5)", "({n} if {n} > 0.5 else -{n})", "{n}.data"),
        ("{n}.data = 0.25", "{n} = sg.Value(1.5)", "{n} = 2.0"),
        ("{n}",),
    ),
    Use(
        "list of Values",
        "{n} = [sg.Value(0.75), sg.Value(-0.5)]",
        ("{n}[1]", "sum({n})", "max({n})", "sorted({n})[0]", "{n}[0] * {n}[1]"),
        (
            "{n}[1].data = 0.9",
            "{n}[0] = sg.Value(2.0)",
            "{n}.append(sg.Value(3.0))",
            "{n}.reverse()",
        ),
        ("{n}",),
    ),
    Use(
        "dict of Values",
        "{n} = dict(a=sg.Value(0.75), b=sg.Value(0.25))",
        ("{n}['a']", "sum({n}.values())", "max({n}.values())"),
        ("{n}['a'].data = 0.1", "{n}['a'] = sg.Value(2.0)", "{n}['a'] = {n}.pop('a')"),
        ("{n}",),
    ),
    Use(
        "function",
        "def {n}(t=1.5, *, k=0.5):\n    return t * k",
        ("{n}(2.0)", "{n}()", "{n}(k=0.25)"),
        (
            "def {n}(t=1.5, *, k=0.5): return t + k",
            "{n}.__defaults__ = (2.5,)",
            "{n}.__kwdefaults__ = dict(k=3.0)",
            "{n}.__code__ = (lambda t=0.0, *, k=0.0: t - k).__code__",
        ),
    ),
    Use("closure", CLOSURE, ("{n}()", "{n}(2.0)"), ("write_{n}(1.75)", "write_{n}(sg.Value(1.0))")),
    Use(
        "lambda",
        "{n} = lambda t: 2.0 * t",
        ("{n}(0.5)",),
        ("{n} = lambda t: 3.0 * t", "{n} = sg.exp"),
    ),
    Use(
        "partial",
        "{n} = functools.partial(lambda t, k: t * k, k=1.5)",
        ("{n}(0.5)",),
        ("{n} = functools.partial(lambda t, k: t * k, k=2.5)", "{n}.keywords['k'] = 3.5"),
    ),
    Use(
        "name of an attribute",
        BOX + "\nname_{n} = 'own'\nnames_{n} = ['own', 'rate']",
        ("getattr({n}, name_{n})", "sum(getattr({n}, a) for a in names_{n})"),
        ("name_{n} = 'rate'", "{n}.own = 2.5", "{n}.rate = 3.5", "names_{n}[0] = 'shared'"),
    ),
    Use("string", "{n} = 'a'", ("(1.0 if {n} == 'a' else 2.0)", "len({n})"), ("{n} = 'bc'",)),
    Use(
        "named tuple",
        "class Pair_{n}(NamedTuple):\n    a: float\n    b: float\n{n} = Pair_{n}(0.5, 1.5)",
        ("{n}.b", "sum({n})"),
        ("{n} = {n}._replace(b=2.5)",),
    ),
    Use(
        "dataclass",
        "@dataclasses.dataclass\nclass Point_{n}:\n    a: float\n    b: float = 1.5\n"
        "    def both(self):\n        return self.a + self.b\n{n} = Point_{n}(0.5)",
        ("{n}.b", "{n}.both()"),
        ("{n}.b = 2.5", "Point_{n}.both = lambda self: self.a", "{n} = Point_{n}(3.0)"),
    ),
    Use(
        "module",
        "{n} = types.ModuleType('{n}')\n{n}.k = 0.5\n{n}.f = lambda t: 2.0 * t",
        ("{n}.k", "{n}.f(0.5)", "getattr({n}, 'k')", "getattr({n}, 'later', 1.5)"),
        ("{n}.k = 1.5", "{n}.f = lambda t: 3.0 * t", "{n}.later = 2.5"),
    ),
)
