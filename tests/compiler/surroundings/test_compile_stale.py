"""Ways to read what is around a function that are easily overlooked: a change is seen by the next
call, or the function is traced anew at each call and says so."""

from __future__ import annotations

import array
import ast
import collections
import contextvars
import copy
import dataclasses
import enum
import functools
import logging
import math
import operator
import os
import string
import sys
import tempfile
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn, optim
from scalargrad.compiler import compile
from scalargrad.compiler.gate.unwatched import BEFORE, BY_NAME
from tests.support.changes import Case, number

np = pytest.importorskip("numpy")

CASES: dict[str, Callable[[], Case]] = {}
UNWATCHED = {
    *("what_a_weak_reference_refers_to", "text_run_as_code", "globals_by_computed_name", "a_file"),
    *("an_error_that_is_kept", "globals_of_a_function", "a_module_by_its_name"),
}
"""Cases in which the function is traced anew at each call."""
GLOBAL = 1.0


def case(made: Callable[[], Case]) -> Callable[[], Case]:
    CASES[made.__name__] = made
    return made


def setting(holder: Any, name: str, value: Any = 3.0) -> Callable[[], None]:
    return lambda: setattr(holder, name, value)


def putting(holder: Any, key: Any, value: Any = 3.0) -> Callable[[], None]:
    return lambda: operator.setitem(holder, key, value)


def thing(**attributes: Any) -> Any:
    class Thing:
        pass

    made = Thing()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = types.ModuleType("settings_to_import")
    module.k = 1.0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "settings_to_import", module)
    monkeypatch.setenv("SCALE_OF_A_TEST", "1")
    monkeypatch.setitem(globals(), "GLOBAL", 1.0)
    monkeypatch.delitem(globals(), "MISSING_AT_FIRST", raising=False)
    yield
    globals().pop("MISSING_AT_FIRST", None)


# ------ names that are computed


@case
def names_in_the_code() -> Case:
    o = thing(a=1.0, b=2.0)
    return lambda x: x * sum(getattr(o, n) for n in ("a", "b")), setting(o, "b")


@case
def names_in_a_list() -> Case:
    o, names = thing(a=1.0, b=2.0), ["a", "b"]
    return lambda x: x * sum(getattr(o, n) for n in names), setting(o, "b")


@case
def a_name_in_an_attribute() -> Case:
    o, config = thing(a=1.0), thing(which="a")
    return lambda x: x * getattr(o, config.which), setting(o, "a")


@case
def a_name_that_is_put_together() -> Case:
    o, k = thing(weight_1=1.0), 1
    return lambda x: x * getattr(o, f"weight_{k}"), setting(o, "weight_1")


class Point:
    __match_args__ = ("a",)

    def __init__(self, a: float) -> None:
        self.a = a


@case
def a_pattern_with_an_attribute() -> Case:
    point = Point(1.0)

    def f(x: Any) -> Any:
        match point:
            case Point(a=k):
                return x * k

    return f, setting(point, "a")


@case
def a_pattern_by_position() -> Case:
    point = Point(1.0)

    def f(x: Any) -> Any:
        match point:
            case Point(k):
                return x * k

    return f, setting(point, "a")


@case
def all_attributes() -> Case:
    o = thing(a=1.0, b=2.0)
    return lambda x: x * sum(vars(o).values()), setting(o, "b")


@case
def the_dict_of_attributes() -> Case:
    o = thing(a=1.0, b=2.0)
    return lambda x: x * sum(o.__dict__.values()), setting(o, "b")


@case
def an_attribute_by_its_getter() -> Case:
    o, get = thing(a=1.0), operator.attrgetter("a")
    return lambda x: x * get(o), setting(o, "a")


FORMAT = "{0.a}"
FORMATS: dict[str, Callable[[Any], str]] = {
    "written": lambda o: "{0.a}".format(o),  # noqa: UP030, UP032
    "by name": lambda o: "{o.a}".format(o=o),  # noqa: UP032
    "of a mapping": lambda o: "{o.a}".format_map({"o": o}),
    "kept": lambda o: FORMAT.format(o),
    "of the class": lambda o: str.format(FORMAT, o),
    "of a formatter": lambda o: string.Formatter().format(FORMAT, o),
    "as a function": lambda o: next(map(FORMAT.format, [o])),
}


def of_a_format(made: Callable[[Any], str]) -> Callable[[], Case]:
    def found() -> Case:
        o = thing(a=1.0)
        return lambda x: x * float(made(o)), setting(o, "a")

    return found


CASES.update({f"a format {name}": of_a_format(made) for name, made in FORMATS.items()})


@case
def a_method_of_a_format() -> Case:
    o, text = thing(a=1.0), FORMAT.format
    return lambda x: x * float(text(o)), setting(o, "a")


