"""The page that explains a backward pass, in a real browser: every control of it.

f = (x + y)·z of the lectures: x = −2, y = 5, z = −4; ∂f/∂x = ∂f/∂y = −4, ∂f/∂z = 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from tests.support.browser import numbers, opened, steps, text, wait_until


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


# ------ steps


def place(page: Any) -> str:
    return text(page, "#place")


def test_page_begins_at_the_root_with_the_seed(page: Any) -> None:
    assert text(page, "#heading") == "f = -12.0"
    assert text(page, "#count") == "Start: f"
    assert text(page, "#equation") == "∂f ∂f 1.0 seed"
    assert place(page) == "0 / 4"


def test_step_shows_the_contribution_in_symbols_in_numbers_and_where_it_was_built(
    page: Any,
) -> None:
    page.click("#forward")
    line = "∂f ∂q -4.0 contribution += = ∂f ∂f 1.0 upstream · × ∂f ∂q -4.0 local"
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
        places.append(place(page)[0])
    assert places == ["1", "2", "1", "4", "3", "0", "1"]


def test_buttons_that_lead_nowhere_are_off(page: Any) -> None:
    assert page.is_disabled("#back") and page.is_disabled("#first")
    page.click("#last")
    assert page.is_disabled("#forward") and page.is_disabled("#last")
    assert not page.is_disabled("#back")


@pytest.mark.parametrize("by", ["click", "key"])
def test_play_walks_to_the_end_and_starts_over_from_there(page: Any, by: str) -> None:
    page.select_option("#speed", "5")
    start = {"click": lambda: page.click("#play"), "key": lambda: page.keyboard.press(" ")}[by]
    page.focus("#graph")
    start()
    assert page.get_attribute("#play", "aria-label") == "Pause"
    wait_until(page, lambda: place(page) == "4 / 4")
    assert page.get_attribute("#play", "aria-label") == "Play"
    start()
    assert place(page) == "1 / 4"


def test_pause_stops_the_playing(page: Any) -> None:
    page.select_option("#speed", "5")
    page.click("#play")
    page.click("#play")
    stopped = place(page)
    page.wait_for_timeout(700)
    assert place(page) == stopped != "4 / 4"


def test_slider_and_its_keys_move_through_the_steps(page: Any) -> None:
    page.fill("#position", "3")
    assert place(page) == "3 / 4"
    page.press("#position", "ArrowLeft")
    assert place(page) == "2 / 4"
    assert page.get_attribute("#position", "aria-valuetext") == "step 2 of 4"


def test_step_is_chosen_from_the_table_of_all_steps(page: Any) -> None:
    page.click("#all summary")
    page.click("#steps tbody tr:nth-child(3) button")
    assert place(page) == "3 / 4"
    assert page.locator("#steps tr.current").count() == 1


# ------ the drawing


def test_edge_and_both_its_nodes_are_lit(page: Any) -> None:
    page.click("#forward")
    assert page.locator(".edge.lit").evaluate_all("all => all.map(x => x.id)") == ["edge-0-0"]
    assert page.get_attribute(".node.consumer", "id") == "node-0"
    receiver = page.locator(".node.receiver")
    assert "q" in receiver.text_content() and receiver.count() == 1


def test_drawing_has_every_node_and_edge_by_its_name_in_the_equations(page: Any) -> None:
    assert page.locator("#graph .node").count() == 5
    assert page.locator("#graph .edge").count() == 4
    drawn = page.locator("#graph .node").all_text_contents()
    assert all(any(name in node for node in drawn) for name in "xyzqf")


def test_nodes_show_the_gradient_only_once_it_has_arrived(page: Any) -> None:
    shown = page.locator("#graph .node text:last-of-type")
    assert sorted(shown.all_text_contents()) == ["1.0", "—", "—", "—", "—"]
    page.click("#last")
    assert sorted(shown.all_text_contents()) == ["1.0", "3.0", "−4.0", "−4.0", "−4.0"]


def test_click_on_an_edge_or_a_node_goes_to_its_step(page: Any) -> None:
    page.locator("#edge-0-1 path").dispatch_event("click")
    assert text(page, "#sum-title") == "Sum at z"
    page.locator("#graph .node", has_text="x").dispatch_event("click")
    assert text(page, "#sum-title") == "Sum at x"


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
    assert place(page) == "0 / 4"


# ------ sums and orders


def test_running_sum_counts_the_contributions_that_arrived(shared_page: Any) -> None:
    counts = []
    for _ in range(11):
        shared_page.click("#forward")
        if text(shared_page, "#sum-title") == "Sum at b":
            counts.append(text(shared_page, "#arrived"))
    assert counts == [f"{n} of 4 contributions arrived" for n in (1, 2, 3, 4)]


def test_sum_waits_for_what_is_to_come(shared_page: Any) -> None:
    while text(shared_page, "#count")[:5] == "Start" or text(shared_page, "#sum-title")[-1] != "b":
        shared_page.click("#forward")
    assert text(shared_page, "#complete").startswith("Wait: 3 still to come.")
    assert text(shared_page, "#contributions tbody").count("to come") == 3


def test_naive_order_gets_the_lectures_counterexample_wrong(
    browser: Any, saved: Callable[..., Path]
) -> None:
    with opened(browser, saved(doubled, 3.0)) as page:
        page.click("text=Naive depth first")
        page.click("#last")
        assert text(page, "#warning").endswith("wrong: ∂L/∂a is 2.0, should be 4.0.")
        assert numbers(page, "#leaves .gradient") == [2.0]
        assert page.locator("#leaves .mark.wrong").count() == 1
        assert page.locator("#graph .node.wrong").count() == 1
        page.click("text=Topological order")
        assert numbers(page, "#leaves .gradient") == [4.0]
        assert page.is_hidden("#warning")


def test_naive_order_walks_as_the_explanation_does(shared_page: Any) -> None:
    shared_page.keyboard.press("d")
    naive = sg.explain(shared, 1.5).naive
    assert steps(shared_page) == [[s.upstream, s.local, s.contribution, s.total] for s in naive]
    early = [i for i, step in enumerate(naive, 1) if not step.ready]
    shared_page.fill("#position", str(early[0]))
    assert text(shared_page, "#warning").startswith(
        "Too early: b passes its gradient on with 1 of 4"
    )


def test_patterns_are_named_where_they_occur(shared_page: Any) -> None:
    seen = set()
    for _ in range(11):
        shared_page.click("#forward")
        seen.update(shared_page.locator("#pattern .pill").all_text_contents())
    assert seen == {"add distributes", "multiply swaps", "max routes", "copy sums"}
