"""Value(data, parents, partials): a node of one's own, in every way that other classes spell it."""

from __future__ import annotations

import copy
import pickle
from math import inf, nan
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value


def squared(x: Any) -> Any:
    return Value(x.data**2, (x,), (2.0 * x.data,))


FORMS: dict[str, Any] = {
    "by position": lambda x, y: Value(5.0, (x, y), (2.0, 3.0)),
    "lists": lambda x, y: Value(5.0, [x, y], [2, 3]),
    "our names": lambda x, y: Value(data=5.0, parents=(x, y), partials=(2.0, 3.0)),
    "children": lambda x, y: Value(5.0, children=(x, y), local_grads=(2.0, 3.0)),
    "private names": lambda x, y: Value(5.0, _children=(x, y), _local_grads=(2.0, 3.0)),
    "mixed": lambda x, y: Value(5.0, (x, y), local_grads=(2.0, 3.0)),
    "an operator": lambda x, y: Value(5.0, (x, y), (2.0, 3.0), _op="mine"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_node_of_ones_own_takes_part_in_backward(form: Any) -> None:
    x, y = Value(1.0), Value(2.0)
    node = form(x, y)
    (node * node).backward()
    assert (node.data, node.grad, x.grad, y.grad) == (5.0, 10.0, 20.0, 30.0)
    assert node.parents == node._children == node.operands == (x, y)
    assert node.partials == node._local_grads == (2.0, 3.0)
    assert all(a is b for a, b in zip(node.parents, (x, y)))


LEAVES: dict[str, Any] = {
    "micrograd's": lambda: Value(1.5, (), "", "a"),
    "its names": lambda: Value(1.5, _children=(), _op="", label="a"),
    "a set": lambda: Value(1.5, set(), "", "a"),
    "a label": lambda: Value(1.5, "a"),
    "by name": lambda: Value(data=1.5, label="a"),
    "no parents, no partials": lambda: Value(1.5, (), (), "a"),
    "all by name": lambda: Value(label="a", parents=(), partials=(), data=1.5),
}


@pytest.mark.parametrize("form", LEAVES.values(), ids=LEAVES)
def test_a_value_without_parents_is_a_leaf(form: Any) -> None:
    leaf = form()
    assert (leaf.data, leaf.label, leaf.op, leaf.parents) == (1.5, "a", None, ())


def test_a_node_of_ones_own_has_a_label_and_an_operator() -> None:
    node = Value(5.0, (Value(1.0),), (2.0,), "half")
    assert (node.label, node._op, node.op.symbol) == ("half", "given", "given")
    named = Value(5.0, (Value(1.0),), (2.0,), _op="log", label="L")
    assert (named._op, named.op.symbol, named.label) == ("log", "log", "L")


X = Value(1.0)
WRONG: dict[str, tuple[Any, str]] = {
    "no partials": (lambda: Value(1.0, (X,)), "one for each of the parents, which are 1"),
    "micrograd's node": (lambda: Value(1.0, (X,), "log"), r"scalargrad\.operator"),
    "too many": (lambda: Value(1.0, (X,), (1.0, 2.0)), "which are 1; got tuple"),
    "too few": (lambda: Value(1.0, (X, X), (1.0,)), "which are 2; got tuple"),
    "partials alone": (lambda: Value(1.0, (), (1.0,)), "which are 0"),
    "no sequence": (lambda: Value(1.0, (X,), 1.0), "got float 1.0"),
    "a number as parent": (lambda: Value(1.0, (X, 2.0), (1.0, 1.0)), "Values, got float 2.0"),
    "one parent alone": (lambda: Value(1.0, X, (1.0,)), "parents a tuple: got Value"),
    "a Value as partial": (lambda: Value(1.0, (X,), (X,)), "numbers, got Value"),
    "None as partial": (lambda: Value(1.0, (X,), (None,)), "numbers, got NoneType None"),
    "a set of parents": (lambda: Value(1.0, {X}, (1.0,)), "a tuple of Values, got set"),
    "an operator of a leaf": (lambda: Value(1.0, (), "x"), "no operator, got 'x'"),
    "an operator that is no text": (lambda: Value(1.0, (X,), (1.0,), _op=3), "string, got int 3"),
    "twice": (lambda: Value(1.0, (X,), (1.0,), children=(X,)), "parents twice"),
    "data twice": (lambda: Value(1.0, (X,), (1.0,), data=2.0), "got Value"),
    "no data": (lambda: Value(parents=(X,), partials=(1.0,)), "data"),
    "data that is no number": (lambda: Value("a", (X,), (1.0,)), "got str 'a'"),
    "another name": (lambda: Value(1.0, (X,), (1.0,), _prev=()), "'_prev'"),
}


@pytest.mark.parametrize("make, message", WRONG.values(), ids=WRONG)
def test_other_lengths_and_kinds_raise(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


def test_it_is_differentiated_once_in_every_way() -> None:
    def f(x: Any) -> Any:
        return squared(x) * x

    x = Value(3.0)
    y = f(x)
    assert sg.grad(f)(3.0) == 27.0
    assert [g.data for g in sg.gradients(y, [x])] == [27.0]
    assert sg.jvp(f, (3.0,), (2.0,)) == (27.0, 54.0)
    assert sg.checkpoint(f, x).data == 27.0
    y.backward()
    assert x.grad == 27.0


@pytest.mark.parametrize("twice", [sg.hessian, lambda f: sg.grad(sg.grad(f))])
def test_a_second_derivative_is_refused_with_the_cure(twice: Any) -> None:
    with pytest.raises(TypeError, match=r"no second derivative.*scalargrad\.operator"):
        twice(lambda x: squared(x) * x)(3.0)


def test_a_second_derivative_of_the_graph_of_its_gradient_is_never_a_number() -> None:
    x, y = Value(3.0), Value(2.0)
    (slope,) = sg.gradients(squared(x) * y, [x])
    assert slope.data == 12.0
    with pytest.raises(TypeError, match=r"no second derivative"):
        sg.gradients(slope, [x])
    assert [g.data for g in sg.gradients(slope, [y])] == [6.0]
    slope.backward()
    assert x.grad != x.grad
    assert y.grad == 6.0


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize("data, partial", [(5.0, 2.0), (nan, inf), (-0.0, -1.0)])
def test_it_is_copied_and_pickled(copied: Any, data: float, partial: float) -> None:
    node = Value(data, (Value(1.0),), (partial,), "n", _op="f") * 3.0
    twin = copied(node)
    assert repr(twin) == repr(node)
    assert (twin.parents[0]._op, twin.parents[0].label) == ("f", "n")
    twin.backward()
    node.backward()
    assert repr(twin.parents[0].parents[0].grad) == repr(node.parents[0].parents[0].grad)


def test_it_obeys_the_modes() -> None:
    x = Value(1.0)
    with sg.no_grad():
        assert Value(5.0, (x,), (2.0,)).parents == ()
    with pytest.raises(sg.AnomalyError), sg.detect_anomaly():
        Value(5.0, (x,), (inf,))


def test_it_is_drawn() -> None:
    text = sg.draw(Value(5.0, (Value(1.0, "a"),), (2.0,), _op="mine") * 2.0).dot
    assert "mine" in text


SPELLED = {
    "*": lambda x, y: x * y,
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "/": lambda x, y: x / y,
    "**2": lambda x, y: x**2,
    "**-1": lambda x, y: x**-1,
    "**0.5": lambda x, y: x**0.5,
    "**": lambda x, y: x**y,
    "%": lambda x, y: x % y,
    "//": lambda x, y: x // y,
    "ReLU": lambda x, y: x.relu(),
    "tanh": lambda x, y: x.tanh(),
    "exp": lambda x, y: x.exp(),
    "log": lambda x, y: x.log(),
    "sqrt": lambda x, y: sg.sqrt(x),
    "sigmoid": lambda x, y: sg.sigmoid(x),
    "sum": lambda x, y: sg.sum([x, y]),
    "": lambda x, y: x,
}


@pytest.mark.parametrize("op", SPELLED)
def test_operators_have_micrograds_names(op: str) -> None:
    node = SPELLED[op](Value(2.0), Value(3.0))
    assert node._op == op
    assert node._op.isascii()


def test_negation_is_spelled_by_its_sign() -> None:
    assert (-Value(2.0))._op == "-"


def test_it_is_explained_but_not_measured() -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    text = str(sg.explain(Value(4.0, (x,), (4.0,), _op="mine") * x * w))
    assert "mine(x)" in text
    assert "given by its number and partials: nothing to measure" in text
    (measured,) = [line for line in text.splitlines() if line.rstrip().endswith("right")]
    assert measured.split()[0] == "w"


def test_its_graph_is_refused_once_a_parent_has_changed() -> None:
    x = Value(2.0)
    y = squared(x)
    x.data = 3.0
    with pytest.raises((TypeError, RuntimeError)):
        sg.gradients(y, [x])
    y.backward()
    assert x.grad == 4.0
