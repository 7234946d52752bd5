"""Networks: micrograd's construction, order and printing; parameters found and replaced."""

from __future__ import annotations

import copy
import random
from typing import Any, NamedTuple

import numpy as np
import pytest

from scalargrad import Value, no_grad, relu
from scalargrad.nn import MLP, Layer, Module, Neuron
from scalargrad.transforms.functional import grad


def by_hand(model: MLP, x: list[float]) -> list[float]:
    """The outputs, in plain floats, summed in micrograd's order: bias first, then left to right."""
    for layer in model.layers:
        outputs = []
        for neuron in layer.neurons:
            total = neuron.b.data
            for w, xi in zip(neuron.w, x):
                total += w.data * xi
            outputs.append(max(total, 0.0) if neuron.nonlin else total)
        x = outputs
    return x


# ------ micrograd's own


def test_weights_are_drawn_in_micrograds_order() -> None:
    random.seed(1337)
    drawn = [random.uniform(-1, 1) for _ in range(2 * 3 + 3 * 1)]
    random.seed(1337)
    model = MLP(2, [3, 1])
    expected = [*drawn[0:2], 0.0, *drawn[2:4], 0.0, *drawn[4:6], 0.0, *drawn[6:9], 0.0]
    assert [p.data for p in model.parameters()] == expected


def test_network_gives_what_the_plain_sums_give_bit_for_bit() -> None:
    random.seed(1)
    model = MLP(3, [5, 4, 2])
    x = [0.3, -1.7, 2.2]
    assert [out.data for out in model(x)] == by_hand(model, x)


def test_same_seed_gives_micrograds_network_outputs_and_gradients() -> None:
    micrograd_nn = pytest.importorskip("micrograd.nn")
    random.seed(1337)
    theirs = micrograd_nn.MLP(2, [16, 16, 1])
    random.seed(1337)
    ours = MLP(2, [16, 16, 1])
    assert repr(ours) == repr(theirs)
    for x in ([0.5, -1.5], [2.0, 1.0], [-0.1, 0.7]):
        their_score, our_score = theirs(x), ours(x)
        assert our_score.data == their_score.data
        their_score.backward()
        our_score.backward()
    for p, q in zip(ours.parameters(), theirs.parameters()):
        # the order in which contributions add up is not micrograd's, hence not bit for bit
        assert p.grad == pytest.approx(q.grad, rel=1e-12, abs=1e-14)


def test_attributes_have_micrograds_names() -> None:
    model = MLP(2, [3, 1])
    neuron = model.layers[0].neurons[2]
    assert len(neuron.w) == 2
    assert neuron.b.data == 0.0
    assert neuron.nonlin
    assert not model.layers[1].neurons[0].nonlin
    assert not Layer(2, 3, nonlin=False).neurons[0].nonlin


def test_networks_print_as_micrograds() -> None:
    assert repr(Neuron(2)) == "ReLUNeuron(2)"
    assert repr(Layer(2, 2, nonlin=False)) == "Layer of [LinearNeuron(2), LinearNeuron(2)]"
    expected = "MLP of [Layer of [ReLUNeuron(1), ReLUNeuron(1)], Layer of [LinearNeuron(2)]]"
    assert repr(MLP(1, [2, 1])) == expected


# ------ calling


def test_neuron_is_one_dot_node_and_relu() -> None:
    neuron = Neuron(2)
    out = neuron([1.0, 2.0])
    assert out.op.name == "relu"
    (weighted_sum,) = out.parents
    assert weighted_sum.op.name == "dot"
    assert weighted_sum.parents == (*neuron.w, neuron.b)


def test_linear_neuron_gradients_by_hand() -> None:
    neuron = Neuron(2, nonlin=False)
    x = [Value(3.0), Value(-2.0)]
    neuron(x).backward()
    assert [w.grad for w in neuron.w] == [3.0, -2.0]
    assert neuron.b.grad == 1.0
    assert [v.grad for v in x] == [w.data for w in neuron.w]


@pytest.mark.parametrize(
    "x",
    [
        [0.5, -1.0],
        (0.5, -1.0),
        [Value(0.5), Value(-1.0)],
        np.array([0.5, -1.0]),
        np.array([0.5, -1.0], dtype=np.float32),
        np.array([Value(0.5), Value(-1.0)]),
    ],
    ids=["list", "tuple", "Values", "array", "float32", "object array"],
)
def test_any_list_of_numbers_or_values_is_an_input(x: Any) -> None:
    model = MLP(2, [3, 2])
    assert [out.data for out in model(x)] == by_hand(model, [0.5, -1.0])


def test_iterator_is_an_input_to_every_neuron() -> None:
    layer = Layer(2, 2)
    assert [out.data for out in layer(iter([0.5, -1.0]))] == [
        out.data for out in layer([0.5, -1.0])
    ]


