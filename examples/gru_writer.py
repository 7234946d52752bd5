"""A recurrent network that reads a rhyme, letter by letter, and goes on writing in its manner.

    python examples/gru_writer.py
    python examples/gru_writer.py --epochs 10 --begin "the night "

A GRU carries a list of numbers from letter to letter and learns what to keep of it. It is written
here as the textbook has it: a Module for one letter, and a plain loop over a text. `fit` compiles
it: the loop stays a loop, and a lane reads each piece of the rhyme.

Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder (2014).
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from typing import Any

import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import cross_entropy
from scalargrad.optim import Adam
from scalargrad.optim.schedules import cosine
from scalargrad.train import History, fit

RHYME = """
the sun goes down, the moon comes up,
the tea is cold within the cup.
the moon goes down, the sun comes in,
and who will let the day begin?

the rain comes down, the stream comes up,
the rain is cold within the cup.
the stream runs down, the sea comes in,
and who will let the rain begin?

the wind lies down, the stars come up,
a star is bright within the cup.
the stars go down, the light comes in,
and we will let the day begin.
"""
LETTERS = sorted(set(RHYME))
"""A token is the place of a letter here."""
Vector = list[Any]


def encode(text: str) -> list[int]:
    return [LETTERS.index(letter) for letter in text]


# ------ the network


class GRU(nn.Module):
    """A step: from `nin` numbers and the state before, `width` numbers, to the state after."""

    def __init__(self, nin: int, width: int) -> None:
        self.update = nn.Linear(nin + width, width)
        self.reset = nn.Linear(nin + width, width)
        self.candidate = nn.Linear(nin + width, width)

    def __call__(self, x: Vector, state: Vector) -> Vector:
        both = [*x, *state]
        update = [sg.sigmoid(u) for u in self.update(both)]
        kept = [sg.sigmoid(r) * s for r, s in zip(self.reset(both), state)]
        candidate = [sg.tanh(c) for c in self.candidate([*x, *kept])]
        return [s + u * (c - s) for s, u, c in zip(state, update, candidate)]


class Writer(nn.Module):
    """From the letters of a text to the scores of the letter that follows each of them."""

    def __init__(self, embedded: int = 8, width: int = 24) -> None:
        self.start = [0.0] * width
        self.letters = nn.Embedding(len(LETTERS), embedded)
        self.gru = GRU(embedded, width)
        self.scores = nn.Linear(width, len(LETTERS))

    def __call__(self, tokens: list[int]) -> list[Vector]:
        state, found = self.start, []
        for token in tokens:
            state = self.gru(self.letters(token), state)
            found.append(self.scores(state))
        return found


# ------ learning


def surprise(scores: list[Vector], following: list[int]) -> Any:
    """The mean of −log p of the letters that came."""
    return sg.mean([cross_entropy(one, token) for one, token in zip(scores, following)])


def pieces(size: int) -> list[tuple[list[int], list[int]]]:
    """Every piece of so many letters, with the letters that follow these."""
    tokens = encode(RHYME)
    starts = range(len(tokens) - size)
    return [(tokens[i : i + size], tokens[i + 1 : i + size + 1]) for i in starts]


def learn(model: Writer, epochs: int, size: int) -> History:
    """Train on pieces of so many letters."""
    data = pieces(size)
    schedule = cosine(epochs * -(-len(data) // 32))
    return fit(
        model, surprise, data, Adam(model, lr=0.01), epochs, 32,
        schedule=schedule, clip=1.0, progress=False, compile=True,
    )  # fmt: skip


# ------ writing


def letters(model: Writer, begin: str, source: random.Random, warmth: float) -> Iterator[str]:
    """Yield letters without end. The less warmth, the surer are those that are likely."""
    state = model.start
    *read, token = encode(begin)
    with sg.no_grad():
        for known in read:
            state = model.gru(model.letters(known), state)
    while True:
        with sg.no_grad():
            state = model.gru(model.letters(token), state)
            chances = nn.softmax([score / warmth for score in model.scores(state)])
        (token,) = source.choices(range(len(LETTERS)), [p.data for p in chances])
        yield LETTERS[token]


def written(model: Writer, begin: str, count: int, seed: int = 0, warmth: float = 0.5) -> str:
    found = letters(model, begin, random.Random(seed), warmth)
    return begin + "".join(next(found) for _ in range(count))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a GRU on a rhyme, and let it write on.")
    parser.add_argument("--epochs", type=int, default=60, help="times through the rhyme")
    parser.add_argument("--width", type=int, default=24, help="numbers that it carries along")
    parser.add_argument("--piece", type=int, default=12, help="letters that it learns from at once")
    parser.add_argument("--begin", default="\nthe ", help="what it writes on from")
    parser.add_argument("--letters", type=int, default=300, help="letters to write")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    sg.seed(options.seed)
    model = Writer(width=options.width)
    count = len(model.parameters())
    print(f"{len(RHYME)} letters, {len(LETTERS)} kinds of them, {count:,} parameters")
    print(f"untrained:\n{written(model, options.begin, 60, options.seed)}\n")
    start = time.perf_counter()
    history = learn(model, options.epochs, options.piece)
    seconds = time.perf_counter() - start
    found = history.epoch_losses()
    print(f"surprise {found[0]:.2f} → {found[-1]:.2f} a letter, {seconds:.1f} s, {history.engine}")
    print(f"trained:\n{written(model, options.begin, options.letters, options.seed)}")


if __name__ == "__main__":
    main()
