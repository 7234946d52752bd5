"""Random expressions over the whole table, as functions of their leaves."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import scalargrad as sg
from scalargrad.rows import BUILT_IN
from tests.support.compiled import Function, of_arguments
from tests.support.expressions import Expression, random_expression

FUNCTIONS = {name: getattr(sg, name, op) for name, op in BUILT_IN.items()}
"""What computes each row: its public function, or the row itself."""
NAMES = [name for name, op in BUILT_IN.items() if not op.hidden]


def function_of(expression: Expression) -> Function:
    functions = {name: getattr(sg, name) for name in NAMES}

    def root(leaves: Sequence[Any]) -> Any:
        rest = iter(leaves)
        return expression.compute(lambda _: next(rest), functions)[-1]

    return of_arguments(root, len(expression.leaves))


def drawn(names: Sequence[str], special: float) -> tuple[random.Random, Expression]:
    source = random.Random(random.getrandbits(64))
    return source, random_expression(source, names, source.choice((1, 3, 8, 20)), special)
