"""The trace in C beside the one in Python: node for node the same, and never a crash."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import modes, ops
from scalargrad.backward import symbolic_adjoints
from scalargrad.compiler.passes.lane_sums import lane_sums
from scalargrad.compiler.passes.lowered_trace import lowered_trace
from scalargrad.compiler.pipeline import program_of
from scalargrad.compiler.trace import chosen, in_python
from scalargrad.compiler.trace.body import Body
from scalargrad.compiler.trace.vocabulary import accumulate, products, stop_gradient
from scalargrad.rows import BUILT_IN
from tests.support.compiled import adjoints_of
from tests.support.expressions import random_expression, rounds

InC = chosen.Trace
pytestmark = pytest.mark.skipif(InC is in_python.Trace, reason="there is no trace in C")

NAMES = [name for name, row in BUILT_IN.items() if name != "polygamma"]


def columns(found: Any) -> list[Any]:
    """All there is of a trace, numbers by their bits."""
    return [
        list(found.rows),
        list(found.operands),
        [x.hex() for x in found.numbers],
        [bool(lane) for lane in found.lanes],
        list(found.inputs),
        list(found.guards),
    ]


def both(f: Callable[[Any], Any]) -> tuple[Any, Any]:
    return f(in_python.Trace()), f(InC())


def rebuilt(seed: int, lanes: bool, special: float) -> Callable[[Any], Iterator[Any]]:
    """A random function traced, differentiated and lowered on the trace that is given; yields
    what is found on the way."""
    expression = random_expression(random.Random(seed), NAMES, 12, special)

    def steps(found: Any) -> Iterator[Any]:
        source = random.Random(seed)
        inputs = [found.input(x, lanes and source.random() < 0.5) for x in expression.leaves]
        leaves = iter(inputs)
        root = expression.compute(lambda _: next(leaves), BUILT_IN)[-1]
        outputs = [root]
        if not isinstance(root, float):
            first = adjoints_of(root, inputs)
            outputs += first
            second = first[0]
            if not isinstance(second, float):
                outputs += symbolic_adjoints(second, inputs[:1], 1.0)
        yield columns(found)
        indices = [found.index(x) for x in outputs]
        if lanes:
            indices = lane_sums(found, indices, found.input(64.0))
        yield columns(found), indices
        for late in (0, 1):
            program = program_of(Body(found, indices), late=late)
            yield columns(program.trace), program.outputs, program.order, program.stages

    return steps


FACTORS = (1.0, -1.0, 2.0, -2.0, 0.5, 0.1, 3.0, 0.0, -0.0, math.inf, math.nan, 5e-324)


@pytest.mark.parametrize("lanes", [False, True])
@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("inner", FACTORS)
def test_products_with_numbers_are_lowered_alike(inner: float, careful: bool, lanes: bool) -> None:
    def steps(found: Any) -> Any:
        x, y = found.input(0.7, lanes), found.input(-1.3)
        scaled = [ops.mul(inner, x), ops.mul(x, inner), ops.neg(x), ops.mul(x, y)]
        pairs = [(c, z) for c in FACTORS for z in scaled]
        outputs = [p for c, z in pairs for p in (ops.mul(c, z), ops.mul(z, c), ops.chain(c, z))]
        program = program_of(Body(found, [found.index(p) for p in outputs]), careful)
        return columns(program.trace), program.outputs, program.order

    one, other = both(steps)
    assert one == other


@pytest.mark.parametrize("special", [0.0, 0.4])
@pytest.mark.parametrize("lanes", [False, True])
def test_random_functions_give_the_same_trace_gradient_and_program(
    lanes: bool, special: float
) -> None:
    for seed in rounds(60):
        steps = rebuilt(seed, lanes, special)
        for expected, found in zip(*map(list, both(steps))):
            assert found == expected


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_row_is_computed_and_differentiated_alike(name: str) -> None:
    row = BUILT_IN[name]
    sample = row.samples[0] if isinstance(row.samples[0], tuple) else (row.samples[0],)
    for constant in (None, *range(len(sample) if len(sample) > 1 else 0)):

        def steps(found: Any, constant: int | None = constant) -> Any:
            inputs = [x if k == constant else found.input(x) for k, x in enumerate(sample)]
            out = found.compute(row, inputs)
            leaves = [x for x in inputs if not isinstance(x, float)]
            return [found.index(g) for g in adjoints_of(out, leaves)], columns(found)

        expected, found = both(steps)
        assert found == expected


def test_constants_go_by_their_bits_and_every_nan_is_the_same() -> None:
    numbers = [5e-324, float("nan"), -float("nan"), 0.0, -0.0, 2.0, 5e-324, float("inf")]
    expected, found = both(lambda kind: [kind.constant(x) for x in numbers])
    assert found == expected == [0, 1, 1, 2, 3, 4, 0, 5]


def test_a_list_of_any_length_is_computed_alike() -> None:
    def steps(found: Any) -> Any:
        xs = [found.input(0.1 * k) for k in range(40)]
        out = sg.sum(xs) + sg.dot(xs, xs[::-1], 1.5) + sg.logsumexp(xs) + sg.prod(xs[1:])
        data = [found.input(0.5 * k, False, True) for k in range(10)]
        out += sg.dot([*data, 0.0, -0.0, 3.0, xs[0], math.nan], xs[:15], data[3]) * sg.mean(xs)
        out += sg.sum([*data, *xs]) + sg.dot(xs[:2], xs[2:4], xs[5]) * sg.dot(data, data, xs[6])
        first = symbolic_adjoints(out, xs, 1.0)
        symbolic_adjoints(sg.sum(first), [*xs[:20], data[0], 1.0], 1.0)
        found.compute(products, xs)
        found.compute(accumulate, xs)
        return columns(found)

    expected, found = both(steps)
    assert found == expected


# ------ what a function does besides arithmetic


def captured_and_detached(found: Any) -> Any:
    w, x = sg.Value(2.0), found.input(3.0)
    with modes.tracing(found):
        y = w * x + x / w + 2 * w
        with sg.no_grad():
            z = x * y + w
        out = y + z + sg.stop_gradient(y) * True + w.data
        with modes.outermost():
            out = out + sg.grad(lambda u: u**3)(x)
    return columns(found), list(found.captured.values()), out.index


def test_a_row_on_each_of_many_nodes_is_what_it_is_on_one_after_the_other() -> None:
    def at_once(found: Any) -> Any:
        xs = [found.input(float(k), k % 3 == 0) for k in range(20)]
        nodes = [x.index for x in xs] + [found.constant(2.0), xs[0].index]
        made = [found.compute_each(ops.neg, nodes), found.compute_each(ops.identity, nodes[:3])]
        made.append(found.compute_each(ops.add, nodes, [found.constant(0.0)]))
        made.append(found.compute_each(ops.dot, nodes, [xs[1].index, xs[2].index]))
        return columns(found), made

    def one_by_one(found: Any) -> Any:
        xs = [found.input(float(k), k % 3 == 0) for k in range(20)]
        operands = [*xs, 2.0, xs[0]]
        found.constant(2.0)

        def nodes(row: Any, given: Any, *beside: Any) -> list[int]:
            return [found.index(found.compute(row, [x, *beside])) for x in given]

        made = [nodes(ops.neg, operands), nodes(ops.identity, operands[:3])]
        found.constant(0.0)
        made.append(nodes(ops.add, operands, 0.0))
        made.append(nodes(ops.dot, operands, xs[1], xs[2]))
        return columns(found), made

    in_python, in_c = both(at_once)
    assert in_python == in_c
    assert both(one_by_one) == (in_python, in_c)


def test_a_row_on_each_is_refused_for_nodes_that_there_are_not() -> None:
    found = InC()
    with pytest.raises(IndexError):
        found.compute_each(ops.neg, [0])
    x = found.input(1.0)
    with pytest.raises(IndexError):
        found.compute_each(ops.add, [x.index], [7])
    with pytest.raises(ValueError, match="rewrites"):
        lowered_trace(found, False).compute_each(ops.neg, [])


@pytest.mark.parametrize("nodes", [40, 3000])
def test_nodes_are_found_wherever_they_were_put(nodes: int) -> None:
    """Sums that all have the same number of their operands together, and so the same place."""
    found = InC()
    xs = [found.input(float(k)) for k in range(nodes)]
    made = [found.compute(ops.add, pair).index for pair in zip(xs, xs[::-1])]
    assert len({*made}) == nodes
    assert [found.compute(ops.add, pair).index for pair in zip(xs, xs[::-1])] == made


def test_rows_that_are_needed_are_told_alike() -> None:
    def told(found: Any) -> Any:
        x, y = found.input(1.0), found.input(2.0)
        product, negative = sg.sin(x * y), -x
        nodes = [x.index, negative.index, product.index]
        sets = [(), (ops.mul,), (ops.neg, ops.sin), (stop_gradient,), (ops.cos,)]
        return [found.need_some(nodes[:k], rows) for k in range(4) for rows in sets]

    in_python, in_c = both(told)
    assert in_python == in_c
    assert {*in_c} == {False, True}


def test_values_that_are_captured_and_numbers_without_gradient() -> None:
    expected, found = both(captured_and_detached)
    assert found == expected


def test_gradients_within_no_grad_are_alike() -> None:
    def steps(found: Any) -> Any:
        x = found.input(3.0)
        out = (x * x).tanh()
        with modes.tracing(found), sg.no_grad():
            (gradient,) = sg.gradients(out, [x])
        assert stop_gradient in list(found.rows)
        return columns(found), gradient.index

    expected, found = both(steps)
    assert found == expected


def test_an_operator_of_the_users_own_is_computed_and_differentiated_in_python() -> None:
    cube = sg.operator("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
    every = sg.operator("every", lambda *xs: sum(xs), all_partials=lambda out, *xs: [*xs[1:], 1.0])

    def steps(found: Any) -> Any:
        xs = [found.input(float(k)) for k in range(3)]
        out = cube(xs[2]) + every(*xs)
        symbolic_adjoints(out, xs, 1.0)
        return columns(found), columns(program_of(Body(found, [out.index])).trace)

    expected, found = both(steps)
    assert found == expected


def test_branches_are_noted_alike() -> None:
    def steps(found: Any) -> Any:
        x, y = found.input(1.0), found.input(2.0)
        outcomes = [x < y, x <= 2, y < 1.0, x >= y, bool(x), bool(x - x), x > 3]
        return outcomes, columns(found)

    expected, found = both(steps)
    assert found == expected


# ------ re-rolling


def loops(source: random.Random, count: int) -> Callable[[list[Any]], list[Any]]:
    """Loops as people write them, over neighbours and over what is scattered."""
    kinds = [ops.mul, ops.add, ops.maximum, lambda x, y: sg.exp(x) * y]

    def f(xs: list[Any]) -> list[Any]:
        for _ in range(4):
            act, shift = source.choice(kinds), source.randrange(count)
            picks = source.choices(range(count), k=source.choice((3, 9, 40)))
            xs = [
                *(act(x, xs[(k + shift) % count]) for k, x in enumerate(xs[:count])),
                *(act(xs[k], source.choice((0.5, 2.0, xs[0]))) for k in picks),
                *(
                    sg.dot(xs[:count], source.sample(xs, count))
                    for _ in range(source.choice((1, 9)))
                ),
            ]
        return xs

    return f


def test_rerolled_code_is_the_same_word_for_word() -> None:
    reroll = pytest.importorskip("scalargrad.compiler.machine.reroll")
    for seed in rounds(60):
        source = random.Random(seed)
        found = InC()
        count = source.choice((2, 5, 8, 17))
        outputs = loops(source, count)([found.input(0.1 * k) for k in range(count)])
        program = program_of(Body(found, [found.index(x) for x in outputs]))
        nodes, constants = program.computed(), program.constants()
        half = len(nodes) // 2
        kinds = [reroll.Rerolled, reroll.rerolled]
        one, other = (kind(program.trace, program.inputs, constants) for kind in kinds)
        assert type(one) is not type(other)
        assert list(one.code(nodes[:half])) == list(memoryview(other.code(nodes[:half])).cast("i"))
        one.put(nodes[half : half + 2])
        other.put(nodes[half : half + 2])
        rest = nodes[half + 2 :]
        assert list(one.code(rest)) == list(memoryview(other.code(rest)).cast("i"))
        assert bytes(one.initial()) == other.initial()
        assert [one[i] for i in program.order] == [other[i] for i in program.order]
        for rerolled in (one, other):
            assert program.order[0] in rerolled
            assert -1 not in rerolled
            assert rerolled.get(-1, -2) == rerolled.get(10**9, -2) == -2


def test_code_is_refused_for_what_cannot_be_computed() -> None:
    reroll = pytest.importorskip("scalargrad.compiler.machine.reroll")
    found = InC()
    x, y = found.input(1.0), found.input(2.0)
    a, b = x * y, x + y
    c = a + b
    rerolled = reroll.rerolled(found, [x.index, y.index], [])
    for nodes in ([c.index], [x.index], [99], [-1], None, ["1"]):
        with pytest.raises((ValueError, IndexError, TypeError)):
            rerolled.code(nodes)
    for i in (a.index, 99, "1"):
        with pytest.raises((KeyError, IndexError, TypeError)):
            rerolled[i]
    found.fuse([c.index])
    with pytest.raises((ValueError, IndexError)):
        rerolled.code([len(found) - 1, c.index])
    with pytest.raises(TypeError):
        type(rerolled)(in_python.Trace(), [], 4)
