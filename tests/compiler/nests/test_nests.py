"""Programs with loops: their results and derivatives are those of eager mode, in every engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from scalargrad.compiler.machine.code_checking import is_nest
from scalargrad.compiler.machine.instructions import LOOP
from scalargrad.compiler.nests import distribution
from scalargrad.compiler.nests.encoding import NestCode
from scalargrad.compiler.nests.nest import Refused
from scalargrad.compiler.nests.program import Derived
from tests.support.expressions import rounds
from tests.support.nests_made import asked, bits, code_of_function, eager, names, runs
from tests.support.random_loops import INPUTS, random_function


@pytest.fixture(autouse=True)
def number_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves a loop to be done by vectors, whose functions may differ in the last digit."""
    monkeypatch.setattr(distribution, "LEAST_TRIPS", math.inf)


def agrees(f: Callable[..., Any], numbers: list[float], careful: bool = False) -> NestCode:
    """Check that all engines agree with eager, the native one the second time too."""
    code = code_of_function(f, numbers, careful)
    assert is_nest(code)
    expected = eager(f, numbers)
    first, *others = runs(code, numbers)
    assert first == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert bits(first[:1]) == bits(expected[:1])
    assert [bits(found) for found in others] == [bits(first)] * len(others)
    return code


# ------ random functions
@pytest.mark.parametrize("careful", [False, True])
def test_random_nested_loops_agree_with_eager(careful: bool) -> None:
    refused = done = 0
    for _ in rounds(25):
        seed = Random().randrange(2**32)
        f = random_function(seed)
        numbers = [Random(seed).uniform(-1.0, 1.0) for _ in range(INPUTS)]
        try:
            if not all(map(math.isfinite, eager(f, numbers))):
                continue
            agrees(f, numbers, careful)
        except OverflowError:
            continue
        except Refused:
            refused += 1
        except BaseException:
            print(seed, f.source)  # type: ignore[attr-defined]
            raise
        done += 1
    assert refused * 10 <= done


# ------ what an iteration gets from those before
def pendulum(m: Any, angle: Any, speed: Any, g: Any) -> Any:
    for _ in range(50):
        speed = speed - 0.01 * g * m.sin(angle)
        angle = angle + 0.01 * speed
    return angle * angle + speed


def test_numbers_are_carried_in_place() -> None:
    code = agrees(pendulum, [1.0, 0.1, 9.8])
    loops = [name for name in names(code) if name == "LOOP"]
    assert len(loops) == 2
    begin = names(code).index("LOOP")
    # what it keeps of the sine and of angle and speed stands where it is computed
    assert names(code)[begin + 1 : begin + 5] == [
        *("ALONG", "SINE_COSINE", "MINUS_PRODUCT", "PLUS_PRODUCT"),
    ]
    assert {"READ", "WRITE"}.isdisjoint(names(code))


def test_numbers_that_change_places() -> None:
    def f(m: Any, a: Any, b: Any, c: Any) -> Any:
        for _ in range(30):
            a, b, c = b, c * 0.5, m.sin(a)
        return a + b * c

    agrees(f, [0.3, 0.4, 0.5])


def test_numbers_of_several_iterations_ago() -> None:
    def f(m: Any, a: Any, b: Any, c: Any) -> Any:
        y = [a, b, c]
        for t in range(3, 60):
            y.append(m.tanh(a * y[t - 1] + b * y[t - 2] - c * y[t - 3]))
        return y[-1] + y[-4] * y[20]

    agrees(f, [0.3, 0.4, 0.2])


def test_a_body_that_reads_its_first_iteration_for_ever() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        kept, x = None, a
        for _ in range(40):
            x = m.sin(x * b)
            kept = x if kept is None else kept
            x = x + kept * 0.5
        return x

    agrees(f, [0.7, 0.9])


def test_a_number_of_two_iterations_ago_with_its_reader_before_its_writer() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        ys = [a, b, a]
        x = b
        for _ in range(30):
            x = ys[-2] + x * 0.5
            ys.append(m.sin(x) * a)
        return x

    agrees(f, [0.7, 0.9])


def test_a_loop_next_to_inputs_whose_law_would_run_into_them() -> None:
    def f(m: Any, *x: Any) -> Any:
        total = x[0] * x[1]
        for k in range(30):
            total = total + x[(5 - k) % 6] * x[k % 6]
        return total

    agrees(f, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])


