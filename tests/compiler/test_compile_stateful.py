"""Whatever changes around a compiled function, in any order, it computes what `f` computes."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import scalargrad as sg
from scalargrad.compiler import compile

np = pytest.importorskip("numpy")

number = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, math.nan, math.inf])
small = st.integers(0, 3)
GLOBAL = 1.0


class Layer:
    """A model without a base class: what the package asks of one, and attributes."""

    offset = 1.0

    def __init__(self, parameters: list[Any]) -> None:
        self.parameters_ = parameters
        self.scale = 1.0
        self.training = True

    def named_parameters(self) -> list[tuple[str, Any]]:
        return [(f"p{i}", p) for i, p in enumerate(self.parameters_)]

    def with_parameters(self, values: Any) -> Layer:
        twin = Layer(list(values))
        twin.scale, twin.training = self.scale, self.training
        return twin

    def __call__(self, x: Any) -> Any:
        out = self.scale * sum(p * x**i for i, p in enumerate(self.parameters_))
        return out if self.training else 2.0 * out


class Surroundings(RuleBasedStateMachine):
    """One function that sees everything a function can see, compiled once."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = layer = Layer([sg.Value(0.5), sg.Value(2.0)])
        self.given = Layer([sg.Value(1.5)])
        self.weights = weights = [1.0, sg.Value(2.0)]
        self.table = table = {"a": 1.0, "b": [2.0, 3.0]}
        self.array = array = np.array([1.0, 2.0])
        self.config = config = SimpleNamespace(k=0.5)
        self.value = value = sg.Value(3.0)
        cell = 1.0

        def helper(x: Any, k: float = 1.0) -> Any:
            return x * cell + k

        def f(model: Any, x: Any, k: Any, add: float = 0.25) -> Any:
            y = layer(x) + model(x) + helper(x) * GLOBAL + add
            for w in weights:
                y = y + w * x
            y = y + table["a"] + sum(table["b"]) + float(array[0]) * x + value.data * value
            y = y * config.k + Layer.offset
            return y * 2.0 if x > 0.5 else y - k

        def set_cell(x: float) -> None:
            nonlocal cell
            cell = x

        self.f, self.helper, self.set_cell = f, helper, set_cell
        self.compiled, self.in_lanes = compile(f), compile(f, batch="x")

    @rule(i=small, x=number)
    def change_data(self, i: int, x: float) -> None:
        values = [*self.layer.parameters_, *self.given.parameters_, self.value]
        values += [w for w in self.weights if isinstance(w, sg.Value)]
        values[i % len(values)].data = x

    @rule(i=small, x=number, in_model=st.booleans())
    def replace_a_parameter(self, i: int, x: float, in_model: bool) -> None:
        parameters = self.layer.parameters_ if in_model else self.weights
        parameters[i % len(parameters)] = sg.Value(x)

    @rule(x=number, as_value=st.booleans())
    def grow_or_shrink_a_list(self, x: float, as_value: bool) -> None:
        if len(self.weights) > 3:
            del self.weights[1:]
        self.weights.append(sg.Value(x) if as_value else x)

    @rule(x=number, key=st.sampled_from(["a", "b"]))
    def change_a_dictionary(self, x: float, key: str) -> None:
        if key == "a":
            self.table["a"] = x
        else:
            self.table["b"][0] = x

    @rule(x=number)
    def change_an_array_in_place(self, x: float) -> None:
        self.array[0] = x

    @rule(x=number, of_class=st.booleans())
    def change_an_attribute(self, x: float, of_class: bool) -> None:
        if of_class:
            Layer.offset = x
        else:
            self.config.k = x

    @rule(x=number)
    def change_a_cell(self, x: float) -> None:
        self.set_cell(x)

    @rule(x=number)
    def change_a_global(self, x: float) -> None:
        globals()["GLOBAL"] = x

    @rule(x=number)
    def change_a_default(self, x: float) -> None:
        self.helper.__defaults__ = (x,)

    @rule(x=number, training=st.booleans(), which=st.booleans())
    def change_a_model(self, x: float, training: bool, which: bool) -> None:
        model = self.layer if which else self.given
        model.scale, model.training = x, training

    @rule(x=number, k=st.sampled_from([0, 1, True, False, 1.0, -0.0, 2.5]), times=st.integers(1, 2))
    def call(self, x: float, k: Any, times: int) -> None:
        for _ in range(times):
            check(self.compiled(self.given, x, k), self.f(self.given, x, k))

    @rule(x=number)
    def gradient(self, x: float) -> None:
        leaf = sg.Value(x)
        (expected,) = sg.gradients(self.f(self.given, leaf, 2.0), [leaf])
        slope = sg.grad(self.compiled, 1)
        for found in (slope(self.given, x, 2.0), slope(self.given, leaf, 2.0).data):
            assert found == pytest.approx(expected.data, rel=1e-12, abs=1e-12, nan_ok=True)

    @invariant()
    def lanes_agree_with_single_calls(self) -> None:
        lanes = np.array([0.25, 1.5])
        found = [node.data for node in self.in_lanes(self.given, lanes, 1)]
        expected = [self.f(self.given, x, 1).data for x in lanes.tolist()]
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)

    def teardown(self) -> None:
        globals()["GLOBAL"] = Layer.offset = 1.0


def check(found: Any, expected: Any) -> None:
    """Compare values, and the gradients in all that both depend on."""
    assert found.data == pytest.approx(expected.data, rel=1e-12, abs=1e-12, nan_ok=True)
    leaves = list(dict.fromkeys(found.parents))
    ours = [g.data for g in sg.gradients(found, leaves)]
    eager = [g.data for g in sg.gradients(expected, leaves)]
    assert ours == pytest.approx(eager, rel=1e-12, abs=1e-12, nan_ok=True)


Surroundings.TestCase.settings = settings(
    max_examples=settings.default.max_examples // 3, stateful_step_count=20, deadline=None
)
TestSurroundings = Surroundings.TestCase
