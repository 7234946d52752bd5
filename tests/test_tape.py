"""The trace in C beside the one in Python: node for node the same, and never a crash."""

from __future__ import annotations

import gc
import random
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from expressions import random_expression, rounds

import scalargrad as sg
from scalargrad import modes, ops
from scalargrad.backward import symbolic_adjoints
from scalargrad.compiler import compile, lower, recording, trace
from scalargrad.compiler.lower import lane_sums
from scalargrad.compiler.program import Program
from scalargrad.compiler.structure import accumulate, products, stop_gradient
from scalargrad.rows import BUILT_IN

Taped = recording.Trace
pytestmark = pytest.mark.skipif(Taped is trace.Trace, reason="there is no trace in C")

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
    return f(trace.Trace()), f(Taped())


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
            adjoints = symbolic_adjoints(root, inputs, 1.0)
            outputs += [adjoints.get(x, 0.0) for x in inputs]
            second = adjoints.get(inputs[0], 0.0)
            if not isinstance(second, float):
                outputs += symbolic_adjoints(second, inputs[:1], 1.0).values()
        yield columns(found)
        indices = [found.index(x) for x in outputs]
        if lanes:
            indices = lane_sums(found, indices, found.input(64.0))
        yield columns(found), indices
        program = Program(found, indices)
        yield columns(program.trace), program.outputs, program.order, program.stages

    return steps


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
            adjoints = symbolic_adjoints(out, leaves, 1.0)
            return [found.index(adjoints.get(x, 0.0)) for x in leaves], columns(found)

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
        symbolic_adjoints(out, xs, 1.0)
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
        return columns(found), columns(Program(found, [out.index]).trace)

    expected, found = both(steps)
    assert found == expected


def test_branches_are_noted_alike() -> None:
    def steps(found: Any) -> Any:
        x, y = found.input(1.0), found.input(2.0)
        outcomes = [x < y, x <= 2, y < 1.0, x >= y, bool(x), bool(x - x), x > 3]
        return outcomes, columns(found)

    expected, found = both(steps)
    assert found == expected


# ------ objects


def test_the_same_number_is_the_same_object_as_long_as_there_is_one() -> None:
    found = Taped()
    x = found.input(2.0)
    y = x * x
    assert x * x is y
    assert found.tracers[y.index] is y
    assert {y: 1}[x * x] == 1


def test_a_trace_lives_as_long_as_one_of_its_numbers_and_no_longer() -> None:
    found = Taped()
    reference = weakref.ref(found)
    x = found.input(2.0) * 3.0
    del found
    assert reference() is x.trace
    del x
    assert reference() is None


def test_a_cycle_through_an_operator_of_the_users_own_is_freed() -> None:
    found = Taped()
    reference = weakref.ref(found)
    x = found.input(2.0)
    kept = sg.operator("kept", lambda u: u, lambda out, u, cycle=[x]: 1.0)
    y = kept(x)
    del found, x, y, kept
    gc.collect()
    assert reference() is None


def test_a_deep_trace_is_freed_without_recursion() -> None:
    found = Taped()
    kept = [found.input(1.0)]
    for _ in range(300_000):
        kept.append(kept[-1] + 1.0)
    assert len(found) == 300_002
    assert symbolic_adjoints(kept[-1], kept[:1], 1.0)[kept[0]] == 1.0
    del kept, found


# ------ errors


def test_a_number_of_another_trace_is_refused() -> None:
    x, y = Taped().input(1.0), Taped().input(2.0)
    with pytest.raises(TypeError, match="kept and used in another"):
        x * y
    with pytest.raises(TypeError, match="kept and used in another"):
        x.trace.index(y)


@pytest.mark.parametrize("operand", ["a", None, 1j, [1.0], b"x"])
def test_what_is_no_number_is_refused(operand: Any) -> None:
    x = Taped().input(1.0)
    for compute in (lambda: x * operand, lambda: operand - x, lambda: x**operand):
        with pytest.raises(TypeError):
            compute()
    assert len(x.trace) == 1


def test_numbers_beyond_the_floats_are_refused() -> None:
    x = Taped().input(1.0)
    with pytest.raises(OverflowError):
        x + 10**400


def test_three_operands_of_a_power_are_refused() -> None:
    x = Taped().input(1.0)
    with pytest.raises(TypeError):
        pow(x, 2, 5)


