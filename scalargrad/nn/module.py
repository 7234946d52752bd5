"""Module: anything with parameters, found by walking its attributes.

Every Value in a public attribute is a parameter, through lists, tuples, dicts and Modules within.
A Value that should be no parameter (an activation kept to look at) goes into an attribute
`_of_this_kind`. Numbers that are kept and saved but not trained stand in a Buffer.

A Module called takes one sample: a number, or a list of numbers (of such lists, for a sequence).
`batch` takes a list of samples and returns a list of outputs. It calls the Module on each sample,
with two exceptions: BatchNorm must see all samples at once while it trains, and Sequential and
Residual hand the batch on to their parts. So training uses `model.batch(samples)`, which is right
for every Module, and prediction `model(sample)`, after `model.eval()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ..engine import Value
from ..randomness import each
from ..scalars import is_value
from .parts import (
    Buffer,
    Exchange,
    Holder,
    PlainParameter,
    collect_modules,
    parameters_by_id,
    walk,
)
from .saving import load_state_dict, state_dict
from .summary import summary, table

M = TypeVar("M", bound="Module")


class NeedsBatch(ValueError):
    """A part that must see all samples at once was given a single one, by `batch` of its holder."""

    def __init__(self, part: str, within: str = "") -> None:
        self.part, self.within = part, within
        cure = (
            f"{within} hands its samples on one by one. Give {within} a method batch(self, "
            f"samples) that calls batch of each part in turn, or make {within} of Sequential"
            if within
            else "call model.batch(samples)"
        )
        super().__init__(
            f"{part} in training needs a batch, got a single sample: {cure}, or model.eval() first "
            "to use the running statistics"
        )


class Module(Holder):
    """A part of a network. Subclasses hold parameters and define `__call__` (or `forward`)."""

    training = True
    __call__: Callable[..., Any]

    def __init_subclass__(cls, **named: Any) -> None:
        """Let `forward`, torch's name for it, stand for `__call__`."""
        super().__init_subclass__(**named)
        for base in cls.__mro__:
            if "__call__" in vars(base):
                return
            if "forward" in vars(base):
                cls.__call__ = vars(base)["forward"]  # type: ignore[method-assign]
                return

    # ------ parameters
    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield each parameter once, with its name: "layers.0.neurons.3.b". One that stands in
        two places has the name of the first."""
        return (x for x in walk(self) if not isinstance(x[1], (Module, Buffer)))

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        return list(parameters_by_id(self).values())

    def with_parameters(self: M, values: Iterable[Any]) -> M:
        """Return a copy with other parameters: Values, or floats, in the order of `parameters()`.

        Whatever holds no parameter is shared with the original. Raises ValueError unless there
        is one value for each parameter.
        """
        new = list(values)
        if {*map(type, new)} == {float}:
            kept = list(map(PlainParameter, new))
        else:
            kept = [x if is_value(x) else PlainParameter(x) for x in new]
        if type(self).parameters is not Module.parameters:
            return self._with_own(self.parameters(), kept)
        exchange = Exchange(kept, {})
        copied: M = exchange.of(self)
        check_count(exchange.count, kept)
        return copied

    def _with_own(self: M, old: list[Any], new: list[Any]) -> M:
        """The same where a subclass says itself which are its parameters."""
        check_count(len(old), new)
        copied: M = Exchange([], dict(zip(map(id, old), new))).of(self)
        return copied

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0.0, as it was before the first `backward`."""
        for parameter in self.parameters():
            parameter.zero_grad()

    # ------ parts
    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield each Module within once, with its name; first this one, whose name is ""."""
        found: list[tuple[str, Module]] = [("", self)]
        collect_modules(self, "", {id(self)}, found)
        return iter(found)

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Yield each Buffer within once, with its name: "layers.1.running_mean"."""
        return (x for x in walk(self) if isinstance(x[1], Buffer))

    # ------ state
    def state_dict(self) -> dict[str, float]:
        """Return the numbers in parameters and buffers by name: "layers.1.running_mean.2"."""
        return state_dict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set parameters and buffers to what `state_dict` returned. Raises ValueError or
        TypeError, and changes nothing, unless there is a number for each of them."""
        load_state_dict(self, state)

    # ------ running
    def train(self: M, mode: bool = True) -> M:
        """Put this Module and all within into training mode (or not), and return this one."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Put this Module and all within into evaluation mode: nothing is drawn or learned while
        they run. Return this one."""
        return self.train(False)

    def batch(self, samples: Iterable[Any]) -> list[Any]:
        """Return the outputs for several samples, one for each."""
        try:
            return [self(sample) for sample in each(samples)]
        except NeedsBatch as error:
            # the message names the innermost Module
            within = error.within or type(self).__name__
            raise NeedsBatch(error.part, within) from None

    def __repr__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        """A table of the parts, for a notebook."""
        return table(self)


class InTurn(Module):
    """A Module of layers, each called with the result of the layer before."""

    layers: list[Any]

    def __call__(self, x: Any) -> Any:
        """Return the outputs of the last layer for the inputs of the first."""
        for layer in self.layers:
            x = layer(x)
        return x


def batch_of(part: Callable[..., Any], samples: list[Any]) -> list[Any]:
    """Return the outputs of a Module, or of a plain function, for several samples."""
    return part.batch(samples) if isinstance(part, Module) else [part(x) for x in each(samples)]


def check_count(count: int, values: list[Any]) -> None:
    if count != len(values):
        raise ValueError(f"expected {count} parameters, got {len(values)}")
