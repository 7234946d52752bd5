"""What runs the programs of Play, without a browser: it is plain Python."""

from __future__ import annotations

import importlib
import io
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from tests.support.places import DOCS

PLAY = DOCS / "play"
pytestmark = pytest.mark.skipif(not PLAY.exists(), reason="needs the source checkout")
EXAMPLES = sorted(PLAY.glob("examples/*.py"))

Sent = list[tuple[str, str]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PLAY))
    return importlib.import_module("session")


@pytest.fixture
def streams(play: Any) -> Any:
    return importlib.import_module("streams")


@pytest.fixture
def run(play: Any) -> Callable[..., Sent]:
    sent: Sent = []
    session = play.Session(lambda kind, text: sent.append((kind, text)))

    def run(code: str, file: str = "program", is_whole: bool = True) -> Sent:
        sent.clear()
        session.run(code, file, is_whole=is_whole)
        return list(sent)

    return run


def printed(sent: Sent) -> str:
    return "".join(text for kind, text in sent if kind == "printed")


def only(kind: str, sent: Sent) -> str:
    (text,) = (text for which, text in sent if which == kind)
    return text


def kinds(sent: Sent) -> set[str]:
    return {kind for kind, _ in sent}


# ------ what there is to show

VALUE = "import scalargrad as sg\nx = sg.Value(2.0)\nq = x * x\nout = q + x\n"


def test_last_value_is_explained_with_the_names_of_variables(run: Any) -> None:
    page = only("page", run(VALUE + "out.backward()\nprint(x.grad)"))
    assert "The backward pass of out" in page
    assert '"name":"q"' in page and '["program",3,"q = x * x"]' in page


def test_value_that_ends_the_program_comes_before_the_last_variable(run: Any) -> None:
    sent = run(VALUE + "q")
    assert "The backward pass of q" in only("page", sent)
    assert printed(sent) == "Value(data=4.0, grad=0.0)\n"


def test_explanation_asked_for_comes_before_the_last_value(run: Any) -> None:
    page = only("page", run(VALUE + "print(sg.explain(lambda a: a * a, 3.0))\nz = x * 5.0"))
    assert '"name":"a"' in page


def test_parameters_are_called_by_their_places_in_the_model(run: Any) -> None:
    code = "from scalargrad import nn\nmodel = nn.Linear(1, 1)\nloss = model([2.0])[0] * 3.0"
    page = only("page", run(code))
    assert '"name":"weight_0_0"' in page or '"name":"w0_0"' in page
    assert '"parameter":true' in page


def test_names_that_functions_use_inside_are_no_names_of_the_program(run: Any) -> None:
    code = VALUE + "def f():\n    x = out\n    return [q for q in [x]]\nf()"
    assert "The backward pass of out" in only("page", run(code))


def test_graph_that_is_too_large_is_shown_only_on_request(run: Any, play: Any) -> None:
    grown = f"for _ in range({play.MOST_NODES}):\n    out = out * 1.0 + x\n"
    sent = run(VALUE + grown)
    assert kinds(sent) == {"note"} and "nodes" in only("note", sent)
    assert "page" in kinds(run(VALUE + grown + "sg.explain(out)"))


def test_note_on_a_large_graph_names_it_and_says_what_to_do(run: Any, play: Any) -> None:
    sent = run(VALUE + f"for _ in range({play.MOST_NODES}):\n    out = out * 1.0 + x\n")
    assert "out has a graph of 3,0" in only("note", sent) and "sg.explain(out)" in only(
        "note", sent
    )


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("x = sg.Value(2.0)", "x"),
        ("x = sg.Value(2.0, label='mine')\ny = 3.0", "mine"),
        ("sg.Value(2.0)", "the last Value"),
    ],
)
def test_leaf_is_told_in_words_with_what_to_do(run: Any, code: str, name: str) -> None:
    sent = run(f"import scalargrad as sg\n{code}")
    assert only("note", sent).startswith(f"{name} is a leaf") and "run again" in only("note", sent)
    assert run("y = sg.Value(2.0)", "block 2", is_whole=False) == []


def test_computed_value_comes_before_a_leaf(run: Any) -> None:
    assert "The backward pass of out" in only("page", run(VALUE + "z = sg.Value(1.0)\nz"))


def test_drawing_is_laid_out_by_what_the_page_brings(run: Any, play: Any) -> None:
    asked: list[str] = []
    before = play.render.own
    play.lay_out_by(lambda dot, form: asked.append(form) or "<svg></svg>")
    try:
        assert "svg" in only("picture", run(VALUE + "sg.draw(out)"))
    finally:
        play.render.own = before
    assert asked == ["svg"]


def test_nothing_is_shown_of_a_program_without_values(run: Any) -> None:
    assert run("x = 1") == []
    assert printed(run("1 + 1")) == "2\n"


# ------ errors


