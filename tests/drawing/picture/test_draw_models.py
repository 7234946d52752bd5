"""`draw` of models: nodes in the clusters of their modules, modules as single boxes."""

from __future__ import annotations

import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, draw
from scalargrad.drawing.picture.modules import ModuleTree, Scopes, modules_by_parameters, recorded
from scalargrad.graph import backward_order
from scalargrad.nn import MLP, Module, Neuron
from tests.support.pictures import elements, texts, titles


def mlp(*sizes: int) -> Any:
    random.seed(1)
    return MLP(sizes[0], list(sizes[1:]))


def headings(drawing: Any) -> list[str]:
    return [title.split(":")[0] for title in titles(drawing)]


def clusters(drawing: Any) -> list[str]:
    return [
        texts(g)[0] for g in elements(drawing, "module").values() if "cluster" in g.get("class")
    ]


class Squashed(Module):
    """A module that applies an operator of its own to what another one returns."""

    def __init__(self) -> None:
        self.inner = Neuron(2, nonlin=False)
        self.scale = Value(2.0)

    def __call__(self, x: Any) -> Any:
        return sg.tanh(self.inner(x)) * self.scale


# ------ which module a node belongs to


def noted(model: Any, f: Any) -> dict[str, str | None]:
    scopes = Scopes(ModuleTree(model))
    root = recorded(f, (), scopes)
    return {x.op.name: scopes.module_of.get(x) for x in backward_order(root) if x.op}


def test_called_model_tells_exactly_which_module_built_a_node() -> None:
    model = Squashed()
    x = [Value(1.0), Value(2.0)]
    found = noted(model, lambda: sg.exp(model(x)))
    assert found == {"dot": "inner", "tanh": "", "mul": "", "exp": None}


def test_nodes_built_by_a_comprehension_and_by_a_helper_belong_to_the_module() -> None:
    class Sum(Module):
        def __init__(self) -> None:
            self.w = [Value(1.0), Value(2.0)]

        def __call__(self) -> Any:
            return sg.sum([helper(w) for w in self.w])

    def helper(w: Any) -> Any:
        return sg.exp(w)

    model = Sum()
    assert noted(model, model) == {"sum": "", "exp": ""}


def told(model: Any, root: Any) -> dict[str, str | None]:
    order = backward_order(root)
    found = modules_by_parameters(ModuleTree(model), order)
    return {x.op.name: found.get(x) for x in order if x.op}


def test_parameters_tell_the_module_of_the_nodes_that_use_them() -> None:
    model = Squashed()
    # tanh lies between `inner` and the product with `scale`: in the smallest module around both
    root = sg.exp(model([sg.sin(Value(1.0)), 2.0]))
    assert told(model, root) == {"dot": "inner", "tanh": "", "mul": "", "sin": None, "exp": None}


def test_node_behind_the_model_is_never_taken_into_it() -> None:
    model = Neuron(2)
    assert told(model, model([1.0, 2.0])) == {"dot": "", "relu": None}
    assert noted(model, lambda: model([1.0, 2.0])) == {"dot": "", "relu": ""}


# ------ clusters


def test_clusters_are_named_and_nested_as_the_modules_are() -> None:
    drawing = draw(mlp(1, 1, 1), [0.5])
    assert sorted(clusters(drawing)) == sorted(
        ["MLP", *(f"layers.{i} · Layer" for i in range(2)), *["neurons.0 · Neuron"] * 2]
    )
    assert drawing.dot.count("subgraph") == 5


def test_inputs_and_parameters_are_labelled() -> None:
    drawing = draw(Neuron(2), [0.5, -1.0])
    assert {"x[0]", "x[1]", "w.0", "w.1", "b"} <= set(headings(drawing))


def test_graph_of_a_model_has_all_its_nodes() -> None:
    model = mlp(2, 2, 1)
    drawing = draw(model, [0.5, -1.0], collapse=())
    # 2 inputs, 9 parameters, 3 dot, 2 ReLU
    assert len([k for k in elements(drawing, "node")]) == 2 + 9 + 3 + 2


def test_model_beside_a_root_draws_the_loss_outside() -> None:
    model = mlp(1, 2, 1)
    loss = (model([Value(0.5, label="x")]) - 1.0) ** 2
    dot = draw(loss, model=model).dot
    last_cluster = dot.rindex("\t}\n")
    assert dot.index('"node-0" [') > 0 and "subgraph" in dot
    assert not dot[dot.index("subgraph") : last_cluster].count('"node-0" [')


def test_model_that_changes_values_while_it_is_called_can_be_drawn() -> None:
    class Counting(Module):
        def __init__(self) -> None:
            self.calls = Value(0.0)

        def __call__(self, x: Any) -> Any:
            self.calls.data += 1.0
            return x * self.calls

    assert "×: data 2, grad —" in titles(draw(Counting(), 2.0))


# ------ collapsing


def test_collapsed_module_says_what_it_stands_for() -> None:
    found = titles(draw(mlp(16, 16, 1), [1.0] * 16, collapse=1))
    (box,) = (title for title in found if "layers.0" in title)
    assert box.startswith("layers.0 Layer: 16 neurons, 272 parameters, 32 nodes, data")


def test_collapse_by_depth_and_by_name() -> None:
    model = mlp(2, 3, 1)
    x = [Value(1.0), Value(2.0)]
    assert sum("MLP" in h for h in headings(draw(model, x, collapse=0))) == 1
    assert headings(draw(model, x, collapse=1)).count("layers.0 Layer") == 1
    assert sum("neurons" in h for h in headings(draw(model, x, collapse=2))) == 4
    named = headings(draw(model, x, collapse=["layers.0", "layers.1.neurons.0"]))
    assert {"layers.0 Layer", "neurons.0 Neuron"} <= set(named)
    assert headings(draw(model, x, collapse="layers.0")).count("layers.0 Layer") == 1


def test_large_model_collapses_by_itself_as_little_as_it_must() -> None:
    model = mlp(2, 16, 16, 1)
    assert sum("Neuron" in h for h in headings(draw(model, [0.5, -1.0]))) == 33
    assert sum("Layer" in h for h in headings(draw(model, [0.5, -1.0], limit=20))) == 3
    assert sum("MLP" in h for h in headings(draw(model, [0.5, -1.0], limit=3))) == 1


def test_collapsed_modules_keep_their_edges_counted() -> None:
    drawing = draw(mlp(2, 3, 4), [Value(1.0), Value(2.0)], collapse=1)
    assert [t for t in titles(drawing, "gradient") if "layers.0" in t and "layers.1" in t] == [
        "from layers.0 Layer to layers.1 Layer: 12 edges"
    ]


def test_unknown_module_is_an_error_that_lists_some() -> None:
    with pytest.raises(ValueError, match=r"no module 'layer'; it has '', 'layers\.0'"):
        draw(mlp(1, 1), [1.0], collapse="layer")


def test_dead_units_are_counted() -> None:
    model = mlp(1, 3, 1)
    for neuron in model.layers[0].neurons:
        neuron.b.data = -10.0

    def loss() -> Any:
        root = model([Value(1.0)])
        root.backward()
        return root

    # three products and three ReLUs: the products have a gradient of zero
    (box,) = (t for t in titles(draw(loss, model=model, collapse=1)) if "layers.0" in t)
    assert "grad 0 in 3 of 6" in box
