"""Random programs that read what is around them in random ways, and statements that change it.

A `Kind` of thing says in source text how to make one, how to read a number from it, and how to
change it; what it holds is of other kinds.
"""

from __future__ import annotations

import copy
import functools
import math
import operator
import random
import sys
import types
from array import array
from collections import OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from itertools import count
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import nn

np = sys.modules.get("numpy") or __import__("numpy")

NUMBERS = ["-2.0", "-0.0", "0.0", "0.5", "1.0", "1", "True", "3", "math.nan", "math.inf", "7.25"]
NAMES = ["a", "b", "k"]
HEAD = """
def weigh(x):
    if isinstance(x, (str, bytes)):
        return float(len(x))
    return math.copysign(1.0, x) + 0.5 * isinstance(x, bool) + 0.25 * isinstance(x, int)

class Base:
    k = 2.0
    __slots__ = ("slot", "__dict__")
    def method(self, x): return x * self.k
    @property
    def double(self): return 2.0 * self.k
    @classmethod
    def of_class(cls): return cls.k
    def __getattr__(self, name):
        if name in HIDDEN: return HIDDEN[name]
        raise AttributeError(name)
    def __len__(self): return 3
class Derived(Base):
    def __call__(self, x): return x + self.k
class Other(Base):
    k = 5.0
    def method(self, x): return x - self.k
class Meta(type):
    rate = 1.5
    @property
    def by_meta(cls): return cls.rate
class WithMeta(metaclass=Meta): pass
class Items(list): pass
class Number(float): pass
class Table(dict): pass
class Text(str): pass
class Net(nn.Module):
    gain = 1.0
    def __init__(self):
        super().__init__()
        self.w = sg.Value(0.5)
        self.cfg = types.SimpleNamespace(a=1.0)
    def act(self, x): return x * FACTOR
    def __call__(self, x): return self.act(self.w.data * x) * self.gain + self.cfg.a
Pair = namedtuple("Pair", "a b")
Point = dataclass(type("Point", (), {"__annotations__": {"a": float, "b": float}}))
HIDDEN = {"hidden": 1.0}
FACTOR = 1.0
NAMES = ["a", "b"]
CONTEXT = ContextVar("CONTEXT", default=1.0)
module = types.ModuleType("changing_settings")
module.k = 1.0
sys.modules["changing_settings"] = module
def read_import():
    from changing_settings import k
    return k
def made(c):
    def inner(x, d=1.0, *, e=1.0):
        return x * c + d * e
    return inner
"""


class Kind(NamedTuple):
    make: Callable[[Maker], str]
    reads: list[str]
    """Expressions in which @ is the thing, # a place in it, $ a name."""
    changes: list[str]
    """Statements, in which ? is also something new."""


BY_NAME = ["@.$", "getattr(@, '$', 3.5)", "getattr(@, NAMES[0], 4.5)", "vars(@)['$']"]
BY_NAME += ["float(hasattr(@, '$'))", "operator.attrgetter('$')(@)"]
ITEM = ["@[#]", "float(len(@))", "sum(@)"]
SET_NAME = ["@.$ = ?", "setattr(@, '$', ?)", "del @.$"]
SET_ITEM = ["@[#] = ?", "@.append(?)", "@.pop()", "@.reverse()"]
OBJECT_READS = [*BY_NAME, "@.method(2.0)", "@.double", "@.of_class()", "@.hidden", "@.slot"]
OBJECT_READS += ["sum(@.__dict__.values())", "float(len(@))", "type(@).k", "@(1.0)"]
OBJECT_CHANGES = [
    *(*SET_NAME, "@.__class__ = Other", "@.__class__ = Derived", "@.__dict__ = {'$': ?}"),
    *("@.slot = ?", "Derived.$ = ?", "Base.k = ?", "Derived.method = lambda self, x: x * 9.0"),
    *("HIDDEN['hidden'] = ?", "HIDDEN['$'] = ?", "del Derived.$", "Other.k = ?"),
]

