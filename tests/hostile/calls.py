"""Every function and type of the native part, called with objects that run code."""

from __future__ import annotations

import copy
import operator
from array import array
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import scalargrad as sg
from scalargrad import blocks, ops
from scalargrad.backward import NO_GRADIENT, symbolic_adjoints
from scalargrad.compiler.machine.instructions import ALONG, LOAD, LOOP, STORE, TOTAL
from scalargrad.compiler.machine.words import row_instruction
from scalargrad.compiler.trace.native import machine, nodes

from .objects import Acting, Hostile
from .world import World, memory

Call = Callable[[World], Any]
CALLS: list[Call] = []
ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.lt,
              operator.eq, operator.mod, operator.floordiv, divmod)  # fmt: skip


def call(f: Call) -> Call:
    CALLS.append(f)
    return f


class Gate:
    """The operator of a node with zeros that may stand for nothing."""

    def decided(self, node: Any, known: Any) -> Any:
        Acting.act()
        return [0.0] * len(node.parents)


# ------ Value
@call
def new_value(w: World) -> Any:
    made = sg.Value(w.number(), w.hostile("label"))
    w.values[w.random.randrange(len(w.values))] = made
    return made


@call
def arithmetic(w: World) -> Any:
    return w.random.choice(ARITHMETIC)(w.value(), w.operand())


@call
def attributes(w: World) -> None:
    name = w.random.choice(("data", "grad", "_grad", "label", "_source"))
    setattr(w.value(), name, w.hostile("x") if name == "label" else w.number())


@call
def structure(w: World) -> Any:
    v = w.value() * w.value() + w.operand()
    return v.operands, v.partials, v._prev, v.op, v._op, v._is_current(), repr(v)


@call
def protocols(w: World) -> Any:
    return format(w.value(), ".3f"), round(w.value(), w.hostile(1)), hash(w.value())


@call
def functions_of_one(w: World) -> Any:
    return w.random.choice((sg.exp, sg.tanh, sg.relu, sg.gelu, abs))(w.operand())


@call
def functions_of_lists(w: World) -> Any:
    xs = [w.value(), *[w.operand() for _ in range(3)]]
    return w.random.choice((sg.sum, sg.max, sg.logsumexp, sg.mean, sg.prod))(w.items(xs, 15))


@call
def dots(w: World) -> Any:
    n = w.random.randrange(4)
    ws, xs = ([w.operand() for _ in range(n)] for _ in range(2))
    return sg.dot(w.items(ws, 10), w.items(xs, 10), bias=w.operand())


@call
def hostile_operators(w: World) -> Any:
    return w.rows[-1](w.operand())


@call
def backward(w: World) -> None:
    (w.value() * w.value() + w.operand()).backward(w.number())


@call
def adjoints_of_nodes(w: World) -> Any:
    root = w.value() * w.value() + w.value()
    return root._adjoints(w.items([root, *w.some(w.values)], 0)), root._backward_order()


@call
def gradients(w: World) -> Any:
    return sg.gradients(w.value() * w.value(), w.items(w.some(w.values), 0))


@call
def doubtful(w: World) -> Any:
    """A zero that may stand for nothing, under what makes a NaN of it."""
    node = nodes.compiled_node(Gate(), (w.value(),), memory([0.0, 0.0]), False)
    root = sg.log(node) * float("inf")
    root.backward()
    return root._adjoints(w.items([w.value(), node], 0))


@call
def decided(w: World) -> None:
    node = nodes.compiled_node(w.row(), (w.value(), w.value()), memory([1.0, 0.0, 2.0]), True)
    node._decide((1.0, 2.0))


@call
def compiled_nodes(w: World) -> Any:
    operands = tuple(w.some(w.values, 4)) or (w.value(),)
    numbers = memory(range(len(operands) + 1))
    if w.chance(20):
        numbers = memoryview(bytes(numbers) + b"-")[1:]
    return nodes.compiled_node(w.hostile(w.row()), operands, numbers, w.hostile(False))


