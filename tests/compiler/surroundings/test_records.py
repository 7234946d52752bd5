"""Records of what surrounds a compiled function: the machine tells whether they still hold."""

from __future__ import annotations

import math
from typing import Any

import pytest

from scalargrad.compiler.surroundings.watching import (
    ASK,
    BUFFER,
    CELL,
    CLASS,
    ENTRIES,
    FUNCTION,
    INSTANCE,
    ITEMS,
    LIST,
    NAMES,
    NONE,
)

np = pytest.importorskip("numpy")
machine: Any = pytest.importorskip("scalargrad.native._machine")


def unchanged(records: Any) -> bool:
    found: bool = machine.Records(tuple(records)).hold()
    return found


def test_records_of_surroundings_that_are_none_are_refused() -> None:
    for records in ([1], [(1, 2)], [()], [(LIST, [3], 3)], [("a", [], ())]):
        with pytest.raises(TypeError):
            unchanged(records)
    for records in (None, [], 3, [(LIST, [], ())]):
        with pytest.raises(TypeError):
            machine.Records(records)
    for kind in (-1, 11, 2**40):
        with pytest.raises(ValueError, match="no such kind"):
            unchanged([(kind, [], ())])


@pytest.mark.parametrize("expected", [(), (3,), (3, 4), (3, 4, 5), (3, 4, 5, 6)])
def test_a_record_of_another_kind_of_thing_does_not_hold(expected: tuple[int, ...]) -> None:
    for kind in (LIST, ENTRIES, NAMES, FUNCTION, CELL, CLASS, INSTANCE, BUFFER, ITEMS):
        assert not unchanged([(kind, 3, expected)])


@pytest.mark.parametrize("kind", [ENTRIES, NAMES])
def test_a_dict_is_looked_at_again_after_every_change(kind: int) -> None:
    x, y = object(), object()
    holder = {"x": x}
    records = machine.Records(((kind, holder, ("x", x)),))
    for _ in range(3):
        assert records.hold()
        holder["x"] = y
        assert not records.hold()
        assert not records.hold()
        holder["x"] = x
        assert records.hold()
        holder.clear()
        assert not records.hold()
        holder["x"] = x
    holder["other"] = y
    assert records.hold() is (kind == NAMES)


def test_an_entry_that_does_not_count_may_change_but_not_go() -> None:
    holder = {"x": 1.5, "y": 2.5}
    records = [(ENTRIES, holder, ("x", holder["x"], "y", NONE))]
    assert unchanged(records)
    holder["y"] = 3.5
    assert unchanged(records)
    del holder["y"]
    assert not unchanged(records)


def test_a_class_is_looked_at_again_after_every_change_of_it_and_its_bases() -> None:
    base = type("Base", (), {"k": 1.5})
    kind = type("Kind", (base,), {"k": 2.5})

    def record(kind: Any) -> Any:
        pairs = [y for name, x in vars(kind).items() for y in (name, x)]
        return CLASS, kind, (kind.__mro__, *pairs)

    records = machine.Records((record(base), record(kind)))
    assert kind.k == 2.5 and records.hold() and records.hold()
    base.k = 3.5
    assert not records.hold() and not records.hold()
    records = machine.Records((record(base), record(kind)))
    assert records.hold()
    kind.__bases__ = (type("Other", (), {}),)
    assert not records.hold()


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_compared_by_its_numbers_its_format_and_its_shape(order: Any) -> None:
    x = np.array([[1.0, 2.0], [3.0, math.nan]], order=order)
    records = [(BUFFER, x, (x.tobytes(), "d", (2, 2), None))]
    assert unchanged(records)
    x[1, 0] = -0.0
    assert not unchanged(records)
    x[1, 0] = 3.0
    assert unchanged(records)
    assert not unchanged([(BUFFER, x, (x.tobytes(), "d", (4,), None))])
    assert not unchanged([(BUFFER, x, (x.tobytes(), "l", (2, 2), None))])
    assert not unchanged([(BUFFER, x, (b"", "d", (2, 2), None))])


def test_an_error_while_one_asks_is_the_error_of_the_question() -> None:
    assert unchanged([(ASK, lambda: LIST, (LIST,))])
    assert not unchanged([(ASK, lambda: 3.5, (LIST,))])
    with pytest.raises(ZeroDivisionError):
        unchanged([(ASK, lambda: 1 / 0, (LIST,))])
