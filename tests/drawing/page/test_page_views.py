"""The page in every place where it is shown: readable at once, large, linked to, embedded, printed;
and the descent that a reader can make on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from itertools import product as product_of
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.losses import squared_error
from scalargrad.nn import MLP
from tests.support.browser import fragment, numbers, opened, text, type_leaf, wait_until

LEAST = 11.0
"""Pixels: no number at the place of a step is smaller."""
WINDOWS = [(1440, 900), (1024, 768), (390, 844)]


def product(x: Any, y: Any, z: Any) -> Any:
    q = x + y
    f = q * z
    return f


def gate_by_gate(w0: Any, x0: Any, w1: Any, x1: Any, w2: Any) -> Any:
    s = w0 * x0 + w1 * x1 + w2
    e = sg.exp(-s)
    out = 1.0 / (1.0 + e)
    return out


def network(x: Any, y: float) -> Any:
    sg.seed(1)
    model = MLP(2, [4, 1])
    out = model(x)
    return squared_error(out, y)


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "product": (product, (-2.0, 5.0, -4.0)),
    "gates": (gate_by_gate, (2.0, -1.0, -3.0, -2.0, -3.0)),
    "network": (network, ([0.5, -1.0], 1.0)),
    "tiny": (lambda x, y: x * y + y, (-1.2345678901234567e-200, -1.2345678901234567e-100)),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("views")

    def save(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            f, args = PROGRAMS[name]
            sg.explain(f, *args).save(path)
        return path

    return save


def sizes(page: Any) -> list[float]:
    """The sizes, in pixels of the screen, of numbers in the nodes and beside the edge of a step."""
    found: list[float] = page.evaluate(
        """() => {
            const svg = document.querySelector("#graph svg");
            const scale = svg.getScreenCTM().a;
            const here = ".computing, .feeding, .consumer, .receiver, .tag";
            return [...svg.querySelectorAll(here)].flatMap((x) => [...x.querySelectorAll("text")])
                .filter((x) => x.textContent)
                .map((x) => scale * parseFloat(getComputedStyle(x).fontSize));
        }"""
    )
    return found


def in_view(page: Any, selector: str) -> bool:
    """Whether all that a step is about is within the pane."""
    pane = page.locator("#graph").bounding_box()
    boxes = [x.bounding_box() for x in page.locator(selector).all()]
    return all(
        pane["x"] - 1 <= box["x"]
        and box["x"] + box["width"] <= pane["x"] + pane["width"] + 1
        and pane["y"] - 1 <= box["y"]
        and box["y"] + box["height"] <= pane["y"] + pane["height"] + 1
        for box in boxes
    )


@pytest.mark.parametrize("size", WINDOWS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_number_at_the_place_of_a_step_can_be_read(
    browser: Any, saved: Callable[[str], Path], name: str, size: tuple[int, int]
) -> None:
    window = {"width": size[0], "height": size[1]}
    with opened(browser, saved(name), "", viewport=window, reduced_motion="reduce") as page:
        for at in range(int(page.get_attribute("#position", "max")) + 1):
            page.fill("#position", str(at))
            assert min(sizes(page), default=LEAST) >= LEAST, at
            assert in_view(page, ".node:is(.consumer, .receiver, .computing) .frame"), at


@pytest.mark.parametrize("size", WINDOWS)
def test_an_edge_too_long_for_the_window_shows_where_it_begins(
    browser: Any, saved: Callable[[str], Path], size: tuple[int, int]
) -> None:
    path = saved("product").with_name("wide.html")
    sg.seed(0)
    sg.explain(lambda *x: sg.sum(MLP(4, [16, 16, 3])(x)), 0.1, -0.4, 0.3, 0.9).save(path)
    window = {"width": size[0], "height": size[1]}
    with opened(browser, path, "#whole", viewport=window, reduced_motion="reduce") as page:
        last = int(page.get_attribute("#position", "max"))
        for at in range(0, last + 1, last // 40):
            page.fill("#position", str(at))
            assert min(sizes(page), default=LEAST) >= LEAST, at
            assert in_view(page, ".node:is(.consumer, .computing) .frame"), at


def many_leaves(*x: Any) -> Any:
    """Each leaf on one line, its gradient with a sign and four digits."""
    return sg.sum([0.2665 * a * b for a, b in pairwise(x)])


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (many_leaves, [-0.8765 - k / 1e3 for k in range(12)]),
        (product, [-0.8765e-9, 0.2345, -0.9876]),
    ],
)
def test_gradients_stand_within_their_bands(
    browser: Any, tmp_path: Path, f: Callable[..., Any], args: list[float]
) -> None:
    sg.explain(f, *args).save(tmp_path / "page.html")
    with opened(browser, tmp_path / "page.html", "#step=999") as page:
        over = page.evaluate(
            """() => [...document.querySelectorAll("#graph .node")].flatMap((node) => {
                const box = (x) => node.querySelector(x).getBBox();
                const [text, band] = [box(".gradient"), box(".band")];
                const out = Math.max(band.x - text.x, text.x + text.width - band.x - band.width);
                return out > 0 ? [[node.querySelector(".gradient").textContent, out]] : [];
            })"""
        )
    assert not over


def test_numbers_are_the_same_on_the_page_in_the_text_and_in_the_drawing(
    browser: Any, saved: Callable[[str], Path]
) -> None:
    f, args = PROGRAMS["gates"]
    steps = sg.explain(f, *args)
    with opened(browser, saved("gates"), "#step=99") as page:
        in_nodes = page.locator("#graph .gradient").all_text_contents()
        in_table = page.locator("#leaves .gradient .number").all_text_contents()
    told = [line.split() for line in steps._repr_html_().split("As a table")[1].splitlines()]
    cells = set(re.findall(r">([^<]*)</td>", " ".join(map(" ".join, told))))
    assert {x for x in in_table} <= set(in_nodes)
    assert set(in_nodes) - {"1"} <= cells
    steps.root.backward()
    assert set(in_table) <= set(re.findall(r">([^<\s]+)</text>", sg.draw(steps.root).svg))


# ------ in a lecture hall


@pytest.fixture
def hall(browser: Any, saved: Callable[[str], Path]) -> Iterator[Any]:
    window = {"width": 1024, "height": 768}
    with opened(browser, saved("gates"), "#step=3", viewport=window) as page:
        page.keyboard.press("f")
        yield page


def test_present_shows_the_graph_and_one_large_equation(hall: Any) -> None:
    shown = [x for x in (".stage", "#equation") if hall.is_visible(x)]
    assert shown == [".stage", "#equation"]
    hidden = (".top", ".transport", ".legend", ".zoom", "#sum", "#leaves", "#why", "#source")
    assert not any(hall.is_visible(x) for x in hidden)
    small = hall.locator("#equation *").evaluate_all(
        "all => all.filter(x => x.childElementCount === 0 && x.textContent.trim())"
        ".map(x => parseFloat(getComputedStyle(x).fontSize))"
    )
    assert min(small) >= 24.0
    assert hall.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_present_is_stepped_through_and_left_by_keys(hall: Any) -> None:
    before = text(hall, "#equation")
    hall.keyboard.press("ArrowRight")
    assert text(hall, "#equation") != before
    hall.keyboard.press("f")
    assert hall.is_visible(".transport")
    hall.keyboard.press("f")
    hall.click("#leave")
    assert hall.is_visible(".transport")


@pytest.mark.parametrize("presses", range(1, 9))
def test_what_the_browser_does_late_does_not_undo_a_key(hall: Any, presses: int) -> None:
    for _ in range(presses):
        hall.keyboard.press("f")
    hall.wait_for_timeout(150)
    shown = presses % 2 == 0
    assert hall.is_visible("#leave") == shown


@pytest.mark.parametrize("switches", ["present", "present&digits", "digits"])
@pytest.mark.parametrize("program", ["gates", "network", "tiny"])
def test_equation_is_whole_and_overprints_nothing_on_a_phone(
    browser: Any, saved: Callable[[str], Path], program: str, switches: str
) -> None:
    with opened(browser, saved(program), f"#step=3&{switches}") as page:
        for width, place in product_of((390, 640), ("step=3", "forward=1")):
            page.set_viewport_size({"width": width, "height": 844})
            page.evaluate(f"location.hash = '{place}&{switches}'")
            page.wait_for_timeout(100)
            assert page.locator("#equation").evaluate("x => x.scrollWidth <= x.clientWidth")
            places = page.locator("#equation :is(.number, .fraction, .caption, .left, .right)")
            boxes = places.evaluate_all(BOXES)
            assert boxes and all(left >= 0 and right <= width for left, right, *_ in boxes)
            for term in page.locator("#equation .term").all():
                parts = term.locator("> *").evaluate_all(BOXES)
                assert not any(overlap(a, b) for a, b in combinations(parts, 2))


BOXES = """all => all.map(x => {
  const range = document.createRange();
  range.selectNodeContents(x);
  const [own, text] = [x.getBoundingClientRect(), range.getBoundingClientRect()];
  const left = Math.min(own.left, text.left), right = Math.max(own.right, text.right);
  return [left, right, text.top, text.bottom];
})"""
"""Left, right, top and bottom of each, with the text that stands out of its element."""


def overlap(a: list[float], b: list[float]) -> bool:
    """Whether one box stands on another by more than a line may reach into the next."""
    across = min(a[1], b[1]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[2], b[2])
    return across > 0.5 and down > 4.0


# ------ in the address


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("", "forward 0 of 2"),
        ("#forward=1", "forward 1 of 2"),
        ("#step=0", "back 0 of 4"),
        ("#step=3&order=naive", "back 3 of 4"),
        ("#step=99", "back 4 of 4"),
        ("#forward=99", "forward 2 of 2"),
        ("#step=-7&order=other&<b>", "back 0 of 4"),
    ],
)
def test_link_leads_to_its_step(
    browser: Any, saved: Callable[[str], Path], address: str, place: str
) -> None:
    with opened(browser, saved("product"), address) as page:
        assert text(page, "#place") == place
        assert page.is_checked("#order-naive") == ("naive" in address)


def test_address_follows_what_is_shown(browser: Any, saved: Callable[[str], Path]) -> None:
    with opened(browser, saved("product"), "") as page:
        page.keyboard.press("ArrowRight")
        assert fragment(page) == "#forward=1"
        page.keyboard.press("b")
        page.keyboard.press("d")
        page.keyboard.press("a")
        assert fragment(page) == "#step=0&order=naive&digits"
        page.keyboard.press("p")
        assert fragment(page) == "#step=0&order=naive&predict&digits"
        page.evaluate("location.hash = '#step=2'")
        wait_until(page, lambda: text(page, "#place") == "back 2 of 4")
        assert page.is_checked("#order-engine") and not page.is_checked("#predict")


def test_link_carries_the_numbers_that_the_reader_changed(
    browser: Any, saved: Callable[[str], Path]
) -> None:
    with opened(browser, saved("product"), "#step=2") as page:
        type_leaf(page, "x", "0.1")
        type_leaf(page, "z", "-inf")
        heading, link = text(page, "#heading"), fragment(page).removeprefix("#")
        assert re.fullmatch(r"step=2&set=\d:0\.1,\d:-inf", link)
        page.evaluate("location.hash = 'step=2'")
        wait_until(page, lambda: text(page, "#heading").endswith("-12"))
        assert page.is_hidden("#reset")
    with opened(browser, saved("product"), f"#{link}") as page:
        assert text(page, "#heading") == heading and page.is_visible("#reset")
        assert text(page, "#place") == "back 2 of 4"
        page.click("#reset")
        assert text(page, "#heading").endswith("-12") and fragment(page) == "#step=2"


@pytest.mark.parametrize("edits", ["", "x", "0:3", "99:1", "3", "3:", "3:abc,-1:2", ":,:", "1e9:1"])
def test_numbers_of_a_link_that_cannot_be_read_change_nothing(
    browser: Any, saved: Callable[[str], Path], edits: str
) -> None:
    with opened(browser, saved("product"), f"#step=1&set={edits}") as page:
        assert text(page, "#heading").endswith("= -12")


# ------ within another page


HOST = """<!doctype html><title>host</title><body style="margin: 0 auto; width: {width}px">
<p style="height: 60px">before</p>
<iframe src="{name}.html#step=4" style="width: 100%; height: 300px; border: 0"></iframe>
<p style="height: 2000px">after</p>
<script>addEventListener("message", ({{ data }}) => {{
  if (data.height) document.querySelector("iframe").style.height = `${{data.height}}px`;
}});</script>"""


@pytest.fixture(params=[740, 390])
def host(request: pytest.FixtureRequest, browser: Any, saved: Callable[[str], Path]) -> Any:
    path = saved("gates").with_name("host.html")
    path.write_text(HOST.format(name="gates", width=request.param), encoding="utf-8")
    context = browser.new_context(viewport={"width": max(request.param, 800), "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    frame = page.frames[1]
    wait_until(page, lambda: frame.evaluate("innerHeight") > 400)
    page.wait_for_timeout(200)
    yield page
    context.close()


def test_embedded_page_scrolls_nowhere_and_can_be_read(host: Any) -> None:
    frame = host.frames[1]
    assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert min(sizes(frame)) >= LEAST
    for part in (".panel", ".lesson", "#equation"):
        assert frame.locator(part).evaluate("x => x.scrollHeight <= x.clientHeight + 1"), part


def test_wheel_scrolls_the_page_around_and_zooms_with_control(host: Any) -> None:
    frame = host.frames[1]
    box = frame.locator("#graph").bounding_box()
    host.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = frame.get_attribute("#graph svg", "viewBox")
    host.mouse.wheel(0, 120)
    wait_until(host, lambda: host.evaluate("scrollY") > 60)
    assert frame.get_attribute("#graph svg", "viewBox") == before
    at = host.evaluate("scrollY")
    host.keyboard.down("Control")
    host.mouse.wheel(0, -120)
    host.keyboard.up("Control")
    wait_until(host, lambda: frame.get_attribute("#graph svg", "viewBox") != before)
    assert host.evaluate("scrollY") == at


def test_embed_in_the_address_is_the_look_within_a_page(
    browser: Any, saved: Callable[[str], Path]
) -> None:
    with opened(browser, saved("product"), "?embed#step=1") as page:
        assert page.is_hidden("#present") and page.is_hidden("#help")
        assert page.evaluate("document.documentElement.classList.contains('embedded')")


def test_notebooks_show_the_page_in_a_frame_and_the_table_below(
    browser: Any, tmp_path: Path
) -> None:
    html = sg.explain(product, -2.0, 5.0, -4.0)._repr_html_()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>notebook</title>{html}", encoding="utf-8")
    with opened(browser, path, "", viewport={"width": 900, "height": 900}) as page:
        frame = page.frames[1]
        wait_until(page, lambda: text(frame, "#place") == "forward 0 of 2")
        frame.click("#turn")
        assert text(frame, "#place") == "back 0 of 4"
        assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")
        page.click("text=As a table")
        assert page.locator("table tr").count() == 1 + 4
    assert "<script" not in html and "\n<table>" in html


def test_without_scripts_the_page_is_the_table(browser: Any, saved: Callable[[str], Path]) -> None:
    with opened(browser, saved("product"), java_script_enabled=False) as page:
        assert "∂f/∂q += ∂f/∂f · ∂f/∂q" in text(page, "noscript")


# ------ on paper


@pytest.fixture
def paper(browser: Any, saved: Callable[[str], Path]) -> Iterator[Any]:
    with opened(browser, saved("gates"), "#step=4") as page:
        page.evaluate("window.print = () => {}")
        page.click("#all summary")
        yield page


def test_print_has_every_step_and_gives_the_place_back(paper: Any) -> None:
    paper.evaluate("dispatchEvent(new Event('beforeprint'))")
    paper.emulate_media(media="print")
    assert paper.locator("#nodes tbody tr").count() == 8
    assert paper.locator("#steps tbody tr").count() == 12
    assert "" not in paper.locator("#graph .gradient").all_text_contents()
    paper.emulate_media(media="screen")
    paper.evaluate("dispatchEvent(new Event('afterprint'))")
    assert text(paper, "#place") == "back 4 of 12"


def test_quiz_sheet_has_the_way_forward_and_blanks_for_the_way_back(paper: Any) -> None:
    paper.click("#quiz-sheet")
    paper.emulate_media(media="print")
    assert numbers(paper, "#steps tbody") == []
    assert paper.locator("#steps .blank").count() == 12 * 4
    assert len(numbers(paper, "#nodes")) == 8
    gradients = paper.locator("#graph .gradient").all_text_contents()
    assert sorted(gradients) == [""] * 12 + ["1"]
    assert not any(paper.locator("#leaves .gradient").all_text_contents())
    paper.emulate_media(media="screen")
    paper.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(numbers(paper, "#steps tbody")) == 12 * 4


# ------ downhill


def test_step_downhill_moves_every_leaf_against_its_gradient(
    browser: Any, saved: Callable[[str], Path]
) -> None:
    def loss(w: Any, b: Any) -> Any:
        return sg.square(w * 2.0 + b - 3.0)

    path = saved("product").with_name("loss.html")
    sg.explain(loss, 0.5, 0.25).save(path)
    with opened(browser, path) as page:
        w, b = 0.5, 0.25
        for _ in range(3):
            page.fill("#rate", "1/20")
            page.click("#downhill-step")
            dw, db = sg.grad(loss, (0, 1))(w, b)
            w, b = w - 0.05 * dw, b - 0.05 * db
        assert numbers(page, "#heading") == pytest.approx([sg.value_and_grad(loss)(w, b)[0]])
        assert "after 3 steps" in text(page, "#downhill-said")
        assert page.locator("#curve circle").count() == 4
        page.click("#reset")
        assert page.is_hidden("#curve")


def test_only_parameters_of_a_model_move_and_a_leaf_can_be_held(
    browser: Any, saved: Callable[[str], Path]
) -> None:
    model = MLP(1, [1])
    model.parameters()[0].data = 0.5

    def loss(x: Any, y: float) -> Any:
        return squared_error(model(x), y)

    path = saved("product").with_name("model.html")
    sg.explain(loss, [2.0], 3.0).save(path)
    with opened(browser, path) as page:
        moved = [x.is_checked() for x in page.locator("#leaves input[type=checkbox]").all()]
        names = page.locator("#leaves tbody th").all_text_contents()
        assert {name for name, moves in zip(names, moved, strict=True) if moves} == {
            "w0_0_0",
            "b0_0",
        }
        page.get_by_label("b0_0 moves downhill").uncheck()
        before = page.get_by_label("Value of b0_0", exact=True).input_value()
        page.click("#downhill-step")
        assert page.get_by_label("Value of b0_0", exact=True).input_value() == before
        assert page.get_by_label("Value of x_0", exact=True).input_value() == "2"
        assert page.get_by_label("Value of w0_0_0", exact=True).input_value() != "0.5"
        page.get_by_label("w0_0_0 moves downhill").uncheck()
        page.click("#downhill-step")
        assert text(page, "#downhill-said") == "No leaf may move: tick one above."


def test_rate_that_is_too_large_or_no_number_is_told(
    browser: Any, saved: Callable[[str], Path]
) -> None:
    path = saved("product").with_name("square.html")
    sg.explain(lambda x: x * x, 1.0).save(path)
    with opened(browser, path) as page:
        page.fill("#rate", "0,1")
        page.click("#downhill-step")
        assert "write 0.1" in text(page, "#downhill-said")
        page.fill("#rate", "1.5")
        page.click("#downhill-step")
        assert text(page, "#downhill-said").endswith("It rose: the rate is too large.")
        type_leaf(page, "x", "1")
        assert page.is_hidden("#curve")


@pytest.mark.parametrize("rate", ["-1", "0", "inf", "nan"])
def test_rate_is_above_zero(browser: Any, saved: Callable[[str], Path], rate: str) -> None:
    with opened(browser, saved("gates")) as page:
        page.fill("#rate", rate)
        before = text(page, "#heading")
        page.click("#downhill-step")
        assert text(page, "#downhill-said").startswith("A learning rate is a number above 0")
        assert text(page, "#heading") == before


def test_no_rate_is_blamed_for_a_root_that_is_no_number(
    browser: Any, saved: Callable[[str], Path]
) -> None:
    path = saved("gates").with_name("log.html")
    sg.explain(lambda x: sg.log(x) / x, -1.0).save(path)
    with opened(browser, path) as page:
        page.click("#downhill-step")
        assert text(page, "#downhill-said").endswith("From NaN no way leads down.")
