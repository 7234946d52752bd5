"""Imports point one way, and `import scalargrad` stays light."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

import scalargrad

ROOT = Path(scalargrad.__file__).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
CORE = [
    *(
        "rows",
        "ieee",
        "folds",
        "graph",
        "ops",
        "blocks",
        "modes",
        "stale",
        "doubts",
        "backward",
        "copying",
    ),
    *("updates", "freeing", "arrays", "protocols", "comparing", "given", "value", "methods"),
    "engine",
]
"""From the bottom up: a file here imports only from those before it."""


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
    assert IMPORTS["nn.layers"] == {"engine", "randomness", "nn.inputs", "nn.module"}
    assert "nn" in IMPORTS["demo"]


def test_imports_make_no_circle() -> None:
    TopologicalSorter(IMPORTS).prepare()


@pytest.mark.parametrize("module", CORE)
def test_core_imports_only_what_stands_below(module: str) -> None:
    below = set(CORE[: CORE.index(module)]) | ({"native"} if module == "engine" else set())
    assert IMPORTS[module] <= below


def test_operator_table_imports_only_rows_and_forward_functions() -> None:
    assert IMPORTS["ops"] == {"rows", "ieee", "folds"}


def test_only_the_switch_and_its_twin_in_the_compiler_name_the_native_part() -> None:
    outside = {name for name in IMPORTS if name.split(".")[0] != "native"}
    naming = {m for m in outside if any(n.split(".")[0] == "native" for n in IMPORTS[m])}
    assert naming == {"engine", "compiler.native"}


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
    assert not any(
        name.startswith(("scalargrad.compiler.", "scalargrad.native._trace")) for name in found
    )


def test_import_takes_at_most_60_ms(tmp_path: Path) -> None:
    timed = "from time import perf_counter as t; s = t(); import scalargrad; print(t() - s)"
    # the first run leaves bytecode behind, as an installation does, for the others to time
    cached = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    assert min(float(python(timed, **cached)) for _ in range(7)) <= 0.060
