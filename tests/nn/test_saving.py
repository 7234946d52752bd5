"""Saved models and optimizers: bit for bit, data only, and no unfit file changes anything."""

from __future__ import annotations

import json
import math
import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Value
from scalargrad.nn import MLP, BatchNorm, Buffer, Linear, Module, Neuron, Sequential, load, save
from scalargrad.nn.formats import JSON, SAFETENSORS, Content, arrays
from scalargrad.nn.saving import load_state_dict, state_dict
from scalargrad.optim import Adam
from tests.support.floats import all_bits
from tests.support.saved import SUFFIXES, data, trained, with_safetensors

try:
    import safetensors.numpy
except ImportError:
    safetensors = None

STRANGE = [-0.0, 5e-324, 0.1, 1 / 3, -1.7976931348623157e308, math.inf, -math.inf, math.nan, 1e23]


class Counting(Module):
    """A model with a buffer."""

    def __init__(self, *buffer: float) -> None:
        self.weight = Value(2.0)
        self.seen = Buffer(buffer)


class Floats(Module):
    """A model whose parameters are numbers, as with_parameters makes them."""

    def named_parameters(self) -> Any:
        return [("w", 1.0)]

    def named_buffers(self) -> Any:
        return []


# ------ as a dict


def test_state_is_a_dict_of_names_and_numbers() -> None:
    neuron = Neuron(1)
    neuron.w[0].data = 0.25
    assert state_dict(neuron) == {"w.0": 0.25, "b": 0.0}


def test_state_of_one_model_makes_another_equal() -> None:
    one, other = MLP(2, [3, 1]), MLP(2, [3, 1])
    load_state_dict(other, state_dict(one))
    assert data(other) == data(one)


def test_models_have_their_state_as_methods() -> None:
    one, other = Neuron(2), Neuron(2)
    other.load_state_dict(one.state_dict())
    assert other.state_dict() == state_dict(one)


def test_buffers_are_part_of_the_state_and_set_in_place() -> None:
    model = Counting(1.5, -0.0)
    buffer = model.seen
    assert state_dict(model) == {"weight": 2.0, "seen.0": 1.5, "seen.1": -0.0}
    load_state_dict(model, {"weight": 1, "seen.0": 7, "seen.1": 0.5})
    assert (model.weight.data, buffer) == (1.0, [7.0, 0.5])
    assert model.seen is buffer


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"w.0": 1.0}, ValueError, r"another model: it lacks 1 parameter \(b\) of this one$"),
        (
            {"w.0": 1.0, "b": 0.0, "c": 2.0},
            ValueError,
            r"has 1 parameter \(c\) that this one has not",
        ),
        ({"w.0": 1.0, "b": "0.0"}, TypeError, "expected a number"),
        ({"w.0": 1.0, "b": Value(1.0)}, TypeError, "expected a number"),
        ([1.0, 2.0], TypeError, "a dict of names and numbers, got list"),
    ],
)
def test_unfit_state_is_refused_and_changes_nothing(state: Any, error: Any, message: str) -> None:
    neuron = Neuron(1)
    before = data(neuron)
    with pytest.raises(error, match=message):
        load_state_dict(neuron, state)
    assert data(neuron) == before


def test_two_parameters_of_one_name_are_refused() -> None:
    model = Counting()
    model.by_key = {1: Value(1.0), "1": Value(2.0)}  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"the name 'by_key.1' comes twice"):
        state_dict(model)


def test_model_of_plain_numbers_can_be_saved_but_not_loaded_into(tmp_path: Path) -> None:
    save(Floats(), tmp_path / "model.json")
    with pytest.raises(TypeError, match="w is a plain number: load into a model of Values"):
        load(Floats(), tmp_path / "model.json")


# ------ on disk


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_file_restores_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    model, other = MLP(2, [2, 1]), MLP(2, [2, 1])
    for parameter, number in zip(model.parameters(), STRANGE):
        parameter.data = number
    save(model, tmp_path / f"model.{suffix}")
    load(other, tmp_path / f"model.{suffix}")
    assert data(other) == all_bits(STRANGE)


