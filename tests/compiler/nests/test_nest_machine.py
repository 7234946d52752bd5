"""The machine's code with loops: what is none is refused, and what runs can be interrupted."""

from __future__ import annotations

import math
import random
import signal
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from scalargrad import ops
from scalargrad.compiler.machine.code_checking import MOST_DEPTH, is_nest
from scalargrad.compiler.machine.disassembly import disassembled_nest
from scalargrad.compiler.machine.instructions import (
    ADD,
    ALONG,
    FILL,
    GATHER,
    GUARD,
    LOOP,
    MINUS_PRODUCT,
    MOVE,
    PLUS_PRODUCT,
    READ,
    SCATTER,
    SINE_COSINE,
    TABLE,
    WRITE,
)
from scalargrad.compiler.machine.nest_interpreter import interpret
from scalargrad.compiler.machine.words import MOST, row_instruction
from scalargrad.compiler.trace.native import machine
from tests.support.expressions import rounds
from tests.support.nests_made import bits, code_of_function, nest_code

needs_machine = pytest.mark.skipif(machine is None, reason="the machine was not built")
WALK = (0, -1, 4, 2)


def accepted(code: Any) -> bool:
    """Whether this is a program; the native machine has to be of the same mind."""
    found = is_nest(code)
    if machine is not None:
        try:
            machine.Nest(**code._asdict())
        except ValueError:
            assert not found, code
        else:
            assert found, code
    return found


def loop(trips: int, walks: Sequence[int], *body: Sequence[int]) -> list[int]:
    words = [word for one in body for word in one]
    return [*LOOP(trips, len(words), *walks), *words]


def test_a_loop_runs_its_body_along_its_walks() -> None:
    add = row_instruction(ops.add.code, 2, 2, 3)
    code = nest_code(loop(4, WALK, READ(3, 0, 0), add), initial=array("d", range(20)))
    found, failed = interpret(code, [0.0, 1.0])
    assert (found, failed) == ([2.0 + 4.0 + 6.0 + 8.0 + 10.0], -1)
    if machine is not None:
        assert machine.Nest(**code._asdict()).run([0.0, 1.0], None, False) == found


@pytest.mark.parametrize(
    "inside", [READ(2, 0, 0), WRITE(0, 0, 2), ADD(0, 0, 2)], ids=["READ", "WRITE", "ADD"]
)
def test_no_walk_leaves_the_memory(inside: list[int]) -> None:
    assert accepted(nest_code(loop(8, WALK, inside)))
    assert not accepted(nest_code(loop(9, WALK, inside)))
    assert not accepted(nest_code(loop(2, (0, -1, -1, 1), inside)))
    assert not accepted(nest_code(loop(2, (0, -1, 0, -1), inside)))
    assert not accepted(nest_code(loop(2, (1, -1, 0, 1), inside)))
    assert not accepted(nest_code(inside))


def test_no_index_leaves_the_memory() -> None:
    walk = (0, -1, 0, 1)
    assert accepted(nest_code(loop(3, walk, GATHER(2, 0, 0))))
    assert not accepted(nest_code(loop(4, walk, GATHER(2, 0, 0))))
    assert accepted(nest_code(loop(3, walk, SCATTER(0, 0, 0, 2))))
    assert not accepted(nest_code(loop(3, walk, SCATTER(0, 0, 1, 2))))
    assert not accepted(nest_code([], indexes=array("q", [20])))
    assert not accepted(nest_code([], indexes=array("q", [-1])))


def test_inner_walks_begin_where_outer_ones_are() -> None:
    inner = loop(4, (1, 0, 0, 1), READ(2, 1, 0))
    assert accepted(nest_code(loop(5, (0, -1, 0, 4), inner)))
    assert not accepted(nest_code(loop(5, (0, -1, 1, 4), inner)))
    assert not accepted(nest_code(inner))
    assert not accepted(nest_code(loop(2, (0, -1, 0, 1), loop(2, (0, -1, 0, 1), READ(2, 0, 0)))))


def test_a_loop_is_as_long_as_it_says() -> None:
    move = MOVE(2, 3)
    assert accepted(nest_code([*LOOP(3, 4), *move]))
    for size in (3, 5, 8, MOST - 1):
        assert not accepted(nest_code([*LOOP(3, size), *move]))
    for trips in (0, -1):
        assert not accepted(nest_code([*LOOP(trips, 4), *move]))


