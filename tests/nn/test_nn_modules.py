"""What every Module can do: name its parts, train or not, run a batch, print itself; and chance."""

from __future__ import annotations

import copy
import os
import pickle
import random
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, nn, randomness
from scalargrad.nn import initializers


class Pair(nn.Module):
    """A Module of the user's own, without a constructor of the library's."""

    def __init__(self) -> None:
        self.by_name = {"first": nn.Linear(2, 2)}
        self.rest = [nn.Dropout(0.5), (nn.BatchNorm(2), 3)]
        self._hidden = nn.Linear(9, 9)

    def __call__(self, x: Any) -> Any:
        return self.by_name["first"](x)


# ------ parts


def test_modules_are_found_in_containers_and_named_after_their_place() -> None:
    names = {name: type(module).__name__ for name, module in Pair().named_modules()}
    assert names == {
        "": "Pair",
        "by_name.first": "Linear",
        "rest.0": "Dropout",
        "rest.1.0": "BatchNorm",
    }


def test_module_in_two_places_is_one_module() -> None:
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.Tanh(), layer)
    assert [name for name, _ in model.named_modules()] == ["", "layers.0", "layers.1"]
    assert len(model.parameters()) == 6


def test_buffers_are_named_and_are_no_parameters() -> None:
    model = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm(2))
    names = ["layers.1.running_mean", "layers.1.running_variance"]
    assert [name for name, _ in model.named_buffers()] == names
    assert [name for name, _ in model.named_parameters()] == [
        *[f"layers.0.{name}" for name in ("weight.0.0", "weight.1.0", "bias.0", "bias.1")],
        *[f"layers.1.{name}" for name in ("gain.0", "gain.1", "shift.0", "shift.1")],
    ]


def test_copy_with_other_parameters_shares_its_buffers() -> None:
    model = nn.BatchNorm(1)
    other = model.with_parameters([2.0, 0.5])
    other.batch([[1.0], [3.0]])
    assert model.running_mean == [0.2]
    assert copy.deepcopy(model).running_mean is not model.running_mean


def test_pickled_network_is_the_same_network() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.1), nn.LayerNorm(3))
    other = pickle.loads(pickle.dumps(model))
    assert repr(other) == repr(model)
    assert [y.data for y in other([1.0, 2.0])] == [y.data for y in model([1.0, 2.0])]


# ------ training and use


def test_modules_train_until_told_otherwise() -> None:
    model = Pair()
    assert all(module.training for _, module in model.named_modules())
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert model._hidden.training
    assert model.train() is model
    assert all(module.training for _, module in model.named_modules())


def test_batch_of_any_module_is_its_output_for_each_sample() -> None:
    model = nn.MLP(2, [3, 1])
    samples = [[1.0, 2.0], [-0.5, 0.25]]
    assert [y.data for y in model.batch(samples)] == [model(x).data for x in samples]


def test_batch_reaches_what_needs_all_samples_through_containers() -> None:
    norm = nn.BatchNorm(2)
    model = nn.Sequential(lambda x: [x[0], 2.0 * x[1]], nn.Residual(nn.Sequential(norm)))
    model.batch([[1.0, 1.0], [3.0, 5.0]])
    assert norm.running_mean == pytest.approx([0.2, 0.6])


# ------ print


def test_module_prints_its_parts_with_their_parameters() -> None:
    model = nn.Sequential(
        nn.Linear(64, 32),
        nn.ReLU(),
        nn.Residual(nn.Linear(32, 32, bias=False), drop=0.2),
        nn.MLP(32, [2]),
    )
    assert repr(model).splitlines() == [
        "Sequential                                                          3,170 parameters",
        "  layers.0  Linear(nin=64, nout=32)                                 2,080",
        "  layers.1  ReLU()",
        "  layers.2  Residual(drop=0.2)                                      1,024",
        "    inner  Linear(nin=32, nout=32)                                  1,024",
        "  layers.3  MLP of [Layer of [LinearNeuron(32), LinearNeuron(32)]]     66",
    ]


def test_equal_parts_share_a_line() -> None:
    assert repr(nn.Maxout(2, 3)).splitlines() == [
        "Maxout(nin=2, nout=3)                    18 parameters",
        "  maps.0 … 2  3 × Linear(nin=2, nout=2)  18",
    ]


def test_module_alone_prints_in_a_line() -> None:
    assert repr(nn.Linear(1, 1, bias=False)) == "Linear(nin=1, nout=1)  1 parameter"
    assert repr(nn.Tanh()) == "Tanh()"
    assert repr(nn.LeakyReLU(slope=0.2)) == "LeakyReLU(slope=0.2)"
    assert repr(nn.Dropout()) == "Dropout(p=0.5)"


# ------ initializers


