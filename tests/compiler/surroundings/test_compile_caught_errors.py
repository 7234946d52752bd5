"""Errors that a function catches itself: those of arithmetic come as with plain floats, and what
compile refuses stays refused."""

from __future__ import annotations

import contextlib
import copy
import functools
import math
import pickle
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Value

# ------ errors of arithmetic


class Forgiving:
    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, error: type[BaseException] | None, *rest: Any) -> bool:
        return error is not None and issubclass(error, (ArithmeticError, ValueError))


ALL = (ZeroDivisionError, OverflowError, ValueError)


def by_name(f: Callable[[float], Any], x: float) -> Any:
    try:
        return f(x)
    except ZeroDivisionError:
        return 5.0
    except (OverflowError, ValueError):
        return 6.0


def by_variable(f: Callable[[float], Any], x: float) -> Any:
    try:
        return f(x)
    except ALL:
        return 5.0


def by_base(f: Callable[[float], Any], x: float) -> Any:
    try:
        return f(x)
    except (KeyError, ArithmeticError, ValueError) as error:
        return 5.0 if isinstance(error, ZeroDivisionError) else 6.0


def by_block(f: Callable[[float], Any], x: float) -> Any:
    with Forgiving():
        return f(x)
    return 5.0


def by_suppressing(f: Callable[[float], Any], x: float) -> Any:
    with contextlib.suppress(*ALL):
        return f(x)
    return 5.0


def by_stack(f: Callable[[float], Any], x: float) -> Any:
    with contextlib.ExitStack() as stack:
        stack.enter_context(Forgiving())
        return f(x)
    return 5.0


def at_last(f: Callable[[float], Any], x: float) -> Any:
    done, y = False, 0.0
    try:
        y = f(x)
        done = True
    finally:
        if not done:
            return 5.0  # noqa: B012
    return y


WAYS = [by_name, by_variable, by_base, by_block, by_suppressing, by_stack, at_last]
FAULTS: dict[str, Callable[[Any], Any]] = {
    "1/x": lambda x: 1.0 / x,
    "x/x": lambda x: x / x,
    "2//x": lambda x: 2.0 // x,
    "7%x": lambda x: 7.0 % x,
    "divmod": lambda x: divmod(3.0, x)[0],
    "x**-1": lambda x: x**-1.0,
    "x**-2": lambda x: x**-2,
    "0**x": lambda x: 0.0**x,
    "x**400": lambda x: (x * 1e3) ** 400.0,
    "10**x": lambda x: 10.0 ** (x * 1e3),
    "x**-inf": lambda x: x**-math.inf,
    "0**log": lambda x: 0.0 ** sg.log(abs(x)),
    "x**nan": lambda x: (x * 0.0) ** (-math.inf * abs(x)),
    "round": lambda x: round(x * 1e308 * 10.0) * 1.0,
    "floor": lambda x: math.floor(x * 1e308 * 10.0) * 1.0,
    "ceil of NaN": lambda x: math.ceil(x * math.inf) * 1.0,
    "trunc": lambda x: math.trunc(x) * 1.0,
}
POINTS = [0.0, -0.0, 1.0, -1.0, 2.5, -3.0, 1e-300]


def outcome(f: Callable[..., Any], *args: Any) -> Any:
    try:
        found = f(*args)
    except ArithmeticError as error:
        return type(error)
    return found.data if isinstance(found, Value) else float(found)


def is_same(x: Any, y: Any) -> bool:
    return x == y or (x != x and y != y)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_errors_of_arithmetic_are_those_of_floats(way: Any, fault: str) -> None:
    f = functools.partial(way, FAULTS[fault])
    gate = sg.compile(f)
    for x in POINTS:
        assert is_same(outcome(gate, x), outcome(f, x)), x


@pytest.mark.parametrize("fault", ["1/x", "x**-1", "x**400", "round"])
def test_lanes_catch_each_their_own(fault: str) -> None:
    for way in WAYS:
        f = functools.partial(way, FAULTS[fault])
        found = sg.compile(f, batch=True)(np.array(POINTS))
        assert all(map(is_same, found.tolist(), [f(x) for x in POINTS]))


@pytest.mark.parametrize("fault", ["1/x", "x**-1", "x**400"])
def test_values_raise_no_errors_of_arithmetic(fault: str) -> None:
    for way in WAYS:
        f = functools.partial(way, FAULTS[fault])
        for x in POINTS:
            assert is_same(outcome(sg.compile(f), Value(x)), outcome(f, Value(x)))


