"""A program with loops as text in which each loop is one: in Python, on NumPy or JAX, or in C.

A walk goes over the blocks of a lowered nest, and tells a language what to write: numbers that an
iteration hands on, elements of arrays, what is left after a loop. `Written` has a text for each.
"""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from ...rows import Operator
from ..nests.lowering import lowered
from ..nests.nest import (
    ADD,
    FILL,
    GATHERED,
    GUARD,
    LAST,
    READ,
    SCATTER,
    WRITE,
    Address,
    Array,
    Block,
    Effect,
    Nest,
)
from ..nests.program import Derived
from ..nests.runner import OnNest
from ..nests.schedule import Schedule
from ..nests.selection import Selection
from ..text.emit import ARRAYS, PYTHON, RESERVED, Spelling, Style, indented, number, safe_names
from ..text.names import variants
from ..trace.vocabulary import CONSTANT


class OneByOne(Selection):
    """Every node is an operation of its own."""

    def take_product(self, i: int, is_difference: bool) -> None:
        pass

    def take_cosine(self, i: int) -> None:
        pass


class Loop(NamedTuple):
    """A loop as a language writes it: what it calls the iteration, how often it runs, and pairs of
    a number that goes on and what it is next. `begins` are what these numbers are at first; `kept`
    are the arrays that the loop writes to."""

    counter: str
    trips: int
    pairs: Sequence[tuple[str, str]]
    begins: Sequence[tuple[str, str]]
    kept: Sequence[str]
    name: str