@call
def rebuilt(w: World) -> Any:
    operands = w.value(), 2.0
    return sg.Value._rebuild(
        w.hostile(ops.mul), w.number(), w.hostile(NO_GRADIENT), w.hostile("l"), operands, (2.0,)
    )


@call
def copies(w: World) -> Any:
    return copy.copy(w.value()), copy.deepcopy(w.value()), w.value().__reduce__()


@call
def updates(w: World) -> Any:
    parameters = tuple(w.some(w.values, 4))
    rule = w.random.choice((0, 1, 6, 8))
    states, settings = {0: (1, 3), 1: (1, 3), 6: (0, 0), 8: (0, 1)}[rule]
    store = memory([0.0] * (1 + states * len(parameters)))
    jobs = [(w.hostile(rule), parameters, store, (0.5,) * settings) for _ in range(2)]
    return nodes.update(tuple(jobs))


@call
def functions_of_rows(w: World) -> Any:
    return nodes.function(w.random.choice((ops.exp, ops.dot, Hostile(ops.exp))))


@call
def housekeeping(w: World) -> Any:
    nodes.fail_after(w.hostile(-1))
    nodes.set_modes(blocks.active, blocks.entered, blocks.suspendable, blocks.state)
    nodes.trim()
    return nodes.chunks(), nodes.update_rules()


# ------ traces
@call
def traced_arithmetic(w: World) -> Any:
    x = w.tracer(w.trace())
    return w.random.choice(ARITHMETIC[:5])(x, w.random.choice((x, 0.5, w.value(), w.number())))


@call
def traced_inputs(w: World) -> Any:
    return w.trace().input(w.number(), w.hostile(True), w.hostile(False))


@call
def traced_constants(w: World) -> Any:
    trace = w.trace()
    return trace.constant(w.number()), trace.index(w.operand())


@call
def computed(w: World) -> Any:
    trace, row = w.trace(), w.row()
    xs = [w.tracer(trace) for _ in range(row.arity or 2 * w.random.randrange(1, 4))]
    return trace.compute(w.random.choice((row, Hostile(row))), w.items(xs, 10))


@call
def walks(w: World) -> Any:
    trace = w.trace()
    walk = w.random.choice((trace.needed, trace.uses, trace.fuse, trace.tell_values))
    return walk(w.indices(trace))


@call
def staged_traces(w: World) -> Any:
    return (trace := w.trace()).staged(w.indices(trace), w.indices(trace))


@call
def copied_traces(w: World) -> Any:
    return w.new_trace().copy(old := w.trace(), w.indices(old))


@call
def traced_adjoints(w: World) -> Any:
    trace = w.trace()
    leaves = [w.tracer(trace) for _ in range(3)]
    seed = w.random.choice((1.0, w.operand()))
    return symbolic_adjoints(w.tracer(trace), w.hostile(leaves), seed)


@call
def gradients_in_traces(w: World) -> Any:
    trace = w.trace()
    x = w.tracer(trace)
    return sg.gradients(x * w.rows[-1](x) + x, w.items([x, w.tracer(trace)], 0))


@call
def columns(w: World) -> Any:
    trace = w.trace()
    column = getattr(trace, w.random.choice(("rows", "operands", "numbers", "lanes", "tracers")))
    return list(column), len(column), column[w.hostile(0)]


@call
def loops(w: World) -> Any:
    trace = w.trace()
    if w.chance(20):
        trace.give_up_loops(w.hostile(4))
    return trace.rolled(tuple(w.hostile(x) for x in (w.tracer(trace), 0.5)))


@call
def rows_asked_of(w: World) -> None:
    rows = (w.row(), Hostile(w.row()))
    w.trace().ask((w.row(),), rows, rows[::-1], ((ops.neg, ops.mul),))


