"""The search of the surroundings of a function: what is done with each kind of object."""

from __future__ import annotations

import ast
import functools
import gc
import re
import string
import sys
import threading
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    GenericAlias,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    SimpleNamespace,
    UnionType,
)
from typing import Any

from ...rows import Operator
from ...scalars import is_real, is_value
from ..trace.tracer import Number
from . import owners, routines
from .bytecode import WHOLE
from .chance import has_readable_state, is_chance, is_stream, may_read_state, state_of, told_state
from .contents import CONTAINERS, of_buffer, of_context, told
from .installed import is_installed_class, reads_any_attribute
from .settings import note_decimals
from .suspects import is_suspect
from .watching import ENTRIES, Handler, Watch, Where, shown

SIMPLE = {int, bool, str, bytes, type(None), type(...), type(NotImplemented)}
CONSTANT = {
    *("typing", "_thread", "datetime", "re", "pathlib", "ast", "inspect", "_abc", "numpy.dtypes"),
    *("zoneinfo", "string", "ipaddress", "builtins", "scalargrad.rows"),
    *("scalargrad.native._engine", "scalargrad.native._machine"),
}
"""Objects of the classes of these modules do not change, unless their kind is handled before."""
STATEFUL = (ast.AST, re.Scanner, string.Template)  # type: ignore[attr-defined]
"""Classes of these modules whose objects do change."""
CONSTANT_CLASSES = {
    *(("jaxlib._jax", "ArrayImpl"), ("jaxlib.xla_extension", "ArrayImpl")),
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
        watch.findings.append(x.__name__)
        watch.go([(holder, (where, ".", "__self__"))])
    note_library(watch, x)


def of_descriptor(watch: Watch, x: Any, where: Where) -> None:
    """A descriptor, which reads a slot of whatever object it is called with."""
    watch.identify(x)
    watch.names.add(x.__name__)


def of_super(watch: Watch, x: Any, where: Where) -> None:
    """An object as its class above sees it."""
    watch.go([(x.__thisclass__, where), (x.__self_class__, where), (x.__self__, where)])


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
    MemberDescriptorType: of_descriptor,
    GetSetDescriptorType: of_descriptor,
    super: of_super,
    functools.partial: routines.of_partial,
    CellType: routines.of_cell,
    functools.cached_property: routines.of_cached_property,
    staticmethod: routines.of_wrapper,
    classmethod: routines.of_wrapper,
    property: routines.of_property,
    Operator: routines.of_operator,
    SimpleNamespace: owners.of_namespace,
}


def visit(watch: Watch, x: Any, where: Where) -> None:
    kind = type(x)
    if kind in SIMPLE:
        watch.findings.append((kind, x))
    elif kind is float:
        # −0.0 equals 0.0, and NaN is not itself
        watch.findings.append((kind, x if x == x and x else told(x)))
    elif isinstance(x, Number):
        watch.tracers.append(where)
        watch.identify(x)
    elif is_value(x):
        of_value(watch, x)
    elif watch.inputs and (kind is FunctionType or isinstance(x, type)):
        watch.put_off.append((x, where, None))
    elif watch.is_new(x):
        watch.suspects = watch.suspects or is_suspect(watch.names, x)
        watch.marks.append((len(watch.findings), where))
        watch.identify(kind)
        KINDS.get(kind, of_other)(watch, x, where)


def of_value(watch: Watch, x: Any) -> None:
    stands_for = watch.inputs.get(id(x))
    if stands_for is None:
        watch.identify(x)
    else:
        watch.findings.append(stands_for)
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
    """An object of a class that is installed. The tests stand here one after another, and not in a
    table: the search would take an eighth longer."""
    kind = type(x)
    if isinstance(x, BuiltinFunctionType):
        # a method of a class in C has a type of its own if it asks for its class
        of_built_in(watch, x, where)
    elif is_chance(x):
        of_chance(watch, x, where)
    elif is_row_of_numpy(x):
        of_buffer(watch, x, where)
    elif is_scalar_of_numpy(x):
        watch.findings.append((repr(x), x.tobytes()))
    elif is_real(x):
        watch.findings.append(repr(x))
        note_decimals(watch, kind)
    elif owners.is_array_class(kind):
        of_buffer(watch, x, where)
    elif kind.__module__ == "logging":
        watch.suspects = True
        of_logger(watch, x, where)
    elif isinstance(x, STATEFUL):
        owners.of_object(watch, x, where)
    elif is_stream(x):
        of_stream(watch, x, where)
    elif "__wrapped__" in getattr(x, "__dict__", ()):
        routines.of_wrapped(watch, x, where)
    elif kind is threading.local:
        watch.cannot_tell(where, x)
    elif (kind.__module__, kind.__name__) == ("numpy", "ufunc"):
        of_ufunc(watch, x, where)
    elif kind.__name__ == "ContextVar":
        of_context(watch, x, where)
    elif is_constant(kind):
        watch.identify(x)
        note_library(watch, kind)
    else:
        owners.of_object(watch, x, where)


def of_ufunc(watch: Watch, x: Any, where: Where) -> None:
    """A function of NumPy's on arrays; `np.frompyfunc` makes such of a function of the user's."""
    watch.identify(x)
    watch.go([(f, where) for f in gc.get_referents(x)])


def is_constant(kind: type) -> bool:
    if issubclass(kind, BaseException):
        return False
    return kind.__module__ in CONSTANT or (kind.__module__, kind.__name__) in CONSTANT_CLASSES


OF_A_LOGGER = {"level", "disabled", "parent", "manager", "_disable"}
"""Attributes that decide whether a logger says something; the saying itself is noticed."""


def of_logger(watch: Watch, x: Any, where: Where) -> None:
    names = OF_A_LOGGER | watch.names
    found, expected = watch.entries(vars(x), lambda name, _: name in names)
    watch.record(ENTRIES, vars(x), expected)
    watch.members(found, where)


def is_scalar_of_numpy(x: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.generic)


def is_row_of_numpy(x: Any) -> bool:
    """Whether `x` is a row of an array with named columns, which are set through it."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.void)


def of_chance(watch: Watch, x: Any, where: Where) -> None:
    """To draw from it is refused. To look at its state is not, but takes time."""
    watch.chance.append((shown(where), x))
    watch.identify(x)
    if not may_read_state(watch.names):
        return
    if state_of(x) is None:
        watch.cannot_tell(where, x)
    else:
        watch.ask(f"the state of {shown(where)}", functools.partial(told_state, x))


def of_stream(watch: Watch, x: Any, where: Where) -> None:
    if not has_readable_state(x):
        return watch.cannot_tell(where, x)
    watch.chance.append((shown(where), x))
    watch.identify(x)
    watch.ask(f"the state of {shown(where)}", functools.partial(state_of, x))
    watch.go([(y, where) for y in gc.get_referents(x)])
