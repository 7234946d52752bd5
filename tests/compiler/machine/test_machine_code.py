"""The native machine refuses what is no program, and buffers that do not fit one: no crash."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Sequence
from typing import Any

import pytest

from scalargrad.compiler.machine.instructions import (
    DENSE,
    GUARD,
    LANE_PRODUCTS,
    LOAD,
    MINUS,
    PRODUCTS,
    STORE,
    TABLE,
    TOTAL,
    TOTALS,
)
from scalargrad.compiler.machine.words import (
    DENSE_HEIGHT,
    TOTALS_HEIGHT,
    Answer,
    EndingKind,
    LaneTerm,
)
from scalargrad.compiler.trace.vocabulary import AFTER, BEFORE, LANES
from scalargrad.rows import BUILT_IN
from tests.support.compiled import HAS_MACHINE, instruction_sets, running
from tests.support.expressions import rounds
from tests.support.floats import all_bits
from tests.support.instructions_made import SIZES, Sizes, code_of, made

if not HAS_MACHINE:
    pytest.skip("the native machine was not built", allow_module_level=True)

from scalargrad.compiler.machine import lane_code

np = pytest.importorskip("numpy")
machine: Any = pytest.importorskip("scalargrad.native._machine")

ADD, EXP, WHERE, CHAIN = (BUILT_IN[name].code for name in ("add", "exp", "where", "chain"))
STRETCHES = ("totals", "splats", "results", "before", "lanes", "after", "inputs", "outputs")
INTERESTING = (-(2**31), -1, 0, 1, 2, 3, 4, 5, 7, 8, 64, 2**16, 2**30, 2**31 - 1)


def program(**changed: Any) -> Any:
    """x·w + Σ … in small: a uniform number, a lane input, a guard, an output and a total."""
    parts = {
        "initial": [0.0, 0.0, 1.0, 0.0],
        "totals": [3],
        "splats": [1, 0],
        "results": [3, 2],
        "before": [ADD, 5, 1, 0, 2],
        "lanes": [
            *LOAD(0, 0),
            *(EXP, 4, 2, 0),
            *LANE_PRODUCTS(2, LaneTerm.UNIFORM_LANE, 1, 1, 2, LaneTerm.LANE_ALONE, 1, 0, 0),
            *GUARD(0, 2, 1, 1, 5),
            *DENSE(EndingKind.PLAIN, 1, 2, -1, 2, 2),
            *TOTAL(0, 2),
            *TOTALS(0, 1, 2, 0),
            *STORE(0, 2),
        ],
        "after": [EXP, 4, 3, 3],
        "inputs": [0, 0],
        "outputs": [0, 0],
    } | changed
    buffers = {k: array("i", parts[k]) for k in STRETCHES}
    sizes = {k: parts.get(k, n) for k, n in (("registers", 3), ("given", 1), ("made", 1))}
    loops = {"indexes": array("q"), "walks": 0}
    return machine.Program(initial=array("d", parts["initial"]), **buffers, **sizes, **loops)


def run(code: Any, size: int = 70, **changed: Any) -> int:
    given = {
        "numbers": [0.5],
        "arrays": (np.linspace(-2.0, 2.0, size), np.empty(size)),
        "count": size,
        "results": array("d", [0.0, 0.0]),
        "broken": np.empty(size, np.int32),
        "sides": np.empty((size, 2)),
        "group": None,
        "tell_doubt": False,
        "threads": 1,
    } | changed
    return code.run(*given.values())  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", instruction_sets())
def test_rows_that_follow_each_other_are_done_in_their_order(name: str) -> None:
    apart = [
        [EXP, 4, 2, 0],
        [EXP, 4, 2, 2],
        MINUS(2, 2, 0),
        MINUS(0, 2, 2),
        [ADD, 5, 2, 2, 0],
        [CHAIN, 5, 2, 2, 0],
        [CHAIN, 5, 0, 2, 2],
        [CHAIN, 5, 2, 0, 0],
        [WHERE, 6, 2, 0, 2, 0],
        [WHERE, 6, 2, 2, 2, 2],
    ]
    together = lane_code.merged([list(code) for code in apart])
    assert [code[1] for code in together] == [6, 8, 5, 11, 10]
    load, store = LOAD(0, 0), STORE(0, 2)
    with running(name):
        for size in (1, 8, 63, 70, 131):
            xs = np.linspace(-3.0, 1.5, size)
            out = np.empty((2, size))
            for own, code in zip(out, (apart, together)):
                lanes = [word for words in (load, *code, store) for word in words]
                run(program(lanes=lanes), size, arrays=(xs, own))
            expected = np.exp(np.exp(xs)) - 0.5
            expected = (2.0 * expected - 1.0) * (expected - 1.0)
            assert out[0] == pytest.approx((expected * expected) ** 2, rel=1e-12)
            assert out[0].tobytes() == out[1].tobytes()


def test_the_program_that_is_damaged_here_runs() -> None:
    results, out = array("d", [0.0, 0.0]), np.empty(70)
    xs, broken = np.linspace(-2.0, 2.0, 70), np.empty(70, np.int32)
    assert run(program(), results=results, arrays=(xs, out), broken=broken) == Answer.LANES_BROKEN
    assert out == pytest.approx(1.5 * np.exp(xs) + xs, rel=1e-14)
    assert broken.tolist() == np.where(out < 0.5, -1, 5).tolist()
    kept = out[out < 0.5]
    expected = np.exp(sum(kept) + sum(kept * xs[out < 0.5]))
    assert results == pytest.approx([expected, 1.0], rel=1e-11)


def test_results_come_at_once_where_there_is_nothing_else_to_tell() -> None:
    code = [EXP, 4, 2, 0, *GUARD(0, 2, 1, 1, 5)]
    parts: dict[str, Any] = {"initial": [0.0, 0.5, 0.0], "results": [0, 2], "before": code}
    parts |= {"totals": [], "splats": [], "lanes": [], "after": [], "inputs": [], "outputs": []}
    kept = program(given=0, made=0, **parts)
    at_once = kept.results
    assert at_once([-3.0]) == [-3.0, math.exp(-3.0)]
    assert kept.run([-3.0], (), 0, None, None, None, None, True, 1) == at_once([-3.0])
    # a guard that does not hold
    assert at_once([3.0]) is None
    # a result that is not finite
    assert at_once([-math.inf]) is None
    with pytest.raises(TypeError, match="a list of numbers"):
        at_once((1.0,))
    with pytest.raises(TypeError, match="no arrays"):
        program().results([1.0])


@pytest.mark.parametrize(
    "damage",
    [
        {"lanes": [EXP, 4, 0]},
        {"lanes": [EXP, 4, 3, 0]},
        {"lanes": [EXP, 4, 0, -1]},
        {"lanes": [EXP, 5, 0, 0, 0]},
        {"lanes": [EXP, 3, 0]},
        {"lanes": [EXP, 6, 0, 0, 3, 0]},
        {"lanes": [EXP, 6, 0, 0, 0, -1]},
        {"lanes": [ADD, 7, 0, 0, 0, 0, 0]},
        {"lanes": [ADD, 8, 0, 0, 0, 0, 0, 3]},
        {"lanes": [ADD, 4, 0, 0]},
        {"lanes": [WHERE, 6, 0, 0, 0, 3]},
        {"lanes": [-1, 4, 0, 0]},
        {"lanes": [10**6, 4, 0, 0]},
        {"lanes": [EXP, 0, 0, 0]},
        {"lanes": [EXP, -4, 0, 0]},
        {"lanes": [EXP, 2**31 - 1, 0, 0]},
        {"lanes": LOAD(1, 0)},
        {"lanes": LOAD(0, 0, 0)},
        {"lanes": LOAD(1)},
        {"lanes": LOAD(0, 3)},
        {"lanes": STORE(1, 0)},
        {"lanes": STORE(-1, 0)},
        {"lanes": STORE(0, 0, 0)},
        {"lanes": STORE(1)},
        {"lanes": STORE(0, 0, 3)},
        {"lanes": GUARD(3, 0, 0, 1, 0)},
        {"lanes": GUARD(0, 0, 0, 2, 0)},
        {"lanes": GUARD(0, 0, 0, 1, -3)},
        {"lanes": LANE_PRODUCTS(0, LaneTerm.BOTH_LANES, 2, 0, 0)},
        {"lanes": LANE_PRODUCTS(0, LaneTerm.BOTH_LANES, -1, 0, 0)},
        {"lanes": LANE_PRODUCTS(0, LaneTerm.BOTH_LANES, 2**31 - 1, 0, 0)},
        {"lanes": LANE_PRODUCTS(0, 99, 1, 0, 0)},
        {"lanes": LANE_PRODUCTS(0, LaneTerm.UNIFORM_LANE, 1, 4, 0)},
        {"lanes": LANE_PRODUCTS(0, LaneTerm.LANE_ALONE, 1, -5, 0)},
        {"lanes": MINUS(0, 0)},
        {"lanes": MINUS(3, 0, 0)},
        {"lanes": MINUS(0, -1, 0)},
        {"lanes": MINUS(0, 0, 4)},
        {"lanes": MINUS(0, 0, 0, 0, 0)},
        {"lanes": MINUS(0, 0, 0, 0, 0, -1)},
        {"lanes": TOTAL(1, 0)},
        {"lanes": TOTALS(0, 0, 0, 0)},
        {"lanes": TOTALS(1, 1, 0, 0)},
        {"lanes": TOTALS(2**31 - 1, 1, 0, 0)},
        {"lanes": TOTALS(0, 1, 0, 0, 0)},
        {"lanes": TOTALS(0, 1, 3, 0)},
        {"lanes": TOTALS(0, 1, -1, 0)},
        {"lanes": TOTALS(0, 1, 0, 3)},
        {"lanes": TOTALS(0, 1, 0, -2)},
        {"lanes": TOTALS(0, TOTALS_HEIGHT + 1, 0, 0)},
        {"lanes": TOTALS(0, 1)},
        {"lanes": DENSE(3, 1, 2, -1, 2, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, 0, 2, -1, 2, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, DENSE_HEIGHT + 1, 2, -1, 2, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, 1, 3, -1, 2, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, 1, 2, -2, 2, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, 1, 2, 4, 2, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, 1, 2, -1, 3, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, 1, 2, -1, -1, 2)},
        {"lanes": DENSE(EndingKind.PLAIN, 1, 2, -1, 2, 4)},
        {"lanes": DENSE(EndingKind.PLAIN, 1, 2, -1, 2)},
        {"lanes": DENSE(EndingKind.STEP, 1, 2, -1, 3)},
        {"lanes": DENSE(EndingKind.STEP, 1, 2, -1)},
        {"lanes": DENSE(EndingKind.PLAIN, DENSE_HEIGHT)},
        {"lanes": DENSE(0)},
        {"before": [EXP, 4, 4, 0]},
        {"before": [EXP, 6, 0, 0, 0, 0]},
        {"before": MINUS(0, 0, 0)},
        {"before": LOAD(0, 0)},
        {"after": TOTAL(0, 0)},
        {"after": PRODUCTS(0, 0, 0, 0)},
        {"totals": [4]},
        {"totals": [-2]},
        {"results": [4, 0]},
        {"splats": [3, 0]},
        {"splats": [0, 4]},
        {"splats": [0]},
        {"registers": 0},
        {"registers": -1},
        {"inputs": [1, 0]},
        {"inputs": [-1, 0]},
        {"inputs": [0, -1]},
        {"inputs": [0]},
        {"outputs": [1, 0]},
        {"outputs": [0, -(2**31)]},
        {"given": -1},
        {"made": -1},
        {"initial": []},
    ],
)
def test_damaged_code_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a program of the machine"):
        program(**damage)


def damaged(words: list[int]) -> list[int]:
    """The words with a few of them changed, lost or doubled."""
    words = list(words)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(words) + 1)
        kind = random.random()
        if kind < 0.6 and at < len(words):
            words[at] = random.choice([*INTERESTING, random.randrange(120)])
        elif kind < 0.8:
            del words[at : at + random.randint(1, 4)]
        else:
            words[at:at] = words[: random.randint(0, 8)]
    return words


def random_code(stage: int, sizes: Sizes) -> list[int]:
    """Instructions that may stand there; now and then damaged, or words that are none."""
    rows = [row for row in TABLE.values() if stage in row.stages]
    numbers = sizes["registers" if stage == LANES else "places"]
    code = [
        x for row in random.choices(rows, k=3) for x in made(row, {**sizes, "numbers": numbers})
    ]
    if random.random() < 0.1:
        return [random.choice(INTERESTING) for _ in range(random.randint(1, 20))]
    return damaged(code) if random.random() < 0.4 else code


def test_random_code_is_refused_or_runs_but_never_crashes() -> None:
    refused = ran = 0
    given = np.random.default_rng(0).normal(size=(70, SIZES["inputs"]))
    for _ in rounds(3000):
        stages = {"before": BEFORE, "lanes": LANES, "after": AFTER}
        parts = {name: random_code(stage, SIZES) for name, stage in stages.items()}
        try:
            code = machine.Program(**code_of(SIZES, **parts)._asdict())
        except ValueError:
            refused += 1
            continue
        ran += 1
        count = random.choice((0, 3, 70))
        out = np.empty((count, SIZES["outputs"]))
        broken, sides = np.empty(count, np.int32), np.empty((count, 2))
        results = array("d")
        assert code.run([], (given, out), count, results, broken, sides, None, False, 1) >= -2
    assert refused > 0 < ran


@pytest.mark.parametrize("name", instruction_sets())
def test_every_instruction_set_runs_every_row(name: str) -> None:
    with running(name):
        for row in BUILT_IN.values():
            if row.c is None or row.elementary is not None or row.arity is None:
                continue
            words = [row.code, row.arity + 3, 2, *[0] * row.arity]
            code = program(lanes=[*LOAD(0, 0), *words, *STORE(0, 2)])
            xs, out = np.linspace(0.1, 0.9, 65), np.empty(65)
            assert run(code, 65, arrays=(xs, out)) == Answer.ALL_HOLD
            expected = row.forward(*[0.9] * row.arity)
            assert out[64] == pytest.approx(expected, rel=2e-15, nan_ok=True)


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 130, 261])
@pytest.mark.parametrize("columns", [range(2, 10), range(8), (5, 4), (7, 2, 3, 9, 10, 1, 0, 6)])
def test_columns_are_loaded_from_where_they_stand(
    name: str, count: int, columns: Sequence[int]
) -> None:
    n = len(columns)
    load = LOAD(0, *range(n))
    stores = [word for k in range(n) for word in STORE(k, k)]
    code = program(
        lanes=[*load, *stores],
        inputs=[x for k in columns for x in (0, k)],
        outputs=[x for k in range(n) for x in (0, k)],
        registers=n,
        splats=[],
    )
    whole = np.random.default_rng(count).normal(size=(2 * count, 22))
    shuffled = np.random.default_rng(0).permutation(count)
    shifted = np.frombuffer(b"x" + whole.tobytes(), np.float64, whole.size, 1).reshape(whole.shape)
    with running(name):
        alike = [np.broadcast_to(whole[1], whole.shape), np.broadcast_to(7.5, whole.shape)]
        for rows in (whole, np.asfortranarray(whole), whole[::-2], whole[:, ::2], shifted, *alike):
            for index in (None, shuffled):
                found = np.empty((count, n))
                run(code, count, arrays=(rows, found), group=index)
                expected = rows[:count] if index is None else rows[index]
                assert (found == expected[:, list(columns)]).all()


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("count", [1, 8, 56, 64, 65, 128, 200])
def test_a_pair_of_columns_is_loaded_from_where_it_stands(name: str, count: int) -> None:
    load, stores = LOAD(0, 0, 1), [*STORE(0, 0), *STORE(1, 1)]
    places = {"inputs": [0, 0, 0, 1], "outputs": [0, 0, 0, 1], "registers": 2, "splats": []}
    code = program(lanes=[*load, *stores], **places)
    whole = np.random.default_rng(count).normal(size=(2 * count, 2))
    with running(name):
        for rows in (whole, whole[::2], whole[::-1], np.asfortranarray(whole)):
            for index in (None, np.arange(count)[::-1].copy()):
                found = np.empty((count, 2))
                run(code, count, arrays=(rows, found), group=index)
                assert (found == (rows[:count] if index is None else rows[index])).all()


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("count", [1, 8, 9, 65, 128, 200])
@pytest.mark.parametrize("number", [1.5, -0.0, math.inf, math.nan])
def test_a_number_that_all_lanes_share_is_loaded_as_it_is(
    name: str, count: int, number: float
) -> None:
    places = {"inputs": [0, 0], "outputs": [0, 0], "registers": 1, "splats": []}
    code = program(lanes=[*LOAD(0, 0), *STORE(0, 0)], **places)
    with running(name):
        for index in (None, np.arange(count)[::-1].copy()):
            found = np.empty(count)
            run(code, count, arrays=(np.broadcast_to(number, count), found), group=index)
            assert found.tobytes() == np.full(count, number).tobytes()


def places_of(count: int) -> list[Any]:
    """Arrays of 22 columns or 11, and more rows than there are lanes, that stand in memory in all
    ways; filled with one number."""
    whole = np.full((2 * count + 1, 22), 7.0)
    shifted = np.frombuffer(bytearray(b"x" + whole.tobytes()), np.float64, whole.size, 1)
    several = [whole.copy() for _ in range(3)]
    ways = [several[0], several[1][::-2], several[2][:, ::2], np.asfortranarray(whole)]
    return [*ways, shifted.reshape(whole.shape)]


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 130, 261])
@pytest.mark.parametrize(
    "columns", [(4,), *[range(n) for n in range(2, 12)], (2, 3, 9, 10, 1, 0, 6, 7, 8)]
)
def test_columns_are_stored_where_they_stand(name: str, count: int, columns: Sequence[int]) -> None:
    """Nothing is written beside them, nor in rows of no lane; one register may be several."""
    n = len(columns)
    registers = [*range(1, n), n - 1]
    code = program(
        lanes=[*LOAD(0, *range(n)), *STORE(0, *registers)],
        inputs=[x for k in range(n) for x in (0, k)],
        outputs=[x for k in columns for x in (0, k)],
        registers=n,
        splats=[],
    )
    given = np.random.default_rng(count).normal(size=(count, n))
    with running(name):
        for made in places_of(count):
            expected = made.copy()
            assert run(code, count, arrays=(given, made)) == Answer.ALL_HOLD
            expected[:count, list(columns)] = given[:, registers]
            np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_noticed_in_any_output(name: str, number: float) -> None:
    n = 9
    code = program(
        lanes=[*LOAD(0, *range(n)), *STORE(0, *range(n))],
        inputs=[x for k in range(n) for x in (0, k)],
        outputs=[x for k in range(n) for x in (0, k)],
        registers=n,
        splats=[],
        after=[],
        results=[2, 2],
    )
    with running(name):
        for _ in rounds(30):
            count = random.choice((1, 8, 65, 131, 300))
            given, made = np.full((count, n), -1e308), np.empty((count, n))
            assert run(code, count, arrays=(given, made), tell_doubt=True) == Answer.ALL_HOLD
            given[random.randrange(count), random.randrange(n)] = number
            assert run(code, count, arrays=(given, made), tell_doubt=True) == Answer.DOUBT


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("count", [1, 8, 60, 64, 65, 128, 200])
@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_sums_over_lanes_of_any_shape(name: str, count: int, rows: int) -> None:
    """The last column is of ones; whole numbers, so that sums are exact in any order."""
    whole = np.random.default_rng(rows).integers(-9, 9, size=(count, rows + 11)).astype(float)
    loads = [x for k in range(rows + 11) for x in LOAD(k, k)]
    with running(name):
        for columns in range(1, 12):
            factors = [*range(rows, rows + columns - 1), -1]
            totals = TOTALS(0, rows, *range(rows), *factors)
            n = rows * columns
            code = program(
                lanes=[*loads, *totals], initial=[0.0] * n, totals=range(n), results=range(n),
                inputs=[x for k in range(rows + 11) for x in (0, k)], outputs=[],
                registers=rows + 11, splats=[], before=[], after=[], made=0,
            )  # fmt: skip
            found = array("d", [0.0] * n)
            run(code, count, numbers=[], arrays=(whole,), results=found)
            ones = np.ones((count, 1))
            right = np.hstack([whole[:, rows : rows + columns - 1], ones])
            assert found.tolist() == (right.T @ whole[:, :rows]).ravel().tolist()


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("count", [1, 7, 8, 63, 64, 65, 128, 131, 261])
def test_sums_leave_out_the_lanes_in_which_a_guard_does_not_hold(name: str, count: int) -> None:
    xs = np.linspace(-1.0, 1.0, count)
    xs[::3] = np.nan
    code = program(
        lanes=[
            *LOAD(0, 0),
            *GUARD(0, 0, 1, 1, 5),
            *GUARD(1, 1, 0, 0, 6),
            *TOTAL(0, 0),
            *TOTALS(0, 1, 0, 0),
        ],
        initial=[0.25, 0.0, 1.0, 0.0],
        after=[],
        registers=2,
        outputs=[],
        made=0,
    )
    results, broken = array("d", [0.0, 0.0]), np.empty(count, np.int32)
    with running(name):
        run(code, count, numbers=[0.25], arrays=(xs,), results=results, broken=broken)
    kept = xs[xs < 0.25]
    assert results[0] == pytest.approx(sum(kept) + sum(kept * kept), rel=1e-12, abs=1e-12)
    assert broken.tolist() == np.where(xs < 0.25, -1, 5).tolist()


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("count", [1, 7, 8, 63, 64, 65, 128, 131, 261])
@pytest.mark.parametrize("some", [False, True])
def test_a_sum_of_what_does_not_flow_does_not_flow(name: str, count: int, some: bool) -> None:
    """It is −0.0 and stays so, also beside lanes that a guard took out."""
    xs = np.where(np.arange(count) % 3 == 0, 1.0 if some else -0.0, -0.0)
    code = program(
        lanes=[
            *LOAD(0, 0),
            *GUARD(0, 0, 1, 1, 5),
            *TOTAL(0, 0),
            *TOTALS(1, 1, 0, -1),
        ],
        initial=[0.25, 0.0, 1.0, 0.0],
        totals=[3, 2],
        after=[],
        registers=2,
        outputs=[],
        made=0,
    )
    results = array("d", [0.0, 0.0])
    with running(name):
        run(code, count, numbers=[0.25], arrays=(xs,), results=results)
    assert [x.hex() for x in results] == ["-0x0.0p+0"] * 2


@pytest.mark.parametrize("name", ["lgamma", "polygamma", "sinc", "sinc_derivative"])
def test_functions_that_c_lacks_are_bit_for_bit_those_of_python(name: str) -> None:
    row = BUILT_IN[name]
    sizes = np.ldexp(np.random.default_rng(0).uniform(0.5, 1.0, 400), np.arange(-200, 200) // 4)
    # at the last a sum of finite terms leaves the floats
    xs = np.concatenate([sizes, -sizes, np.arange(-20.0, 20.0, 0.5), [-227807.03207822194]])
    for order in (0.0, 1.0, 2.0, 7.0, 100.0, 101.0, 0.5, -1.0)[: 1 if row.arity == 1 else None]:
        given, out = np.full(xs.size, order), np.empty(xs.size)
        operands = [0, 1] if row.arity == 2 else [1]
        words = [row.code, row.arity + 3, 2, *operands]
        loads = [*LOAD(0, 0), *LOAD(1, 1)]
        code = program(lanes=[*loads, *words, *STORE(0, 2)], inputs=[0, 0, 1, 0], given=2)
        assert run(code, xs.size, arrays=(given, xs, out)) == Answer.ALL_HOLD
        expected = [row.forward(*[order, x][-row.arity :]) for x in xs.tolist()]
        assert all_bits(out.tolist()) == all_bits(expected)


# ------ buffers


@pytest.mark.parametrize(
    "wrong",
    [
        {"numbers": [0.0] * 5},
        {"numbers": [array("d", [0.0] * 5)]},
        {"numbers": [0.0, array("d", [0.0] * 4)]},
        {"numbers": [array("f", [0.0])]},
        {"numbers": [np.zeros((4, 4))[:, 0]]},
        {"numbers": [(0.0,)]},
        {"numbers": [(0.0,) * 5]},
        {"numbers": ["0.0"]},
        {"numbers": [1]},
        {"numbers": [b"12345678"]},
        {"numbers": (0.0,)},
        {"numbers": None},
        {"results": array("d", [0.0])},
        {"results": bytes(16)},
        {"broken": np.empty(3, np.int32)},
        {"count": 71},
        {"count": -1},
        {"count": 2**62},
        {"arrays": ()},
        {"arrays": [np.empty(70), np.empty(70)]},
        {"arrays": (np.empty(70), np.empty(69))},
        {"arrays": (np.empty(70, "f4"), np.empty(70))},
        {"arrays": (np.empty(70, ">f8"), np.empty(70))},
        {"arrays": (np.empty((70, 1, 1)), np.empty(70))},
        {"arrays": (np.empty((70, 0)), np.empty(70))},
        {"arrays": (np.empty(()), np.empty(70))},
        {"arrays": (np.empty(70, "i8"), np.empty(70))},
        {"arrays": (np.empty(70), np.broadcast_to(np.empty(1), 70))},
        {"arrays": (np.empty(70), bytes(560))},
        {"arrays": (1.0, 2.0)},
        {"group": np.zeros(70, "i1")},
        {"group": np.full(70, 70)},
        {"group": np.full(70, -1)},
        {"group": np.zeros(3, np.int64)},
    ],
)
def test_buffers_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError, BufferError)):
        run(program(), **wrong)


@pytest.mark.parametrize("threads", [-5, 0, 1, 2, 1000])
def test_any_number_of_threads_will_do(threads: int) -> None:
    out = np.empty(5000)
    assert run(program(), 5000, threads=threads, arrays=(np.ones(5000), out)) == Answer.LANES_BROKEN
    assert out == pytest.approx(np.full(5000, 1.5 * np.e + 1.0))


def test_no_lanes_are_no_work() -> None:
    assert run(program(), 0) == Answer.ALL_HOLD


def test_an_unknown_instruction_set_is_refused() -> None:
    with pytest.raises(ValueError, match="not mmx"):
        machine.choose("mmx")
    with pytest.raises(TypeError):
        machine.choose(3)


# ------ for one row of weights after another
WITHOUT_LANES: dict[str, Any] = {
    "initial": [0.0, 0.0, 1.0, 0.0, 0.0],
    "totals": [],
    "splats": [],
    "results": [4, 1],
    "before": [ADD, 5, 3, 0, 2],
    "lanes": [],
    "after": [ADD, 5, 4, 3, 1],
    "inputs": [],
    "outputs": [],
    "given": 0,
    "made": 0,
}
"""(x + 1) + w, and w: of x at place 0 and a weight w at place 1."""


def repeat(weights: Any, **changed: Any) -> tuple[int, Any]:
    given = {
        "numbers": [0.5],
        "at": 1,
        "weights": weights,
        "results": np.zeros((len(weights), 2)),
        "tell_doubt": True,
    } | changed
    code = program(**WITHOUT_LANES)
    return code.repeat(*given.values()), given["results"]


def test_each_row_of_weights_gives_a_row_of_results() -> None:
    window = np.arange(12.0).reshape(6, 2)[::-2, 1:]
    for weights in (np.array([[1.0], [-2.0], [0.25]]), window):
        status, results = repeat(weights)
        assert status == -1
        assert results.tolist() == [[1.5 + w, w] for (w,) in weights.tolist()]
    assert repeat(np.empty((0, 1)))[0] == -1


def test_numbers_stand_around_the_weights() -> None:
    for numbers in ([0.25, 2.0], [array("d", [0.25]), array("d", [2.0])]):
        status, results = repeat(np.array([[3.0]]), numbers=numbers)
        assert (status, results.tolist()) == (-1, [[5.25, 3.0]])


def test_a_result_that_is_not_finite_is_told_where_it_is_asked_for() -> None:
    weights = np.array([[1.0], [np.inf], [2.0]])
    assert repeat(weights)[0] == -3
    status, results = repeat(weights, tell_doubt=False)
    assert status == -1
    assert results[:, 0].tolist() == [2.5, np.inf, 3.5]


def test_a_guard_that_does_not_hold_is_told() -> None:
    before = [*WITHOUT_LANES["before"], *GUARD(0, 0, 2, 1, 3)]
    code = program(**WITHOUT_LANES | {"before": before})
    results = np.zeros((1, 2))
    assert code.repeat([0.5], 1, np.ones((1, 1)), results, True) == -1
    assert code.repeat([1.5], 1, np.ones((1, 1)), results, True) == 3


ONE = np.ones((1, 1))


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": np.ones(1), "results": np.zeros((1, 2))},
        {"weights": np.ones((1, 1), int)},
        {"weights": np.ones((1, 1), np.float32)},
        {"weights": np.ones((1, 6))},
        {"weights": None, "results": np.zeros((1, 2))},
        {"at": -1},
        {"at": 5},
        {"at": 2**70},
        {"at": "1"},
        {"results": np.zeros((2, 2))},
        {"results": np.zeros((1, 3))},
        {"results": np.zeros(2)},
        {"results": np.zeros((2, 2))[:1, ::-1]},
        {"results": b"0123456701234567"},
        {"numbers": (0.5,)},
        {"numbers": [0.5] * 5},
        {"numbers": ["x"]},
    ],
    ids=str,
)
def test_weights_that_do_not_fit_are_refused(changed: dict[str, Any]) -> None:
    given = {
        "numbers": [0.5],
        "at": 1,
        "weights": ONE,
        "results": np.zeros((1, 2)),
        "tell_doubt": True,
    } | changed
    with pytest.raises((ValueError, TypeError, OverflowError, BufferError)):
        program(**WITHOUT_LANES).repeat(*given.values())


def test_a_program_with_lanes_does_not_run_by_rows_of_weights() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        program().repeat([0.5], 1, ONE, np.zeros((1, 2)), True)
