"""Self-attention, and the block of a transformer, over a sequence: a list of lists of numbers.

Sources: Vaswani et al., Attention Is All You Need (2017); the norm stands before each part, as in
Radford et al., Language Models are Unsupervised Multitask Learners (2019).
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

from ..engine import dot
from ..options import items, whole
from .activations import GELU, row_of, softmax
from .containers import Dropout, Sequential
from .initializers import Initializer, xavier_uniform
from .inputs import added
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

Vectors = list[list[Any]]


class SelfAttention(Module):
    """Each position of a sequence becomes a mixture of the positions it attends to: `heads` times,
    each in `width / heads` of the `width` numbers.

    `causal`: no position sees a later one. Raises ValueError unless `heads` divides `width`.
    """

    def __init__(
        self,
        width: int,
        heads: int = 1,
        causal: bool = True,
        bias: bool = False,
        initializer: Initializer = xavier_uniform,
    ) -> None:
        self.heads = whole("heads", heads)
        if whole("width", width) % self.heads:
            raise ValueError(f"heads must divide the width {width}, got {heads}")
        self.causal = causal
        self.query, self.key, self.value, self.output = (
            Linear(width, width, bias, initializer) for _ in range(4)
        )

    def __call__(self, sequence: Any) -> Vectors:
        """Return as many lists of `width` numbers as the sequence has."""
        rows = items("sequence", sequence, "a list of lists of numbers")
        size = self.query.nout // self.heads
        parts = [list(map(part, rows)) for part in (self.query, self.key, self.value)]
        mixed = []
        for start in range(0, self.query.nout, size):
            head = [[row[start : start + size] for row in part] for part in parts]
            mixed.append(self._mixtures(*head))
        return [self.output([x for head in heads for x in head]) for heads in zip(*mixed)]

    def _mixtures(self, queries: Vectors, keys: Vectors, values: Vectors) -> Vectors:
        columns = list(zip(*values))
        mixed = []
        for i, query in enumerate(queries):
            seen = i + 1 if self.causal else len(keys)
            asked = [x / sqrt(len(query)) for x in query]
            weights = softmax([dot(asked, key) for key in keys[:seen]])
            mixed.append([dot(weights, column[:seen]) for column in columns])
        return mixed


def made(activation: Callable[..., Any]) -> Any:
    """The part that a class, a function that makes it, or a function of a number stands for."""
    return activation() if row_of(activation) is None else activation


class Block(Module):
    """One block of a transformer: x + attention(norm(x)), and of that y + mlp(norm(y)), the MLP
    at each position alone, with `hidden` units (4 · width unless given).

    `activation` and `norm` are classes or functions that make the parts: `norm(width)`,
    `activation()`; `activation` may also be a function of a number, such as `scalargrad.gelu`.
    `dropout` is the share dropped of what each of the two adds.
    """

    def __init__(
        self,
        width: int,
        heads: int = 1,
        hidden: int | None = None,
        activation: Callable[[], Any] = GELU,
        norm: Callable[[int], Any] = LayerNorm,
        causal: bool = True,
        dropout: float = 0.0,
    ) -> None:
        size = 4 * width if hidden is None else whole("hidden", hidden)
        self.norms = [norm(width), norm(width)]
        self.attention = SelfAttention(width, heads, causal)
        self.mlp = Sequential(Linear(width, size), made(activation), Linear(size, width))
        self.dropout = Dropout(dropout)

    def __call__(self, sequence: Any) -> Vectors:
        """Return as many lists of `width` numbers as the sequence has."""
        before, between = self.norms
        rows = list(sequence)
        rows = added(rows, self.dropout(self.attention(map(before, rows))))
        moved: Vectors = added(rows, self.dropout([self.mlp(between(row)) for row in rows]))
        return moved
