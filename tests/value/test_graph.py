"""The graph and the chain rule on it: edges, order, accumulation, seeds and resets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.backward import adjoints
from scalargrad.graph import backward_order


def grads(*nodes: Value) -> list[float]:
    return [node.grad for node in nodes]


# ------ edges


def test_x_times_x_has_two_edges() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    assert y.parents == (x, x)
    assert y.partials == (3.0, 3.0)
    assert x.grad == 6.0


def test_parents_keep_order_and_repeats() -> None:
    x, y = Value(3.0), Value(2.0)
    assert (x - y).parents == (x, y)
    assert (y - x).parents == (y, x)
    assert sg.sum([x, y, x, 1.0, x]).parents == (x, y, x, x)


def test_a_node_used_twice_gets_both_contributions() -> None:
    a, b = Value(-2.0), Value(3.0)
    d, e = a * b, a + b
    (d * e).backward()
    assert grads(d, e, a, b) == [1.0, -6.0, -3.0, -8.0]


def test_a_long_fold_counts_every_edge() -> None:
    x = Value(0.5)
    y = sg.sum([x] * 1000) + sg.dot([x] * 10, [x] * 10)
    y.backward()
    assert x.grad == 1000.0 + 10.0


def test_a_diamond_of_diamonds() -> None:
    x = y = Value(1.0)
    for _ in range(30):
        left, right = y * 2.0, y * 3.0
        y = left + right
    y.backward()
    assert y.data == x.grad == 5.0**30


def test_a_leaf_is_its_own_root() -> None:
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_an_unused_branch_gets_nothing() -> None:
    x = Value(2.0)
    y, aside = x * 3.0, x.exp()
    y.backward()
    assert grads(x, aside) == [3.0, 0.0]


# ------ order


@pytest.mark.parametrize("weights, total", [((-1e16, 1e16, 1.0), 0.0), ((1.0, 1e16, -1e16), 1.0)])
def test_contributions_are_added_last_operand_first(
    weights: tuple[float, float, float], total: float
) -> None:
    x = Value(1.0)
    a, b, c = (x * w for w in weights)
    sg.sum([a, b, c]).backward()
    assert x.grad == total


def test_a_node_waits_for_all_its_consumers() -> None:
    x = Value(1.0)
    late = x * 2.0
    y = late + 0.0
    for _ in range(50):
        y = y.tanh() + late
    y.backward()
    slope, contributions = 1.0, 1.0
    node = y
    for _ in range(50):
        slope *= node.parents[0].partials[0]
        contributions += slope
        node = node.parents[0].parents[0]
    assert x.grad == pytest.approx(2.0 * contributions, rel=1e-14)


# ------ accumulation


def test_backward_twice_gives_exactly_twice() -> None:
    x, y = Value(0.3), Value(-1.7)
    z = (x * y).tanh() + x.exp() / y
    z.backward()
    once = grads(x, y)
    inner = grads(z, *z.parents)
    z.backward()
    assert grads(x, y) == [2.0 * g for g in once]
    assert grads(z, *z.parents) == inner


def test_two_roots_over_a_shared_subgraph_add_up() -> None:
    x = Value(3.0)
    shared = x * x
    first, second = shared * 2.0, shared * 5.0
    first.backward()
    assert grads(x, shared) == [12.0, 2.0]
    second.backward()
    assert grads(x, shared) == [12.0 + 30.0, 5.0]
    first.backward()
    assert grads(x, shared) == [12.0 + 30.0 + 12.0, 2.0]


def test_interior_gradients_are_reset_leaves_accumulate() -> None:
    x = Value(2.0)
    y = x * 3.0
    x.grad, y.grad = 100.0, 100.0
    z = y * 4.0
    z.backward()
    assert grads(x, y, z) == [112.0, 4.0, 1.0]


def test_interior_nodes_that_receive_nothing_have_gradient_exactly_zero() -> None:
    x = Value(2.0)
    inner = [x * float(i) for i in range(5)]
    for node in inner:
        node.grad = 100.0
    sg.sum([0.0 * node for node in inner]).backward()
    assert grads(*inner, x) == [0.0] * 6


def test_an_interior_node_as_root_is_reset_too() -> None:
    x = Value(2.0)
    y = x * 3.0
    (y * 4.0).backward()
    y.backward()
    assert grads(x, y) == [15.0, 1.0]


@pytest.mark.parametrize("seed", [0.0, -0.5, 3, 1e300])
def test_seed_scales_every_gradient(seed: float) -> None:
    x = Value(2.0)
    y = x * x
    y.backward(seed)
    assert grads(y, x) == [seed, 4.0 * seed]


def test_seed_is_given_by_name_and_checked() -> None:
    x = Value(2.0)
    (x * 3.0).backward(seed=2.0)
    with pytest.raises(TypeError, match="str"):
        (x * 3.0).backward("a")
    with pytest.raises(TypeError, match="Value"):
        (x * 3.0).backward(Value(1.0))
    assert x.grad == 6.0


def test_zero_grad_clears_the_whole_graph() -> None:
    x, outside = Value(2.0), Value(1.0)
    y = x * 3.0
    z = y.exp()
    z.backward()
    outside.grad = 7.0
    z.zero_grad()
    assert grads(x, y, z, outside) == [0.0, 0.0, 0.0, 7.0]


# ------ what was recorded stays


def test_changing_data_afterwards_changes_no_recorded_gradient() -> None:
    x, y = Value(2.0), Value(5.0)
    z = x * y
    x.data, y.data = 100.0, 200.0
    z.backward()
    assert (z.data, x.grad, y.grad) == (10.0, 5.0, 2.0)
    assert z.partials == (5.0, 2.0)
    assert (x * y).data == 20_000.0


def test_training_in_place_uses_the_new_data() -> None:
    x = Value(4.0)
    for _ in range(100):
        x.grad = 0.0
        (x * x).backward()
        x.data -= 0.1 * x.grad
    assert abs(x.data) < 1e-8


# ------ zero and non-finite adjoints


WITH_INFINITE_PARTIAL = {
    "unary": lambda x: x.sqrt(),
    "first operand": lambda x: x**0.5,
    "second operand": lambda x: Value(1.0) / x,
    "fold": lambda x: sg.operator("fold", lambda *xs: 0.0, all_partials=infinities)(x, x, x),
}


def infinities(out: float, *operands: float) -> list[float]:
    return [math.inf] * len(operands)


@pytest.mark.parametrize("steep", WITH_INFINITE_PARTIAL.values(), ids=WITH_INFINITE_PARTIAL)
def test_a_zero_adjoint_is_not_propagated(steep: Any) -> None:
    x = Value(0.0)
    y = steep(x)
    assert math.inf in map(abs, y.partials)
    (0.0 * y).backward()
    assert x.grad == 0.0
    y.backward()
    assert math.isinf(x.grad)


def test_a_branch_not_taken_never_turns_a_gradient_into_nan() -> None:
    x = Value(0.0)
    sg.where(x > 0, x.log(), 0.0 * x).backward()
    assert x.grad == 0.0


def test_infinite_and_nan_gradients_pass() -> None:
    x, y = Value(0.0), Value(-1.0)
    x.sqrt().backward()
    y.log().backward()
    assert x.grad == math.inf
    assert math.isnan(y.grad)


# ------ the gradient as a graph


def test_gradients_returns_values_and_touches_no_grad() -> None:
    x, y = Value(2.0), Value(3.0)
    z = x * x * y
    dx, dy = sg.gradients(z, [x, y])
    assert (dx.data, dy.data) == (12.0, 4.0)
    assert grads(x, y, z) == [0.0, 0.0, 0.0]
    (dxdy,) = sg.gradients(dx, [y])
    assert dxdy.data == 4.0


def test_gradients_agree_with_backward() -> None:
    x, y = Value(0.7), Value(-1.2)
    z = (x / y).sin() + sg.logsumexp([x, y, x * y])
    symbolic = [g.data for g in sg.gradients(z, [x, y])]
    z.backward()
    assert symbolic == pytest.approx(grads(x, y), rel=1e-14)


class MoreThanItSays:
    """A collection of one Value, of which more come when it is walked through."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Any:
        return iter([self.value] * 500)


