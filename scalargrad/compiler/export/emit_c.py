"""A program as one file of C99 that needs nothing but libm."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...messages import counted
from ..branches.path import Path as ProgramPath
from ..inputs.sources import FIRST
from ..nests.program import Derived
from ..passes.program import AFTER, BEFORE, LANES, Program
from ..text.emit import RESERVED, Operations, Style, indented, safe_names
from ..text.names import Names, identifiers
from .emit_ways import Branching, declared
from .identifiers import KEYWORDS, LIBRARY, MATH
from .languages import InC
from .nest_functions import OWN, c_function
from .writable import lanes_of, nest_of
from .written import Written

SPECIAL = Path(__file__).parents[2] / "native" / "shared" / "special.h"
C = Style(lambda row: row.c, "INFINITY", "NAN", "C")
NOTHING_ALLOCATED = "nothing is allocated, nothing kept"


def function_names(name: str) -> tuple[str, str]:
    """The names in C of the function, and of the one with its gradient."""
    text = SPECIAL.read_text(encoding="utf-8")
    taken = {*RESERVED, *KEYWORDS, *MATH, *LIBRARY, *re.findall(r"[A-Za-z]\w*", text)}
    (safe,) = identifiers([name], taken)
    return safe, f"{safe}_gradient"


@dataclass
class Function:
    """A path that becomes a function of the file."""

    path: ProgramPath
    name: str
    names: Names

    @property
    def program(self) -> Program:
        return self.path.program.carefully

    @property
    def nest(self) -> Derived | None:
        """The program with loops, if it has any whose text can be written."""
        return nest_of(self.path.traced)

    @cached_property
    def written(self) -> Written | None:
        """Its text where it has loops."""
        return Written(self.nest, InC(C), self.names.inputs) if self.nest else None

    @property
    def function_name(self) -> str:
        return self.names.function

    @property
    def input_names(self) -> list[str]:
        return self.names.inputs

    @property
    def output_names(self) -> list[str]:
        return self.names.outputs

    @property
    def input_lanes(self) -> list[bool]:
        """Of each input whether every lane has its own."""
        if self.nest:
            return list(lanes_of(self.nest))
        return [self.program.trace.lanes[i] for i in self.program.inputs]

    @property
    def output_lanes(self) -> list[bool]:
        """The same of each output."""
        if self.nest:
            return self.nest.each
        return [self.program.trace.lanes[i] for i in self.program.outputs]


def c_source(functions: Sequence[Function | Branching]) -> str:
    """Return a file with these functions, each of numbers, of a column for each input that has
    lanes, and of the number of lanes."""
    texts = [text(function) for function in functions]
    body = "".join(texts)
    own = "".join(f"{own}\n" for own in used_functions(body))
    files = "#include <math.h>\n" + "#include <stdlib.h>\n" * ("malloc(" in body)
    about = "".join(
        f" * {line}\n".replace(" \n", "\n").replace("*/", "* /") for line in comment(functions)
    )
    return f"/*\n{about} */\n{files}\n{own}" + "\n".join(texts)


def text(function: Function | Branching) -> str:
    if isinstance(function, Branching):
        return function.text(signature(function.name, "long"), C)
    if written := function.written:
        return c_function(written, signature(function.name))
    return straight(function)


def straight(function: Function) -> str:
    """The text of a function without branches and loops, other than the loop over the lanes."""
    program, name, names = function.program, function.name, function.names
    operations = Operations(program, C, safe_names(names.inputs, *KEYWORDS, *MATH, name))
    statements = [
        "(void)numbers, (void)lanes, (void)count, (void)results, (void)columns;",
        *declared(given(program, operations, lane=False)),
        *declared(operations.statements(BEFORE)),
        *(f"double {total} = -0.0;" for total, _ in operations.sums()),
    ]
    after = [
        *declared(operations.statements(AFTER)),
        *(f"results[{k}] = {x};" for k, x in enumerate(operations.outputs(lane=False))),
    ]
    lanes = loop_over_lanes(program, operations)
    return f"{signature(name)}\n{{\n{indented(statements, 1)}{lanes}{indented(after, 1)}}}\n"


def loop_over_lanes(program: Program, operations: Operations) -> str:
    """The loop over the lanes; nothing if nothing is done in it."""
    inside = [
        *declared(given(program, operations, lane=True)),
        *declared(operations.statements(LANES)),
        *(f"{total} += {x};" for total, x in operations.sums()),
        *(f"columns[{k}][lane] = {x};" for k, x in enumerate(operations.outputs(lane=True))),
    ]
    if not inside:
        return ""
    head = "for (long lane = 0; lane < count; lane++) {"
    return indented([head], 1) + indented(inside, 2) + indented(["}"], 1)


def signature(name: str, kind: str = "void") -> str:
    return (
        f"{kind} {name}(const double *numbers, const double *const *lanes, long count,\n"
        "    double *results, double *const *columns)"
    )


def found_at(program: Program, lane: bool) -> dict[int, str]:
    """Where each input of the program is found: numbers[0], lanes[2][lane]."""
    found = [
        i for k, i in enumerate(program.inputs) if program.trace.lanes[i] == lane and k not in OWN
    ]
    return {i: f"lanes[{k}][lane]" if lane else f"numbers[{k}]" for k, i in enumerate(found)}


def given(program: Program, operations: Operations, lane: bool) -> Iterator[str]:
    """The inputs that the program uses, taken from where they are."""
    own = {} if lane else {program.inputs[k]: text for k, text in OWN.items()}
    for i, text in (own | found_at(program, lane)).items():
        if i in operations.used_inputs():
            yield f"{operations.names[i]} = {text}"


# ------ what the file says of itself


def comment(functions: Sequence[Function | Branching]) -> Iterator[str]:
    """Which number is which."""
    first = functions[0]
    yield f"{first.function_name}, as it was traced by scalargrad.compile."
    allocates = any(function.written and function.written.made() for function in functions)
    memory = "memory for its loops is freed before it returns" if allocates else NOTHING_ALLOCATED
    yield f"Build it with a C99 compiler and libm; {memory}."
    for function in functions:
        if isinstance(function, Branching):
            yield from ways_told(function)
    yield ""
    yield "In:"
    yield from inputs_told(first)
    for function in functions:
        yield f"Out of {function.name}:"
        yield from outputs_told(function)


def ways_told(function: Branching) -> Iterator[str]:
    """Lines that tell what a function returns that branches on its numbers."""
    ways = counted(len(function.ways), "way")
    if not function.has_others:
        yield f"{function.name} branches on its numbers, {ways} in all; it returns 0."
        return
    yield f"{function.name} branches on its numbers. The first {ways} are here; for others the"
    returned = "how many lanes take others" if function.has_lanes else "1 on others, else 0"
    yield f"results are NaN. It returns {returned}."


def inputs_told(function: Function | Branching) -> Iterator[str]:
    named = list(zip(function.input_lanes, function.input_names))
    # how many lanes there are nobody gives
    yield from told("numbers[{}]", [name for lane, name in named[FIRST:] if not lane])
    yield from told("lanes[{}][lane]", [name for lane, name in named if lane])
    if any(function.input_lanes):
        yield f"    {'count':18} how many lanes there are: the length of each lanes[k]"


def outputs_told(function: Function | Branching) -> Iterator[str]:
    named = list(zip(function.output_lanes, function.output_names))
    yield from told("results[{}]", [name for lane, name in named if not lane])
    yield from told("columns[{}][lane]", [name for lane, name in named if lane])


MANY = 8
"""So many names in a row that differ by a number alone are told in one line."""


def told(element: str, names: Sequence[str]) -> Iterator[str]:
    """Which element is which: of many that are data[0], data[1] … the first and the last."""
    at = 0
    while at < len(names):
        count = in_a_row(names, at)
        few = 1 if count < MANY else count
        last = at + few - 1
        elements = element.format(at) + (f" to [{last}]" if few > 1 else "")
        yield f"    {elements:18} {names[at]}" + (f" to {names[last]}" if few > 1 else "")
        at += few


def in_a_row(names: Sequence[str], at: int) -> int:
    """How many names from here on have each the next number in their last brackets."""
    begin, first = numbered(names[at])
    count = 1
    while first >= 0 and at + count < len(names):
        if numbered(names[at + count]) != (begin, first + count):
            break
        count += 1
    return count


def numbered(name: str) -> tuple[str, int]:
    """A name without the number in its last brackets, and that; −1 if there is none."""
    found = re.fullmatch(r"(.*)\[(\d+)\]", name)
    return (found[1], int(found[2])) if found else (name, -1)


def used_functions(source: str) -> list[str]:
    """The functions that the C library lacks, as far as they or others among them are used."""
    text, used = SPECIAL.read_text(encoding="utf-8"), list[str]()
    for found in reversed(re.findall(r"^static inline double \w+\(.*?^}\n", text, re.S | re.M)):
        name = found.split("(")[0].split()[-1]
        if re.search(rf"\b{name}\(", "".join([source, *used])):
            used.insert(0, found)
    return used