# ------ results of earlier loops
def rnn(size: int, steps: int) -> Callable[..., Any]:
    def f(m: Any, *w: Any) -> Any:
        rows = [w[i * size : (i + 1) * size] for i in range(size)]
        h = [0.1 * x for x in w[:size]]
        for t in range(steps):
            new = []
            for i in range(size):
                s = w[i] * (0.01 * t)
                for j in range(size):
                    s = s + rows[i][j] * h[j]
                new.append(m.tanh(s))
            h = new
        total = h[0] * h[0]
        for x in h[1:]:
            total = total + x * x
        return total

    return f


def test_a_recurrent_network_of_loops_in_loops() -> None:
    random = Random(1)
    code = agrees(rnn(6, 12), [random.uniform(-1.0, 1.0) for _ in range(36)])
    assert names(code).count("LOOP") > 4


def test_results_are_walked_backward() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        ys, x = [], a
        for _ in range(40):
            x = m.sin(x + b)
            ys.append(x)
        total = a * b
        for y in reversed(ys):
            total = total * 0.9 + y * y
        return total

    agrees(f, [0.7, 0.9])


def test_inputs_without_a_stride() -> None:
    random = Random(3)
    order = [random.randrange(5) for _ in range(60)]

    def f(m: Any, *x: Any) -> Any:
        state = x[0]
        for k in order:
            state = m.tanh(state * x[5] + x[k])
        return state

    code = agrees(f, [0.1, -0.2, 0.3, 0.4, -0.5, 0.6])
    assert {"GATHER", "SCATTER"} <= {*names(code)}


# ------ what does not flow
@pytest.mark.parametrize("careful", [False, True])
def test_a_branch_that_is_not_taken_gives_nothing(careful: bool) -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        for _ in range(30):
            a = m.where(a, a * 0.9, m.log(b)) + m.maximum(b, -1.0) * 0.01
        return a

    agrees(f, [0.5, 0.2], careful)


def test_what_does_not_flow_stays_nothing_beside_infinities() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        for _ in range(30):
            a = m.where(a, a * 0.9, m.log(b * 0.0)) + 0.01
        return a

    code = code_of_function(f, [0.5, 0.2], careful=True)
    expected = eager(f, [0.5, 0.2])
    assert math.isfinite(expected[2])
    for found in runs(code, [0.5, 0.2]):
        assert found == pytest.approx(expected, rel=1e-12)


def test_a_number_that_begins_as_a_float_has_no_careful_program() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        a = m.sin(a)
        for _ in range(30):
            a = a * b
        return a

    half = asked(f, [0.5, 0.2])._replace(plain=[True, False], wanted=[1])
    assert Derived(half).code(False)
    with pytest.raises(Refused, match="float"):
        Derived(half).code(True)


def test_a_walk_over_some_of_what_the_iteration_before_computed_in_a_loop_is_refused() -> None:
    """The array is laid out before that loop is known, of which it would need every result."""

    def f(m: Any, x: Any, y: Any) -> Any:
        row, total = [m.sin(x * j) for j in range(1, 12)], x
        for _ in range(12):
            all_but_one = [m.tanh(a) * y for a in row[1:]]
            total = m.tanh(total + y)
            row = [m.sin(total * (j + 1.0)) for j in range(11)]
            for a in all_but_one:
                total = total + a * m.cos(x)
        return total

    with pytest.raises(Refused, match="earlier results begins or ends within a loop"):
        code_of_function(f, [0.3, 0.7])


# ------ as programs
def test_numbers_that_are_never_needed_are_not_computed() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        unused = a
        for _ in range(30):
            a = a * b + 0.1
            unused = m.sin(unused + a)
        return a

    code = agrees(f, [0.5, 0.2])
    assert "SINE_COSINE" not in names(code)


def test_what_does_not_change_is_computed_before_the_loop() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        for _ in range(30):
            a = a * m.sin(b) + m.sin(b)
        return a

    found = names(agrees(f, [0.5, 0.2]))
    assert found.count("SINE_COSINE") == 1
    assert found.index("SINE_COSINE") < found.index("LOOP")


def test_programs_do_not_grow_with_trips() -> None:
    def steps(count: int) -> Callable[..., Any]:
        def f(m: Any, a: Any, b: Any) -> Any:
            for _ in range(count):
                a = m.sin(a * b)
            return a

        return f

    short, long = (code_of_function(steps(n), [0.5, 0.2]) for n in (20, 2000))
    assert [x for x, y in zip(short.code, long.code) if x != y] != []
    assert len(short.code) == len(long.code)


def test_derivatives_that_are_not_asked_for_cost_nothing() -> None:
    found = Derived(asked(pendulum, [1.0, 0.1, 9.8])._replace(linked=[False])).code(False)
    assert names(found).count("LOOP") == 1
    assert found.places < 40
    assert LOOP.code in found.code
