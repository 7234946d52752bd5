"""What the thread is doing besides computing: recording no graph, looking for anomalies, and such.

Each mode holds in its own thread only. `active` counts the modes entered anywhere, so that a
node built while there is none pays for a single test.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from math import isfinite
from typing import Any, NamedTuple

PACKAGE = os.path.dirname(__file__)


class _State(threading.local):
    no_grad = 0
    anomaly = 0
    lines = 0
    transforms = 0
    trace: Any = None


state = _State()
active = 0
listeners: list[Callable[[int], None]] = []
"""Called with the number of modes active whenever it changes: how native code learns of it."""
_lock = threading.Lock()


def _count(change: int) -> None:
    global active
    with _lock:
        active += change
        for listener in listeners:
            listener(active)


@contextmanager
def tracing(trace: Any) -> Iterator[None]:
    """Within it every node that is built, in this thread, is handed to `trace.follow`."""
    around, state.trace = state.trace, trace
    _count(+1)
    try:
        yield
    finally:
        state.trace = around
        _count(-1)


@contextmanager
def outermost() -> Iterator[None]:
    """Within it transforms give numbers, whatever other transform is at work around."""
    around, state.transforms = state.transforms, 0
    try:
        yield
    finally:
        state.transforms = around


def evaluate(op: Any, operands: tuple[Any, ...], kind: type[Any]) -> tuple[Any, ...]:
    """What `op.evaluate` returns. The rules of an operator of the user's own may use transforms;
    given numbers they have to return numbers."""
    if op.code >= 0:
        return op.evaluate(operands, kind)  # type: ignore[no-any-return]
    with outermost():
        return op.evaluate(operands, kind)  # type: ignore[no-any-return]


def traced_leaf(data: Any) -> Any:
    """What stands for a leaf made while a function is traced; None outside of that."""
    return None if state.trace is None else state.trace.variable(data)


def traced_number(node: Any) -> Any:
    """What stands for the number of a Value that a traced function asks for; None outside."""
    return None if state.trace is None else state.trace.number_of(node)


def is_traced() -> bool:
    """Whether a function is being traced here: its comparisons are guards."""
    return getattr(state.trace, "branch", None) is not None


def unwatched(what: str) -> None:
    """Note that a function that is being traced read or wrote what no call can watch: it is traced
    anew each time."""
    note = getattr(state.trace, "unwatched", None)
    if note is not None:
        note(what)


def refuse_to_change(node: Any) -> None:
    """Raise TypeError if a function that is being traced changes a Value."""
    if getattr(state.trace, "freezes", state.trace is not None):
        raise TypeError(
            "compile cannot follow v.data = …: a compiled function must not change Values; return "
            "the new number instead"
        )


class _Mode(ContextDecorator):
    name: str

    # in this order: where Ctrl-C cuts in between, a count too high costs time, no more
    def __enter__(self) -> None:
        _count(+1)
        setattr(state, self.name, getattr(state, self.name) + 1)

    def __exit__(self, *exception: object) -> None:
        setattr(state, self.name, getattr(state, self.name) - 1)
        _count(-1)


class no_grad(_Mode):
    """Within `with no_grad():` (or a function so decorated) operators return leaves without
    parents: nothing is recorded, in this thread."""

    name = "no_grad"


class detect_anomaly(_Mode):
    """Within `with detect_anomaly():` the first value, partial derivative or gradient that is
    not finite raises AnomalyError, naming the operator, its operands and the source line."""

    name = "anomaly"


class record_lines(_Mode):
    """Within `with record_lines():` every node remembers the user's line that built it, for
    `source(node)` to tell."""

    name = "lines"


class AnomalyError(FloatingPointError):
    """A value, a partial derivative or a gradient became infinite or NaN."""


def user_line() -> tuple[str, int]:
    """Return file and line of the innermost caller outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


class Source(NamedTuple):
    """A line of the user's program; `text` is empty where the file cannot be read."""

    file: str
    line: int
    text: str

    @property
    def name(self) -> str:
        """What a reader calls the file: "cell" for what Jupyter makes of a notebook's cell."""
        return "cell" if "ipykernel_" in self.file else os.path.basename(self.file)


def source(node: Any) -> Source | None:
    """Return the line that built a node, None if no mode recorded it."""
    place = getattr(node, "_source", None)
    if place is None:
        return None
    import linecache  # here, because an import of the package has no need of it

    file, line = place
    return Source(file, line, linecache.getline(file, line).strip())


def describe(node: Any) -> str:
    place = source(node)
    if place is None:
        return "at a line unknown, for the node was built outside detect_anomaly()"
    return f"at {place.file}:{place.line}: {place.text}"


def call(node: Any) -> str:
    numbers = [getattr(x, "data", x) for x in node.operands]
    shown = ", ".join(map(repr, numbers[:8]))
    return f"{node.op.name}({shown}{', …' if len(numbers) > 8 else ''})"


def settle(node: Any) -> Any:
    """Do to a node just built what the modes of this thread ask for, and return what is left."""
    if state.trace is not None:
        return state.trace.follow(node)
    if state.anomaly or state.lines:
        node._source = user_line()
    if state.anomaly:
        check_node(node)
    return node.detach() if state.no_grad else node


def check_node(node: Any) -> None:
    """Raise AnomalyError if the node's value or one of its partials is not finite."""
    if not isfinite(node.data):
        raise AnomalyError(f"{call(node)} is {node.data!r}, {describe(node)}")
    places = [i for i, x in enumerate(node.operands) if hasattr(x, "grad")]
    for i, partial in zip(places, node.partials):
        if not isfinite(partial):
            raise AnomalyError(
                f"the derivative of {call(node)} in operand {i} is {partial!r}, {describe(node)}"
            )


def check_gradient(node: Any, gradient: float) -> None:
    """Raise AnomalyError if the gradient on its way from `node` to a parent is not finite."""
    if not isfinite(gradient):
        raise AnomalyError(
            f"the gradient flowing back through {call(node)} is {gradient!r}: "
            f"its own gradient is finite, the product is not; {describe(node)}"
        )
