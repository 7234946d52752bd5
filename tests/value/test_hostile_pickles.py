"""Damaged and malicious pickles raise; they never crash, and never make a Value that lies."""

from __future__ import annotations

import io
import pickle
import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def parts() -> tuple[Any, list[Any]]:
    """The function that rebuilds a node, and what it is given for x·2."""
    function, arguments = (Value(3.0) * 2.0).__reduce__()[:2]
    return function, list(arguments[1])


def damaged(parts: list[Any]) -> list[list[Any]]:
    """The parts of a node, each time with one of them wrong."""
    add, x = (Value(1.0) + 2.0).op, Value(1.0)
    wrong = {
        0: [None, "mul", 3, object(), print, Value],
        1: ["a", None, 1j, [1.0], 10**400],
        2: ["a", None, 1j, [1.0], 10**400],
        3: [None, 3, b"x"],
        4: [(), None, [x, 2.0], (x,), (x, 2), (x, "a"), (None, None), (x, 2.0, 3.0), (1.0, 2.0)],
        5: [(), None, [2.0], (2,), ("a",), (2.0, 2.0), (None,), 2.0],
    }
    cases = [[*parts[:i], w, *parts[i + 1 :]] for i, ws in wrong.items() for w in ws]
    leafless = [add, 1.0, 0.0, "", (), ()]
    parentless = [None, 1.0, 0.0, "", (x,), (1.0,)]
    return [*cases, leafless, parentless, parts[:-1], [*parts, 1.0], []]


@pytest.mark.parametrize("case", range(len(damaged(parts()[1]))))
def test_a_damaged_record_raises(case: int) -> None:
    rebuild, whole = parts()
    assert rebuild(None, tuple(whole)).data == 6.0
    with pytest.raises((TypeError, ValueError, OverflowError)):
        rebuild(None, tuple(damaged(whole)[case]))


class Careful(pickle._Unpickler):  # type: ignore[misc, name-defined]
    """Loads scalargrad's own names only, so that damaged bytes cannot reach others. In Python,
    for the C unpickler reserves as much memory as a damaged memo index says."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] != "scalargrad" and name != "list":
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


class AndThisFile(Careful):
    """Loads the functions of this file too."""

    def find_class(self, module: str, name: str) -> Any:
        found = {"decorated": decorated, "total": total}.get(name)
        return super().find_class(module, name) if module != __name__ or not found else found


@sg.compile(batch="x", reduce="mean")
def decorated(w: Any, x: Any) -> Any:
    return sg.tanh(w * x)


def total(w: Any, x: Any) -> Any:
    return w * x if x > 0.0 else w


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damaged_bytes_of_a_compiled_function_never_crash(protocol: int) -> None:
    whole = pickle.dumps(sg.compile(total, batch="x", reduce="sum", threads=2), protocol)
    assert pickle.loads(whole)(2.0, [1.0, -1.0]) == 4.0
    failed = 0
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(random.randint(1, 3)):
            data[random.randrange(len(data))] = random.randrange(256)
        try:
            found = AndThisFile(io.BytesIO(bytes(data))).load()
            if isinstance(found, type(decorated)):
                found(2.0, [1.0, -1.0])
        except Exception:
            failed += 1
    assert failed > 0


def test_truncated_bytes_of_a_compiled_function_raise() -> None:
    for compiled in (decorated, sg.compile(total, batch="x")):
        whole = pickle.dumps(compiled)
        for length in range(len(whole)):
            with pytest.raises((EOFError, pickle.UnpicklingError)):
                pickle.loads(whole[:length])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damaged_bytes_raise_or_load_but_never_crash(protocol: int) -> None:
    x = Value(0.5, "x")
    whole = pickle.dumps(sg.dot([x, x * 2.0], [x.tanh(), 3.0]), protocol)
    loaded = failed = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(random.randint(1, 3)):
            data[random.randrange(len(data))] = random.randrange(256)
        try:
            found = Careful(io.BytesIO(bytes(data))).load()
        except Exception:
            failed += 1
            continue
        loaded += 1
        if isinstance(found, Value):
            found.backward()
            assert all(type(x) is float for x in (found.data, found.grad, *found.partials))
            assert len(found.partials) == len(found.parents)
    assert failed > 0
    assert loaded > 0


def test_truncated_bytes_raise() -> None:
    whole = pickle.dumps(Value(0.5).tanh() * 2.0)
    for length in range(len(whole)):
        with pytest.raises((EOFError, pickle.UnpicklingError)):
            pickle.loads(whole[:length])
