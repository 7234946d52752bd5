"""Functions that branch on their numbers in C: each comparison is an `if`, and every number goes
the way that it goes in Python."""

from __future__ import annotations

import ctypes
import math
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from tests.support.expressions import rounds
from tests.support.in_c import built, run

np = pytest.importorskip("numpy")


def kink(x: Any) -> Any:
    return x if x > 0.0 else 0.1 * x


def cases(x: Any, y: Any) -> Any:
    """Comparisons one after the other, and one that only one side makes."""
    z = sg.exp(x) if x < y else sg.sin(x) * y
    if z > 1.0:
        z = z * x if y != 2.0 else z - y
    return z + (y if z >= x else -x)


def halved(x: Any, y: Any) -> Any:
    """A loop that ends when it likes."""
    while x > y:
        x = 0.5 * x
    return x * y


def absent(x: Any, y: Any) -> Any:
    """In a branch that is not taken there would be a NaN."""
    return sg.sqrt(x) * y if x > 0.0 else y * y


def numbers(count: int, seed: int) -> list[tuple[float, float]]:
    draw = random.Random(seed)
    found = [(draw.uniform(-3, 3), draw.uniform(-2, 2)) for _ in range(count)]
    return [*found, (1.0, 2.0), (0.0, 0.0), (-0.0, 2.0), (2.0, 2.0)]


def expected(f: Callable[..., Any], at: Sequence[float]) -> list[float]:
    value, slopes = sg.value_and_grad(f, argnums=tuple(range(len(at))))(*at)
    return [float(value), *map(float, slopes)]


@pytest.mark.parametrize("f", [cases, absent])
def test_every_number_goes_the_way_that_it_goes_in_python(
    f: Callable[..., Any], tmp_path: Path
) -> None:
    source = sg.compile(f).to_c(0.7, 1.3)
    assert "elsewhere" not in source and "if (" in source
    library = built(source, tmp_path)
    for at in numbers(40, 1):
        found, _ = run(getattr(library, f"{f.__name__}_gradient"), at, [], 3, 0)
        assert found == pytest.approx(expected(f, at), rel=1e-13, nan_ok=True), at
        value, _ = run(getattr(library, f.__name__), at, [], 1, 0)
        assert value == pytest.approx(found[:1], rel=1e-15, nan_ok=True)


def test_a_branch_is_computed_where_it_is_taken() -> None:
    source = sg.compile(cases).to_c(0.7, 1.3, gradient=False)
    first = source.index("if (")
    assert not re.search(r"(exp|sin)\(", source[:first].partition("void)numbers")[2])
    inside = source[first : source.index("\n    }\n", first)]
    assert ("exp(" in inside) != ("sin(" in inside)


def test_what_two_ways_compute_before_they_part_is_written_once() -> None:
    def f(x: Any) -> Any:
        y = sg.exp(sg.sin(x))
        return y * 2.0 if y > 1.0 else y + 1.0

    assert sg.compile(f).to_c(0.7, gradient=False).count("= exp(") == 1


def test_a_way_that_is_not_known_gives_nan_and_is_counted(tmp_path: Path) -> None:
    source = sg.compile(halved).to_c(3.0, 0.5)
    assert "for others the" in source and "returns 1 on others" in source
    library = built(source, tmp_path)
    function = library.halved_gradient
    function.restype = ctypes.c_long
    for x in (0.1, 0.6, 3.0, 100.0, 2.0**55):
        found, _ = run(function, [x, 0.5], [], 3, 0)
        assert found == pytest.approx(expected(halved, (x, 0.5)), rel=1e-13)
    found, _ = run(function, [2.0**300, 0.5], [], 3, 0)
    assert all(map(math.isnan, found))


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "a sum of products": lambda g, x: g + 0.1 + x * x,
    "a product of both": lambda g, x: g * x + x * x * 0.5,
    "a difference": lambda g, x: g - 2.0 * x * g + 0.3,
    "a dot": lambda g, x: sg.dot([g, x], [0.5, x]) + 0.2,
    "a function": lambda g, x: g + 0.2 * sg.exp(-x * x) + x * 0.01,
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_which_ways_are_known_does_not_depend_on_the_sample(
    step: Callable[[Any, Any], Any], tmp_path: Path
) -> None:
    def f(x: Any) -> Any:
        g, k = x, 0
        while k < 5 and g < 2.0:
            g, k = step(g, x), k + 1
        return g * x

    for sample in (-1.5, 0.3, 1.0, 3.0):
        source = sg.compile(f).to_c(sample)
        assert "6 ways in all" in source and "elsewhere" not in source
        (folder := tmp_path / str(sample)).mkdir()
        library = built(source, folder)
        for x in (-2.5, -1.0, -0.3, 0.0, 0.2, 0.5, 0.8, 1.0, 1.3, 1.9, 2.0, 5.0):
            found, _ = run(library.f_gradient, [x], [], 2, 0)
            assert found == pytest.approx(expected(f, [x]), rel=1e-12, abs=1e-13)