@call
def row_on_each(w: World) -> Any:
    trace = w.trace()
    some = range(0, len(trace), w.random.randrange(1, 4))
    return trace.compute_each(w.row(), w.index_items(list(some)), w.index_items(list(some)[:1]))


@call
def rows_needed(w: World) -> Any:
    trace = w.trace()
    some = range(0, len(trace), w.random.randrange(1, 4))
    return trace.need_some(w.index_items(list(some)), (w.row(), Hostile(w.row())))


@call
def sums_over_lanes(w: World) -> Any:
    trace = w.trace()
    some = range(0, len(trace), w.random.randrange(1, 4))
    is_told = w.random.random() < 0.5
    return trace.lane_sums(w.index_items(list(some)), w.index_items(list(some)[:3]), is_told)


@call
def new_loops(w: World) -> None:
    at = w.random.randrange(len(w.traces))
    w.traces[at] = w.new_trace()
    w.grow()


# ------ code of uniform numbers
@call
def rerolled(w: World) -> Any:
    trace = w.trace()
    inputs = [i for i in range(len(trace)) if not trace.operands[i]]
    made = nodes.Rerolled(trace, w.index_items(inputs), w.hostile(2))
    w.rolled = [*w.rolled[-2:], (trace, made)]
    return made.code(w.index_items([i for i in range(len(trace)) if trace.operands[i]]))


@call
def rerolled_again(w: World) -> Any:
    trace, made = (
        w.random.choice(w.rolled) if w.rolled else (w.trace(), nodes.Rerolled(w.trace(), [], 2))
    )
    at = w.hostile(w.random.randrange(len(trace) or 1))
    if w.chance(30):
        return w.random.choice((made.put, made.code))(w.indices(trace))
    return made.get(at, None), at in made, made.initial(), at in made and made[at]


# ------ parts of sums
FLAT = (
    bytes([7, 7, 4, 1]), array("q", [0, 0, 0, 2, 4]), array("i", [0, 1, 2, 0]),
    memory([0.5, 1.5, 0.0, 0.0]), array("i", [0, 1, -1, -1]), array("i", [3, 2]),
)  # fmt: skip
"""x₀·x₁ + x₀ and x₀·x₁, in the arrays of a `Flat`."""


@call
def parts(w: World) -> Any:
    arrays = [w.hostile(x) for x in FLAT]
    if w.chance(10):
        at = w.random.randrange(1, 6)
        arrays[at] = memoryview(b"-" + bytes(FLAT[at]))[1:].cast("B").cast(FLAT[at].typecode)
    if w.chance(50):
        return nodes.linear_parts(*arrays)
    code = array("i", [0, 0, ops.mul.code, ops.add.code])
    return nodes.alike_parts(*arrays, code, w.hostile(ops.pow.code), w.hostile(100))


# ------ recorders
@call
def recorded(w: World) -> Any:
    recorder = w.recorders[0]
    for _ in range(w.random.choice((1, 40))):
        last = (0, w.hostile(len(recorder) - 1, 10)) if len(recorder) else (1, 0)
        pairs = last, (w.hostile(2, 10), w.hostile(0.5, 10)), (1, w.hostile(3, 10))
        recorder.record(w.hostile("row", 10), pairs, w.random.choice((None, w.hostile(True))))
    return recorder.replayed, recorder.most


@call
def finished(w: World) -> Any:
    w.recorders[0], recorder = nodes.LoopRecorder(), w.recorders[0]
    return recorder.finish(), recorder.finish()


# ------ the machine
def words(*parts: list[int]) -> Any:
    return array("i", [word for part in parts for word in part])


