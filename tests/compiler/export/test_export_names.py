"""Functions and arguments of any name: what is exported runs, and hides nothing it uses."""

from __future__ import annotations

import builtins
import keyword
import math
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.export.emit_c import function_names
from scalargrad.compiler.export.identifiers import KEYWORDS, LIBRARY, MATH
from scalargrad.rows import BUILT_IN

np = pytest.importorskip("numpy")

CC = shutil.which("cc")
OURS = re.findall(
    r"\w+",
    "np special inf nan run inputs numbers lanes lane count results columns column_0 v1 v7_1",
)
PYTHON = sorted({*BUILT_IN, *OURS, *keyword.softkwlist, *dir(builtins), *dir(math)})
PYTHON = [name for name in PYTHON if not keyword.iskeyword(name)]
C = sorted({*PYTHON, *KEYWORDS, *MATH, *LIBRARY, "σ", "größe"})


def named(function: str, x: str = "x", y: str = "y") -> Any:
    """A function of these names that uses most kinds of functions."""
    space: dict[str, Any] = {"used": used}
    exec(f"def f({x}, {y}): return used({x}, {y})", space)
    space["f"].__name__ = function
    return space["f"]


def used(x: Any, y: Any) -> Any:
    found = sg.exp(x) * sg.sin(y) + sg.step(x) * sg.lgamma(y) + sg.maximum(x, y) ** x + sg.erf(y)
    return found + sg.where(sg.step(x - y), sg.log(x), sg.tanh(y)) + sg.hypot(x, y) + x / y


EXPECTED = sg.value_and_grad(used, (0, 1))(0.75, 1.5)


def same(found: Any) -> bool:
    (value, gradient), (expected, slopes) = found, EXPECTED
    return bool(np.allclose([float(value), *map(float, gradient)], [expected, *slopes], 1e-12))


@pytest.mark.parametrize("export", ["to_python", "to_numpy"])
def test_any_name_in_python(export: str) -> None:
    for name in {*OURS, *random.sample(PYTHON, 40)} - {"__debug__"}:
        other = random.choice([n for n in PYTHON if n not in (name, "__debug__")])
        for f in (named(name), named("f", name, other)):
            exported = getattr(sg.compile(f), export)(0.75, 1.5, gradient=True)
            assert exported.__name__ == f.__name__
            assert same(exported(0.75, 1.5)), (f.__name__, name, exported.source)


@pytest.mark.parametrize("name", ["exp", "chain", "step", "__debug__", "zip"])
def test_a_function_that_is_called_like_what_it_uses(name: str) -> None:
    for export in ("to_python", "to_numpy"):
        exported = getattr(sg.compile(named(name)), export)(0.75, 1.5, gradient=True)
        assert same(exported(0.75, 1.5)), exported.source


def test_any_name_in_jax() -> None:
    pytest.importorskip("jax")
    for name in (*OURS, "exp", "sin", "erf"):
        exported = sg.compile(named(name, "x", name)).to_jax(0.75, 1.5)
        assert float(exported(0.75, 1.5)) == pytest.approx(EXPECTED[0], rel=1e-5)


@pytest.mark.skipif(CC is None, reason="no C compiler")
def test_any_name_in_c(tmp_path: Path) -> None:
    text = sg.compile(named("f")).to_c(0.75, 1.5, gradient=False)
    head, body = text[: text.index("void f(")], text[text.index("void f(") :]
    # all functions in one file, which are different then
    found = {function_names(name) for name in C}
    functions = [body.replace("void f(", f"void {one}(") for pair in found for one in pair]
    check(tmp_path, head + "\n".join(functions))
    names = [n for n in PYTHON if n != "__debug__"]
    for name in ("exp", "double", "pow", *random.sample(names, 3)):
        f = named(name, random.choice([n for n in names if n != name]), name)
        check(tmp_path, sg.compile(f).to_c(0.75, 1.5))


def check(folder: Path, source: str) -> None:
    for standard in ("c99", "gnu17"):
        file = folder / "f.c"
        file.write_text(source, encoding="utf-8")
        command = [str(CC), f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
        done = subprocess.run([*command, str(file)], capture_output=True, text=True)
        assert done.returncode == 0, (standard, done.stderr[:2000])


def test_what_math_h_declares_is_known(tmp_path: Path) -> None:
    """Every function that this machine's math.h declares is among the names that are avoided."""
    if CC is None:
        pytest.skip("no C compiler")
    file = tmp_path / "f.c"
    file.write_text("#define _GNU_SOURCE\n#include <math.h>\n", encoding="utf-8")
    done = subprocess.run([CC, "-E", "-P", str(file)], capture_output=True, text=True)
    declared = set(re.findall(r"\bextern [\w *]+?[ *]([a-z]\w*) ?\(", done.stdout))
    assert len(declared) > 100
    # those of the types _Float32, _Float64x and so on are not counted
    plain = {name for name in declared if not re.search(r"\d\dx?(_r)?$", name)}
    assert plain - MATH - LIBRARY == set()


def test_operators_of_users_that_share_a_name_or_have_one_that_is_taken() -> None:
    double = sg.operator("own", lambda x: 2.0 * x, lambda out, x: 2.0)
    triple = sg.operator("own", lambda x: 3.0 * x, lambda out, x: 3.0)
    taken = [sg.operator(n, lambda x: 5.0 * x, lambda out, x: 5.0) for n in ("np", "source", "run")]

    def own(x: Any) -> Any:
        return double(x) + triple(x) + taken[0](x) + taken[1](x) + taken[2](x)

    compiled = sg.compile(own)
    assert compiled(1.0) == 20.0
    assert sg.compile(sg.grad(own))(1.0) == 20.0
    for export in ("to_python", "to_numpy"):
        assert getattr(compiled, export)(1.0, gradient=False)(1.0) == 20.0


@pytest.mark.parametrize("count", [3_000, 10_000])
def test_a_long_sum_is_no_deep_expression(count: int) -> None:
    def total(x: Any) -> Any:
        return sum([x * float(i) for i in range(count)])

    expected = 0.5 * count * (count - 1) / 2
    compiled = sg.compile(total)
    assert compiled(0.5) == pytest.approx(expected)
    assert sg.compile(sg.grad(total))(0.5) == pytest.approx(2 * expected)
    if count == 3_000:
        for export in ("to_python", "to_numpy"):
            assert getattr(compiled, export)(0.5, gradient=False)(0.5) == pytest.approx(expected)
        assert max(map(len, compiled.to_c(0.5).splitlines())) < 5_000