@pytest.mark.parametrize("protocol", [float, int, complex, lambda x: [1][x], lambda x: f"{x:.2f}"])
def test_what_would_freeze_a_number_is_refused(protocol: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="compile cannot follow"):
        protocol(Taped().input(1.0))


def test_a_row_with_too_few_operands_is_refused() -> None:
    found = Taped()
    x = found.input(1.0)
    for row, operands in ((ops.add, [x]), (ops.tanh, []), (products, [x]), (ops.where, [x, x])):
        with pytest.raises(TypeError):
            found.compute(row, operands)
    assert len(found) == 1


def wrong_calls(found: Any, x: Any) -> list[Callable[[], Any]]:
    other = Taped()
    return [
        lambda: found.needed([99]),
        lambda: found.needed([-1]),
        lambda: found.needed(["0"]),
        lambda: found.uses(None),
        lambda: found.fuse([2**40]),
        lambda: found.rows[99],
        lambda: found.operands[-99],
        lambda: found.input(),
        lambda: found.input("1"),
        lambda: found.compute(ops.add),
        lambda: found.compute("add", [x, x]),
        lambda: found.compute(ops.add, 3),
        lambda: found.adjoints(x, None, 1.0),
        lambda: found.adjoints(x, [x], "1"),
        lambda: found.adjoints(other.input(1.0), [x], 1.0),
        lambda: found.copy(found, []),
        lambda: found.copy(other, [0]),
        lambda: found.copy(trace.Trace(), []),
        lambda: found.ask([], []),
        lambda: found.ask((1,), ()),
        lambda: type(x)(),
        lambda: type(x).__new__(type(x)),
        lambda: object.__new__(type(x)),
        lambda: setattr(x, "index", 99),
        lambda: setattr(x, "trace", other),
        lambda: setattr(found, "captured", {}),
        lambda: type(found.rows)(),
    ]


@pytest.mark.parametrize("k", range(len(wrong_calls(Taped() if Taped else None, None))))
def test_wrong_calls_raise(k: int) -> None:
    found = Taped()
    x = found.input(1.0)
    with pytest.raises((TypeError, ValueError, IndexError, AttributeError, OverflowError)):
        wrong_calls(found, x)[k]()


def test_indices_put_in_from_outside_are_checked() -> None:
    found, value = Taped(), sg.Value(1.0)
    x = found.input(2.0)
    found.captured[value] = 10**6
    with pytest.raises(IndexError):
        x * value


def test_a_subclass_is_no_number_of_the_trace() -> None:
    x = Taped().input(1.0)
    kind = type("Other", (type(x),), {"__slots__": ()})
    x.__class__ = kind
    for compute in (lambda: x * 2.0, lambda: -x):
        with pytest.raises(TypeError):
            compute()


@pytest.mark.parametrize("at", range(12))
def test_an_exception_anywhere_in_the_gradient_leaves_the_trace_as_good(at: int) -> None:
    calls = iter(range(at, -1, -1))

    def raising(out: Any, u: Any) -> Any:
        if not next(calls, None):
            raise KeyboardInterrupt
        return 2.0 * u

    square = sg.operator("square", lambda u: u * u, raising)
    found = Taped()
    x = found.input(1.5)
    out = x
    for _ in range(10):
        out = square(out) + x
    if at < 10:
        with pytest.raises(KeyboardInterrupt):
            symbolic_adjoints(out, [x], 1.0)
    calls = iter(())
    assert (x * x).trace is found
    assert [found.operands[i] for i in range(len(found))]


def test_several_threads_trace_at_once() -> None:
    def f(w: Any, x: Any) -> Any:
        for _ in range(200):
            x = (w * x).tanh() + 0.5
        return x

    expected = compile(f).value_and_grad(0.3, 0.7)
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(compile(f).value_and_grad(0.3, 0.7)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_every_kind_of_trace_can_be_lowered() -> None:
    assert set(lower.LOWERED) == {trace.Trace, Taped}


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
    reroll = pytest.importorskip("scalargrad.compiler.reroll")
    for seed in rounds(60):
        source = random.Random(seed)
        found = Taped()
        count = source.choice((2, 5, 8, 17))
        outputs = loops(source, count)([found.input(0.1 * k) for k in range(count)])
        program = Program(found, [found.index(x) for x in outputs])
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


def test_code_is_refused_for_what_cannot_be_computed() -> None:
    reroll = pytest.importorskip("scalargrad.compiler.reroll")
    found = Taped()
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
        type(rerolled)(trace.Trace(), [], 4, reroll.OPERATIONS)