def test_layer_of_one_returns_the_value_and_not_a_list() -> None:
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)
    assert isinstance(Layer(2, 2)([1.0, 2.0]), list)


def test_layer_of_one_feeds_the_next_layer() -> None:
    model = MLP(2, [1, 1])
    assert [model([0.4, 0.6]).data] == by_hand(model, [0.4, 0.6])


def test_number_alone_is_a_list_of_one() -> None:
    model = MLP(1, [4, 1])
    assert model(0.7).data == model([0.7]).data


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0], []])
def test_wrong_number_of_inputs_says_expected_and_came(x: list[float]) -> None:
    with pytest.raises(ValueError, match=f"expected 2 inputs, got {len(x)}"):
        MLP(2, [3, 1])(x)


def test_network_without_activation_collapses_to_one_linear_map() -> None:
    layers = [Layer(2, 3, nonlin=False), Layer(3, 2, nonlin=False)]

    def network(x: list[float]) -> np.ndarray:
        for layer in layers:
            x = [out.data for out in layer(x)]
        return np.array(x)

    origin = network([0.0, 0.0])
    x, y = np.array([0.3, -2.0]), np.array([1.5, 0.25])
    mapped = network(x.tolist()) + network(y.tolist()) - origin
    assert network((x + y).tolist()) == pytest.approx(mapped, rel=1e-14, abs=1e-14)


# ------ parameters


class Pair(NamedTuple):
    left: Any
    right: Any


class Holder(Module):
    def __init__(self) -> None:
        self.scale = Value(2.0)
        self.pair = Pair(Value(3.0), (Value(4.0), "text"))
        self.by_name = {"inner": Neuron(1), 7: Value(5.0)}
        self.settings = {"rate": 0.1}
        self._activation = Value(6.0)

    def __call__(self, x: Any) -> Any:
        return relu(self.scale * x) + self.pair.left + self.by_name[7]


def test_parameters_are_found_in_lists_tuples_dicts_and_modules() -> None:
    names = [name for name, _ in Holder().named_parameters()]
    inner = ["by_name.inner.w.0", "by_name.inner.b"]
    assert names == ["scale", "pair.0", "pair.1.0", *inner, "by_name.7"]


def test_parameters_of_a_network_are_named_after_their_place() -> None:
    names = [name for name, _ in MLP(2, [2, 1]).named_parameters()]
    assert names[:4] == [f"layers.0.neurons.{i}" for i in ("0.w.0", "0.w.1", "0.b", "1.w.0")]
    assert names[-1] == "layers.1.neurons.0.b"
    assert len(names) == 9


def test_parameter_in_two_places_is_one_parameter() -> None:
    model = MLP(2, [2, 2])
    model.layers[1].neurons[0].w = model.layers[0].neurons[0].w
    assert len(model.parameters()) == 10
    other = model.with_parameters(range(10))
    assert other.layers[1].neurons[0].w[1] is other.layers[0].neurons[0].w[1]


def test_module_that_refers_back_to_its_whole_is_walked_once() -> None:
    model: Any = MLP(1, [1])
    model.layers[0].network = model
    assert len(model.parameters()) == 2
    other = model.with_parameters([Value(1.0), Value(2.0)])
    assert other.layers[0].network is other


def test_zero_grad_clears_every_parameter() -> None:
    model = MLP(2, [2, 1])
    for parameter in model.parameters():
        parameter.grad = 3.0
    model.zero_grad()
    assert [parameter.grad for parameter in model.parameters()] == [0.0] * 9


def test_script_may_define_parameters_itself_as_in_micrograd() -> None:
    class Scaled(Module):
        def __init__(self) -> None:
            self.weight, self.frozen = Value(2.0), Value(3.0)

        def parameters(self) -> list[Any]:
            return [self.weight]

    model = Scaled()
    model.weight.grad = model.frozen.grad = 1.0
    model.zero_grad()
    assert (model.weight.grad, model.frozen.grad) == (0.0, 1.0)
    other = model.with_parameters([5.0])
    assert (other.weight, other.frozen) == (5.0, model.frozen)


# ------ with_parameters


def test_with_parameters_leaves_the_original_alone() -> None:
    model = MLP(2, [2, 1])
    before = model.parameters()
    other = model.with_parameters([Value(i) for i in range(9)])
    assert [p.data for p in other.parameters()] == list(range(9))
    assert all(p is q for p, q in zip(model.parameters(), before))
    assert repr(other) == repr(model)


def test_with_parameters_that_are_floats_computes_floats() -> None:
    model = MLP(2, [3, 1])
    numbers = [p.data for p in model.parameters()]
    out = model.with_parameters(numbers)([0.5, -1.0])
    assert type(out) is float
    assert out == model([0.5, -1.0]).data