KINDS: dict[str, Kind] = {
    "number": Kind(lambda m: m.number(), ["@", "weigh(@)", "@ * 2.0"], []),
    "list": Kind(lambda m: f"[{m.new()}, {m.new()}]", [*ITEM, "sum(sorted(@))"], SET_ITEM),
    "tuple": Kind(lambda m: f"({m.new()}, {m.new()})", ITEM, []),
    "dict": Kind(
        lambda m: f"{{'a': {m.new()}, 'b': {m.new()}}}",
        ["@['$']", "@.get('$', 1.5)", "list(@.values())[0]", "list(@.items())[-1][1]", "len(@)"],
        ["@['$'] = ?", "@.pop('$')", "@.update(a=@.pop('a'))", "@['z'] = ?"],
    ),
    "ordered": Kind(
        lambda m: f"OrderedDict(a={m.new()}, b={m.new()})",
        ["list(@.values())[0]", "@['$']"],
        ["@.move_to_end('$')", "@['$'] = ?"],
    ),
    "default": Kind(
        lambda m: f"defaultdict(float, a={m.new()})",
        ["@['a']", "@.get('$', 2.5)", "@.default_factory()"],
        ["@['$'] = ?", "@.default_factory = int"],
    ),
    "set": Kind(
        lambda m: f"{{{m.number()}, {m.number()}}}",
        ["sum(@)", "float(len(@))", "float(1.0 in @)"],
        ["@.add(?)", "@.discard(1.0)", "@.clear()"],
    ),
    "deque": Kind(
        lambda m: f"deque([{m.new()}, {m.new()}])", ITEM, [*SET_ITEM, "@.rotate()", "@.popleft()"]
    ),
    "array": Kind(
        lambda m: f"np.array([{m.number()}, {m.number()}, 4.0, 5.0])",
        ["float(@[#])", "float(@.sum())", "float(@.shape[0])", "float(@[::2].sum())"],
        ["@[#] = 9.5", "@ *= 2.0", "@.resize((2, 2), refcheck=False)", "@[:] = @[::-1].copy()"],
    ),
    "objects": Kind(
        lambda m: f"np.array([{m.number()}, None], dtype=object)", ["@[0]"], ["@[0] = ?"]
    ),
    "column": Kind(
        lambda m: "np.arange(6.0).reshape(2, 3)[:, 1]", ["float(@[#])"], ["@[#] = 9.5", "@ += 1"]
    ),
    "doubles": Kind(lambda m: "array('d', [1.0, 2.0])", ITEM, ["@[#] = 8.5", "@.append(1.0)"]),
    "bytes": Kind(lambda m: "bytearray(b'ab')", ITEM, ["@[#] = 7", "@.append(1)"]),
    "view": Kind(lambda m: "memoryview(bytearray(b'ab'))", ITEM, ["@[#] = 7"]),
    "user list": Kind(lambda m: f"UserList([{m.new()}, {m.new()}])", ITEM, SET_ITEM),
    "user dict": Kind(lambda m: f"UserDict(a={m.new()})", ["@['a']", "len(@)"], ["@['a'] = ?"]),
    "proxy": Kind(
        lambda m: f"types.MappingProxyType({m.kept('dict')})", ["@['$']", "sum(@.values())"], []
    ),
    "values": Kind(lambda m: f"{m.kept('dict')}.values()", ["sum(@)", "len(@)"], []),
    "items": Kind(lambda m: f"{m.kept('dict')}.items()", ["sum(x for _, x in @)"], []),
    "pair": Kind(lambda m: f"Pair({m.new()}, {m.new()})", ["@.a", "@[1]", "sum(@)"], []),
    "namespace": Kind(lambda m: f"types.SimpleNamespace(a={m.new()})", BY_NAME, SET_NAME),
    "object": Kind(lambda m: "Derived()", OBJECT_READS, OBJECT_CHANGES),
    "point": Kind(
        lambda m: f"Point({m.new()}, {m.new()})",
        [*BY_NAME, "astuple(@)[0]", "copy.copy(@).a", "@ == Point(1.0, 1.0)"],
        SET_NAME,
    ),
    "items with attributes": Kind(
        lambda m: f"Items([{m.new()}])", [*ITEM, *BY_NAME], [*SET_ITEM, *SET_NAME]
    ),
    "number with attributes": Kind(
        lambda m: f"Number({m.number()})", ["@ * 1.0", "weigh(@)", *BY_NAME], SET_NAME
    ),
    "table with attributes": Kind(
        lambda m: f"Table(a={m.new()})", ["@['a']", *BY_NAME], ["@['a'] = ?", *SET_NAME]
    ),
    "text with attributes": Kind(lambda m: "Text('abc')", ["len(@)", *BY_NAME], SET_NAME),
    "class": Kind(
        lambda m: "Derived",
        ["@.k", "@().method(1.0)", "@.of_class()", "getattr(@, '$', 1.5)"],
        ["@.$ = ?", "Base.$ = ?", "del @.$", "Base.method = lambda self, x: x * 4.0"],
    ),
    "meta": Kind(lambda m: "WithMeta", ["@.by_meta", "@.rate"], ["Meta.rate = ?"]),
    "module": Kind(
        lambda m: "module",
        ["@.k", "getattr(@, '$', 1.5)", "read_import()"],
        ["@.k = ?", "@.$ = ?", "del @.$"],
    ),
    "function": Kind(
        lambda m: f"made({m.number()})",
        ["@(2.0)", "@.k", "float(hasattr(@, 'k'))"],
        [
            *("@.__defaults__ = (?,)", "@.__kwdefaults__ = {'e': ?}", "@.k = ?"),
            *(
                "@.__closure__[0].cell_contents = ?",
                "@.__dict__ = {'k': ?}",
                "@.__code__ = made(0.0).__code__",
            ),
        ],
    ),
    "partial": Kind(
        lambda m: f"functools.partial(made(1.0), {m.number()})", ["@()", "@(e=2.0)"], []
    ),
    "method": Kind(lambda m: f"{m.kept('object')}.method", ["@(1.0)"], ["@.__self__.k = ?"]),
    "context": Kind(lambda m: "CONTEXT", ["@.get()"], ["@.set(?)"]),
    "value": Kind(lambda m: f"sg.Value({m.number()})", ["@", "@.data", "@ * @"], ["@.data = ?"]),
    "values in a list": Kind(
        lambda m: f"[sg.Value({m.number()}) for _ in range(12)]",
        ["sum(@)", "@[#]", "sg.dot(@, @)"],
        ["@[#] = sg.Value(2.5)", "@[#].data = 1.5", "@[#] = ?", "@.pop()"],
    ),
    "model": Kind(
        lambda m: "Net()",
        ["@(1.0)", "@.cfg.a", "@.gain"],
        [
            *("@.gain = ?", "Net.gain = ?", "@.cfg.a = ?", "@.w = sg.Value(2.5)", "@.w.data = 3.5"),
            *("global FACTOR; FACTOR = ?", "Net.act = lambda self, x: x * 3.0"),
        ],
    ),
}
LEAF = "number"


