"""What this site needs beside Sphinx: pictures and operator reference made by the
library, and the notebooks."""

from __future__ import annotations

from typing import Any

from . import docstrings, figures, mathml, names, notebooks, operators, pictures, play


def setup(app: Any) -> dict[str, bool]:
    for part in (pictures, operators, names, figures, notebooks, mathml, docstrings, play):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
