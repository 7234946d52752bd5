"""Where the files stand, and what another process needs to find them."""

from __future__ import annotations

import os
from pathlib import Path

import scalargrad

PACKAGE = Path(scalargrad.__file__).parent
"""The package in use; it may be installed, away from the tests."""
CHECKOUT = Path(__file__).parents[2]
"""The checkout, or where the sdist was unpacked."""
TESTS = CHECKOUT / "tests"
DOCS = CHECKOUT / "docs"
EXAMPLES = CHECKOUT / "examples"


def environment(**variables: str) -> dict[str, str]:
    """That of this process, with the package in use, in the engine in use, and with the tests."""
    folders = [str(PACKAGE.parent), str(CHECKOUT), os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(filter(None, folders))
    return {
        **os.environ,
        "PYTHONPATH": path,
        "SCALARGRAD_ENGINE": scalargrad.engine,
        **variables,
    }
