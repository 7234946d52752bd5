"""What the tests of saved models share: formats, the bits of a model, an optimizer with state."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from scalargrad.nn.saving import state_dict
from scalargrad.optim import Adam
from tests.support.floats import all_bits

with_safetensors = pytest.mark.skipif(
    find_spec("safetensors") is None, reason="safetensors is not installed"
)

SUFFIXES = ["json", pytest.param("safetensors", marks=with_safetensors)]


def data(model: Any) -> list[bytes]:
    return all_bits(state_dict(model).values())


def trained(model: Any) -> Adam:
    """An optimizer of the model that has made steps, so that there is a state."""
    optimizer = Adam(model.parameters(), lr=0.01, betas=(0.8, 0.9))
    for i, parameter in enumerate(model.parameters()):
        parameter.grad = (-1.0) ** i / (i + 1.0)
    optimizer.step()
    optimizer.step()
    return optimizer
