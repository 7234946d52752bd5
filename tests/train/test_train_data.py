"""What data may look like, and what is said of data that make no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Value
from scalargrad.data import samples

PAIRS = [([1.0, 2.0], 0), ([3.0, 4.0], 1), ([5.0, 6.0], 0)]
X, Y = [x for x, _ in PAIRS], [y for _, y in PAIRS]


class Table:
    """As a data frame or its column: not an array, but turns into one."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    def __iter__(self) -> Any:
        return iter(["names", "of", "columns"])

    def to_numpy(self) -> Any:
        return self.array


@pytest.mark.parametrize(
    "data",
    [
        PAIRS,
        tuple(PAIRS),
        iter(PAIRS),
        zip(X, Y),
        dict(enumerate(PAIRS)).values(),
        [list(pair) for pair in PAIRS],
        [(np.array(x), np.int64(y)) for x, y in PAIRS],
        (X, Y),
        (iter(X), iter(Y)),
        (np.array(X), np.array(Y)),
        (np.array(X), Y),
        ([np.array(x) for x in X], Y),
        (Table(X), Table(Y)),
    ],
)
def test_every_form_gives_the_same_pairs_of_plain_numbers(data: Any) -> None:
    found = samples(data)
    assert found == PAIRS
    assert all(type(x) is list and type(y) is int for x, y in found)


def test_values_pass_as_they_are() -> None:
    x = Value(1.0)
    assert samples([([x], 1.0)])[0][0][0] is x
    assert samples(([[x]], [1.0]))[0][0][0] is x
    assert samples((np.array([[x]]), np.array([1.0])))[0][0][0] is x


def test_numbers_alone_are_inputs_too() -> None:
    assert samples((np.array([1.0, 2.0, 3.0]), [4.0, 5.0, 6.0])) == [
        (1.0, 4.0),
        (2.0, 5.0),
        (3.0, 6.0),
    ]


@given(inputs=st.integers(0, 6), targets=st.integers(0, 6))
def test_as_many_targets_as_inputs_are_needed(inputs: int, targets: int) -> None:
    data = ([[0.0]] * inputs, [0] * targets)
    if inputs == targets > 0:
        assert len(samples(data)) == inputs
    else:
        wrong = f"expected {inputs} targets, one for each input, got {targets}"
        with pytest.raises(ValueError, match="no sample" if inputs == targets else wrong):
            samples(data)


@pytest.mark.parametrize("data", [[], (), iter([]), ([], []), (np.empty((0, 2)), [])])
def test_no_sample_at_all_is_an_error(data: Any) -> None:
    with pytest.raises(ValueError, match="there is no sample: expected at least one"):
        samples(data)


@pytest.mark.parametrize(
    "data", [None, 3.0, "pairs", {"x": 1}, Value(1.0), np.array(2.0)], ids=repr
)
def test_what_is_no_data_is_named(data: Any) -> None:
    with pytest.raises(TypeError, match=r"expected pairs \(input, target\), got"):
        samples(data)


@pytest.mark.parametrize(
    "item, came",
    [([1.0, 2.0, 3.0], "list of 3"), (4.0, "float"), ([], "list of 0"), (None, "None")],
)
def test_what_is_no_pair_is_named_with_its_place(item: Any, came: str) -> None:
    with pytest.raises(ValueError, match=rf"sample 1: expected a pair .* got {came}"):
        samples([([1.0], 2.0), item])


@pytest.mark.parametrize("part", [0, 1])
def test_a_part_of_a_tuple_that_is_no_list_is_named(part: int) -> None:
    data: list[Any] = [X, Y]
    data[part] = 5
    wanted = ["a list of inputs", "a list of targets"][part]
    with pytest.raises(TypeError, match=f"expected {wanted}, got int 5"):
        samples(tuple(data))


def test_two_pairs_and_a_pair_of_twos_are_told_apart_or_refused() -> None:
    with pytest.raises(ValueError, match="either two samples or two inputs with two targets"):
        samples((([1.0], 0), ([2.0], 1)))
    assert samples([([1.0], 0), ([2.0], 1)]) == [([1.0], 0), ([2.0], 1)]
    assert samples(([[1.0], [2.0]], [0, 1])) == [([1.0], 0), ([2.0], 1)]
