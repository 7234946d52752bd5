"""What a compiled function sees besides its arguments is followed, or refused with the cure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler import compile
from scalargrad.randomness import bernoulli, seed

np = pytest.importorskip("numpy")

FACTOR = 2.0


# ------ numbers that a program must not freeze


@pytest.mark.parametrize(
    "f",
    [
        lambda x: float(x) * x,
        lambda x: int(x) * x,
        lambda x: complex(x),
        lambda x: math.sin(x) * x,
        lambda x: [1.0, 2.0][x],
        lambda x: range(x),
        lambda x: np.float64(x) * x,
        lambda x: random.random() * x,
        lambda x: random.gauss(0.0, 1.0) * x,
        lambda x: setattr(x, "data", 1.0) or x,
    ],
)
@pytest.mark.parametrize("at", [1.0, sg.Value(1.0), "lanes"])
def test_a_number_that_would_be_frozen_is_refused_with_the_cure(
    f: Callable[[Any], Any], at: Any
) -> None:
    with pytest.raises(TypeError, match=r"compile cannot follow .*(use|choose|return|pass)"):
        compile(f, batch=True)(np.array([1.0, 2.0]) if at == "lanes" else at)


@pytest.mark.parametrize("name", ["backward", "zero_grad"])
def test_what_only_values_do_is_refused_of_them_and_missing_of_floats(name: str) -> None:
    def f(x: Any) -> Any:
        return getattr(x, name)()

    with pytest.raises(TypeError, match=r"compile cannot follow backward"):
        compile(f)(sg.Value(1.0))
    for gate, at in ((compile(f), 1.0), (compile(f, batch=True), np.array([1.0, 2.0]))):
        with pytest.raises(AttributeError, match=f"'float' object has no attribute '{name}'"):
            gate(at)


def test_random_numbers_that_are_refused_leave_the_generator_as_it_was() -> None:
    before = random.getstate()
    with pytest.raises(TypeError, match="random numbers"):
        compile(lambda x: random.random() * x)(1.0)
    assert random.getstate() == before


def test_writing_to_a_value_from_outside_is_refused() -> None:
    w = sg.Value(3.0)

    def f(x: Any) -> Any:
        w.data = 5.0
        return w * x

    with pytest.raises(TypeError, match=r"must not change Values; return the new number"):
        compile(f)(1.0)
    assert w.data == 3.0


def test_data_of_an_argument_is_its_number_without_gradient() -> None:
    compiled = compile(lambda x: x * x.data + x.detach())
    assert sg.value_and_grad(compiled)(3.0) == (12.0, 3.0)
    assert sg.value_and_grad(compiled)(5.0) == (30.0, 5.0)


def test_data_of_a_closed_over_value_is_followed() -> None:
    w = sg.Value(3.0)
    compiled = compile(lambda x: w.data * x + w * x)
    for number in (3.0, 5.0, -0.0):
        w.data, w.grad = number, 0.0
        out = compiled(2.0)
        out.backward()
        assert (out.data, w.grad) == (4.0 * number, 2.0)
        assert out.parents == (w,)


def test_a_leaf_made_of_a_traced_number_is_a_variable_of_its_own() -> None:
    compiled = compile(lambda x: x * sg.Value(x.data) + sg.Value(2.0))
    assert sg.value_and_grad(compiled)(3.0) == (11.0, 3.0)


# ------ what changes between calls


def test_globals_cells_and_defaults_that_change_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    offset = 1.0

    def f(x: Any, scale: float = 10.0) -> Any:
        return scale * (FACTOR * x + offset)

    compiled = compile(f)
    assert compiled(1.0) == 30.0
    monkeypatch.setitem(f.__globals__, "FACTOR", 3.0)
    assert compiled(1.0) == 40.0
    offset = 5.0
    assert compiled(1.0) == 80.0
    f.__defaults__ = (1.0,)
    assert compile(f)(1.0) == 8.0
    assert compiled(1.0, 2.0) == 16.0


def test_containers_and_arrays_that_change_in_place_are_seen() -> None:
    weights, table, array = [1.0, 2.0], {"bias": [0.5]}, np.array([4.0, 5.0])

    def f(x: Any) -> Any:
        return weights[0] * x + weights[-1] + table["bias"][0] + float(array[1])

    compiled = compile(f)
    assert compiled(1.0) == f(1.0) == 8.5
    weights[0] = 3.0
    assert compiled(1.0) == f(1.0) == 10.5
    table["bias"][0] = 1.5
    assert compiled(1.0) == f(1.0) == 11.5
    array[1] = 0.0
    assert compiled(1.0) == f(1.0) == 6.5
    weights.append(7.0)
    assert compiled(1.0) == f(1.0) == 11.5


def test_nan_and_minus_zero_among_what_is_closed_over_are_told_apart() -> None:
    constant = math.nan
    compiled = compile(lambda x: sg.where(constant, x, 1.0) if constant == constant else -x)
    assert compiled(2.0) == -2.0
    constant = 0.0
    assert compiled(2.0) == 1.0
    inverse = compile(lambda x: x / sg.Value(constant))
    assert inverse(1.0).data == math.inf
    constant = -0.0
    assert inverse(1.0).data == -math.inf


def test_functions_that_a_function_calls_are_looked_into() -> None:
    factor = 2.0

    def helper(x: Any) -> Any:
        return factor * x

    compiled = compile(lambda x: helper(x) + 1.0)
    assert compiled(3.0) == 7.0
    factor = 5.0
    assert compiled(3.0) == 16.0


def test_attributes_of_a_model_are_part_of_what_is_compiled() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = sg.Value(2.0)
            self.power = 1

        def __call__(self, x: Any) -> Any:
            return self.weight * x**self.power

    model = Scaled()
    given, closed = compile(lambda m, x: m(x)), compile(lambda x: model(x))
    assert given(model, 3.0).data == closed(3.0).data == 6.0
    model.power = 2
    assert given(model, 3.0).data == closed(3.0).data == 18.0
    model.weight = sg.Value(5.0)
    assert given(model, 3.0).data == closed(3.0).data == 45.0
    assert given(model, 3.0).parents == closed(3.0).parents == (model.weight,)


def test_a_list_of_parameters_that_are_replaced_is_seen() -> None:
    parameters = [sg.Value(1.0), sg.Value(2.0)]
    compiled = compile(lambda x: sg.dot(parameters, [x, x * x]))
    assert compiled(3.0).data == 21.0
    parameters[1] = sg.Value(0.5)
    out = compiled(3.0)
    assert (out.data, out.parents) == (7.5, tuple(parameters))


# ------ static arguments


def test_static_arguments_are_told_apart_by_kind_and_sign() -> None:
    def f(x: Any, k: Any) -> Any:
        return x * {int: 2.0, bool: 3.0, str: 5.0, type(None): 7.0}.get(type(k), 11.0)

    compiled = compile(f)
    for k in (1, True, "a", None, 0, False, 1, True):
        assert compiled(1.0, k) == f(1.0, k)
    assert compiled(1.0, 1.0) == 11.0
    power = compile(lambda x, n: x**n)
    assert [power(3.0, n) for n in (2, 3, 2, -1)] == [9.0, 27.0, 9.0, 1 / 3]


def test_a_float_is_no_constant() -> None:
    compiled = compile(lambda x, y: x / y)
    assert [compiled(1.0, y) for y in (0.0, -0.0, 2.0)] == [math.inf, -math.inf, 0.5]


# ------ chance


def test_draws_are_fresh_in_every_call_and_lane_and_follow_the_seed() -> None:
    compiled = compile(lambda x: sg.where(bernoulli(0.5), x, 0.0), batch=True)
    seed(7)
    first, second = compiled(np.ones(200)), compiled(np.ones(200))
    seed(7)
    again = compiled(np.ones(200))
    assert first.tolist() == again.tolist() != second.tolist()
    assert 50 < first.sum() < 150


def test_a_branch_on_a_draw_goes_both_ways() -> None:
    compiled = compile(lambda x: x * 2.0 if bernoulli(0.3) else x * 5.0, batch=True)
    drawn = compiled(np.ones(2000))
    assert set(drawn.tolist()) == {2.0, 5.0}
    assert 3.9 < drawn.mean() < 4.3
    assert {compiled(1.0) for _ in range(40)} == {2.0, 5.0}


def test_dropout_is_drawn_anew_while_training_and_absent_otherwise() -> None:
    model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    loss = compile(lambda m, x: m(x)[0], batch="x", reduce="mean")
    samples = np.ones((50, 2))
    assert loss(model, samples).data != loss(model, samples).data
    model.eval()
    expected = model([1.0, 1.0])[0].data
    assert loss(model, samples).data == pytest.approx(expected, rel=1e-13)
    model.train()
    assert loss(model, samples).data != pytest.approx(expected, rel=1e-13)
