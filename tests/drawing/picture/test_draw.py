"""`draw`: what a picture shows of a graph, told from its DOT and its SVG."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, draw
from scalargrad.graph import backward_order
from scalargrad.rows import BUILT_IN
from tests.support.expressions import random_expression
from tests.support.pictures import elements, texts, titles

GOLDEN = Path(__file__).parent / "drawings"
NAMES = [name for name, row in BUILT_IN.items() if not row.hidden]


def gates() -> Any:
    """The first graph of the lectures: f = (x + y)·z, f = −12."""
    x, y, z = (Value(n, label=s) for n, s in ((-2, "x"), (5, "y"), (-4, "z")))
    q = x + y
    f = q * z
    q.label, f.label = "q", "f"
    return f


# ------ nodes and edges


@pytest.mark.parametrize("seed", range(20))
def test_picture_has_each_node_and_each_edge_of_the_graph(seed: int) -> None:
    expression = random_expression(random.Random(seed), NAMES, size=30)
    root = expression.compute(Value, BUILT_IN)[-1]
    order = backward_order(root)
    drawing = draw(root, limit=10_000)
    assert set(elements(drawing, "node")) - set(elements(drawing, "constant")) == {
        f"node-{i}" for i in range(len(order))
    }
    assert set(elements(drawing, "gradient")) == {
        f"edge-{i}-{k}"
        for i, node in enumerate(order)
        for k, operand in enumerate(node.operands)
        if isinstance(operand, Value)
    }


def test_same_operand_twice_has_two_edges() -> None:
    x = Value(3.0)
    assert set(elements(draw(x * x), "gradient")) == {"edge-0-0", "edge-0-1"}


def test_node_shows_label_operator_data_and_grad() -> None:
    f = gates()
    f.backward()
    shown = elements(draw(f), "node")
    order = backward_order(f)
    found = {order[int(name.removeprefix("node-"))].label: texts(g) for name, g in shown.items()}
    assert found["f"] == ["×", "f", "data", "−12", "grad", "1"]
    assert found["q"] == ["+", "q", "data", "3", "grad", "−4"]
    assert found["z"] == ["z", "data", "−4", "grad", "3"]


def test_grad_is_a_dash_until_backward_has_run() -> None:
    f = gates()
    assert all(title.endswith("grad —") for title in titles(draw(f)))
    f.backward()
    assert not any("—" in title for title in titles(draw(f)))
    f.zero_grad()
    assert all(title.endswith("grad —") for title in titles(draw(f)))


def test_gradient_of_zero_is_no_dash() -> None:
    x = Value(-1.0, label="x")
    sg.relu(x).backward()
    assert "x: data −1, grad 0" in titles(draw(sg.relu(x)))


def test_edges_show_local_gradient_and_contribution() -> None:
    f = gates()
    f.backward()
    plain, local, flow, both = (
        texts(elements(draw(f, edges=edges), "gradient")["edge-0-1"])
        for edges in (None, "local", "contribution", "both")
    )
    assert [plain, local, flow, both] == [[], [" ∂ 3 "], [" += 3 "], [" ∂ 3 ", " += 3 "]]


def test_contribution_is_missing_without_gradient_and_zero_is_not_propagated() -> None:
    x = Value(0.0)
    f = sg.sqrt(x) * 0.0
    assert "contribution" not in " ".join(titles(draw(f), "gradient"))
    f.backward()
    (found,) = (t for t in titles(draw(f), "gradient") if "∞" in t)
    assert found == "from a leaf to √: local gradient ∞, contribution 0"


# ------ constants


def test_constants_stand_beside_the_operator() -> None:
    x = Value(0.5)
    shown = {
        sg.leaky_relu(x + 1.0): "leaky ReLU(·, 0.01)",
        1.0 / (x - 2.0): "1 ÷",
        x**2: "x²",
        x**-2.0: "^(−2)",
        2.0**x: "2^",
        x * -2.0: "× (−2)",
        -2.0 - x: "−2 −",
        x**x: "^",
        sg.clamp(x, 0.0, 1.0): "clamp(·, 0, 1)",
    }
    for root, symbol in shown.items():
        assert texts(elements(draw(root), "root")["node-0"])[0] == symbol


def test_constants_are_nodes_if_asked_for() -> None:
    x = Value(0.5)
    drawing = draw(1.0 / (x + 2.0), constants=True)
    constants = elements(drawing, "constant")
    assert sorted(constants) == [
        *("constant-0-0", "constant-1-1"),
        *("edge-constant-0-0", "edge-constant-1-1"),
    ]
    assert texts(constants["constant-1-1"]) == ["2"]
    assert texts(elements(drawing, "root")["node-0"])[0] == "÷"


def test_constants_of_a_dot_are_drawn_in_small_graphs_unless_refused() -> None:
    w = [Value(1.0), Value(2.0)]
    small = sg.dot(w, [3.0, 4.0])
    assert {"constant-0-2", "constant-0-3"} <= set(elements(draw(small), "constant"))
    assert not elements(draw(small, constants=False), "constant")
    large = small + sg.sum([Value(0.0) for _ in range(60)])
    assert not elements(draw(large), "constant")


# ------ choosing


def two_branches() -> tuple[Any, Any, Any]:
    w, other = Value(2.0, label="w"), Value(3.0, label="other")
    middle = sg.exp(w) * other
    middle.label = "middle"
    return w, middle, middle + sg.sin(other)


def test_path_keeps_what_lies_between_two_nodes() -> None:
    w, middle, root = two_branches()
    shown = titles(draw(root, path=(w, root)))
    assert [t.split(":")[0] for t in shown] == ["w", "exp", "middle ×", "+"]
    assert "1 operand not drawn" in shown[-1]
    assert len(titles(draw(root, path=(w, middle)))) == 3


def test_path_that_is_none_is_an_error() -> None:
    w, middle, root = two_branches()
    with pytest.raises(ValueError, match="no path from 'middle' to 'w'"):
        draw(root, path=(middle, w))
    with pytest.raises(ValueError, match="of the graph"):
        draw(root, path=(Value(1.0), root))


def test_depth_keeps_what_is_near_the_root() -> None:
    _, _, root = two_branches()
    counts = [len(elements(draw(root, depth=depth), "node")) for depth in range(5)]
    assert counts == [1, 3, 5, 6, 6]


def test_large_graph_is_summarised_with_counts() -> None:
    xs = [Value(float(i)) for i in range(500)]
    drawing = draw(sg.sum([sg.tanh(x) for x in xs]))
    assert sorted(titles(drawing)) == [
        "500 leaves: data 0 … 499, grad —",
        "500 nodes tanh: data 0 … 1, grad —",
        "Σ: data 499.5, grad —".replace("499.5", f"{sum(map(sg.tanh, range(500))):.4g}"),
    ]
    assert titles(drawing, "gradient")[0].endswith("500 edges")
    assert "1,001 nodes in 3 boxes" in repr(drawing)


@pytest.mark.parametrize("limit", [1, 7, 30])
def test_limit_bounds_the_boxes(limit: int) -> None:
    x = Value(1.0)
    y = x
    for i in range(400):
        y = (sg.sin(y) if i % 3 else y * x) + 1.0
    # at least a box for the leaves and one for the rest
    assert len(elements(draw(y, limit=limit), "node")) <= max(limit, 2)


def test_crowd_of_parallel_edges_becomes_one() -> None:
    x = Value(1.0)
    (edge,) = titles(draw(sg.prod([x] * 5000)), "gradient")
    assert edge == "from a leaf to Π: 5,000 edges"


def test_hundred_thousand_nodes_are_drawn_in_seconds() -> None:
    y = x = Value(1.0)
    for _ in range(50_000):
        y = y * 0.999 + x
    for options in ({}, {"path": (x, y)}, {"depth": 12}):
        start = time.perf_counter()
        assert len(elements(draw(y, **options), "node")) <= 100
        # 2 s where nothing else runs
        assert time.perf_counter() - start < 20.0


def test_several_roots_share_one_picture() -> None:
    x = Value(1.0)
    assert len(elements(draw([sg.exp(x), sg.sin(x)]), "root")) == 2


# ------ expanding


def test_fused_node_expands_into_its_gates() -> None:
    x = Value(1.5, label="x")
    root = sg.sigmoid(x)
    root.label = "out"
    root.backward()
    drawing = draw(root, expand=True)
    assert len(elements(draw(root), "node")) == 2
    assert "out ÷: data 0.8176, grad 1" in titles(drawing)
    assert "exp: data 0.2231, grad −0.6684" in titles(drawing)
    assert "x: data 1.5, grad 0.1491" in titles(drawing)


@pytest.mark.parametrize(
    ("root", "symbols"),
    [
        (lambda a, b: sg.dot([a, b], [2.0, 1.0], a), ["+", "+", "× 1", "× 2"]),
        (lambda a, b: sg.dot([1.0, 2.0], [a, b]), ["+", "1 ×", "2 ×"]),
        (lambda a, b: sg.sum([a, b, a]), ["+", "+"]),
        (lambda a, b: sg.mean([a, b]), ["+", "÷ 2"]),
        (lambda a, b: sg.prod([a, b]), ["×"]),
        (lambda a, b: sg.selu(a) + b, ["+", "1.673 ×", "1.051 ×", "expm1", "step", "where"]),
    ],
)
def test_gates_of_folds_and_of_nested_operators(root: Any, symbols: list[str]) -> None:
    drawing = draw(root(Value(-1.0), Value(4.0)), expand=True, constants=False)
    shown = [t.split(":")[0] for t in titles(drawing) if not t.startswith("data")]
    assert sorted(shown) == sorted(symbols)


def test_expanding_needs_room_and_leaves_modes_alone() -> None:
    xs = [Value(1.0) for _ in range(50)]
    assert len(elements(draw(sg.sum(xs), expand=True, limit=60), "node")) == 51
    root = sg.sum(xs[:3])
    with sg.no_grad():
        assert len(elements(draw(root, expand=True), "node")) == 5


# ------ options


@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
def test_direction(rankdir: str) -> None:
    f = gates()
    drawing = draw(f, rankdir=rankdir)
    assert f"rankdir={rankdir}" in drawing.dot
    box = [float(x) for x in ElementTree.fromstring(drawing.svg).get("viewBox", "").split()]
    assert (box[2] > box[3]) == (rankdir in ("LR", "RL"))


def test_precision_counts_significant_digits() -> None:
    x = Value(1.0 / 3.0)
    shown = [texts(elements(draw(x, precision=p), "node")["node-0"])[1] for p in (2, 6)]
    assert shown == ["0.33", "0.333333"]


@pytest.mark.parametrize(
    ("x", "text"),
    [(-1.5e-7, "−1.5e−7"), (2e20, "2e20"), (inf, "∞"), (-inf, "−∞"), (nan, "NaN"), (-0.0, "−0")],
)
def test_numbers_are_typeset(x: float, text: str) -> None:
    assert texts(elements(draw(Value(x)), "node")["node-0"])[1] == text


def test_infinite_and_missing_numbers_are_marked() -> None:
    x = Value(0.0)
    assert len(elements(draw(sg.log(x) + 1.0), "wrong")) == 2
    assert not elements(draw(gates()), "wrong")


def test_legend_is_drawn_if_asked_for() -> None:
    f = gates()
    assert "contribution" not in draw(f, edges="both").dot
    assert "contribution" in draw(f, edges="both", legend=True).dot


@pytest.mark.parametrize(
    "options", [{"edges": "all"}, {"rankdir": "XY"}, {"theme": "pink"}, {"collapse": 1}]
)
def test_unknown_option_is_an_error_that_says_what_there_is(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be one of|needs a model"):
        draw(gates(), **options)


@pytest.mark.parametrize("options", [{"depth": -1}, {"limit": 0}, {"precision": 0}])
def test_number_that_makes_no_sense_is_an_error(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="or more, got"):
        draw(gates(), **options)


@pytest.mark.parametrize("what", [3.0, "x", None, []])
def test_only_values_can_be_drawn(what: Any) -> None:
    with pytest.raises(TypeError, match="draw needs a Value"):
        draw(what)


def test_inputs_need_something_to_call() -> None:
    with pytest.raises(TypeError, match="inputs are for a model"):
        draw(Value(1.0), 2.0)


def test_function_is_called_on_its_inputs() -> None:
    assert len(elements(draw(lambda x: x**3, Value(2.0)), "node")) == 2


def power(x: Any, n: Any) -> Any:
    out = x
    for _ in range(n - 1):
        out = out * x
    return out


ARGUMENTS = (
    (lambda x, y: (x + y) * x, (2.0, 3)),
    (lambda xs, y: sg.sum(xs) * y, ([1.0, 2.0], 3.0)),
    (lambda d, *rest: d["a"] * rest[1], ({"a": 2.0}, 1.0, 3.0)),
)


@pytest.mark.parametrize(("f", "args"), ARGUMENTS)
def test_draw_and_explain_make_the_same_values_of_numbers(f: Any, args: Any) -> None:
    explained = sg.explain(f, *args)
    labels = {x.label for x in explained.leaves}
    drawn = draw(f, *args)
    assert len(elements(drawn, "node")) == len(explained.nodes)
    assert labels <= set(re.findall(r">([^<]*)</text>", drawn.svg))


@pytest.mark.parametrize("by", [draw, sg.explain])
@pytest.mark.parametrize(
    ("f", "args", "cure"),
    [
        (
            power,
            (2.0, 3),
            "if n is a count or an index, close over it: {}(lambda x: power(x, 3), 2.0)",
        ),
        (power, (2, 3), "{}(lambda x: power(x, 3), 2)"),
        (lambda xs, k: xs[k] * 2.0, ([1.0, 5.0], 1), "{}(lambda xs: f(xs, 1), [1.0, 5.0])"),
        (lambda xs, k: sg.sum(xs[:k]), ([1.0, 5.0], 1), "{}(lambda xs: f(xs, 1), [1.0, 5.0])"),
        (lambda x, n: sg.sum([x] * n), (1.0, 2), "{}(lambda x: f(x, 2), 1.0)"),
        (
            lambda *r: [1.0, r[0]][r[1]],
            (1.0, 1),
            "if r[1] is a count or an index, close over it: {}(",
        ),
    ],
)
def test_count_that_became_a_value_is_told_with_its_cure(
    by: Any, f: Any, args: Any, cure: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(cure.format(by.__name__))):
        by(f, *args)


def test_error_of_the_function_itself_is_left_alone() -> None:
    def wrong(x: Any, n: Any) -> Any:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match=r"^no such thing$"):
        draw(wrong, 1.0, 3)


# ------ labels


@settings(max_examples=40)
@given(st.text(max_size=80), st.text(min_size=1, max_size=40), st.sampled_from([None, "both"]))
def test_no_label_breaks_the_picture(label: str, symbol: str, edges: str | None) -> None:
    x = Value(1.0, label=label)
    one = lambda out, x, y: 1.0  # noqa: E731
    drawing = draw(sg.operator("own", lambda x, y: x, one, one, symbol=symbol)(x, x), edges=edges)
    assert set(elements(drawing, "gradient")) == {"edge-0-0", "edge-0-1"}
    assert set(elements(drawing, "node")) == {"node-0", "node-1"}


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ('<b>&"\\N', '<b>&"\\N'),
        ("two\nlines", "two↵lines"),
        ("\x00\ud800\x1b", "␀\ufffd␛"),
        ("</td></table>>", "</td></table>>"),
        ("&amp;", "&amp;"),
        ("w" * 500, "w" * 14 + "…" + "w" * 13),
        ("θ₁ → 値", "θ₁ → 値"),
    ],
)
def test_label_is_shown_as_it_is(label: str, shown: str) -> None:
    (node,) = elements(draw(Value(1.0, label=label)), "node").values()
    assert "".join(texts(node)).removesuffix("data1grad—") == shown


# ------ golden


GRAPHS: dict[str, Callable[[], Any]] = {
    "gates": lambda: draw(gates()),
    "square": lambda: draw(sg.square(Value(3.0, label="x")), theme="dark", rankdir="TB"),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_dot_is_the_stored_one(name: str) -> None:
    assert GRAPHS[name]().dot == (GOLDEN / f"{name}.dot").read_text(encoding="utf-8")


def test_dot_is_the_same_each_time() -> None:
    assert len({re.sub(r"\s+", " ", draw(gates(), edges="both").dot) for _ in range(3)}) == 1


def all_texts(picture: Any) -> set[str]:
    return {text for group in elements(picture, "node").values() for text in texts(group)}


def test_numbers_that_a_function_is_called_on_are_labelled_values() -> None:
    assert {"x", "y"} <= all_texts(draw(lambda x, y: x * y + x, 2.0, 3.0))
    assert "w[0]" in all_texts(draw(lambda w: w[0] * w[1], [2.0, 3.0]))


def test_numbers_beside_values_stay_numbers() -> None:
    assert len(sg.explain(power, Value(2.0, "x"), 3).leaves) == 1
    assert "n" not in all_texts(draw(lambda x, n: sum(x for _ in range(n)), Value(2.0), 3))