@case
def the_text_of_a_namespace() -> Case:
    o = types.SimpleNamespace(a=1.0)
    return lambda x: x * len(f"{o}"), setting(o, "a", 1.25)


@case
def a_namespace_compared() -> Case:
    o = types.SimpleNamespace(a=1.0)
    return lambda x: x * (2.0 if o == types.SimpleNamespace(a=1.0) else 3.0), setting(o, "a")


@case
def a_namespace_in_a_list() -> Case:
    o = types.SimpleNamespace(a=1.0)
    return lambda x: x * [o].count(types.SimpleNamespace(a=1.0)), setting(o, "a")


@case
def a_tree_of_syntax() -> Case:
    tree = ast.parse("2.0", mode="eval").body
    return lambda x: x * tree.value, setting(tree, "value")  # type: ignore[attr-defined]


@case
def a_template() -> Case:
    o = string.Template("2")
    return lambda x: x * float(o.template), setting(o, "template", "3")


@case
def an_attribute_of_a_logger() -> Case:
    log = logging.Logger("a")
    return lambda x: x * (2.0 if log.propagate else 5.0), setting(log, "propagate", False)


@case
def the_sign_of_nan() -> Case:
    o = thing(a=math.nan)
    return lambda x: x * math.copysign(1.0, o.a), setting(o, "a", -math.nan)


@case
def the_sign_of_nan_among_other_things() -> Case:
    held = [math.nan, 1, "text"]
    return lambda x: x * math.copysign(1.0, held[0]), putting(held, 0, -math.nan)


@case
def the_sign_of_a_nan_of_numpy() -> Case:
    o = thing(a=np.float64(math.nan))
    return lambda x: x * math.copysign(1.0, o.a), setting(o, "a", np.float64(-math.nan))


@case
def fields_of_a_dataclass() -> Case:
    record = dataclasses.make_dataclass("Record", [("a", float)])(1.0)
    return lambda x: x * dataclasses.astuple(record)[0], setting(record, "a")


@case
def a_copy() -> Case:
    o = thing(a=1.0)
    return lambda x: x * copy.copy(o).a, setting(o, "a")


@case
def text_run_as_code() -> Case:
    return lambda x: x * eval("GLOBAL"), lambda: globals().update(GLOBAL=3.0)


@case
def globals_by_computed_name() -> Case:
    return lambda x: x * globals()["GLOBAL"], lambda: globals().update(GLOBAL=3.0)


@case
def globals_of_a_function() -> Case:
    f = lambda x: x * thing.__globals__["GLOBAL"]  # noqa: E731
    return f, lambda: globals().update(GLOBAL=3.0)


@case
def a_module_by_its_name() -> Case:
    def f(x: Any) -> Any:
        return x * sys.modules["settings_to_import"].k

    return f, setting(sys.modules["settings_to_import"], "k")


# ------ containers


@case
def an_array_of_the_standard_library() -> Case:
    numbers = array.array("d", [1.0])
    return lambda x: x * numbers[0], putting(numbers, 0)


@case
def bytes_that_change() -> Case:
    numbers = bytearray(b"\1\2")
    return lambda x: x * numbers[0], putting(numbers, 0, 3)


@case
def a_view_of_bytes() -> Case:
    numbers = bytearray(b"\1\2")
    view = memoryview(numbers)
    return lambda x: x * view[0], putting(numbers, 0, 3)


@case
def user_list() -> Case:
    numbers = collections.UserList([1.0])
    return lambda x: x * numbers[0], putting(numbers, 0)


@case
def user_dict() -> Case:
    table = collections.UserDict(a=1.0)
    return lambda x: x * table["a"], putting(table, "a")


@case
def a_dict_behind_a_proxy() -> Case:
    table = {"a": 1.0}
    proxy = types.MappingProxyType(table)
    return lambda x: x * proxy["a"], putting(table, "a")


@case
def values_of_a_dict() -> Case:
    table = {"a": 1.0}
    values = table.values()
    return lambda x: x * sum(values), putting(table, "a")


@case
def items_of_a_dict() -> Case:
    table = {"a": 1.0}
    items = table.items()
    return lambda x: x * sum(number for _, number in items), putting(table, "a")


@case
def the_order_of_a_dict() -> Case:
    table = collections.OrderedDict(a=1.0, b=2.0)
    return lambda x: x * next(iter(table.values())), lambda: table.move_to_end("a")


@case
def the_default_of_a_dict() -> Case:
    table = collections.defaultdict(lambda: 1.0)

    def change() -> None:
        table.default_factory = lambda: 3.0

    # asked of the factory: a key that is asked for stays
    return lambda x: x * table.default_factory(), change


@case
def the_shape_of_an_array() -> Case:
    numbers = np.zeros((2, 3))

    def change() -> None:
        numbers.resize((3, 2), refcheck=False)

    return lambda x: x * numbers.shape[0], change


