"""copy, deepcopy and pickle: graphs come back bit for bit, sharing what they shared."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, nn
from tests.support.floats import all_bits

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

cube = sg.operator("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)


def python_pickled(thing: Any, protocol: int) -> bytes:
    """What `pickle` writes where its C part is missing."""
    file = io.BytesIO()
    pickle._Pickler(file, protocol).dump(thing)  # type: ignore[attr-defined]
    return file.getvalue()


def python_unpickled(data: bytes) -> Any:
    return pickle._Unpickler(io.BytesIO(data)).load()  # type: ignore[attr-defined]


ROUND_TRIPS = [
    pytest.param(copy.deepcopy, id="deepcopy"),
    *(
        pytest.param(lambda v, p=p: pickle.loads(pickle.dumps(v, p)), id=f"pickle {p}")
        for p in PROTOCOLS
    ),
    *(
        pytest.param(lambda v, p=p: python_unpickled(python_pickled(v, p)), id=f"python {p}")
        for p in PROTOCOLS
    ),
]
each_round_trip = pytest.mark.parametrize("round_trip", ROUND_TRIPS)


def graph() -> tuple[Value, list[Value]]:
    """A graph with every kind of node: unary, binary, constants on both sides, folds, labels."""
    x, y, z = Value(0.7, "x"), Value(-1.3, "y"), Value(2.5)
    nodes = [x, y, z, x * x, 2.0 - y, (x / y).tanh(), z**-0.5, sg.dot([x, 3.0], [y, z], bias=x)]
    nodes += [sg.max(nodes), sg.sum(nodes), sg.clamp(z, 0.0, 1.0), cube(x), -y, y % 2.0]
    root = sg.sum([*nodes, x])
    root.label = "root"
    root.backward()
    return root, nodes


def ancestors(root: Value) -> list[Value]:
    """The nodes of a graph in an order that depends on its shape only."""
    found, pending = {root: None}, [root]
    while pending:
        for parent in pending.pop().parents:
            if parent not in found:
                found[parent] = None
                pending.append(parent)
    return list(found)


def outline(root: Value) -> list[Any]:
    """All there is to a graph: of each node its numbers, label, operator and operands."""
    nodes = ancestors(root)
    place = {node: i for i, node in enumerate(nodes)}
    return [
        (
            all_bits([v.data, v.grad, *v.partials]),
            v.label,
            v.op and v.op.name,
            [place[x] if isinstance(x, Value) else all_bits([x]) for x in v.operands],
        )
        for v in nodes
    ]


@each_round_trip
def test_a_graph_comes_back_bit_for_bit(round_trip: Any) -> None:
    root, _ = graph()
    twin = round_trip(root)
    assert outline(twin) == outline(root)
    assert set(ancestors(twin)).isdisjoint(ancestors(root))


@each_round_trip
def test_the_twin_has_a_life_of_its_own(round_trip: Any) -> None:
    root, _ = graph()
    twin, before = round_trip(root), outline(root)
    twin.backward()
    for node in ancestors(twin):
        node.data += 1.0
    assert outline(root) == before


@each_round_trip
def test_values_pickled_together_keep_what_they_share(round_trip: Any) -> None:
    x = Value(2.0, "x")
    y = x * x
    z = y + x
    x2, z2, (y2, again) = round_trip((x, z, [y, y]))
    assert z2.parents == (y2, x2)
    assert y2.parents == (x2, x2)
    assert again is y2
    z2.backward()
    assert (x2.grad, x.grad) == (5.0, 0.0)


@each_round_trip
@pytest.mark.parametrize("order", [1, -1])
def test_sharing_does_not_depend_on_the_order(round_trip: Any, order: int) -> None:
    x = Value(2.0)
    y = (x * 3.0).exp()
    pair = round_trip((x, y)[::order])
    x2, y2 = pair[::order]
    assert y2.parents[0].parents == (x2,)


@each_round_trip
def test_values_inside_other_objects_round_trip(round_trip: Any) -> None:
    x = Value(2.0)
    model = {"x": x, "outputs": [x * 2.0, (x, x * 3.0)], x: "as a key"}
    twin = round_trip(model)
    assert twin["outputs"][0].parents == (twin["x"],)
    assert twin["outputs"][1][0] is twin["x"]
    assert twin[twin["x"]] == "as a key"


@each_round_trip
@given(st.floats(), st.floats())
def test_any_float_survives(round_trip: Any, data: float, grad: float) -> None:
    x = Value(data)
    x.grad = grad
    y = x * data
    assert outline(round_trip(y)) == outline(y)


@each_round_trip
def test_a_chain_longer_than_pickles_batches(round_trip: Any) -> None:
    x = y = Value(0.5)
    for _ in range(1100):
        y = y + x
    assert outline(round_trip(y)) == outline(y)


@each_round_trip
def test_operators_are_saved_by_name(round_trip: Any) -> None:
    twin = round_trip(cube(Value(2.0)))
    assert twin.op is cube
    assert (twin.data, twin.partials) == (8.0, (12.0,))
    built_in = Value(2.0).tanh()
    assert round_trip(built_in).op is built_in.op


def test_an_operator_that_no_module_holds_cannot_be_pickled() -> None:
    local = sg.operator("nowhere", lambda x: x, lambda out, x: 1.0)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local(Value(1.0)))
    assert copy.deepcopy(local(Value(1.0))).op is local
    assert pickle.loads(pickle.dumps(Value(1.0) * 2.0)).data == 2.0


def test_a_shallow_copy_shares_its_parents() -> None:
    x = Value(2.0, "x")
    y = x * x
    y.label, y.grad = "y", 3.0
    twin = copy.copy(y)
    assert outline(twin) == outline(y)
    assert twin is not y
    assert twin.parents == (x, x)
    twin.backward()
    assert (x.grad, y.grad) == (4.0, 3.0)


def test_deepcopy_honours_the_memo() -> None:
    x = Value(2.0)
    y = x * 3.0
    twin = copy.deepcopy(y, {id(x): x})
    assert twin.parents == (x,)


# ------ copies in a function that is being differentiated

COPIES: dict[str, Any] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "of a list": lambda x: copy.deepcopy([x])[0],
    "of a dict": lambda x: copy.deepcopy({"x": (x,)})["x"][0],
    "of what was computed": lambda x: copy.deepcopy(x * 1.0),
    "twice": lambda x: copy.copy(copy.deepcopy(x)),
    "of an object": lambda x: copy.deepcopy(Holder(x)).x,
}


class Holder:
    def __init__(self, x: Any) -> None:
        self.x = x


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_in_a_function_that_is_differentiated_keeps_the_link(copied: Any) -> None:
    def f(x: Any) -> Any:
        return copied(x) * x * x

    assert sg.grad(f)(2.0) == 12.0
    assert sg.grad(sg.grad(f))(2.0) == 12.0
    assert sg.jvp(f, (2.0,), (1.0,)) == (8.0, 12.0)
    assert sg.hessian(f)(2.0) == 12.0
    assert sg.vjp(f, 2.0)[1](1.0) == (12.0,)


def test_a_copied_model_in_a_function_that_is_differentiated_keeps_the_link() -> None:
    model = nn.MLP(2, [3, 1])

    def loss(m: Any) -> Any:
        return copy.deepcopy(m)([0.5, -0.25]) ** 2

    found = sg.grad(loss)(model)
    expected = sg.grad(lambda m: m([0.5, -0.25]) ** 2)(model)
    numbers = [float(p) for p in found.parameters()]
    assert numbers == [float(p) for p in expected.parameters()]
    assert any(numbers)


def test_what_is_shared_stays_shared_in_a_linked_copy() -> None:
    def f(x: Any) -> Any:
        one, other = copy.deepcopy([x, x])
        assert one is other
        return one * other

    assert sg.grad(f)(3.0) == 6.0


def test_elsewhere_a_copy_is_independent() -> None:
    x = Value(3.0)
    y = copy.copy(x) * copy.deepcopy(x)
    y.backward()
    assert x.grad == 0.0


def test_a_copy_within_no_grad_is_a_leaf_even_where_a_function_is_differentiated() -> None:
    def f(x: Any) -> Any:
        with sg.no_grad():
            still = copy.copy(x)
        return still * x

    assert sg.grad(f)(3.0) == 3.0
