"""The page for every reader and every graph: safe from labels, for keyboards, eyes, ears, paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from tests.support.browser import numbers, opened, steps, text, type_leaf, wait_until

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<b>&\"'",
    "<!--",
    "]]>",
    "{{script}}",
    "${alert(1)}",
    "\u2028\u2029\x00\x1b",
    "\\",
    "-->",
]


def product(x: Any, y: Any, z: Any) -> Any:
    return (x + y) * z


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    sg.explain(product, -2.0, 5.0, -4.0).save(path)
    return path


@pytest.fixture
def page(browser: Any, path: Path) -> Iterator[Any]:
    with opened(browser, path) as found:
        yield found


# ------ hostile labels


def hostile() -> Any:
    """A graph in which every label, and an operator's name and symbol, try to be more than text."""
    total = sg.Value(0.5, label=HOSTILE[0])
    for i, label in enumerate(HOSTILE):
        total = total * sg.Value(1.0 + i, label=label)
        total.label = label[::-1]
    own = sg.operator("own", lambda x: x + x, lambda out, x: 2.0, symbol="</script><b>&")
    return own(total)


def test_labels_cannot_break_the_page(browser: Any, path: Path) -> None:
    root = hostile()
    sg.explain(root).save(path)
    with opened(browser, path) as page:
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        page.click("#last")
        assert len(steps(page)) == len(sg.explain(root))
        assert page.locator("script").count() == 2
        assert page.locator("b:not(.mark):not(.dots b), img").count() == 0
        assert dialogs == []


def test_source_lines_cannot_break_the_page(browser: Any, path: Path) -> None:
    sg.explain(lambda x: x * sg.Value(2.0, label="</script><script>alert(1)//"), 3.0).save(path)
    with opened(browser, path) as page:
        page.click("#forward")
        assert "</script><script>alert(1)//" in text(page, "#source code")
        assert page.locator("script").count() == 2