def test_who_catches_other_errors_asks_for_no_guards() -> None:
    def f(x: float) -> float:
        try:
            return 1.0 / x
        except (KeyError, IndexError):
            return 5.0

    gate = sg.compile(f)
    assert (gate(2.0), gate(0.0)) == (0.5, math.inf)
    assert "1 path" in str(gate.program(2.0))


# ------ refusals


@functools.lru_cache
def remembered(x: Any) -> Any:
    return x * 3.0


def set_data(x: Any) -> None:
    Value(3.0).data = x


def back(x: Any) -> Any:
    (Value(3.0) * 2.0).backward()
    return (x * 2.0).backward()


REFUSED: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "int": int,
    "math": math.sin,
    "isfinite": math.isfinite,
    "method": lambda x: x.hex(),
    "text": lambda x: "%d" % x,  # noqa: UP031
    "array": lambda x: np.array([x, 1.0], dtype=float),
    "key": lambda x: {2.0: 2.0}[x],
    "set": lambda x: x in {1.0, 2.0},
    "cache": remembered,
    "hash": hash,
    "backward": back,
    "grad": lambda x: x.grad,
    "pickle": pickle.dumps,
    "Value": lambda x: Value(3.0, (Value(2.0),), (x,)),
}


def with_fallback(f: Callable[[Any], Any], x: Any) -> Any:
    try:
        f(x)
    except Exception:
        return x * 100.0
    return x * 1.0


def with_another_error(f: Callable[[Any], Any], x: Any) -> Any:
    try:
        f(x)
    except TypeError:
        raise KeyError("another") from None
    return x


def raises(f: Callable[[Any], Any], x: Any) -> bool:
    try:
        f(x)
    except Exception:
        return True
    return False


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_that_the_function_catches_is_raised_again(name: str) -> None:
    for way, x in product((with_fallback, with_another_error), (2.0, Value(2.0))):
        f = functools.partial(way, REFUSED[name])
        try:
            found = sg.compile(f)(x)
        except TypeError as error:
            assert str(error).startswith("compile cannot follow")
        except (KeyError, AttributeError):
            assert raises(f, x)
        else:
            assert raises(REFUSED[name], x)
            assert float(getattr(found, "data", found)) == 200.0


def test_a_function_may_catch_what_a_value_raises() -> None:
    def sine(x: Any) -> Any:
        try:
            return math.sin(x)
        except TypeError:
            return sg.sin(x)

    gate = sg.compile(sine)
    assert gate(Value(0.5)).data == sg.value_and_grad(gate)(0.5)[0] == math.sin(0.5)
    with pytest.raises(TypeError, match="the function catches this error"):
        gate(0.5)


def test_nothing_is_refused_for_good() -> None:
    state = {"refuse": True}

    def f(x: Any) -> Any:
        with contextlib.suppress(TypeError):
            return {1.0: 2.0}[x] if state["refuse"] else copy.copy(x)
        return x

    gate = sg.compile(f)
    with pytest.raises(TypeError, match="a number in a set"):
        gate(1.0)
    state["refuse"] = False
    assert gate(1.0) == 1.0


# ------ what a forward function is given


@pytest.mark.parametrize("digits", range(-2, 5))
def test_decimal_ties_are_rounded_as_python_rounds_them(digits: int) -> None:
    def f(x: Any) -> Any:
        return round(x, digits)

    ties = [(k + 0.5) * 10.0**-digits for k in range(-30, 30)]
    gate, lanes = sg.compile(f), sg.compile(f, batch=True)
    expected = [float(f(x)) for x in ties]
    assert [gate(x) for x in ties] == lanes(np.array(ties)).tolist() == expected
    assert [gate(Value(x)).data for x in ties] == expected


def test_operators_of_ones_own_are_given_floats() -> None:
    seen = set()

    def forward(x: float, y: float) -> float:
        seen.update((type(x), type(y)))
        return x * y

    product = sg.operator("product", forward, lambda out, x, y: y, lambda out, x, y: x)
    gate = sg.compile(lambda x, y: product(x, y))
    assert gate(2.0, 3.0) == gate(np.float64(2.0), 3) == 6.0
    assert sg.value_and_grad(gate, (0, 1))(2.0, 3.0) == (6.0, (3.0, 2.0))
    lanes = sg.compile(lambda x, y: product(x, y), batch="x")
    assert lanes(np.array([1.0, 2.0]), 3.0).tolist() == [3.0, 6.0]
    assert seen == {float}
