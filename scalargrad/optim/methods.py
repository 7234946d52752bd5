"""The optimizers: each names its update rule, its options, and what the rule takes in a step."""

from __future__ import annotations

from math import sqrt
from typing import Any

from .. import updates
from ..messages import described
from ..temporary import Temporary
from .groups import Group
from .optimizer import Optimizer, Schedule

Settings = tuple[float, ...]


def pair(name: str, x: Any) -> tuple[float, float]:
    if isinstance(x, (tuple, list)) and len(x) == 2:
        return x[0], x[1]
    raise TypeError(f"{name} must be two numbers, as in (0.9, 0.999), got {described(x)}")


class WithMomentum(Optimizer):
    """One whose rule takes the rate, `momentum` and `weight_decay`."""

    def settings(self, t: int, lr: float, **options: float) -> Settings:
        return lr, options["momentum"], options["weight_decay"]


class SGD(WithMomentum):
    """Gradient descent: v ← momentum · v + grad, then data ← data − lr · v.

    With `nesterov` the rewritten form of Nesterov's momentum: data ← data − lr · (grad +
    momentum · v). Source: Bengio, Boulanger-Lewandowski & Pascanu, Advances in optimizing
    recurrent networks (2012). `lr` > 0, 0 ≤ `momentum` < 1, `weight_decay` ≥ 0 adds its multiple
    of data to the gradient.
    """

    rule = updates.momentum

    def __init__(
        self,
        parameters: Any,
        lr: float,
        momentum: float = 0.0,
        *,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        schedule: Schedule | None = None,
    ) -> None:
        if nesterov:
            self.rule = updates.nesterov
        super().__init__(parameters, schedule, lr=lr, momentum=momentum, weight_decay=weight_decay)


class Nesterov(WithMomentum):
    """Nesterov's momentum in its look-ahead form: v ← momentum · v − lr · gradient at
    data + momentum · v, then data ← data + v.

    The gradient is taken there `with optimizer.look_ahead():`. The data of SGD(…, nesterov=True)
    are data + momentum · v here. Source: Sutskever, Martens, Dahl & Hinton, On the
    importance of initialization and momentum in deep learning (2013).
    """

    rule = updates.look_ahead
    _ahead = False

    def __init__(
        self,
        parameters: Any,
        lr: float,
        momentum: float = 0.9,
        *,
        weight_decay: float = 0.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(parameters, schedule, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def step(self) -> None:
        """Move every parameter once, as Optimizer.step. Raises RuntimeError within look_ahead."""
        self._refuse_ahead("step()")
        super().step()

    def _refuse_ahead(self, what: str) -> None:
        if self._ahead:
            raise RuntimeError(f"{what} belongs after the block `with look_ahead():`, not in it")

    def look_ahead(self) -> Temporary:
        """Within it every parameter stands at data + momentum · v; after it, where it stood."""
        self._refuse_ahead("look_ahead()")
        data = [x for group in self.groups for x in ahead(group)]
        return Temporary(([self], "_ahead", [True]), (self.parameters, "_number", data))


def ahead(group: Group) -> list[float]:
    """data + momentum · v of each parameter."""
    velocities = group.memory[1:]
    return [p.data + group["momentum"] * v for p, v in zip(group.parameters, velocities)]


class AdaGrad(Optimizer):
    """s ← s + grad², then data ← data − lr · grad / (√s + eps). Source: Duchi, Hazan & Singer,
    Adaptive subgradient methods (2011)."""

    rule = updates.adagrad

    def __init__(
        self,
        parameters: Any,
        lr: float = 0.01,
        *,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(parameters, schedule, lr=lr, eps=eps, weight_decay=weight_decay)

    def settings(self, t: int, lr: float, **options: float) -> Settings:
        return lr, options["eps"], options["weight_decay"]


class RMSProp(Optimizer):
    """s ← decay · s + (1 − decay) · grad², then v ← momentum · v + grad / (√s + eps) and
    data ← data − lr · v. Source: Tieleman & Hinton, Lecture 6.5 (2012)."""

    rule = updates.rmsprop

    def __init__(
        self,
        parameters: Any,
        lr: float = 0.01,
        decay: float = 0.99,
        *,
        eps: float = 1e-8,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        schedule: Schedule | None = None,
    ) -> None:
        options = {"decay": decay, "eps": eps, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(parameters, schedule, lr=lr, **options)

    def settings(self, t: int, lr: float, **options: float) -> Settings:
        return lr, *(options[name] for name in ("decay", "eps", "momentum", "weight_decay"))


class Adam(Optimizer):
    """m and s are means of grad and grad² that forget at the rates β₁, β₂ = `betas`; corrected
    for their start at 0, data ← data − lr · m̂ / (√ŝ + eps). Source: Kingma & Ba (2015)."""

    rule = updates.adam

    def __init__(
        self,
        parameters: Any,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        *,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        schedule: Schedule | None = None,
    ) -> None:
        beta1, beta2 = pair("betas", betas)
        options = {"beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": weight_decay}
        super().__init__(parameters, schedule, lr=lr, **options)

    def settings(self, t: int, lr: float, **options: float) -> Settings:
        beta1, beta2, decay = options["beta1"], options["beta2"], options["weight_decay"]
        corrected, root = lr / (1.0 - beta1**t), sqrt(1.0 - beta2**t)
        return corrected, beta1, beta2, options["eps"], *self.decay(lr, decay), root

    def decay(self, lr: float, weight_decay: float) -> tuple[float, float]:
        """The multiple of the data added to the gradient, and the share of the data left."""
        return weight_decay, 1.0


class AdamW(Adam):
    """Adam whose weight decay does not pass through the means: data ← data · (1 − lr ·
    weight_decay) before the step. Source: Loshchilov & Hutter (2019)."""

    def __init__(
        self,
        parameters: Any,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        *,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(
            parameters, lr, betas, eps=eps, weight_decay=weight_decay, schedule=schedule
        )

    def decay(self, lr: float, weight_decay: float) -> tuple[float, float]:
        return 0.0, 1.0 - lr * weight_decay
