"""Containers that a function can use, besides those of uses.py, and numbers of other kinds."""

from __future__ import annotations

from .uses import Use

OF_ONES_OWN = """\
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

CONTAINERS = (
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
        "container of one's own",
        OF_ONES_OWN,
        (
            "{n}[1]",
            "sum({n})",
            "len({n})",
            "float({n})",
            "(1.0 if 2.5 in {n} else 2.0)",
            "max({n})",
        ),
        ("{n}.numbers[1] = 2.5", "{n}.numbers.append(0.25)", "{n}.numbers = [2.5]"),
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
