"""The modes of computing: recording no graph, looking for anomalies, tracing, and such.

Each mode is a block (`blocks.py`) and holds for the code that runs within it alone. `active` has
the modes of all threads: a node that is built while there is none pays for one test, whether
`active` is empty.
"""

from __future__ import annotations

import os
import sys
from math import isfinite
from typing import Any, NamedTuple

from . import blocks
from .blocks import Inner, UserBlock, inner
from .blocks import active as active

PACKAGE = os.path.dirname(__file__)


class Now(NamedTuple):
    """The modes that hold at one place."""

    no_grad: bool = False
    anomaly: bool = False
    lines: bool = False
    transforms: int = 0
    """How many transforms are at work around the place."""
    trace: Any = None
    note_compared: Any = None
    """A function that is handed both sides of each comparison of a Value with a number."""
    watch: Any = None
    """A function that is handed each node that was just built, and returns what takes its place."""


NOTHING = Now()


def now() -> Now:
    """The modes that hold where this is called."""
    return blocks.state() or NOTHING


def is_plain() -> bool:
    """Whether nodes that are built here are recorded, and no mode asks for more."""
    here = blocks.state() if active else None
    return here is None or not (
        here.no_grad or here.anomaly or here.lines or here.trace is not None or here.watch
    )


class _State:
    """The modes that hold where an attribute is read."""

    @property
    def no_grad(self) -> bool:
        return now().no_grad

    @property
    def anomaly(self) -> bool:
        return now().anomaly

    @property
    def transforms(self) -> int:
        return now().transforms

    @property
    def trace(self) -> Any:
        return now().trace


state = _State()


class _Tracing(Inner):
    def changed(self, outside: Now) -> Now:
        return outside._replace(trace=self.alone.trace, watch=None)


def tracing(trace: Any) -> Inner:
    """Within it every node that is built, in this thread, is handed to `trace.follow`."""
    return inner(_Tracing(), Now(trace=trace), is_active=True)


class _Watching(Inner):
    def changed(self, outside: Now) -> Now:
        return outside._replace(trace=None, watch=self.alone.watch)


def watching(watch: Any) -> Inner:
    """Within it every node that is built, in this thread, becomes what `watch` makes of it; all
    else is as it is."""
    return inner(_Watching(), Now(watch=watch), is_active=True)


class _Explaining(Inner):
    def changed(self, outside: Now) -> Now:
        return outside._replace(lines=True, note_compared=self.alone.note_compared)


def explaining(note_compared: Any) -> Inner:
    """Within it nodes remember their lines, and comparisons are handed to `note_compared`."""
    return inner(_Explaining(), Now(lines=True, note_compared=note_compared), is_active=True)


class _Outermost(Inner):
    def changed(self, outside: Now) -> Now:
        return outside._replace(transforms=0)


def outermost() -> Inner:
    """Within it transforms give numbers, as if no other transform were at work around them."""
    return inner(_Outermost(), NOTHING)


class _Differentiating(Inner):
    def changed(self, outside: Now) -> Now:
        level = outside.transforms + self.alone.transforms
        return outside._replace(no_grad=False, transforms=level)


LEVEL = Now(transforms=1)


def differentiating(level: bool = True) -> Inner:
    """Within it graphs are recorded, also under `no_grad`. With `level` it counts as a transform:
    transforms within give Values."""
    return inner(_Differentiating(), LEVEL if level else NOTHING)


def evaluate(op: Any, operands: tuple[Any, ...], kind: type[Any]) -> tuple[Any, ...]:
    """Return `op.evaluate(operands, kind)`. The rules of an operator of the user's own may use
    transforms: given numbers, these have to give numbers."""
    if op.code >= 0:
        return op.evaluate(operands, kind)  # type: ignore[no-any-return]
    with outermost():
        return op.evaluate(operands, kind)  # type: ignore[no-any-return]


def traced_leaf(data: Any) -> Any:
    """The tracer for a leaf that is made while a function is traced; None at other times."""
    trace = state.trace
    return None if trace is None else trace.leaf(data)


def traced_number(node: Any) -> Any:
    """The tracer for the number of a Value that a traced function asks for; None at other times."""
    trace = state.trace
    return None if trace is None else trace.number_of(node)


def is_traced() -> bool:
    """Whether a function is being traced here: its comparisons are guards."""
    return state.trace is not None


def unwatched(what: str) -> None:
    """Note that the function being traced read or wrote something that no call can watch. The
    function is then traced anew at each call."""
    if state.trace is not None:
        state.trace.unwatched(what)


def refusal(message: str) -> TypeError:
    """Return the error that refuses what a function that is being traced does, and note it: should
    the function catch the error, it would go another way than with numbers."""
    if is_traced():
        state.trace.refused = state.trace.refused or message
    return TypeError(message)


def refuse_to_change(node: Any) -> None:
    """Raise TypeError if a function that is being traced changes a Value."""
    if is_traced():
        raise refusal(
            "compile cannot follow v.data = …: a compiled function must not change Values; return "
            "the new number instead"
        )


class no_grad(UserBlock):
    """Within `with no_grad():` (or a function so decorated) operators return leaves without
    parents: nothing is recorded.

    Entered in a generator or coroutine, it holds while that runs, not while it is suspended.
    """

    alone = Now(no_grad=True)

    def changed(self, outside: Now) -> Now:
        return outside if outside.no_grad else outside._replace(no_grad=True)


class detect_anomaly(UserBlock):
    """Within `with detect_anomaly():` the first value, partial derivative or gradient that is
    not finite raises AnomalyError, naming the operator, its operands and the source line."""

    alone = Now(anomaly=True)

    def changed(self, outside: Now) -> Now:
        return outside._replace(anomaly=True)


class record_lines(UserBlock):
    """Within `with record_lines():` every node remembers the user's line that built it, for
    `source(node)` to tell."""

    alone = Now(lines=True)

    def changed(self, outside: Now) -> Now:
        return outside._replace(lines=True)


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
        """The file's name for a reader: "cell" for the file that Jupyter makes of a cell."""
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
    return f"at {place.file}:{place.line}{place.text and f': {place.text}'}"


def call(node: Any) -> str:
    numbers = [getattr(x, "data", x) for x in node.operands]
    shown = ", ".join(map(repr, numbers[:8]))
    return f"{node.op.name}({shown}{', …' if len(numbers) > 8 else ''})"


def settle(node: Any) -> Any:
    """Apply the modes that hold to a node just built. Return the node, or what a mode puts in its
    place."""
    modes = blocks.state()
    if modes is None:
        return node
    if modes.trace is not None:
        return modes.trace.follow(node)
    if modes.watch is not None:
        node = modes.watch(node)
    if modes.anomaly or modes.lines:
        node._source = user_line()
    if modes.anomaly:
        check_node(node)
    return node._alone() if modes.no_grad else node


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
