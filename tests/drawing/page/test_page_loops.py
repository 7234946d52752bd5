"""The page of a long loop: its body once, with the numbers of the iteration that is at work, and
every iteration for who asks for it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.drawing.page.summary import summary
from tests.support.browser import opened, text, type_leaf, wait_until

STEPS = 60


def swing(angle: Any, speed: Any) -> Any:
    for _ in range(STEPS):
        speed = speed - 0.01 * sg.sin(angle)
        angle = angle + 0.01 * speed
    return angle


@pytest.fixture(scope="module")
def page_of_a_loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loops") / "page.html"
    sg.explain(swing, 1.0, 0.0).save(path)
    return path


def frame(page: Any) -> str:
    return str(page.locator("#graph .told").text_content())


def test_the_body_stands_in_a_frame_once(browser: Any, page_of_a_loop: Path) -> None:
    with opened(browser, page_of_a_loop) as page:
        assert page.locator("#graph .node").count() == 12
        assert frame(page).startswith("loop × 59: 5 operators, carries 2 numbers")
        assert page.locator("#graph .edge.next").count() == 3
        assert "a loop shows its body once" in text(page, "#summary")


def test_a_box_shows_the_number_of_the_iteration_at_work(
    browser: Any, page_of_a_loop: Path
) -> None:
    steps = sg.explain(swing, 1.0, 0.0)
    found = summary(steps)
    assert found is not None
    place = {node: i for i, node in enumerate(steps.nodes)}
    for at in (7, 120, 262):
        step = steps[at - 1]
        turn = found["turns"][place[step.consumer]]
        with opened(browser, page_of_a_loop, f"#step={at}&digits") as page:
            assert frame(page).endswith(f"now {turn + 1}")
            box = page.locator("#graph .node.consumer .value").text_content()
            # a number that goes to the iteration before stands in its box
            boxes = [found["of"][place[x]] for x in (step.consumer, step.parent)]
            shown = step.parent if boxes[0] == boxes[1] else step.consumer
            assert float(box.replace("−", "-")) == pytest.approx(shown.data, rel=1e-3)
            assert page.locator("#graph .edge.lit").count() == 1


def growth(x: Any) -> Any:
    s = x * 1.0
    for i in range(100):
        s = s + sg.sin(s) * (0.01 * (i + 1))
    return s


def test_boxes_show_the_iteration_at_work_in_the_naive_order_too(
    browser: Any, tmp_path: Path
) -> None:
    steps = sg.explain(growth, 0.5)
    found = summary(steps)
    assert found is not None
    place = {node: i for i, node in enumerate(steps.nodes)}
    steps.save(tmp_path / "page.html")
    for at in (50, 200, 300):
        step = steps.naive[at - 1]
        turn = found["turns"][place[step.consumer]]
        boxes = {found["of"][place[x]]: x for x in (step.consumer, step.parent)}
        with opened(browser, tmp_path / "page.html", f"#step={at}&order=naive") as page:
            assert turn < 0 or frame(page).endswith(f"now {turn + 1}")
            for box, node in boxes.items():
                value = page.locator(f"#node-{box} .value").text_content()
                assert float(value.replace("−", "-")) == pytest.approx(node.data, rel=1e-3)


def test_an_edge_to_a_later_iteration_is_lit(browser: Any, page_of_a_loop: Path) -> None:
    steps = sg.explain(swing, 1.0, 0.0)
    found = summary(steps)
    assert found is not None
    place = {node: i for i, node in enumerate(steps.nodes)}
    turns = [[found["turns"][place[x]] for x in (s.consumer, s.parent)] for s in steps]
    carried = next(k for k, (a, b) in enumerate(turns, 1) if a > b >= 0)
    with opened(browser, page_of_a_loop, f"#step={carried}") as page:
        assert page.locator("#graph .edge.next.lit").count() == 1
        assert page.locator("#graph .tag").count() == 1


def test_every_iteration_is_shown_to_who_asks(browser: Any, page_of_a_loop: Path) -> None:
    page = browser.new_page()
    page.goto(f"{page_of_a_loop.as_uri()}#step=20&order=naive")
    type_leaf(page, "angle", "pi/4")
    # not through the click: the page unloads before a driver has its answer
    for count in (300, 12):
        is_whole = count > 100
        page.click("#fold")
        wait_until(page, lambda: (page.locator("#graph .node").count() > 100) is is_whole)  # noqa: B023
        assert page.evaluate("location.hash").endswith("whole") is is_whole
        # the place, the way of walking and the reader's numbers are as before
        assert text(page, "#place").startswith("back 20 of")
        assert page.is_checked("#order-naive") and page.is_visible("#reset")
        field = page.get_by_label("Value of angle", exact=True)
        field.focus()
        assert float(field.input_value()) == math.pi / 4
    page.close()


def test_edges_between_boxes_that_use_each_other_are_drawn() -> None:
    steps = sg.explain(swing, 1.0, 0.0)
    found = summary(steps)
    assert found is not None and found["whole"] and len(found["loops"]) == 1
    place = {node: i for i, node in enumerate(steps.nodes)}
    for step in steps:
        i, j = place[step.consumer], place[step.parent]
        box, parent = found["of"][i], found["of"][j]
        assert parent in found["boxes"][box]["parents"] + found["boxes"][box]["next"]


def test_a_short_loop_is_drawn_whole() -> None:
    def few(x: Any) -> Any:
        for _ in range(20):
            x = sg.sin(x) + 0.1
        return x

    assert summary(sg.explain(few, 0.3)) is None
