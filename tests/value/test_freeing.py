"""The pure engine's landings, which break the fall where Python frees a deep graph by recursion."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest

from scalargrad import freeing, methods, ops, value
from scalargrad.rows import BUILT_IN
from scalargrad.value import Value

TALLEST = 7
DEPTH = 100
BUILD: dict[str, Callable[[Any, Any], Any]] = {
    "two Values": lambda y, x: y * x,
    "one Value": lambda y, x: -y,
    "a constant after": lambda y, x: y - 2.0,
    "a constant before": lambda y, x: 2.0 - y,
    "a list": lambda y, x: ops.dot([x, y], [x, 0.5]),
}


def limit(patched: pytest.MonkeyPatch, tallest: int) -> None:
    """Let nodes be that tall and no taller; 0: without a limit."""
    patched.setattr(value, "TALLEST", tallest)
    for op in BUILT_IN.values():
        for name, method in methods.methods_of(op, tallest):
            patched.setattr(Value, name, method)


@pytest.fixture(autouse=True)
def landings(monkeypatch: pytest.MonkeyPatch, gc_off: None) -> None:
    limit(monkeypatch, TALLEST)


def chain(build: Callable[[Any, Any], Any], x: Value) -> list[Value]:
    nodes = [x]
    for _ in range(DEPTH):
        nodes.append(build(nodes[-1], x))
    return nodes


def seen(nodes: list[Value]) -> list[Any]:
    """All that users see of the nodes, the operands by their place in the list."""
    place = {node: f"node {i}" for i, node in enumerate(nodes)}
    return [
        (v.data, v.grad, v.partials, [place.get(x, x) for x in v.operands], len(v.parents))
        for v in nodes
    ]


def without_landings(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> Any:
    with monkeypatch.context() as patched:
        limit(patched, 0)
        return work()


def history(build: Callable[[Any, Any], Any]) -> list[Any]:
    nodes = chain(build, Value(1.5))
    before = seen(nodes)
    nodes[-1].backward()
    return [before, seen(nodes)]


every_way_to_build = pytest.mark.parametrize("build", BUILD.values(), ids=BUILD)


@every_way_to_build
def test_nodes_with_a_landing_look_and_differentiate_like_others(
    build: Callable[[Any, Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert history(build) == without_landings(monkeypatch, lambda: history(build))


@every_way_to_build
def test_dropping_the_root_frees_the_whole_graph(build: Callable[[Any, Any], Any]) -> None:
    x = Value(1.5)
    before = sys.getrefcount(x)
    root = chain(build, x)[-1]
    assert sys.getrefcount(x) > before
    del root
    assert sys.getrefcount(x) == before


def test_what_is_still_in_use_outlives_the_graph_above_it() -> None:
    nodes = chain(BUILD["two Values"], Value(1.5))
    kept = nodes[DEPTH // 2]
    del nodes[DEPTH // 2 + 1 :]
    expected = seen(nodes)
    del nodes[1:]
    nodes += [kept]
    while nodes[1].parents[0] is not nodes[0]:
        nodes.insert(1, nodes[1].parents[0])
    assert seen(nodes) == expected


@pytest.mark.parametrize(
    "twin_of", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))], ids=["deepcopy", "pickle"]
)
def test_copies_have_landings_of_their_own(twin_of: Callable[[Value], Value]) -> None:
    root = chain(BUILD["two Values"], Value(1.5))[-1]
    twin = twin_of(root)
    del root
    (x,) = {node for node in value.topological_order(twin) if not node.parents}
    twin.backward()
    del twin
    assert x.grad == pytest.approx((DEPTH + 1) * 1.5**DEPTH)
    alone = Value(1.0)
    assert sys.getrefcount(x) == sys.getrefcount(alone)


def heights(root: Value) -> list[int]:
    """Of each node: the operands that freeing it alone would free within one another, at most."""
    tall: dict[Value, int] = {}
    for node in value.topological_order(root):
        falls = isinstance(node._y, freeing.Landing)
        tall[node] = 0 if falls else 1 + max((tall[x] for x in node.parents), default=-1)
    return list(tall.values())


@every_way_to_build
def test_no_way_down_is_longer_than_the_limit(build: Callable[[Any, Any], Any]) -> None:
    assert max(heights(chain(build, Value(1.5))[-1])) == TALLEST - 1


def test_a_way_down_through_many_graphs_is_no_longer() -> None:
    x = Value(0.5)
    roots = [chain(BUILD["two Values"], x)[-1 - i] for i in range(10)]
    assert max(heights(ops.sum(roots) * roots[3])) == TALLEST - 1


def test_the_garbage_collector_frees_a_graph_in_a_cycle() -> None:
    x = Value(1.5)
    before = sys.getrefcount(x)
    cycle: list[Any] = chain(BUILD["two Values"], x)
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert sys.getrefcount(x) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_graph_dropped_at_the_recursion_limit_harms_nothing() -> None:
    x = Value(1.5)

    def fall(roots: list[Value]) -> None:
        fall([*roots, chain(BUILD["one Value"], x)[-1]])

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(depth_now()) + 60)
    try:
        with pytest.raises(RecursionError):
            fall([])
    finally:
        sys.setrecursionlimit(limit)
    y = chain(BUILD["two Values"], x)[-1]
    y.backward()
    assert x.grad == pytest.approx((DEPTH + 1) * 1.5**DEPTH)


def depth_now() -> list[Any]:
    frames = [sys._getframe()]
    while frames[-1].f_back is not None:
        frames.append(frames[-1].f_back)
    return frames
