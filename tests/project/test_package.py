"""The package: what is installed, what README promises, what the command line tells."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import scalargrad
from tests.support.places import CHECKOUT, DOCS, PACKAGE, TESTS, environment

README = CHECKOUT / "README.md"
NATIVE = CHECKOUT / "scalargrad" / "native"
REFERENCE = DOCS / "reference"

in_checkout = pytest.mark.skipif(not README.exists(), reason="needs the files beside tests/")
with_sources = pytest.mark.skipif(not NATIVE.exists(), reason="needs the C sources")
with_docs = pytest.mark.skipif(not REFERENCE.exists(), reason="needs the documentation")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}
    )


@pytest.fixture
def metadata() -> Any:
    try:
        return importlib.metadata.metadata("scalargrad")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("scalargrad is imported from a folder, not installed")


def pyproject() -> dict[str, Any]:
    tomllib = pytest.importorskip("tomllib")
    loaded: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    return loaded


def extensions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyproject()["tool"]["setuptools"]["ext-modules"]
    return found


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)


# ------ README


@in_checkout
def test_readme_example_prints_what_readme_says() -> None:
    examples, outputs = blocks("python"), blocks("text")
    assert len(examples) == len(outputs) > 0
    for example, output in zip(examples, outputs):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example, "README.md", "exec"), {})
        assert printed.getvalue() == output


@in_checkout
def test_readme_gives_two_commands_the_demo_and_the_tests() -> None:
    demo, tests = "".join(blocks("sh")).splitlines()
    assert demo.startswith("python3 -m venv .venv && ")
    assert demo.endswith('".[demo]" && .venv/bin/scalargrad demo')
    assert tests.startswith("python3 -m venv .venv && ")
    assert tests.endswith('".[test]" && .venv/bin/pytest')


@in_checkout
def test_readme_names_every_file_and_folder_of_the_package() -> None:
    house = README.read_text(encoding="utf-8").partition("## How it works")[2]
    files = {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    sources = (path for kind in ("*.py", "*.h", "*.js") for path in PACKAGE.rglob(kind))
    folders = {f"{path.parent.name}/" for path in sources} - {f"{PACKAGE.name}/"}
    assert {name for name in files | folders if f"`{name}`" not in house} == set()


@with_docs
def test_files_that_readme_and_the_pages_name_exist() -> None:
    folders = PACKAGE, TESTS, DOCS, CHECKOUT / "examples"
    known = {f"/{path.as_posix()}" for folder in folders for path in folder.rglob("*.*")}
    for page in (README, *DOCS.rglob("*.md")):
        named = re.findall(r"`([\w/.]+\.(?:py|h|js|sh|ipynb))`", page.read_text(encoding="utf-8"))
        assert [x for x in named if not any(path.endswith(f"/{x}") for path in known)] == [], page


# ------ what is installed


def test_version_installed_is_that_of_the_package(metadata: Any) -> None:
    assert metadata["Version"] == scalargrad.__version__


@in_checkout
def test_version_stands_in_one_place() -> None:
    literal = re.compile(rf"(?<![\d.]){re.escape(scalargrad.__version__)}(?![\d.])")
    kinds = {".py", ".pyi", ".toml", ".md", ".c", ".h", ".js", ".sh"}
    folders = [path for path in (PACKAGE, DOCS, TESTS) if path.exists()]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in kinds]
    files += [README, CHECKOUT / "pyproject.toml"]
    assert [x for x in files if literal.search(x.read_text("utf-8"))] == [PACKAGE / "__init__.py"]


@in_checkout
def test_changelog_begins_with_the_version() -> None:
    changes = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    (newest, *_) = re.findall(r"^## (\S+)", changes, re.M)
    assert newest == scalargrad.__version__


def included(files: set[Path]) -> set[Path]:
    """These files in C, and all of ours that they include."""
    found = {
        (path.parent / name).resolve()
        for path in files
        for name in re.findall(r'^#include "(.+)"', path.read_text(encoding="utf-8"), re.M)
    }
    return files if found <= files else included(files | found)


@with_sources
def test_extension_is_rebuilt_when_any_of_its_files_changes() -> None:
    used = set()
    for one in extensions():
        sources, headers = (
            {CHECKOUT / path for path in one[key]} for key in ("sources", "depends")
        )
        assert headers == included(sources) - sources
        used |= sources | headers
    assert used == {path for path in NATIVE.rglob("*") if path.suffix in (".c", ".h")}


@in_checkout
def test_engine_is_compiled_without_arguments_that_msvc_refuses() -> None:
    (engine,) = (one for one in extensions() if one["name"].endswith("._engine"))
    assert [x for x in engine["extra-compile-args"] if x.startswith("-W")] == []
    assert "libraries" not in engine


WITH_ONE_FILE = """
import runpy, setuptools
plain, extension = setuptools.setup, setuptools.Extension("one_file", ["one_file.c"])
setuptools.setup = lambda **settings: plain(name="one", ext_modules=[extension], **settings)
runpy.run_path({!r})
"""
"""Builds a C file with the settings of our build, whichever setuptools is there."""


@in_checkout
@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("called, builds", [("abs(1)", True), ("run_nothing()", False)])
def test_call_of_a_function_that_is_missing_in_c_does_not_compile(
    tmp_path: Path, called: str, builds: bool
) -> None:
    pytest.importorskip("setuptools")
    file = f"#include <Python.h>\nint PyInit_one_file(void) {{ return {called}; }}"
    (tmp_path / "one_file.c").write_text(file)
    program = WITH_ONE_FILE.format(str(CHECKOUT / "setup.py"))
    command = [sys.executable, "-c", program, "build_ext", "--inplace"]
    # where the pure engine is asked for, there is no extension
    native = environment(SCALARGRAD_ENGINE="native")
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=native)
    assert (result.returncode == 0) == builds, result.stderr
    assert ("run_nothing" in result.stderr) != builds


def test_extras_are_known_to_pip(metadata: Any) -> None:
    assert {"draw", "examples", "scale", "test"} <= set(metadata.get_all("Provides-Extra"))


def test_two_small_packages_are_all_that_is_required(metadata: Any) -> None:
    required = [r for r in metadata.get_all("Requires-Dist") if "extra ==" not in r]
    assert sorted(required) == ["graphviz", "numpy"]


def test_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


# ------ public names


def documented(module: str, pages: str) -> set[str]:
    """The names of a module that the reference has entries for."""
    listed = re.findall(rf"automodule:: {module}\n +:members: (.+)", pages)
    single = re.findall(rf"auto\w+:: {module}\.(\w+)$", pages, re.M)
    return {*single, *(name for names in listed for name in names.split(", "))}


@with_docs
def test_public_module_lists_in_all_what_the_reference_documents() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md"))
    names = re.findall(r"^## (scalargrad\.[\w.]+)$", pages, re.M)
    public = [importlib.import_module(name) for name in names]
    # a package's __init__.py is such a list by itself
    files = {module.__name__: module for module in public if not hasattr(module, "__path__")}
    listed = "losses", "optim.schedules", "diagnose"
    assert {f"scalargrad.{name}" for name in listed} <= set(files)
    for name, module in files.items():
        described = {x for x in module.__all__ if getattr(module, x).__module__ == name}
        assert described == documented(name, pages)


FRESH = """
import sys, types, scalargrad as sg
shown = dir(sg)
modules = {name for name in shown if isinstance(vars(sg).get(name), types.ModuleType)}
assert modules == {"losses", "nn", "optim", "plots", "train"}, modules
assert {"Value", "compile", "tanh", "pi"} <= set(shown)
assert not {"PARTS", "TYPE_CHECKING", "part"} & set(shown)
from math import e, inf, pi
assert (sg.e, sg.inf, sg.pi) == (e, inf, pi)
"""

PARTS = """
import sys, scalargrad as sg
assert not any(name.startswith("scalargrad.nn.") for name in sys.modules)
assert sg.nn.MLP(2, [3, 1])([1.0, 2.0]).parents
assert not any(name.startswith("scalargrad.train.") for name in sys.modules)
from scalargrad.train import fit
from scalargrad import optim
import scalargrad.plots.canvas
assert fit is sg.train.fit and optim.SGD is sg.optim.SGD
assert sg.plots.canvas is scalargrad.plots.canvas and sg.losses.hinge
assert sg.nn is sys.modules["scalargrad.nn"]
assert {type(x) for x in (sg.nn, sg.optim, sg.train, sg.plots, sg.losses)} == {type(sys)}
"""


THREADS = """
import threading, scalargrad as sg
found, start = [], threading.Barrier(8)
def use():
    start.wait()
    found.append((sg.nn.MLP, sg.train.fit, sg.losses.hinge))