def test_loops_are_not_too_deep() -> None:
    code: list[int] = MOVE(2, 3)
    for _ in range(MOST_DEPTH):
        code = loop(1, (), code)
    assert accepted(nest_code(code))
    assert not accepted(nest_code(loop(1, (), code)))


def test_counts_and_places_are_checked() -> None:
    assert accepted(nest_code([]))
    for parts in ({"places": 19}, {"places": -1}, {"inputs": 21}, {"inputs": -1}, {"walks": -1}):
        assert not accepted(nest_code([], **parts))
    assert not accepted(nest_code([], results=array("i", [20])))
    assert not accepted(nest_code(FILL(0, 21)))
    assert accepted(nest_code(FILL(0, 20)))


def small(m: Any, a: Any, b: Any) -> Any:
    for _ in range(9):
        a = m.sin(a * b) + a
    return a


def nested(m: Any, *x: Any) -> Any:
    total = x[0] * x[1]
    for i in range(5):
        for j in range(6):
            total = m.tanh(total + x[i] * x[j]) - x[(i * i + j * j) % 6]
    return total


@pytest.mark.parametrize("f, inputs", [(small, 2), (nested, 6)], ids=["one loop", "two"])
def test_damaged_programs_are_refused_or_run(f: Callable[..., Any], inputs: int) -> None:
    numbers = [0.1 * k for k in range(inputs)]
    whole = code_of_function(f, numbers)
    interesting = (-(2**31), -1, 0, 1, 2, 3, 5, 8, whole.places - 1, whole.places, 2**31 - 1)
    for _ in rounds(300):
        words = array("i", whole.code)
        for _ in range(random.randint(1, 3)):
            words[random.randrange(len(words))] = random.choice(interesting)
        code = whole._replace(code=words)
        if accepted(code) and machine is not None and is_short(code):
            machine.Nest(**code._asdict()).run(list(numbers), None, False)


def is_short(code: Any) -> bool:
    """Whether no loop of the program runs long."""
    found = [trips for op, trips in zip(code.code, code.code[2:]) if op == LOOP.code]
    return max(found, default=0) < 100


def test_code_with_loops_is_listed_with_its_loops() -> None:
    body = [READ(3, 0, -1), row_instruction(ops.add.code, 2, 2, 3)]
    listed = disassembled_nest(nest_code(loop(4, WALK, *body)), ["x", "y"])
    assert listed.splitlines() == [
        "given: u0 = x, u1 = y",
        "LOOP: trips 4, size 10, walks (0 none 4 2)",
        "    READ: out u3, walk 0, offset -1",
        "    u2 = add(u2, u3)",
        "results: u2",
    ]


@needs_machine
def test_the_accumulator_changes_no_bit() -> None:
    """Straight and looping code at random, on few places: what the machine takes from its
    accumulator is what the interpreter reads."""
    two = [ops.add.code, ops.sub.code, ops.mul.code, ops.maximum.code]
    for _ in rounds(200):
        code = random_code(two)
        numbers = [random.uniform(-1.0, 1.0) for _ in range(2)]
        program = nest_code(
            code,
            initial=array("d", [random.uniform(-1.0, 1.0) for _ in range(20)]),
            results=array("i", range(20)),
        )
        expected, failed = interpret(program, numbers)
        found = machine.Nest(**program._asdict()).run(numbers, None, False)
        assert failed == -1
        assert bits(told(found)) == bits(told(expected)), code


def told(numbers: Sequence[float]) -> list[float]:
    """The numbers, of which NaN has no sign."""
    return [x if x == x else math.nan for x in numbers]


PRODUCTS = (PLUS_PRODUCT, MINUS_PRODUCT)


def random_code(two: Sequence[int], depth: int = 0) -> list[int]:
    code: list[int] = []
    for _ in range(random.randint(1, 6)):
        if depth < 2 and random.random() < 0.25:
            begin, stride = random.choice([(random.randrange(14), 1), (8, -1), (5, 3)])
            body = moving(random_code(two, depth + 1), depth)
            code += loop(random.randint(1, 4), (depth, -1, begin, stride), body)
        else:
            code += random_instruction(two, depth)
    return code


