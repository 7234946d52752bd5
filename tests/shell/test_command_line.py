"""`scalargrad explain` and `scalargrad draw` as a user types them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.__main__ import main
from scalargrad.drawing import explain, flat
from scalargrad.shell.expression import evaluate
from scalargrad.shell.parsing import ALLOWED

LECTURE = ["(x + y) * z", "x=-2", "y=5", "z=-4"]
VALUES = {"x": -2.0, "y": 5.0, "z": -4.0}


def status(*arguments: str) -> int:
    """The exit status, also where argparse ends the program."""
    try:
        return main(arguments)
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scalargrad", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=variables)


def test_explain_prints_the_steps(capsys: Any) -> None:
    assert status("explain", *LECTURE) == 0
    found = capsys.readouterr()
    assert found.out == f"{explain(evaluate(LECTURE[0], VALUES))}\n"
    assert "∂L/∂x += ∂L/∂s0 · ∂s0/∂x  = −4 × 1" in found.out
    assert found.err == ""


def test_flat_prints_code_that_runs(capsys: Any) -> None:
    assert status("explain", *LECTURE, "--flat") == 0
    code = capsys.readouterr().out
    assert code == f"{flat(evaluate(LECTURE[0], VALUES))}\n"
    scope: dict[str, Any] = {}
    exec(code, scope)
    assert (scope["L"], scope["grad_x"]) == (-12.0, -4.0)


def test_text_is_printed_beside_files_if_asked_for(capsys: Any, tmp_path: Path) -> None:
    page = str(tmp_path / "steps.html")
    assert status("explain", *LECTURE, "--html", page) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert status("explain", *LECTURE, "--html", page, "--text", "--flat") == 0
    out = capsys.readouterr().out
    assert all(x in out for x in (page, "forward", "grad_L = 1.0"))
    assert Path(page).read_text(encoding="utf-8").startswith("<!")


def test_options_may_stand_anywhere(capsys: Any) -> None:
    outputs = set()
    for order in (
        ["explain", "--flat", *LECTURE],
        ["explain", LECTURE[0], "--flat", *LECTURE[1:]],
        ["explain", *LECTURE[:2], "--flat", *LECTURE[2:]],
        ["explain", *LECTURE, "--flat"],
    ):
        assert status(*order) == 0
        outputs.add(capsys.readouterr().out)
    assert len(outputs) == 1


@pytest.mark.parametrize("expression", ["-x*y", "-(x*y)", "- x * y", "-2*x*y", "-.5*x*y*2"])
def test_an_expression_may_begin_with_a_minus(expression: str, capsys: Any) -> None:
    assert status("explain", expression, "x=-2", "y=1/4") == 0
    assert "gradients, measured" in capsys.readouterr().out


def test_values_may_be_computed(capsys: Any) -> None:
    assert status("explain", "sin(x)", "x = pi/2", "--flat") == 0
    assert capsys.readouterr().out.splitlines()[2] == "x = 1.5707963267948966"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["(x + q) * z", *LECTURE[1:]], "q has no value: add q=…\n  (x + q) * z\n       ^\n"),
        (["x +", "x=1"], f"the expression is not complete: {ALLOWED}\n  x +\n     ^\n"),
        (["x", "x=a"], "expected a number, as -2, 1e-3 or pi/4\n  a\n  ^\n"),
        (["x", "x="], "expected name=number, as in x=-2\n  x=\n  ^^\n"),
        (["x", "5"], "expected name=number, as in x=-2\n  5\n  ^\n"),
        (["x", "=5"], "expected name=number, as in x=-2\n  =5\n  ^^\n"),
        (["x", "x=1", "x=2"], "x has a value already\n  x=2\n  ^^^\n"),
        (["x", "x=1", "y=2"], "y has a value, but is not in the expression\n  x\n  ^\n"),
        (["x", "x=1,5"], "a number's decimals follow a point: 1.5\n  1,5\n  ^^^\n"),
        (["x", "x=[1]"], "a list is no result: sum, dot, … make a number of it\n  [1]\n  ^^^\n"),
    ],
)
@pytest.mark.parametrize("command", ["explain", "draw"])
def test_what_is_wrong_gets_carets_and_status_2(
    command: str, arguments: list[str], message: str, capsys: Any
) -> None:
    assert status(command, *arguments) == 2
    found = capsys.readouterr()
    assert (found.out, found.err) == ("", f"scalargrad {command}: {message}")


@pytest.mark.parametrize(
    "arguments", [[], ["--foo", "x", "x=1"], ["x", "x=1", "--foo"], ["x", "x=1", "--svg"]]
)
def test_wrong_options_are_explained_with_status_2(arguments: list[str], capsys: Any) -> None:
    assert status("explain", *arguments) == 2
    assert "usage: scalargrad explain" in capsys.readouterr().err


def test_a_file_that_may_not_be_written_is_named(monkeypatch: Any, capsys: Any) -> None:
    def refuse(path: Path, *arguments: Any, **named: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    assert status("explain", *LECTURE, "--html", "kept.html") == 1
    found = capsys.readouterr()
    assert (found.out, found.err) == (
        "",
        "scalargrad explain: cannot write kept.html: Permission denied\n",
    )


def test_another_command_takes_no_values(capsys: Any) -> None:
    assert status("info", "x=1") == 2
    assert "unrecognized arguments: x=1" in capsys.readouterr().err


def test_ten_thousand_brackets_are_an_error_like_any_other(capsys: Any) -> None:
    assert status("explain", "(" * 10_000 + "x" + ")" * 10_000, "x=1") == 2
    assert len(capsys.readouterr().err) < 400


def test_a_huge_power_is_infinite_at_once(capsys: Any) -> None:
    assert status("explain", "x + 2**9999999", "x=1") == 0
    assert "∞" in capsys.readouterr().out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arguments=st.lists(st.text(st.characters(exclude_characters="\x00"), max_size=12), max_size=4)
)
def test_hostile_arguments_end_with_a_status(arguments: list[str], capsys: Any) -> None:
    kept = [x for x in arguments if not x.startswith(("-", "@"))]
    assert status("explain", *kept) in (0, 2)
    out, err = capsys.readouterr()
    assert (out == "") != (err == "")


# ------ files


def test_draw_writes_the_source_of_a_picture(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "graph.dot"
    assert status("draw", *LECTURE, "-o", str(path)) == 0
    assert capsys.readouterr().out == f"{path}\n"
    f = evaluate(LECTURE[0], VALUES)
    f.backward()
    assert path.read_text(encoding="utf-8") == sg.draw(f).dot


def test_draw_takes_the_drawings_options(tmp_path: Path) -> None:
    path = tmp_path / "graph.dot"
    options = ["--edges", "both", "--rankdir", "TB", "--theme", "dark", "--expand"]
    assert status("draw", "sigmoid(x)", "x=1", *options, "-o", str(path)) == 0
    f = evaluate("sigmoid(x)", {"x": 1.0})
    f.backward()
    expected = sg.draw(f, edges="both", rankdir="TB", theme="dark", expand=True).dot
    assert path.read_text(encoding="utf-8") == expected


def test_explain_draws_the_graph(tmp_path: Path) -> None:
    if shutil.which("dot") is None:
        pytest.importorskip("pygraphviz")
    path = tmp_path / "graph.svg"
    assert status("explain", *LECTURE, "--svg", str(path)) == 0
    assert ElementTree.parse(path).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("options", "message", "expected"),
    [
        (["-o", "graph.gif"], "expected a path that ends in .svg, .png, .pdf or .dot", 2),
        (["--theme", "blue"], "theme must be one of 'light', 'dark', got 'blue'", 2),
        (["-o", "no/such/folder/graph.dot"], "cannot write no/such/folder/graph.dot: No such", 1),
    ],
)
def test_what_cannot_be_drawn_is_told(
    options: list[str], message: str, expected: int, capsys: Any
) -> None:
    assert status("draw", *LECTURE, *options) == expected
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["explain", *LECTURE], "steps.html"),
        (["explain", *LECTURE, "--html", "kept.html"], "kept.html"),
        (["draw", *LECTURE, "-o", "graph.dot"], "graph.dot"),
    ],
)
def test_open_shows_what_was_written(
    arguments: list[str], name: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    opened: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    assert status(*arguments, "--open") == 0
    written = Path(capsys.readouterr().out.strip()).resolve()
    assert opened == [written.as_uri()]
    assert (written.name, written.exists()) == (name, True)


def test_without_a_browser_open_tells_the_file(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    page = str(tmp_path / "steps.html")
    assert status("explain", *LECTURE, "--html", page, "--open") == 1
    assert capsys.readouterr().err == (
        f"scalargrad explain: no browser was found: open {page} in one\n"
    )


# ------ as a program


def test_help_names_the_commands() -> None:
    found = run("--help")
    assert found.returncode == 0
    assert all(name in found.stdout for name in ("demo", "draw", "explain", "info"))


def test_no_command_prints_what_there_is(capsys: Any) -> None:
    assert status() == 2
    shown = capsys.readouterr().err
    assert all(name in shown for name in ("info", "explain", "draw", "demo"))
    assert status("--unknown") == 2
    assert "expected a command, got --unknown" in capsys.readouterr().err


def test_a_function_that_there_is_not_lists_those_that_there_are(capsys: Any) -> None:
    assert status("explain", "foo(x)", "x=1") == 2
    assert "there are abs, acos, " in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("arguments", ["info", "explain x*y x=1 y=2"])
def test_an_output_that_is_full_is_told_in_one_line(arguments: str) -> None:
    command = [sys.executable, "-m", "scalargrad", *arguments.split()]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert re.fullmatch(r"scalargrad.*: cannot write the output: No space left.*\n", done.stderr)


def test_a_terminal_without_the_signs_gets_their_codes() -> None:
    found = run("explain", *LECTURE, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (found.returncode, found.stderr) == (0, "")
    assert "\\u2202L/\\u2202x" in found.stdout


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    code = "import sys; from scalargrad.__main__ import main; sys.exit(main(sys.argv[1:]))"
    sums = "+".join(f"x*{i}" for i in range(500))
    program = subprocess.Popen(
        [sys.executable, "-c", code, "explain", sums, "x=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    program.stdout.close()
    _, errors = program.communicate()
    assert (program.returncode, errors) == (0, b"")


@pytest.mark.skipif(os.name != "posix", reason="descriptors as POSIX has them")
@pytest.mark.parametrize("arguments", [["info"], ["explain", *LECTURE]], ids=lambda x: x[0])
def test_a_closed_output_is_no_error(arguments: list[str]) -> None:
    words = [sys.executable, "-m", "scalargrad", *arguments]
    found = subprocess.run(f"{shlex.join(words)} >&-", shell=True, stderr=subprocess.PIPE)
    assert (found.returncode, found.stderr) == (0, b"")


@pytest.mark.parametrize("option", ["--epochs", "--hidden"])
def test_a_number_with_a_minus_is_told_as_it_was_typed(option: str, capsys: Any) -> None:
    assert status("demo", option, "-1") == 2
    assert "got '-1'\n" in capsys.readouterr().err
