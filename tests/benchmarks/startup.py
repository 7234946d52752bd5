"""How long `import scalargrad` takes in a fresh interpreter, and whether it loads NumPy."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

from tests.support.places import environment

from .peers import present
from .timing import Figure, minima


def started(statement: str, cache: str) -> Callable[[], None]:
    """A fresh interpreter that runs one statement; its bytecode stays in `cache`, as that of an
    installed package does."""
    command = [sys.executable, "-c", statement]
    environ = environment() | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}

    def run() -> None:
        subprocess.run(command, env=environ, check=True)

    return run


def loads_numpy() -> bool:
    statement = "import sys, scalargrad; sys.exit('numpy' in sys.modules)"
    return subprocess.run([sys.executable, "-c", statement], env=environment()).returncode != 0


def figures(quick: bool) -> Iterator[Figure]:
    """Milliseconds of the import alone, and its ratio to NumPy's."""
    statements = {"nothing": "pass", "scalargrad": "import scalargrad"}
    if present("numpy"):
        statements["numpy"] = "import numpy"
    with tempfile.TemporaryDirectory() as cache:
        contestants = {name: started(text, cache) for name, text in statements.items()}
        best = minima(contestants, rounds=3 if quick else 10)
    ours = best["scalargrad"] - best["nothing"]
    yield Figure("import: time", ours * 1e3, "ms", at_most=60.0)
    yield Figure("import: loads NumPy (1 yes, 0 no)", float(loads_numpy()), "", at_most=0.0)
    if "numpy" in best:
        yield Figure("import: numpy ÷ scalargrad", (best["numpy"] - best["nothing"]) / ours)
