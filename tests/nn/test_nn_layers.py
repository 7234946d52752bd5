"""Layers by hand, their gradients measured, on floats and on other kinds of scalar; bad inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, check_gradient, nn
from scalargrad.nn.activations import modules as activations
from scalargrad.scalars import is_scalar
from tests.support.traced import Traced, number

LAYERS: dict[str, Any] = {
    "Linear": lambda: nn.Linear(4, 3),
    "Linear without bias": lambda: nn.Linear(4, 3, bias=False),
    "Neuron": lambda: nn.Neuron(4),
    "Layer": lambda: nn.Layer(4, 3),
    "MLP": lambda: nn.MLP(4, [3, 2]),
    "Maxout": lambda: nn.Maxout(4, 3, pieces=3),
    "Sparse": lambda: nn.Sparse(4, [[0, 2], [1], [0, 1, 3]]),
    "Wired": lambda: nn.Wired("abcd", {"o": "agh", "g": "ab", "h": "gcd"}, "og"),
    "Dropout": lambda: nn.Dropout(0.5),
    "Residual": lambda: nn.Residual(nn.Linear(4, 4)),
    "stochastic depth": lambda: nn.Residual(nn.Linear(4, 4), drop=0.5),
    "BatchNorm": lambda: nn.BatchNorm(4).eval(),
    "LayerNorm": lambda: nn.LayerNorm(4),
    "RMSNorm": lambda: nn.RMSNorm(4),
    "RMSNorm without gain": lambda: nn.RMSNorm(4, gain=False),
    "SiLU": lambda: nn.SiLU(),
    "LeakyReLU": lambda: nn.LeakyReLU(0.1),
    "learned slope": lambda: nn.LeakyReLU(Value(0.25)),
    "softmax": lambda: Softmax(),
}
SEQUENCE_LAYERS: dict[str, Any] = {
    "SelfAttention": lambda: nn.SelfAttention(2, heads=2),
    "not causal": lambda: nn.SelfAttention(2, heads=1, causal=False),
    "Block": lambda: nn.Block(2, hidden=3),
}
X = [0.7, -1.2, 0.4, 2.1]
SEQUENCE = [[0.7, -1.2], [1.1, 0.3], [-0.6, 1.7]]


class Softmax(nn.Module):
    def __call__(self, x: Any) -> Any:
        return nn.softmax(x)


def flat(x: Any) -> list[Any]:
    return [x] if is_scalar(x) else [number for part in x for number in flat(part)]


def like(function: Any, x: Any) -> Any:
    return [like(function, part) for part in x] if isinstance(x, list) else function(x)


def mixed(outputs: Any) -> Any:
    """One number that depends on every output in another way."""
    return sg.sum([sg.sin((i + 1.0) * y) for i, y in enumerate(flat(outputs))])


CASES = [
    pytest.param(make, x, id=name)
    for makes, x in ((LAYERS, X), (SEQUENCE_LAYERS, SEQUENCE))
    for name, make in makes.items()
]


# ------ every layer


@pytest.mark.parametrize(("make", "x"), CASES)
def test_gradient_of_a_layer_is_its_slope(make: Any, x: Any) -> None:
    nn.seed(5)
    layer = make()

    def output(layer: Any, x: Any) -> Any:
        nn.seed(11)
        return mixed(layer(x))

    assert check_gradient(output, layer, x).ok


@pytest.mark.parametrize(("make", "x"), CASES)
def test_layer_of_floats_gives_the_same_floats(make: Any, x: Any) -> None:
    nn.seed(5)
    layer = make()
    nn.seed(11)
    expected = [getattr(y, "data", y) for y in flat(layer(like(Value, x)))]
    plain = layer.with_parameters([p.data for p in layer.parameters()])
    nn.seed(11)
    outputs = flat(plain(x))
    assert {type(y) for y in outputs} == {float}
    assert outputs == expected


@pytest.mark.parametrize(("make", "x"), CASES)
def test_layer_runs_on_any_kind_of_scalar_without_a_look_at_it(make: Any, x: Any) -> None:
    nn.seed(5)
    layer = make()
    traced = layer.with_parameters([Traced(p.data) for p in layer.parameters()])
    nn.seed(11)
    expected = [getattr(y, "data", y) for y in flat(layer(x))]
    nn.seed(11)
    assert [number(y) for y in flat(traced(like(Traced, x)))] == expected


OF_ANY_WIDTH = {"Dropout", "SiLU", "LeakyReLU", "learned slope", "softmax"}


@pytest.mark.parametrize("name", sorted(LAYERS.keys() - OF_ANY_WIDTH))
@given(width=st.integers(0, 9).filter(lambda n: n != 4))
def test_wrong_number_of_inputs_says_what_was_expected_and_what_came(name: str, width: int) -> None:
    nn.seed(1)  # stochastic depth does not leave the layer out
    with pytest.raises(ValueError, match=f"expected 4 inputs, got {width}"):
        LAYERS[name]()([0.5] * width)


@pytest.mark.parametrize("name", sorted(OF_ANY_WIDTH))
@given(width=st.integers(1, 9))
def test_what_takes_any_number_of_inputs_gives_as_many(name: str, width: int) -> None:
    assert len(LAYERS[name]()([0.5] * width)) == width


@pytest.mark.parametrize("x", [None, "abcd", [None] * 4, [[1.0]] * 4, [1j] * 4, object()])
@pytest.mark.parametrize("name", ["Linear", "MLP", "LayerNorm", "Maxout", "Sparse", "Wired"])
def test_what_is_no_list_of_numbers_is_refused(name: str, x: Any) -> None:
    with pytest.raises(TypeError):
        LAYERS[name]()(x)


@pytest.mark.parametrize("dtype", [float, np.float32, object])
def test_arrays_are_inputs(dtype: Any) -> None:
    layer = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    expected = [y.data for y in layer([0.5, -1.0])]
    assert [y.data for y in layer(np.array([0.5, -1.0], dtype=dtype))] == expected
    rows = np.array([[0.5, -1.0], [0.0, 1.0]], dtype=dtype)
    assert [y.data for y in layer.batch(rows)[0]] == expected


# ------ sizes

SIZED: dict[str, Callable[[Any], Any]] = {
    "nin of Linear": lambda x: nn.Linear(x, 2),
    "nout of Linear": lambda x: nn.Linear(2, x),
    "nin of Maxout": lambda x: nn.Maxout(x, 2),
    "nout of Maxout": lambda x: nn.Maxout(2, x),
    "pieces of Maxout": lambda x: nn.Maxout(2, 2, x),
    "count of Embedding": lambda x: nn.Embedding(x, 2),
    "width of Embedding": lambda x: nn.Embedding(2, x),
    "width of LayerNorm": nn.LayerNorm,
    "width of RMSNorm": nn.RMSNorm,
    "width of BatchNorm": nn.BatchNorm,
    "width of SelfAttention": nn.SelfAttention,
    "heads of SelfAttention": lambda x: nn.SelfAttention(2, x),
    "width of Block": nn.Block,
    "hidden of Block": lambda x: nn.Block(2, hidden=x),
    "nin of Neuron": nn.Neuron,
    "nin of Layer": lambda x: nn.Layer(x, 2),
    "nout of Layer": lambda x: nn.Layer(2, x),
    "nin of MLP": lambda x: nn.MLP(x, [1]),
    "nout of MLP": lambda x: nn.MLP(2, [3, x, 1]),
    "nin of Perceptron": nn.Perceptron,
    "nin of Sparse": lambda x: nn.Sparse(x, [[0]]),
}


@pytest.mark.parametrize("size", [-1, 0, 2.0, True, "2"], ids=repr)
@pytest.mark.parametrize("name", SIZED)
def test_a_size_is_a_whole_number_from_1_up(name: str, size: Any) -> None:
    option = name.split()[0]
    with pytest.raises(ValueError, match=f"^{option} must be a whole number from 1 up, got "):
        SIZED[name](size)


@pytest.mark.parametrize("share", ["a", [0.5], np.array([0.1, 0.2])], ids=repr)
def test_a_share_that_is_no_number_is_told_by_its_name(share: Any) -> None:
    with pytest.raises(TypeError, match=r"^p must be at least 0 and below 1, got "):
        nn.Dropout(share)
    with pytest.raises(TypeError, match=r"^momentum must be from 0 to 1, got "):
        nn.BatchNorm(1, share)


# ------ Linear, Maxout, Embedding


def test_linear_layer_by_hand() -> None:
    layer = nn.Linear(2, 2).with_parameters([1.0, 2.0, 3.0, 4.0, 0.5, -0.5])
    assert layer([10.0, 100.0]) == [210.5, 429.5]
    assert nn.Linear(2, 1, bias=False).with_parameters([3.0, -2.0])([1.0, 1.0]) == [1.0]


def test_maxout_takes_the_largest_of_its_affine_maps() -> None:
    # max(x, −x) is abs
    layer = nn.Maxout(1, 1).with_parameters([1.0, -1.0, 0.0, 0.0])
    assert [layer(x) for x in (-3.0, 0.0, 2.0)] == [[3.0], [0.0], [2.0]]
    with pytest.raises(ValueError, match="pieces must be a whole number from 1 up, got 0"):
        nn.Maxout(1, 1, pieces=0)


def test_maxout_gradient_goes_to_the_map_that_won() -> None:
    layer = nn.Maxout(1, 1)
    first, second = (row[0] for row in layer.maps[0].weight)
    first.data, second.data = 2.0, -2.0
    layer([3.0])[0].backward()
    assert (first.grad, second.grad) == (3.0, 0.0)


def test_embedding_gives_the_row_of_each_token() -> None:
    table = nn.Embedding(3, 2)
    assert table(1) == table.weight[1]
    assert table([2, 0]) == [table.weight[2], table.weight[0]]
    assert table(np.array([2, 0])) == [table.weight[2], table.weight[0]]
    sg.sum(table(1)).backward()
    assert [w.grad for row in table.weight for w in row] == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("token", [3, -1])
def test_embedding_refuses_a_token_beyond_its_table(token: int) -> None:
    with pytest.raises(ValueError, match=f"expected a token 0 to 2, got {token}"):
        nn.Embedding(3, 2)(token)


@pytest.mark.parametrize("token", [1.0, "a", None])
def test_embedding_refuses_what_is_no_whole_number(token: Any) -> None:
    with pytest.raises(TypeError, match="a token is a whole number, got"):
        nn.Embedding(3, 2)(token)


def test_embedding_gives_the_row_of_a_token_that_is_computed() -> None:
    table = nn.Embedding(3, 2)
    rows = [[w.data for w in row] for row in table.weight]
    sg.sum(table(sg.Value(2.0))).backward()
    assert [w.grad for row in table.weight for w in row] == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    one = sg.compile(lambda token: table(token))
    assert [[w.data for w in one(float(k))] for k in range(3)] == rows
    each = sg.compile(lambda tokens: table(tokens), batch="tokens")
    tokens = np.array([[2, 0], [1, 1], [0, 2]])
    found = np.array([[[w.data for w in lanes] for lanes in row] for row in each(tokens)])
    assert found.transpose(2, 0, 1).tolist() == [[rows[k] for k in sample] for sample in tokens]


@pytest.mark.parametrize("token", [3.0, -1.0, 0.5])
def test_embedding_refuses_a_computed_token_beyond_its_table(token: float) -> None:
    table = nn.Embedding(3, 2)
    table.weight[0][0].data = 0.0
    one = sg.compile(lambda token: sg.sum(table(token)))
    assert one(1.0).data == sg.sum(table(1)).data
    for f in (one, lambda token: table(sg.Value(token))):
        with pytest.raises((ValueError, IndexError), match=r"expected a token 0 to 2|whole number"):
            f(token)


# ------ Dropout, Residual


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    nn.seed(2)
    outputs = nn.Dropout(0.25)([3.0] * 4000)
    assert set(outputs) == {0.0, 4.0}
    # three standard errors
    assert abs(outputs.count(0.0) / 4000 - 0.25) < 3 * (0.25 * 0.75 / 4000) ** 0.5


def test_dropout_in_use_changes_nothing() -> None:
    x = [Value(1.0), Value(2.0)]
    assert nn.Dropout(0.5).eval()(x) is x
    assert nn.Dropout(0.0)(x) is x


def test_dropped_number_has_no_gradient_whatever_it_is() -> None:
    nn.seed(0)
    xs = [Value(math.inf) for _ in range(20)]
    outputs = nn.Dropout(0.5)(xs)
    sg.sum([y for y in outputs if y.data == 0.0]).backward()
    assert {x.grad for x in xs} == {0.0}
    assert {y.data for y in outputs} == {0.0, math.inf}


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, math.nan])
def test_share_to_drop_is_checked(p: float) -> None:
    with pytest.raises(ValueError, match="p must be at least 0 and below 1, got"):
        nn.Dropout(p)
    with pytest.raises(ValueError, match="drop must be at least 0 and below 1, got"):
        nn.Residual(nn.Tanh(), drop=p)


def test_residual_adds_what_its_inner_part_gives() -> None:
    double = nn.Residual(nn.Activation(lambda x: 2.0 * x))
    assert double([1.0, -2.0]) == [3.0, -6.0]
    assert double(1.0) == 3.0
    assert double([[1.0], [2.0]]) == [[3.0], [6.0]]


def test_stochastic_depth_leaves_the_inner_part_out_at_random() -> None:
    nn.seed(4)
    calls = []

    def inner(x: Any) -> Any:
        calls.append(x)
        return [1.0]

    layer = nn.Residual(inner, drop=0.75)
    outputs = [layer([10.0])[0] for _ in range(400)]
    assert set(outputs) == {10.0, 14.0}
    assert len(calls) == outputs.count(14.0)
    # three standard errors
    assert abs(len(calls) / 400 - 0.25) < 3 * (0.25 * 0.75 / 400) ** 0.5
    assert layer.eval()([10.0]) == [11.0]


def test_stochastic_depth_is_drawn_once_for_a_batch() -> None:
    nn.seed(4)
    layer = nn.Residual(lambda x: [1.0], drop=0.5)
    drawn = {tuple(y for (y,) in layer.batch([[0.0]] * 3)) for _ in range(40)}
    assert drawn == {(0.0, 0.0, 0.0), (2.0, 2.0, 2.0)}


def test_residual_refuses_an_inner_part_of_another_width() -> None:
    with pytest.raises(ValueError, match="expected 4 to add to as many, got 3"):
        nn.Residual(nn.Linear(4, 3))([0.0] * 4)


def test_sequential_wants_functions() -> None:
    with pytest.raises(TypeError, match="a layer is a Module or a function, got 3"):
        nn.Sequential(nn.Tanh(), 3)  # type: ignore[arg-type]
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    assert len(model) == 2
    assert model[1] is model.layers[1]


# ------ activations


@pytest.mark.parametrize("name", activations)
def test_activation_is_its_function_of_every_number(name: str) -> None:
    module = getattr(nn, name)()
    function = getattr(sg, module.row.name)
    x, y = module.row.samples[:2]
    x, y = (x[0], y[0]) if isinstance(x, tuple) else (x, y)
    assert module([x, [y]]) == [function(x), [function(y)]]
    assert module(x) == function(x)
    assert name in repr(module)


def test_every_unary_row_of_the_table_is_an_activation() -> None:
    unary = {row.name for row in sg.rows.BUILT_IN.values() if row.arity == 1 and not row.hidden}
    assert unary | {"leaky_relu", "elu"} == {m.row.name for m in activations.values()}


def test_settings_of_an_activation_are_those_of_its_row() -> None:
    assert nn.LeakyReLU()(-1.0) == -0.01
    assert nn.LeakyReLU(0.1)(-1.0) == -0.1
    assert nn.ELU(alpha=2.0)(-1.0) == 2.0 * math.expm1(-1.0)
    with pytest.raises(TypeError, match=r"LeakyReLU expected slope, got 0\.1, 0\.2"):
        nn.LeakyReLU(0.1, 0.2)
    with pytest.raises(TypeError, match=r"Tanh expected no settings, got slope=0\.1"):
        nn.Tanh(slope=0.1)


def test_setting_that_is_a_value_is_learned() -> None:
    layer = nn.LeakyReLU(Value(0.25))
    layer(-2.0).backward()
    assert [(name, p.grad) for name, p in layer.named_parameters()] == [("slope", -2.0)]


# ------ softmax


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=6))
def test_softmax_gives_probabilities(logits: list[float]) -> None:
    found = nn.softmax(logits)
    assert all(0.0 <= p <= 1.0 for p in found)
    assert math.fsum(found) == pytest.approx(1.0, rel=1e-15)
    shares = [math.exp(x - max(logits)) for x in logits]
    assert found == pytest.approx([s / math.fsum(shares) for s in shares], rel=4e-16, abs=0.0)


def test_softmax_at_infinities_is_the_limit() -> None:
    assert nn.softmax([math.inf, 0.0]) == [1.0, 0.0]
    assert nn.softmax([-math.inf, 0.0]) == [0.0, 1.0]
    assert all(map(math.isnan, nn.softmax([math.nan, 0.0])))
