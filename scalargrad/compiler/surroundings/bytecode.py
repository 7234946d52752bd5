"""The names that code reads, found in its bytecode: globals, attributes, imports.

A name that is read as a global is not one that is read as an attribute. The texts among the
constants count as attributes, for getattr(o, "name") reads one so, and the fields of a format in
them, for "{0.name}".format(o) does.
"""

from __future__ import annotations

import builtins
import dis
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

WHOLE = "*"
"""Stands among the names of attributes that count: all attributes of objects count."""
ANYTHING = frozenset({WHOLE, "**"})
"""Stand there where the code computes a name: all attributes of objects and modules count."""
TOLD = "="
"""Stands there where objects are compared or made texts of: namespaces are so as a whole."""
TELLS = {"COMPARE_OP", "CONTAINS_OP", "FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC"}
ASKED_WHOLE = {"repr", "str", "format", "ascii", "print", "index", "count", "remove", "eq", "ne"}
OF_GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL", "STORE_NAME",
              "DELETE_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}  # fmt: skip
ALL_AT_ONCE = {"__dict__", "__getattribute__", "__slots__", "__getstate__", "__match_args__"}
"""Attributes through which any other may be read."""
BY_COMPUTED_NAME = {"vars", "dir"}
"""Builtins that read attributes whose names the code does not say."""
BY_GIVEN_NAME = {"getattr", "hasattr", "setattr", "delattr"}
"""Builtins that do so unless the name is a text in the code."""
FORMATS = {"format", "format_map", "vformat"}
"""Methods of texts and formatters: they read the attributes that the text names."""
FIELD = re.compile(r"\.(\w+)")
JUMPS = {*dis.hasjrel, *dis.hasjabs}
UNSEEN = {"CACHE", "EXTENDED_ARG", "NOP", "RESUME"}


ANY = ""
OF_IDENTITY = {"id", "is_", "is_not"}


class Import(NamedTuple):
    level: int
    name: str


class Reads(NamedTuple):
    """The names that code reads and sets, those of the functions written in it included."""

    globals: frozenset[str]
    attributes: frozenset[str]
    imports: frozenset[Import]
    catches: bool
    """Whether an error of arithmetic may be caught."""
    told_apart: frozenset[str]
    """The things that objects are told apart from by `is`: names of globals, ANY for anything else
    but a constant."""


class Reading:
    """The names that one piece of code reads, without the functions written in it."""

    def __init__(self, code: CodeType) -> None:
        self.globals: set[str] = set()
        self.attributes: set[str] = set(texts_in(code.co_consts))
        self.imports: set[Import] = set()
        self.told_apart: set[str] = set()
        self.steps = [x for x in dis.get_instructions(code) if x.opname not in UNSEEN]
        for at, step in enumerate(self.steps):
            self.take(at, step)
        self.finish()

    def take(self, at: int, step: dis.Instruction) -> None:
        if step.opname in OF_GLOBALS:
            self.globals.add(step.argval)
            if reads_any(self.steps, at):
                self.attributes |= ANYTHING
        elif step.opname == "IS_OP":
            self.told_apart |= compared_with(self.steps[at - 1])
        elif step.opname in TELLS:
            self.attributes.add(TOLD)
        elif step.opname == "MATCH_CLASS" and step.arg:
            # a class says itself which attributes its positions are
            self.attributes.add(WHOLE)
        elif step.opname == "IMPORT_NAME":
            self.imports.add(Import(level_of(self.steps, at), step.argval))
        elif step.opcode in dis.hasname:
            self.attributes.add(step.argval)
            if step.argval in FORMATS and not is_a_text(self.steps[at - 1]):
                self.attributes.add(WHOLE)

    def finish(self) -> None:
        """Note what names say of other names."""
        if ALL_AT_ONCE & self.attributes:
            self.attributes |= ANYTHING
        if ASKED_WHOLE & (self.globals | self.attributes):
            self.attributes.add(TOLD)
        if OF_IDENTITY & (self.globals | self.attributes):
            self.told_apart.add(ANY)


@lru_cache(maxsize=4096)
def reads_of(code: CodeType) -> Reads:
    own = Reading(code)
    inner = [reads_of(x) for x in code.co_consts if isinstance(x, CodeType)]
    return Reads(
        frozenset(own.globals.union(*(x.globals for x in inner))),
        frozenset(own.attributes.union(*(x.attributes for x in inner))),
        frozenset(own.imports.union(*(x.imports for x in inner))),
        catches(own.steps) or any(x.catches for x in inner),
        frozenset(own.told_apart.union(*(x.told_apart for x in inner))),
    )


