"""A program as source text: in Python, in NumPy's or JAX's terms, in C.

A style says how a language writes numbers and operations; the text of an operation comes from the
operator table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isinf, isnan
from pathlib import Path
from typing import NamedTuple

from .. import ops
from ..rows import Operator
from .program import AFTER, BEFORE, LANES, Program
from .structure import accumulate, lanes_sum, products

SPECIAL = Path(__file__).parent.parent / "native" / "special.h"


class Style(NamedTuple):
    """How a language spells a row, operands by position, and the numbers that have a name."""

    spell: Callable[[Operator], str | None]
    infinity: str
    nan: str
    careful: bool = True
    """Whether a zero adjoint is kept from becoming NaN beside an infinite partial derivative."""


def in_python(row: Operator) -> str | None:
    # Python's own / raises where a divisor is zero
    if row.c is not None and not re.search("[a-z/?]", row.c):
        return row.c
    return f"{row.name}({', '.join(['{}'] * (row.arity or 0))})"


def on_arrays(row: Operator) -> str | None:
    if row is lanes_sum:
        return "np.sum({})"
    return row.array or f"{row.name}({', '.join(['{}'] * (row.arity or 0))})"


PYTHON = Style(in_python, "inf", "nan")
ARRAYS = Style(on_arrays, "np.inf", "np.nan")
FAST_ARRAYS = ARRAYS._replace(careful=False)
C = Style(lambda row: row.c, "INFINITY", "NAN")


def number(style: Style, x: float) -> str:
    if isnan(x):
        return style.nan
    if isinf(x):
        return style.infinity if x > 0 else f"(-{style.infinity})"
    return repr(x) if str(x)[0] != "-" else f"({x!r})"


class Listing:
    """The operations of a program in one language, a statement each."""

    def __init__(self, program: Program, style: Style) -> None:
        self.program = program
        self.style = style
        self.one = number(style, 1.0)
        self.names = {i: f"x{k}" for k, i in enumerate(program.inputs)}
        self.names |= {i: number(style, x) for i, x in program.constants().items()}
        self.names |= {i: f"v{i}" for i in program.computed()}

    def expression(self, i: int) -> str:
        trace = self.program.trace
        operands = [self.names[j] for j in trace.operands[i]]
        row = trace.row(i)
        if row in (products, accumulate):
            pairs = zip(operands[::2], operands[1::2])
            return " + ".join(self.product(row, x, y) for x, y in pairs)
        return self.operation(row, *operands)

    def product(self, row: Operator, x: str, y: str) -> str:
        if y == self.one:
            return x
        return self.operation(ops.chain if row is accumulate else ops.mul, x, y)

    def operation(self, row: Operator, *operands: str) -> str:
        if row is ops.chain and not self.style.careful:
            row = ops.mul
        text = self.style.spell(row)
        if text is None:
            raise ValueError(f"{row.name} cannot be written in this language")
        return text.format(*operands)

    def statements(self, stage: int | None = None) -> Iterator[str]:
        """Yield "v7 = v5 * v6" for each node in order, of one stage or of all."""
        for i in self.program.computed():
            if stage is None or self.program.stages[i] == stage:
                if stage is None or self.program.trace.rows[i] is not lanes_sum:
                    yield f"{self.names[i]} = {self.expression(i)}"

    def sums(self) -> list[tuple[str, str]]:
        """The sums over lanes, each with what is summed."""
        trace = self.program.trace
        found = [i for i in self.program.computed() if trace.rows[i] is lanes_sum]
        return [(self.names[i], self.names[trace.operands[i][0]]) for i in found]

    def inputs(self, lane: bool) -> list[str]:
        trace = self.program.trace
        return [self.names[i] for i in self.program.inputs if trace.lanes[i] == lane]

    def outputs(self, lane: bool) -> list[str]:
        trace = self.program.trace
        return [self.names[i] for i in self.program.outputs if trace.lanes[i] == lane]


def block(lines: Iterable[str], depth: int) -> str:
    return "".join(f"{'    ' * depth}{line}\n" for line in lines)


def unpacked(names: Sequence[str], source: str) -> list[str]:
    return [f"{', '.join(names)}, = {source}"] if names else []


def array_source(program: Program, name: str, careful: bool = True) -> str:
    """Return the program as a function of a list of its inputs: numbers, and arrays with an
    element for each lane. It returns the outputs, then the sides of each guard, and uses `np`
    (NumPy or jax.numpy) and `special` (SciPy's or JAX's)."""
    listing = Listing(program, ARRAYS if careful else FAST_ARRAYS)
    names = [listing.names[i] for i in program.inputs]
    returned = [*program.outputs, *program.trace.guarded()]
    results = ", ".join(listing.names[i] for i in returned)
    lines = [*unpacked(names, "inputs"), *listing.statements(), f"return [{results}]"]
    return f"def {name}(inputs):\n{block(lines, 1)}"


def python_source(program: Program, name: str) -> str:
    """Return the program as a function of a list of numbers and a list of the lanes' columns; it
    returns the numbers, and a column for each output that has lanes. Its functions are those of
    scalargrad.ops."""
    listing = Listing(program, PYTHON)
    columns = [f"column_{k}" for k in range(len(listing.outputs(lane=True)))]
    inside = [
        *listing.statements(LANES),
        *(f"{total} += {x}" for total, x in listing.sums()),
        *(f"{c}.append({x})" for c, x in zip(columns, listing.outputs(lane=True))),
    ]
    before = [
        *unpacked(listing.inputs(lane=False), "numbers"),
        *listing.statements(BEFORE),
        *(f"{total} = 0.0" for total, _ in listing.sums()),
        *(f"{c} = []" for c in columns),
    ]
    loop = f"for {', '.join(listing.inputs(lane=True))}, in zip(*lanes):"
    results = f"return [{', '.join(listing.outputs(lane=False))}], [{', '.join(columns)}]"
    return (
        f"def {name}(numbers, lanes):\n{block(before, 1)}"
        + (block([loop], 1) + block(inside, 2) if inside else "")
        + block([*listing.statements(AFTER), results], 1)
    )


def c_source(program: Program, name: str) -> str:
    """Return the program as one C99 file without dependencies but libm: a function of the numbers,
    of a column for each input that has lanes, and of the number of lanes."""
    listing = Listing(program, C)
    numbers = [f"{x} = numbers[{k}]" for k, x in enumerate(listing.inputs(lane=False))]
    lanes = [f"{x} = lanes[{k}][lane]" for k, x in enumerate(listing.inputs(lane=True))]
    columns = [f"columns[{k}][lane] = {x};" for k, x in enumerate(listing.outputs(lane=True))]
    results = [f"results[{k}] = {x};" for k, x in enumerate(listing.outputs(lane=False))]
    sums = listing.sums()
    return "".join(
        [
            prelude(),
            f"\nvoid {name}(const double *numbers, const double *const *lanes, long count,\n"
            "    double *results, double *const *columns)\n{\n",
            "    (void)numbers, (void)lanes, (void)count, (void)results, (void)columns;\n",
            block(declared([*numbers, *listing.statements(BEFORE)]), 1),
            block((f"double {total} = 0.0;" for total, _ in sums), 1),
            "    for (long lane = 0; lane < count; lane++) {\n" if lanes else "",
            block(declared([*lanes, *listing.statements(LANES)]), 2),
            block((f"{total} += {x};" for total, x in sums), 2),
            block(columns, 2),
            "    }\n" if lanes else "",
            block([*declared(listing.statements(AFTER)), *results], 1),
            "}\n",
        ]
    )


def declared(statements: Iterable[str]) -> list[str]:
    return [f"const double {text};" for text in statements]


def prelude() -> str:
    """The functions that the C library lacks, without the guard around the header."""
    lines = SPECIAL.read_text(encoding="utf-8").splitlines()
    kept = [x for x in lines if not x.startswith(("#ifndef", "#define", "#endif"))]
    return "\n".join(kept) + "\n"
