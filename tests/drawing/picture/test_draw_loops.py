"""Loops in a drawing: the body once, in a frame that tells how often it ran, and dashed edges from
an iteration to the next."""

from __future__ import annotations

import re
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.drawing.picture.loops import Loops
from scalargrad.drawing.picture.selection import Numbering


def swing(steps: int) -> Any:
    angle, speed = sg.Value(1.0, label="angle"), sg.Value(0.0, label="speed")
    for _ in range(steps):
        speed = speed - 0.01 * sg.sin(angle)
        angle = angle + 0.01 * speed
    angle.label, speed.label = "angle", "speed"
    return angle


def filtered(xs: list[Any], gain: Any) -> Any:
    at = sg.Value(0.0)
    for x in xs:
        at = at + gain * (x - at)
    return at


def boxes(drawing: Any) -> int:
    return int(re.search(r" in (\d+) box", repr(drawing))[1])


def test_a_long_loop_shows_its_body_once() -> None:
    root = swing(1000)
    root.backward()
    drawing = sg.draw(root)
    assert boxes(drawing) == 12
    assert "loop × 999: 5 operators, carries speed, angle" in drawing.dot
    assert drawing.dot.count("style=dashed") == 3


def test_a_folded_box_tells_the_range_over_the_iterations() -> None:
    root = swing(200)
    root.backward()
    node, found = root, []
    while node.op:
        found.append(node.data)
        node = node.parents[0]
    low, high = (f"{x:.4g}".replace("-", "−") for x in (min(found), max(found[:-1])))
    assert f"{low} … {high}" in sg.draw(root).dot


def test_a_constant_that_is_the_same_each_time_stands_in_the_box() -> None:
    assert sg.draw(swing(200)).dot.count(">0.01 ×<") == 4


def test_data_that_a_loop_walks_over_shares_a_box() -> None:
    root = filtered([sg.Value(0.1 * k) for k in range(100)], sg.Value(0.5, label="gain"))
    drawing = sg.draw(root)
    assert re.search(r"9\d leaves", drawing.dot) and boxes(drawing) < 20


def test_folding_is_an_option() -> None:
    small, large = swing(5), swing(200)
    assert boxes(sg.draw(small)) == 27 > boxes(sg.draw(small, fold=True))
    assert "loop ×" not in sg.draw(large, fold=False).dot


def test_a_loop_that_hands_nothing_on_is_folded_where_that_is_asked() -> None:
    root = sg.sum([sg.exp(sg.sin(sg.Value(0.1 * k))) for k in range(60)])
    assert "loop ×" not in sg.draw(root).dot
    assert "loop × 60: 2 operators" in sg.draw(root, fold=True).dot


def test_neurons_of_a_layer_are_no_recurrent_loop() -> None:
    model = nn.MLP(4, [16, 16, 1])
    loops = Loops(Numbering([model([0.1, 0.2, 0.3, 0.4])]))
    assert loops.titles() and not loops.recurrent()


def test_loops_within_loops_are_folded_into_one_body() -> None:
    x = sg.Value(0.3)
    for _ in range(30):
        for _ in range(10):
            x = sg.sin(x) + 0.1
        x = x * 0.5
    drawing = sg.draw(x)
    assert drawing.dot.count("cluster_loop_") <= 2 and boxes(drawing) < 12


def test_every_node_has_the_place_of_its_operator() -> None:
    graph = Numbering([swing(50)])
    loops = Loops(graph)
    parts: dict[Any, set[Any]] = {}
    for i, place in loops.places.items():
        parts.setdefault((place.loop, place.part), set()).add(graph.nodes[i].op)
    assert len(parts) == 5 and all(len(rows) == 1 for rows in parts.values())
    assert len(loops.places) == 49 * 5


def test_a_compiled_function_draws_its_loops_folded() -> None:
    def f(angle: Any, speed: Any) -> Any:
        for _ in range(700):
            speed = speed - 0.01 * sg.sin(angle)
            angle = angle + 0.01 * speed
        return angle

    dot = sg.compile(f).draw(1.0, 0.0, gradient=True).dot
    assert dot.count("loop × ") == 2 and "carries ∂f/∂angle, ∂f/∂speed" in dot


@pytest.mark.parametrize("limit", [1, 3, 12, 40])
def test_the_limit_holds_with_loops(limit: int) -> None:
    assert boxes(sg.draw(swing(300), limit=limit)) <= max(limit, 2)