def test_floats_put_in_as_parameters_stay_parameters() -> None:
    gradients = MLP(2, [2, 1]).with_parameters([float(i) for i in range(9)])
    assert gradients.parameters() == list(range(9))
    assert gradients.layers[0].neurons[1].parameters() == [3.0, 4.0, 5.0]
    again = gradients.with_parameters([Value(p + 1.0) for p in gradients.parameters()])
    assert [p.data for p in again.parameters()] == list(range(1, 10))


def test_model_of_floats_has_no_grad_to_clear() -> None:
    with pytest.raises(AttributeError, match="grad"):
        Neuron(1).with_parameters([1.0, 2.0]).zero_grad()


def test_computed_values_put_in_as_parameters_carry_the_gradient_on() -> None:
    model = Neuron(1, nonlin=False)
    rate = Value(0.5)
    stepped = model.with_parameters([p - rate * 2.0 for p in model.parameters()])
    assert len(stepped.parameters()) == 2
    stepped([3.0]).backward()
    assert rate.grad == -2.0 * 3.0 - 2.0


def test_with_parameters_keeps_containers_of_their_kind_and_shares_the_rest() -> None:
    holder = Holder()
    other = holder.with_parameters([Value(i) for i in range(6)])
    assert type(other.pair) is Pair
    assert other.pair.right[1] == "text"
    assert other.by_name[7].data == 5.0
    assert other.settings is holder.settings
    assert other._activation is holder._activation


@pytest.mark.parametrize("seed", range(40))
def test_with_parameters_puts_each_value_where_its_name_says(seed: int) -> None:
    draw = random.Random(seed)
    pool: list[Any] = [Value(k) for k in range(3)]
    wholes: list[Any] = []

    def part(depth: int) -> Any:
        if depth and wholes and draw.random() < 0.2:
            return draw.choice(wholes)
        kind = draw.choice([list, tuple, dict, Module, None] if depth < 4 else [None])
        if kind is None:
            return draw.choice([Value(draw.random()), draw.choice(pool), 0.5, "text", None])
        parts = [part(depth + 1) for _ in range(draw.randrange(4))]
        named = {f"p{k}": x for k, x in enumerate(parts)}
        made = named if kind is dict else Module() if kind is Module else kind(parts)
        if kind is Module:
            vars(made).update(named)
        wholes.append(made)
        return made

    model: Any = Module()
    model.a, model.b, model.c = part(0), part(0), [*pool, pool[0]]
    names = [name for name, _ in model.named_parameters()]
    assert [p for _, p in model.named_parameters()] == model.parameters()
    for values in ([Value(k) for k in range(len(names))], [float(k) for k in range(len(names))]):
        found = dict(model.with_parameters(values).named_parameters())
        assert list(found) == names
        assert list(found.values()) == values


@pytest.mark.parametrize("count", [8, 10])
def test_with_parameters_wants_one_value_for_each(count: int) -> None:
    with pytest.raises(ValueError, match=f"expected 9 parameters, got {count}"):
        MLP(2, [2, 1]).with_parameters([0.0] * count)


def test_copies_do_not_share_parameters() -> None:
    model = MLP(2, [2, 1])
    copied = copy.deepcopy(model)
    copied.parameters()[0].data = 9.0
    assert model.parameters()[0].data != 9.0
    assert copied([0.0, 0.0]).data == model([0.0, 0.0]).data


def test_gradient_of_a_model_is_a_model_of_gradients() -> None:
    model = MLP(2, [3, 1])
    gradient = grad(lambda net: net([0.5, -1.0]) ** 2)(model)
    (model([0.5, -1.0]) ** 2).backward()
    assert gradient.parameters() == [p.grad for p in model.parameters()]
    assert repr(gradient) == repr(model)


def test_gradient_through_a_step_of_training() -> None:
    model = Neuron(1, nonlin=False)
    w, b = (p.data for p in model.parameters())

    def loss_after_one_step(rate: Any) -> Any:
        slopes = grad(lambda net: net(2.0) ** 2)(model).parameters()
        stepped = [p - rate * g for p, g in zip(model.parameters(), slopes)]
        return model.with_parameters(stepped)(2.0) ** 2

    # y = 2w + b has the slopes 2y·(2, 1), so a step of r turns y into y·(1 − 10r)
    y, rate = 2.0 * w + b, 0.05
    expected = 2.0 * y * y * (1.0 - 10.0 * rate) * -10.0
    assert grad(loss_after_one_step)(rate) == pytest.approx(expected, rel=1e-13)


def test_model_runs_without_recording() -> None:
    with no_grad():
        assert MLP(2, [2, 1])([1.0, 2.0]).parents == ()
