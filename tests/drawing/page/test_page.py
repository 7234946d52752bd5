"""The page that explains a backward pass, in a real browser: every control of it.

f = (x + y)·z of the lectures: x = −2, y = 5, z = −4; ∂f/∂x = ∂f/∂y = −4, ∂f/∂z = 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from tests.support.browser import numbers, opened, steps, text, type_leaf, wait_until


def product(x: Any, y: Any, z: Any) -> Any:
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f


def shared(a: Any) -> Any:
    b = a + a
    b.label = "b"
    return sg.relu(b * b + b) + sg.maximum(a, b)


def doubled(a: Any) -> Any:
    b = a + a
    b.label = "b"
    return b + b


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    folder = tmp_path_factory.mktemp("pages")

    def save(f: Callable[..., Any], *args: float) -> Path:
        path = folder / f"{f.__name__}.html"
        if not path.exists():
            sg.explain(f, *args).save(path)
        return path

    return save


@pytest.fixture
def page(browser: Any, saved: Callable[..., Path]) -> Iterator[Any]:
    with opened(browser, saved(product, -2.0, 5.0, -4.0)) as found:
        yield found


@pytest.fixture
def shared_page(browser: Any, saved: Callable[..., Path]) -> Iterator[Any]:
    with opened(browser, saved(shared, 1.5)) as found:
        yield found


# ------ forward


@pytest.fixture
def start(browser: Any, saved: Callable[..., Path]) -> Iterator[Any]:
    """The page as it is without an address: before the first number is computed."""
    with opened(browser, saved(product, -2.0, 5.0, -4.0), "") as found:
        yield found


def place(page: Any) -> str:
    return text(page, "#place")


def shown_values(page: Any) -> dict[str, str]:
    nodes = page.locator("#graph .node").all()
    return {
        node.get_attribute("aria-label"): node.locator(".value").text_content() for node in nodes
    }


def test_page_begins_with_the_leaves_alone(start: Any) -> None:
    assert place(start) == "forward 0 of 2"
    assert text(start, "#heading") == "f = (x + y) × z"
    assert shown_values(start) == {"x": "−2", "y": "5", "z": "−4", "q": "", "f": ""}
    assert start.locator("#graph .gradient").all_text_contents() == [""] * 5


def test_each_forward_step_computes_a_node_from_its_operands(start: Any) -> None:
    start.click("#forward")
    assert text(start, "#count") == "Compute q"
    assert text(start, "#equation") == "q = x + y = -2 + 5 = 3"
    assert text(start, "#source").endswith("q = x + y")
    assert shown_values(start)["q"] == "3" and shown_values(start)["f"] == ""
    assert start.locator(".edge.feeding").count() == 2
    start.click("#forward")
    assert text(start, "#equation") == "f = q × z = 3 × (-4) = -12"
    assert text(start, "#heading") == "f = (x + y) × z = -12"


def test_one_slider_goes_forward_to_the_seed_and_back(start: Any) -> None:
    titles = []
    for at in range(int(start.get_attribute("#position", "max")) + 1):
        start.fill("#position", str(at))
        titles.append(text(start, "#count"))
    assert titles == [
        *("Start: f", "Compute q", "Compute f", "The way back begins"),
        *(f"Step {i} of 4" for i in range(1, 5)),
    ]


@pytest.mark.parametrize("by", ["click", "key"])
def test_the_way_back_is_one_click_away(start: Any, by: str) -> None:
    start.click("#turn") if by == "click" else start.keyboard.press("b")
    assert place(start) == "back 0 of 4"
    assert text(start, "#equation") == "∂f ∂f 1 the seed"


def test_forward_steps_are_the_engines_numbers(browser: Any, saved: Callable[..., Path]) -> None:
    explained = sg.explain(shared, 1.5)
    with opened(browser, saved(shared, 1.5), "") as page:
        page.click("#all summary")
        found = numbers(page, "#nodes")
    order = [node for node in reversed(explained.nodes) if node.parents]
    assert found == [node.data for node in order]


# ------ steps


def test_step_shows_the_contribution_in_symbols_in_numbers_and_where_it_was_built(
    page: Any,
) -> None:
    page.click("#forward")
    line = "∂f ∂q -4 contribution += = ∂f ∂f 1 upstream · × ∂f ∂q -4 local"
    assert text(page, "#equation") == line
    assert text(page, "#why").startswith("f = q × z ∂f ∂q = z")
    assert text(page, "#source").startswith("test_page.py, line ")
    assert text(page, "#source").endswith("f = q * z")


def test_steps_are_those_of_the_engine(page: Any) -> None:
    explained = sg.explain(product, -2.0, 5.0, -4.0)
    assert steps(page) == [[s.upstream, s.local, s.contribution, s.total] for s in explained]


@pytest.mark.parametrize("by", ["click", "key"])
def test_forward_back_first_and_last(page: Any, by: str) -> None:
    keys = {"forward": "ArrowRight", "back": "ArrowLeft", "first": "Home", "last": "End"}
    places = []
    for move in ["forward", "forward", "back", "last", "back", "first", "forward"]:
        if by == "click":
            page.click(f"#{move}")
        else:
            page.keyboard.press(keys[move])
        places.append(place(page).rpartition(" of ")[0])
    ahead = ["back 1", "back 2", "back 1", "back 4", "back 3"]
    assert places == [*ahead, "forward 0", "forward 1"]


def test_buttons_that_lead_nowhere_are_off(start: Any) -> None:
    assert start.is_disabled("#back") and start.is_disabled("#first")
    start.click("#last")
    assert start.is_disabled("#forward") and start.is_disabled("#last")
    assert not start.is_disabled("#back")


@pytest.mark.parametrize("by", ["click", "key"])
def test_play_walks_to_the_end_and_starts_over_from_there(page: Any, by: str) -> None:
    page.select_option("#speed", "5")
    start = {"click": lambda: page.click("#play"), "key": lambda: page.keyboard.press(" ")}[by]
    page.focus("#graph")
    start()
    assert page.get_attribute("#play", "aria-label") == "Pause"
    wait_until(page, lambda: place(page) == "back 4 of 4")
    assert page.get_attribute("#play", "aria-label") == "Play"
    start()
    assert place(page) == "forward 1 of 2"


def test_pause_stops_the_playing(page: Any) -> None:
    page.select_option("#speed", "5")
    page.click("#play")
    page.click("#play")
    stopped = place(page)
    page.wait_for_timeout(700)
    assert place(page) == stopped != "back 4 of 4"


def test_slider_and_its_keys_move_through_the_steps(page: Any) -> None:
    page.fill("#position", "6")
    assert place(page) == "back 3 of 4"
    page.press("#position", "ArrowLeft")
    assert place(page) == "back 2 of 4"
    assert page.get_attribute("#position", "aria-valuetext") == "back 2 of 4"


@pytest.mark.parametrize(
    "focus", ["#position", "#speed", "#play", "#predict", "#order-engine", "#rate"]
)
def test_clicker_steps_wherever_the_focus_is(page: Any, focus: str) -> None:
    page.focus(focus)
    for key, wanted in (("PageDown", 1), ("PageDown", 2), ("PageUp", 1)):
        page.keyboard.press(key)
        assert place(page) == f"back {wanted} of 4"
    assert page.input_value("#speed") == "1"


def test_step_is_chosen_from_the_table_of_all_steps(page: Any) -> None:
    page.click("#all summary")
    page.click("#steps tbody tr:nth-child(3) button")
    assert place(page) == "back 3 of 4"
    assert page.locator("#all tr.current").count() == 1
    page.click("#nodes tbody tr:nth-child(2) button")
    assert place(page) == "forward 2 of 2"


def test_end_says_what_the_gradients_are_good_for(page: Any) -> None:
    page.click("#last")
    said = text(page, "#conclusion")
    assert "Raise x by 0.01 and f falls by about 0.04" in said
    assert said.endswith("Computed anew it falls by 0.04.")
    page.click("#back")
    assert page.is_hidden("#conclusion")


def tie(x: Any, y: Any) -> Any:
    return sg.maximum(x, y) * 2.0


def dead(w: Any, x: Any) -> Any:
    return sg.relu(w * x)


@pytest.mark.parametrize(
    ("f", "args", "said"),
    [
        (tie, (2.0, 2.0), "At x = 2 is a kink of s0: below it L has the slope 0, above it 2."),
        (dead, (-1.0, 2.0), "and all are 0: L is flat here, whichever leaf moves a little."),
        (sg.abs, (0.0,), "and all are 0."),
        (sg.sign, (0.0,), "and all are 0."),
    ],
)
def test_end_says_what_gradients_of_0_and_at_kinks_are_good_for(
    browser: Any, tmp_path: Path, f: Callable[..., Any], args: tuple[float, ...], said: str
) -> None:
    path = tmp_path / "page.html"
    sg.explain(f if len(args) > 1 else lambda x: f(x), *args).save(path)
    with opened(browser, path, "#step=99") as page:
        found = text(page, "#conclusion")
        assert found.startswith("All gradients are there") and said in found
        assert found.endswith(said) or f is tie


def test_end_moves_a_leaf_so_little_that_its_slope_foretells_the_change(
    browser: Any, saved: Callable[..., Path]
) -> None:
    def chaos(x: Any) -> Any:
        for _ in range(25):
            x = 3.9 * x * (1.0 - x)
        return x

    with opened(browser, saved(chaos, 0.3), "#step=999") as page:
        said = text(page, "#conclusion")
        assert re.search(r"Raise x by 1e-\d and", said) and "Computed anew it" in said
        assert "another already" not in said


def logarithm(x: Any) -> Any:
    return sg.exp(sg.log(x)) * 2.0


def distance(x: Any) -> Any:
    return sg.sqrt(x * x)


def pole(x: Any) -> Any:
    return (x - 1.0) / x - 1.0 / x


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (logarithm, "The first number that is not finite: s0 = log(x) = -∞."),
        (distance, "The first gradient that is not finite comes at step 1: 1 × ∞."),
        (pole, "s1 = s0 ÷ x = -∞."),
    ],
)
def test_end_says_where_numbers_stop_being_finite(
    browser: Any, saved: Callable[..., Path], f: Callable[..., Any], said: str
) -> None:
    with opened(browser, saved(f, 0.0), "#step=99") as page:
        assert said in text(page, "#conclusion")
        type_leaf(page, "x", "2")
        page.fill("#position", page.get_attribute("#position", "max"))
        assert "All gradients are there" in text(page, "#conclusion")
        type_leaf(page, "x", "-inf")
        assert text(page, "#conclusion") == "The first number that is not finite: x = -∞."


def test_computed_form_is_one_click_from_the_textbooks(
    browser: Any, saved: Callable[..., Path]
) -> None:
    def neuron(x: Any) -> Any:
        s = sg.sigmoid(x)
        return s

    with opened(browser, saved(neuron, 0.3), "#step=1") as page:
        assert text(page, "#why").startswith("s = σ(x) ∂s ∂x = s × (1 - s)")
        assert "exp" not in text(page, "#why")
        page.click("text=how it is computed")
        assert "t0 ÷ (1 + (2 × t0 + t0 × t0))" in text(page, "#why")


def test_fused_node_opens_into_its_gates_with_their_numbers(
    browser: Any, saved: Callable[..., Path]
) -> None:
    def fused(w: Any, x: Any) -> Any:
        z = sg.dot([w, 3.0], [x, 2.0], 1.0)
        return z

    with opened(browser, saved(fused, 0.5, 4.0), "#forward=1") as page:
        page.click("text=gates in one node")
        assert text(page, "#why .fold").endswith("= 9")
    with opened(browser, saved(fused, 0.5, 4.0), "#step=1") as page:
        page.click("text=gates in one node")
        said = text(page, "#why .fold")
        assert "w × x = 2" in said and said.endswith("= 9")
        type_leaf(page, "w", "2")
        page.click("text=gates in one node")
        assert text(page, "#why .fold").endswith("= 15")


# ------ the drawing


def test_edge_that_passes_nothing_on_says_so(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    sg.explain(lambda x, y: sg.sum([sg.floor(x), y]), 2.5, 1.0).save(path)
    with opened(browser, path, "#step=1") as page:
        assert "Σ is 1 gate in one node" in text(page, "#why")
        page.fill("#position", page.get_attribute("#position", "max"))
        assert "Along this edge x does not move L: nothing is passed on." in text(page, "#why")


def test_edge_and_both_its_nodes_are_lit(page: Any) -> None:
    page.click("#forward")
    assert page.locator(".edge.lit").evaluate_all("all => all.map(x => x.id)") == ["edge-0-0"]
    assert page.get_attribute(".node.consumer", "id") == "node-0"
    receiver = page.locator(".node.receiver")
    assert "q" in receiver.text_content() and receiver.count() == 1


def test_arrows_point_the_way_that_numbers_go(page: Any) -> None:
    def heads(edge: str) -> list[bool]:
        return [page.is_visible(f"#{edge} .{way}") for way in ("forward", "back")]

    assert heads("edge-0-0") == [True, False]
    page.click("#forward")
    assert heads("edge-0-0") == [False, True]
    assert heads("edge-0-1") == [True, False]


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_number_beside_the_lit_edge_covers_no_box(
    browser: Any, saved: Callable[..., Path], size: tuple[int, int]
) -> None:
    window = {"width": size[0], "height": size[1]}
    path = saved(shared, 1.5)
    with opened(browser, path, viewport=window, reduced_motion="reduce") as page:
        for _ in range(10):
            page.keyboard.press("ArrowRight")
            chip = page.locator(".tag").bounding_box()
            boxes = [x.bounding_box() for x in page.locator("#graph .frame").all()]
            assert not any(overlap(chip, box) for box in boxes)


def test_drawing_has_every_node_and_edge_by_its_name_in_the_equations(page: Any) -> None:
    assert page.locator("#graph .node").count() == 5
    assert page.locator("#graph .edge").count() == 4
    drawn = page.locator("#graph .name").all_text_contents()
    assert sorted(drawn) == ["f", "q", "x", "y", "z"]


def test_nodes_show_the_gradient_only_once_it_has_arrived(page: Any) -> None:
    shown = page.locator("#graph .gradient:is(text)")
    assert sorted(shown.all_text_contents()) == ["", "", "", "", "1"]
    page.click("#last")
    assert sorted(shown.all_text_contents()) == ["1", "3", "−4", "−4", "−4"]


def test_click_on_an_edge_or_a_node_goes_to_its_step(page: Any) -> None:
    page.locator("#edge-0-1").dispatch_event("click")
    assert text(page, "#sum-title") == "Sum at z"
    page.locator("#graph .node", has_text="x").dispatch_event("click")
    assert text(page, "#sum-title") == "Sum at x"
    page.click("#first")
    page.locator("#graph .node", has_text="q").dispatch_event("click")
    assert text(page, "#count") == "Compute q"


def view(page: Any) -> list[float]:
    return [float(x) for x in page.get_attribute("#graph svg", "viewBox").split()]


@pytest.mark.parametrize("zoom", ["#zoom-in", "+", "wheel"])
def test_zoom_in_and_back_to_the_whole(page: Any, zoom: str) -> None:
    page.wait_for_timeout(400)
    before = view(page)
    page.mouse.move(400, 300)
    page.focus("#graph")
    if zoom == "wheel":
        page.mouse.wheel(0, -200)
        wait_until(page, lambda: view(page)[2] < before[2])
    elif zoom == "+":
        page.keyboard.press("+")
    else:
        page.click(zoom)
    assert view(page)[2] < before[2]
    page.click("#zoom-fit")
    page.wait_for_timeout(500)
    assert view(page) == pytest.approx(before)
    page.click("#zoom-out")
    assert view(page)[2] > before[2]


def test_drag_moves_the_drawing_and_is_no_click(page: Any) -> None:
    box = page.locator("#graph .node").first.bounding_box()
    before = view(page)
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 65, box["y"] + 35, steps=4)
    page.mouse.up()
    assert view(page)[0] < before[0] and view(page)[1] < before[1]
    assert place(page) == "back 0 of 4"


# ------ sums and orders


def test_running_sum_counts_the_contributions_that_arrived(shared_page: Any) -> None:
    counts = []
    for _ in range(11):
        shared_page.click("#forward")
        if text(shared_page, "#sum-title") == "Sum at b":
            counts.append(text(shared_page, "#arrived"))
    assert counts == [f"{n} of 4 contributions arrived" for n in (1, 2, 3, 4)]


def test_sum_waits_for_what_is_to_come(shared_page: Any) -> None:
    shared_page.click("#forward")
    while text(shared_page, "#sum-title")[-1] != "b":
        shared_page.click("#forward")
    assert text(shared_page, "#complete").startswith("Wait: 3 still to come.")
    assert text(shared_page, "#contributions tbody").count("to come") == 3


def test_naive_order_gets_the_lectures_counterexample_wrong(
    browser: Any, saved: Callable[..., Path]
) -> None:
    with opened(browser, saved(doubled, 3.0)) as page:
        page.click("text=Naive depth first")
        page.click("#last")
        assert text(page, "#conclusion").endswith("wrong: ∂L/∂a is 2, should be 4.")
        assert text(page, "#complete") == "Too late: b has passed on 1 already; this 1 is lost."
        assert numbers(page, "#leaves .gradient") == [2.0]
        assert page.locator("#leaves .mark.wrong").count() == 1
        assert page.locator("#graph .node.wrong").count() == 1
        page.click("text=Topological order")
        assert numbers(page, "#leaves .gradient") == [4.0]
        assert "All gradients are there" in text(page, "#conclusion")


def test_naive_order_walks_as_the_explanation_does(shared_page: Any) -> None:
    shared_page.keyboard.press("d")
    naive = sg.explain(shared, 1.5).naive
    assert steps(shared_page) == [[s.upstream, s.local, s.contribution, s.total] for s in naive]
    early = [i for i, step in enumerate(naive, 1) if not step.ready]
    turn = sum(1 for node in sg.explain(shared, 1.5).nodes if node.parents) + 1
    shared_page.fill("#position", str(turn + early[0]))
    assert text(shared_page, "#warning").startswith(
        "Too early: b passes its gradient on with 1 of 4"
    )


def test_patterns_are_named_where_they_occur(shared_page: Any) -> None:
    seen = set()
    for _ in range(11):
        shared_page.click("#forward")
        seen.update(shared_page.locator("#pattern .pill").all_text_contents())
    assert seen == {"add distributes", "multiply swaps", "max routes", "copy sums"}