@pytest.mark.parametrize(
    "code, line, told",
    [
        ("x = 1\nx / 0", 2, "ZeroDivisionError: division by zero"),
        ("def f(:", 1, "SyntaxError: invalid syntax"),
        ("def f():\n    return y\n\nf()", 2, "NameError: name 'y' is not defined"),
        ("import scalargrad as sg\n\nsg.Value('a')", 3, "TypeError: "),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
    ],
)
def test_error_is_told_with_its_line(run: Any, code: str, line: int, told: str) -> None:
    sent = run(code)
    assert only("line", sent) == str(line)
    assert told in only("error", sent)
    assert "session.py" not in only("error", sent) and "scalargrad/" not in only("error", sent)


def test_error_of_an_error_is_told_too(run: Any) -> None:
    code = "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('no') from e"
    text = only("error", run(code))
    assert "ZeroDivisionError" in text and "ValueError: no" in text
    assert only("line", run(code)) == "4"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("sys.exit()", "by sys.exit()"),
        ("sys.exit(0)", "by sys.exit()"),
        ("sys.exit(3)", "by sys.exit() with 3"),
        ("sys.exit('no data')", "by sys.exit(): no data"),
        ("raise SystemExit", "by sys.exit()"),
    ],
)
def test_program_that_ends_itself_is_told_so_and_its_value_is_shown(
    run: Any, call: str, said: str
) -> None:
    sent = run(f"import sys\n{VALUE}print('a')\n{call}\nprint('b')")
    assert printed(sent) == "a\n"
    assert only("note", sent) == f"The program ended itself {said}"
    assert "The backward pass of out" in only("page", sent)


