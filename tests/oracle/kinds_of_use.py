"""What a function can use that is harder to watch, or that only few programs use."""

from __future__ import annotations

from .uses import BOX, Use

MODULE = """\
import sys
{n} = types.ModuleType(__name__ + "_{n}")
{n}.k = 0.5
sys.modules[{n}.__name__] = {n}
exec("def read(): from " + {n}.__name__ + " import k; return k", globals())
read_{n} = read"""

META = """\
class Meta_{n}(type):
    level = 0.5
    @property
    def gain(cls):
        return cls.level
class Of_{n}(metaclass=Meta_{n}):
    pass
{n} = Of_{n}"""

LATER = """\
class A_{n}:
    k = 0.5
    def m(self):
        return 2.0 * self.k
class B_{n}(A_{n}):
    pass
class C_{n}(A_{n}):
    k = 4.5
{n} = B_{n}()"""

MISSING = """\
def {n}():
    try:
        return later_{n}
    except NameError:
        return 0.5"""

MODEL = """\
from scalargrad import nn
sg.seed(1)
{n} = nn.MLP(1, [2, 1])"""

METHODS = """\
class Of_{n}:
    k = 0.5
    def scaled(self, k):
        return k * self.k
    twice = functools.partialmethod(scaled, 2.0)
{n} = Of_{n}()"""

DESCRIPTOR = """\
class Scaled_{n}:
    factor = 2.0
    def __get__(self, owner, kind=None):
        return self.factor * owner.k
class Of_{n}:
    s = Scaled_{n}()
    def __init__(self):
        self.k = 0.5
    def __getattr__(self, name):
        if name == 'extra':
            return self.k + 1.0
        raise AttributeError(name)
{n} = Of_{n}()"""

RARE = (
    Use("vars", BOX, ("vars({n})['own']", "{n}.__dict__['own']"), ("{n}.own = 2.5",)),
    Use("name in a string", BOX, ("getattr({n}, f'{{\"o\"}}wn')",), ("{n}.own = 2.5",)),
    Use(
        "operator.attrgetter",
        BOX + "\nimport operator",
        ("operator.attrgetter('own')({n})", "operator.attrgetter('inner.k')({n})"),
        ("{n}.own = 2.5", "{n}.inner.k = 3.5"),
    ),
    Use(
        "gradient and label of a Value",
        "{n} = sg.Value(0.5, label='a')",
        ("{n}.grad", "(1.0 if {n}.label == 'a' else 2.0)", "({n}.has_grad * 1.0)"),
        ("{n}.grad = 2.5", "{n}.label = 'b'"),
    ),
    Use(
        "optimizer",
        "from scalargrad import optim\n{n} = optim.SGD([sg.Value(0.5)], lr=0.1)",
        ("{n}.lr",),
        ("{n}.lr = 0.2",),
    ),
    Use("partialmethod", METHODS, ("{n}.twice()",), ("{n}.k = 1.5", "Of_{n}.k = 2.5")),
    Use("metaclass", META, ("{n}.gain", "{n}.level"), ("Meta_{n}.level = 1.5", "{n}.level = 2.5")),
    Use(
        "weak reference",
        BOX + "\nimport weakref\nw_{n} = weakref.ref({n})",
        ("w_{n}().own", "weakref.proxy({n}).own"),
        ("{n}.own = 2.5", "{n}.__class__ = Other_{n}"),
    ),
    Use(
        "context variable",
        "import contextvars\n{n} = contextvars.ContextVar('{n}', default=0.5)",
        ("{n}.get()",),
        ("{n}.set(2.5)",),
    ),
    Use(
        "environment",
        "import os\n{n} = 'ORACLE_OF_MEANING'\nos.environ[{n}] = '0.5'",
        ("float(os.environ[{n}])", "float(os.getenv({n}))"),
        ("os.environ[{n}] = '2.5'",),
    ),
    Use("import within", MODULE, ("read_{n}()",), ("{n}.k = 2.5",)),
    Use(
        "class that gets more",
        LATER,
        ("{n}.k", "{n}.m()", "B_{n}.k", "super(B_{n}, {n}).m()"),
        (
            "B_{n}.k = 1.5",
            "A_{n}.k = 2.5",
            "B_{n}.m = lambda self: 3.5",
            "{n}.__class__ = C_{n}",
            "{n}.k = 5.5",
            "B_{n}.__bases__ = (C_{n},)",
            "{n}.__dict__ = dict(k=6.5)",
        ),
    ),
    Use("name that is missing at first", MISSING, ("{n}()",), ("later_{n} = 1.5",)),
    Use("name that hides a builtin", "{n} = 0", ("max({n}, 1.5)",), ("max = lambda *xs: 0.25",)),
    Use("globals()", "{n} = 0.5", ("globals()['{n}']", "eval('{n}')"), ("{n} = 1.5",)),
    Use(
        "model",
        MODEL,
        ("{n}([0.5])", "{n}.parameters()[0]", "{n}.layers[0].neurons[0].b"),
        ("{n}.parameters()[0].data = 0.7", "sg.seed(2); {n} = nn.MLP(1, [3, 1])", "{n}.eval()"),
        ("{n}.parameters()",),
    ),
    Use(
        "descriptor", DESCRIPTOR, ("{n}.s", "{n}.extra"), ("{n}.k = 1.5", "Scaled_{n}.factor = 3.0")
    ),
    Use(
        "attribute of a function",
        "def {n}(t): return t * {n}.k\n{n}.k = 0.5",
        ("{n}(2.0)", "{n}.k"),
        ("{n}.k = 1.5",),
    ),
    Use(
        "cached function",
        "k_{n} = 0.5\n@functools.cache\ndef {n}(i): return k_{n} * i",
        ("{n}(2)",),
        ("k_{n} = 1.5", "k_{n} = 2.5; {n}.cache_clear()"),
    ),
    Use(
        "partial that is made another",
        "{n} = functools.partial(lambda a, b: a * b, 2.0)",
        ("{n}(1.5)",),
        ("{n}.__setstate__((lambda a, b: a + b, (10.0,), {{}}, {{}}))",),
    ),
    Use(
        "cell",
        "{n} = (lambda k: lambda: k)(2.0).__closure__[0]",
        ("{n}.cell_contents",),
        ("{n}.cell_contents = 5.0", "del {n}.cell_contents; {n}.cell_contents = 3.0"),
    ),
    Use(
        "text of an array",
        "{n} = np.array([1 / 3])\nnp.set_printoptions(precision=8)",
        ("len(str({n}))", "len(repr({n}))"),
        ("np.set_printoptions(precision=2)", "{n}[0] = 0.5"),
    ),
    Use(
        "slots",
        "class S_{n}:\n    __slots__ = ('k',)\n{n} = S_{n}()\n{n}.k = 0.5",
        ("{n}.k",),
        ("{n}.k = 1.5", "{n} = S_{n}(); {n}.k = sg.Value(2.0)"),
    ),
)
