"""A program as source text, in Python and in NumPy's or JAX's terms.

A style says how a language writes numbers and operations; the text of an operation comes from the
operator table.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ... import ops
from ...rows import BUILT_IN, Operator
from ...spelling import spelled_number
from ..passes.program import AFTER, BEFORE, LANES, Program
from ..trace.vocabulary import lanes_sum, moved_sum, products
from .names import identifiers, variants


class Style(NamedTuple):
    """How a language spells a row, operands by position, and the numbers that have a name."""

    spell: Callable[[Operator], str | None]
    infinity: str
    nan: str
    language: str


def call(row: Operator) -> str:
    """The row as a call of the function of its name; of any number of operands it is spelled by
    the name and empty brackets."""
    return f"{row.name}({', '.join(['{}'] * (row.arity or 0))})"


def in_python(row: Operator) -> str | None:
    # Python's own / raises where a divisor is zero
    return call(row) if row.signs is None or "/" in row.signs else row.signs


IN_WORDS = {lanes_sum: "Σ lanes of {}", moved_sum: "{}, or {} where all is finite"}


def in_formulas(row: Operator) -> str:
    return IN_WORDS.get(row) or row.signs or call(row)


def on_arrays(row: Operator) -> str | None:
    if row is lanes_sum:
        # from −0.0 on: a sum of gradients that do not flow is one
        return "np.sum({}, initial=-0.0)"
    return row.array or call(row)


PYTHON = Style(in_python, "inf", "nan", "Python")
FORMULA = Style(in_formulas, "inf", "nan", "formulas")
"""To be read, not to be run."""
ARRAYS = Style(on_arrays, "np.inf", "np.nan", "NumPy")


TERMS = 50
"""Most terms in one statement: a compiler recurs into each, Python's too."""

SPELLED_OUT = (products, lanes_sum)
"""Rows that are written with others."""


def number(style: Style, x: float) -> str:
    return spelled_number(x, style.infinity, style.nan)


class Spelling:
    """Operations in one language; `called` are the operators that go by another name."""

    def __init__(self, style: Style, called: Mapping[Operator, str]) -> None:
        self.style, self.called = style, called
        self.one = number(style, 1.0)

    def product(self, x: str, y: str) -> str:
        return x if y == self.one else self.operation(ops.mul, x, y)

    def operation(self, row: Operator, *operands: str) -> str:
        text = self.style.spell(row)
        if row.arity is None and row.code < 0 and text == call(row):
            text = f"{row.name}({', '.join(['{}'] * len(operands))})"
        if text is not None and text.startswith(f"{row.name}("):
            text = self.called.get(row, row.name) + text[len(row.name) :]
        if text is None:
            raise ValueError(
                f"{row.name} has no spelling in {self.style.language}: write it with scalargrad's "
                "own functions to export what uses it"
            )
        if row.arity is None and text.endswith("()"):
            return f"{text[:-1]}{', '.join(operands)})"
        return text.format(*operands)


class Operations(Spelling):
    """The operations of a program in one language, a statement each; `names` are those of its
    inputs."""

    def __init__(self, program: Program, style: Style, names: Sequence[str] | None = None) -> None:
        super().__init__(style, called(program))
        self.program = program
        given = names or [f"x{k}" for k in range(len(program.inputs))]
        self.names = dict(zip(program.inputs, given))
        self.names |= {i: number(style, x) for i, x in program.constants().items()}
        self.names |= {i: f"v{i}" for i in program.computed()}

    def terms(self, i: int) -> list[str]:
        """The terms whose sum a node is: one, unless it is a sum of products."""
        trace = self.program.trace
        operands = [self.names[j] for j in trace.operands[i]]
        row = trace.row(i)
        if row is not products:
            return [self.operation(row, *operands)]
        return [self.product(x, y) for x, y in zip(operands[::2], operands[1::2])]

    def expression(self, i: int) -> str:
        return " + ".join(self.terms(i))

    def assignments(self, i: int) -> Iterator[str]:
        """Yield "v7 = v5 * v6", or a few statements for a long sum: "v7_1 = …" and so on."""
        terms, so_far = self.terms(i), list[str]()
        chunks = [terms[k : k + TERMS] for k in range(0, len(terms), TERMS)]
        for k, chunk in enumerate(chunks, 1):
            target = f"{self.names[i]}_{k}" if k < len(chunks) else self.names[i]
            # what there is so far comes first: everything is added in the same order
            yield f"{target} = {' + '.join([*so_far, *chunk])}"
            so_far = [target]

    def statements(self, stage: int | None = None) -> Iterator[str]:
        """Yield the statements of each node in order, of one stage or of all."""
        for i in self.program.computed():
            here = self.program.stages[i] == stage and self.program.trace.rows[i] is not lanes_sum
            if stage is None or here:
                yield from self.assignments(i)

    def sums(self) -> list[tuple[str, str]]:
        """The sums over lanes, each with what is summed."""
        trace = self.program.trace
        found = [i for i in self.program.computed() if trace.rows[i] is lanes_sum]
        return [(self.names[i], self.names[trace.operands[i][0]]) for i in found]

    def used_inputs(self) -> set[int]:
        return set(self.program.inputs).intersection(self.program.order)

    def inputs(self, lane: bool) -> list[str]:
        trace = self.program.trace
        return [self.names[i] for i in self.program.inputs if trace.lanes[i] == lane]

    def outputs(self, lane: bool) -> list[str]:
        trace = self.program.trace
        return [self.names[i] for i in self.program.outputs if trace.lanes[i] == lane]


