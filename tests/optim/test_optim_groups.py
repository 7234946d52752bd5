"""Optimizers' parameters, options and state: groups, what is refused, saved and restored."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from scalargrad import Value
from scalargrad.optim import SGD, Adam, Nesterov, RMSProp
from tests.support.optimizers import KINDS, path, with_grads

# ------ groups and options


def test_groups_have_options_of_their_own() -> None:
    x, y = with_grads(1.0, 1.0)
    optimizer = SGD([{"params": [x]}, {"params": [y], "lr": 0.25}], lr=0.5)
    optimizer.step()
    assert (x.data, y.data) == (0.5, 0.75)
    optimizer.groups[1]["lr"] = 0.125
    optimizer.step()
    assert (x.data, y.data) == (0.0, 0.625)
    optimizer.lr = 1.0
    assert [group["lr"] for group in optimizer.groups] == [1.0, 1.0]


def test_group_added_later_starts_afresh() -> None:
    x, y = with_grads(1.0, 1.0)
    optimizer = SGD([x], lr=0.5, momentum=0.5)
    optimizer.step()
    optimizer.add_group([y], momentum=0.0)
    optimizer.step()
    assert (x.data, y.data) == (-0.25, 0.5)
    assert optimizer.parameters == (x, y)


@pytest.mark.parametrize("lr", [0.0, -0.1, math.inf, math.nan])
def test_lr_that_is_not_positive_is_refused(lr: float) -> None:
    with pytest.raises(ValueError, match="lr must be a positive number, got"):
        SGD([Value(1.0)], lr=lr)
    optimizer = SGD([Value(1.0)], lr=1.0)
    with pytest.raises(ValueError, match="lr must be a positive number, got"):
        optimizer.lr = lr
    assert optimizer.lr == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda ps: SGD(ps, 0.1, momentum=1.0), "momentum must be at least 0 and below 1"),
        (lambda ps: SGD(ps, 0.1, momentum=math.nan), "momentum must be at least 0 and below 1"),
        (lambda ps: SGD(ps, 0.1, weight_decay=-1.0), "weight_decay must be a number from 0 up"),
        (lambda ps: Adam(ps, betas=(0.9, 1.0)), "beta2 must be at least 0 and below 1, got 1.0"),
        (lambda ps: Adam(ps, betas=(-0.1, 0.9)), "beta1 must be at least 0 and below 1"),
        (lambda ps: Adam(ps, eps=0.0), "eps must be a positive number, got 0.0"),
        (lambda ps: RMSProp(ps, decay=2.0), "decay must be at least 0 and below 1, got 2.0"),
        (lambda ps: SGD([{"lr": 0.1}], lr=0.1), 'a group is {"params": …, option: …}'),
    ],
)
def test_option_out_of_range_is_refused(make: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make([Value(1.0)])


def test_option_that_is_no_number_or_unknown_is_refused() -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match="lr must be a positive number, got str"):
        SGD([x], lr="0.1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'betas' is no option of SGD: there are lr, momentum"):
        SGD([{"params": [x], "betas": 0.9}], lr=0.1)
    with pytest.raises(KeyError, match="'beta' is no option: there are lr, momentum"):
        SGD([x], lr=0.1).groups[0]["beta"] = 0.5


def test_what_are_no_parameters_is_refused() -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"expected Values, got float 1\.0 as parameter 1"):
        SGD([x, 1.0], lr=0.1)
    for wrong in (x, 3.0, None, "parameters"):
        with pytest.raises(TypeError, match="expected a model or a list of parameters, got"):
            SGD(wrong, lr=0.1)
    for empty in ([], {}, (), [{"params": []}]):
        with pytest.raises(ValueError, match="the list is empty"):
            SGD(empty, lr=0.1)
    with pytest.raises(ValueError, match="parameter 1 was computed, by mul"):
        SGD([x, x * 2.0], lr=0.1)


def test_parameter_that_comes_twice_is_refused() -> None:
    x, y = Value(1.0), Value(2.0)
    with pytest.raises(ValueError, match="parameter 2 is parameter 0 again"):
        SGD([x, y, x], lr=0.1)
    with pytest.raises(ValueError, match="parameter 1 is parameter 0 again"):
        SGD([{"params": [x]}, {"params": [x]}], lr=0.1)
    optimizer = SGD([x], lr=0.1)
    with pytest.raises(ValueError, match="parameter 2 is parameter 0 again"):
        optimizer.add_group([y, x])
    assert optimizer.parameters == (x,)


def test_look_ahead_ends_before_the_step_and_puts_back_what_it_moved() -> None:
    x = Value(1.0)
    optimizer = Nesterov([x], lr=0.5)
    path(optimizer, [1.0])
    with pytest.raises(RuntimeError, match="belongs after the block"), optimizer.look_ahead():
        optimizer.step()
    with pytest.raises(ZeroDivisionError), optimizer.look_ahead():
        raise ZeroDivisionError
    with pytest.raises(RuntimeError), optimizer.look_ahead(), optimizer.look_ahead():
        pass
    assert x.data == 0.5


# ------ state


@pytest.mark.parametrize("kind", KINDS)
def test_state_restores_the_run(kind: Any) -> None:
    x, y = Value(1.0), Value(1.0)
    one = kind([x], lr=0.3)
    path(one, [1.0, -0.5])
    other = kind([y], lr=0.1)
    y.data = x.data
    other.load_state_dict(one.state_dict())
    assert other.lr == 0.3
    assert path(other, [0.25, 2.0]) == path(one, [0.25, 2.0])


def test_state_is_a_copy() -> None:
    optimizer = SGD(with_grads(1.0), lr=0.1, momentum=0.5)
    state = optimizer.state_dict()
    optimizer.step()
    assert state == {
        "kind": "SGD",
        "rule": "momentum",
        "groups": [
            {
                "steps": 0,
                "options": {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.0},
                "state": {"velocity": [0.0]},
            }
        ],
    }


def damaged(state: dict[str, Any], *place: Any, by: Any) -> dict[str, Any]:
    found: Any = (state := copy.deepcopy(state))
    for key in place[:-1]:
        found = found[key]
    found[place[-1]] = by
    return state


class Renamed(Adam):
    """An optimizer of one's own, with the update rule of another."""