class Language:
    """How a language writes what is done. Here as Python does."""

    style = PYTHON
    inputs = "numbers"
    """What it calls the inputs where one is read by its number."""
    first = 0
    """The number of the first input among these."""

    def assigned(self, name: str, text: str) -> str:
        return f"{name} = {text}"

    def added(self, element: str, x: str) -> str:
        return f"{element} += {x}"

    def stored(self, array: str, place: str, x: str) -> str:
        return f"{array}[{place}] = {x}"

    def table(self, name: str, numbers: Sequence[Any], are_places: bool) -> list[str]:
        return [f"{name} = [{self.listed(numbers, are_places)}]"]

    def listed(self, numbers: Sequence[Any], are_places: bool) -> str:
        return ", ".join(
            str(x - self.first) if are_places else number(self.style, x) for x in numbers
        )

    def made(self, name: str, size: int, fill: str) -> str:
        return f"{name} = [{fill}] * {size}"

    def looped(self, loop: Loop, body: list[str]) -> list[str]:
        return [
            *(f"{name} = {text}" for name, text in loop.begins),
            f"for {loop.counter} in range({loop.trips}):",
            *further_in(body + self.handed_on(loop.pairs)),
        ]

    def handed_on(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        if not pairs:
            return []
        return [f"{', '.join(x for x, _ in pairs)} = {', '.join(y for _, y in pairs)}"]


class OnNumpy(Language):
    style = ARRAYS
    inputs = "inputs"


class OnJax(OnNumpy):
    """Loops of JAX's, which give what goes on and the arrays they write to."""

    inputs = "numbers"

    def added(self, element: str, x: str) -> str:
        array, _, place = element[:-1].partition("[")
        return f"{array} = {array}.at[{place}].add({x})"

    def stored(self, array: str, place: str, x: str) -> str:
        return f"{array} = {array}.at[{place}].set({x})"

    def table(self, name: str, numbers: Sequence[Any], are_places: bool) -> list[str]:
        return [f"{name} = np.array([{self.listed(numbers, are_places)}])"]

    def made(self, name: str, size: int, fill: str) -> str:
        return f"{name} = np.full({size}, {fill})"

    def looped(self, loop: Loop, body: list[str]) -> list[str]:
        inside = "".join(f"{x}, " for x in (*(x for x, _ in loop.pairs), *loop.kept))
        after = "".join(f"{x}, " for x in (*(y for _, y in loop.pairs), *loop.kept))
        begin = "".join(f"{x}, " for x in (*(x for _, x in loop.begins), *loop.kept))
        return [
            f"def {loop.name}({loop.counter}, carry):",
            *further_in([f"{inside}= carry", *body, f"return {after.rstrip()}"]),
            f"{inside}= lax.fori_loop(0, {loop.trips}, {loop.name}, ({begin.rstrip()}))",
        ]


class InC(Language):
    first = 2

    def __init__(self, style: Style) -> None:
        self.style = style

    def assigned(self, name: str, text: str) -> str:
        return f"const double {name} = {text};"

    def added(self, element: str, x: str) -> str:
        return f"{element} += {x};"

    def stored(self, array: str, place: str, x: str) -> str:
        return f"{array}[{place}] = {x};"

    def table(self, name: str, numbers: Sequence[Any], are_places: bool) -> list[str]:
        kind = "long" if are_places else "double"
        return [f"static const {kind} {name}[] = {{{self.listed(numbers, are_places)}}};"]

    def made(self, name: str, size: int, fill: str) -> str:
        return f"for (long k = 0; k < {size}; k++) {name}[k] = {fill};"

    def looped(self, loop: Loop, body: list[str]) -> list[str]:
        k = loop.counter
        return [
            *(f"double {name} = {text};" for name, text in loop.begins),
            f"for (long {k} = 0; {k} < {loop.trips}; {k}++) {{",
            *further_in(body + self.handed_on(loop.pairs)),
            "}",
        ]

    def handed_on(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        names = {x for x, _ in pairs}
        # all at once: what takes another's place is put aside first
        aside = {y: f"next_{y}" for x, y in pairs if y in names and x != y}
        return [
            *(f"const double {new} = {y};" for y, new in aside.items()),
            *(f"{x} = {aside.get(y, y)};" for x, y in pairs if x != y),
        ]


def further_in(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class Written:
    """The text of a nest in a language; `names` are those of its inputs."""

    def __init__(self, derived: Derived, language: Language, names: Sequence[str]) -> None:
        self.nest, self.outputs = lowered(derived.nest, [x.node for x in derived.outputs], True)
        self.language = language
        self.spelling = Spelling(language.style, {})
        self.schedule = Schedule(self.nest, OneByOne(self.nest, self.outputs))
        self.live = self.schedule.selection.live
        self.taken_over = {
            self.nest.next[c]: c for block in self.nest.blocks for c in self.carried(block)
        }
        """Of what is next the number whose place it takes."""
        arrays = dict.fromkeys(self.arrays())
        self.array_names = {
            array: f"{'kept' if array.numbers is None else 'table'}_{k}"
            for k, array in enumerate(arrays)
        }
        given = safe_names(names, *self.array_names.values(), *self.own_names())
        self.inputs = dict(zip(self.nest.inputs, given))

    # ------ what there is
    def rows(self) -> set[Operator]:
        rows = (self.nest.rows[i] for i in self.live)
        return {row for row in rows if isinstance(row, Operator)}

    def arrays(self) -> Iterator[Array]:
        """The arrays but for the inputs."""
        addresses = [address for i, address in self.nest.addresses.items() if i in self.live]
        for effect in self.nest.effects():
            addresses += [x for x in (effect.address, effect.table) if x is not None]
        yield from (x.array for x in addresses if not x.array.is_inputs)

    def made(self) -> list[Array]:
        """The arrays that the program writes to."""
        return [array for array in self.array_names if array.numbers is None]

    def carried(self, block: Block) -> list[int]:
        return self.schedule.carried_in(block)

    def lasting(self, block: Block) -> list[int]:
        """The nodes of a loop that are read after it, other than what takes another's place."""
        nest = self.nest
        ends = {
            nest.operands[i][0]
            for i, loop in nest.loop_of.items()
            if loop is block and i in self.live
        }
        return sorted(ends.difference(self.taken_over))

    def used_inputs(self) -> list[int]:
        read = {j for i in self.live for j in self.nest.operands[i]}.union(self.outputs)
        for effect in self.nest.effects():
            read |= {effect.x, effect.y}
        return [i for i in self.nest.inputs if i in read]

    @property
    def reads_by_number(self) -> bool:
        addresses = (x for i, x in self.nest.addresses.items() if i in self.live)
        return any(address.array.is_inputs for address in addresses) or any(
            self.nest.rows[i] is GATHERED for i in self.live
        )

    # ------ names
    def own_names(self) -> Iterator[str]:
        """The names that the text has besides those of the inputs and of nodes."""
        yield from ("lax", "carry", "k", "kept")
        for block in self.nest.blocks:
            going_on = [f"v{c}" for c in self.carried(block)]
            going_on += [f"last_{j}" for j in self.lasting(block)]
            yield from (index_of(block), f"loop_{block.number}", *going_on)
            yield from (f"next_{name}" for name in going_on)

    def __getitem__(self, i: int) -> str:
        nest = self.nest
        if nest.rows[i] is CONSTANT:
            return number(self.language.style, nest.numbers[i])
        if nest.rows[i] is LAST:
            (j,) = nest.operands[i]
            return f"v{self.taken_over[j]}" if j in self.taken_over else f"last_{j}"
        return self.inputs.get(i, f"v{i}")

    def place(self, address: Address, block: Block) -> str:
        """The place of an element, in an iteration of this block."""
        terms = [
            f"{stride} * {index_of(around)}" if stride != 1 else index_of(around)
            for stride, around in zip(address.strides, block.path)
            if stride
        ]
        offset = address.offset
        if address.array.is_inputs:
            offset -= self.language.first
        return " + ".join([*terms, str(offset)] if offset or not terms else terms)

    def element(self, address: Address, block: Block) -> str:
        is_input = address.array.is_inputs
        name = self.language.inputs if is_input else self.array_names[address.array]
        return f"{name}[{self.place(address, block)}]"

    # ------ statements
    def tables(self) -> list[str]:
        """The numbers that are known from the start."""
        return [
            line
            for array, name in self.array_names.items()
            if array.numbers is not None
            for line in self.language.table(name, array.numbers, are_places(array))
        ]

    def statements(self) -> list[str]:
        return self.block(self.nest.root)

    def block(self, block: Block) -> list[str]:
        lines: list[str] = []
        for item in self.schedule.items[block]:
            if isinstance(item, Block):
                lines += self.loop(item)
            elif isinstance(item, Effect):
                lines += self.effect(item)
            elif self.nest.rows[item] is not LAST:
                lines.append(self.language.assigned(self[item], self.expression(item)))
        return lines

    def expression(self, i: int) -> str:
        nest = self.nest
        if nest.rows[i] is READ:
            return self.element(nest.addresses[i], nest.home[i])
        if nest.rows[i] is GATHERED:
            return f"{self.language.inputs}[{self.element(nest.addresses[i], nest.home[i])}]"
        operands = [self[j] for j in nest.operands[i]]
        return self.spelling.operation(nest.row(i), *operands)

    def effect(self, effect: Effect) -> list[str]:
        language, address = self.language, effect.address
        if address is None or effect.kind == FILL:
            # arrays are filled when they are made
            return []
        x, array = self[effect.x], self.array_names[address.array]
        if effect.kind == WRITE:
            return [language.stored(array, self.place(address, effect.block), x)]
        if effect.kind == SCATTER:
            assert effect.table is not None
            index = self.element(effect.table, effect.block)
            shift = address.offset + language.first
            place = f"{index} + {shift}" if shift else index
            return [language.added(f"{array}[{place}]", x)]
        assert effect.kind == ADD
        return [language.added(self.element(address, effect.block), x)]

    def loop(self, block: Block) -> list[str]:
        nest = self.nest
        carried, lasting = self.carried(block), self.lasting(block)
        pairs = [(self[c], self[nest.next[c]]) for c in carried]
        begins = [(self[c], self[nest.operands[c][0]]) for c in carried]
        # what is left of the last iteration is what it was before the next would begin
        pairs += [(f"last_{j}", self[j]) for j in lasting]
        begins += [(f"last_{j}", number(self.language.style, 0.0)) for j in lasting]
        kept = [self.array_names[array] for array in self.made() if self.is_written(array, block)]
        found = Loop(index_of(block), block.trips, pairs, begins, kept, f"loop_{block.number}")
        return self.language.looped(found, self.block(block))

    def is_written(self, array: Array, block: Block) -> bool:
        return any(effect.block.is_in(block) for effect in array.writes)


def nest_of(runner: Any) -> Derived | None:
    """The nest that a runner runs, if it runs one whose text can be written."""
    derived = runner.derived if isinstance(runner, OnNest) else None
    has_guards = derived and any(x.kind == GUARD for x in derived.nest.effects())
    return derived if derived and derived.is_exact and not has_guards else None


def written(runner: Any, language: Language, names: Sequence[str]) -> Written | None:
    derived = nest_of(runner)
    return None if derived is None else Written(derived, language, names)


def index_of(block: Block) -> str:
    return f"k{block.depth}"


def are_places(array: Array) -> bool:
    return isinstance(array.numbers, packed) and array.numbers.typecode == "q"


# ------ functions in Python
def fill_of(nest: Nest, array: Array, style: Style) -> str:
    """What the elements of an array are before anything is written: of sums, nothing."""
    return number(style, -0.0 if array.summed else 0.0)


def arrays_made(written: Written) -> list[str]:
    language = written.language
    return [
        language.made(name, array.size, fill_of(written.nest, array, language.style))
        for array, name in written.array_names.items()
        if array.numbers is None
    ]


def function_source(written: Written, name: str) -> str:
    """A function of a list of the inputs, called `numbers` or `inputs`; returns a list."""
    language = written.language
    as_array = isinstance(language, OnJax)
    given = "inputs" if as_array else language.inputs
    number_of = {i: k for k, i in enumerate(written.nest.inputs)}
    lines = [f"{written[i]} = {given}[{number_of[i]}]" for i in written.used_inputs()]
    if as_array and written.reads_by_number:
        lines.append("numbers = np.stack(inputs)")
    lines += [*arrays_made(written), *written.statements()]
    lines.append(f"return [{', '.join(written[i] for i in written.outputs)}]")
    tables = "".join(f"{line}\n" for line in written.tables())
    return f"{tables}def {name}({given}):\n{indented(lines, 1)}"


# ------ a function in C
def c_function(written: Written, signature: str) -> str:
    """A function of numbers. Its arrays lie one after the other in memory that is asked for once:
    where there is none, all results are NaN."""
    made = written.made()
    names = [written.array_names[array] for array in made]
    starts = [0, *accumulate(array.size for array in made)]
    count = len(written.outputs)
    room = [
        f"double *const kept = malloc({starts[-1]} * sizeof(double));",
        "if (!kept) {",
        f"    for (long k = 0; k < {count}; k++) results[k] = NAN;",
        "    return;",
        "}",
        *(f"double *const {name} = kept + {start};" for name, start in zip(names, starts)),
    ]
    lines = [
        "(void)numbers, (void)lanes, (void)count, (void)results, (void)columns;",
        *written.tables(),
        *(room if made else []),
        *given_in_c(written),
        *(arrays_made(written)),
        *written.statements(),
        *(f"results[{k}] = {written[i]};" for k, i in enumerate(written.outputs)),
        *(["free(kept);"] if made else []),
    ]
    return f"{signature}\n{{\n{indented(lines, 1)}}}\n"


def given_in_c(written: Written) -> Iterator[str]:
    number_of = {i: k for k, i in enumerate(written.nest.inputs)}
    for i in written.used_inputs():
        k = number_of[i] - written.language.first
        # without lanes there is one, and 1 over it
        yield written.language.assigned(written[i], f"numbers[{k}]" if k >= 0 else "1.0")


def function_name(name: str) -> str:
    return next(x for x in variants(name) if x not in RESERVED)
