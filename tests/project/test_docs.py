"""The site in docs/: it builds without a warning, every block of code prints what its page says,
and the reference forgets nothing."""

from __future__ import annotations

import codeop
import importlib
import json
import re
import textwrap
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from inspect import signature
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import losses, nn, optim, train
from scalargrad.rows import BUILT_IN
from tests.support.browser import chromium, wait_until
from tests.support.places import CHECKOUT, DOCS, EXAMPLES, PACKAGE
from tests.support.site import sphinx

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="needs the source checkout")
for needed in ("sphinx", "myst_parser", "furo", "sphinx_design", "latex2mathml", "matplotlib"):
    pytest.importorskip(needed)


def test_every_block_of_code_prints_what_its_page_says(site: Path) -> None:
    checked = sphinx("doctest", site.parent / "doctest")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    results = (site.parent / "doctest" / "output.txt").read_text(encoding="utf-8")
    tests = re.search(r"(\d+) tests?\n", results)
    blocks = sum(x.read_text("utf-8").count("{testcode}") for x in DOCS.rglob("*.md"))
    assert tests and int(tests[1]) >= 0.9 * blocks > 50


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda x: x.stem)
def test_code_stands_in_blocks_that_run(page: Path) -> None:
    assert "```python" not in page.read_text(encoding="utf-8")


BLOCK = re.compile(
    r"^( *)```\{(?:testcode|picture|explain)\}\n((?:\1:[^\n]*\n)*)(.*?)^\1```$", re.M | re.S
)


def blocks(page: Path) -> Iterator[str]:
    """The code that readers see on a page."""
    for _, options, code in BLOCK.findall(page.read_text(encoding="utf-8")):
        if ":hide-code:" not in options:
            yield textwrap.dedent(code).strip("\n")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda x: x.stem)
def test_code_can_be_typed_in_at_pythons_prompt(page: Path) -> None:
    for block in blocks(page):
        typed: list[str] = []
        for line in [*block.splitlines(), ""]:
            typed.append(line)
            # a SyntaxError here: what follows an indented block needs an empty line before it
            if codeop.compile_command("\n".join(typed), symbol="single"):
                typed = []
        assert not any(typed), block


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda x: x.stem)
def test_code_is_no_wider_than_a_page(page: Path) -> None:
    assert [line for block in blocks(page) for line in block.splitlines() if len(line) > 90] == []


def test_accuracy_is_measured_of_every_operator() -> None:
    found = json.loads((DOCS / "measured" / "accuracy.json").read_text(encoding="utf-8"))
    assert set(found["worst"]) == {row.name for row in BUILT_IN.values() if not row.hidden}


def test_ratios_of_both_kinds_have_a_bar_with_their_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    figures = importlib.import_module("extension.figures")
    ratios = {
        "faster": (4.0, 2.0, 16.0, 5),
        "<slower>": (0.5, 0.25, 0.5, 5),
        "as fast": (1.0, 0.5, 2.0, 5),
    }
    spreads = [(name, figures.Spread(*found)) for name, found in ratios.items()]
    drawn = figures.bars(spreads)
    widths = r"width: ([\d.]+)%.*?left: ([\d.]+)%; width: ([\d.]+)%"
    assert re.findall(rf'<div class="(bar(?: slower)?)">.*?{widths}.*?number">(.*?)<', drawn) == [
        ("bar", "50.0", "25.0", "75.0", "4.0 (2.0–16)"),
        ("bar slower", "25.0", "25.0", "25.0", "0.5 (0.25–0.5)"),
        ("bar", "0.0", "0.0", "25.0", "1.0 (0.5–2.0)"),
    ]
    assert "&lt;slower&gt;" in drawn


def elsewhere() -> list[str]:
    """Our names in the table of what things are called elsewhere."""
    text = (DOCS / "do" / "train.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\|(?:.*\|)(.*)\|$", text.partition("## What it is called elsewhere")[2], re.M
    )
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def test_what_is_called_otherwise_elsewhere_is_there() -> None:
    options = {*signature(train.fit).parameters, *signature(optim.SGD).parameters}
    model = nn.Sequential(nn.Linear(1, 1))
    known = {"sg": sg, "nn": nn, "optim": optim, "losses": losses, "train": train, "model": model}
    modules = {"__call__", "forward"}
    found = [name for name in elsewhere() if name not in modules]
    dotted = [name for name in found if "=" not in name]
    assert len(dotted) > 30
    assert all(callable(attrgetter(name)(SimpleNamespace(**known))) for name in dotted)
    assert {name.partition("=")[0] for name in found if "=" in name} <= options


def test_every_notebook_has_its_page(site: Path) -> None:
    for notebook in EXAMPLES.glob("*.ipynb"):
        page = (site / "notebooks" / f"{notebook.stem}.html").read_text(encoding="utf-8")
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        pictures = [x for x in outputs if {"image/png", "image/svg+xml"} & {*x.get("data", {})}]
        assert page.count('class="picture plot"') == len(pictures) > 0
        assert f"{notebook.name}</" in page


# ------ the reference


def names(site: Path) -> set[str]:
    """All Python names that can be looked up."""
    text = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    lines = zlib.decompress(text).decode().splitlines()
    return {line.split()[0] for line in lines if " py:" in line}


def public(module: Any) -> Iterator[str]:
    for name, found in list(vars(module).items()):
        home = str(getattr(found, "__module__", ""))
        if not name.startswith("_") and callable(found) and home.startswith("scalargrad"):
            yield f"{module.__name__}.{name}"


