"""A compiled function among Values is one gate: its parents, gradients and higher derivatives."""

from __future__ import annotations

import copy
import pickle
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import losses, nn
from scalargrad.compiler import compile

np = pytest.importorskip("numpy")


def f(x: Any, y: Any, z: Any) -> Any:
    return (x + y) * z + sg.sigmoid(x) * y + sg.logsumexp([x, y, z]) + (x if x > y else z * z)


def reduced(w: Any, x: Any) -> Any:
    return sg.tanh(w * x)


REDUCED = compile(reduced, batch="x", reduce="mean")
AT = (0.5, -1.25, 2.0)


def close(x: Any) -> Any:
    return pytest.approx(x, rel=1e-13, abs=1e-14)


def test_a_result_is_one_node_above_the_values_given() -> None:
    x, z = sg.Value(0.5), sg.Value(2.0)
    out = compile(f)(x, -1.25, z)
    assert out.parents == (x, z)
    assert out.op.name == "f"
    out.backward()
    expected = sg.value_and_grad(f, (0, 2))(0.5, -1.25, 2.0)
    assert (out.data, (x.grad, z.grad)) == (close(expected[0]), close(expected[1]))


def test_values_that_the_function_closes_over_are_parents_too() -> None:
    v, w = sg.Value(3.0), sg.Value(-2.0)
    compiled = compile(lambda x: v * x + sg.exp(w * x) * x)
    for _ in range(2):
        x = sg.Value(0.5)
        out = compiled(x)
        assert set(out.parents) == {x, v, w}
        assert [g.data for g in sg.gradients(out, [v, w])] == close([0.5, 0.25 * np.exp(-1.0)])
    assert compiled(0.5).parents == (v, w)


def test_a_value_given_twice_gets_both_contributions() -> None:
    x = sg.Value(3.0)
    out = compile(lambda a, b: a * a * b)(x, x)
    out.backward()
    assert (out.data, x.grad) == (27.0, 27.0)


@pytest.mark.parametrize("seed", [1.0, -2.5, 0.0, -0.0])
def test_a_gate_right_above_leaves_gives_what_one_further_up_gives(seed: float) -> None:
    v, w, x = sg.Value(0.0), sg.Value(-2.0), sg.Value(3.0)
    x.grad = 0.1
    compiled = compile(lambda: w * x + sg.log(v))
    compiled()
    found = []
    for root in (compiled(), compiled() * 1.0):
        for _ in range(2):
            root.backward(seed)
        found.append([(leaf.grad, leaf.has_grad) for leaf in (v, w, x)])
        v.zero_grad()
        w.zero_grad()
        x.grad = 0.1
    assert found[0] == found[1]
    assert found[0][0] == (2.0 * seed * np.inf if seed else 0.0, True)


def test_a_node_of_a_graph_may_be_given() -> None:
    leaf = sg.Value(0.5)
    inside = sg.exp(leaf)
    out = sg.sin(compile(lambda x: x * x)(inside)) * leaf
    expected = sg.grad(lambda t: sg.sin(sg.exp(t) ** 2) * t)(0.5)
    out.backward()
    assert leaf.grad == close(expected)


def test_a_gate_is_differentiated_twice_and_three_times() -> None:
    compiled = compile(f)
    for order in (1, 2, 3):
        ours, eager = compiled, f
        for _ in range(order):
            ours, eager = sg.grad(ours), sg.grad(eager)
        assert ours(*AT) == close(eager(*AT))


def test_gradients_of_a_gate_are_a_graph() -> None:
    x, y = sg.Value(0.5), sg.Value(-1.25)
    (slope,) = sg.gradients(compile(f)(x, y, 2.0), [x])
    assert [g.data for g in sg.gradients(slope, [x, y])] == close(
        sg.grad(lambda a, b: sg.grad(f)(a, b, 2.0), (0, 1))(0.5, -1.25)
    )


def test_a_reduced_gate_is_differentiated_twice() -> None:
    xs = np.linspace(-1.0, 1.0, 7)
    expected = sg.grad(sg.grad(lambda w: sg.mean([reduced(w, x) for x in xs.tolist()])))(0.7)
    assert sg.grad(sg.grad(lambda w: REDUCED(w, xs)))(0.7) == close(expected)


def test_lanes_of_values_are_an_array_of_nodes() -> None:
    w = sg.Value(0.5)
    nodes = compile(lambda x: sg.tanh(w * x), batch=True)(np.array([1.0, 2.0, 3.0]))
    sg.sum(nodes.tolist()).backward()
    assert [n.parents for n in nodes] == [(w,)] * 3
    assert w.grad == close(sum(x / np.cosh(0.5 * x) ** 2 for x in (1.0, 2.0, 3.0)))


