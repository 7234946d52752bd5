"""The machine's functions on vectors: right to one unit in the last place over the whole range,
with the row's own values at the edges, on every instruction set. Sets that round a product and a
sum once may differ from others in the last place; none depends on a lane's place."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import inf, nan, pi
from typing import Any

import pytest
from hypothesis import settings
from mpmath import mp, mpf

from scalargrad import ops
from scalargrad.codegen.rules_h import on_vectors
from scalargrad.compiler import compile
from scalargrad.rows import Operator
from tests.support.compiled import instruction_sets, running
from tests.support.floats import all_bits, bits
from tests.support.places import PACKAGE
from tests.support.reference import FUNCTIONS, ulps

numpy = pytest.importorskip("numpy")

SETS = instruction_sets()
ROWS = [getattr(ops, name) for name in sorted(on_vectors())]
UNARY = [row for row in ROWS if row.arity == 1]
BINARY = [row for row in ROWS if row.arity == 2]

pytestmark = pytest.mark.skipif(not SETS, reason="the machine is not built")


def named(rows: Sequence[Operator]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


@pytest.fixture(autouse=True)
def sixty_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def count() -> int:
    """How many points a function is tried at: more with --hypothesis-profile=long."""
    return 2_000 if settings().max_examples < 1_000 else 100_000


@cache
def on_lanes(row: Operator) -> Any:
    f = (lambda x: row(x)) if row.arity == 1 else (lambda x, y: row(x, y))
    return compile(f, batch=True)


def values(row: Operator, points: Sequence[tuple[float, ...]]) -> list[float]:
    """The row at each point, computed on lanes."""
    columns = (numpy.array(column) for column in zip(*points, strict=True))
    return on_lanes(row)(*columns).tolist()  # type: ignore[no-any-return]


# ------ points

Drawn = Callable[[], float]


def of_any_size(low: float = -1074.0, high: float = 1024.0) -> float:
    """A number of either sign, its exponent of two anywhere in the range."""
    size = 2.0 ** random.uniform(low, min(high, 1023.999))
    return random.choice((-1.0, 1.0)) * size


def beside(centre: float) -> float:
    """A number just above or below `centre`, at a distance of any size."""
    return centre * (1.0 + of_any_size(-53.0, -1.0))


SPREAD: list[Drawn] = [
    of_any_size,
    lambda: of_any_size(-60.0, 10.0),
    lambda: of_any_size(-3.0, 3.0),
    lambda: of_any_size(-1074.0, -1020.0),
    lambda: random.uniform(-30.0, 30.0),
    lambda: random.uniform(-750.0, 750.0),
    lambda: random.uniform(-1.0, 1.0),
    lambda: beside(random.choice((-1.0, 1.0))),
]
TURNS: list[Drawn] = [
    lambda: beside(random.randrange(-(10**6), 10**6) * (pi / 4.0)),
    lambda: random.randrange(-(10**6), 10**6) * (pi / 2.0),
    lambda: random.uniform(-1e6, 1e6),
]
OWN: dict[str, list[Drawn]] = {
    "sin": TURNS,
    "cos": TURNS,
    "tan": TURNS,
    "exp2": [lambda: random.uniform(-1080.0, 1030.0)],
    "erfc": [lambda: random.uniform(0.0, 28.0), lambda: random.uniform(0.0, 3.0)],
    "acosh": [lambda: 1.0 + abs(of_any_size(-52.0, 30.0))],
}
PLANE: list[Callable[[], tuple[float, float]]] = [
    lambda: (of_any_size(), of_any_size()),
    lambda: (of_any_size(-10.0, 10.0), of_any_size(-10.0, 10.0)),
    lambda: (random.uniform(-5.0, 5.0), random.uniform(-5.0, 5.0)),
    lambda: (x := of_any_size(), x * beside(1.0)),
    lambda: (x := of_any_size(-1000.0, 1000.0), x * of_any_size(-9.0, 9.0)),
]


def power_of_any_size(x: float) -> tuple[float, float]:
    """x with a y for which the power can be anything from the smallest number to the largest."""
    return x, random.uniform(-745.0, 709.0) / (math.log(x) or 1.0)


POWERS: list[Callable[[], tuple[float, float]]] = [
    *PLANE,
    lambda: power_of_any_size(abs(of_any_size(-1000.0, 1000.0))),
    lambda: power_of_any_size(random.uniform(0.5, 2.0)),
    lambda: power_of_any_size(beside(1.0)),
    lambda: (of_any_size(-3.0, 3.0), float(random.randrange(-300, 300))),
]


def points(row: Operator) -> list[tuple[float, ...]]:
    if row.arity == 2:
        pairs = POWERS if row.name == "pow" else PLANE
        return [draw() for draw in itertools.islice(itertools.cycle(pairs), count())]
    drawn = SPREAD + 2 * OWN.get(row.name, [])
    return [(draw(),) for draw in itertools.islice(itertools.cycle(drawn), count())]


# ------ accuracy

EXACT = {
    **FUNCTIONS,
    "log1p": lambda x: mp.log1p(x) if x > -1 else mp.nan,
}


def exact(row: Operator, operands: tuple[float, ...]) -> Any:
    """The row in mpmath; None where it is undefined or infinite."""
    value = EXACT[row.name](*map(mpf, operands))
    return value if isinstance(value, mpf) and mp.isfinite(value) else None


def error(found: float, expected: Any) -> float:
    nearest = float(expected)
    return (0.0 if found == nearest else inf) if math.isinf(nearest) else ulps(found, expected)


@named(ROWS)
def test_function_is_right_to_one_unit_in_the_last_place_on_every_instruction_set(
    row: Operator,
) -> None:
    at = points(row)
    wanted = [(i, e) for i, x in enumerate(at) if (e := exact(row, x)) is not None]
    assert len(wanted) > count() / 20
    for name in SETS:
        with running(name):
            found = values(row, at)
        worst, where = max((error(found[i], e), at[i]) for i, e in wanted)
        assert worst <= 1.0, f"{name}: {worst} at {where}"


# ------ the edges

SMALLEST, LARGEST = 5e-324, 1.7976931348623157e308
EDGES = [
    *(0.0, 0.5, 1.0, 2.0, 3.0, 4.5, inf, SMALLEST, LARGEST, 2.0**-1022, 1e-300, 1e300),
    *(1.0 + 2.0**-52, 1.0 - 2.0**-53, 2.0**52 - 0.5, 2.0**53 - 1.0, 2.0**53, 1e22),
    *(709.782712893384, 709.7827128933841, 710.4758600739439, 710.475860073944),
    *(745.1332191019411, 745.1332191019412, 1023.9999999999999, 1024.0, 1074.0, 1075.0, 28.0),
]
SPECIAL = [nan, *EDGES, *(-x for x in EDGES)]


def agree(found: float, expected: float) -> bool:
    """Alike where a value is special: zero with its sign, infinite or NaN; else near enough."""
    if expected == 0.0 or not math.isfinite(expected):
        return bits(found) == bits(expected)
    return math.isclose(found, expected, rel_tol=1e-15, abs_tol=SMALLEST)


def unlike(row: Operator, at: Sequence[tuple[float, ...]]) -> list[Any]:
    return [(x, y, e) for x, y in zip(at, values(row, at)) if not agree(y, e := row.forward(*x))]


@pytest.mark.parametrize("name", SETS)
@named(ROWS)
def test_function_gives_the_row_s_own_value_at_every_edge(row: Operator, name: str) -> None:
    at = list(itertools.product(SPECIAL, repeat=row.arity or 1))
    with running(name):
        assert unlike(row, at) == []


@pytest.mark.parametrize("name", SETS)
@named(ROWS)
def test_lane_does_not_depend_on_its_place_or_its_neighbours(row: Operator, name: str) -> None:
    mixed = [*points(row)[:300], *itertools.product(SPECIAL[:60], repeat=row.arity or 1)]
    at = random.sample(mixed, 200)
    order = random.sample(range(200), 200)
    with running(name):
        together = all_bits(values(row, at))
        assert all_bits(values(row, [at[i] for i in order])) == [together[i] for i in order]
        assert all_bits(values(row, at[:1] * 2)) == together[:1] * 2


# ------ the polynomials


def chebyshev(f: Callable[[Any], Any], low: Any, high: Any, terms: int) -> list[float]:
    """The polynomial through `f` at the Chebyshev nodes of an interval, lowest power first."""
    middle, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    nodes = [middle + half * mp.cos(mp.pi * (2 * i + 1) / (2 * terms)) for i in range(terms)]
    powers = mp.matrix([[x**j for j in range(terms)] for x in nodes])
    return [float(c) for c in mp.lu_solve(powers, mp.matrix([f(x) for x in nodes]))]


def of_root(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda z: f(mp.sqrt(z))


def log_ratio(s: Any) -> Any:
    return (mp.log1p(s) - mp.log1p(-s) - 2 * s) / s**3


def erfc_surplus(v: Any) -> Any:
    a = 4 * (1 + v) / (1 - v)
    scaled = (1 + mp.sqrt(mp.pi) * a) * mp.exp(a * a) * mp.erfc(a)
    return (scaled - 1) / (1 - v * v)


def polynomials() -> dict[str, tuple[Callable[[Any], Any], Any, Any]]:
    """The function and the interval of each, as the comments in polynomials.h state them."""
    half_ln2, root2 = mp.log(2) / 2, mp.sqrt(2)
    largest_s, eighth = ((root2 - 1) / (root2 + 1)) ** 2, (mp.pi / 4) ** 2
    return {
        "exp": (lambda r: mp.hyp1f1(1, 3, r) / 2, -half_ln2, half_ln2),
        "log": (of_root(log_ratio), 0, largest_s),
        "erfc": (erfc_surplus, -1, mpf(3) / 4),
        "erf": (of_root(lambda x: mp.erf(x) / x - 1), 0, mpf(21) ** 2 / 32**2),
        "pow": (of_root(lambda s: (log_ratio(s) - mpf(2) / 3) / s**2), 0, largest_s),
        "cbrt": (lambda f: mp.cbrt(1 + f), mp.sqrt(0.5) - 1, root2 - 1),
        "sin": (of_root(lambda r: (mp.sin(r) - r) / r**3), 0, eighth),
        "cos": (of_root(lambda r: (mp.cos(r) - 1 + r * r / 2) / r**4), 0, eighth),
        "atan": (of_root(lambda q: (mp.atan(q) - q) / q**3), 0, (root2 - 1) ** 2),
        "asin": (of_root(lambda x: (mp.asin(x) - x) / x**3), 0, mpf(1) / 4),
    }


def printed() -> dict[str, list[float]]:
    vectors = PACKAGE / "native" / "machine" / "vectors"
    text = (vectors / "polynomials.h").read_text(encoding="utf-8")
    found = re.findall(r"double (\w+)_terms\[\] = \{(.*?)\}", text, re.DOTALL)
    return {name: [float.fromhex(c) for c in body.split(",") if c.strip()] for name, body in found}


def test_polynomials_are_those_that_the_comments_describe() -> None:
    found = printed()
    assert found.keys() == polynomials().keys()
    for name, (f, low, high) in polynomials().items():
        assert found[name] == chebyshev(f, low, high, len(found[name])), name