threads = [threading.Thread(target=use) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join(60.0)
assert len(found) == 8 and len(set(found)) == 1, found
"""


@pytest.mark.parametrize("program", [FRESH, PARTS, THREADS], ids=["names", "parts", "threads"])
def test_the_face_shows_public_names_and_loads_parts_when_they_are_used(program: str) -> None:
    found = run("-c", program)
    assert (found.returncode, found.stderr) == (0, "")
    # its names are found as quickly as those of any module
    assert not hasattr(scalargrad, "__getattr__")


PARTS_WITH_FILES = "nn", "optim", "plots", "train"


def files_of_parts() -> list[str]:
    """The modules in the packages that load when they are first used."""
    paths = (path for part in PARTS_WITH_FILES for path in (PACKAGE / part).glob("*.py"))
    return sorted(f"{x.parent.name}.{x.stem}" for x in paths if x.stem != "__init__")


@pytest.mark.parametrize("name", files_of_parts())
def test_a_file_of_a_part_can_be_the_first_that_is_imported(name: str) -> None:
    found = run("-c", f"import scalargrad.{name}, scalargrad as sg; assert sg.nn.MLP(2, [1])")
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize(
    "made", ["nn.MLP(2, [2, 1])", "nn.Sequential(nn.Linear(2, 2), nn.ReLU())", "nn.BatchNorm(2)"]
)
def test_a_pickled_model_is_read_in_a_process_that_has_used_no_part(made: str) -> None:
    written = run("-c", f"import pickle; from scalargrad import nn; print(pickle.dumps({made}))")
    read = run("-c", f"import pickle; print(type(pickle.loads({written.stdout.strip()})).__name__)")
    assert (read.stdout.strip(), read.stderr) == (made[3:].partition("(")[0], "")


# ------ the command line and the switch

WITHOUT_NATIVE = """
import sys
sys.modules["scalargrad.native._engine"] = None
import scalargrad
{}
"""
PRINT = "print(scalargrad.engine, scalargrad.tanh(scalargrad.Value(0.0)).data)"


def test_info_tells_version_engine_and_python() -> None:
    first_line = run("-m", "scalargrad", "info").stdout.splitlines()[0]
    python = f"{sys.version_info[0]}.{sys.version_info[1]}."
    about = f"scalargrad {scalargrad.__version__}, {scalargrad.engine} engine, "
    assert first_line.startswith(about)
    assert python in first_line
    assert run("-m", "scalargrad", "--version").stdout.splitlines() == [first_line]


def test_info_follows_the_switch() -> None:
    result = run("-m", "scalargrad", "info", SCALARGRAD_ENGINE="pure")
    (line,) = result.stdout.splitlines()
    assert ", pure engine, " in line


def test_info_says_how_to_get_the_native_engine_where_it_is_not_built() -> None:
    result = run(
        "-c",
        WITHOUT_NATIVE.format("from scalargrad.__main__ import main; main(['info'])"),
        SCALARGRAD_ENGINE="",
    )
    about, advice = result.stdout.splitlines()
    assert ", pure engine, " in about
    assert "install a C compiler" in advice


def test_unknown_engine_is_refused_by_name() -> None:
    result = run("-c", "import scalargrad", SCALARGRAD_ENGINE="fast")
    assert result.returncode == 1
    assert "SCALARGRAD_ENGINE must be 'pure' or 'native', got 'fast'" in result.stderr


def test_pure_engine_steps_in_where_the_native_one_is_not_built() -> None:
    result = run("-c", WITHOUT_NATIVE.format(PRINT), SCALARGRAD_ENGINE="")
    assert result.stdout == "pure 0.0\n", result.stderr


def test_required_native_engine_that_is_not_built_is_an_error() -> None:
    result = run("-c", WITHOUT_NATIVE.format(PRINT), SCALARGRAD_ENGINE="native")
    assert result.returncode == 1
    assert "_engine" in result.stderr


DOES_NOT_LOAD = """
import sys
class Loading:
    def find_spec(self, name, *others):
        if name == "scalargrad.native.{}":
            raise {}
sys.meta_path.insert(0, Loading())
import scalargrad.compiler.trace.native
print(scalargrad.engine)
"""


@pytest.mark.skipif(scalargrad.engine == "pure", reason="needs the native engine")
@pytest.mark.parametrize("part", ["_engine", "_machine"])
def test_native_part_that_was_built_and_does_not_load_is_an_error(part: str) -> None:
    program = DOES_NOT_LOAD.format(part, 'ImportError("undefined symbol: run_nothing", name=name)')
    result = run("-c", program, SCALARGRAD_ENGINE="")
    assert result.stderr.splitlines()[-1] == (
        f"ImportError: scalargrad.native.{part} was built, but does not load (undefined symbol: "
        "run_nothing): build it anew, or set SCALARGRAD_ENGINE=pure to do without it"
    )
    pure = run("-c", program, SCALARGRAD_ENGINE="pure")
    assert pure.stdout == "pure\n", pure.stderr


ONE_ROW_MORE = """
tripled = op("tripled", "tripled", lambda x: 3.0 * x, "3.0 * {}", lambda out, x: 3.0, doc="3 x.")
"""


@in_checkout
@pytest.mark.skipif(scalargrad.engine == "pure", reason="needs the native engine")
def test_operator_that_was_added_since_the_build_is_printed_by_codegen(tmp_path: Path) -> None:
    package = tmp_path / "scalargrad"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    with open(package / "ops.py", "a", encoding="utf-8") as table:
        table.write(ONE_ROW_MORE)
    command = [sys.executable, "-m", "scalargrad.codegen"]
    by_default = environment(SCALARGRAD_ENGINE="")
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=by_default)
    assert result.returncode == 0, result.stderr
    assert "build the extension anew; until then the pure engine runs" in result.stderr
    assert "tripled" in (package / "native/shared/rules.h").read_text(encoding="utf-8")


@pytest.mark.skipif(scalargrad.engine == "pure", reason="needs the native engine")
def test_machine_that_is_not_built_is_missed_only_where_it_is_required() -> None:
    text = WITHOUT_NATIVE.replace("_engine", "_machine").format(
        "from scalargrad.compiler.trace.native import machine; print(machine)"
    )
    assert run("-c", text, SCALARGRAD_ENGINE="").stdout == "None\n"
    assert "_machine" in run("-c", text, SCALARGRAD_ENGINE="native").stderr


IS_LOCKED = """
import sys
sys._is_gil_enabled = lambda: {}
import scalargrad
print(scalargrad.engine)
"""
"""Stands in for a Python that was built to run without its lock."""


@pytest.mark.parametrize("engine", {"pure", scalargrad.engine})
def test_python_that_runs_without_its_lock_is_refused(engine: str) -> None:
    result = run("-c", IS_LOCKED.format("False"), SCALARGRAD_ENGINE=engine)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "ImportError: scalargrad needs the global interpreter lock (GIL), and this Python runs "
        "without it: set PYTHON_GIL=1, or start it as python -X gil=1"
    )


def test_python_that_takes_its_lock_for_the_native_part_is_not_refused() -> None:
    loaded = "'scalargrad.native._engine' in sys.modules"
    result = run("-c", IS_LOCKED.format(loaded), SCALARGRAD_ENGINE=scalargrad.engine)
    assert (result.returncode == 0) == (scalargrad.engine == "native"), result.stderr