def test_braces_are_not_deep() -> None:
    source = sg.compile(halved).to_c(3.0, 0.5)
    assert source.count("if (") > 60
    assert max(len(line) - len(line.lstrip()) for line in source.splitlines()) <= 16


@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
def test_every_lane_goes_its_own_way(reduce: Any, tmp_path: Path) -> None:
    points = numbers(20, 2)
    xs = np.array([x for x, _ in points])
    gate = sg.compile(cases, batch="x", reduce=reduce)
    library = built(gate.to_c(xs, 1.3), tmp_path)
    value, (of_x, of_y) = sg.value_and_grad(gate, argnums=(0, 1))(xs, 1.3)
    lanes = [np.ascontiguousarray(xs)]
    if reduce is None:
        _, found = run(library.cases_gradient, [1.3], lanes, 0, 3)
        wanted = [value, of_x, of_y]
    else:
        results, found = run(library.cases_gradient, [1.3], lanes, 2, 1)
        assert results == pytest.approx([float(value), float(of_y)], rel=1e-12)
        wanted = [of_x]
    assert np.allclose(found, wanted, rtol=1e-12, atol=0.0)


def test_lanes_that_go_no_known_way_are_counted(tmp_path: Path) -> None:
    xs = np.array([0.1, 2.0**300, 3.0, 2.0**200])
    gate = sg.compile(halved, batch="x", max_paths=2000)
    source = sg.compile(halved, batch="x").to_c(xs[:1], 0.5)
    function = built(source, tmp_path).halved
    pointer = ctypes.POINTER(ctypes.c_double)
    column, given = np.zeros(4), np.array([0.5])
    function.restype = ctypes.c_long
    others = function(
        given.ctypes.data_as(pointer),
        (pointer * 1)(xs.ctypes.data_as(pointer)),
        ctypes.c_long(4),
        None,
        (pointer * 1)(column.ctypes.data_as(pointer)),
    )
    assert others == 2
    assert np.isnan(column[[1, 3]]).all()
    assert np.allclose(column[[0, 2]], gate(xs[[0, 2]], 0.5))


def test_a_value_that_one_way_uses_is_an_input_of_the_function(tmp_path: Path) -> None:
    w, b = sg.Value(2.0, label="w"), sg.Value(3.0, label="b")

    def f(x: Any) -> Any:
        return w * x if x > 1.0 else b + x

    source = sg.compile(f).to_c(2.0)
    assert "numbers[1]         w" in source and "numbers[2]         b" in source
    library = built(source, tmp_path)
    found, _ = run(library.f_gradient, [4.0, 2.0, 3.0], [], 4, 0)
    assert found == [8.0, 2.0, 4.0, 0.0]
    found, _ = run(library.f_gradient, [0.5, 2.0, 3.0], [], 4, 0)
    assert found == [3.5, 1.0, 0.0, 1.0]


def test_a_way_on_which_the_function_raises_is_none(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        if x < 0.0:
            raise ValueError("negative")
        return sg.sqrt(x)

    source = sg.compile(f).to_c(4.0, gradient=False)
    library = built(source, tmp_path)
    assert run(library.f, [9.0], [], 1, 0)[0] == [3.0]
    assert math.isnan(run(library.f, [-1.0], [], 1, 0)[0][0])


def test_an_error_that_the_function_catches_is_a_way(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        try:
            return 1.0 / x
        except ZeroDivisionError:
            return x + 5.0

    library = built(sg.compile(f).to_c(3.0, gradient=False), tmp_path)
    assert run(library.f, [0.0], [], 1, 0)[0] == [5.0]
    assert run(library.f, [4.0], [], 1, 0)[0] == [0.25]


def test_a_function_that_would_not_end_elsewhere_is_exported(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        # of numbers below zero it never ends
        while x != 0.0:
            x = x - 1.0
        return x + 5.0

    library = built(sg.compile(f).to_c(3.0, gradient=False), tmp_path)
    assert run(library.f, [2.0], [], 1, 0)[0] == [5.0]


def test_random_branches_agree_with_python(tmp_path: Path) -> None:
    for k, _ in enumerate(rounds(2)):
        f = drawn(random.Random(random.getrandbits(32)))
        (folder := tmp_path / str(k)).mkdir()
        library = built(sg.compile(f).to_c(0.3, 0.8), folder)
        known = 0
        for at in numbers(25, k):
            found, _ = run(library.f_gradient, at, [], 3, 0)
            if not any(map(math.isnan, found)):
                known += 1
                assert found == pytest.approx(expected(f, at), rel=1e-11, abs=1e-13), at
        assert known > 10


def drawn(draw: random.Random) -> Callable[[Any, Any], Any]:
    """A function of random branches within branches."""
    plan = [(draw.random(), draw.random(), draw.randrange(4)) for _ in range(5)]

    def f(x: Any, y: Any) -> Any:
        for low, high, kind in plan:
            if (x if kind % 2 else y) > 2.0 * low - 1.0:
                x, y = y * high, sg.tanh(x + y)
            elif kind > 1:
                x = sg.sin(x * low) - y
            else:
                y = y * y * 0.25 + high
        return x * y + x

    return f
