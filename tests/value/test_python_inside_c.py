"""What code of Python's, run inside a call of the native part, must not break."""

from __future__ import annotations

import gc
import math
import os
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import ops

if sg.engine != "native":
    pytest.skip("about the native part", allow_module_level=True)

from scalargrad.backward import symbolic_adjoints
from scalargrad.compiler.trace import chosen
from scalargrad.compiler.trace.vocabulary import accumulate
from scalargrad.native import _engine
from tests.support.refused_memory import refused_once

# ------ before Python's part is installed

ALONE = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("_engine", sys.argv[1])
engine = importlib.util.module_from_spec(spec)
spec.loader.exec_module(engine)
v = engine.Value(2.0)
refused = [
    lambda: engine.Value("2"), lambda: engine.Value(), lambda: v + "1", lambda: v == 2.5j,
    lambda: engine.Value.__operator__(1, ()), lambda: v._rebuild(None, 1.0, 0.0, "", (), ()),
    lambda: v.__reduce__(), lambda: v.__deepcopy__({}), lambda: v.__copy__(), lambda: v._op,
    lambda: round(v, 1), lambda: setattr(v, "data", "2"), lambda: v.__array_ufunc__(1),
    lambda: v.maximum("1"), lambda: engine.Trace(),
]
for f in refused:
    try:
        f()
    except RuntimeError:
        continue
    raise AssertionError(f)
(v * v + v.tanh()).backward()
print(v.grad > 4.0, v.op, (v * v).parents == (v, v), engine.chunks()[0] > 0)
"""


def test_the_engine_refuses_what_needs_python_before_that_is_installed() -> None:
    path = str(_engine.__file__)
    found = subprocess.run([sys.executable, "-c", ALONE, path], capture_output=True, text=True)
    assert (found.returncode, found.stdout.split()) == (0, ["True", "None", "True", "True"]), found


# ------ lists that a finalizer changes while a tuple is made of them

COLLECTED = """
import gc, sys
import scalargrad as sg
from scalargrad import ops
from scalargrad.compiler.trace import chosen
from scalargrad.compiler.trace.vocabulary import accumulate

class Clearing:
    def __init__(self, items):
        self.items, self.itself = items, self
    def __del__(self):
        self.items[:] = [1.0] * 40

trace, v = chosen.Trace(), sg.Value(2.0)
x = trace.input(2.0)
calls = {
    "compute": (lambda xs: trace.compute(ops.sum, xs), x),
    "needed": (lambda xs: trace.needed(xs), 0),
    "adjoints": (lambda xs: v._adjoints(xs), v),
}
call, item = calls[sys.argv[1]]
for threshold in range(1, 60):
    xs = [item + 0.0 if sys.argv[1] == "compute" else item for _ in range(1000 + threshold)]
    gc.collect()
    gc.disable()
    Clearing(xs)
    gc.set_threshold(threshold)
    gc.enable()
    try:
        call(xs)
    except TypeError:
        pass
    gc.set_threshold(700)
