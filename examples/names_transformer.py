"""A transformer written with lists of scalars: it reads real first names and invents new ones.

    python examples/names_transformer.py
    python examples/names_transformer.py --steps 200 --plain

Read it from top to bottom: the data, the parts of a transformer, the model, the training, and the
inventing. Every number in it is a scalar, every vector a list, every matrix a list of rows.

The names are those of the United States census of 1990, from the package `names`.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import scalargrad as sg
from scalargrad.optim import Adam
from scalargrad.optim.schedules import linear

Vector = list[Any]
Matrix = list[Vector]
Dot = Callable[[Vector, Vector], Any]

# ------ the data: names, and characters as numbers

END = "."
"""Stands before the first and after the last character of every name."""
ALPHABET = END + "abcdefghijklmnopqrstuvwxyz"


def first_names() -> list[str]:
    """Return every first name once, in lower case, in the order of the alphabet."""
    import names

    files = (names.FILES["first:male"], names.FILES["first:female"])
    lines = [line for file in files for line in Path(file).read_text("ascii").splitlines()]
    return sorted({line.split()[0].lower() for line in lines})


def encode(name: str) -> list[int]:
    """Return the tokens of a name, one for each character, between two ends."""
    return [ALPHABET.index(character) for character in END + name + END]


# ------ the parts of a transformer


def plain_dot(ws: Vector, xs: Vector) -> Any:
    """Return Σ w·x, written with × and +: a node for every product and every sum."""
    return sum(w * x for w, x in zip(ws, xs))


def times(matrix: Matrix, x: Vector, dot: Dot) -> Vector:
    return [dot(row, x) for row in matrix]


def add(xs: Vector, ys: Vector) -> Vector:
    return [x + y for x, y in zip(xs, ys)]


def normalised(x: Vector, dot: Dot) -> Vector:
    """Return x divided by its root mean square (RMSNorm, without a gain)."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def softmax(logits: Vector) -> Vector:
    """Return probabilities. Subtracting the largest logit changes none, and none overflows."""
    largest = max([logit.data for logit in logits])
    powers = [(logit - largest).exp() for logit in logits]
    total = sum(powers)
    return [power / total for power in powers]


# ------ the model

WIDTH, HEADS, CONTEXT = 16, 4, 16
HEAD = WIDTH // HEADS


class Memory:
    """What the positions read so far offer to those that follow: to each head a key and a value."""

    def __init__(self) -> None:
        self.keys: list[Matrix] = [[] for _ in range(HEADS)]
        self.values: list[Matrix] = [[] for _ in range(HEADS)]

    def __len__(self) -> int:
        return len(self.keys[0])


class Transformer:
    """One layer: attention by 4 heads, then an MLP, each added to what came in. No biases.

    `number` makes a parameter of a float: `scalargrad.Value`, or a class of yours with `data`,
    `grad`, `backward`, `exp`, `log`, `relu` and arithmetic. `dot` makes one of two lists.
    """

    def __init__(self, number: Callable[[float], Any], dot: Dot, source: random.Random) -> None:
        def matrix(rows: int, columns: int) -> Matrix:
            return [[number(source.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.dot = dot
        self.token = matrix(len(ALPHABET), WIDTH)
        self.position = matrix(CONTEXT, WIDTH)
        self.query, self.key, self.value, self.mix = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.widen = matrix(4 * WIDTH, WIDTH)
        self.narrow = matrix(WIDTH, 4 * WIDTH)
        self.unembed = matrix(len(ALPHABET), WIDTH)

    def parameters(self) -> Vector:
        matrices = [part for part in vars(self).values() if isinstance(part, list)]
        return [number for matrix in matrices for row in matrix for number in row]

    def __call__(self, token: int, memory: Memory) -> Vector:
        """Return the logits of the character after `token`, and add to the memory."""
        x = normalised(add(self.token[token], self.position[len(memory)]), self.dot)
        x = add(x, self.attention(normalised(x, self.dot), memory))
        x = add(x, self.mlp(normalised(x, self.dot)))
        return times(self.unembed, x, self.dot)

    def attention(self, x: Vector, memory: Memory) -> Vector:
        """Return for each head the values it remembers, in a mixture: the better a position's key
        fits the query, the more of its value."""
        query, key, value = (times(m, x, self.dot) for m in (self.query, self.key, self.value))
        found = []
        for head, (keys, values) in enumerate(zip(memory.keys, memory.values)):
            part = slice(head * HEAD, (head + 1) * HEAD)
            keys.append(key[part])
            values.append(value[part])
            wanted = [q / math.sqrt(HEAD) for q in query[part]]
            weights = softmax([self.dot(wanted, k) for k in keys])
            found += [self.dot(weights, list(column)) for column in zip(*values)]
        return times(self.mix, found, self.dot)

    def mlp(self, x: Vector) -> Vector:
        hidden = [h.relu() for h in times(self.widen, x, self.dot)]
        return times(self.narrow, hidden, self.dot)

    def loss(self, name: str) -> Any:
        """Return the mean of −log p over the characters of a name and its end, where p is the
        probability that the model gave to the character that came."""
        tokens, memory = encode(name)[: CONTEXT + 1], Memory()
        pairs = list(pairwise(tokens))
        return sum(-softmax(self(a, memory))[b].log() for a, b in pairs) / len(pairs)


# ------ training


def train(model: Transformer, optimizer: Any, names: Sequence[str], steps: int) -> Iterator[float]:
    """Yield the loss of each step. A step sees one name."""
    for step in range(steps):
        loss = model.loss(names[step % len(names)])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.data


# ------ inventing


def invented(model: Transformer, source: random.Random, temperature: float = 0.5) -> str:
    """Return a name drawn character by character. The lower the temperature, the more usual."""
    memory, name, token = Memory(), "", 0
    with sg.no_grad():
        while len(memory) < CONTEXT:
            weights = softmax([logit / temperature for logit in model(token, memory)])
            (token,) = source.choices(range(len(ALPHABET)), [w.data for w in weights])
            if ALPHABET[token] == END:
                break
            name += ALPHABET[token]
    return name


def new_names(model: Transformer, known: Sequence[str], source: random.Random) -> Iterator[str]:
    """Yield names without end, none twice and none that is known."""
    seen = {"", *known}
    while True:
        name = invented(model, source)
        if name not in seen:
            seen.add(name)
            yield name


# ------ all together


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a transformer on first names.")
    parser.add_argument("--steps", type=int, default=5000, help="names to learn from")
    parser.add_argument("--names", type=int, default=20, help="names to invent")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="write dot with × and +")
    options = parser.parse_args()

    known, steps = first_names(), options.steps
    source = random.Random(options.seed)
    source.shuffle(known)
    model = Transformer(sg.Value, plain_dot if options.plain else sg.dot, source)
    # the rate falls to 0 along a line
    adam = Adam(model.parameters(), lr=0.01, betas=(0.85, 0.99), schedule=linear(steps))
    print(f"{len(known)} names, {len(model.parameters())} parameters")

    losses: list[float] = []
    for loss in train(model, adam, known, steps):
        losses.append(loss)
        if len(losses) % (report := max(steps // 10, 1)) == 0:
            print(f"step {len(losses)}: mean loss {sum(losses[-report:]) / report:.3f}")
    print(*islice(new_names(model, known, source), options.names))


if __name__ == "__main__":
    main()