SPELLED = {
    word
    for row in BUILT_IN.values()
    for word in re.findall(r"[A-Za-z]\w*", f"{row.name} {row.c} {row.array}")
}
OWN = re.findall(
    r"\w+",
    "inputs numbers lanes lane count results columns np special inf nan math zip __debug__",
)
RESERVED = {*SPELLED, *OWN, *keyword.kwlist}
"""Names that mean something in a program's text."""


def called(program: Program) -> dict[Operator, str]:
    """The names of the operators that the text calls: those of users may share a name, or have one
    that means something else."""
    rows = [row for row in program.rows() if BUILT_IN.get(row.name) is not row]
    return dict(zip(rows, identifiers([row.name for row in rows], RESERVED)))


def on_numpy(program: Program) -> dict[str, Any]:
    """The functions, by the names they are called by, that NumPy itself lacks."""
    return vectorized(program.rows(), called(program))


def vectorized(rows: Iterable[Operator], names: Mapping[Operator, str]) -> dict[str, Any]:
    """The same of these operators, of which some are called by other `names`."""
    lacking = [row for row in rows if row.array is None]
    return {names.get(row, row.name): lane_by_lane(row.forward) for row in lacking}


def lane_by_lane(forward: Callable[..., float]) -> Any:
    """A forward function on arrays. It is given floats: `round` and division are others for the
    numbers of NumPy, and what a user wrote may ask for the class."""
    import numpy

    return numpy.vectorize(lambda *lane: forward(*map(float, lane)), otypes=[float])


def function_name(program: Program, name: str) -> str:
    """The name of the function as the text has it: the same, unless it hides another."""
    taken = {*RESERVED, *called(program).values()}
    return next(x for x in variants(name) if x not in taken)


def safe_names(names: Sequence[str], *others: str) -> list[str]:
    """Identifiers for the inputs of a program that hide no function it uses."""
    columns = {f"column_{k}" for k in range(len(names))}
    return identifiers(names, {*RESERVED, *columns, *others})


def indented(lines: Iterable[str], depth: int) -> str:
    return "".join(f"{'    ' * depth}{line}\n" for line in lines)


def unpacked(names: Sequence[str], source: str) -> list[str]:
    return [f"{', '.join(names)}, = {source}"] if names else []


def array_source(program: Program, name: str, names: Sequence[str] | None = None) -> str:
    """Return the program as a function of a list of its inputs: numbers, and arrays with an
    element for each lane. It returns the outputs, then the sides of each guard, and uses `np`
    (NumPy or jax.numpy) and `special` (SciPy's or JAX's)."""
    return straight_source(program, name, ARRAYS, names)


def number_source(program: Program, name: str) -> str:
    """Return a program without lanes as the same function of plain Python, of a list of numbers.
    Its functions are those of scalargrad.ops."""
    return straight_source(program, name, PYTHON)


def straight_source(
    program: Program, name: str, style: Style, names: Sequence[str] | None = None
) -> str:
    given = names and safe_names(names, name, *called(program).values())
    operations = Operations(program, style, given)
    returned = [*program.outputs, *program.trace.guarded()]
    results = ", ".join(operations.names[i] for i in returned)
    taken = unpacked([operations.names[i] for i in program.inputs], "inputs")
    lines = [*taken, *operations.statements(), f"return [{results}]"]
    return f"def {name}(inputs):\n{indented(lines, 1)}"


def in_plain_python(program: Program) -> dict[str, Any]:
    """The functions that the text of a program in plain Python calls, by name."""
    names = called(program)
    rows = {names.get(row, row.name): row.forward for row in program.rows()}
    return {"inf": math.inf, "nan": math.nan, **rows}


def python_source(program: Program, name: str, names: Sequence[str] | None = None) -> str:
    """Return the program as a function of a list of numbers and a list of the lanes' columns; it
    returns the numbers, and a column for each output that has lanes. Its functions are those of
    scalargrad.ops."""
    others = called(program).values()
    operations = Operations(program, PYTHON, names and safe_names(names, name, *others))
    columns = [f"column_{k}" for k in range(len(operations.outputs(lane=True)))]
    inside = [
        *operations.statements(LANES),
        *(f"{total} += {x}" for total, x in operations.sums()),
        *(f"{c}.append({x})" for c, x in zip(columns, operations.outputs(lane=True))),
    ]
    before = [
        *unpacked(operations.inputs(lane=False), "numbers"),
        *operations.statements(BEFORE),
        # −0.0 + x is x, for x = −0.0 too
        *(f"{total} = -0.0" for total, _ in operations.sums()),
        *(f"{c} = []" for c in columns),
    ]
    loop = f"for {', '.join(operations.inputs(lane=True))}, in zip(*lanes):"
    results = f"return [{', '.join(operations.outputs(lane=False))}], [{', '.join(columns)}]"
    return (
        f"def {name}(numbers, lanes):\n{indented(before, 1)}"
        + (indented([loop], 1) + indented(inside, 2) if inside else "")
        + indented([*operations.statements(AFTER), results], 1)
    )