@case
def a_part_of_an_array() -> Case:
    numbers = np.arange(6.0).reshape(2, 3)
    column = numbers[:, 1]
    return lambda x: x * float(column[1]), putting(numbers, (1, 1), 9.0)


@case
def an_array_of_objects() -> Case:
    numbers = np.array([1.0, None], dtype=object)
    return lambda x: x * numbers[0], putting(numbers, 0)


@pytest.mark.parametrize("base", [list, float, str, dict])
def test_an_attribute_of_what_is_below_a_plain_class_is_watched(base: type) -> None:
    o = type("Own", (base,), {})()
    o.k = 1.0
    check(lambda x: x * o.k, setting(o, "k"))


# ------ objects and classes


@case
def the_rate_of_an_optimizer() -> Case:
    optimizer = optim.SGD([sg.Value(1.0)], lr=0.5)
    return lambda x: x * optimizer.lr, setting(optimizer, "lr")


@case
def a_method_with_arguments_filled_in() -> Case:
    numbers = [1.0]

    class Scaled:
        def scaled(self, numbers: list[float], x: Any) -> Any:
            return x * numbers[0]

        doubled = functools.partialmethod(scaled, numbers)

    o = Scaled()
    return lambda x: o.doubled(x), putting(numbers, 0)


@case
def a_property_of_a_class() -> Case:
    numbers = [1.0]

    class Meta(type):
        k = property(lambda cls: numbers[0])

    kind = Meta("kind", (), {})
    return lambda x: x * kind.k, putting(numbers, 0)  # type: ignore[attr-defined]


@case
def what_a_weak_reference_refers_to() -> Case:
    o = thing(k=1.0)
    found = weakref.ref(o)
    return lambda x: x * found().k, setting(o, "k")


@case
def a_variable_of_the_context() -> Case:
    variable = contextvars.ContextVar("variable", default=1.0)
    return lambda x: x * variable.get(), lambda: variable.set(3.0)


@case
def the_environment() -> Case:
    return (
        lambda x: x * len(os.environ["SCALE_OF_A_TEST"]),
        lambda: operator.setitem(os.environ, "SCALE_OF_A_TEST", "123"),
    )


@case
def an_import_within() -> Case:
    def f(x: Any) -> Any:
        from settings_to_import import k  # type: ignore[import-not-found]

        return x * k

    return f, lambda: setattr(sys.modules["settings_to_import"], "k", 3.0)


class Base:
    k = 1.0

    def method(self, x: Any) -> Any:
        return x * 2.0


def derived() -> Any:
    return type("Derived", (Base,), {})


@case
def an_attribute_of_a_class_before_that_of_its_base() -> Case:
    kind = derived()
    o = kind()
    return lambda x: x * o.k, setting(kind, "k")


@case
def a_method_before_that_of_its_base() -> Case:
    kind = derived()
    o = kind()
    return lambda x: o.method(x), setting(kind, "method", lambda self, x: x * 3.0)


@case
def another_class() -> Case:
    o = derived()()
    return lambda x: x * o.k, setting(o, "__class__", type("Other", (Base,), {"k": 3.0}))


@case
def other_bases() -> Case:
    kind = type("Kind", (derived(),), {})
    o = kind()
    return lambda x: x * o.k, setting(kind, "__bases__", (type("Other", (Base,), {"k": 3.0}),))


@case
def an_attribute_with_a_default() -> Case:
    o = thing()
    return lambda x: x * getattr(o, "scale", 1.0), setting(o, "scale")


@case
def an_attribute_that_may_be_there() -> Case:
    o = thing()
    return lambda x: x * (3.0 if hasattr(o, "scale") else 1.0), setting(o, "scale")


@case
def a_global_that_is_missing() -> Case:
    def f(x: Any) -> Any:
        try:
            return x * MISSING_AT_FIRST  # type: ignore[name-defined]
        except NameError:
            return x

    return f, lambda: globals().update(MISSING_AT_FIRST=3.0)


@case
def attributes_that_are_replaced() -> Case:
    o = thing(k=1.0)
    return lambda x: x * o.k, setting(o, "__dict__", {"k": 3.0})


@case
def an_attribute_found_by_a_method() -> Case:
    table = {"k": 1.0}
    kind = type("Kind", (), {"__getattr__": lambda self, name: table[name]})
    o = kind()
    return lambda x: x * o.k, putting(table, "k")


@case
def an_operator_that_appears() -> Case:
    kind = derived()
    o = kind()
    return (
        lambda x: x * (3.0 if hasattr(o, "__add__") else 1.0),
        setting(kind, "__add__", lambda self, other: other),
    )


@case
def a_class_that_an_object_makes_another_of() -> Case:
    factor = [1.0]

    class Vector:
        def __init__(self, a: float) -> None:
            self.a = a * factor[0]

        def __add__(self, other: Any) -> Any:
            return type(self)(self.a + other.a)

    vector = Vector(1.0)
    return lambda x: x * (vector + vector).a, putting(factor, 0)