@pytest.mark.parametrize(
    ("initializer", "deviation", "limit"),
    [
        (initializers.uniform(0.5), 0.5 / 3**0.5, 0.5),
        (initializers.normal(2.0), 2.0, None),
        (initializers.xavier_uniform, 0.2, 0.2 * 3**0.5),
        (initializers.xavier_normal, 0.2, None),
        (initializers.he_uniform, 0.25, 0.25 * 3**0.5),
        (initializers.he_normal, 0.25, None),
    ],
)
def test_initializers_draw_around_zero_with_their_deviation(
    initializer: Any, deviation: float, limit: float | None
) -> None:
    nn.seed(0)
    drawn = [initializer(32, 18) for _ in range(20_000)]
    # three standard errors of a mean and of a deviation
    assert abs(sum(drawn) / len(drawn)) < 3 * deviation / len(drawn) ** 0.5
    measured = (sum(x * x for x in drawn) / len(drawn)) ** 0.5
    assert measured == pytest.approx(deviation, rel=3 / (2 * len(drawn)) ** 0.5)
    assert limit is None or 0.99 * limit < max(map(abs, drawn)) <= limit


def test_weights_of_a_layer_are_drawn_by_its_initializer() -> None:
    linear = nn.Linear(2, 3, initializer=initializers.constant(0.5))
    assert [w.data for row in linear.weight for w in row] == [0.5] * 6
    assert [b.data for b in linear.bias] == [0.0] * 3
    assert nn.Linear(2, 1, initializer=initializers.zeros)([3.0, 4.0])[0].data == 0.0


# ------ chance

PROGRAM = """
import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import mean_squared_error
nn.seed(7)
model = nn.Sequential(
    nn.Linear(3, 4), nn.BatchNorm(4), nn.Dropout(0.3), nn.Maxout(4, 4),
    nn.Residual(nn.Sequential(nn.Linear(4, 4), nn.SiLU()), drop=0.5),
    nn.Wired(range(4), nn.random_wiring(4, 5, 2), [7, 8]),
)
for step in range(5):
    outputs = model.batch([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0], [2.0, 2.0, -2.0]])
    loss = sg.mean([mean_squared_error(y, [1.0, -1.0]) for y in outputs])
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
print(*[p.data.hex() for p in model.parameters()], dict(model.named_buffers()))
"""


def test_seeded_run_is_the_same_in_every_process() -> None:
    def output(hash_seed: str) -> str:
        variables = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=variables)
        return done.stdout

    first = output("0")
    assert "0x" in first
    assert output("12345") == first


def test_seed_is_that_of_pythons_random() -> None:
    nn.seed(3)
    drawn = randomness.uniform(-1.0, 1.0), random.random()
    random.seed(3)
    assert (random.uniform(-1.0, 1.0), random.random()) == drawn
    with pytest.raises(TypeError):
        nn.seed(None)  # type: ignore[arg-type]


@given(st.floats(0.01, 0.99) | st.sampled_from([0.0, 1.0]))
def test_bernoulli_is_one_as_often_as_asked(p: float) -> None:
    nn.seed(1)
    count = 2000
    mean = sum(randomness.bernoulli(p) for _ in range(count)) / count
    assert abs(mean - p) <= 4.5 * (p * (1 - p) / count) ** 0.5


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.Residual(nn.Linear(8, 8), drop=0.5)])
def test_every_draw_of_a_forward_pass_is_a_call_of_bernoulli(
    layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(randomness.random, "random", lambda: 0.25)
    expected = repr(layer([1.0] * 8))
    monkeypatch.undo()
    asked: list[float] = []
    monkeypatch.setattr(nn.containers, "bernoulli", lambda p: asked.append(p) or 1.0)
    before = random.getstate()
    assert repr(layer([1.0] * 8)) == expected
    assert random.getstate() == before
    assert asked == [0.5] * len(asked) != []


def test_a_leaf_value_is_all_a_module_needs() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.factor = Value(3.0)

        def __call__(self, x: Any) -> Any:
            return self.factor * x

    model = Scaled()
    sg.mean(model.batch([1.0, 2.0])).backward()
    assert model.factor.grad == 1.5
    assert repr(model) == "Scaled()  1 parameter"


def test_a_notebook_shows_a_table_of_the_parts() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Residual(nn.Linear(3, 3)), nn.MLP(3, [1]))
    page = model._repr_html_()
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    cells = [re.sub("<.*?>", "|", row).strip("|") for row in rows]
    assert cells[0] == "part||||parameters"
    assert [cell.rpartition("|")[2] for cell in cells[1:3]] == ["25", "9"]
    assert any("Linear(nin=3, nout=3)" in cell for cell in cells)
    assert "<unsafe>" not in type("<unsafe>", (nn.Module,), {})()._repr_html_()
