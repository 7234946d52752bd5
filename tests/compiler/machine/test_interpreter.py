"""The machine in Python: what compiled code computes, and that the native machine computes it too.

Operands are whole numbers where sums are taken over lanes, so that these are exact in any order.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.machine.checking import ARITY
from scalargrad.compiler.machine.code_checking import is_code
from scalargrad.compiler.machine.disassembly import lines
from scalargrad.compiler.machine.encode import Code, encoded
from scalargrad.compiler.machine.instructions import GUARD, LOAD, PAIRS, STORE, TABLE, WIDE_ROW
from scalargrad.compiler.machine.interpreter import RunResults, interpret
from scalargrad.compiler.machine.words import (
    NONE,
    STRETCH,
    WIDTH,
    Domain,
    Instruction,
    row_instruction,
)
from scalargrad.compiler.passes.lane_sums import lane_sums
from scalargrad.compiler.pipeline import program_of
from scalargrad.compiler.trace.body import Body
from scalargrad.compiler.trace.in_python import Trace
from scalargrad.compiler.trace.native import machine
from scalargrad.compiler.trace.vocabulary import BEFORE, LANES
from scalargrad.rows import BUILT_IN, Operator
from tests.support.compiled import instruction_sets, is_close, own_error, running
from tests.support.expressions import rounds
from tests.support.floats import all_bits
from tests.support.instructions_made import SIZES, code_of, made, natively, needs_loops

OPERATORS = [row for row in BUILT_IN.values() if row.code in ARITY]
IN_LANES = [row for row in TABLE.values() if LANES in row.stages and not needs_loops(row)]
ALONE = [row for row in TABLE.values() if BEFORE in row.stages]
needs_machine = pytest.mark.skipif(machine is None, reason="the native machine was not built")
machines = pytest.mark.parametrize("name", instruction_sets())


def both(
    code: Code, numbers: list[float], columns: list[list[float]], count: int
) -> tuple[RunResults, RunResults]:
    places = {(0, k): column for k, column in enumerate(columns)}
    return interpret(code, numbers, places, count), natively(code, numbers, columns, count)


def same(found: RunResults, expected: RunResults) -> bool:
    """Whether two outcomes are the same bit by bit."""
    return (
        all_bits(found.results) == all_bits(expected.results)
        and {k: all_bits(x) for k, x in found.outputs.items()}
        == {k: all_bits(x) for k, x in expected.outputs.items()}
        and (found.broken, found.failed) == (expected.broken, expected.failed)
    )


def near(found: RunResults, expected: RunResults) -> bool:
    """Whether two outcomes are as near as functions on vectors are right."""
    pairs = [(x, y) for k, xs in found.outputs.items() for x, y in zip(xs, expected.outputs[k])]
    return all(is_close(y, x, 2.0**-50 * abs(x)) for x, y in pairs)


def whole_numbers(n: int) -> list[float]:
    return [float(random.randint(-9, 9)) for _ in range(n)]


# ------ instruction by instruction


@needs_machine
@machines
@pytest.mark.parametrize("row", IN_LANES, ids=[row.name for row in IN_LANES])
def test_an_instruction_in_lanes_does_what_it_does_natively(name: str, row: Instruction) -> None:
    n = SIZES["registers"]
    stores = [x for k in range(n) for x in STORE(k, k)]
    for _ in rounds(30):
        count = random.choice((1, 7, 8, 9, 64, 65, 130))
        code = made(row, {**SIZES, "numbers": n})
        if row is STORE:
            stores = []
        lanes = [*LOAD(0, *range(n)), *code, *stores]
        totals = range(SIZES["totals"])
        parts = code_of(SIZES, lanes=lanes, totals=totals, results=totals)
        columns = [whole_numbers(count) for _ in range(n)]
        with running(name):
            found, expected = both(parts, whole_numbers(SIZES["places"]), columns, count)
        if row is STORE:
            found.outputs.update({k: [0.0] * count for k, x in found.outputs.items() if not x})
        assert (near if row in PAIRS.values() else same)(found, expected), code


@needs_machine
@machines
@pytest.mark.parametrize("pair", PAIRS, ids=[row.name for row in PAIRS.values()])
def test_two_functions_at_once_are_those_alone(name: str, pair: tuple[Operator, ...]) -> None:
    sizes = {**SIZES, "inputs": 1, "outputs": 4, "registers": 5, "totals": 0}
    code = [*LOAD(0, 0), *PAIRS[pair](1, 2, 0)]
    for k, row in enumerate(pair, 3):
        code += row_instruction(row.code, k, 0)
    code += [word for k in range(4) for word in STORE(k, k + 1)]
    special = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 27.0, -27.0, 1e9]
    x = [*special, *(random.uniform(-8.0, 8.0) for _ in range(500))]
    with running(name):
        outputs = natively(code_of(sizes, lanes=code), [], [x], len(x)).outputs
    bits = [all_bits(outputs[0, k]) for k in range(4)]
    assert bits[:2] == bits[2:]


HALF = SIZES["places"] // 2
"""What is computed stands behind this place, and what it is computed from before."""


def apart(name: str, domain: Domain, fitting: range) -> int:
    """Where it is read, before HALF; where it is written, behind it, each row by itself."""
    if name == "out":
        return max(HALF, fitting.start)
    end = HALF - 20 - WIDTH if domain == STRETCH else HALF
    return random.choice(range(fitting.start, min(fitting.stop, end)))


@needs_machine
@machines
@pytest.mark.parametrize("row", ALONE, ids=[row.name for row in ALONE])
def test_an_instruction_on_numbers_does_what_it_does_natively(name: str, row: Instruction) -> None:
    for _ in rounds(30):
        code = made(row, {**SIZES, "numbers": HALF}, apart)
        if row is WIDE_ROW:
            code = WIDE_ROW(*code[2:4], BUILT_IN["where"].code, 0b101, 3, 4, 40)
        words = row.read(code)
        rows, size = getattr(words, "height", 1), getattr(words, "count", 1)
        if rows > 1:
            outs = range(HALF, HALF + rows * size, size)
            code[4 : 4 + rows] = outs
        size = len(words.numbers) if row.name == "PACK" else size * rows
        results = range(HALF, HALF + size)
        parts = code_of(SIZES, before=code, results=results)
        assert is_code(code, SIZES, BEFORE)
        numbers = [random.gauss(0.0, 1.0) for _ in range(HALF)]
        with running(name):
            found, expected = both(parts, numbers, [[0.0]] * SIZES["inputs"], 1)
        found.outputs.update({k: [0.0] for k in found.outputs})
        assert same(found._replace(broken=[]), expected._replace(broken=[])), code


@needs_machine
@machines
@pytest.mark.parametrize("row", OPERATORS, ids=[row.name for row in OPERATORS])
def test_an_operator_does_what_it_does_natively(name: str, row: Operator) -> None:
    """In lanes, on numbers and on stretches: as near as the functions on vectors are right."""
    n, samples = row.arity or 0, [x if isinstance(x, tuple) else (x,) for x in row.samples]
    count = len(samples)
    columns = [[float(sample[k]) for sample in samples] for k in range(n)]
    sizes = {**SIZES, "inputs": n, "outputs": 1, "registers": n + 1, "totals": 0}
    numbers = [x for column in columns for x in [*column, *[1.0] * WIDTH]]
    step = count + WIDTH
    operands = range(0, n * step, step)
    out, wide = n * step, n * step + 1
    parts = code_of(
        sizes,
        before=[
            *row_instruction(row.code, out, *operands),
            *WIDE_ROW(wide, count, row.code, (1 << n) - 1, *operands),
        ],
        lanes=[*LOAD(0, *range(n)), *row_instruction(row.code, n, *range(n)), *STORE(0, n)],
        results=range(out, wide + count),
    )
    with running(name):
        found, expected = both(parts, numbers, columns, count)
    alike = zip(
        [*found.results, *found.outputs[0, 0]],
        [*expected.results, *expected.outputs[0, 0]],
        [samples[0], *samples, *samples],
    )
    for ours, native, sample in alike:
        assert is_close(native, ours, own_error(row, ours, sample)), (ours, native, sample)
        assert ours == row.forward(*sample) or ours != ours


@needs_machine
def test_a_guard_on_numbers_that_does_not_hold_ends_the_run() -> None:
    parts = code_of(SIZES, before=[*GUARD(0, 0, 1, 1, 7), *GUARD(0, 1, 0, 1, 8)], results=[0])
    for numbers, failed in (([2.0, 1.0], 7), ([1.0, 2.0], 8), ([1.0, 1.0], 7)):
        found, expected = both(parts, numbers, [[0.0]] * SIZES["inputs"], 1)
        assert found.failed == failed and same(found, expected)


# ------ whole programs


def net(count: Any, share: Any, w: Any, v: Any, x: Any, y: Any) -> list[Any]:
    hidden = [sg.relu(sg.dot([k * w, v], [x, y], 0.5)) for k in (1.0, -2.0, 3.0)]
    out = sg.dot([v, w, w], hidden)
    loss = sg.square(out - y)
    return [out, loss, *sg.gradients(loss, [w, v, x])]


def branch(count: Any, share: Any, w: Any, v: Any, x: Any, y: Any) -> list[Any]:
    out = sg.exp(w * x) - v if x < y else sg.sin(y) / (x - w)
    return [out, *sg.gradients(out, [w, v])]


def unrolled(count: Any, share: Any, w: Any, v: Any, x: Any, y: Any) -> list[Any]:
    many = [sg.sigmoid(w * (0.1 * k)) + v * k for k in range(40)]
    total = sg.dot(many, many[::-1])
    return [total, total * x, *sg.gradients(total, [w, v])]


def in_pairs(count: Any, share: Any, w: Any, v: Any, x: Any, y: Any) -> list[Any]:
    """The slopes of erf and erfc are one number; the cosine comes before the sine."""
    out = sg.erf(x) * sg.erfc(x) + sg.erfc(w * y) * sg.cos(y) + v * sg.sin(y)
    return [out, *sg.gradients(out, [w, v, x, y])]


def code_and_lanes(f: Callable[..., Any], *numbers: float) -> tuple[Code, list[bool]]:
    """The code of a program, whose outputs that have lanes are summed over them as well."""
    trace = Trace()
    lanes = (False, False, False, False, True, True)
    inputs = [trace.input(x, lane) for x, lane in zip(numbers, lanes)]
    outputs = [trace.index(x) for x in f(*inputs)]
    program = program_of(Body(trace, [*outputs, *lane_sums(trace, outputs, inputs[0])]))
    has_lanes = [program.trace.lanes[i] for i in program.outputs]
    columns = [i for i in program.inputs if program.trace.lanes[i]]
    addresses = {i: (0, k) for k, i in enumerate(columns)}
    made = [(0, k) for k in range(sum(has_lanes))]
    return encoded(program, addresses, 1, made), has_lanes


@pytest.mark.parametrize("f", [net, branch, unrolled, in_pairs])
def test_encoded_programs_compute_what_the_function_does(f: Callable[..., Any]) -> None:
    w, v, count = 0.7, -1.3, 11
    xs, ys = ([random.gauss(0.0, 1.0) for _ in range(count)] for _ in range(2))
    xs[0], ys[0] = -1.0, 1.0
    code, has_lanes = code_and_lanes(f, float(count), 1.0 / count, w, v, xs[0], ys[0])
    used = [place[1] for place in zip(code.inputs[::2], code.inputs[1::2])]
    columns = {(0, k): (xs, ys)[k if len(used) == 2 else 0] for k in used}
    sizes = {name: len(getattr(code, name)) // 2 for name in ("inputs", "outputs")}
    sizes |= {"registers": code.registers, "places": len(code.initial), "totals": len(code.totals)}
    for stage, part in enumerate((code.before, code.lanes, code.after)):
        assert is_code(part, sizes, stage)
    found = interpret(code, [float(count), 1.0 / count, w, v], columns, count)
    held = [k for k, guard in enumerate(found.broken) if guard == NONE]
    assert held == [k for k in range(count) if f is not branch or xs[k] < ys[k]]
    expected = [
        [getattr(out, "data", out) for out in f(float(count), 1.0 / count, *leaves)]
        for leaves in ([sg.Value(w), sg.Value(v), sg.Value(xs[k]), sg.Value(ys[k])] for k in held)
    ]
    results, outputs = iter(found.results), iter(found.outputs.values())
    own, sums = len(has_lanes) // 2, list(map(sum, zip(*expected)))
    for k, lane in enumerate(has_lanes[:own]):
        theirs = [each[k] for each in expected]
        column = next(outputs) if lane else [next(results)] * count
        assert [column[j] for j in held] == pytest.approx(theirs, rel=1e-12)
    if f is not branch:
        assert list(results) == pytest.approx(sums, rel=1e-12)


def test_functions_that_have_work_in_common_are_one_instruction() -> None:
    code, _ = code_and_lanes(in_pairs, 11.0, 1.0 / 11.0, 0.7, -1.3, -1.0, 1.0)
    names = [line.split(":")[0].split(" = ")[-1] for line in lines(code.lanes, "r")]
    for row in PAIRS.values():
        assert names.count(row.name) == 1
    assert sum(name.startswith(("erfc", "erf", "gaussian", "sin", "cos")) for name in names) == 1