def test_state_of_another_optimizer_is_refused_by_both_names() -> None:
    (x,) = with_grads(1.0)
    made = [kind([x], lr=0.1) for kind in (*KINDS, Renamed)]
    made.append(SGD([x], 0.1, 0.5, nesterov=True))
    for own, other in permutations(made, 2):
        came, wanted = (f"{type(x).__name__} .rule '{x.rule.name}'." for x in (other, own))
        with pytest.raises(ValueError, match=f"that of {came}, this optimizer is {wanted}: load"):
            own.load_state_dict(other.state_dict())


@pytest.mark.parametrize(
    ("place", "by", "message"),
    [
        (("rule",), 1, "rule: expected 'adam', got int 1"),
        (("rule",), "other", r"of Adam \(rule 'other'\), this optimizer is Adam \(rule 'adam'\)"),
        (("kind",), 1, "kind: expected 'Adam', got int 1"),
        (("kind",), "AdamW", "that of AdamW .*, this optimizer is Adam "),
        (("more",), 1, "expected kind, rule and groups"),
        (("groups",), [], "groups: expected a list of 2"),
        (("groups", 1), None, "group 1: expected a dict, got NoneType"),
        (("groups", 1, "steps"), -1, "group 1: steps: expected a whole number from 0 up"),
        (("groups", 1, "steps"), math.inf, "steps: expected a whole number"),
        (("groups", 1, "steps"), "3", "steps: expected a whole number"),
        (("groups", 1, "steps"), 2.5, "steps: expected a whole number"),
        (("groups", 1, "options", "lr"), 0.0, "lr must be a positive number"),
        (("groups", 1, "options", "lr"), "0.1", "lr: expected a number, got str"),
        (("groups", 1, "options", "momentum"), 0.5, r"options: expected the entries \['lr', "),
        (("groups", 1, "state", "mean"), [0.0], "mean: expected a list of 2 floats"),
        (("groups", 1, "state", "mean"), [0.0, None], "mean: expected a list of 2 floats"),
        (("groups", 1, "state"), [], r"state: expected the entries \['mean', 'squares'\]"),
    ],
)
def test_unfit_state_is_refused_and_changes_nothing(place: Any, by: Any, message: str) -> None:
    x, y, z = with_grads(1.0, 2.0, 3.0)
    optimizer = Adam([{"params": [x]}, {"params": [y, z], "lr": 0.5}])
    fresh = optimizer.state_dict()
    optimizer.step()
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(damaged(fresh, *place, by=by))
    assert optimizer.state_dict() == before