@given(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3))
@pytest.mark.parametrize("form", [JSON, pytest.param(SAFETENSORS, marks=with_safetensors)])
def test_any_floats_come_back(form: Any, numbers: list[float]) -> None:
    content = Content(dict(zip(["w.0", "w.1", "b"], numbers)), {"list": numbers})
    read = form.read(form.write(content))
    assert all_bits(read.model[name] for name in content.model) == all_bits(numbers)
    assert all_bits(read.optimizer["list"]) == all_bits(numbers)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_optimizer_goes_on_after_loading_as_if_never_stopped(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model.{suffix}"
    model, other = MLP(2, [2, 1]), MLP(2, [2, 1])
    optimizer, again = trained(model), Adam(other.parameters())
    save(model, path, optimizer)
    load(other, path, again)
    assert again.state_dict() == optimizer.state_dict()
    for x, y in zip(model.parameters(), other.parameters()):
        x.grad = y.grad = 0.7
    optimizer.step()
    again.step()
    assert data(other) == data(model)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_buffers_are_in_the_file(tmp_path: Path, suffix: str) -> None:
    save(Counting(0.25, 1e-320), tmp_path / f"model.{suffix}")
    model = Counting(0.0, 0.0)
    load(model, tmp_path / f"model.{suffix}")
    assert model.seen == [0.25, 1e-320]


def test_model_alone_is_loaded_from_a_file_with_an_optimizer(tmp_path: Path) -> None:
    model, other = Neuron(2), Neuron(2)
    save(model, tmp_path / "model.json", trained(model))
    load(other, tmp_path / "model.json")
    assert data(other) == data(model)


def test_json_file_is_readable_and_strict(tmp_path: Path) -> None:
    neuron = Neuron(1)
    neuron.w[0].data, neuron.b.data = -math.inf, 0.25
    save(neuron, tmp_path / "neuron.json")

    def refuse(token: str) -> Any:
        pytest.fail(f"{token} is not JSON")

    text = (tmp_path / "neuron.json").read_text()
    found = json.loads(text, parse_constant=refuse)
    assert found["model"] == {"w.0": "-Infinity", "b": 0.25}
    assert len(text.splitlines()) == 7


def test_file_written_by_hand_needs_no_checksum(tmp_path: Path) -> None:
    (tmp_path / "neuron.json").write_text('{"model": {"b": 3, "w.0": -1e-3}}')
    neuron = Neuron(1)
    load(neuron, tmp_path / "neuron.json")
    assert state_dict(neuron) == {"w.0": -0.001, "b": 3.0}


def test_saving_replaces_the_file_as_a_whole(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "model.json"
    model = Neuron(1)
    save(model, path)
    before = path.read_bytes()

    def cut_short(self: Path, written: bytes) -> int:
        assert self != path
        with open(self, "wb") as file:
            file.write(written[:10])
        raise OSError(28, "no space left on device")

    whole = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", cut_short)
    with pytest.raises(OSError, match="no space"):
        save(model, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]
    written = []
    monkeypatch.setattr(Path, "write_bytes", lambda p, x: written.append(p) or whole(p, x))
    save(model, path)
    assert path not in written
    assert os.listdir(tmp_path) == ["model.json"]


@pytest.mark.parametrize("place", ["missing/m.json", "file/m.json", "folder"])
def test_place_that_cannot_be_written_is_named_as_the_user_did(place: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    path = tmp_path / place
    with pytest.raises(OSError) as caught:
        save(Neuron(1), path)
    assert caught.value.filename == str(path)
    assert {x.name for x in tmp_path.iterdir()} == {"folder", "file"}


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(Neuron(1), tmp_path / "nothing.json")


# ------ safetensors


def test_names_that_differ_in_their_last_indices_make_an_array() -> None:
    numbers = {"w.0.0": 1.0, "w.0.1": 2.0, "w.1.1": 4.0, "w.1.0": 3.0, "b": 5.0, "l.0.b": 6.0}
    expected = [("w", (2, 2), [1.0, 2.0, 3.0, 4.0]), ("b", (), [5.0]), ("l.0.b", (), [6.0])]
    assert list(arrays(numbers)) == expected


@pytest.mark.parametrize(
    "names",
    [["w.0", "w.2"], ["w.0", "w.0.1"], ["w", "w.0"], ["w.0.0", "w.0.1", "w.1.0"], ["7", "w.01"]],
)
def test_names_that_fill_no_array_stay_single(names: list[str]) -> None:
    assert list(arrays(dict.fromkeys(names, 1.0))) == [(name, (), [1.0]) for name in names]


dotted = st.lists(st.sampled_from(["a", "0", "1", "2", "b7", "", "00"]), min_size=1, max_size=4)


@given(st.lists(dotted.map(".".join), unique=True))
def test_arrays_hold_every_name_once(names: list[str]) -> None:
    numbers = {name: float(i) for i, name in enumerate(names)}
    read = [
        (".".join([name, *map(str, index)]), x)
        for name, shape, xs in arrays(numbers)
        for index, x in zip(product(*map(range, shape)), xs)
    ]
    assert sorted(read) == sorted(numbers.items())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_running_statistics_of_a_batch_norm_are_restored(tmp_path: Path, suffix: str) -> None:
    model, other = (Sequential(Linear(2, 3), BatchNorm(3)) for _ in range(2))
    for _ in range(3):
        model.batch([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]])
    save(model, tmp_path / f"model.{suffix}")
    load(other, tmp_path / f"model.{suffix}")
    assert data(other) == data(model)
    out, same = (net.eval()([1.0, 2.0]) for net in (model, other))
    assert [y.data for y in same] == [y.data for y in out]


@with_safetensors
def test_linear_layer_and_torchs_read_each_others_files(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch_files = pytest.importorskip("safetensors.torch")
    ours, theirs = Linear(3, 2), torch.nn.Linear(3, 2, dtype=torch.float64)
    path = tmp_path / "linear.safetensors"
    save(ours, path)
    torch_files.load_model(theirs, path)
    x = [0.5, -1.0, 2.0]
    expected = theirs(torch.tensor(x, dtype=torch.float64)).tolist()
    assert [y.data for y in ours(x)] == pytest.approx(expected, rel=1e-14)
    again = Linear(3, 2)
    torch_files.save_model(theirs, path)
    load(again, path)
    assert data(again) == data(ours)


@with_safetensors
def test_other_programs_read_the_weights_of_a_neuron_as_an_array(tmp_path: Path) -> None:
    model = MLP(3, [2])
    save(model, tmp_path / "model.safetensors")
    found = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    assert found["layers.0.neurons.1.w"].tolist() == [w.data for w in model.layers[0].neurons[1].w]
    assert found["layers.0.neurons.1.b"].shape == ()


@with_safetensors
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_floats_of_other_programs_are_loaded_exactly(tmp_path: Path, dtype: str) -> None:
    numpy = pytest.importorskip("numpy")
    tensors = {"w": numpy.array([0.1, -2.5], dtype=dtype), "b": numpy.array(1 / 3, dtype=dtype)}
    safetensors.numpy.save_file(tensors, tmp_path / "model.safetensors")
    neuron = Neuron(2)
    load(neuron, tmp_path / "model.safetensors")
    expected = [*map(float, tensors["w"]), float(tensors["b"])]
    assert [p.data for p in neuron.parameters()] == expected
