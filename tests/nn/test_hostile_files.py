"""Damaged and malicious files are clear errors, and change neither model nor optimizer."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad.nn import Neuron, load, save
from scalargrad.optim import SGD, Adam
from tests.support.saved import SUFFIXES, data, trained, with_safetensors


def refused(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    neuron = Neuron(1)
    optimizer = trained(neuron)
    before, state = data(neuron), optimizer.state_dict()
    with pytest.raises(ValueError, match=message) as caught:
        load(neuron, path, optimizer)
    assert path.name in str(caught.value)
    assert len(str(caught.value)) < 600
    assert data(neuron) == before
    assert optimizer.state_dict() == state


# ------ safetensors


def bare(header: str, body: bytes = b"") -> bytes:
    text = header.encode()
    return struct.pack("<Q", len(text)) + text + body


def tensor(**changes: Any) -> str:
    return json.dumps({"dtype": "F64", "shape": [], "data_offsets": [0, 8]} | changes)


HOSTILE_TENSORS = {
    "empty": (b"", "header too small"),
    "a header of 2^64 bytes": (b"\xff" * 64, "header too large"),
    "a header longer than the file": (struct.pack("<Q", 10**6) + b"{}", "header length"),
    "integers": (bare(f'{{"b": {tensor(dtype="I64")}}}', bytes(8)), "is of type I64, expected"),
    "bfloat16": (
        bare(f'{{"b": {tensor(dtype="BF16", shape=[4])}}}', bytes(8)),
        "is of type BF16, expected one of F64",
    ),
    "a type that is none": (bare(f'{{"b": {tensor(dtype="F65")}}}', bytes(8)), "F65"),
    "NaN in a shape": (
        bare('{"b": {"dtype": "F64", "shape": [NaN], "data_offsets": [0, 8]}}', bytes(8)),
        "invalid JSON",
    ),
    "a negative shape": (bare(f'{{"b": {tensor(shape=[-1])}}}', bytes(8)), "invalid JSON"),
    "a shape of 10^30": (bare(f'{{"b": {tensor(shape=[10**15, 10**15])}}}', bytes(8)), "overflow"),
    "offsets beyond": (
        bare(f'{{"b": {tensor(data_offsets=[0, 10**9])}}}', bytes(8)),
        "invalid .* offset",
    ),
    "no numbers in a shape of 10^15": (
        bare(f'{{"b": {tensor(shape=[10**15, 0], data_offsets=[0, 0])}}}'),
        "another model",
    ),
    "names twice": (bare(f'{{"b": {tensor()}, "b": {tensor()}}}', bytes(8)), "comes twice"),
    "one name as array and as index": (
        bare(
            f'{{"w": {tensor(shape=[1])}, "w.0": {tensor(data_offsets=[8, 16])}}}',
            bytes(16),
        ),
        r"the name 'w.0' comes twice",
    ),
    "deep nesting": (bare('{"b": ' + "[" * 10**5), "recursion limit"),
    "a hundred dimensions": (
        bare(f'{{"b": {tensor(shape=[1] * 100)}}}', bytes(8)),
        "another model",
    ),
    "notes that are no JSON": (
        bare(f'{{"__metadata__": {{"optimizer": "NaN"}}, "b": {tensor()}}}', bytes(8)),
        'expected "NaN", as a string',
    ),
}


@with_safetensors
@pytest.mark.parametrize("case", HOSTILE_TENSORS)
def test_hostile_safetensors_file_is_a_clear_error(tmp_path: Path, case: str) -> None:
    content, message = HOSTILE_TENSORS[case]
    refused(tmp_path / "model.safetensors", content, message)


# ------ hostile JSON

MODEL = '{"model": {"w.0": 1.0, "b": %s}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("no JSON", "Expecting value"),
        ("[1.0, 0.0]", "not a saved model"),
        ('{"w.0": 1.0, "b": 0.0}', 'an object with the entry "model"'),
        ('{"model": [1.0, 2.0]}', 'an object with the entry "model"'),
        ('{"model": {"w.0": 1.0, "b": 0.0}, "extra": 1}', r"unknown entries \['extra'\]"),
        ('{"model": {"w.0": 1.0}}', r"it lacks 1 parameter \(b\) of this one"),
        ('{"model": {"w.0": 1.0, "b": 2.0, "b": 3.0}}', "the name 'b' comes twice"),
        (MODEL % '"1.0"', "'b' is '1.0', not a number"),
        (MODEL % "true", "'b' is True, not a number"),
        (MODEL % "null", "'b' is None, not a number"),
        (MODEL % "[2.0]", r"'b' is \[2.0\], not a number"),
        (MODEL % "NaN", 'NaN is not JSON: expected "NaN", as a string'),
        (MODEL % "1e400", "1e400 is beyond the floats"),
        (MODEL % ("1" * 5000), "111 is beyond the floats"),
        (MODEL % ("[" * 100_000), "nested too deeply"),
        (MODEL % ("[" * 900 + "]" * 900), "not a number|nested too deeply"),
        (MODEL % "1.0", "there is no optimizer's state in it"),
        ('{"model": {"w.0": 1.0, "b": 0.0}, "checksum": "00000000"}', "it was damaged, or edited"),
        ('{"model": {"w.0": 1.0, "b": 0.0}, "optimizer": 3}', "expected a dict, got float 3.0"),
        ('{"model": {"w.0": 1.0, "b": 0.0}, "optimizer": {"rule": "adam"}}', "rule and groups"),
    ],
)
def test_hostile_json_file_is_a_clear_error(tmp_path: Path, text: str, message: str) -> None:
    refused(tmp_path / "model.json", text.encode(), message)


def test_bytes_that_are_no_text_are_a_clear_error(tmp_path: Path) -> None:
    refused(tmp_path / "model.json", b'{"model": "\xff"}', "utf-8")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_truncation_is_refused(tmp_path: Path, suffix: str) -> None:
    neuron = Neuron(1)
    save(neuron, tmp_path / f"whole.{suffix}", trained(neuron))
    whole = (tmp_path / f"whole.{suffix}").read_bytes()
    path = tmp_path / f"model.{suffix}"
    for length in range(len(whole.rstrip())):
        path.write_bytes(whole[:length])
        before = data(neuron)
        with pytest.raises(ValueError, match=f"model.{suffix} cannot be loaded"):
            load(neuron, path)
        assert data(neuron) == before


changes = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4)


@given(changes)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_flipped_bytes_are_refused_or_load_what_was_saved(
    tmp_path_factory: Any, suffix: str, changes: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("flipped") / f"model.{suffix}"
    saved, model = Neuron(1), Neuron(1)
    optimizer, fresh = trained(saved), SGD(model.parameters(), lr=0.1)
    again = Adam(model.parameters())
    save(saved, path, optimizer)
    damaged = bytearray(path.read_bytes())
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    path.write_bytes(damaged)
    before, state = data(model), again.state_dict()
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(model, path, fresh)
    try:
        load(model, path, again)
    except ValueError:
        assert (data(model), again.state_dict()) == (before, state)
    else:
        assert (data(model), again.state_dict()) == (data(saved), optimizer.state_dict())
