"""What options of many functions may be; all else is refused, before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import squared_error
from scalargrad.optim import SGD, schedules
from scalargrad.options import function, items, limit, truth, whole
from scalargrad.train import EarlyStopping, accuracy, fit

np = pytest.importorskip("numpy")


@pytest.mark.parametrize("count", [0, -1, 1.5, float("nan"), None, True, "3", [1]])
@pytest.mark.parametrize(
    "taken",
    [
        lambda x: whole("count", x),
        lambda x: EarlyStopping(patience=x),
        lambda x: schedules.linear(x),
        lambda x: sg.compile(lambda y: y, threads=x),
        lambda x: sg.compile(lambda y: y, max_paths=x),
    ],
)
def test_a_count_is_a_whole_number_from_1_up(taken: Callable[[Any], Any], count: Any) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 1 up, got"):
        taken(count)


def test_a_count_may_be_numpys() -> None:
    assert whole("count", np.int64(3)) == 3 and type(whole("count", np.int64(3))) is int
    assert EarlyStopping(patience=np.int64(2)).patience == 2


@pytest.mark.parametrize("choice", ["no", 0, 1, None, []])
def test_a_choice_is_true_or_false(choice: Any) -> None:
    with pytest.raises(TypeError, match="must be True or False, got"):
        truth("choice", choice)
    model = nn.MLP(1, [1])
    before = [p.data for p in model.parameters()]
    with pytest.raises(TypeError, match="shuffle must be True or False, got"):
        fit(model, squared_error, [([1.0], 1.0)], SGD(model, 0.1), 1, shuffle=choice)
    assert [p.data for p in model.parameters()] == before
    assert truth("choice", np.bool_(True)) is True


def test_a_limit_is_a_number() -> None:
    model = nn.MLP(1, [1])
    with pytest.raises(ValueError, match="threshold must be a number, got nan"):
        accuracy(model, [([1.0], 1)], threshold=float("nan"))
    with pytest.raises(TypeError, match="threshold must be a number, got str 'a'"):
        accuracy(model, [([1.0], 1)], threshold="a")
    assert limit("limit", 2) == 2.0


@pytest.mark.parametrize("batch", [None, (), False])
def test_what_is_reduced_has_lanes(batch: Any) -> None:
    with pytest.raises(ValueError, match="reduce='sum' adds up lanes, and there are none"):
        sg.compile(lambda x: x, batch=batch, reduce="sum")


@pytest.mark.parametrize("batch", [3, 1, 0, 1.5, [1], ("x", 2), object()])
def test_batch_is_names_or_true(batch: Any) -> None:
    with pytest.raises(TypeError, match="batch must be the name of an argument, a list of names"):
        sg.compile(lambda x: x, batch=batch)


@pytest.mark.parametrize("rows", [["a", "b"], [b"a"], [1j, 2.0]])
def test_samples_are_numbers(rows: Any) -> None:
    gate = sg.compile(lambda w, x: w, batch="x")
    with pytest.raises(TypeError, match="expected numbers as samples, got list"):
        gate(1.0, rows)
    assert list(gate(1.0, [True, False])) == [1.0, 1.0]


@pytest.mark.parametrize("name", ["lr", "momentum", "weight_decay"])
def test_an_option_is_no_truth(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a number, got True"):
        SGD(nn.MLP(1, [1]), **{"lr": 0.1, name: True})


def test_a_function_that_makes_functions_has_to_be_called_first() -> None:
    with pytest.raises(TypeError, match=r"rate must be a function, got cosine, .*: cosine\(…\)"):
        function("rate", schedules.cosine, "a function")
    made = schedules.cosine(10)
    assert function("rate", made, "a function") is made


@pytest.mark.parametrize("wrong", [3, "abc", {"a": 1}, None])
def test_items_are_those_of_a_list(wrong: Any) -> None:
    with pytest.raises(TypeError, match="xs must be a list, got"):
        items("xs", wrong, "a list")
    assert items("xs", (x for x in "ab"), "a list") == ["a", "b"]
