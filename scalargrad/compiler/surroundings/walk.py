"""The walk over the surroundings of a function: closed-over numbers, globals, attributes, models.

A program has these numbers in it. The parts that the walk finds belong to the key of the program:
where a part has changed, the function is traced anew. Installed code is constant. Things that
nobody can watch are named in `unknown`: the function is then traced at each call.
"""

from __future__ import annotations

import functools
import sys
import threading
from bisect import bisect
from collections.abc import Iterable, Sequence
from types import (
    BuiltinFunctionType,
    FunctionType,
    GenericAlias,
    MethodType,
    MethodWrapperType,
    ModuleType,
    SimpleNamespace,
    UnionType,
)
from typing import Any

from ...scalars import is_real, is_value
from ...transforms.trees import is_model
from ..trace.native import machine
from ..trace.tracer import Number
from . import owners, routines
from .bytecode import WHOLE
from .chance import has_readable_state, is_chance
from .contents import CONTAINERS, of_buffer, of_context
from .installed import is_installed_class, reads_any_attribute
from .settings import note_decimals
from .suspects import READS_FILES, is_suspect
from .watching import ENTRIES, Handler, Watch, Where, shown

SIMPLE = {int, bool, str, bytes, type(None), type(...), type(NotImplemented)}
CONSTANT = {
    *("typing", "_thread", "datetime", "re", "pathlib", "ast", "inspect", "_abc", "numpy.dtypes"),
    *("zoneinfo", "string", "ipaddress", "builtins", "scalargrad.rows"),
    *("scalargrad.native._engine", "scalargrad.native._machine"),
}
"""Objects of the classes of these modules do not change, if the walk has no other use of them."""
CONSTANT_CLASSES = {
    *(("numpy", "ufunc"), ("jaxlib._jax", "ArrayImpl"), ("jaxlib.xla_extension", "ArrayImpl")),
    *(("operator", "attrgetter"), ("operator", "itemgetter"), ("operator", "methodcaller")),
    *(("collections", "_tuplegetter"), ("_collections", "_tuplegetter")),
    *((x.__module__, x.__name__) for x in (GenericAlias, UnionType)),
}


def of_built_in(watch: Watch, x: Any, where: Where) -> None:
    """A function in C, or a method of something in C bound to what it belongs to."""
    holder = getattr(x, "__self__", None)
    if holder is None or isinstance(holder, ModuleType):
        watch.identify(x)
    else:
        watch.parts.append(x.__name__)
        watch.go([(holder, (where, ".", "__self__"))])
    note_library(watch, x)


def note_library(watch: Watch, x: Any) -> None:
    note_decimals(watch, x)
    if reads_any_attribute(x):
        watch.names.add(WHOLE)


KINDS: dict[type, Handler] = {
    **CONTAINERS,
    FunctionType: routines.of_function,
    MethodType: routines.of_method,
    BuiltinFunctionType: of_built_in,
    MethodWrapperType: of_built_in,
    functools.partial: routines.of_partial,
    functools.cached_property: routines.of_cached_property,
    staticmethod: routines.of_wrapper,
    classmethod: routines.of_wrapper,
    property: routines.of_property,
    SimpleNamespace: owners.of_namespace,
}


def visit(watch: Watch, x: Any, where: Where) -> None:
    kind = type(x)
    if kind in SIMPLE:
        watch.parts.append((kind, x))
    elif kind is float:
        # −0.0 equals 0.0, and NaN is not itself
        watch.parts.append((kind, x if x == x and x else repr(x)))
    elif isinstance(x, Number):
        watch.tracers.append(where)
        watch.identify(x)
    elif is_value(x):
        of_value(watch, x)
    elif watch.inputs and (kind is FunctionType or isinstance(x, type)):
        watch.put_off.append((x, where, None))
    elif watch.is_new(x):
        watch.suspects = watch.suspects or is_suspect(watch.names, x)
        watch.marks.append((len(watch.parts), where))
        watch.identify(kind)
        KINDS.get(kind, of_other)(watch, x, where)


def of_value(watch: Watch, x: Any) -> None:
    stands_for = watch.inputs.get(id(x))
    if stands_for is None:
        watch.identify(x)
    else:
        watch.parts.append(stands_for)
        watch.is_shared = watch.is_shared or id(x) in watch.met
        watch.met.add(id(x))


def of_other(watch: Watch, x: Any, where: Where) -> None:
    kind = type(x)
    if isinstance(x, type):
        owners.of_class(watch, x, where)
    elif isinstance(x, ModuleType):
        routines.of_module(watch, x, where)
    elif not is_installed_class(kind):
        owners.of_object(watch, x, where)
    else:
        of_installed(watch, x, where)