class Thing(NamedTuple):
    path: str
    kind: Kind


class Maker:
    """Makes the source of one program: `around` is what it uses, by name."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = count()
        self.around: list[str] = []
        self.things: list[Thing] = []
        self.depth = 0

    def number(self) -> str:
        return self.random.choice(NUMBERS)

    def new(self) -> str:
        """Something to put into a container: mostly a number, or a thing under a name."""
        if self.depth > 1 or self.random.random() < 0.7:
            return self.number()
        return self.kept(self.random.choice(list(KINDS)))

    def kept(self, kind: str) -> str:
        self.depth += 1
        name = f"G{next(self.numbers)}"
        self.around.append(f"{name} = {KINDS[kind].make(self)}")
        self.things.append(Thing(name, KINDS[kind]))
        self.depth -= 1
        return name

    def filled(self, text: str, path: str) -> str:
        pick = self.random.choice
        places = {"@": path, "#": pick("01"), "$": pick(NAMES), "?": pick([*NUMBERS, "[1.0]"])}
        return "".join(places.get(letter, letter) for letter in text)

    def read(self) -> str:
        thing = self.random.choice(self.things)
        return self.filled(self.random.choice(thing.kind.reads), thing.path)

    def change(self) -> str:
        thing = self.random.choice(self.things)
        if thing.kind.changes and self.random.random() < 0.8:
            return self.filled(self.random.choice(thing.kind.changes), thing.path)
        return self.random.choice([f"{thing.path} = {self.number()}", f"del {thing.path}"])

    def function(self) -> str:
        """The function: it adds up what it reads, and goes on where something cannot be read."""
        lines = ["def f(x):", "    y = x"]
        for k in range(self.random.randint(1, 4)):
            read = self.read()
            way = self.random.random()
            if way < 0.3:
                self.around.append(f"def helper{k}(): return {read}")
                read = f"helper{k}()"
            elif way < 0.4:
                read = f"(lambda: {read})()"
            elif way < 0.5:
                read = f"sum([{read} for _ in range(2)])"
            lines += [
                "    try:",
                f"        y = y * 1.5 + {read}",
                "    except (AttributeError, LookupError, NameError, TypeError, ValueError):",
                "        y = y - 0.5",
            ]
        return "\n".join([*lines, "    return y"])


class Program:
    """A function with its surroundings; `change` runs a random statement there."""

    def __init__(self, seed: int) -> None:
        maker = self.maker = Maker(seed)
        for kind in maker.random.choices(list(KINDS), k=3):
            maker.kept(kind)
        text = maker.function()
        self.source = "\n".join([*maker.around, text])
        self.namespace: dict[str, Any] = {"__name__": "changing_program", **IMPORTED}
        exec(HEAD, self.namespace)
        exec(self.source, self.namespace)
        self.f = self.namespace["f"]

    def change(self) -> str:
        statement = self.maker.change()
        try:
            exec(statement, self.namespace)
        except (AttributeError, LookupError, NameError, TypeError, ValueError, BufferError):
            return f"# {statement}"
        return statement


def copied_names() -> Iterator[tuple[str, Any]]:
    yield from {
        **{"sg": sg, "nn": nn, "np": np, "math": math, "operator": operator, "types": types},
        **{"sys": sys, "copy": copy, "functools": functools, "array": array, "deque": deque},
        **{"OrderedDict": OrderedDict, "defaultdict": defaultdict, "UserList": UserList},
        **{"UserDict": UserDict, "namedtuple": namedtuple, "dataclass": dataclass},
        **{"astuple": astuple, "ContextVar": ContextVar},
    }.items()


IMPORTED = dict(copied_names())
