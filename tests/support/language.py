"""A small language model of plain lists: attention over the letters so far, then a hidden layer.

Tokens are ints, which pick from lists as anywhere in Python, or floats, which a compiled function
reads as data. The model is the same for both.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import scalargrad as sg
from scalargrad import Value

WORDS = (
    *("lion", "tiger", "otter", "camel", "zebra", "panda", "koala", "moose", "horse", "sheep"),
    *("rabbit", "ferret", "beaver", "donkey", "monkey", "jaguar", "badger", "weasel", "walrus"),
    *("leopard", "giraffe", "buffalo", "hamster", "cheetah", "gazelle"),
)
LETTERS = sorted({letter for word in WORDS for letter in word})
END = len(LETTERS)

Pick = Callable[[Any, Any], Any]


def tokens_of(word: str) -> list[int]:
    return [END, *map(LETTERS.index, word), END]


def item(items: Sequence[Any], k: int) -> Any:
    """What plain Python picks with."""
    return items[k]


class Model:
    """`width` numbers stand for each letter and for each of `places`, in two attention heads."""

    def __init__(self, width: int = 8, places: int = 12, seed: int = 0) -> None:
        chance = random.Random(seed)

        def matrix(rows: int, columns: int) -> list[list[Any]]:
            return [[Value(chance.gauss(0.0, 0.3)) for _ in range(columns)] for _ in range(rows)]

        self.letters, self.places = matrix(END + 1, width), matrix(places, width)
        self.asked, self.known, self.told = (matrix(width, width) for _ in range(3))
        self.hidden, self.back = matrix(4 * width, width), matrix(width, 4 * width)
        self.scores = matrix(END + 1, width)

    def parameters(self) -> list[Any]:
        return [x for table in vars(self).values() for row in table for x in row]

    def loss(self, tokens: Sequence[Any], pick: Pick = sg.pick) -> Any:
        """The mean of −log p over the letters that follow each other."""
        before: list[tuple[Any, Any]] = []
        lost = []
        for place, (token, following) in enumerate(pairwise(tokens)):
            x = [a + b for a, b in zip(pick(self.letters, token), self.places[place])]
            logits = self.following(x, before)
            lost.append(sg.logsumexp(logits) - pick(logits, following))
        return sg.sum(lost) * (1.0 / len(lost))

    def following(self, x: list[Any], before: list[tuple[Any, Any]]) -> list[Any]:
        """A score for each letter that may follow; what came before gets one more."""
        before.append((product(self.known, x), product(self.told, x)))
        asked, half = product(self.asked, x), len(x) // 2
        found = [y for at in (0, half) for y in attended(asked, before, slice(at, at + half))]
        x = [a + b for a, b in zip(x, found)]
        inner = list(map(sg.relu, product(self.hidden, x)))
        return product(self.scores, [a + b for a, b in zip(x, product(self.back, inner))])


def product(matrix: Sequence[Sequence[Any]], x: Sequence[Any]) -> list[Any]:
    return [sg.dot(row, x) for row in matrix]


def attended(asked: Sequence[Any], before: Sequence[tuple[Any, Any]], part: slice) -> list[Any]:
    """The mean of what was told before, weighted by how well it is what is asked."""
    scale = 1.0 / math.sqrt(len(asked[part]))
    fits = [sg.dot(asked[part], known[part]) * scale for known, _ in before]
    total = sg.logsumexp(fits)
    weights = [sg.exp(x - total) for x in fits]
    return [sg.dot(weights, column) for column in zip(*(told[part] for _, told in before))]
