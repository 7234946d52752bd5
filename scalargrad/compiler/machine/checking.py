"""Whether words are an instruction: the twin of native/machine/checked.h, from the same table.

Running code checks nothing, neither in C nor here: whatever it reads has to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...rows import BUILT_IN
from ..trace.vocabulary import LANES
from .instructions import WIDE_ROW
from .words import (
    EACH_ONE_OF_STEP,
    MOST,
    NUMBER,
    ONCE,
    PLACE,
    STRETCH,
    WIDTH,
    Domain,
    EndingKind,
    Instruction,
    Rest,
    Word,
)

ARITY = {
    row.code: row.arity for row in BUILT_IN.values() if row.c is not None and not row.elementary
}
"""How many operands there are of each operator that the machine has."""
Sizes = Mapping[str, int]
"""How many the program has, by the names in instructions.SIZES."""


def is_row(words: Sequence[int], sizes: Sizes, stage: int) -> bool:
    """Tell whether this is an operator: one, or in lanes several of a kind."""
    each = 1 + (ARITY.get(words[0]) or 0)
    numbers = words[2:]
    fits = len(numbers) % each == 0 if stage == LANES else len(numbers) == each
    return each > 1 and fits and all(0 <= x < sizes["numbers"] for x in numbers)


class InstructionCheck:
    """An instruction that is being checked, as its row of the table says."""

    def __init__(self, row: Instruction, words: Sequence[int], sizes: Sizes) -> None:
        self.row, self.words, self.sizes = row, words, sizes
        self.known = {
            word.name: words[2 + k]
            for k, word in enumerate(row.words)
            if word.times == ONCE and len(words) > 2 + k
        }
        self.height = self.known.get("height", 1)
        self.rest = words[2 + max(0, self.length(row.words)) :]
        self.count = self.known.get("count", len(self.rest))

    def is_right(self) -> bool:
        if len(self.words) < self.row.head or not 1 <= self.height < MOST:
            return False
        if len(self.words) < 2 + self.length(self.row.words):
            return False
        return all(self.may_be(domain, x) for domain, x in self.domains())

    def length(self, words: Iterable[Word]) -> int:
        return sum(map(self.times, words))

    def times(self, word: Word) -> int:
        skipped = word.times == EACH_ONE_OF_STEP and self.known.get("ending") != EndingKind.STEP
        return 1 if word.times == ONCE else 0 if skipped else self.height

    def domains(self) -> Iterator[tuple[Domain, int]]:
        """Yield each word with what it may be; a word that may be nothing where one is missing."""
        begin = self.words[2 : len(self.words) - len(self.rest)]
        yield from zip(self.repeated(self.row.words), begin)
        if self.row is WIDE_ROW:
            yield from self.wide_operands()
        elif self.row.rest:
            kinds = self.row.rest.kinds
            yield from self.in_runs(self.row.rest) if kinds else self.in_groups(self.row.rest)
        elif self.rest:
            yield NOTHING

    def repeated(self, words: Iterable[Word]) -> Iterator[Domain]:
        for word in words:
            yield from [word.domain] * self.times(word)

    def in_groups(self, rest: Rest) -> Iterator[tuple[Domain, int]]:
        group = list(self.repeated(rest.words))
        if len(self.rest) % len(group):
            yield NOTHING
        yield from zip(group * (len(self.rest) // len(group)), self.rest)

    def in_runs(self, rest: Rest) -> Iterator[tuple[Domain, int]]:
        kinds, at = list(rest.kinds.values()), 0
        while at < len(self.rest):
            kind, count = (*self.rest[at : at + 2], NONE_THERE)[:2]
            end = at + 2 + 2 * count
            if not 0 <= kind < len(kinds) or count < 0 or end > len(self.rest):
                yield NOTHING
                return
            yield from zip(list(kinds[kind]) * count, self.rest[at + 2 : end])
            at = end

    def wide_operands(self) -> Iterator[tuple[Domain, int]]:
        """The operands of an operator on stretches: as many as it has, each as it is told."""
        stretches = self.known["stretches"]
        if ARITY.get(self.known["row"]) != len(self.rest) or stretches >= 1 << len(self.rest):
            yield NOTHING
        for k, x in enumerate(self.rest):
            yield STRETCH if stretches >> k & 1 else PLACE, x

    def may_be(self, domain: Domain, x: int) -> bool:
        limit = self.sizes[domain.limit] if isinstance(domain.limit, str) else domain.limit
        return domain.low <= x < limit and self.reach(domain) <= limit - x

    def reach(self, domain: Domain) -> int:
        """How many stand side by side from a word on."""
        reaches = {"count": self.count, "stretch": self.count + WIDTH - 1}
        return {**reaches, "sums": self.count * self.height}.get(domain.reach, 1)


NONE_THERE = -1
NOTHING = (NUMBER, NONE_THERE)
"""A word that is missing, and that nothing may be."""
