"""How a language writes a loop, numbers that go on from one iteration to the next, and elements of
arrays: Python, Python on NumPy or JAX, C, and words for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..text.emit import ARRAYS, FORMULA, PYTHON, Style, number


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
    """How a language writes what is done. Here as Python does, a lane at a time."""

    style = PYTHON
    numbers, lanes = "numbers", "lane"
    """The names of the inputs that are read by their numbers: those that all lanes share, and
    those that every lane has its own of."""
    is_apart = True
    """Whether these are numbered apart."""
    goes_by_lane = True
    """Whether the text is that of a lane at a time."""
    first = 0
    """The number of the first input among these."""
    words: Sequence[str] = ("append", "range")
    """Words of its own in the text."""
    has_room = False
    """Whether an array has memory before anything is in it."""

    def assigned(self, name: str, text: str) -> str:
        return f"{name} = {text}"

    def input(self, index: str, lane: bool) -> str:
        """The input of this number."""
        return f"{self.lanes if lane else self.numbers}[{index}]"

    def begun(self, text: str, lane: bool) -> str:
        """A number that a loop goes on with; if `lane`, as one that every lane has its own of."""
        return text

    def added(self, element: str, x: str) -> str:
        return f"{element} += {x}"

    def stored(self, array: str, index: str, x: str) -> str:
        return f"{array}[{index}] = {x}"

    def table(self, name: str, numbers: Sequence[Any], are_indices: bool) -> list[str]:
        return [f"{name} = [{self.listed(numbers, are_indices)}]"]

    def listed(self, numbers: Sequence[Any], are_indices: bool) -> str:
        return ", ".join(str(x) if are_indices else number(self.style, x) for x in numbers)

    def made(self, name: str, size: int, fill: str, lane: bool) -> str:
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
    """All lanes at once: a number that every lane has its own of is an array."""

    style = ARRAYS
    numbers = lanes = "inputs"
    is_apart = goes_by_lane = False
    words: Sequence[str] = ("range",)

    def added(self, element: str, x: str) -> str:
        # an array is never changed in its place: others may be the same
        return f"{element} = {element} + {x}"


class OnJax(OnNumpy):
    """Loops of JAX's, which give what goes on and the arrays they write to."""

    numbers, lanes = "numbers", "lanes"
    is_apart = True
    words = ("lax", "carry", "shape")

    def begun(self, text: str, lane: bool) -> str:
        return f"np.broadcast_to({text}, shape)" if lane else text

    def added(self, element: str, x: str) -> str:
        array, _, index = element[:-1].partition("[")
        return f"{array} = {array}.at[{index}].add({x})"

    def stored(self, array: str, index: str, x: str) -> str:
        return f"{array} = {array}.at[{index}].set({x})"

    def table(self, name: str, numbers: Sequence[Any], are_indices: bool) -> list[str]:
        return [f"{name} = np.array([{self.listed(numbers, are_indices)}])"]

    def made(self, name: str, size: int, fill: str, lane: bool) -> str:
        shape = f"({size}, *shape)" if lane else size
        return f"{name} = np.full({shape}, {fill})"

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
    words = ("k", "kept", "malloc", "free")
    has_room = True

    def __init__(self, style: Style) -> None:
        self.style = style

    def assigned(self, name: str, text: str) -> str:
        return f"const double {name} = {text};"

    def input(self, index: str, lane: bool) -> str:
        return f"lanes[{index}][lane]" if lane else f"numbers[{index}]"

    def added(self, element: str, x: str) -> str:
        return f"{element} += {x};"

    def stored(self, array: str, index: str, x: str) -> str:
        return f"{array}[{index}] = {x};"

    def table(self, name: str, numbers: Sequence[Any], are_indices: bool) -> list[str]:
        kind = "long" if are_indices else "double"
        return [f"static const {kind} {name}[] = {{{self.listed(numbers, are_indices)}}};"]

    def made(self, name: str, size: int, fill: str, lane: bool) -> str:
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


class ToRead(OnNumpy):
    """For a reader, who is told before a loop what goes on and in its last line what is next."""

    style = FORMULA
    numbers = lanes = "input"
    words = ("input", "loop", "trips")

    def added(self, element: str, x: str) -> str:
        return f"{element} += {x}"

    def table(self, name: str, numbers: Sequence[Any], are_indices: bool) -> list[str]:
        return []

    def made(self, name: str, size: int, fill: str, lane: bool) -> str:
        return ""

    def looped(self, loop: Loop, body: list[str]) -> list[str]:
        return [
            *(f"{name} = {text}" for name, text in loop.begins),
            f"loop × {loop.trips:,}, {loop.counter} from 0:",
            *further_in(body + self.handed_on(loop.pairs)),
        ]


def further_in(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
