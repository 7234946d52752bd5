from collections.abc import Callable
from typing import Any

from ..engine import Value as Value
from ..rows import Operator

def install(rows: tuple[Operator, ...], /, **functions: Callable[..., Any]) -> None:
    """Hand over the table's rows and the part of the engine that stays in Python."""

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
