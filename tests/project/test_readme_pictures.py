"""The pictures in docs/pictures show what the library draws today."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.readme_pictures import FOLDER, GRAPHS, PAGES, described, graph, page, png

ANEW = "run python -m tests.support.readme_pictures"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="needs the source checkout")


def said(svg: str) -> list[tuple[Any, ...]]:
    """What an SVG shows, whatever program laid it out: texts, titles and colours of text."""
    shown = ("id", "class", "aria-label", "font-size", "font-style", "font-weight")
    found = []
    for element in ElementTree.fromstring(svg).iter():
        words = (element.text or "").strip()
        attributes = tuple(element.get(name) for name in shown)
        if words or element.get("id"):
            found.append((element.tag, words, *attributes))
    return sorted(found, key=repr)


@pytest.mark.parametrize(("name", "theme"), GRAPHS.items())
def test_the_graph_is_drawn_as_the_library_draws_it(name: str, theme: str) -> None:
    stored = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert said(stored) == said(graph(theme).svg), ANEW


# ------ the page


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    pytest.importorskip("PIL")
    found: str = request.param
    return found


def picture(png: bytes) -> Any:
    from PIL import Image

    return Image.open(BytesIO(png))


def difference(a: Any, b: Any) -> float:
    """How far two pictures differ in brightness, 0 to 255, seen from some distance."""
    from PIL import Image, ImageChops, ImageStat

    far = [x.convert("L").resize((110, 69), Image.Resampling.BOX) for x in (a, b)]
    found: float = ImageStat.Stat(ImageChops.difference(*far)).mean[0]
    return found


def stored(name: str) -> Any:
    return picture((FOLDER / f"{name}.png").read_bytes())


def test_the_picture_of_the_page_says_what_the_page_says(browser: Any, name: str) -> None:
    with page(browser, PAGES[name]) as found:
        assert stored(name).info["Description"] == described(found)["Description"], ANEW


def test_the_picture_of_the_page_looks_like_the_page(browser: Any, name: str) -> None:
    with page(browser, PAGES[name]) as found:
        if stored(name).info["Fonts"] != described(found)["Fonts"]:
            pytest.skip("the picture was made with other fonts than there are here")
        now = picture(png(found))
    assert now.size == stored(name).size
    assert difference(now, stored(name)) < 0.25, ANEW


def test_the_page_one_step_further_looks_different(browser: Any, name: str) -> None:
    with page(browser, PAGES[name], step=6) as found:
        assert difference(picture(png(found)), stored(name)) > 0.5


def test_there_are_no_other_pictures() -> None:
    expected = {*(f"{name}.svg" for name in GRAPHS), *(f"{name}.png" for name in PAGES)}
    assert {path.name for path in Path(FOLDER).iterdir()} == expected
