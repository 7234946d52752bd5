"""Loops in the lanes of the machine: what is no code is refused, registers move along walks, and
the native machine does what the interpreter does."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence
from typing import Any

import pytest

from scalargrad import ops
from scalargrad.compiler.machine.code_checking import is_code
from scalargrad.compiler.machine.instructions import (
    ALONG,
    FILL,
    GATHER,
    LOAD,
    LOOP,
    MINUS_PRODUCT,
    MOVE,
    PLUS_PRODUCT,
    SCATTER,
    SPREAD,
    STORE,
    TOTAL,
)
from scalargrad.compiler.machine.interpreter import interpret
from scalargrad.compiler.machine.words import row_instruction
from scalargrad.compiler.trace.native import machine
from scalargrad.compiler.trace.vocabulary import LANES
from tests.support.compiled import instruction_sets, running
from tests.support.expressions import rounds
from tests.support.floats import all_bits
from tests.support.instructions_made import SIZES, code_of, natively

needs_machine = pytest.mark.skipif(machine is None, reason="the machine was not built")
REGISTERS, INDEXES = SIZES["registers"], [0, 3, 8]
ADD = ops.add.code


def program(lanes: Sequence[int], **parts: Any) -> Any:
    """A program of such lanes, with indexes and walks."""
    return code_of(SIZES, lanes=lanes, indexes=array("q", INDEXES), walks=SIZES["walks"], **parts)


def accepted(lanes: Sequence[int]) -> bool:
    """Whether this is code of the lanes; the native machine has to be of the same mind."""
    found = is_code(lanes, SIZES, LANES, INDEXES)
    if machine is not None:
        try:
            machine.Program(**program(lanes)._asdict())
        except ValueError:
            assert not found, list(lanes)
        else:
            assert found, list(lanes)
    return found


def loop(trips: int, walks: Sequence[int], *body: Sequence[int]) -> list[int]:
    words = [word for one in body for word in one]
    return [*LOOP(trips, len(words), *walks), *words]


WALK = (0, -1, 0, 1)


def moving(*words: tuple[int, int, int]) -> list[int]:
    """ALONG for words of the instructions after it: walk, offset, and which word after it."""
    head = len(ALONG(*[0] * 3 * len(words)))
    return ALONG(*[x for walk, offset, k in words for x in (walk, offset, head + k)])


# ------ what is code
def test_a_register_moves_as_far_as_there_are_registers() -> None:
    body = moving((0, 0, 2)), MOVE(0, 1)
    assert accepted(loop(REGISTERS, WALK, *body))
    assert not accepted(loop(REGISTERS + 1, WALK, *body))
    assert not accepted(loop(2, (0, -1, -1, 1), *body))
    assert not accepted(loop(2, (0, -1, 0, -1), *body))
    assert not accepted(loop(2, (1, -1, 0, 1), *body))
    assert not accepted([*moving((0, 0, 2)), *MOVE(0, 1)])


def test_only_registers_of_operators_and_moves_move() -> None:
    assert accepted(loop(2, WALK, moving((0, 0, 2)), row_instruction(ADD, 0, 1, 2)))
    assert accepted(loop(2, WALK, moving((0, 0, 5)), PLUS_PRODUCT(0, 1, 2, 3)))
    for word in (0, 1):
        assert not accepted(loop(2, WALK, moving((0, 0, word)), MOVE(0, 1)))
        assert not accepted(loop(2, WALK, moving((0, ADD, word)), row_instruction(ADD, 0, 1, 2)))
    for other in (FILL(0, 1), STORE(0, 1), TOTAL(0, 1), LOAD(0, 1), loop(2, (), MOVE(0, 1))):
        assert not accepted(loop(2, WALK, moving((0, 0, 2)), other))


def test_words_that_move_stand_ahead_in_the_same_body() -> None:
    inner = loop(2, (), MOVE(0, 1))
    assert accepted(loop(2, WALK, moving((0, 0, len(inner) - 1)), inner))
    assert not accepted(loop(2, WALK, moving((0, 0, 4)), MOVE(0, 1)) + MOVE(0, 1))
    assert not accepted(loop(2, WALK, moving((0, 0, -2)), MOVE(0, 1)))
    assert not accepted(loop(2, WALK, moving((0, 0, 2), (0, 0, 2)), MOVE(0, 1)))


def test_numbers_and_indexes_along_walks_are_there() -> None:
    places = SIZES["places"]
    assert accepted(loop(places, WALK, SPREAD(0, 0, 0)))
    assert not accepted(loop(places + 1, WALK, SPREAD(0, 0, 0)))
    assert accepted(loop(3, WALK, GATHER(0, 0, 0)))
    assert not accepted(loop(4, WALK, GATHER(0, 0, 0)))
    assert accepted(loop(3, WALK, SCATTER(0, 0, 0, 1)))
    assert not accepted(loop(3, WALK, SCATTER(0, 0, 1, 1)))


def test_damaged_code_is_refused_by_both_engines() -> None:
    interesting = (-(2**31), -1, 0, 1, 2, 3, 5, 8, 9, 40, 2**31 - 1)
    for _ in rounds(300):
        lanes = random_code()
        for _ in range(random.randint(1, 3)):
            lanes[random.randrange(len(lanes))] = random.choice(interesting)
        accepted(lanes)


# ------ what code does
def random_code(depth: int = 0) -> list[int]:
    """Loops of instructions that round alike in both engines, on registers that move."""
    code: list[int] = []
    for _ in range(random.randint(1, 5)):
        if depth < 3 and random.random() < (0.4 if depth else 0.7):
            stride = random.choice([1, -1])
            trips = random.randint(1, 4)
            walk = (depth, -1, random.randrange(4) if stride > 0 else 4, stride)
            code += loop(trips, walk, with_moves(random_code(depth + 1), depth))
        else:
            code += random_instruction(depth)
    return code


def with_moves(body: list[int], walk: int) -> list[int]:
    """A body some of whose registers move along a walk."""
    at, words = 0, []
    while at < len(body):
        can_move = body[at] in (ADD, ops.mul.code, MOVE.code, PLUS_PRODUCT.code)
        if can_move and random.random() < 0.5:
            words.append((walk, random.randrange(2), random.randrange(at + 2, at + body[at + 1])))
        at += body[at + 1]
    return [*moving(*words), *body] if words else body


def random_instruction(depth: int) -> list[int]:
    a, b, c, d = (random.randrange(REGISTERS) for _ in range(4))
    choices = [
        row_instruction(ADD, a, b, c),
        row_instruction(ops.mul.code, a, b, c, *(d, a, b) * random.randrange(2)),
        row_instruction(ops.neg.code, a, b),
        row_instruction(ops.div.code, a, b, c),
        row_instruction(ops.maximum.code, a, b, c),
        *(PLUS_PRODUCT(a, b, c, d), MINUS_PRODUCT(a, b, c, d), MOVE(a, b)),
        FILL(min(a, REGISTERS - 2), 2),
    ]
    if depth:
        walk = random.randrange(depth)
        choices += [SPREAD(a, walk, b)]
        if walk == depth - 1:
            choices += [GATHER(a, walk, -5), SCATTER(walk, -5, 0, b)]
    return random.choice(choices)


@needs_machine
@pytest.mark.parametrize("name", instruction_sets())
def test_loops_do_natively_what_they_do_in_the_interpreter(name: str) -> None:
    ran = 0
    for _ in rounds(60):
        body = random_code()
        lanes = [*LOAD(0, *range(REGISTERS)), *body, *[x for k in range(9) for x in STORE(k, k)]]
        if not accepted(lanes):
            continue
        ran += 1
        count = random.choice([1, 7, 16, 17, 33, 65, 130])
        numbers = [random.uniform(-1.0, 1.0) for _ in range(SIZES["places"])]
        columns = [[random.uniform(-1.0, 1.0) for _ in range(count)] for _ in range(REGISTERS)]
        places = {(0, k): column for k, column in enumerate(columns)}
        code = program(lanes)
        with running(name):
            found = natively(code, numbers, columns, count)
        expected = interpret(code, numbers, places, count)
        for address, column in expected.outputs.items():
            assert same(found.outputs[address], column), body
    assert ran > 10


def same(xs: Sequence[float], ys: Sequence[float]) -> bool:
    """Whether these are the same bit by bit; any NaN is like another."""
    both = [(x, y) for x, y in zip(xs, ys) if x == x or y == y]
    return all_bits([x for x, _ in both]) == all_bits([y for _, y in both])
