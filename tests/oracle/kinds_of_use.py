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

CONTAINER = """\
class Of_{n}:
    def __init__(self):
        self.numbers = [0.5, 1.5]
    def __getitem__(self, i):
        return self.numbers[i]
    def __iter__(self):
        return iter(self.numbers)
    def __len__(self):
        return len(self.numbers)
    def __contains__(self, x):
        return x in self.numbers
    def __float__(self):
        return self.numbers[0]
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
        "array.array",
        "import array\n{n} = array.array('d', [0.5, 1.5])",
        ("{n}[1]", "sum({n})"),
        ("{n}[1] = 2.5", "{n}.append(3.0)"),
    ),
    Use(
        "memoryview",
        "base_{n} = np.array([0.5, 1.5])\n{n} = memoryview(base_{n})",
        ("{n}[1]",),
        ("base_{n}[1] = 2.5",),
    ),
    Use(
        "UserList",
        "import collections\n{n} = collections.UserList([0.5, 1.5])",
        ("{n}[1]", "sum({n})"),
        ("{n}[1] = 2.5", "{n}.data = [3.0, 4.0]"),
    ),
    Use(
        "UserDict",
        "import collections\n{n} = collections.UserDict(a=0.5)",
        ("{n}['a']", "sum({n}.values())"),
        ("{n}['a'] = 2.5", "{n}['b'] = 1.0"),
    ),
    Use(
        "deque, OrderedDict, defaultdict, Counter",
        "import collections\n{n} = collections.deque([0.5, 1.5])\n"
        "o_{n} = collections.OrderedDict(a=0.5, b=1.5)\n"
        "d_{n} = collections.defaultdict(float, a=0.5)\nc_{n} = collections.Counter('aab')",
        ("{n}[0]", "list(o_{n}.values())[0]", "d_{n}['b']", "c_{n}['a']"),
        ("{n}.appendleft(2.0)", "o_{n}.move_to_end('a')", "d_{n}['b'] = 3.0", "c_{n}['a'] += 1"),
    ),
    Use(
        "ChainMap",
        "import collections\nd_{n} = dict(a=0.5)\n{n} = collections.ChainMap({{}}, d_{n})",
        ("{n}['a']",),
        ("d_{n}['a'] = 1.5", "{n}['a'] = 2.5"),
    ),
    Use(
        "mapping proxy",
        "d_{n} = dict(a=0.5)\n{n} = types.MappingProxyType(d_{n})\nv_{n} = d_{n}.values()",
        ("{n}['a']", "sum(v_{n})"),
        ("d_{n}['a'] = 2.5",),
    ),
    Use(
        "instance of a subclass of list",
        "class L_{n}(list): pass\n{n} = L_{n}([1.0])\n{n}.k = 0.5",
        ("{n}.k", "{n}[0]"),
        ("{n}.k = 2.5", "{n}[0] = 3.5"),
    ),
    Use(
        "instance of a subclass of float",
        "class F_{n}(float): pass\n{n} = F_{n}(1.0)\n{n}.k = 0.5",
        ("{n}.k", "{n}"),
        ("{n}.k = 2.5", "{n} = F_{n}(3.5)"),
    ),
    Use(
        "instance of a subclass of str or dict",
        "class S_{n}(str): pass\nclass D_{n}(dict): pass\n{n} = S_{n}('a')\n{n}.k = 0.5\n"
        "d_{n} = D_{n}(a=1.0)\nd_{n}.k = 0.5",
        ("{n}.k", "d_{n}.k", "d_{n}['a']"),
        ("{n}.k = 2.5", "d_{n}.k = 3.5", "d_{n}['a'] = 4.5"),
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
    Use("descriptor", DESCRIPTOR, ("{n}.s", "{n}.extra"), ("{n}.k = 1.5", "Scaled_{n}.factor = 3.0")),
    Use(
        "container of one's own",
        CONTAINER,
        ("{n}[1]", "sum({n})", "len({n})", "float({n})", "(1.0 if 2.5 in {n} else 2.0)", "max({n})"),
        ("{n}.numbers[1] = 2.5", "{n}.numbers.append(0.25)", "{n}.numbers = [2.5]"),
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
        "slots",
        "class S_{n}:\n    __slots__ = ('k',)\n{n} = S_{n}()\n{n}.k = 0.5",
        ("{n}.k",),
        ("{n}.k = 1.5", "{n} = S_{n}(); {n}.k = sg.Value(2.0)"),
    ),
    Use(
        "array of Values, array in two axes",
        "{n} = np.array([sg.Value(0.5), sg.Value(1.5)])\nm_{n} = np.eye(2)",
        ("{n}[1]", "np.sum({n})", "{n} @ {n}", "m_{n}[0, 0]", "m_{n}.T[1][1]", "m_{n}.sum()"),
        ("{n}[1].data = 2.5", "{n}[0] = sg.Value(3.0)", "m_{n}[0, 0] = 2.0", "m_{n}.T[1, 1] = 3.0"),
    ),
    Use(
        "enumeration",
        "import enum\nclass E_{n}(enum.Enum):\n    A = 0.5\n    B = 1.5\n{n} = E_{n}.A",
        ("{n}.value", "(1.0 if {n} is E_{n}.A else 2.0)", "E_{n}['B'].value"),
        ("{n} = E_{n}.B",),
    ),
    Use(
        "fraction and decimal",
        "import decimal, fractions\n{n} = fractions.Fraction(1, 2)\nd_{n} = decimal.Decimal('0.5')",
        ("float({n})", "{n} + 1", "float(d_{n})"),
        ("{n} = fractions.Fraction(3, 2)", "d_{n} = decimal.Decimal('2.5')"),
    ),
)
