"""Layers of weighted sums: Linear, Maxout, Embedding. Each number they give is one node.

Sizes of layers, here and in the other files, are whole numbers from 1 up; else ValueError.
"""

from __future__ import annotations

import operator
from typing import Any

from ..engine import dot, max
from ..messages import described
from ..options import truth, whole
from ..picking import pick
from ..scalars import is_value
from .initializers import Initializer, matrix, normal, vector, xavier_uniform
from .inputs import inputs_for
from .module import Module


class Linear(Module):
    """The affine map W·x + b from `nin` numbers to a list of `nout`.

    `weight` is drawn by the initializer, `nout` rows of `nin`; `bias` begins at 0; with
    bias=False it is None.
    """

    def __init__(
        self, nin: int, nout: int, bias: bool = True, initializer: Initializer = xavier_uniform
    ) -> None:
        self.nin = whole("nin", nin)
        self.nout = whole("nout", nout)
        self.weight = matrix(self.nin, self.nout, initializer)
        self.bias = vector([0.0] * self.nout) if truth("bias", bias) else None

    def __call__(self, x: Any) -> list[Any]:
        inputs = inputs_for(self, x, self.nin)
        if self.bias is None:
            return [dot(row, inputs) for row in self.weight]
        return [dot(row, inputs, b) for row, b in zip(self.weight, self.bias)]


class Maxout(Module):
    """max(w₁·x + b₁, w₂·x + b₂, …) of `pieces` affine maps, for each of `nout` outputs.

    Source: Goodfellow et al., Maxout Networks (2013).
    """

    def __init__(
        self, nin: int, nout: int, pieces: int = 2, initializer: Initializer = xavier_uniform
    ) -> None:
        whole("pieces", pieces)
        self.nin = whole("nin", nin)
        self.nout = whole("nout", nout)
        self.maps = [Linear(nin, pieces, initializer=initializer) for _ in range(self.nout)]

    def __call__(self, x: Any) -> list[Any]:
        inputs = inputs_for(self, x, self.nin)
        return [max(pieces(inputs)) for pieces in self.maps]


class Embedding(Module):
    """A table that gives for each of `count` tokens a list of `width` numbers that are learned.

    Called with a token it returns its list, with a list of tokens a list of these. A token is a
    whole number from 0 to count − 1; it may be computed, as it is where compiled samples hold it.
    """

    def __init__(self, count: int, width: int, initializer: Initializer | None = None) -> None:
        self.count = whole("count", count)
        self.width = whole("width", width)
        self.weight = matrix(self.width, self.count, initializer or normal())

    def __call__(self, tokens: Any) -> list[Any]:
        if hasattr(tokens, "__len__"):
            return [self._row(token) for token in tokens]
        return self._row(tokens)

    def _row(self, token: Any) -> list[Any]:
        index = token if is_value(token) else whole_number(token)
        if not 0 <= index < self.count:
            raise ValueError(f"Embedding expected a token 0 to {self.count - 1}, got {index}")
        return list(pick(self.weight, index))


def whole_number(token: Any) -> int:
    try:
        return operator.index(token)
    except TypeError:
        cure = ": give what is missing a token of its own" if token is None else ""
        raise TypeError(f"a token is a whole number, got {described(token)}{cure}") from None