@case
def attributes_of_a_function_that_are_replaced() -> Case:
    def f(x: Any) -> Any:
        return x * f.k  # type: ignore[attr-defined]

    f.k = 1.0  # type: ignore[attr-defined]
    return f, setting(f, "__dict__", {"k": 3.0})


@case
def what_python_asks_of_a_class() -> Case:
    kind = type("Kind", (), {"__len__": lambda self: 1})
    o = kind()
    return lambda x: x * len(o), setting(kind, "__len__", lambda self: 3)


@case
def a_file() -> Case:
    path = Path(tempfile.mkdtemp()) / "k.txt"
    path.write_text("1.0")
    return lambda x: x * float(path.read_text()), lambda: path.write_text("3.0")


@case
def an_error_that_is_kept() -> Case:
    error = ValueError(1.0)
    return lambda x: x * error.args[0], setting(error, "args", (3.0,))


@case
def a_member_of_an_enumeration() -> Case:
    member = enum.Enum("Kind", {"a": 1.0}).a  # type: ignore[attr-defined]
    return lambda x: x * member.value, setting(member, "_value_")


@case
def a_dispatch_by_name() -> Case:
    table = {"f": lambda x: x * 2.0}
    return lambda x: table["f"](x), putting(table, "f", lambda x: x * 3.0)


# ------ models as arguments


class Net(nn.Module):
    gain = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.w = sg.Value(2.0)
        self.cfg = types.SimpleNamespace(scale=1.0)

    def act(self, x: Any) -> Any:
        return x * 2.0

    def __call__(self, x: Any) -> Any:
        return self.act(self.w * x) * self.gain * self.cfg.scale * GLOBAL


MODEL_CHANGES: dict[str, Callable[[type[Net], Net], None]] = {
    "class": lambda kind, net: setattr(kind, "gain", 3.0),
    "base": lambda kind, net: setattr(Net, "gain", 3.0),
    "config": lambda kind, net: setattr(net.cfg, "scale", 3.0),
    "method": lambda kind, net: setattr(kind, "act", lambda self, x: x * 5.0),
    "global": lambda kind, net: globals().update(GLOBAL=3.0),
    "parameter": lambda kind, net: setattr(net, "w", sg.Value(5.0)),
}


@pytest.mark.parametrize("change", MODEL_CHANGES.values(), ids=MODEL_CHANGES)
@pytest.mark.parametrize("given", [True, False], ids=["argument", "closed over"])
def test_all_about_a_model_is_watched(
    change: Callable[[type[Net], Net], None], given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Net, "gain", 1.0)
    kind = type("Kind", (Net,), {})
    net = kind()
    if given:
        compiled = compile(lambda m, x: m(x))
        check(lambda x: net(x), lambda: change(kind, net), lambda x: compiled(net, x))
    else:
        check(lambda x: net(x), lambda: change(kind, net))


# ------ the check


@pytest.mark.parametrize("name", CASES)
def test_a_change_that_is_easily_overlooked_is_seen(name: str) -> None:
    f, change = CASES[name]()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(f, change)
    told = [str(warning.message) for warning in caught]
    assert len(told) == (name in UNWATCHED)
    cure = BEFORE if name == "a_file" else BY_NAME
    assert all("traced anew at each call" in text and text.endswith(cure) for text in told)


def check(f: Callable[[Any], Any], change: Callable[[], object], compiled: Any = None) -> None:
    compiled = compiled or compile(f)
    before = number(f(2.5))
    assert [number(compiled(2.5)) for _ in range(3)] == [before] * 3
    change()
    after = number(f(2.5))
    assert after != before
    assert [number(compiled(2.5)) for _ in range(3)] == [after] * 3


def test_what_cannot_be_watched_stands_in_the_listing() -> None:
    o = thing(k=1.0)
    found = weakref.ref(o)
    compiled = compile(lambda x: x * found().k)
    with pytest.warns(RuntimeWarning, match="found, a ReferenceType"):
        listed = compiled.program(2.0)
    assert listed.unknown and "traced anew at each call" in str(listed)


def test_named_tuples_of_one_name_do_not_share_a_program() -> None:
    def made(method: Callable[[Any, Any], Any]) -> Any:
        kind = collections.namedtuple("Pair", "a b")  # type: ignore[misc]
        return type("Pair", (kind,), {"method": method})(1.0, 2.0)

    pairs = [made(lambda self, x: x * self.a), made(lambda self, x: x * self.b)]
    held = [pairs[0]]
    compiled = compile(lambda x: held[0].method(x))
    for pair in [*pairs, *pairs]:
        held[0] = pair
        assert compiled(3.0) == pair.method(3.0)