print("done")
"""


@pytest.mark.parametrize("call", ["compute", "needed", "adjoints"])
def test_a_finalizer_may_change_a_list_while_a_tuple_is_made_of_it(call: str) -> None:
    environment = {**os.environ, "PYTHONMALLOC": "debug"}
    found = subprocess.run(
        [sys.executable, "-c", COLLECTED, call], capture_output=True, text=True, env=environment
    )
    assert (found.returncode, found.stdout) == (0, "done\n"), found.stderr[-2000:]


# ------ gradients


def test_a_gradient_that_is_no_float_leaves_the_old_one() -> None:
    v = sg.Value(1.0)
    v._grad = 3.0
    for wrong in (10**400, "3", object()):
        with pytest.raises((OverflowError, TypeError)):
            v._grad = wrong
        assert v.grad == 3.0


def test_numbers_of_a_node_are_aligned() -> None:
    x = sg.Value(1.0)
    numbers = bytes(array("d", [5.0, 2.0]))
    for begin in range(1, 8):
        shifted = memoryview(b"-" * begin + numbers)[begin:]
        with pytest.raises(ValueError, match="aligned"):
            _engine.compiled_node(ops.exp, (x,), shifted, True)
    assert _engine.compiled_node(ops.exp, (x,), numbers, True).data == 5.0


# ------ traces that grow while a pass is under way


def growing(trace: Any, xs: Any) -> Iterator[Any]:
    """These, and a hundred new nodes before each."""
    for x in xs:
        grown = trace.input(0.5)
        for k in range(100):
            grown = grown * (2.0 + k)
        yield x


class Late(int):
    """An index that lets its trace grow when it is given up."""

    trace: Any = None

    def __del__(self) -> None:
        list(growing(self.trace, [0]))


def new_trace() -> tuple[Any, Any]:
    trace = chosen.Trace()
    x = trace.input(2.0)
    return trace, (x * 3.0 + x.tanh()) * x


def late(trace: Any, indices: Any) -> Any:
    Late.trace = trace
    return (Late(i) for i in indices)


WALKS: dict[str, Callable[[Any, Any], Any]] = {
    "needed": lambda trace, indices: trace.needed(indices),
    "uses": lambda trace, indices: trace.uses(indices)[: max(trace.needed([0])) + 6],
    "staged": lambda trace, indices: trace.staged(indices, [])[0][:6],
    "staged, late": lambda trace, indices: trace.staged([5], indices)[0][:6],
    "copy": lambda trace, indices: len(chosen.Trace().copy(trace, indices)),
    "Rerolled": lambda trace, indices: _engine.Rerolled(trace, indices, 2).initial()[:8],
    "adjoints": lambda trace, indices: len(
        symbolic_adjoints(trace.tracers[5], [trace.tracers[i] for i in indices], 1.0)
    ),
    "fuse": lambda trace, indices: trace.fuse(indices) or trace.operands[5],
}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
@pytest.mark.parametrize("sequence", [growing, late])
def test_a_trace_may_grow_while_indices_are_read(walk: Any, sequence: Any) -> None:
    trace, y = new_trace()
    expected = walk(new_trace()[0], [y.index])
    assert walk(trace, sequence(trace, [y.index])) == expected
    assert len(trace) > 100


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_memory_that_is_refused_anywhere_in_a_walk_is_an_error_and_no_crash(walk: Any) -> None:
    trace, y = new_trace()
    expected, raised = walk(trace, [y.index]), 0
    for at in range(1, 80):
        trace, y = new_trace()
        found = refused_once(partial(walk, trace, [y.index]), at)
        raised += found is MemoryError
        assert found is MemoryError or found == expected
    assert 0 < raised < 79


def test_a_trace_may_grow_while_leaves_are_read() -> None:
    trace, y = new_trace()
    x = trace.tracers[0]

    def leaves() -> Iterator[Any]:
        for last in growing(trace, [x]):
            yield last
            yield trace.tracers[len(trace) - 1]

    found = symbolic_adjoints(y, leaves(), 1.0)  # type: ignore[arg-type]
    slope = 2.0 * (4.0 - math.tanh(2.0) ** 2) + 6.0 + math.tanh(2.0)
    assert trace.numbers[found[0].index] == pytest.approx(slope, rel=1e-12)
    assert len(trace) > 100


def test_a_trace_is_not_fused_while_it_is_walked_over() -> None:
    trace, _ = new_trace()
    tried = []

    def partial(out: Any, u: Any) -> Any:
        if u is not out and hasattr(u, "trace"):
            with pytest.raises(RuntimeError, match="while another pass is under way"):
                trace.fuse([0])
            tried.append(u)
        return 1.0

    own = sg.operator("own", lambda u: u, partial)
    x = trace.tracers[0]
    symbolic_adjoints(own(x) * x, [x], 1.0)
    assert tried
    trace.fuse([0])


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="memory is collected between calls only")
def test_a_trace_is_not_fused_while_memory_is_collected_in_a_walk() -> None:
    trace, y = new_trace()
    refused = []

    def fuse(phase: str, about: Any) -> None:
        try:
            trace.fuse([y.index])
        except RuntimeError as error:
            refused.append(str(error))

    thresholds, kept = gc.get_threshold(), [list[int]() for _ in range(200)]
    gc.callbacks.append(fuse)
    try:
        # memory is collected where lists are made anew: those that were freed before are taken
        gc.set_threshold(1)
        trace.staged([y.index], [])
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(fuse)
    assert len(kept) == 200
    assert {*refused} == {"a trace is fused while another pass is under way"}


def test_a_factor_without_another_gets_no_contribution() -> None:
    trace = chosen.Trace()
    xs = [trace.input(k + 1.0) for k in range(3)]
    found = symbolic_adjoints(trace.compute(accumulate, xs), xs, 1.0)
    assert [trace.numbers[trace.index(x)] for x in found] == [2.0, 1.0, 0.0]


def test_inputs_of_a_trace_are_known_whatever_its_list_says() -> None:
    trace = chosen.Trace()
    trace.look_for_loops(40)
    x, y = trace.input(0.5), trace.input(1.5)
    for _ in range(100):
        y = y * x
    trace.inputs.clear()
    assert len(trace) == 102
    assert trace.operands[101] == (100, 0)


def test_a_recorder_takes_places_that_there_can_be() -> None:
    recorder = _engine.LoopRecorder()
    for place in (-1, 2**31, 2**62, -(2**63)):
        for kind in (0, 1):
            with pytest.raises(ValueError, match="there is no id"):
                recorder.record("row", ((kind, place),))
    with pytest.raises(TypeError, match="an operand is a pair, got list"):
        recorder.record("row", ([0, 1],))
    assert recorder.record("row", ((1, 2**31 - 1),)) == 0
