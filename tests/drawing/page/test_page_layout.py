"""The layout of the page's drawing: quick for any graph, without Graphviz, nothing on top of
another."""

from __future__ import annotations

import inspect
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing.page.summary import summary
from scalargrad.drawing.picture.view import LIMIT
from scalargrad.losses import squared_error
from scalargrad.nn import MLP
from tests.support.browser import numbers, opened, text


def chain(n: int) -> Any:
    """A leaf that is used all along a chain."""
    x = y = Value(0.5)
    for _ in range(n // 2):
        y = sg.sin(y) * x
    return y


def anything(n: int) -> Any:
    chance = random.Random(n)
    nodes = [Value(chance.random()) for _ in range(n // 8)]
    for _ in range(n):
        a, b = chance.choices(nodes[-n // 5 :], k=2)
        nodes.append(a * b if chance.random() < 0.5 else sg.sin(a))
    return sg.sum(nodes[-3:])


def network(n: int) -> Any:
    sg.seed(1)
    model = MLP(8, [n // 30, 16, 1])
    return squared_error(model([0.1 * i for i in range(8)]), 1.0)


def star(n: int) -> Any:
    return sg.sum([Value(float(i)) for i in range(n)])


MAKERS = (chain, anything, network, star)
PLACES = """() => [...document.querySelectorAll("#graph .node")].map((group) => {
    const { e, f } = group.transform.baseVal.consolidate().matrix;
    const { x, y, width, height } = group.querySelector(".frame");
    const [left, top] = [e + x.baseVal.value, f + y.baseVal.value];
    return [left, top, left + width.baseVal.value, top + height.baseVal.value];
})"""
ENDS = """() => Object.fromEntries([...document.querySelectorAll("#graph .edge")].map((group) => {
    const path = group.querySelector(".line");
    const [start, end] = [0, path.getTotalLength()].map((at) => path.getPointAtLength(at));
    return [group.id, [start.x, start.y, end.x, end.y]];
}))"""
WIDTHS = [1440, 390]
"""Of the window: the graph runs to the right in one, down in the other."""


def overlapping(boxes: list[list[float]]) -> list[tuple[list[float], list[float]]]:
    boxes = sorted(boxes)
    found = []
    for i, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[i + 1 :]:
            if other[0] >= right:
                break
            if other[1] < bottom and top < other[3]:
                found.append(([left, top, right, bottom], other))
    return found


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_box_lies_on_another_and_every_edge_ends_at_its_boxes(
    browser: Any, tmp_path: Path, make: Callable[[int], Any], width: int
) -> None:
    root = make(60)
    steps = sg.explain(root)
    steps.save(tmp_path / "page.html")
    index = {node: i for i, node in enumerate(steps.nodes)}
    viewport = {"width": width, "height": 900}
    with opened(browser, tmp_path / "page.html", viewport=viewport) as page:
        places, ends = page.evaluate(PLACES), page.evaluate(ENDS)
    boxes = dict(enumerate(places))
    assert overlapping(places) == []
    assert len(ends) == len(steps)
    for step in steps:
        x0, y0, x1, y1 = ends[f"edge-{index[step.consumer]}-{step.operand}"]
        for (x, y), node in (((x0, y0), step.parent), ((x1, y1), step.consumer)):
            left, top, right, bottom = boxes[index[node]]
            assert left - 0.2 <= x <= right + 0.2 and top - 0.2 <= y <= bottom + 0.2


def busy(browser: Any, path: Path) -> float:
    """The processor's seconds that the page's thread takes until the page stands."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.as_uri())
    page.wait_for_selector("#graph .node")
    metrics = session.send("Performance.getMetrics")["metrics"]
    context.close()
    return float(next(x["value"] for x in metrics if x["name"] == "TaskDuration"))


@pytest.mark.parametrize("make", MAKERS)
def test_page_of_600_nodes_is_made_and_opened_in_two_seconds(
    browser: Any, tmp_path: Path, make: Callable[[int], Any]
) -> None:
    root = make(600)
    start = process_time()
    sg.explain(root).save(tmp_path / "page.html")
    making = process_time() - start
    assert making + min(busy(browser, tmp_path / "page.html") for _ in range(3)) < 2.0


WITHOUT_GRAPHVIZ = """
import sys
sys.modules["graphviz"] = sys.modules["pygraphviz"] = None
import scalargrad as sg
page = sg.explain(lambda x, y: x * y + x, 2.0, 3.0).page()
print(len(page) > 50_000)
"""


def test_page_needs_no_graphviz() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_GRAPHVIZ],
        env={"PATH": "", "PYTHONPATH": str(Path(sg.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


def test_page_of_30_nodes_weighs_no_more_than_150_kilobytes() -> None:
    sg.seed(1)
    steps = sg.explain(MLP(2, [4, 1], activation=sg.tanh), [0.5, -1.0])
    assert 25 <= len(steps.nodes) <= 35
    assert len(steps.page().encode()) < 150_000


# ------ too large to be drawn node by node


def test_large_graph_is_drawn_as_draw_sums_it_up_and_walked_node_by_node(
    browser: Any, tmp_path: Path
) -> None:
    sg.seed(1)
    model = MLP(16, [60, 20, 1])
    steps = sg.explain(squared_error(model([0.1 * i for i in range(16)]), 1.0))
    assert len(steps.nodes) > 1000
    steps.save(tmp_path / "page.html")
    assert busy(browser, tmp_path / "page.html") < 3.0
    with opened(browser, tmp_path / "page.html", "#step=3") as page:
        boxes = page.locator("#graph .node")
        assert 5 < boxes.count() <= LIMIT
        assert "leaves" in "".join(boxes.all_text_contents())
        assert page.locator("#graph .node:is(.consumer, .receiver)").count() == 2
        assert page.locator("#graph .edge.lit").count() == 1
        page.click("#forward")
        wanted = steps[3]
        (contribution, upstream, local) = numbers(page, "#equation")
        assert contribution == wanted.contribution
        assert (upstream, local) == (wanted.upstream, wanted.local)
        page.click("#last")
        assert "All gradients are there" in text(page, "#conclusion")


@pytest.mark.parametrize("make", [chain, network, star])
def test_every_node_of_a_large_graph_is_in_one_box(make: Callable[[int], Any]) -> None:
    steps = sg.explain(make(3000))
    found = summary(steps)
    assert found is not None and len(found["of"]) == len(steps.nodes)
    assert set(found["of"]) == set(range(len(found["boxes"])))
    assert found["of"][0] == 0
    for k, box in enumerate(found["boxes"]):
        assert all(k < parent < len(found["boxes"]) for parent in box["parents"])
        if box["node"] >= 0:
            assert found["of"].count(k) == 1 and found["of"][box["node"]] == k
    assert summary(sg.explain(make(100))) is None


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("n", [60, 200, 400])
def test_page_and_drawing_sum_up_the_same_graphs(make: Callable[[int], Any], n: int) -> None:
    root = make(n)
    steps = sg.explain(root)
    found, drawn = summary(steps), sg.draw(root)
    is_large = len(steps.nodes) > LIMIT
    assert (found is None) != is_large
    assert (f"limit={len(steps.nodes)} shows each node" in repr(drawn)) == is_large
    if found is not None:
        assert f"in {len(found['boxes'])} box" in repr(drawn)
        whole = sg.draw(root, limit=len(steps.nodes), fold=False)
        assert f"in {len(steps.nodes)} boxes>" in repr(whole)


def test_limit_of_drawings_is_that_of_the_page() -> None:
    assert inspect.signature(sg.draw).parameters["limit"].default == LIMIT


def test_summary_says_how_to_see_every_node(browser: Any, tmp_path: Path) -> None:
    root = network(300)
    count = len(sg.explain(root).nodes)
    assert LIMIT < count < 1000
    sg.explain(root).save(tmp_path / "page.html")
    with opened(browser, tmp_path / "page.html", "") as page:
        assert "a box stands for nodes that are alike" in text(page, "#said-of-all")
        assert text(page, "#fold") == "Show every node"
        context = page.context
        again = context.new_page()
        again.goto(f"{(tmp_path / 'page.html').as_uri()}#whole")
        assert again.locator("#graph .node").count() == count
        assert text(again, "#fold") == "Show the summary"