def moving(body: list[int], depth: int) -> list[int]:
    """The body with some of its numbers along walks, most along that of its own loop."""
    words = [k for at in where_numbers_move(body) for k in range(at + 2, at + body[at + 1])]
    chosen = [k for k in words if random.random() < random.choice((0.0, 0.1, 0.5))]
    head = 2 + 3 * len(chosen)
    moves: list[int] = []
    for k in chosen:
        walk = depth if random.random() < 0.8 else random.randrange(depth + 1)
        moves += walk, random.randrange(3), head + k
        body[k] = 0
    return [*ALONG(*moves), *body] if chosen else body


def where_numbers_move(body: Sequence[int]) -> Iterator[int]:
    """Yield where the instructions begin whose numbers may be along a walk."""
    at = 0
    while at < len(body):
        row = TABLE.get(body[at])
        if row in (None, MOVE, SINE_COSINE, *PRODUCTS):
            yield at
        at += body[at + 1] + (body[at + 3] if row is LOOP else 0)


def random_instruction(two: Sequence[int], depth: int) -> list[int]:
    a, b, c, d = (random.randrange(20) for _ in range(4))
    walk, offset = random.randrange(max(1, depth)), random.randrange(3)
    choices = [
        *(row_instruction(code, a, b, c) for code in two),
        *(row(a, b, c, d) for row in PRODUCTS),
        row_instruction(ops.sin.code, a, b),
        SINE_COSINE(a, (a + 1) % 20, c),
        *(MOVE(a, b), FILL(min(a, 18), 2)),
    ]
    if depth:
        choices += [READ(a, walk, offset), WRITE(walk, offset, a), ADD(walk, offset, a)]
    return random.choice(choices)


@needs_machine
def test_a_guard_that_does_not_hold_ends_the_run() -> None:
    code = nest_code(loop(3, (), GUARD(0, 0, 1, 1, 7), MOVE(2, 3)))
    native = machine.Nest(**code._asdict())
    assert native.run([1.0, 0.0], None, False) == 7
    assert interpret(code, [1.0, 0.0])[1] == 7
    assert native.run([0.0, 1.0], None, False) == interpret(code, [0.0, 1.0])[0]
    assert native.results([1.0, 0.0]) is None
    assert native.results([0.0, 1.0]) == interpret(code, [0.0, 1.0])[0]


@needs_machine
def test_doubt_is_told_where_a_result_is_not_finite() -> None:
    native = machine.Nest(**nest_code(MOVE(2, 0))._asdict())
    assert native.run([float("inf"), 0.0], None, True) == -3
    assert native.run([float("inf"), 0.0], None, False) == [float("inf")]
    assert native.results([float("inf"), 0.0]) is None


@needs_machine
def test_results_go_to_a_buffer() -> None:
    native = machine.Nest(**nest_code(MOVE(2, 0))._asdict())
    results = array("d", [0.0])
    assert native.run([5.0, 0.0], results, True) == -1
    assert results[0] == 5.0
    with pytest.raises(ValueError, match="buffer"):
        native.run([5.0, 0.0], array("d", [0.0, 0.0]), True)
    with pytest.raises(ValueError, match="numbers"):
        native.run([array("d", [5.0, 0.0, 1.0])], None, True)
    with pytest.raises(TypeError):
        native.run((5.0, 0.0), None, True)


@needs_machine
def test_a_run_is_interrupted() -> None:
    code = nest_code(loop(MOST - 1, (), loop(MOST - 1, (), MOVE(2, 3))))
    native = machine.Nest(**code._asdict())
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        native.run([0.0, 0.0], None, False)
    timer.join()


@needs_machine
def test_several_threads_run_one_program() -> None:
    def f(m: Any, a: Any, b: Any) -> Any:
        for _ in range(500):
            a = m.sin(a * b) + a
        return a

    native = machine.Nest(**code_of_function(f, [0.3, 0.5])._asdict())
    expected = {x: native.run([x, 0.5], None, False) for x in (0.1, 0.2, 0.3, 0.4)}
    found: list[bool] = []

    def work(x: float) -> None:
        found.append(all(native.run([x, 0.5], None, False) == expected[x] for _ in range(200)))

    threads = [threading.Thread(target=work, args=[x]) for x in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
