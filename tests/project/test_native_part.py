"""The files of the native part say who includes them, and take Python's part by name."""

from __future__ import annotations

import os
import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.methods import Value as PureValue

NATIVE = Path(sg.__file__).parent / "native"
SAYING = re.compile(r"\bIncluded by ([\w/., ]+?)\.(?: |$)")
FILES = sorted(NATIVE.rglob("*.[ch]"))
WRITTEN = [
    path
    for path in FILES
    if path.suffix == ".h" and not path.read_text(encoding="utf-8").startswith("/* Generated ")
]


def first_comment(path: Path) -> str:
    text = path.read_text(encoding="utf-8").partition("*/")[0]
    return " ".join(re.sub(r"^(/\*| \*)", "", text, flags=re.M).split())


def included(path: Path) -> set[Path]:
    names = re.findall(r'^#include "(.+)"', path.read_text(encoding="utf-8"), re.M)
    return {Path(os.path.normpath(path.parent / name)) for name in names}


def shown(path: Path, beside: Path) -> str:
    return os.path.relpath(path, beside.parent).removeprefix("../")


@pytest.mark.skipif(not any(NATIVE.rglob("*.c")), reason="needs the sources, all of them")
@pytest.mark.parametrize("header", WRITTEN, ids=lambda path: path.stem)
def test_first_comment_of_a_header_says_who_includes_it(header: Path) -> None:
    said = SAYING.search(first_comment(header))
    users = sorted(shown(path, header) for path in FILES if header in included(path))
    assert said and said[1].split(", ") == users


# ------ hooks

native = pytest.mark.skipif(sg.engine != "native", reason="needs the native engine")


def wrong_hooks() -> list[tuple[str, dict[str, Any], str]]:
    return [
        ("install", {}, "install needs rows"),
        ("install", {"rows": []}, "rows has to be a tuple, got list"),
        ("install", {"rows": ()}, "install needs operand"),
        ("install_trace", {"rows": (), "input": 0, "constant": 0}, "install needs tracer"),
        (
            "install_trace",
            {"rows": (), "input": 0, "constant": 0, "tracer": 1},
            "tracer has to be a type, got int",
        ),
    ]


@native
@pytest.mark.parametrize("name, hooks, message", wrong_hooks())
def test_hooks_that_lack_a_name_or_have_another_type_are_refused(
    name: str, hooks: dict[str, Any], message: str
) -> None:
    from scalargrad.native import _engine

    with pytest.raises(TypeError, match=message):
        getattr(_engine, name)(**hooks)
    x = sg.Value(2.0)
    (x * x).backward()
    assert x.grad == 4.0


@native
def test_hooks_are_not_taken_by_position() -> None:
    from scalargrad.native import _engine

    with pytest.raises(TypeError, match="install needs rows"):
        _engine.install(())


def described(cls: Any) -> dict[str, str]:
    """What help() says of a class and of its public names, however lines are broken."""
    said = {name: getattr(cls, name).__doc__ for name in dir(cls) if not name.startswith("_")}
    return {
        name: " ".join((text or "").replace("`", "").split())
        for name, text in {**said, "Value": cls.__doc__}.items()
    }


@pytest.mark.skipif(sg.engine != "native", reason="of the native engine")
def test_help_on_a_value_is_that_of_the_specification() -> None:
    assert described(sg.Value) == described(PureValue)
    assert str(signature(sg.Value.backward)) == "(self, /, seed=1.0)"