# ------ second derivatives among Values


def seconds(root: Any, xs: Any) -> list[float]:
    return [h.data for g in sg.gradients(root, xs) for h in sg.gradients(g, xs)]


def test_an_argument_may_depend_on_what_is_closed_over() -> None:
    v, y = sg.Value(1.5), sg.Value(0.7)
    gate = compile(lambda t: sg.sin(t) * v)
    found, expected = gate(v * y), sg.sin(v * y) * v
    assert seconds(found, [y, v]) == close(seconds(expected, [y, v]))
    # and be it
    assert seconds(gate(v), [v]) == close(seconds(sg.sin(v) * v, [v]))


@pytest.mark.parametrize("reduce", ["sum", "mean", None])
def test_second_derivatives_over_a_batch_include_what_is_closed_over(reduce: Any) -> None:
    xs, v = np.array([0.5, -1.0, 2.0]), sg.Value(0.7)
    u = v * v
    w = sg.tanh(u * v)

    def sample(w: Any, x: Any) -> Any:
        return sg.sin(w * x * u) * v if x > 0.0 else w * w * u

    lanes = [sample(w, x) for x in xs.tolist()]
    found = compile(sample, batch="x", reduce=reduce)(w, xs)
    whole = {"sum": sg.sum, "mean": sg.mean, None: sg.logsumexp}[reduce]
    root = found if reduce else whole(found.tolist())
    assert seconds(root, [w, u, v]) == close(seconds(whole(lanes), [w, u, v]))


@pytest.mark.parametrize("wrap", [sg.checkpoint, lambda f, *args: compile(f)(*args)])
def test_gates_and_checkpoints_stand_within_each_other(wrap: Any) -> None:
    v, y = sg.Value(1.5), sg.Value(0.7)
    gate = compile(lambda t, s: sg.sin(t * s) * v)

    def f(t: Any) -> Any:
        inner = sg.checkpoint(lambda s: gate(s, t) * v, t * v)
        return gate(inner, v) * t

    assert seconds(wrap(f, v * y), [y, v]) == close(seconds(plainly(v, v * y), [y, v]))


def plainly(v: Any, t: Any) -> Any:
    inner = sg.sin(t * v * t) * v * v
    return sg.sin(inner * v) * v * t


def test_a_transform_of_numbers_within_a_gate_follows_what_is_closed_over() -> None:
    v = sg.Value(1.3)
    node = compile(lambda x: sg.grad(lambda z: z * z * v)(3.0) * x)(sg.Value(2.0))
    x = next(p for p in node.parents if p is not v)
    (slope,) = sg.gradients(node, [x])
    assert (slope.data, sg.gradients(slope, [v])[0].data) == (close(7.8), 6.0)


# ------ transforms


@pytest.mark.parametrize("name", ["jacobian", "hessian"])
def test_derivatives_equal_those_of_the_eager_engine(name: str) -> None:
    for argnums in (0, -1, (0,), (0, 1, 2), (2, 0)):
        eager = getattr(sg, name)(f, argnums)(*AT)
        found = getattr(sg, name)(compile(f), argnums)(*AT)
        assert type(found) is type(eager)
        assert np.array(found) == close(np.array(eager))


def test_products_with_derivatives_equal_those_of_the_eager_engine() -> None:
    tangents = [1.0, -0.5, 2.0]
    assert sg.jvp(compile(f), AT, tangents) == close(sg.jvp(f, AT, tangents))
    assert sg.hvp(compile(f), AT, tangents) == close(sg.hvp(f, AT, tangents))
    value, pullback = sg.vjp(compile(f), *AT)
    expected, eager = sg.vjp(f, *AT)
    assert (value, pullback(3.0)) == (close(expected), close(eager(3.0)))


def test_a_transform_of_a_compiled_function_is_one_and_is_kept() -> None:
    gate = compile(f)
    for transform in (sg.grad, sg.value_and_grad, sg.jacobian, sg.hessian):
        derived = transform(gate)
        assert repr(derived) == f"<compiled {transform.__name__}(f)>"
        assert transform(gate, 0) is derived
        assert transform(gate, (0,)) is not derived
    assert sg.grad(sg.grad(gate)) is sg.grad(sg.grad(gate))
    assert not hasattr(gate, "grad") and not hasattr(gate, "value_and_grad")


def test_derivatives_have_lanes() -> None:
    xs = np.linspace(-2.0, 2.0, 66)
    first, second = sg.hessian(compile(f, batch=True), (0, 1, 2))(xs, -1.25, 2.0)[0][:2]
    for k in (0, 30, 65):
        row = sg.hessian(f, (0, 1, 2))(xs[k], -1.25, 2.0)[0]
        assert (first[k], second[k]) == (close(row[0]), close(row[1]))


