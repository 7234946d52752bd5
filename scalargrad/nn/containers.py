"""Modules made of modules: in sequence, and beside a connection that skips them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

from ..engine import where
from ..options import BELOW_ONE, within
from ..randomness import bernoulli
from ..scalars import is_real
from .activations import as_layer
from .inputs import added, mapped
from .module import InTurn, Module, batch_of


class Sequential(InTurn):
    """Layers, Modules or functions, each called with the result of the layer before.

    A function of one number, such as `scalargrad.relu`, is applied to every number. A slice is a
    Sequential of the same layers.
    """

    def __init__(self, *layers: Callable[..., Any]) -> None:
        self.layers = list(map(as_layer, layers))

    def batch(self, samples: Iterable[Any]) -> list[Any]:
        found = list(samples)
        for layer in self.layers:
            found = batch_of(layer, found)
        return found

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Any:
        if not isinstance(index, slice):
            return self.layers[index]
        part = Sequential(*self.layers[index])
        part.training = self.training
        return part

    def __len__(self) -> int:
        return len(self.layers)


class Residual(Module):
    """A connection that skips `inner`: x + inner(x), number by number.

    In training `inner` is left out with probability `drop` (stochastic depth), drawn for each
    sample or, by `batch`, once for all; when it stays it counts 1/(1 − drop) times, so that in
    evaluation mode nothing is rescaled. Source: Huang et al., Deep Networks with Stochastic Depth
    (2016). Raises ValueError unless 0 ≤ drop < 1 and `inner` gives lists as long as its inputs.
    """

    def __init__(self, inner: Callable[..., Any], drop: float = 0.0) -> None:
        self.inner = as_layer(inner)
        self.drop = within("drop", drop, BELOW_ONE)

    def __call__(self, x: Any) -> Any:
        return self._skipping(x, self.inner)

    def batch(self, samples: Iterable[Any]) -> list[Any]:
        found: list[Any] = self._skipping(list(samples), lambda xs: batch_of(self.inner, xs))
        return found

    def _skipping(self, x: Any, inner: Callable[..., Any]) -> Any:
        if not self.training or not self.drop:
            return added(x, inner(x))
        stays = bernoulli(1.0 - self.drop)
        if is_real(stays) and not stays:
            return x
        scale = 1.0 / (1.0 - self.drop)
        return added(x, mapped(lambda y: where(stays, scale * y, 0.0), inner(x)))


class Dropout(Module):
    """In training each number is 0 with probability `p`, otherwise 1/(1 − p) times itself; in
    evaluation mode all stay as they are.

    Source: Srivastava et al., Dropout (2014). Raises ValueError unless 0 ≤ p < 1.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = within("p", p, BELOW_ONE)

    def __call__(self, x: Any) -> Any:
        if not self.training or not self.p:
            return x
        scale = 1.0 / (1.0 - self.p)
        return mapped(lambda y: where(bernoulli(1.0 - self.p), scale * y, 0.0), x)