def is_of_arithmetic(error: type) -> bool:
    """Whether who catches this error catches one of arithmetic; round(nan) raises ValueError."""
    return any(issubclass(error, x) or issubclass(x, error) for x in (ArithmeticError, ValueError))


OTHERS = {
    name
    for name, x in vars(builtins).items()
    if isinstance(x, type) and issubclass(x, BaseException) and not is_of_arithmetic(x)
}
"""The errors of Python that have nothing to do with arithmetic."""
MATCHES = {"CHECK_EXC_MATCH", "JUMP_IF_NOT_EXC_MATCH"}
SETUPS = {"SETUP_FINALLY", "SETUP_WITH"}
"""Until Python 3.10 they name the place of the code that an error is handed to."""
TESTED = {"DUP_TOP", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_ATTR"}


def catches(steps: Sequence[dis.Instruction]) -> bool:
    """Tell whether an error of arithmetic may be caught: whether an error is handed to code that is
    not an `except` for others alone. `with` and `finally` may go on without it."""
    if not all(asks_first(steps, at) for at in handlers(steps)):
        return True
    tests = (at for at, step in enumerate(steps) if step.opname in MATCHES)
    return not all(OTHERS.issuperset(named(steps, at)) for at in tests)


def handlers(steps: Sequence[dis.Instruction]) -> Iterator[int]:
    """The places of the code that errors are handed to."""
    places = {step.offset: at for at, step in enumerate(steps)}
    for at, step in enumerate(steps):
        if step.opname == "PUSH_EXC_INFO":
            yield at + 1
        elif step.opname in SETUPS:
            yield places[step.argval]


def asks_first(steps: Sequence[dis.Instruction], at: int) -> bool:
    """Tell whether the code here begins with the test of an `except` that names classes."""
    rest = (x for x in steps[at:] if x.opname not in TESTED and x.opname != "BUILD_TUPLE")
    return next(rest).opname in MATCHES


def named(steps: Sequence[dis.Instruction], at: int) -> set[str]:
    """The names in an `except`, whose test stands `at`: a global or a tuple of globals, "" if it is
    anything else."""
    last = steps[at - 1]
    count = last.arg or 0 if last.opname == "BUILD_TUPLE" else 0
    classes = steps[at - 1 - count : at - 1] if count else [last]
    return {str(x.argval) if x.opname == "LOAD_GLOBAL" else "" for x in classes}


def compared_with(before: dis.Instruction) -> set[str]:
    """The right side of an `is`, by the step before it; nothing for a constant or a class, as in
    the `__eq__` of a dataclass."""
    if before.opname in OF_GLOBALS:
        return {before.argval}
    is_class = before.opname == "LOAD_ATTR" and before.argval == "__class__"
    return set() if is_class or before.opname == "LOAD_CONST" else {ANY}


def texts_in(constants: Sequence[object]) -> Iterator[str]:
    for x in constants:
        if isinstance(x, str):
            yield from [x] if x.isidentifier() else FIELD.findall(x) if "{" in x else ()
        elif isinstance(x, (tuple, frozenset)):
            yield from texts_in(tuple(x))


def level_of(steps: Sequence[dis.Instruction], at: int) -> int:
    """How many dots an import has: the first of the two constants before it."""
    level = steps[at - 2].argval if at > 1 else 0
    return level if isinstance(level, int) else 0


def reads_any(steps: Sequence[dis.Instruction], at: int) -> bool:
    """Tell whether the global read here is a builtin that reads an attribute of any name."""
    name = steps[at].argval
    if name in BY_COMPUTED_NAME:
        return True
    if name not in BY_GIVEN_NAME:
        return False
    return steps[at].opname != "LOAD_GLOBAL" or not names_a_text(steps, at)


def is_a_text(step: dis.Instruction) -> bool:
    return step.opname == "LOAD_CONST" and type(step.argval) is str


def names_a_text(steps: Sequence[dis.Instruction], at: int) -> bool:
    """Tell whether a call that begins here with its function has a text as second argument.

    The stack is followed up to the call that leaves one result in place of the function; between
    them nothing may jump.
    """
    depth = effect(steps[at])
    second, found = depth + 2, steps[at]
    for step in steps[at + 1 :]:
        depth += effect(step)
        if step.opcode in JUMPS or depth < 1:
            return False
        if depth == 1 and step.opname.startswith("CALL"):
            return is_a_text(found)
        if depth == second and step.opname != "PRECALL":
            found = step
    return False


def effect(step: dis.Instruction) -> int:
    arg = step.arg if step.opcode >= dis.HAVE_ARGUMENT else None
    return dis.stack_effect(step.opcode, arg, jump=False)
