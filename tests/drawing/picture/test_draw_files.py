"""What a Drawing is written to, who lays it out, and how it reads aloud."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import scalargrad as sg
from scalargrad import Value, draw
from scalargrad.drawing.picture import colours
from scalargrad.drawing.picture.colours import DARK, LIGHT, Theme, ground, rgb
from tests.support.pictures import SVG, elements


def drawing(**options: Any) -> Any:
    x = Value(2.0, label="x")
    f = sg.exp(x) * x
    f.backward()
    return draw(f, **options)


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture(params=["program", "in process"])
def renderer(request: pytest.FixtureRequest) -> None:
    """Both who can lay a graph out."""
    if request.param == "in process":
        pytest.importorskip("pygraphviz")
        request.getfixturevalue("no_dot")
    elif shutil.which("dot") is None:
        pytest.skip("no dot program")


# ------ renderers


@pytest.mark.usefixtures("renderer")
def test_svg_has_the_same_parts_whoever_lays_it_out() -> None:
    found = drawing(edges="both")
    assert set(elements(found, "node")) == {"node-0", "node-1", "node-2"}
    assert set(elements(found, "gradient")) == {"edge-0-0", "edge-0-1", "edge-1-0"}


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize(
    ("suffix", "start"),
    [(".svg", b"<svg "), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".dot", b"digraph")],
)
def test_saved_file_is_of_its_kind(tmp_path: Path, suffix: str, start: bytes) -> None:
    file = tmp_path / f"graph{suffix.upper()}"
    drawing().save(file)
    assert file.read_bytes().startswith(start)


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize("label", ['<b>&"\\N', "\x00\n\ud800", "</font>]]>", "値 🙂"])
def test_hostile_labels_pass_every_renderer(label: str) -> None:
    assert len(elements(draw(Value(1.0, label=label)), "node")) == 1


@pytest.mark.usefixtures("no_dot")
def test_without_any_renderer_the_error_names_both_cures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    found = drawing()
    assert found.dot.startswith("digraph")
    with pytest.raises(RuntimeError, match=r"pip install pygraphviz.*Graphviz.*\.dot"):
        _ = found.svg


@pytest.mark.usefixtures("no_dot")
def test_without_any_renderer_jupyter_shows_the_cures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    found = drawing()
    text = found._repr_mimebundle_().pop("text/plain")
    assert text.startswith(f"{found!r}\n") and "pip install pygraphviz" in text
    assert found._repr_svg_() is None


FONTS = """
import os, sys
from scalargrad.drawing.picture.render import without_font_warnings
def draw():
    os.write(2, b'Fontconfig warning: unknown element\\nsomething else\\n')
    print("within", file=sys.stderr, flush=True)
without_font_warnings(draw)
print("after", file=sys.stderr)
"""


def test_font_settings_are_not_warned_of_and_all_else_is() -> None:
    done = subprocess.run([sys.executable, "-c", FONTS], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "something else\nwithin\nafter\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_drawing_needs_no_stderr() -> None:
    code = (
        "from scalargrad.drawing.picture.render import without_font_warnings as without\n"
        "without(lambda: print(1))"
    )
    done = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" 2>&-', sys.executable, code], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "1\n")


@pytest.mark.parametrize("name", ["graph.gif", "graph", ".svg/x"])
def test_other_suffixes_are_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png, \.pdf or \.dot"):
        drawing().save(tmp_path / name)


def test_jupyter_shows_the_svg() -> None:
    found = drawing()
    assert found._repr_svg_() == found.svg
    assert found._repr_mimebundle_() == {"image/svg+xml": found.svg, "text/plain": repr(found)}


# ------ read aloud


def test_svg_has_title_and_description_and_names_every_part() -> None:
    root = ElementTree.fromstring(drawing().svg)
    assert root.findtext(f"{SVG}title") == "Computation graph of ×"
    assert root.findtext(f"{SVG}desc") == "3 nodes in 3 boxes"
    assert root.get("role") == "graphics-document"
    parts = [g for g in root.iter(f"{SVG}g") if g.get("role") == "graphics-symbol"]
    assert len(parts) == 6
    for part in parts:
        assert part.get("aria-label") == part.findtext(f"{SVG}title")


def test_svg_can_stand_inside_a_page() -> None:
    svg = drawing().svg
    assert svg.startswith("<svg ") and "<!" not in svg and "<?" not in svg


# ------ colours


def luminance(colour: str) -> float:
    """Relative luminance, between 0 and 1, as WCAG defines it."""
    parts = (x / 255.0 for x in rgb(colour))
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


GRADS = (None, 0.0, 1e-9, 0.003, -0.02, 0.1, -0.3, 1.0, -1.0, float("inf"), float("nan"))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("grad", GRADS)
def test_text_is_readable_on_every_ground(theme: Theme, grad: float | None) -> None:
    filled = ground(grad, 1.0, theme)
    assert contrast(theme.ink, filled) >= 7.0
    assert contrast(theme.faint, filled) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_lines_and_words_are_readable_on_the_paper(theme: Theme) -> None:
    for colour in (theme.positive_line, theme.negative_line, theme.faint, theme.alarm):
        assert contrast(colour, theme.paper) >= 4.5
    assert contrast(theme.line, theme.paper) >= 3.0


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("grad", [0.01, 0.1, 1.0])
def test_equal_magnitudes_print_in_the_same_grey(theme: Theme, grad: float) -> None:
    assert contrast(ground(grad, 1.0, theme), ground(-grad, 1.0, theme)) <= 1.1


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_larger_gradients_are_deeper(theme: Theme) -> None:
    for sign in (1.0, -1.0):
        away = [contrast(ground(sign * g, 1.0, theme), theme.box) for g in (0.0, 0.01, 0.1, 1.0)]
        assert away == sorted(set(away))


def test_signs_differ_in_hue_for_every_eye() -> None:
    # in blue − yellow, which the red- and green-blind see as everyone does
    for theme in (LIGHT, DARK):
        for one, other in (("positive", "negative"), ("positive_line", "negative_line")):
            (r, g, b), (u, v, w) = (rgb(getattr(theme, x)) for x in (one, other))
            assert (b - (r + g) / 2) - (w - (u + v) / 2) >= 100


def test_depth_of_colour_spans_three_decades() -> None:
    assert [round(colours.depth(x, 10.0), 3) for x in (10.0, 1.0, 0.1, 0.01, 0.0)] == [
        *(1.0, 0.667, 0.333, 0.0, 0.0),
    ]
    assert colours.depth(1e-320, 1e300) == 0.0


# ------ light


def test_import_of_the_package_loads_no_renderer() -> None:
    import subprocess

    code = "import scalargrad, sys; scalargrad.draw; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "scalargrad.drawing.draw" in loaded
    assert loaded.isdisjoint({"graphviz", "pygraphviz", "xml.etree.ElementTree"})