def of_installed(watch: Watch, x: Any, where: Where) -> None:
    """An object of a class that is installed."""
    kind = type(x)
    if is_chance(x):
        watch.chance.append((shown(where), x))
        watch.identify(x)
    elif is_real(x) or is_scalar_of_numpy(x):
        watch.parts.append(repr(x))
        note_decimals(watch, kind)
    elif owners.is_array_class(kind):
        of_buffer(watch, x, where)
    elif kind.__module__ == "logging":
        watch.suspects = True
        of_logger(watch, x, where)
    elif hasattr(kind, "__next__"):
        of_iterator(watch, x, where)
    elif "__wrapped__" in getattr(x, "__dict__", ()):
        routines.of_wrapped(watch, x, where)
    elif kind is threading.local:
        watch.cannot_tell(where, x)
    elif kind.__name__ == "ContextVar":
        of_context(watch, x, where)
    elif is_constant(kind):
        watch.identify(x)
        note_library(watch, kind)
    else:
        owners.of_object(watch, x, where)


def is_constant(kind: type) -> bool:
    if issubclass(kind, BaseException):
        return False
    return kind.__module__ in CONSTANT or (kind.__module__, kind.__name__) in CONSTANT_CLASSES


OF_A_LOGGER = {"level", "disabled", "parent", "manager", "_disable"}
"""Attributes that decide whether a logger says something; the saying itself is noticed."""


def of_logger(watch: Watch, x: Any, where: Where) -> None:
    found, expected = watch.entries(vars(x), lambda name, _: name in OF_A_LOGGER)
    watch.record(ENTRIES, vars(x), expected)
    watch.members(found, where)


def is_scalar_of_numpy(x: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.generic)


def of_iterator(watch: Watch, x: Any, where: Where) -> None:
    if has_readable_state(x):
        watch.chance.append((shown(where), x))
        watch.identify(x)
    else:
        watch.cannot_tell(where, x)


class Surroundings(Watch):
    """All that `f` uses besides its arguments, and in `arguments` all but their numbers: models,
    and objects that the program takes as they are."""

    def __init__(self, f: Any, arguments: Sequence[Any], names: Iterable[str]) -> None:
        super().__init__(names, visit)
        self.f = f
        self.arguments = arguments
        self.changed: list[str] = []
        """The first thing that the function changed itself when it was traced last."""
        self.altered = False
        """Whether any trace changed something."""
        self.walk(f, (None, "", getattr(f, "__name__", type(f).__name__)))
        self.walk_arguments()
        self.suspects = self.suspects or not self.names.isdisjoint(READS_FILES)
        self.finish()

    def walk_arguments(self) -> None:
        """The parameters of a model are inputs, if each is reached in one way; but not where code
        uses them without being given them."""
        models = [x for x in self.arguments if is_model(x)]
        found = [x for model in models for _, x in model.named_parameters() if is_value(x)]
        if models:
            self.names |= {"named_parameters", "with_parameters"}
        self.inputs = {id(x): ("parameter", k) for k, x in enumerate(found)}
        for k, x in enumerate(self.arguments):
            self.walk(x, (None, "", f"argument {k}"))
        if self.is_shared or len(self.met) < len(found):
            self.parts.append(tuple(map(id, found)))
            self.kept += found
        self.inputs = {}
        if self.put_off:
            self.begin_anew()
        for x, where, is_called in self.put_off:
            if is_called is None:
                self.walk(x, where)
            else:
                owners.seen_class(self, x, where, is_called)
                self.walk(None, where)

    def again(self) -> Surroundings:
        """The surroundings as they are now."""
        return surroundings(self.f, self.arguments, self.names)

    @functools.cached_property
    def watched(self) -> Any:
        """The records, for the machine to check; None where nothing was built in C."""
        return machine and machine.Records(tuple(self.records))

    def hold(self) -> bool:
        """Whether all is known to be as it was, without another walk."""
        return bool(self.watched and not self.unknown and self.watched.hold())

    def note_changes(self, after: Surroundings) -> None:
        self.changed = [] if self.parts == after.parts else [self.first_change(after)]
        self.altered = self.altered or bool(self.changed)

    def first_change(self, after: Surroundings) -> str:
        pairs = enumerate(zip(self.parts, after.parts))
        at = next((k for k, (x, y) in pairs if x != y), len(self.parts))
        mark = bisect(self.marks, at, key=lambda mark: mark[0]) - 1
        return shown(self.marks[mark][1]) if mark >= 0 else "what it uses"

    def renew(self) -> None:
        """Take what is around now for what was around before."""
        after = self.again()
        self.parts, self.marks, self.kept = after.parts, after.marks, after.kept
        self.records, self.changed = after.records, []
        self.__dict__.pop("watched", None)


def surroundings(f: Any, arguments: Sequence[Any] = (), names: Iterable[str] = ()) -> Surroundings:
    """Return what `f` uses. `names` saves a second walk, if they are those that an earlier one
    found; without any it begins with those that the code within reach says."""
    names = names or routines.names_said(f)
    found = Surroundings(f, arguments, names)
    return found if found.names == set(names) else surroundings(f, arguments, found.names)
