"""Imports point one way, and `import scalargrad` stays light."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

from tests.support.places import DOCS, PACKAGE, TESTS


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
CORE = [
    *("messages", "scalars", "partials", "rows", "ieee", "special", "folds", "graph", "ops"),
    *("suspending", "blocks", "profiled", "modes", "stale", "doubts", "backward", "copying"),
    *("updates", "freeing", "arrays", "protocols", "comparing", "given", "sweep", "value"),
    *("spelling", "method_text", "methods", "engine"),
]
"""From the bottom up: a file here imports only from those before it."""

BY_THEMSELVES = {"compiler.pipeline"}
"""Files on a floor of their own: the pipeline stands above the folders whose passes it calls, below
the branches."""


def list_of_folders() -> dict[str, str]:
    """The list in the guide, from the bottom up: what stands in a folder imports only from it and
    from those before. Of each there are a few words."""
    guide = (DOCS / "understand" / "contributing.md").read_text(encoding="utf-8")
    _, text, _ = guide.partition("## Folders")[2].split("```", 2)
    pairs = (re.split("  +", line) for line in text.splitlines()[1:])
    return {name: words for name, words in pairs}


FOLDERS = list_of_folders()
FLOORS = [*FOLDERS]
ABOUT_NETWORKS = set(FOLDERS["about networks"].split(", "))
"""Files beside the folders that stand above `nn`; the others there are the heart."""


def imported(module: str) -> Iterator[str]:
    """The modules of the package that `module` imports, functions' own imports included."""
    package = module if FILES[module].stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("scalargrad"))
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            if origin.split(".")[0] == "scalargrad":
                names = [f"{origin}.{alias.name}" for alias in node.names]
                yield from (name if name in FILES else origin for name in names)


IMPORTS = {
    module.removeprefix("scalargrad."): {name.removeprefix("scalargrad.") for name in names}
    for module, names in ((module, {*imported(module)} - {module}) for module in FILES)
}


def test_reader_of_imports_finds_them() -> None:
    assert {"graph", "rows"} <= IMPORTS["copying"]
    assert {"engine", "randomness", "nn.inputs", "nn.module"} <= IMPORTS["nn.micrograd"]
    assert "nn" in IMPORTS["shell.digits"]


def test_imports_make_no_circle() -> None:
    TopologicalSorter(IMPORTS).prepare()


@pytest.mark.parametrize("module", CORE)
def test_core_imports_only_what_stands_below(module: str) -> None:
    below = set(CORE[: CORE.index(module)]) | ({"native"} if module == "engine" else set())
    assert IMPORTS[module] <= below


def floor(module: str) -> str:
    """The floor on which a module stands; the native part is of the heart."""
    if module in ABOUT_NETWORKS:
        return "about networks"
    if module in ("scalargrad", "__main__"):
        return "scalargrad"
    if module in BY_THEMSELVES:
        return module
    path = FILES.get(f"scalargrad.{module}", PACKAGE / "native" / "_engine.so")
    folder = ".".join(path.relative_to(PACKAGE).parent.parts)
    return "heart" if folder in ("", "native") else folder


def test_every_folder_has_its_floor() -> None:
    assert {floor(module) for module in IMPORTS} == set(FLOORS)


@pytest.mark.parametrize("module", IMPORTS)
def test_no_folder_imports_from_one_above_it(module: str) -> None:
    here = FLOORS.index(floor(module))
    assert [x for x in IMPORTS[module] if FLOORS.index(floor(x)) > here] == []


def test_operator_table_imports_only_rows_and_forward_functions() -> None:
    assert IMPORTS["ops"] == {"scalars", "partials", "rows", "ieee", "special", "folds"}


def test_only_the_switch_and_its_twin_in_the_compiler_name_the_native_part() -> None:
    outside = {name for name in IMPORTS if name.split(".")[0] != "native"}
    naming = {m for m in outside if any(n.split(".")[0] == "native" for n in IMPORTS[m])}
    assert naming == {"engine", "compiler.trace.native"}


def test_tests_have_the_folders_of_the_package() -> None:
    """All but the generator, the native part and the text of programs: `tests/project/`, all tests
    and those of `export/` test these."""
    elsewhere = {"codegen", "native", "text"}
    for within in (PACKAGE, PACKAGE / "compiler", PACKAGE / "drawing"):
        folders = {path.parent.name for path in within.glob("*/__init__.py")} - elsewhere
        beside = TESTS / within.relative_to(PACKAGE)
        assert folders <= {path.parent.name for path in beside.glob("*/test_*.py")}


def test_no_test_imports_from_another() -> None:
    importing = re.compile(r"^\s*(from|import) [\w.]*\btest_", re.M)
    files = [*TESTS.rglob("*.py")]
    assert [path for path in files if importing.search(path.read_text(encoding="utf-8"))] == []


# ------ light


def python(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", code]
    variables = {**os.environ, **environment}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=variables)
    return done.stdout


def test_import_loads_neither_numpy_nor_other_dependencies() -> None:
    found = python("import scalargrad, sys; print(*sys.modules)").split()
    heavy = {"numpy", "graphviz", "pygraphviz", "sklearn", "matplotlib", "tqdm"}
    assert "scalargrad.engine" in found
    assert heavy.isdisjoint(found)
    assert not any(name.startswith("scalargrad.compiler.") for name in found)


def test_every_module_is_imported_where_nothing_native_was_built() -> None:
    """All but the two that hand on what was built; the native modules are blocked."""
    trace = "scalargrad.compiler.trace"
    native = ("scalargrad.native", f"{trace}.in_c", f"{trace}.loops_in_c")
    names = [name for name in FILES if name not in native and not name.endswith(".__main__")]
    blocked = "sys.modules.update(dict.fromkeys(map('scalargrad.native._'.__add__, {}), None))"
    lines = [
        "import sys, importlib",
        blocked.format([path.stem[1:] for path in sorted((PACKAGE / "native").glob("*.pyi"))]),
        f"for name in {names}: importlib.import_module(name)",
        "print(importlib.import_module('scalargrad').engine)",
    ]
    assert python("\n".join(lines), SCALARGRAD_ENGINE="pure").strip() == "pure"
    assert python("\n".join(lines), SCALARGRAD_ENGINE="").strip() == "pure"


def test_import_takes_at_most_60_ms_of_the_processor(tmp_path: Path) -> None:
    timed = "from time import process_time as t; s = t(); import scalargrad; print(t() - s)"
    # the first run leaves bytecode behind, as an installation does, for the others to time
    cached = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    assert min(float(python(timed, **cached)) for _ in range(7)) <= 0.060
