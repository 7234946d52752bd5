"""The suite over the table is put to the test itself: every row made wrong has to be caught.

A mutant is a row with one thing changed: a partial's sign, a millionth of its size, a partial
dropped or shifted by a millionth; or a millionth of the forward's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mpmath import mp

from scalargrad.rows import BUILT_IN, Operator
from tests.support.reference import (
    FUNCTIONS,
    exact_derivative,
    exact_value,
    sample_operands,
    smooth_operands,
)
from tests.support.row_checks import check_first_derivative, check_second_derivative, check_value

MILLIONTH = 1e-6

Change = Callable[[Any], Any]
CHANGES: dict[str, Change] = {
    "sign flipped": lambda p: -p,
    "a millionth larger": lambda p: p * (1.0 + MILLIONTH),
    "dropped": lambda p: 0.0 * p,
    "shifted by a millionth": lambda p: p + MILLIONTH,
}


@pytest.fixture(autouse=True)
def thirty_digits() -> Iterator[None]:
    with mp.workdps(30):
        yield


def changed(row: Operator, **columns: Any) -> Operator:
    """Return the row with other columns, as an operator outside the table."""
    mutant = object.__new__(Operator)
    vars(mutant).update(vars(row), code=-1, **columns)
    return mutant


def with_partial(row: Operator, i: int, change: Change) -> Operator:
    """Return the row with the partial in operand `i` changed, or of a list the whole rule."""
    if callable(row.partials):
        rule = row.partials
        listed = row.count is None
        return changed(
            row,
            partials=lambda *a: list(map(change, rule(*a))) if listed else change(rule(*a)),
        )
    columns = {"partials": mutated(row.partials, i, change)}
    if row.beside_constant is not None:
        columns["beside_constant"] = mutated(row.beside_constant, i, change)
    return changed(row, **columns)


def mutated(rules: Any, i: int, change: Change) -> Any:
    return tuple((lambda *a, r=r: change(r(*a))) if j == i else r for j, r in enumerate(rules))


def variable_operands(row: Operator) -> list[int]:
    """The operands whose partial the row itself computes."""
    if row.arity is None:
        return [0]
    last = row.arity if row.constant_from is None else row.constant_from
    return smooth_operands(row.name, range(last))


def is_flat(row: Operator, i: int) -> bool:
    """Whether the derivative is 0 at every sample, so that most changes change nothing."""
    with mp.workdps(30):
        return not any(exact_derivative(row.name, x, i) for x in sample_operands(row))


MUTANTS = [
    pytest.param(name, i, change, id=f"{name}-{i}-{change}")
    for name, row in BUILT_IN.items()
    for i in variable_operands(row)
    for change in CHANGES
    if change == "shifted by a millionth" or not is_flat(row, i)
]


def assert_caught(mutant: Operator, *checks: Callable[[Operator], None]) -> None:
    for check in checks:
        try:
            check(mutant)
        except AssertionError:
            return
    pytest.fail(f"the suite passes a wrong {mutant.name}")


@pytest.mark.parametrize("name, i, change", MUTANTS)
def test_wrong_partial_is_caught(name: str, i: int, change: str) -> None:
    row = BUILT_IN[name]
    assert_caught(with_partial(row, i, CHANGES[change]), check_first_derivative)


@pytest.mark.parametrize("name", BUILT_IN)
def test_wrong_forward_is_caught(name: str) -> None:
    row = BUILT_IN[name]
    forward = row.forward
    assert any(exact_value(name, x) for x in sample_operands(row)), "needs a sample that is not 0"
    mutant = changed(row, forward=lambda *xs: forward(*xs) * (1.0 + MILLIONTH))
    assert_caught(mutant, check_value)


@pytest.mark.parametrize("name", BUILT_IN)
def test_unchanged_copy_of_a_row_passes(name: str) -> None:
    copy = changed(BUILT_IN[name])
    check_value(copy)
    check_first_derivative(copy)
    check_second_derivative(copy)


def test_row_without_a_reference_fails_the_suite() -> None:
    row = changed(BUILT_IN["exp"], name="unheard_of")
    assert row.name not in FUNCTIONS
    with pytest.raises(LookupError, match="unheard_of is not in FUNCTIONS"):
        check_value(row)


def test_second_derivative_that_forgets_the_chain_rule_is_caught() -> None:
    # right on floats, but its graph does not depend on the operand
    square = BUILT_IN["square"]
    frozen = changed(square, partials=(lambda out, x: 2.0 * getattr(x, "data", x),))
    check_first_derivative(frozen)
    with pytest.raises(AssertionError):
        check_second_derivative(frozen)