@pytest.mark.parametrize("module", ["", ".nn", ".optim", ".train", ".plots"])
def test_every_public_name_can_be_looked_up(site: Path, module: str) -> None:
    wanted = set(public(importlib.import_module(f"scalargrad{module}")))
    assert len(wanted) > 5
    assert wanted - names(site) == set()


LISTED = re.compile(r"autoclass:: ([\w.]+)\.(\w+)\n +:members: (.+)")


@pytest.mark.parametrize(
    ("module", "name", "members"),
    [
        found
        for found in LISTED.findall((DOCS / "reference" / "functions.md").read_text("utf-8"))
        if found[1] != "Value"  # whose other names are the operators
    ],
)
def test_every_public_name_of_a_class_is_listed(module: str, name: str, members: str) -> None:
    documented = getattr(importlib.import_module(module), name)
    public_names = {x for x in dir(documented) if not x.startswith("_")}
    assert {*members.split(", ")} - {"__call__"} == public_names


def operators(site: Path) -> str:
    """The pages of all families of operators."""
    pages = sorted((site / "reference" / "operators").glob("*.html"))
    return "".join(page.read_text(encoding="utf-8") for page in pages)


def test_every_operator_has_an_entry_with_formula_and_edges(site: Path) -> None:
    page = operators(site)
    entries = re.split(r'<section id="operator-', page)[1:]
    found = {entry.partition('"')[0]: entry for entry in entries}
    assert {name.replace("_", "-") for name in BUILT_IN} == set(found)
    for name, entry in found.items():
        assert entry.count("<math") >= 2, f"{name} has no formula and derivative"
        assert "<td" in entry, f"{name} has no table of edges"


def test_every_smooth_operator_on_one_number_has_a_plot(site: Path) -> None:
    page = operators(site)
    for row in BUILT_IN.values():
        assert row.arity != 1 or row.hidden or f'aria-label="{row.name}: value' in page


# ------ what pages ask for


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.followed: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value and (name == "src" or (name == "href" and tag == "link")):
                self.loaded.append(value)
            elif value and name == "href" and tag == "a":
                self.followed.append(value)


def links(page: Path) -> Links:
    found = Links()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def test_no_page_needs_the_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        remote = [x for x in links(page).loaded if re.match(r"(https?:)?//", x)]
        assert remote == [], page


def test_every_file_that_a_page_shows_or_links_to_is_there(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = links(page)
        for link in {*found.loaded, *found.followed}:
            path = re.split("[?#]", link)[0]
            if path and not re.match(r"\w+:|//", link):
                assert (page.parent / path).exists(), f"{page}: {link}"


@pytest.mark.parametrize("system", ["light", "dark"])
def test_explain_page_takes_the_theme_that_the_reader_chose(site: Path, system: Any) -> None:
    with chromium() as browser:
        page = browser.new_context(color_scheme=system).new_page()
        page.goto((site / "learn" / "graph.html").as_uri())
        frame = page.frame_locator(".explained iframe").locator(":root")
        seen = set()
        for _ in range(3):
            page.locator("button.theme-toggle:visible").first.click()
            chosen = page.locator("body").get_attribute("data-theme")
            dark = system if chosen == "auto" else chosen
            wait_until(page, lambda: scheme(frame) == dark)  # noqa: B023
            seen.add(chosen)
        assert seen == {"auto", "light", "dark"}


def scheme(frame: Any) -> Any:
    """Whether a page is light or dark, from the colour of its ground."""
    red = re.search(r"\d+", frame.evaluate("x => getComputedStyle(document.body).backgroundColor"))
    return "light" if red and int(red[0]) > 128 else "dark"


# ------ how rows are typeset


@pytest.fixture
def typeset(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("extension.typeset")


@pytest.mark.parametrize(
    "name, value, partials",
    [
        ("mul", r"x \cdot y", ["y", "x"]),
        ("div", r"\frac{x}{y}", [r"\frac{1}{y}", r"-\frac{x}{{y}^2}"]),
        ("tanh", r"\tanh\left(x\right)", [r"1 - {f}^2"]),
        ("sqrt", r"\sqrt{x}", [r"\frac{1}{2 \cdot f}"]),
        ("prod", r"\prod_i x_i", [r"x_3 \cdot x_2"]),
    ],
)
def test_row_is_typeset_as_in_a_book(
    typeset: Any, name: str, value: str, partials: list[str]
) -> None:
    row = BUILT_IN[name]
    assert typeset.value(row) == value
    assert [text for _, text in typeset.partials(row)] == partials


def test_computed_form_is_given_where_a_book_has_another(typeset: Any) -> None:
    assert typeset.computed(BUILT_IN["tanh"]) == [("x", r"\frac{1}{{\cosh\left(x\right)}^2}")]
    assert typeset.computed(BUILT_IN["sin"]) == []


def test_gradients_of_one_made_of_others_are_those_of_its_operands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    edges = importlib.import_module("extension.edges")
    found = edges.table(BUILT_IN["clamp"])
    assert [slopes for _, _, slopes in found] == ["1, 0, 0", "0, 1, 0", "0, 0, 1"]


def test_every_formula_can_be_read(typeset: Any) -> None:
    for row in BUILT_IN.values():
        for text in (
            typeset.value(row),
            *(x for _, x in typeset.partials(row) + typeset.computed(row)),
        ):
            # written out to the last square a formula has thousands of letters
            assert len(text) < 500, row.name


def test_a_choice_within_a_choice_is_one_list_of_cases(typeset: Any) -> None:
    (_, text), *_ = typeset.partials(BUILT_IN["hard_swish"])
    assert text.count(r"\begin{cases}") == 1
    assert r"\text{if } x + 3 > 0, x < 3" in text


def test_the_site_documents_this_very_package() -> None:
    assert PACKAGE.parent == CHECKOUT
