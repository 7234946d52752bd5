"""Generated files stand as the operator table would print them today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scalargrad import ops
from scalargrad.codegen import FILES
from scalargrad.rows import BUILT_IN
from scalargrad.spelling import c_function


@pytest.mark.parametrize(("path", "text"), FILES.items(), ids=lambda x: getattr(x, "name", ""))
def test_generated_file_is_up_to_date(path: Path, text: Callable[[], str]) -> None:
    assert path.read_text(encoding="utf-8") == text(), "run python -m scalargrad.codegen"


def test_c_computes_what_is_used_twice_only_once() -> None:
    text = c_function("f", lambda x: ops.exp(x) * ops.exp(x), ["x"])
    assert text.count("exp(x)") == 1


def test_c_keeps_every_digit_and_the_special_numbers() -> None:
    text = c_function("f", lambda x: x * 0.1 + float("-inf") + float("nan") - -2.5, ["x"])
    assert all(number in text for number in ("0.1", "-INFINITY", "NAN", "(-2.5)"))


def test_row_without_c_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="round_to"):
        c_function("f", lambda x: ops.round_to(x, 2.0), ["x"])


def test_every_row_is_in_the_header_by_its_code() -> None:
    header = next(text() for path, text in FILES.items() if path.suffix == ".h")
    names = header[header.index("enum {") : header.index("};")].split()[2:-1]
    assert names == [f"OP_{name}," for name in BUILT_IN]