def test_leaves_may_come_from_any_iterable() -> None:
    def slope(x: Any, leaves: Callable[[Any], Any]) -> Any:
        return sg.gradients(x * x, leaves(x))

    for leaves in (
        lambda x: [x],
        lambda x: (y for y in [x]),
        lambda x: {0: x}.values(),
        MoreThanItSays,
    ):
        x = Value(3.0)
        count = 500 if leaves is MoreThanItSays else 1
        assert [g.data for g in slope(x, leaves)] == [6.0] * count
        compiled = sg.compile(lambda x, leaves=leaves: slope(x, leaves))(x)
        assert [g.data for g in compiled] == [6.0] * count


def test_gradients_of_what_is_not_a_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"needs a list of leaves, got .*: write \[leaf\]"):
        sg.gradients(Value(1.0), Value(2.0))  # type: ignore[arg-type]
    x = Value(1.0)
    with pytest.raises(TypeError, match="float"):
        sg.gradients(1.0, [x])
    with pytest.raises(TypeError, match="str"):
        sg.gradients(x * x, ["x"])


def test_a_leaf_that_does_not_matter_has_derivative_zero() -> None:
    x, y = Value(1.0), Value(2.0)
    (g,) = sg.gradients(x * x, [y])
    assert (g.data, g.parents) == (0.0, ())


def test_gradients_as_numbers_leave_nothing_behind_on_their_targets() -> None:
    x, y = Value(3.0), Value(2.0)
    inner = x * y
    root = inner * x
    assert adjoints(root, [x, inner, inner]) == [12.0, 3.0, 3.0]
    root.backward()
    assert (x.grad, y.grad) == (12.0, 9.0)
    assert adjoints(root, [y]) == [9.0]
    assert (x.grad, y.grad, inner.grad) == (12.0, 9.0, 3.0)
    root.zero_grad()
    assert (x.grad, y.grad, inner.grad, root.grad) == (0.0, 0.0, 0.0, 0.0)
    assert set(backward_order(root)) == {root, inner, x, y}


def test_targets_outside_the_graph_get_zero_and_stay_untouched() -> None:
    x, other = Value(3.0), Value(5.0)
    other.grad = 7.0
    assert adjoints(x * x, [other, x]) == [0.0, 6.0]
    assert other.grad == 7.0
    root = other * 2.0
    root.zero_grad()
    assert other.grad == 0.0