TANH = row_instruction(ops.tanh.code, 1, 0)
PROGRAM = {
    "initial": memory([0.0, 2.0, 0.0]), "totals": words(), "splats": words([2, 1]),
    "results": words([2, 0]), "before": words(row_instruction(ops.exp.code, 2, 0)),
    "lanes": words(LOAD(0, 0), TANH, STORE(0, 1)), "after": words(), "inputs": words([0, 0]),
    "outputs": words([0, 0]), "indexes": array("q"), "registers": 3, "given": 1, "made": 1,
    "walks": 1,
}  # fmt: skip
"""exp of the number in place 0; tanh in each lane."""
LOOPING = {
    **PROGRAM,
    "lanes": words(
        LOAD(0, 0), LOOP(2, 9, 0, -1, 1, 1), ALONG(0, 0, 7), TANH, TOTAL(0, 1), STORE(0, 1)
    ),
    "totals": words([1]),
}  # fmt: skip
"""tanh, in each lane, in two registers after each other."""
WITHOUT_LANES = {
    **PROGRAM, "lanes": words(), "splats": words(), "inputs": words(), "outputs": words(),
    "after": words(row_instruction(ops.mul.code, 2, 0, 1)), "given": 0, "made": 0,
}  # fmt: skip
NEST = {
    "initial": memory([0.0, 0.0, 0.5]), "indexes": array("q"), "results": words([1]),
    "code": words(LOOP(5, 5, 0, -1, 0, 0), row_instruction(ops.add.code, 1, 0, 1)),
    "places": 8, "inputs": 2, "walks": 1,
}  # fmt: skip


def numbers_for_machine(w: World) -> list[Any]:
    """Floats, tuples of Values, buffers, and what runs code when it is taken."""
    made = [w.random.choice((0.5, (w.value(),), memory([0.25])))]
    if w.chance(30):
        made.append(w.random.choice((w.hostile(memory([0.5])), 1.5, (w.value(),))))
    w.lists.append(made)
    return made


@call
def programs(w: World) -> Any:
    parts = w.random.choice((PROGRAM, LOOPING))
    made = machine.Program(**{name: w.hostile(x) for name, x in parts.items()})
    n = w.random.choice((0, 1, 3, 130))
    xs, out, results = memory([0.5] * n), memory([0.0] * n), memory([0.0, 0.0])
    index = w.random.choice((None, array("q", range(n))))
    if w.chance(10):
        results = memoryview(bytearray(17))[1:]
    elif w.chance(10):
        index = array("q", [n] * n)
    broken = w.random.choice((None, (array("i", range(n)), memory([0.0] * 2 * n))))
    return made.run(
        numbers_for_machine(w), (xs, out), w.hostile(n if w.chance(95) else 2**62),
        w.random.choice((None, results)), *(broken or (None, None)), index, w.hostile(True),
        w.hostile(1),
    )  # fmt: skip


@call
def repeated(w: World) -> Any:
    made = machine.Program(**WITHOUT_LANES)
    weights, results = (memoryview(memory(range(k))).cast("B") for k in (3, 6))
    return made.repeat(
        numbers_for_machine(w), w.hostile(1), weights.cast("d", (3, 1)),
        results.cast("d", (3, 2)), w.hostile(True),
    )  # fmt: skip


@call
def nests(w: World) -> Any:
    made = machine.Nest(**{name: w.hostile(x) for name, x in NEST.items()})
    results = None if w.chance(50) else memory([0.0])
    if w.chance(10):
        results = memoryview(bytearray(9))[1:]
    return made.run(numbers_for_machine(w), results, w.hostile(False))


