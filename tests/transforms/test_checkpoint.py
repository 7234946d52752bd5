"""Checkpoints: the same numbers from a graph that is not kept."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.graph import topological_order
from scalargrad.nn import MLP
from scalargrad.transforms.checkpoint import checkpoint
from scalargrad.transforms.functional import grad, hessian, jvp
from tests.support.derivatives import seconds


def graph_size(*roots: Any) -> int:
    return len(topological_order(sg.sum(roots))) - 1


def long_stretch(x: Any) -> Any:
    for _ in range(100):
        x = sg.sin(x) + 0.5 * x
    return x


# ------ the lecture: z = f(f(f(w)))


def test_f_of_f_of_f_is_computed_once_a_level_and_stored_as_one_node_a_level() -> None:
    evaluations = []
    sine = sg.operator(
        "sine", lambda x: evaluations.append(x) or sg.sin(x), lambda out, x: sg.cos(x)
    )

    def f(x: Any) -> Any:
        return 2.0 * sine(x) + x * x

    w, v = sg.Value(0.3), sg.Value(0.3)
    plain = f(f(f(v)))
    levels = [0.3, f(0.3), f(f(0.3))]
    evaluations.clear()
    z = checkpoint(f, checkpoint(f, checkpoint(f, w)))
    # f(w), f(f(w)) and f(f(f(w))), each once
    assert evaluations == levels
    assert (graph_size(plain), graph_size(z)) == (13, 4)
    z.backward()
    plain.backward()
    assert z.data == plain.data
    assert w.grad == pytest.approx(v.grad, rel=1e-15)


# ------ memory


def test_the_graph_holds_the_arguments_alone() -> None:
    x = sg.Value(0.5)
    assert graph_size(long_stretch(x)) == 301
    assert graph_size(checkpoint(long_stretch, x)) == 2


@pytest.mark.skipif(sg.engine != "pure", reason="counts nodes through the garbage collector")
def test_no_more_than_one_stretch_is_alive_at_a_time() -> None:
    alive = []

    def stretch(x: Any) -> Any:
        y = long_stretch(x)
        alive.append(sum(type(o) is sg.Value for o in gc.get_objects()))
        return y

    gc.collect()
    before = sum(type(o) is sg.Value for o in gc.get_objects())
    x = sg.Value(0.5)
    for _ in range(10):
        x = checkpoint(stretch, x)
    # the stretch itself, 301 above a copy of the leaf and 302 above one of a computed argument,
    # and one node for each stretch before it
    assert [n - before for n in alive] == [302] + [303 + i for i in range(1, 10)]


def test_a_dropped_checkpoint_frees_without_the_garbage_collector(gc_off: None) -> None:
    if sg.engine != "pure":
        pytest.skip("counts nodes through the garbage collector")
    w = sg.Value(2.0)
    before = sum(type(o) is sg.Value for o in gc.get_objects())
    y = checkpoint(lambda x: sg.exp(w * x) * (w + 1.0), sg.Value(0.5))
    del y
    assert sum(type(o) is sg.Value for o in gc.get_objects()) == before


# ------ what f closes over


def test_closed_over_values_get_their_gradients() -> None:
    w, x = sg.Value(3.0), sg.Value(2.0)
    y = checkpoint(lambda x: (w * x) ** 2 + w, x)
    y.backward()
    assert (y.data, w.grad, x.grad) == (39.0, 2 * 3 * 4 + 1, 2 * 9 * 2)


def test_a_closed_over_result_keeps_its_own_graph() -> None:
    w, x = sg.Value(0.5), sg.Value(2.0)
    hidden = sg.exp(w)
    twice = hidden * 2.0
    y = checkpoint(lambda x: hidden * x + twice * w, x)
    expected = hidden * x + twice * w
    assert set(y.parents) == {x, hidden, twice, w}
    leaves = [x, hidden, twice, w]
    assert [g.data for g in sg.gradients(y, leaves)] == [
        g.data for g in sg.gradients(expected, leaves)
    ]
    y.backward()
    assert (w.grad, x.grad) == tuple(g.data for g in sg.gradients(expected, [w, x]))


def test_what_f_computes_from_closed_over_values_is_not_kept() -> None:
    w = sg.Value(0.5)
    y = checkpoint(lambda: long_stretch(w) + long_stretch(w * 2.0))
    assert y.parents == (w,)
    y.backward()
    assert w.grad == grad(lambda w: long_stretch(w) + long_stretch(w * 2.0))(0.5)


def test_a_model_called_on_numbers_is_checkpointed_too() -> None:
    model = MLP(3, [4, 1])
    xs = [0.5, -1.0, 2.0]
    y = checkpoint(model, xs)
    assert y.data == model(xs).data
    assert set(y.parents) <= set(model.parameters())
    y.backward()
    assert [p.grad for p in model.parameters()] == grad(lambda m: m(xs))(model).parameters()


def test_parameters_of_a_model_under_differentiation_are_closed_over() -> None:
    model = MLP(2, [3, 1])
    plain = lambda m: m([0.5, -1.0]) ** 3  # noqa: E731
    kept = lambda m: checkpoint(lambda: m([0.5, -1.0])) ** 3  # noqa: E731
    assert grad(kept)(model).parameters() == pytest.approx(grad(plain)(model).parameters())
    expected = hessian(plain)(model)
    for name, row in hessian(kept)(model).items():
        assert row.parameters() == pytest.approx(expected[name].parameters(), abs=1e-12)


# ------ derivatives


@pytest.mark.parametrize("order", range(5))
def test_higher_derivatives_run_f_again(order: int) -> None:
    plain: Callable[..., Any] = lambda x: sg.sin(x * x) * sg.exp(x)  # noqa: E731
    kept: Callable[..., Any] = functools.partial(checkpoint, plain)
    for _ in range(order):
        plain, kept = grad(plain), grad(kept)
    assert kept(0.7) == pytest.approx(plain(0.7), rel=1e-13)


def test_mixed_second_derivatives_in_an_argument_and_in_what_is_closed_over() -> None:
    f = lambda w, x: checkpoint(lambda x: sg.exp(w * x) * w, x)  # noqa: E731
    g = lambda w, x: sg.exp(w * x) * w  # noqa: E731
    found, expected = hessian(f, (0, 1))(0.5, 2.0), hessian(g, (0, 1))(0.5, 2.0)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_operands_computed_from_one_another_are_held_apart() -> None:
    f = lambda x: checkpoint(lambda a, b: a * a * b, x, sg.sin(x))  # noqa: E731
    g = lambda x: x * x * sg.sin(x)  # noqa: E731
    assert hessian(f)(0.7) == pytest.approx(hessian(g)(0.7), rel=1e-14)


def test_forward_mode_goes_through() -> None:
    assert jvp(lambda x: checkpoint(lambda y: y**3, x), (2.0,), (0.5,)) == (8.0, 6.0)


def test_nested_checkpoints() -> None:
    w = sg.Value(0.5)

    def outer(x: Any) -> Any:
        return checkpoint(lambda y: checkpoint(long_stretch, y * w) + y * x, sg.tanh(x))

    def plain(x: Any) -> Any:
        y = sg.tanh(x)
        return long_stretch(y * w) + y * x

    kept = lambda x: checkpoint(outer, x)  # noqa: E731
    assert grad(kept)(0.3) == pytest.approx(grad(plain)(0.3), rel=1e-12)
    assert grad(grad(kept))(0.3) == pytest.approx(grad(grad(plain))(0.3), rel=1e-10)
    y = kept(sg.Value(0.3))
    assert graph_size(y) == 3
    assert sg.gradients(y, [w])[0].data == pytest.approx(
        sg.gradients(plain(sg.Value(0.3)), [w])[0].data, rel=1e-12
    )


def test_a_transform_inside_a_checkpoint_stays_differentiable() -> None:
    f = lambda x: checkpoint(lambda y: grad(lambda z: z**3 * y)(y), x)  # noqa: E731
    # 3y³, of which the derivatives are 9y² and 18y
    assert (f(2.0), grad(f)(2.0), grad(grad(f))(2.0)) == (24.0, 36.0, 36.0)
    # at a number: d/dz (z·y) = y, so y·y
    g = lambda x: checkpoint(lambda y: grad(lambda z: z * y)(3.0) * y, x)  # noqa: E731
    assert (g(2.0), grad(g)(2.0), grad(grad(g))(2.0)) == (4.0, 4.0, 2.0)
    # with a Value the second run takes place outside the transform that the first was in
    assert grad(g)(sg.Value(2.0)).data == 4.0
    # called by itself it is as without a checkpoint: the inner derivative is then a number
    x = sg.Value(2.0)
    assert sg.gradients(g(x), [x])[0].data == 2.0


@given(st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=6), st.integers(0, 5))
def test_any_cut_of_a_chain_gives_the_same_gradient(numbers: list[float], cut: int) -> None:
    def part(x: Any, ws: list[Any]) -> Any:
        for w in ws:
            x = sg.tanh(w * x) + w
        return x

    def kept(ws: list[Any]) -> Any:
        return checkpoint(part, checkpoint(lambda: part(0.5, ws[:cut])), ws[cut:])

    np.testing.assert_allclose(
        grad(kept)(numbers), grad(lambda ws: part(0.5, ws))(numbers), rtol=1e-12, atol=1e-12
    )


def test_an_argument_may_depend_on_what_is_closed_over() -> None:
    v, y = sg.Value(1.5), sg.Value(0.7)
    found = sg.gradients(checkpoint(lambda t: t * v, v * y), [y, v])
    # t·v is y·v², whose derivatives are v² and 2·y·v
    assert [g.data for g in found] == pytest.approx([2.25, 2.1], rel=1e-15)
    assert [h.data for g in found for h in sg.gradients(g, [y, v])] == [0.0, 3.0, 3.0, 1.4]


def test_a_recurrence_of_checkpointed_cells_has_the_hessian_of_the_plain_one() -> None:
    def after_three(cell: Any) -> Any:
        def state(wz: list[Any]) -> Any:
            w, z = wz
            for _ in range(3):
                z = cell(lambda z: sg.tanh(z * w), z)
            return z

        return state

    plain = hessian(after_three(lambda f, z: f(z)))([1.5, 0.7])
    found = hessian(after_three(checkpoint))([1.5, 0.7])
    np.testing.assert_allclose(found, plain, rtol=1e-10)
    np.testing.assert_allclose(plain, [[-1.0306, -0.4095], [-0.4095, -0.5391]], atol=1e-4)


def test_the_same_value_may_be_an_argument_and_closed_over() -> None:
    v = sg.Value(1.5)
    y = checkpoint(lambda t: sg.sin(t) * v, v)
    assert y.parents == (v, v)
    assert seconds(y, [v]) == pytest.approx(seconds(sg.sin(v) * v, [v]), rel=1e-15)


def test_a_leaf_that_f_makes_and_hands_on_has_its_derivatives() -> None:
    v, handed = sg.Value(1.5), []

    def f(t: Any) -> Any:
        handed.append(sg.Value(0.4))
        return sg.exp(handed[-1] * t) * v + t * sg.Value(2.0)

    x = sg.Value(0.3)
    found = seconds(checkpoint(f, x), [x, v, handed[0]])
    expected = seconds(f(x), [x, v, handed[-1]])
    assert found == pytest.approx(expected, rel=1e-14)


def test_a_model_of_computed_values_is_differentiated_as_outside() -> None:
    scale, model = sg.Value(1.2), MLP(2, [3, 1])
    computed = model.with_parameters([p * scale for p in model.parameters()])

    def steepness(m: Any) -> Any:
        gradient = grad(lambda m: m([0.4, 0.3]) ** 2)(m)
        return sg.sum([p * p for p in gradient.parameters()])

    found, expected = checkpoint(steepness, computed), steepness(computed)
    assert found.data == expected.data
    assert seconds(found, [scale]) == pytest.approx(seconds(expected, [scale]), rel=1e-12)


def test_numbers_elsewhere_take_their_own_branch() -> None:
    v, x = sg.Value(2.0), sg.Value(3.0)
    y = checkpoint(lambda x: x * x if v > 1.0 else -x * v, x)
    z = checkpoint(lambda x: x * x * v if v > 1.0 else -x * v, x)
    assert (y.parents, z.parents) == ((x,), (x, v))
    assert z.op.forward(3.0, 0.5) == -1.5
    assert z.op.local(-1.5, [3.0, 0.5], [True, True]) == [-0.5, -3.0]
    assert v.data == 2.0


# ------ arguments and results


def test_arguments_that_are_no_values_pass_as_they_are() -> None:
    def f(x: Any, n: int, text: str, nothing: None, numbers: Any) -> Any:
        assert (type(n), text, nothing, numbers.dtype) == (int, "text", None, np.int64)
        return x**n * numbers[0]

    x = sg.Value(2.0)
    checkpoint(f, x, 3, "text", None, np.array([2, 3])).backward()
    assert x.grad == 24.0


def test_results_keep_their_structure() -> None:
    x, y = sg.Value(2.0), sg.Value(3.0)
    found = checkpoint(lambda t: {"a": (t["x"] * t["y"], 7), "b": [None, t["x"]]}, {"x": x, "y": y})
    assert found["a"][1:] == (7,)
    assert found["b"] == [None, x]
    assert found["b"][1] is x
    assert found["a"][0].parents == (x, y)


def test_arrays_of_values() -> None:
    x = np.array([sg.Value(1.0), sg.Value(2.0)])
    y = checkpoint(lambda a: np.tanh(a) * a[::-1], x)
    assert isinstance(y, np.ndarray)
    expected = np.tanh(x) * x[::-1]
    for found, right in zip(y, expected):
        assert found.data == right.data
        np.testing.assert_array_equal(
            [g.data for g in sg.gradients(found, list(x))],
            [g.data for g in sg.gradients(right, list(x))],
        )


def test_each_result_has_only_what_it_depends_on_as_parents() -> None:
    model = MLP(2, [2, 3])
    xs = [sg.Value(0.5), sg.Value(1.0)]
    for neuron, y in zip(model.layers[0].neurons, checkpoint(model.layers[0], xs)):
        assert set(y.parents) == {*xs, *neuron.parameters()}


def test_a_result_that_is_closed_over_is_returned_itself() -> None:
    w = sg.Value(1.0)
    assert checkpoint(lambda: w) is w
    product = w * 2.0
    assert checkpoint(lambda: [product])[0] is product
    assert checkpoint(lambda x: 3.0, w) == 3.0


def test_a_new_constant_is_a_leaf() -> None:
    assert checkpoint(lambda x: sg.Value(3.0), sg.Value(1.0)).parents == ()


def test_on_numbers_it_is_the_function() -> None:
    assert checkpoint(lambda x: x * x, 3.0) == 9.0


def test_within_no_grad_nothing_is_recorded() -> None:
    with sg.no_grad():
        y = checkpoint(long_stretch, sg.Value(0.5))
    assert (y.data, y.parents) == (long_stretch(0.5), ())


def test_an_exception_passes_and_changes_nothing() -> None:
    x = sg.Value(1.0)
    with pytest.raises(ZeroDivisionError):
        checkpoint(lambda x: x / (1 // 0), x)
    assert type(grad(lambda x: x)(1.0)) is float


def test_the_operator_computes_elsewhere_too() -> None:
    w, x = sg.Value(3.0), sg.Value(2.0)
    y = checkpoint(lambda x: w * x * x, x)
    order = [2.0, 3.0] if y.parents == (x, w) else [3.0, 2.0]
    assert y.op.forward(*order) == 12.0
    at = {x: 5.0, w: 0.5}
    numbers = [at[p] for p in y.parents]
    assert y.op.forward(*numbers) == 12.5
    assert y.op.local(12.5, numbers, [True, True]) == [{x: 5.0, w: 25.0}[p] for p in y.parents]
    assert (w.data, x.data) == (3.0, 2.0)


def test_a_copied_graph_is_differentiated_in_the_copies() -> None:
    import copy

    w, x = sg.Value(3.0), sg.Value(2.0)
    y = checkpoint(lambda x: sg.exp(w * x), x)
    copied = copy.deepcopy(y)
    first = sg.gradients(copied, list(copied.parents))
    second = sg.gradients(first[0], list(copied.parents))
    expected = sg.gradients(sg.gradients(y, list(y.parents))[0], list(y.parents))
    assert [g.data for g in second] == [g.data for g in expected]
    assert all(g.data != 0.0 for g in second)