def test_several_results_have_a_jacobian() -> None:
    def both(v: Any) -> Any:
        return [v[0] * v[1], sg.sin(v[0]) + v[1]]

    for at in ([0.5, 2.0], np.array([0.5, 2.0])):
        assert np.array(sg.jacobian(compile(both))(at)) == close(np.array(sg.jacobian(both)(at)))


def test_transforms_within_a_compiled_function_are_followed() -> None:
    def g(x: Any, y: Any) -> Any:
        return sg.grad(lambda t: sg.sin(t) * y)(x) * sg.hessian(lambda t: t**3 * y)(x)

    xs = np.linspace(-1.0, 1.0, 5)
    value, slope = sg.value_and_grad(compile(g, batch=True))(xs, 2.0)
    assert value == close([g(x, 2.0) for x in xs.tolist()])
    assert slope == close([sg.grad(g)(x, 2.0) for x in xs.tolist()])


def test_gradients_in_a_model_within_a_compiled_function_follow_its_parameters() -> None:
    random.seed(1)
    model = nn.MLP(2, [3, 1])

    def slopes(x: Any, y: Any) -> Any:
        loss, gradient = sg.value_and_grad(lambda model: sg.square(model([x, y]) - 1.0))(model)
        return loss, [p * 1.0 for p in gradient.parameters()]

    gate = compile(slopes)
    for scale in (1.0, -0.5):
        for p in model.parameters():
            p.data *= scale
        expected, gradient = slopes(0.3, -0.7)
        value, found = gate(0.3, -0.7)
        assert value == close(expected)
        assert found == close(gradient)


def test_a_gate_within_a_compiled_function_is_part_of_its_program() -> None:
    inner = compile(lambda x, y: x * sg.sin(y) if x > 0.0 else y * y)

    def outer(x: Any) -> Any:
        return inner(x, 3.0) * x + inner(x - 1.0, x)

    xs = np.linspace(-1.0, 2.0, 9)
    value, slope = sg.value_and_grad(compile(outer, batch=True))(xs)
    plain = sg.value_and_grad(outer)
    assert value == close([plain(x)[0] for x in xs.tolist()])
    assert slope == close([plain(x)[1] for x in xs.tolist()])


# ------ modes, training, copies


def test_without_gradients_a_result_is_a_leaf() -> None:
    x, compiled = sg.Value(0.5), compile(f)
    for _ in range(2):
        with sg.no_grad():
            out = compiled(x, -1.25, 2.0)
        assert out.parents == ()
        assert out.data == close(f(*AT))
        assert compiled(x, -1.25, 2.0).parents == (x,)


def test_without_gradients_a_value_comes_back_as_it_was_given() -> None:
    closed = sg.Value(3.0)
    gate, x = compile(lambda x: [x, closed, copy.copy(x), x.detach(), x * 1.0]), sg.Value(2.0)
    for _ in range(3):
        with sg.no_grad():
            same, around, *others = gate(x)
        assert same is x
        assert around is closed
        assert all(type(y) is sg.Value and y is not x for y in others)


def test_no_grad_inside_stops_the_gradient() -> None:
    def g(x: Any) -> Any:
        with sg.no_grad():
            weight = x * x
        return weight * x

    assert sg.value_and_grad(compile(g))(3.0) == (27.0, 9.0)


def test_anomalies_are_noticed() -> None:
    compiled = compile(lambda x: sg.sqrt(x))
    assert sg.value_and_grad(compiled)(0.0) == (0.0, np.inf)
    with sg.detect_anomaly(), pytest.raises(sg.AnomalyError):
        compiled(sg.Value(0.0))


def test_a_training_loop_equals_the_eager_one() -> None:
    xs = np.random.default_rng(1).normal(size=(20, 2))
    ys = np.sign(xs[:, 0] - xs[:, 1])
    weights = []
    for compiled in (True, False):
        random.seed(3)
        model = nn.MLP(2, [4, 1])

        def sample(m: Any, x: Any, y: Any) -> Any:
            return losses.hinge(m(x), y)

        def mean(m: Any) -> Any:
            return sg.mean([sample(m, x, y) for x, y in zip(xs.tolist(), ys.tolist())])

        gate = compile(sample, batch=("x", "y"), reduce="mean")
        for _ in range(10):
            for p in model.parameters():
                p.grad = 0.0
            (gate(model, xs, ys) if compiled else mean(model)).backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
        weights.append([p.data for p in model.parameters()])
    assert weights[0] == pytest.approx(weights[1], rel=1e-12, abs=1e-14)