def readers(w: World) -> dict[Any, Any]:
    """Readers, each with arguments that it reads."""
    value = machine.READ_VALUE, sg.Value
    pair = [w.value(), w.value()]
    kind = type(w.hostile([]))
    kind = kind if issubclass(kind, list) else list

    def by_call(x: Any, *lists: Any) -> bool:
        w.lists.extend(lists)
        Acting.act()
        return True

    def room(shape: Any) -> Any:
        Acting.act()
        return memory([0.0] * shape[0])

    def converted(dtype: Any) -> Any:
        Acting.act()
        return memory([1.0, 2.0])

    samples = SimpleNamespace(dtype=float, shape=(2,), astype=converted)

    return {
        None: 0.5,
        (machine.READ_NUMBER, Hostile): Hostile(0.5),
        (machine.READ_STATIC, Hostile): Hostile("static"),
        value: w.value(),
        (machine.READ_FLOATS, kind, 3): kind([0.5] * 3),
        (machine.READ_VALUES, kind, 2, sg.Value): kind(pair),
        (machine.READ_TABLE, list, 2, (machine.READ_VALUES, kind, 2, sg.Value)): [kind(pair)] * 2,
        (machine.READ_ROWS, list, (), room, float, by_call): [0.5, 1, True],
        (machine.READ_BY_CALL, by_call): 1.5,
        (machine.READ_SAMPLES, Hostile, float, ()): Hostile(samples),
        (machine.READ_CONVERTED, Hostile, float, (), float, True): Hostile(samples),
        (machine.READ_DICT, dict, ("a", "b"), (None, value)): {"a": 0.5, "b": w.value()},
    }


@call
def arguments_read(w: World) -> Any:
    chosen = w.some(readers(w).items(), 5)
    inside = machine.READ_SEQUENCE, list, tuple([reader for reader, _ in chosen])
    args = [x for _, x in chosen]
    lists: list[list[Any]] = [[1.0, 1.0], [], [], []]
    w.lists.extend([args, *args, *lists])
    reader = machine.Reader((inside, *inside[2]))
    return reader.read((args, *args), *lists)


def records(w: World) -> list[Any]:
    held: dict[Any, Any] = {"a": 0.5, Hostile("b"): 1.5}
    names = [Hostile("b"), 1.5, "a", 0.5]
    w.lists.append(names)

    def ask() -> Any:
        Acting.act()

    return [
        (0, names, tuple(names)),
        (1, held, tuple([x for pair in held.items() for x in pair])),
        (2, held, ("a", held["a"], Hostile("b"), NotImplemented)),
        (7, 0.5, (Hostile(1.5), 1.5)),
        (8, memory([0.5]), (bytes(memory([0.5])), "d", (1,), None)),
        (9, w.hostile(names), (type(w.lists[-1]), *names)),
        (9, Hostile(names), (Hostile, *names)),
        (10, ask, (None,)),
    ]


@call
def records_held(w: World) -> Any:
    chosen = [(w.hostile(kind, 20), *rest) for kind, *rest in w.some(records(w), 5)]
    return machine.Records(tuple(chosen)).hold()


@call
def written(w: World) -> Any:
    def build(parts: Any) -> Any:
        Acting.act()
        return parts

    leaf = w.random.choice((None, (machine.WRITE_FLOATS, 2), (machine.WRITE_NUMBERS, build, 1)))
    inner = machine.WRITE_BY_CALL, build, (leaf, leaf)
    keys = "a", w.hostile("b")
    outer = machine.WRITE_DICT, keys, ((machine.WRITE_LIST, (inner, None)), leaf)
    numbers = memory(range(12))
    return machine.write(outer, numbers if w.chance(90) else memoryview(bytes(numbers))[1:])


@call
def choices(w: World) -> Any:
    return machine.choose(w.random.choice(("best", w.hostile("baseline")))), machine.tile_height()


# ------ through the public face
def dense(ws: Any, x: Any) -> Any:
    return sg.tanh(sg.dot(ws, [x, 0.5])) + sg.sum(sg.gradients(ws[0] * x, iter(ws)))


DENSE = sg.compile(dense)
DENSE_GRADIENT = sg.grad(DENSE)
LANES = sg.compile(dense, batch="x")


@call
def compiled(w: World) -> Any:
    gate = w.random.choice((DENSE, DENSE_GRADIENT, LANES))
    ws = [w.value(), w.value()]
    w.lists.append(ws)
    return gate(ws, [0.5, 1.5, w.hostile(2.5)] if gate is LANES else w.number())


def all_calls() -> tuple[Call, ...]:
    return tuple(CALLS)
