"""Random expressions: made once, then computed by any engine or peer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import settings

from scalargrad.rows import BUILT_IN, Operator

SPECIAL = (
    *(0.0, -0.0, 5e-324, -1e-308, 1.0, -1.0, 0.5, 2.0, 3.0, -3.0),
    *(1e200, -1e-200, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan")),
)


def rounds(short: int) -> range:
    """`short` rounds, and in proportion more with --hypothesis-profile=long."""
    return range(short * settings.default.max_examples // 60)


@dataclass(frozen=True)
class Step:
    """One operator applied. An operand is the number of an earlier node, or a constant."""

    name: str
    operands: tuple[int | float, ...]


@dataclass(frozen=True)
class Expression:
    """Leaves, then steps; node i is leaf i, or the step after the leaves. The last is the root."""

    leaves: tuple[float, ...]
    steps: tuple[Step, ...]
    seed: float = 1.0

    def compute(self, leaf: Callable[[float], Any], functions: Mapping[str, Any]) -> list[Any]:
        """Return all nodes, made by `leaf` and by the function of each step's name."""
        nodes = [leaf(x) for x in self.leaves]
        for step in self.steps:
            operands = [nodes[x] if isinstance(x, int) else x for x in step.operands]
            nodes.append(applied(functions[step.name], step.name, operands))
        return nodes

    def at(self, leaves: Sequence[float]) -> Expression:
        return replace(self, leaves=tuple(leaves))


def applied(function: Any, name: str, operands: list[Any]) -> Any:
    if name == "dot":
        n = len(operands) // 2
        return function(operands[:n], operands[n : 2 * n], *operands[2 * n :])
    row = BUILT_IN.get(name)
    return function(operands) if row is not None and row.arity is None else function(*operands)


def random_number(source: random.Random, special: float) -> float:
    """A number near one, or with probability `special` one that tends to go wrong."""
    if source.random() < special:
        return source.choice(SPECIAL)
    return source.choice((source.uniform(-2, 2), source.gauss(0, 10), float(source.randint(-3, 3))))


def random_operand(source: random.Random, count: int, special: float) -> int | float:
    """Mostly one of the latest of `count` nodes, sometimes an older one or a constant."""
    if source.random() < 0.15:
        return random_number(source, special)
    nearest = min(count, 5) if source.random() < 0.7 else count
    return count - 1 - source.randrange(nearest)


def random_step(
    source: random.Random, name: str, row: Operator | None, count: int, special: float
) -> Step:
    arity = 2 if row is None else row.arity or source.choice((2, 3, 4, 5, 9))
    operands = [random_operand(source, count, special) for _ in range(arity)]
    if not any(isinstance(x, int) for x in operands):
        operands[0] = count - 1
    return Step(name, tuple(operands))


def random_expression(
    source: random.Random, names: Sequence[str], size: int, special: float = 0.1
) -> Expression:
    """Return an expression of `size` steps whose operators are drawn from `names`."""
    leaves = tuple(random_number(source, special) for _ in range(source.randint(1, 4)))
    steps: list[Step] = []
    for i in range(size):
        name = source.choice(names)
        row = BUILT_IN.get(name)
        steps.append(random_step(source, name, row, len(leaves) + i, special))
    return Expression(leaves, tuple(steps), random_number(source, special))