def test_compiled_functions_pickle_and_copy() -> None:
    for twin in (pickle.loads(pickle.dumps(compile(f))), copy.copy(compile(f))):
        assert twin(*AT) == close(f(*AT))
    by_name = compile(reduced, batch="x", reduce="mean", threads=2)
    twin = pickle.loads(pickle.dumps(by_name))
    assert (twin.reduce, twin.threads) == ("mean", 2)
    assert twin(0.5, np.ones(3)) == close(np.tanh(0.5))
    assert copy.deepcopy(by_name)(0.5, np.ones(3)) == close(np.tanh(0.5))


SCRIPT = """
import copy
import multiprocessing
import pickle

import scalargrad as sg


@sg.compile
def square(x):
    return x * x


class Scaled:
    by = 3.0

    @sg.compile
    def times(self, x):
        return x * self.by


def cube(x):
    return x * x * x


cubed = sg.compile(cube)

if __name__ == "__main__":
    for gate in (square, Scaled.times, sg.grad(square)):
        assert copy.deepcopy(gate) is gate
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(gate, protocol)) is gate
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for gate in (square, Scaled().times, cubed, sg.grad(square)):
            print(*pool.map(gate, [2.0, 3.0]))
"""
BY_VALUE = """
import sys

import cloudpickle

import scalargrad as sg


@sg.compile(reduce="sum", batch="x")
def total(x):
    return 2.0 * x


with open(sys.argv[1], "wb") as file:
    cloudpickle.dump(total, file)
"""


def test_a_decorated_function_of_a_script_is_found_under_its_name(tmp_path: Path) -> None:
    script = tmp_path / "decorated.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["4.0", "9.0", "6.0", "9.0", "8.0", "27.0", "4.0", "6.0"]


def test_a_decorated_function_of_a_script_travels_with_what_pickles_by_value(
    tmp_path: Path,
) -> None:
    pytest.importorskip("cloudpickle")
    script = tmp_path / "decorated.py"
    script.write_text(BY_VALUE)
    subprocess.run([sys.executable, str(script), str(tmp_path / "total")], check=True, timeout=120)
    twin = pickle.loads((tmp_path / "total").read_bytes())
    assert twin.reduce == "sum"
    assert twin([1.0, 2.0]) == 6.0


def test_a_decorator_may_have_options() -> None:
    @compile
    def plain(x: Any) -> Any:
        """Doubled."""
        return 2.0 * x

    @compile(batch="x", reduce="sum")
    def total(x: Any) -> Any:
        return 2.0 * x

    assert (plain.__name__, plain.__doc__) == ("plain", "Doubled.")
    assert (plain(2.0), total(np.ones(3))) == (4.0, 6.0)


def test_gradient_of_a_gate_is_part_of_what_differentiates_it() -> None:
    gate = compile(lambda x, n: sg.sin(x) * x**n)

    def squared_slope(x: Any) -> Any:
        return sg.square(sg.value_and_grad(gate)(x, 2)[1])

    eager = sg.grad(lambda x: sg.square(sg.grad(lambda y: sg.sin(y) * y**2)(x)))(0.7)
    assert sg.grad(squared_slope)(0.7) == pytest.approx(eager, rel=1e-14)
    assert compile(sg.grad(squared_slope))(0.7) == pytest.approx(eager, rel=1e-13)


def test_gradient_over_a_batch_is_differentiated_again() -> None:
    gate, xs = compile(lambda x, w: sg.sin(x * w), batch="x", reduce="sum"), np.ones(3)

    def slope(w: Any) -> Any:
        return sg.value_and_grad(gate, 1)(xs, w)[1]

    sin, cos = 3.0 * np.sin(2.0), 3.0 * np.cos(2.0)
    assert [slope(2.0), sg.grad(slope)(2.0), sg.hessian(slope)(2.0)] == close([cos, -sin, -cos])
    assert sg.grad(sg.grad(gate, 1), 1)(xs, 2.0) == close(-sin)


@pytest.mark.parametrize("reduce", ["sum", "mean", None])
def test_gradient_over_a_batch_is_part_of_a_program(reduce: str | None) -> None:
    gate = compile(lambda x, w: sg.sin(x * w), batch="x", reduce=reduce)
    xs = np.array([1.0, 2.0, 0.5])
    cos = np.cos(2.0 * xs)
    in_w, in_x = {
        "sum": ((xs * cos).sum(), 2.0 * cos),
        "mean": ((xs * cos).mean(), 2.0 * cos / 3),
    }.get(reduce, (xs * cos, 2.0 * cos))
    outer = compile(lambda w: sg.grad(gate, (1, 0))(xs, w))
    found = outer(2.0)
    assert found[0] == close(in_w)
    assert found[1] == close(in_x)
