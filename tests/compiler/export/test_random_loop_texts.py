"""Random programs with loops as text: Python, NumPy and C compute what eager mode does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scalargrad.compiler.export.emit_c import C, signature, used_functions
from scalargrad.compiler.export.languages import InC, Language, OnJax, OnNumpy
from scalargrad.compiler.export.nest_functions import array_function, c_function, python_function
from scalargrad.compiler.export.writable import is_mixed
from scalargrad.compiler.export.written import Written
from scalargrad.compiler.nests.nest import Refused
from scalargrad.compiler.nests.program import Derived
from tests.support.expressions import rounds
from tests.support.in_c import built, run
from tests.support.nests_made import InLanes
from tests.support.random_loops import INPUTS, random_function

np = pytest.importorskip("numpy")
NAMES = ["lane_count", "lane_share", *(f"x[{k}]" for k in range(INPUTS))]


def drawn(random: Random) -> InLanes:
    count = random.choice([1, 3, 4])
    lanes = random.sample(range(INPUTS), random.randint(1, INPUTS))
    columns = [[random.uniform(-1.0, 1.0) for _ in range(count)] for _ in range(INPUTS)]
    numbers = [columns[k] if k in lanes else columns[k][0] for k in range(INPUTS)]
    f = random_function(random.randrange(2**32))
    return InLanes(f, numbers, random.choice([None, "sum", "mean"]))


def by_python(given: InLanes, derived: Derived) -> list[Any]:
    written = Written(derived, Language(), NAMES)
    known: dict[str, Any] = {"inf": np.inf, "nan": np.nan}
    known |= {row.name: row.forward for row in written.rows()}
    exec(python_function(written, "f"), known)
    numbers, columns = map(iter, known["f"](given.numbers(), given.columns()))
    return [next(columns) if lane else next(numbers) for lane in derived.each]


def by_numpy(given: InLanes, derived: Derived) -> list[Any]:
    written = Written(derived, OnNumpy(), NAMES)
    known: dict[str, Any] = {"np": np}
    known |= {row.name: np.vectorize(row.forward) for row in written.rows() if not row.array}
    exec(array_function(written, "f"), known)
    inputs = [float(given.count), 1.0 / given.count, *given.given]
    found = known["f"]([np.array(x)[()] for x in inputs])
    return [np.broadcast_to(x, given.count) if lane else x for x, lane in zip(found, derived.each)]


def by_c(given: InLanes, derived: Derived, folder: Path) -> list[Any]:
    written = Written(derived, InC(C), NAMES)
    folder.mkdir()
    text = c_function(written, signature("f"))
    special = "".join(used_functions(text))
    source = f"#include <math.h>\n#include <stdlib.h>\n{special}{text}"
    lanes = [np.array(x) for x in given.columns()]
    counts = [derived.each.count(False), derived.each.count(True)]
    found = run(built(source, folder).f, given.numbers()[2:], lanes, *counts)
    numbers, columns = map(iter, found)
    return [next(columns) if lane else next(numbers) for lane in derived.each]


def by_jax(given: InLanes, derived: Derived) -> list[Any]:
    import jax
    from jax.scipy import special

    written = Written(derived, OnJax(), NAMES)
    known: dict[str, Any] = {"np": jax.numpy, "special": special, "lax": jax.lax}
    exec(array_function(written, "f"), known)
    inputs = [float(given.count), 1.0 / given.count, *given.given]
    with jax.enable_x64(True):
        found = jax.jit(lambda *xs: known["f"](list(xs)))(*map(np.array, inputs))
    return [np.broadcast_to(x, given.count) if lane else x for x, lane in zip(found, derived.each)]


def programs(count: int) -> Iterator[tuple[InLanes, Derived, list[Any]]]:
    """Yield random programs whose numbers are finite, with what eager mode computes."""
    for _ in rounds(count):
        given = drawn(Random(Random().randrange(2**32)))
        if "< 0.1" in given.f.source:  # type: ignore[attr-defined]
            continue
        try:
            expected, derived = given.expected(), given.derived()
        except (OverflowError, Refused):
            continue
        if all(np.isfinite(x).all() for x in expected) and not is_mixed(derived):
            yield given, derived, expected


def agree(given: InLanes, found: list[Any], expected: list[Any]) -> None:
    for x, y in zip(found, expected, strict=True):
        assert np.allclose(x, y, rtol=1e-11, atol=1e-11), given.f.source  # type: ignore[attr-defined]


def test_random_loops_as_text_agree_with_eager(tmp_path: Path) -> None:
    done = 0
    for given, derived, expected in programs(12):
        agree(given, by_python(given, derived), expected)
        agree(given, by_numpy(given, derived), expected)
        if done % 4 == 1:
            agree(given, by_c(given, derived, tmp_path / str(done)), expected)
        done += 1
    assert done >= 2


def test_random_loops_in_jax_agree_with_eager() -> None:
    pytest.importorskip("jax")
    for given, derived, expected in programs(4):
        agree(given, by_jax(given, derived), expected)
