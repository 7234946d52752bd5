"""Random instructions of the machine, made from their table."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from scalargrad.compiler.machine.checking import ARITY
from scalargrad.compiler.machine.encode import Code
from scalargrad.compiler.machine.instructions import WIDE_ROW
from scalargrad.compiler.machine.interpreter import RunResults
from scalargrad.compiler.machine.words import (
    EACH_ONE_OF_STEP,
    ONCE,
    PLACE,
    STRETCH,
    WALK,
    WIDTH,
    Domain,
    EndingKind,
    Instruction,
    Word,
)
from scalargrad.compiler.trace.native import machine

Sizes = Mapping[str, int]
Choice = Callable[[str, Domain, range], int]
SIZES = {
    **{"numbers": 40, "registers": 9, "places": 300, "inputs": 9, "outputs": 9, "totals": 60},
    "walks": 4,
}
MOST_COUNT, MOST_GROUPS = 20, 5


def needs_loops(row: Instruction) -> bool:
    """Whether an instruction is one only within loops."""
    words = (*row.words, *(row.rest.words if row.rest else ()))
    return any(word.domain == WALK for word in words)


def anyone(name: str, domain: Domain, fitting: range) -> int:
    return random.choice(fitting)


class Making:
    """One instruction as it is made: the words before are known to those that follow. `choose`
    picks a word of this name among those that fit."""

    def __init__(self, row: Instruction, sizes: Sizes, choose: Choice) -> None:
        self.row, self.sizes, self.choose = row, sizes, choose
        self.groups = random.randint(1, MOST_GROUPS)
        self.known = {"count": self.groups, "height": 1}

    def made(self) -> list[int]:
        domains = {word.name: word.domain for word in self.row.words}
        if "count" in domains:
            reaching = [x for x in domains.values() if x.reach == "count"]
            most = min([MOST_COUNT, *(self.sizes[str(x.limit)] for x in reaching)])
            self.known["count"] = random.randint(1, most)
        if "height" in domains:
            self.known["height"] = random.choice(self.fitting(domains["height"]))
        words = [x for word in self.row.words for x in self.words(word)]
        return self.row(*words, *self.rest())

    def fitting(self, domain: Domain) -> range:
        limit = self.sizes[domain.limit] if isinstance(domain.limit, str) else min(domain.limit, 99)
        count, rows = self.known["count"], self.known["height"]
        reaches = {"count": count, "stretch": count + WIDTH - 1, "sums": count * rows}
        return range(domain.low, limit - reaches.get(domain.reach, 1) + 1)

    def words(self, word: Word) -> Iterator[int]:
        skipped = word.times == EACH_ONE_OF_STEP and self.known["ending"] != EndingKind.STEP
        for _ in range(1 if word.times == ONCE else 0 if skipped else self.known["height"]):
            yield self.word(word)

    def word(self, word: Word) -> int:
        if word.name not in ("count", "height"):
            self.known[word.name] = self.choose(word.name, word.domain, self.fitting(word.domain))
        return self.known[word.name]

    def rest(self) -> list[int]:
        if self.row is WIDE_ROW:
            return self.operands()
        rest = self.row.rest
        if rest is None:
            return []
        if rest.kinds:
            return [x for _ in range(self.groups) for x in self.run(rest.kinds)]
        return [x for _ in range(self.groups) for word in rest.words for x in self.words(word)]

    def run(self, kinds: Mapping[Any, tuple[Domain, Domain]]) -> list[int]:
        kind, pair = random.choice(list(kinds.items()))
        count = random.randint(1, 3)
        return [kind, count, *[self.choose("", x, self.fitting(x)) for x in pair * count]]

    def operands(self) -> list[int]:
        domains = [
            STRETCH if self.known["stretches"] >> k & 1 else PLACE for k in range(self.arity)
        ]
        return [self.choose("", x, self.fitting(x)) for x in domains]

    @property
    def arity(self) -> int:
        return ARITY[self.known["row"]] or 0


def made(row: Instruction, sizes: Sizes = SIZES, choose: Choice = anyone) -> list[int]:
    """A random instruction of this row that may stand in a program of these sizes."""

    def chosen(name: str, domain: Domain, fitting: range) -> int:
        if name == "row":
            making.known[name] = random.choice(list(ARITY))
        if name in ("row", "stretches"):
            return making.known["row"] if name == "row" else random.randrange(1 << making.arity)
        return choose(name, domain, fitting)

    making = Making(row, sizes, chosen)
    return making.made()


def code_of(sizes: Sizes, **parts: Any) -> Code:
    """A program of these sizes that does nothing but what `parts` tell."""
    nothing: dict[str, Any] = {name: array("i") for name in Code._fields[1:9]}
    nothing["totals"] = array("i", [-1] * sizes["totals"])
    nothing["inputs"] = array("i", [x for k in range(sizes["inputs"]) for x in (0, k)])
    nothing["outputs"] = array("i", [x for k in range(sizes["outputs"]) for x in (0, k)])
    nothing["initial"] = array("d", bytes(8 * sizes["places"]))
    parts = {name: array("i", x) if name in nothing else x for name, x in parts.items()} | {
        name: x for name, x in parts.items() if name == "initial"
    }
    counts = {"registers": sizes["registers"], "given": 1, "made": int(sizes["outputs"] > 0)}
    return Code(**{**nothing, **counts, **parts})


def natively(
    code: Code, numbers: list[float], columns: list[list[float]], count: int
) -> RunResults:
    """The outcome of the native machine; `columns` are those of the one array."""
    np = pytest.importorskip("numpy")
    given = np.array(columns, float).T.reshape(count, -1)
    out, broken = np.zeros((count, len(code.outputs) // 2)), np.empty(count, np.int32)
    results, arrays = array("d", bytes(8 * len(code.results))), (given, out)[: 1 + code.made]
    program, sides = machine.Program(**code._asdict()), np.empty((count, 2))
    failed = program.run(list(numbers), arrays, count, results, broken, sides, None, False, 1)
    if failed >= 0:
        return RunResults([], {}, [], failed)
    outputs = {(0, k): column.tolist() for k, column in enumerate(out.T)}
    return RunResults(results.tolist(), outputs, broken.tolist())
