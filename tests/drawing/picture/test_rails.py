"""Drawings of graphs with long edges: quick to lay out, with every edge in its place."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing.page.rails import SPAN, railed, ranks
from scalargrad.drawing.picture.links import Link


def chain(n: int) -> list[Link]:
    """x, and n nodes above each other that all use x."""
    steps = [Link(f"s{i}", f"n{i - 1}" if i else "x", f"n{i}") for i in range(n)]
    return steps + [Link(f"x{i}", "x", f"n{i}") for i in range(n)]


def names(n: int) -> list[str]:
    return ["x", *(f"n{i}" for i in range(n))]


def test_ranks_are_the_longest_ways_from_the_leaves() -> None:
    assert ranks(chain(4), names(4)) == {"x": 0, "n0": 1, "n1": 2, "n2": 3, "n3": 4}


def test_a_drawing_without_many_long_edges_has_no_rails() -> None:
    links = chain(20)
    assert railed(links, names(20)) == (links, [])


def test_every_edge_stays_and_none_is_long_beside_its_rail() -> None:
    n = 100
    links, pieces = railed(chain(n), names(n))
    assert sorted(x.name for x in links) == sorted(x.name for x in chain(n))
    assert {x.name: x.head for x in links} == {x.name: x.head for x in chain(n)}
    assert [end for end, _ in pieces] == ["x", *(point for _, point in pieces[:-1])]
    assert len(pieces) == pytest.approx(n / SPAN, rel=0.2)
    # edges from the same end go to neighbours
    for end in {link.tail for link in links if link.name[0] == "x"}:
        heads = [int(link.head[1:]) for link in links if link.name[0] == "x" and link.tail == end]
        assert max(heads) - min(heads) <= SPAN


def test_a_leaf_used_all_along_a_long_chain_is_laid_out_in_seconds(tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz")
    x = Value(0.5, "x")
    y = x
    for _ in range(300):
        y = y * x
    y.backward()
    start = time.process_time()
    sg.explain(y).save(tmp_path / "chain.html")
    assert time.process_time() - start < 5.0
    text = (tmp_path / "chain.html").read_text(encoding="utf-8")
    assert len(set(re.findall(r'id="(edge-\d+-\d)"', text))) == 600
