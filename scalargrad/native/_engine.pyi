from collections.abc import Sequence
from typing import Any

from ..engine import Value as Value
from ..rows import Operator

def install(*, rows: tuple[Operator, ...], **hooks: Any) -> None:
    """Hand over the table's rows and the part of the engine that stays in Python."""

def install_trace(*, rows: tuple[Operator, ...], **hooks: Any) -> None:
    """The same for the trace; `rows` are those of the table, then those of the compiler's own."""

def set_modes(blocks: set[Any], /) -> None:
    """Say how many modes are active."""

def function(row: Operator, /) -> Any:
    """Return the callable that a row is to users."""

def update(
    jobs: tuple[tuple[int, tuple[Any, ...], Any, tuple[float, ...]], ...], /
) -> tuple[int, int] | None:
    """Apply update rules, by number, to parameters; see updates.py."""

def update_rules() -> list[str]:
    """Return the signatures of the update rules it was built with."""

in_c: Any
"""What the machine calls without a way through Python."""

def gate(row: Operator, operands: tuple[Value, ...], numbers: Any, distinct: bool, /) -> Value:
    """Return a node above `operands`; `numbers` is a buffer of its data, then its partials. Where
    no operand stands there twice, `distinct` may say so."""

def trim() -> None:
    """Give memory that holds no node back to the system."""

def chunks() -> tuple[int, int]:
    """Return how many chunks of 2 MiB are held, and how many of them hold a node."""

def fail_after(count: int, /) -> None:
    """For tests: let all allocations fail after this many; -1 ends it."""

# ------ the trace

class Tracer:
    @property
    def trace(self) -> Any: ...
    @property
    def index(self) -> int: ...

class Trace:
    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def operands(self) -> Sequence[tuple[int, ...]]: ...
    @property
    def numbers(self) -> Sequence[float]: ...
    @property
    def lanes(self) -> Sequence[bool]: ...
    @property
    def plain(self) -> Sequence[bool]: ...
    @property
    def tracers(self) -> Sequence[Any]: ...
    @property
    def captured(self) -> dict[Any, int]: ...
    @property
    def inputs(self) -> list[int]: ...
    def __len__(self) -> int: ...
    def constant(self, number: float, /) -> int: ...
    def input(self, number: float, lane: bool = False, plain: bool = False, /) -> Any: ...
    def index(self, x: Any, /) -> int: ...
    def compute(self, row: Operator, operands: Any, /) -> Any: ...
    def ask(
        self,
        always: tuple[Operator, ...],
        beside_number: tuple[Operator, ...],
        instead: tuple[tuple[Operator, Operator], ...],
        /,
    ) -> None: ...
    def needed(self, wanted: Any, /) -> list[int]: ...
    def uses(self, wanted: Any, /) -> list[int]: ...
    def stages(self, late_input: int, /) -> bytes: ...
    def copy(self, old: Any, wanted: Any, /) -> list[int]: ...
    def fuse(self, wanted: Any, /) -> None: ...
    def adjoints(self, root: Any, leaves: Sequence[Any], seed: Any, /) -> dict[Any, Any]: ...

class Rerolled:
    def __init__(
        self,
        trace: Trace,
        nodes: Any,
        few: int,
        operations: tuple[int, int, int, int],
        /,
    ) -> None: ...
    def __getitem__(self, node: int, /) -> int: ...
    def __contains__(self, node: int, /) -> bool: ...
    def get(self, node: int, default: int, /) -> int: ...
    def code(self, nodes: Any, /) -> bytes: ...
    def put(self, nodes: Any, /) -> None: ...
    def initial(self) -> bytes: ...
