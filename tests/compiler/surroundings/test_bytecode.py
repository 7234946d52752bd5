"""What code reads by name is found in its bytecode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scalargrad.compiler.surroundings.bytecode import ANYTHING, WHOLE, Import, reads_of

GLOBAL: Any = 1.0
o: Any = None


def setting_a_global() -> None:
    global GLOBAL
    GLOBAL = 2.0


def with_imports() -> Any:
    import os.path

    from . import near
    from .far.away import k

    return os, near, k


class Below:
    def method(self) -> Any:
        return super().inherited()  # type: ignore[misc]


def in_a_class() -> Any:
    class Within:
        k = GLOBAL

        def method(self) -> Any:
            return self.attribute  # type: ignore[attr-defined]

    return Within


READS: list[tuple[Callable[..., Any], set[str], set[str]]] = [
    (lambda: GLOBAL, {"GLOBAL"}, set()),
    (lambda: o.GLOBAL, {"o"}, {"GLOBAL"}),
    (lambda: o.a.b(), {"o"}, {"a", "b"}),
    (lambda: [lambda: o.inner], {"o"}, {"inner"}),
    (lambda: [x.each for x in o], {"o"}, {"each"}),
    (setting_a_global, {"GLOBAL"}, set()),
    (lambda: setattr(o, "k", 1.0), {"o", "setattr"}, {"k"}),
    (lambda: o["key"], {"o"}, {"key"}),
    (Below.method, {"super"}, {"inherited"}),
    (in_a_class, {"GLOBAL"}, {"attribute"}),
]


@pytest.mark.parametrize(("f", "names", "attributes"), READS)
def test_globals_are_told_from_attributes(
    f: Callable[..., Any], names: set[str], attributes: set[str]
) -> None:
    found = reads_of(f.__code__)
    assert names <= found.globals
    assert attributes <= found.attributes
    assert not found.globals & (attributes - names)
    assert not ANYTHING & found.attributes


def test_imports_are_found_with_their_level() -> None:
    found = reads_of(with_imports.__code__)
    assert found.imports == {Import(0, "os.path"), Import(1, ""), Import(1, "far.away")}
    assert {"near", "k"} <= found.attributes


NAMED: list[Callable[..., Any]] = [
    lambda: getattr(o, "a"),  # noqa: B009
    lambda: getattr(o, "a", None),
    lambda x: getattr(o.b, "a", x + 1.0 * len(x)),
    lambda: getattr(getattr(o, "b"), "a"),  # noqa: B009
    lambda: hasattr(o, "a") and setattr(o, "a", GLOBAL),
]
COMPUTED: list[Callable[..., Any]] = [
    lambda n: getattr(o, n),
    lambda n: getattr(o, "a" + n),
    lambda n: getattr(o, f"a_{n}"),
    lambda n: getattr(o, "a" if n else "b"),
    lambda n: getattr(o, n, "a"),
    lambda n: getattr(o, n)("a"),
    lambda n: [getattr(o, k) for k in n],
    lambda n: map(getattr, o, n),
    lambda n: (lambda get: get(o, n))(getattr),
    lambda n: hasattr(o, n) or setattr(o, n, 1.0),
    lambda n: getattr(getattr(o, "a"), n),  # noqa: B009
    lambda: vars(o),
    lambda: dir(o),
    lambda: o.__dict__,
    lambda n: o.__getattribute__(n),
]


@pytest.mark.parametrize("f", NAMED)
def test_an_attribute_named_by_a_text_is_one(f: Callable[..., Any]) -> None:
    found = reads_of(f.__code__).attributes
    assert "a" in found and WHOLE not in found


@pytest.mark.parametrize("f", COMPUTED)
def test_a_name_that_is_computed_may_be_any(f: Callable[..., Any]) -> None:
    assert reads_of(f.__code__).attributes >= ANYTHING


def test_a_pattern_by_position_may_read_any_attribute() -> None:
    def by_name(x: Any) -> Any:
        match x:
            case Below(a=k):
                return k

    def by_position(x: Any) -> Any:
        match x:
            case Below(k):
                return k

    assert "a" in reads_of(by_name.__code__).attributes
    assert WHOLE not in reads_of(by_name.__code__).attributes
    assert WHOLE in reads_of(by_position.__code__).attributes
