"""The chip, the local gradient that stands at the edge of a step: it covers nothing. And where the
other end of the edge is out of view, a pointer to it at the border."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.losses import squared_error
from scalargrad.nn import MLP
from tests.support.browser import opened, wait_until

WINDOWS = [(1440, 900), (1024, 768), (390, 844)]
LEAST = 11.0
"""Pixels: nothing that is to be read is smaller."""

COVERED = """() => {
  const tag = document.querySelector("#graph .tag");
  if (!tag) return null;
  const chip = tag.querySelector("rect").getBoundingClientRect();
  const meets = (r) =>
    r.left < chip.right - 0.5 && chip.left + 0.5 < r.right &&
    r.top < chip.bottom - 0.5 && chip.top + 0.5 < r.bottom;
  const boxes = [...document.querySelectorAll("#graph .node .frame, #graph .dots, #graph .told")];
  const nodes = boxes.filter((x) => meets(x.getBoundingClientRect())).length;
  const svg = document.querySelector("#graph svg");
  const { a, e, f } = svg.getScreenCTM();
  const pointsOf = (path) => {
    const line = path.getAttribute("d");
    if (path.known !== line) {
      const length = path.getTotalLength();
      const places = Array.from({ length: Math.ceil(length / 3) }, (_, k) => 3 * k);
      Object.assign(path, { known: line, points: places.map((at) => path.getPointAtLength(at)) });
    }
    return path.points.map(({ x, y }) => ({ x: a * x + e, y: a * y + f }));
  };
  const gap = (path) => {
    const gaps = pointsOf(path).map(({ x, y }) => Math.hypot(
      Math.max(chip.left - x, x - chip.right, 0), Math.max(chip.top - y, y - chip.bottom, 0)));
    return Math.min(...gaps) / a;
  };
  const others = [...document.querySelectorAll("#graph .edge:not(.lit) .line")].map(gap);
  const edges = others.filter((x) => x < 0.5).length;
  const lit = document.querySelector("#graph .edge.lit .line");
  const nearer = Math.min(...others) < gap(lit) - 1;
  const leader = tag.querySelector("path");
  const end = leader.getPointAtLength(leader.getTotalLength());
  const led = Math.min(...pointsOf(lit).map(({ x, y }) =>
    Math.hypot(a * end.x + e - x, a * end.y + f - y)));
  const pane = document.getElementById("graph").getBoundingClientRect();
  const out = chip.left < pane.left - 1 || chip.right > pane.right + 1 ||
    chip.top < pane.top - 1 || chip.bottom > pane.bottom + 1;
  return { nodes, edges, out, nearer, led: led < 3 * a };
}"""


def gates(w0: Any, x0: Any, w1: Any, x1: Any, w2: Any) -> Any:
    return 1.0 / (1.0 + sg.exp(-(w0 * x0 + w1 * x1 + w2)))


def shared(a: Any) -> Any:
    b = a + a
    return b + b


def larger(x: Any, y: Any) -> Any:
    return sg.maximum(x, y) * x


LESSONS: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
    "gates": (gates, (2.0, -1.0, -3.0, -2.0, -3.0)),
    "shared": (shared, (3.0,)),
    "larger": (larger, (2.0, 3.0)),
}


def anything(seed: int) -> Value:
    chance = random.Random(seed)
    nodes = [Value(chance.uniform(-2.0, 2.0)) for _ in range(5)]
    for _ in range(20):
        a, b = chance.choices(nodes[-8:], k=2)
        nodes.append(chance.choice([a * b, sg.sin(a), a + b]))
    return sg.sum(nodes[-3:])


def network() -> Value:
    sg.seed(1)
    return squared_error(MLP(2, [4, 1])([0.5, -1.0]), 1.0)


def covered(browser: Any, path: Path, size: tuple[int, int]) -> list[dict[str, Any]]:
    """What the chip covers at every step of the way back, whether another edge is nearer to it than
    its own, and whether the line from it ends on its own."""
    window = {"width": size[0], "height": size[1]}
    found = []
    with opened(browser, path, viewport=window, reduced_motion="reduce") as page:
        first, last = (
            int(page.input_value("#position")),
            int(page.get_attribute("#position", "max")),
        )
        for at in range(first + 1, last + 1):
            page.fill("#position", str(at))
            found.append(page.evaluate(COVERED))
    return found


@pytest.mark.parametrize("size", WINDOWS)
@pytest.mark.parametrize("name", LESSONS)
def test_chip_covers_nothing_in_the_graphs_of_lessons(
    browser: Any, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    f, args = LESSONS[name]
    sg.explain(f, *args).save(tmp_path / "page.html")
    found = covered(browser, tmp_path / "page.html", size)
    alone = {"nodes": 0, "edges": 0, "out": False, "nearer": False, "led": True}
    assert found == [alone] * len(found)


@pytest.mark.parametrize("size", WINDOWS)
@pytest.mark.parametrize("root", [network, *(lambda k=k: anything(k) for k in range(3))])
def test_chip_covers_no_node_and_few_edges_in_any_graph(
    browser: Any, tmp_path: Path, root: Callable[[], Value], size: tuple[int, int]
) -> None:
    sg.explain(root()).save(tmp_path / "page.html")
    found = covered(browser, tmp_path / "page.html", size)
    assert [x["nodes"] or x["out"] for x in found] == [0] * len(found)
    assert sum(bool(x["edges"]) for x in found) <= len(found) / 3
    # where nothing else is free, the line leads from the chip to its edge
    assert sum(x["nearer"] for x in found) <= len(found) / 6 and all(x["led"] for x in found)


# ------ an end of the edge out of view

ENDS = """() => {
  const pane = document.getElementById("graph").getBoundingClientRect();
  const within = (r) => r.left >= pane.left - 4 && r.right <= pane.right + 4 &&
    r.top >= pane.top - 4 && r.bottom <= pane.bottom + 4;
  return ["consumer", "receiver"].map((role) => {
    const frame = document.querySelector(`#graph .node.${role} .frame`).getBoundingClientRect();
    const pointer = document.querySelector(`.pointer.${role}`);
    const name = document.querySelector(`#graph .node.${role} .name`).textContent;
    const isShown = !pointer.hidden && within(pointer.getBoundingClientRect());
    return { seen: within(frame), pointed: isShown && pointer.textContent.includes(name),
      size: parseFloat(getComputedStyle(pointer).fontSize) };
  });
}"""


@pytest.mark.parametrize("size", WINDOWS)
def test_both_ends_of_every_edge_are_in_view_or_pointed_to(
    browser: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    sg.seed(0)
    model = MLP(4, [16, 4])
    sg.explain(lambda *x: sg.sum(model(x)), 0.1, -0.4, 0.3, 0.9).save(tmp_path / "page.html")
    window = {"width": size[0], "height": size[1]}
    pointed = 0
    address = "#whole&step=0"
    with opened(
        browser, tmp_path / "page.html", address, viewport=window, reduced_motion="reduce"
    ) as page:
        first, last = (
            int(page.input_value("#position")),
            int(page.get_attribute("#position", "max")),
        )
        for at in range(first + 1, last + 1, 5):
            page.fill("#position", str(at))
            ends = page.evaluate(ENDS)
            assert all(x["seen"] != x["pointed"] and x["size"] >= LEAST for x in ends), at
            if ends[1]["pointed"]:
                pointed += 1
                page.click(".pointer.receiver")
                wait_until(page, lambda: page.evaluate(ENDS)[1]["seen"])
                assert page.evaluate(ENDS)[0]["seen"] != page.evaluate(ENDS)[0]["pointed"]
    assert pointed or size[0] > 1000


def test_drawing_moved_away_by_hand_is_pointed_to(browser: Any, tmp_path: Path) -> None:
    sg.explain(gates, 2.0, -1.0, -3.0, -2.0, -3.0).save(tmp_path / "page.html")
    with opened(browser, tmp_path / "page.html", "#step=3", reduced_motion="reduce") as page:
        assert page.locator(".pointer:visible").count() == 0
        box = page.locator("#graph").bounding_box()
        page.mouse.move(box["x"] + 300, box["y"] + 300)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, box["y"] - 600, steps=3)
        page.mouse.up()
        assert page.locator(".pointer:visible").count() == 2
        page.click(".pointer.consumer")
        assert page.locator(".pointer:visible").count() == 0
