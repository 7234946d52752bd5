"""The native part builds without a warning with gcc and clang, for x86-64 and for aarch64, and
computes the same bits there; its C is that of each supported version of Python. What is not
installed is passed over: clang, gcc-aarch64-linux-gnu with libc6-dev-arm64-cross, qemu-user, other
versions of Python. `tests/pythons.sh` runs tests on these."""

from __future__ import annotations

import platform
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.trace.native import machine
from scalargrad.rows import BUILT_IN, Operator
from tests.support.floats import all_bits
from tests.support.places import CHECKOUT, TESTS
from tests.support.pythons import OTHERS
from tests.support.pythons import found as python_found

tomllib: Any = pytest.importorskip("tomllib")

PROJECT = CHECKOUT / "pyproject.toml"
CROSS = "aarch64-linux-gnu-gcc"
COMPILERS = ("gcc", "clang", CROSS)
ON_X86 = platform.machine() in ("x86_64", "AMD64")

if not (CHECKOUT / "scalargrad" / "native").exists():
    pytest.skip("needs the sources", allow_module_level=True)
EXTENSIONS = {
    module["name"].rpartition(".")[2]: module
    for module in tomllib.loads(PROJECT.read_text())["tool"]["setuptools"]["ext-modules"]
}


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=CHECKOUT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def found(tool: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    return tool


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], str]]:
    """Compile an extension, each once, with warnings as errors; return its object file."""
    folder, objects = tmp_path_factory.mktemp("objects"), dict[tuple[str, str], str]()

    def build(compiler: str, name: str) -> str:
        module, target = EXTENSIONS[name], str(folder / f"{name}-{compiler}.o")
        paths = {sysconfig.get_path(kind) for kind in ("include", "platinclude")}
        headers = [f"-I{path}" for path in paths]
        flags = [*module["extra-compile-args"], "-fPIC", "-Wall", "-Wextra", "-Werror", *headers]
        if (compiler, name) not in objects:
            run(found(compiler), *flags, "-r", *module["sources"], "-o", target)
        return objects.setdefault((compiler, name), target)

    yield build


@pytest.mark.parametrize("name", EXTENSIONS)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_each_compiler_builds_without_a_warning(
    built: Callable[[str, str], str], compiler: str, name: str
) -> None:
    header = Path(built(compiler, name)).read_bytes()[:20]
    machines = {62: "x86_64", 183: "aarch64"}
    if compiler == CROSS:
        assert machines[struct.unpack_from("<H", header, 18)[0]] == "aarch64"
    else:
        assert header[:4] == b"\x7fELF" or sys.platform != "linux"


FREE_THREADED = "-DPy_GIL_DISABLED=1"
"""Its headers are those of the build with a lock, read with this."""


@pytest.mark.parametrize("name", EXTENSIONS)
@pytest.mark.parametrize(
    ("version", "build"),
    [*((version, "") for version in OTHERS), ("3.13", FREE_THREADED), ("3.14", FREE_THREADED)],
)
def test_headers_of_each_python_are_understood_without_a_warning(
    version: str, build: str, name: str
) -> None:
    program = "import sysconfig; print(sysconfig.get_path('include'))"
    include = run(python_found(version), "-c", program).strip()
    if not (Path(include) / "Python.h").exists():
        pytest.skip(f"the headers of Python {version} are not installed")
    module = EXTENSIONS[name]
    flags = [*module["extra-compile-args"], "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
    run(found("gcc"), *flags, *[build] * bool(build), f"-I{include}", *module["sources"])


REGISTERS = {"avx512": "zmm", "avx2": "ymm", "baseline": "xmm"}


@pytest.mark.skipif(not ON_X86, reason="other processors have one set of kernels")
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_kernels_of_each_instruction_set_use_its_registers_and_no_wider(
    built: Callable[[str, str], str], compiler: str
) -> None:
    listing = run(found("objdump"), "-d", "--no-show-raw-insn", built(compiler, "_machine"))
    used: dict[str, set[str]] = {name: set() for name in REGISTERS}
    for function in re.split(r"\n(?=[0-9a-f]+ <)", listing):
        named = re.match(r"[0-9a-f]+ <\w+_(avx512|avx2|baseline)[.>]", function)
        if named:
            used[named[1]].update(re.findall("[xyz]mm", function))
    assert used["avx512"] >= {"zmm"}
    assert "ymm" in used["avx2"] and "zmm" not in used["avx2"]
    assert used["baseline"] == {"xmm"}


@pytest.mark.skipif(machine is None, reason="the machine is not built")
def test_info_says_which_instruction_set_was_chosen() -> None:
    lines = run(sys.executable, "-m", "scalargrad", "info").splitlines()
    assert lines[1] == f"Compiled functions run on the machine, with {machine.choose('best')}."


POINTS = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.75, 3.25, -12.5, 88.0, -700.0, 710.5, -745.5, 1e-8),
    *(5e-324, -1e-310, 1e308, -1e200, 1e-200, float("inf"), float("-inf"), float("nan")),
    *(0.1 * k - 3.0 for k in range(43)),
]


def on_lanes(row: Operator) -> Any:
    f = (lambda x: row(x)) if row.arity == 1 else (lambda x, y: row(x, y))
    return sg.compile(f, batch=True)


@pytest.mark.skipif(machine is None, reason="the machine is not built")
@pytest.mark.parametrize(
    "compiler, runner", [("gcc", ()), ("clang", ()), (CROSS, ("qemu-aarch64",))]
)
def test_vector_functions_have_the_same_bits_everywhere(
    compiler: str, runner: tuple[str, ...], tmp_path: Path
) -> None:
    alone, source = str(tmp_path / "alone"), str(TESTS / "support" / "machine_alone.c")
    flags = [*EXTENSIONS["_machine"]["extra-compile-args"], "-w", "-Iscalargrad/native"]
    run(found(compiler), *flags, source, "-static", "-pthread", "-lm", "-o", alone)
    lines = run(*map(found, runner), alone, *map(float.hex, POINTS)).splitlines()
    assert len(lines) > 10
    columns: Any = POINTS, POINTS[::-1]
    np = pytest.importorskip("numpy")
    for name, *printed in map(str.split, lines):
        row = BUILT_IN[name]
        here = on_lanes(row)(*[np.array(column) for column in columns[: row.arity]])
        there = [struct.unpack("<d", int(x, 16).to_bytes(8, "little"))[0] for x in printed]
        assert all_bits(here.tolist()) == all_bits(there), name
