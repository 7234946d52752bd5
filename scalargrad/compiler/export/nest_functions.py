"""Functions with loops: the texts of Python, NumPy, JAX and C around that of a nest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from ...ops import mul
from ..inputs.sources import COUNT, SHARE
from ..nests.nest import Array
from ..text.emit import RESERVED, indented, number
from ..text.names import variants
from .languages import Language, OnJax
from .written import Written

OWN = {COUNT: "(double)count", SHARE: "1.0 / (double)count"}
"""The inputs that a caller of C need not give."""


def function_name(name: str) -> str:
    return next(x for x in variants(name) if x not in RESERVED)


class ResultText(NamedTuple):
    """A result: its text, in a lane or after all, and the total that it is, if it is one."""

    text: str
    is_of_lanes: bool
    total: str = ""


def results(written: Written) -> Iterator[ResultText]:
    """Yield what a function gives, where sums over lanes have been added up."""
    count = written[written.nest.inputs[COUNT]]
    for k, (i, output) in enumerate(zip(written.outputs, written.results)):
        if not output.is_summed:
            yield ResultText(written[i], written.has_lanes)
            continue
        total = "" if written.is_counted(i) else f"total_{k}"
        text = total or written.spelling.operation(mul, count, written[i])
        yield ResultText(f"{text} + {zero(written)}" if output.is_told else text, False, total)


def zero(written: Written) -> str:
    return number(written.language.style, 0.0)


def nothing(written: Written) -> str:
    return number(written.language.style, -0.0)


def fill_of(written: Written, array: Array) -> str:
    """The elements of an array before anything is written: of sums, nothing."""
    return nothing(written) if array.summed else zero(written)


def arrays_made(written: Written) -> list[str]:
    """The arrays, made anew. Where memory is there, only sums begin with something."""
    return [
        written.language.made(name, array.size, fill_of(written, array), written.is_own(array))
        for array, name in written.array_names.items()
        if array.numbers is None and (array.summed or not written.language.has_room)
    ]


def totals(written: Written) -> Iterator[tuple[str, str]]:
    """Yield the totals, each with what is added to it in every lane."""
    for i, made in zip(written.outputs, results(written)):
        if made.total:
            yield made.total, written[i]


def given(written: Written, language: Language, lane: bool) -> Iterator[str]:
    """The inputs that are read by their names, taken from where they are."""
    for k, i in written.used_inputs():
        if written.lanes[k] == lane:
            index = str(written.input_indices[k])
            yield language.assigned(written[i], language.input(index, lane))


def with_tables(written: Written, text: str) -> str:
    return "".join(f"{line}\n" for line in written.tables()) + text


# ------ all lanes at once
def array_function(written: Written, name: str) -> str:
    """A function for NumPy or JAX of a list of the inputs, `inputs`; it returns a list."""
    language = written.language
    lines = [f"{written[i]} = inputs[{k}]" for k, i in written.used_inputs()]
    within = isinstance(language, OnJax)
    if within:
        # arrays of JAX's have 32 bits unless it is told otherwise where they are made
        lines += [*written.tables(), *for_jax(written)]
    lines += arrays_made(written)
    lines += written.of_items(written.known_before())
    lines += written.statements()
    lines += (f"{total} = np.sum({x}, initial=-0.0)" for total, x in totals(written))
    lines.append(f"return [{', '.join(made.text for made in results(written))}]")
    text = f"def {name}(inputs):\n{indented(lines, 1)}"
    return text if within else with_tables(written, text)


def for_jax(written: Written) -> Iterator[str]:
    if written.has_lanes:
        yield f"shape = np.shape(inputs[{written.lanes.index(True)}])"
    read = written.read_by_number()
    for name, lane in (("numbers", False), ("lanes", True)):
        which = [k for k, x in enumerate(written.lanes) if x == lane]
        if not read.isdisjoint(written.nest.inputs[k] for k in which):
            yield f"{name} = np.stack({some_inputs(which)})"


def some_inputs(which: Sequence[int]) -> str:
    """The inputs of these numbers, as a list."""
    first, last = which[0], which[-1]
    if len(which) == last - first + 1:
        return f"inputs[{first}:{last + 1}]"
    return f"[inputs[k] for k in {tuple(which)}]"


# ------ a lane at a time
def python_function(written: Written, name: str) -> str:
    """A function of a list of the numbers and one of the lanes' columns; it returns the numbers,
    and a column for each output that has lanes."""
    language, made = written.language, list(results(written))
    columns = {f"column_{k}": x.text for k, x in enumerate(made) if x.is_of_lanes}
    inside = [
        *given(written, language, lane=True),
        *arrays_made(written),
        *written.statements(),
        *(f"{total} += {x}" for total, x in totals(written)),
        *(f"{column}.append({x})" for column, x in columns.items()),
    ]
    before = [
        *given(written, language, lane=False),
        *written.of_items(written.known_before()),
        *(f"{total} = -0.0" for total, _ in totals(written)),
        *(f"{column} = []" for column in columns),
    ]
    numbers = ", ".join(x.text for x in made if not x.is_of_lanes)
    lines = [
        *before,
        *around("for lane in zip(*lanes):", inside, "", written.has_lanes),
        f"return [{numbers}], [{', '.join(columns)}]",
    ]
    return with_tables(written, f"def {name}(numbers, lanes):\n{indented(lines, 1)}")


def around(head: str, inside: Iterable[str], foot: str, has_lanes: bool) -> Iterator[str]:
    """The lines in a loop over the lanes, if there are any."""
    if not has_lanes:
        yield from inside
        return
    yield head
    yield from (f"    {line}" for line in inside)
    yield from ([foot] if foot else [])


# ------ in C
def c_function(written: Written, signature: str) -> str:
    """A function of numbers and lanes. Its arrays lie one after the other in memory that is asked
    for once: where there is none, all results are NaN."""
    language, made = written.language, list(results(written))
    columns = [x.text for x in made if x.is_of_lanes]
    numbers = [x.text for x in made if not x.is_of_lanes]
    inside = [
        *given(written, language, lane=True),
        *arrays_made(written),
        *written.statements(),
        *(f"{total} += {x};" for total, x in totals(written)),
        *(f"columns[{k}][lane] = {x};" for k, x in enumerate(columns)),
    ]
    every = "for (long lane = 0; lane < count; lane++) {"
    lines = [
        "(void)numbers, (void)lanes, (void)count, (void)results, (void)columns;",
        *written.tables(),
        *room(written, len(numbers), len(columns)),
        *given_in_c(written),
        *written.of_items(written.known_before()),
        *(f"double {total} = -0.0;" for total, _ in totals(written)),
        *around(every, inside, "}", written.has_lanes),
        *(f"results[{k}] = {x};" for k, x in enumerate(numbers)),
        *(["free(kept);"] if written.made() else []),
    ]
    return f"{signature}\n{{\n{indented(lines, 1)}}}\n"


def room(written: Written, numbers: int, columns: int) -> Iterator[str]:
    """Memory for the arrays."""
    made = written.made()
    if not made:
        return
    names = [written.array_names[array] for array in made]
    starts = [0, *accumulate(array.size for array in made)]
    yield f"double *const kept = malloc({starts[-1]} * sizeof(double));"
    yield "if (!kept) {"
    yield f"    for (long k = 0; k < {numbers}; k++) results[k] = NAN;"
    if columns:
        yield f"    for (long k = 0; k < {columns}; k++)"
        yield "        for (long lane = 0; lane < count; lane++) columns[k][lane] = NAN;"
    yield "    return;"
    yield "}"
    yield from (f"double *const {name} = kept + {start};" for name, start in zip(names, starts))


def given_in_c(written: Written) -> Iterator[str]:
    """The inputs that all lanes share. Without lanes there is one, and 1 over it."""
    own = OWN if written.has_lanes else dict.fromkeys(OWN, "1.0")
    for k, i in written.used_inputs():
        if not written.lanes[k]:
            text = own.get(k) or written.language.input(str(written.input_indices[k]), False)
            yield written.language.assigned(written[i], text)