class Elements(HTMLParser):
    """The elements that a parser of HTML finds in a page, and what it would fetch for them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        links = [value for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        self.fetched += [x for x in links if x and not x.startswith(("#", "data:"))]


def test_file_needs_nothing_but_itself(path: Path) -> None:
    sg.explain(hostile()).save(path)
    written = path.read_text(encoding="utf-8")
    found = Elements(written)
    assert found.fetched == []
    assert found.tags.count("script") == 2
    assert not re.search(r"url\(|@import", written)


# ------ keyboard


def test_all_controls_are_reached_by_tab_and_have_names(page: Any) -> None:
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id"))
    wanted = {"order-engine", "predict", "all-digits", "theme", "graph", "zoom-in", "zoom-out"}
    wanted |= {"zoom-fit", "play", "forward", "last", "position", "turn", "speed", "present"}
    assert seen >= wanted
    unnamed = page.locator("button, input, select").evaluate_all(
        "all => all.filter(x => !x.ariaLabel && !x.labels?.length && !x.textContent.trim())"
        ".map(x => x.id)"
    )
    assert unnamed == []


def test_letters_switch_what_the_switches_do(page: Any) -> None:
    for key, id in (("p", "predict"), ("a", "all-digits"), ("d", "order-naive")):
        page.keyboard.press(key)
        assert page.is_checked(f"#{id}")


def test_keys_typed_into_a_field_are_text(page: Any) -> None:
    type_leaf(page, "x", "-1.5")
    page.get_by_label("Value of x", exact=True).press("ArrowRight")
    assert text(page, "#place") == "back 0 of 4"
    assert not page.is_checked("#predict")


# ------ screen readers


def test_each_step_is_spoken(page: Any) -> None:
    assert page.get_attribute("#spoken", "aria-live") == "polite"
    page.click("#forward")
    assert text(page, "#spoken").startswith("Step 1 of 4, from L to s0. 1 times -4 is -4.")
    assert text(page, "#spoken").endswith("1 of 1 contribution arrived.")
    naming = page.locator("#equation .fraction").first.get_attribute("aria-label")
    assert naming == "∂L/∂s0"


def test_page_has_landmarks_and_one_heading_of_the_first_rank(page: Any) -> None:
    assert [page.locator(x).count() for x in ("header", "main", "aside", "footer", "h1")] == [1] * 5
    assert page.get_attribute("html", "lang") == "en"


# ------ eyes


def background(page: Any) -> str:
    found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


def test_dark_follows_the_system_and_the_button_overrules_it(browser: Any, path: Path) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        with opened(browser, path, color_scheme=scheme) as page:
            grounds[scheme] = background(page)
            assert page.get_attribute("#theme", "aria-pressed") == str(scheme == "dark").lower()
    with opened(browser, path, color_scheme="light") as page:
        page.click("#theme")
        assert background(page) == grounds["dark"] != grounds["light"]
        page.keyboard.press("t")
        assert background(page) == grounds["light"]


def test_the_chosen_theme_is_still_there_after_a_reload(browser: Any, path: Path) -> None:
    page = browser.new_context(color_scheme="light").new_page()
    page.goto(path.as_uri())
    light = background(page)
    page.click("#theme")
    dark = background(page)
    page.reload()
    assert background(page) == dark != light
    assert page.get_attribute("#theme", "aria-pressed") == "true"
    page.keyboard.press("t")
    page.reload()
    assert background(page) == light
    page.context.close()


def test_a_choice_in_a_frame_is_kept_beside_the_theme_around_it(browser: Any, path: Path) -> None:
    host = path.with_name("host.html")
    told = "frames[0].postMessage({ theme: document.title }, '*')"
    host.write_text(f'<title>dark</title><iframe src="page.html" onload="{told}"></iframe>')
    page = browser.new_context(color_scheme="light").new_page()
    page.goto(host.as_uri())
    frame = page.frame_locator("iframe")

    def is_dark(wanted: bool) -> None:
        pressed = str(wanted).lower()
        wait_until(page, lambda: frame.locator("#theme").get_attribute("aria-pressed") == pressed)

    is_dark(True)
    frame.locator("#theme").click()
    is_dark(False)
    page.reload()
    page.wait_for_timeout(200)
    is_dark(False)
    # another theme around it is followed
    page.evaluate("document.title = 'auto'; frames[0].postMessage({ theme: 'dark' }, '*')")
    is_dark(False)
    page.emulate_media(color_scheme="dark")
    page.evaluate("frames[0].postMessage({ theme: 'auto' }, '*')")
    is_dark(True)
    page.context.close()


@pytest.mark.parametrize("sandbox", ["allow-scripts", "allow-scripts allow-same-origin"])
def test_where_nothing_can_be_kept_the_theme_changes_all_the_same(
    browser: Any, path: Path, sandbox: str
) -> None:
    host = path.with_name("host.html")
    host.write_text(f'<iframe src="page.html" sandbox="{sandbox}"></iframe>')
    with_errors: list[str] = []
    page = browser.new_context(color_scheme="light").new_page()
    page.on("pageerror", lambda error: with_errors.append(str(error)))
    page.goto(host.as_uri())
    button = page.frame_locator("iframe").locator("#theme")
    button.click()
    assert button.get_attribute("aria-pressed") == "true" and with_errors == []
    page.context.close()


# ------ names


def test_long_names_that_begin_alike_are_shown_apart(browser: Any, path: Path) -> None:
    labels = ["weights of the first layer of the encoder, row", "weights of the last layer"]
    leaves = [sg.Value(2.0 + k, f"{label} {k}") for label in labels for k in range(3)]
    middle = [sg.Value(9.0, f"begin_and_then_{k}_comes_the_end_of_it") for k in range(3)]
    sg.explain(sg.prod([*leaves, *middle, sg.Value(1.0, "short")])).save(path)
    with opened(browser, path, "#step=1") as page:
        shown = page.locator("#graph .leaf .name").all_text_contents()
        assert len(set(shown)) == len(shown) == 10 and max(map(len, shown)) <= 15
        in_table = page.locator("#leaves th[scope=row]").all_text_contents()
        assert len(set(in_table)) == 10 and max(map(len, in_table)) <= 15
        parents = set()
        for at in range(1, 11):
            page.fill("#position", str(at + 1))
            parents.add(text(page, "#equation .gained .under"))
        assert len(parents) == 10


@pytest.mark.parametrize("address", ["#step=9", "#step=1&predict", "#step=9&present", "#forward=1"])
def test_long_names_make_nothing_wider_than_a_phone(browser: Any, path: Path, address: str) -> None:
    long = "a_name_that_goes_on_and_on_and_on_to_its_end"
    x, y = sg.Value(2.0, f"one_{long}"), sg.Value(3.0, f"two_{long}")
    sg.explain(x * y + sg.exp(y)).save(path)
    with opened(browser, path, address, viewport={"width": 390, "height": 844}) as page:
        page.wait_for_timeout(100)
        assert page.evaluate(WIDER) == []


@pytest.mark.parametrize("address", ["#step=3", "#step=3&digits"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_card_scrolls_sideways_whatever_its_names_and_numbers(
    browser: Any, path: Path, address: str, width: int
) -> None:
    long = "learning_rate_of_the_first_layer_of_the"
    x, y = sg.Value(1.0 / 3.0, f"{long}_encoder"), sg.Value(-123456.789, f"{long}_decoder")
    product = x * y
    product.label = "a_product_whose_name_nobody_would_write_but_somebody_does"
    sg.explain(sg.tanh(product * 1e-5)).save(path)
    with opened(browser, path, address, viewport={"width": width, "height": 844}) as page:
        page.click("#last")
        page.wait_for_timeout(100)
        assert page.evaluate(SCROLLING) == []
        shown = page.locator("#leaves th[scope=row]").all_text_contents()
        assert [name.endswith(end) for name, end in zip(shown, ("encoder", "decoder"))] == [
            True
        ] * 2


SCROLLING = """() => [...document.querySelectorAll("html, .panel, .card, .card table")]
    .filter((x) => !x.closest(".all") && x.checkVisibility() && x.scrollWidth > x.clientWidth + 1)
    .map((x) => `${x.tagName} ${x.id} ${x.scrollWidth} > ${x.clientWidth}`)"""


def test_names_from_right_to_left_move_nothing_beside_them(browser: Any, path: Path) -> None:
    x, y = sg.Value(2.0, "שלום"), sg.Value(3.0, "متغير")
    sg.explain(x * y).save(path)
    with opened(browser, path, "#step=2") as page:
        places = page.evaluate(PLACES, ["#heading", "שלום", "×", "متغير", "6"])
        assert places == sorted(places)
        places = page.evaluate(PLACES, ["#conclusion", "Raise", "שלום", "by"])
        assert places == sorted(places)


PLACES = """([selector, ...texts]) => {
    const within = document.querySelector(selector);
    const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
    const found = {};
    while (walker.nextNode()) for (const text of texts) {
        const at = walker.currentNode.data.indexOf(text);
        if (at < 0 || text in found) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + text.length);
        found[text] = range.getBoundingClientRect().x;
    }
    return texts.map((text) => found[text]);
}"""
"""Where texts stand in an element, from the left."""


WIDER = """() => [...document.querySelectorAll("body *")]
    .filter((x) => !x.closest("svg, .pointer, .source, .spoken") && x.checkVisibility())
    .filter((x) => x.getBoundingClientRect().right > innerWidth + 1)
    .map((x) => `${x.tagName} ${x.className} ${x.id}`)"""


# ------ contrast


LUMINANCE = """(selectors) => selectors.map((selector) => {
    const shown = (colour) => {
        const canvas = new OffscreenCanvas(1, 1).getContext("2d");
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((x) => x / 255)
            .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    let element = document.querySelector(selector);
    const ink = shown(getComputedStyle(element).color);
    while (getComputedStyle(element).backgroundColor === "rgba(0, 0, 0, 0)") {
        element = element.parentElement;
    }
    const paper = shown(getComputedStyle(element).backgroundColor);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_a_contrast_of_at_least_four_and_a_half(
    browser: Any, path: Path, scheme: str
) -> None:
    with opened(browser, path, color_scheme=scheme) as page:
        page.click("#forward")
        parts = [".upstream .fraction", ".local .fraction", ".caption", ".why", "#arrived", ".pill"]
        more = [
            "#summary",
            ".hint",
            "thead th",
            "#source figcaption",
            "tr.current",
            ".segments span",
        ]
        page.wait_for_timeout(300)
        assert min(page.evaluate(LUMINANCE, parts + more)) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_conclusions_problems_and_what_is_folded_have_that_contrast_too(
    browser: Any, path: Path, scheme: str
) -> None:
    sg.explain(lambda x: sg.sigmoid(x), 0.3).save(path)
    with opened(browser, path, "#step=1", color_scheme=scheme) as page:
        type_leaf(page, "x", "three")
        parts = ["#conclusion", ".fold summary", ".legend li", "#downhill-said", "#rate", "#place"]
        more = ["#heading", "#turn", "#present", ".problem:not([hidden])", "#leaves .gradient"]
        page.wait_for_timeout(300)
        assert min(page.evaluate(LUMINANCE, parts + more)) >= 4.5


def test_without_motion_nothing_moves(browser: Any, path: Path) -> None:
    with opened(browser, path, reduced_motion="reduce") as page:
        page.click("#zoom-in")
        page.click("#zoom-fit")
        whole = page.get_attribute("#graph svg", "viewBox")
        page.wait_for_timeout(100)
        assert page.get_attribute("#graph svg", "viewBox") == whole
        page.click("#forward")
        at = page.get_attribute(".traveller", "cx")
        page.wait_for_timeout(100)
        assert page.get_attribute(".traveller", "cx") == at


def test_with_motion_a_dot_travels_from_the_consumer_to_the_parent(page: Any) -> None:
    page.click("#forward")
    start = float(page.get_attribute(".traveller", "cx"))
    page.wait_for_timeout(900)
    assert float(page.get_attribute(".traveller", "cx")) < start - 20.0


@pytest.mark.parametrize("width", [356, 390, 768, 1280, 1920])
def test_nothing_is_wider_than_the_window(browser: Any, path: Path, width: int) -> None:
    with opened(browser, path, viewport={"width": width, "height": 800}) as page:
        type_leaf(page, "x", "0.1234567890123456")
        page.click("#all-digits + span")
        page.click("#forward")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for part in ("#equation", ".transport"):
            assert page.locator(part).evaluate("x => x.scrollWidth <= x.clientWidth"), part


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_buttons_and_legend_cover_nothing_of_the_drawing(
    browser: Any, path: Path, width: int
) -> None:
    with opened(browser, path, viewport={"width": width, "height": 800}) as page:
        boxes = (page.locator(x).bounding_box() for x in ("#graph", ".zoom", ".stage"))
        graph, zoom, stage = boxes
        legend = [x.bounding_box() for x in page.locator(".legend li:visible").all()]
        assert min(x["y"] for x in [zoom, *legend]) >= bottom(graph)
        assert max(map(bottom, [zoom, *legend])) <= bottom(stage)
        assert max(x["x"] + x["width"] for x in legend) <= zoom["x"]


def bottom(box: dict[str, float]) -> float:
    return box["y"] + box["height"]


def test_all_digits_are_those_of_repr(page: Any) -> None:
    type_leaf(page, "x", "0.1")
    type_leaf(page, "y", "0.2")
    assert text(page, "#heading") == "L = (x + y) × z = -1.2"
    page.click("text=All digits")
    assert text(page, "#heading") == f"L = (x + y) × z = {(0.1 + 0.2) * -4.0!r}"


# ------ paper


def test_print_has_the_graph_the_step_and_all_steps_and_no_controls(page: Any) -> None:
    page.click("#forward")
    assert page.pdf().startswith(b"%PDF-")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#steps tbody tr").count() == 4
    assert page.is_visible("#steps") and page.is_visible("#nodes") and page.is_visible("#graph svg")
    assert numbers(page, "#leaves .gradient") == [-4.0, -4.0, 3.0]
    assert page.is_hidden(".transport") and page.is_hidden(".settings")
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    wait_until(page, lambda: page.is_hidden("#steps"))


def test_single_leaf_is_a_page_too(browser: Any, path: Path) -> None:
    sg.explain(sg.Value(3.0, label="x")).save(path)
    with opened(browser, path) as page:
        assert text(page, "#heading") == "x = 3"
        assert "no way back" in text(page, "#why")
        assert page.is_disabled("#forward")
        type_leaf(page, "x", "4")
        assert text(page, "#heading") == "x = 4"


def test_formulas_of_many_operands_are_shortened(browser: Any, path: Path) -> None:
    sg.explain(sg.prod([sg.Value(1.0 + i / 100.0) for i in range(100)])).save(path)
    assert path.stat().st_size < 500_000
    with opened(browser, path) as page:
        page.click("#last")
        assert text(page, "#why .rule:last-child").endswith("…")
