"""The table of update rules: what an optimizer's step does to the numbers of one parameter.

A rule is run on floats (by `update` here, the specification) or on symbols, which print it as C:
the native engine applies it to all parameters in one call. Its settings are the same for all
parameters; numbers that follow from settings and the step are computed once, in `optim`.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat, starmap
from math import isfinite
from operator import setitem
from typing import Any, Literal, NamedTuple

from .messages import described
from .ops import clamp, sqrt
from .scalars import is_value, real

New = tuple[Any, ...]
Update = Callable[..., New]


class Rule:
    """How one parameter changes: a function (data, grad, *state, *settings) → (new, *new state).

    `state` names the numbers that are kept for each parameter from step to step; they start at 0.
    `writes` tells what `new` is. Rules that write data are not applied to gradients that are not
    finite. A rule of your own runs in Python; one of the table also has to be printed as C, so
    there is no `if` in it, and no division by what may be 0.
    """

    def __init__(
        self, function: Update, *state: str, writes: Literal["data", "grad"] = "data"
    ) -> None:
        if not hasattr(function, "__code__"):
            raise TypeError(f"a rule is made of a Python function, got {described(function)}")
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        if names[: 2 + len(state)] != ("data", "grad", *state):
            raise TypeError(f"a rule takes (data, grad, *state, *settings), got {names}")
        self.name = function.__name__
        self.__module__ = function.__module__
        self.function = function
        self.state = state
        self.settings = names[2 + len(state) :]
        self.writes = writes
        self.code = -1

    @property
    def signature(self) -> str:
        """All that the native engine must agree on with the table, in one line."""
        arguments = ", ".join(["data", "grad", *self.state, *self.settings])
        return f"{self.name}({arguments}) -> {', '.join([self.writes, *self.state])}"

    def __repr__(self) -> str:
        return f"<update rule {self.name}>"

    def __reduce__(self) -> Any:
        return self.name  # a variable of its module

    __copy__ = __deepcopy__ = lambda self, memo=None: self


RULES: dict[str, Rule] = {}
"""The rules that the native engine knows, by name."""


def rule(*state: str, writes: Literal["data", "grad"] = "data") -> Callable[[Update], Rule]:
    """Add a row to the table."""

    def added(function: Update) -> Rule:
        row = Rule(function, *state, writes=writes)
        row.code = len(RULES)
        RULES[row.name] = row
        return row

    return added


# ------ the table

N = Any
"""A float or a symbol."""


@rule("velocity")
def momentum(data: N, grad: N, velocity: N, lr: N, momentum: N, weight_decay: N) -> New:
    velocity = momentum * velocity + (grad + weight_decay * data)
    return data - lr * velocity, velocity


@rule("velocity")
def nesterov(data: N, grad: N, velocity: N, lr: N, momentum: N, weight_decay: N) -> New:
    slope = grad + weight_decay * data
    velocity = momentum * velocity + slope
    return data - lr * (slope + momentum * velocity), velocity


@rule("velocity")
def look_ahead(data: N, grad: N, velocity: N, lr: N, momentum: N, weight_decay: N) -> New:
    ahead = data + momentum * velocity
    velocity = momentum * velocity - lr * (grad + weight_decay * ahead)
    return data + velocity, velocity


@rule("squares")
def adagrad(data: N, grad: N, squares: N, lr: N, eps: N, weight_decay: N) -> New:
    slope = grad + weight_decay * data
    squares = squares + slope * slope
    return data - lr * slope / (sqrt(squares) + eps), squares


@rule("squares", "velocity")
def rmsprop(
    data: N, grad: N, squares: N, velocity: N, lr: N, decay: N, eps: N, momentum: N, weight_decay: N
) -> New:
    slope = grad + weight_decay * data
    squares = decay * squares + (1.0 - decay) * (slope * slope)
    velocity = momentum * velocity + slope / (sqrt(squares) + eps)
    return data - lr * velocity, squares, velocity


@rule("mean", "squares")
def adam(
    data: N,
    grad: N,
    mean: N,
    squares: N,
    lr: N,
    beta1: N,
    beta2: N,
    eps: N,
    weight_decay: N,
    shrink: N,
    root: N,
) -> New:
    """`lr` and `root` carry the bias correction: lr / (1 − β₁ᵗ) and √(1 − β₂ᵗ). Weight decay
    acts through the gradient (Adam), or by the factor `shrink` (AdamW)."""
    slope = grad + weight_decay * data
    mean = mean + (1.0 - beta1) * (slope - mean)
    squares = beta2 * squares + (1.0 - beta2) * (slope * slope)
    return data * shrink - lr * mean / (sqrt(squares) / root + eps), mean, squares


@rule(writes="grad")
def clear_grad(data: N, grad: N) -> New:
    return (-0.0,)  # no gradient, which is not a gradient of 0


@rule(writes="grad")
def scale_grad(data: N, grad: N, norm: N, limit: N) -> New:
    # in this order, for limit/norm may lose digits as a subnormal; −0.0 would be no gradient
    return (grad / norm * limit + 0.0,)


@rule(writes="grad")
def clip_grad(data: N, grad: N, limit: N) -> New:
    return (clamp(grad, -limit, limit),)


# ------ its interpreter


class Job(NamedTuple):
    """A rule to be applied to parameters: Values, in a tuple. `memory` holds floats: how often it
    was applied, then each state in turn, one number a parameter. One float for each setting."""

    rule: Rule
    parameters: tuple[Any, ...]
    memory: array[float]
    settings: tuple[float, ...]


def update(jobs: Sequence[Job]) -> tuple[int, int] | None:
    """Apply all jobs, or none: return job and parameter of the first gradient that is not finite
    where it has to be. Raises TypeError and ValueError for what is no job; interrupted, it has
    changed all or nothing."""
    for job in jobs:
        check(job)
    for number, job in enumerate(jobs):
        if job.rule.writes == "data":
            for place, parameter in enumerate(job.parameters):
                if not isfinite(parameter.grad):
                    return number, place
    store([(job, columns(job)) for job in jobs])
    return None


def check(job: Job) -> None:
    rule, parameters, memory, settings = job
    for parameter in parameters:
        if not is_value(parameter):
            raise TypeError(f"expected a Value, got {described(parameter)}")
    if not isinstance(memory, array) or memory.typecode != "d":
        raise TypeError("a memory is an array of floats: array('d')")
    if any(type(x) is not float for x in settings):
        raise TypeError(f"a setting is a float, got {settings!r}")
    if len(memory) != 1 + len(rule.state) * len(parameters):
        raise ValueError(
            f"{rule.signature} of {len(parameters)} parameters does not have a memory of "
            f"{len(memory)} numbers"
        )
    if len(settings) != len(rule.settings):
        raise ValueError(
            f"{rule.signature} takes {len(rule.settings)} settings, got {len(settings)}"
        )


def columns(job: Job) -> list[array[float]]:
    """The results of the rule for all parameters: the new numbers, then each new state."""
    n = len(job.parameters)
    state = [job.memory[1 + k * n : 1 + (k + 1) * n] for k in range(len(job.rule.state))]
    data, grads = ([getattr(p, name) for p in job.parameters] for name in ("data", "grad"))
    settings = map(repeat, job.settings)
    rows = list(map(job.rule.function, data, grads, *state, *settings))
    if any(len(row) != 1 + len(state) for row in rows):
        raise TypeError(f"{job.rule.name} must return {1 + len(state)} numbers a parameter")
    found = zip(*rows) if rows else [()] * (1 + len(state))
    return [array("d", map(real, column)) for column in found]


def set_data(parameters: Iterable[Any], data: Sequence[float]) -> None:
    """Set the data of all parameters; interrupted, of all or none."""
    deque(map(setattr, parameters, repeat("_number"), data), maxlen=0)


SLOTS = {"data": "_number", "grad": "_grad"}
"""Of a parameter, what a rule writes into."""


def store(results: Iterable[tuple[Job, list[array[float]]]]) -> None:
    numbers: list[Any] = []
    memories: list[Any] = []
    for job, (new, *state) in results:
        numbers.append(map(setattr, job.parameters, repeat(SLOTS[job.rule.writes]), new))
        kept = array("d", [job.memory[0] + 1.0, *chain(*state)])
        memories.append((job.memory, slice(None), kept))
    # consumed in C without a step of bytecode: no signal handler can cut in
    deque(chain(*numbers, starmap(setitem, memories)), maxlen=0)