@pytest.mark.parametrize("module", ["torch", "numpy.linalg", "no_such_module"])
def test_module_that_is_not_there_is_told_with_what_to_do(
    run: Any, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    for known in [x for x in sys.modules if x.partition(".")[0] in ("torch", "numpy")]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setattr(sys, "meta_path", [Refused(), *sys.meta_path])
    sent = run(f"x = 1\nimport {module}")
    name = module.partition(".")[0]
    assert only("line", sent) == "2"
    assert only("error", sent).endswith(f"ModuleNotFoundError: No module named '{name}'\n")
    assert f"Play has no {name}: " in only("note", sent)
    assert "nothing can be installed" in only("note", sent)


def test_error_of_ones_own_about_a_module_keeps_its_words(run: Any) -> None:
    sent = run("raise ModuleNotFoundError('bring it along')")
    assert only("error", sent).endswith("ModuleNotFoundError: bring it along\n")
    assert "note" not in kinds(sent)


def test_help_needs_no_keyboard(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdin", closed)
    assert "The hyperbolic tangent of x." in printed(run("import scalargrad as sg\nhelp(sg.tanh)"))
    for ask in ("input('x? ')", "import sys\nsys.stdin.readline()", "import sys\nsys.stdin.read()"):
        assert "a program in the browser cannot wait" in only("error", run(ask))
    assert sys.stdin is closed


DEEP = """import sys
sys.setrecursionlimit({limit})
def f(n):
    return f(n + 1)
try:
    f(0)
except RecursionError as error:
    raise ValueError("too deep") from error
"""


def test_recursion_without_end_is_told_soon_whatever_its_limit(run: Any) -> None:
    limit = sys.getrecursionlimit()
    try:
        begin = time.perf_counter()
        sent = run(DEEP.format(limit=50_000))
        assert time.perf_counter() - begin < 3.0
        told = only("error", sent)
        assert (
            told.index("in f\n") < told.index("RecursionError") < told.index("ValueError: too deep")
        )
        assert len(told) < 3_000
        assert re.match(r"4[89],\d{3} calls between the first and the last", only("note", sent))
        assert "note" not in kinds(run(DEEP.format(limit=1_200)))
    finally:
        sys.setrecursionlimit(limit)


class Refused:
    """Finds no module that Play does not bring, and says of it what Pyodide says."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in ("torch", "numpy", "no_such_module"):
            told = f"No module named {name!r}\nThe module can be installed by micropip"
            raise ModuleNotFoundError(told, name=name)


@pytest.mark.parametrize("line", ["!pip install torch", "%matplotlib inline", "pip install x"])
def test_command_of_a_shell_is_told_to_be_none_of_python(run: Any, line: str) -> None:
    sent = run(f"x = 1\n{line}\n")
    assert only("line", sent) == "2" and "SyntaxError" in only("error", sent)
    assert "leave the line out" in only("note", sent)
    assert "note" not in kinds(run("x = (1\n"))


# ------ what a program compared

COMPARES = "import scalargrad as sg\nx = sg.Value(2.0)\nout = x * x if x > 1 else x * 3.0\n"


@pytest.mark.parametrize("end", ["", "out", "sg.explain(out)", "out = out * 2.0"])
def test_page_knows_the_numbers_that_the_program_compared(run: Any, end: str) -> None:
    assert '"compared":"x with 1"' in only("page", run(COMPARES + end))
    assert '"compared":""' in only("page", run(VALUE + end))


def test_page_of_a_function_knows_what_the_function_compared_alone(run: Any) -> None:
    code = COMPARES + "sg.explain(lambda a: a * a if a < 7.0 else a, 3.0)"
    assert '"compared":"a with 7"' in only("page", run(code))


@pytest.mark.parametrize("call", ["input()", "input('How many? ')"])
def test_program_that_asks_is_told_to_have_the_answer_written_into_it(run: Any, call: str) -> None:
    sent = run(f"n = 1\nn = {call}")
    assert only("line", sent) == "2" and only("error", sent).count("\n") <= 5
    assert "Write the answer into the program" in only("error", sent)
    assert input.__name__ == "input"


# ------ output


def test_each_line_is_sent_as_it_is_printed(run: Any) -> None:
    assert run("for i in range(3): print(i)") == [("printed", f"{i}\n") for i in range(3)]


def test_much_output_keeps_its_beginning_and_its_end(streams: Any) -> None:
    sent: Sent = []
    out = streams.Printed(lambda kind, text: sent.append((kind, text)))
    for i in range(30_000):
        print("line", i, file=out)
    out.flush()
    first = printed(sent)
    last = [text for kind, text in sent if kind == "last"][-1]
    assert first.startswith("line 0\n") and len(first) == streams.MOST_FIRST
    note, _, end = last.partition(" …\n\n")
    assert note.startswith("\n… ") and note.endswith(" characters are left out here")
    assert end.startswith("line ") and end.endswith("line 29999\n")
    missing = int(note.split()[1].replace(",", ""))
    whole = sum(len(f"line {i}\n") for i in range(30_000))
    assert len(first) + missing + len(end) == whole and len(end) <= streams.MOST_LAST
    assert len(sent) < 1000


def test_output_that_fits_is_whole(streams: Any) -> None:
    sent: Sent = []
    out = streams.Printed(lambda kind, text: sent.append((kind, text)))
    text = "x" * (streams.MOST_FIRST + streams.MOST_LAST)
    out.write(text)
    out.flush()
    assert printed(sent) + [x for kind, x in sent if kind == "last"][-1] == text


def test_output_without_end_is_sent_while_it_goes_on(streams: Any) -> None:
    sent: Sent = []
    out = streams.Printed(lambda kind, text: sent.append((kind, text)))
    begin = time.monotonic()
    while time.monotonic() < begin + 1.7:
        print("x" * 10, file=out)
    # a loop without end has no end at which the rest would come
    last = [text for kind, text in sent if kind == "last"]
    assert 2 <= len(last) <= 4 and max(map(len, last)) < streams.MOST_LAST + 100


@pytest.mark.parametrize(("end", "kind"), [("1 / 0", "error"), ("sys.exit()", "note")])
def test_what_is_told_of_the_end_comes_after_all_output(run: Any, end: str, kind: str) -> None:
    sent = run(f"import sys\nfor i in range(30_000):\n    print('line', i)\n{end}")
    *_, before, last = [x for x in sent if x[0] != "line"]
    assert last[0] == kind
    assert before[0] == "last" and before[1].endswith("line 29999\n")


def test_output_comes_before_the_error(run: Any) -> None:
    assert [kind for kind, _ in run("print('a', end='')\n1 / 0")] == ["printed", "line", "error"]


# ------ state


def test_whole_programs_begin_anew_and_blocks_go_on(run: Any) -> None:
    run("x = 1")
    assert "NameError" in only("error", run("print(x)"))
    run("x = 1", "block 1", is_whole=False)
    assert printed(run("print(x + 1)", "block 2", is_whole=False)) == "2\n"


def test_block_shows_what_it_asks_for_and_no_last_value(run: Any) -> None:
    assert run(VALUE, "block 1", is_whole=False) == []
    assert "page" in kinds(run("sg.explain(out)", "block 2", is_whole=False))


def test_program_is_the_main_one_as_a_script_is(run: Any) -> None:
    code = "if __name__ == '__main__':\n    import __main__\n    print(vars(__main__) is globals())"
    main = sys.modules["__main__"]
    assert printed(run(code)) == "True\n"
    assert sys.modules["__main__"] is main


def test_library_is_as_it_was_after_a_run(run: Any) -> None:
    explain, draw = sg.explain, sg.draw
    run(VALUE + "sg.explain(out)\n1 / 0")
    assert (sg.explain, sg.draw) == (explain, draw)


# ------ the examples


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda x: x.stem)
def test_example_shows_something_and_fits_the_editor(
    run: Any, play: Any, monkeypatch: pytest.MonkeyPatch, file: Any
) -> None:
    monkeypatch.setattr(play.render, "own", lambda dot, form: b"<svg></svg>")
    text = file.read_text(encoding="utf-8")
    found = kinds(run(text))
    assert ("error" in found) == (file.stem == "nan")
    assert found & {"page", "picture", "error"}
    assert text.startswith("# ") and max(map(len, text.splitlines())) <= 54


def test_every_example_is_offered() -> None:
    offered = (PLAY / "examples.js").read_text(encoding="utf-8")
    assert EXAMPLES and all(f'"./examples/{file.name}"' in offered for file in EXAMPLES)
