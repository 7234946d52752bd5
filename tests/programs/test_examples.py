"""The scripts that users copy: they run, and what they print is right."""

from __future__ import annotations

import runpy
import sys
from itertools import islice
from random import Random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.optim import Adam
from tests.benchmarks import plain, transformer
from tests.support.expressions import rounds
from tests.support.places import EXAMPLES

SHORT = {
    "bundle_adjustment": ["--cameras", "4", "--points", "30"],
    "distributed": ["--steps", "2", "--paths", "50"],
    "gru_writer": ["--epochs", "2", "--width", "5", "--piece", "3", "--letters", "30"],
    "many_variables": ["--size", "100"],
    "names_transformer": ["--steps", "20", "--names", "3"],
    "power_flow": ["--buses", "24"],
    "random_network": ["--epochs", "2"],
    "swing_up": ["--intervals", "10"],
}
"""The arguments of scripts that would take long without."""
PACKAGES = {
    "distributed": "distributed",
    "names_transformer": "names",
    **dict.fromkeys(
        ("bundle_adjustment", "many_variables", "power_flow", "scipy_optimize", "swing_up"), "scipy"
    ),
}
"""What a script imports beside scalargrad, NumPy and the standard library."""


def script(name: str) -> dict[str, Any]:
    """Return the names that a script defines."""
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_the_script_runs_and_prints(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in PACKAGES:
        pytest.importorskip(PACKAGES[name])
    monkeypatch.setattr(sys, "argv", [name, *SHORT.get(name, [])])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out.count("\n") >= 3


# ------ the transformer


@pytest.fixture
def small_model() -> Any:
    return script("names_transformer")["Transformer"](sg.Value, sg.dot, Random(0))


def test_the_transformer_has_the_published_size(small_model: Any) -> None:
    # characters 27 × 16 twice, positions 16 × 16, attention 4 × 16 × 16, MLP 2 × 64 × 16
    assert (
        len(small_model.parameters()) == 2 * 27 * 16 + 16 * 16 + 4 * 16 * 16 + 2 * 64 * 16 == 4192
    )


def test_an_untrained_transformer_is_about_as_good_as_a_guess(small_model: Any) -> None:
    assert small_model.loss("mary").data == pytest.approx(3.3, abs=0.2)  # log 27 is 3.296


@pytest.mark.parametrize("dot", [None, sg.dot], ids=["written with × and +", "written with dot"])
def test_the_transformer_learns_as_on_a_plain_class(dot: Any) -> None:
    steps = len(rounds(8))
    ours = transformer.losses(sg.Value, Adam, steps, dot)
    theirs = transformer.losses(plain.Value, plain.Adam, steps)
    assert ours == pytest.approx(theirs, rel=0.0, abs=1e-9)
    assert len(set(ours)) == steps


def test_the_transformer_gets_better() -> None:
    losses = transformer.losses(sg.Value, Adam, 64, sg.dot)
    assert sum(losses[-8:]) < 0.8 * sum(losses[:8])


def test_a_memory_gives_what_a_transformer_without_one_would() -> None:
    """A character changes no prediction made before it, and those after it."""
    names = script("names_transformer")
    model = names["Transformer"](sg.Value, sg.dot, Random(1))

    def logits(text: str) -> list[list[float]]:
        memory = names["Memory"]()
        return [[x.data for x in model(token, memory)] for token in names["encode"](text)[:-1]]

    assert logits("anna")[:3] == logits("ando")[:3]
    assert logits("anna")[3] != logits("ando")[3]
    assert logits("anna")[4] != logits("abna")[4]


def test_invented_names_are_new_and_none_comes_twice(small_model: Any) -> None:
    names = script("names_transformer")
    known = [names["invented"](small_model, Random(seed)) for seed in range(3)]
    found = list(islice(names["new_names"](small_model, known, Random(0)), 5))
    assert len({*found, *known}) == len(found) + len(set(known))
    assert all(0 < len(name) <= names["CONTEXT"] for name in found)


def test_the_names_are_lower_case_letters_and_none_comes_twice() -> None:
    pytest.importorskip("names")
    names = script("names_transformer")
    found = names["first_names"]()
    assert len(found) == len(set(found)) > 5000
    assert set("".join(found)) == set(names["ALPHABET"]) - {names["END"]}
    assert max(map(len, found)) + 1 <= names["CONTEXT"]


# ------ the recurrent network


def gate(layer: Any, bias: float) -> None:
    """Make a layer give `bias`, whatever comes in."""
    for row in layer.weight:
        for w in row:
            w.data = 0.0
    for b in layer.bias:
        b.data = bias


@pytest.mark.parametrize(("update", "expected"), [(-50.0, [0.3, -0.4]), (50.0, [0.0, 0.0])])
def test_a_gru_keeps_its_state_until_the_update_opens(update: float, expected: Any) -> None:
    gru = script("gru_writer")["GRU"](1, 2)
    gate(gru.update, update)
    gate(gru.candidate, 0.0)
    found = [x.data for x in gru([1.0], [0.3, -0.4])]
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_gru_learns_to_foresee_letters() -> None:
    names = script("gru_writer")
    sg.seed(0)
    model = names["Writer"](4, 6)
    history = names["learn"](model, epochs=4, size=3)
    first, *_, last = history.epoch_losses()
    assert first < sg.log(len(names["LETTERS"])) + 0.2
    assert last < 0.9 * first
    assert history.engine == "compiled"
    text = names["written"](model, "the ", 20, seed=1)
    assert text == names["written"](model, "the ", 20, seed=1)
    assert (text[:4], len(text)) == ("the ", 24)


# ------ derivatives


def test_every_greek_agrees_with_its_closed_form() -> None:
    options = script("black_scholes")
    for market in ([100.0, 105.0, 0.5, 0.03, 0.25], [80.0, 60.0, 2.0, -0.01, 0.6]):
        expected = options["closed_forms"](market)
        assert options["greeks"](market) == pytest.approx(expected, rel=1e-12)


def test_newton_reaches_the_minimum_and_doubles_the_digits() -> None:
    names = script("newton")
    points = list(names["newton"](names["rosenbrock"], [-1.2, 1.0]))
    assert points[-1] == pytest.approx([1.0, 1.0], abs=1e-14)
    errors = [abs(x - 1.0) for x, _ in points[-4:-1]]
    assert errors[2] < errors[1] ** 1.5 < errors[0] ** 2


def test_newton_refuses_to_climb() -> None:
    newton = script("newton")["newton"]
    with pytest.raises(ArithmeticError, match="does not lead down"):
        list(newton(lambda v: sg.cos(v[0]), [0.1]))


def test_the_yield_of_a_bond_falls_as_its_price_rises() -> None:
    bond_yield = script("implicit_root")["bond_yield"]
    # at its face value a bond yields its interest
    assert bond_yield(100.0) == pytest.approx(0.05, rel=1e-14)
    duration = sum(k * 5.0 / 1.05 ** (k + 1) for k in range(1, 11)) + 10 * 100.0 / 1.05**11
    assert sg.grad(bond_yield)(100.0) == pytest.approx(-1.0 / duration, rel=1e-13)


def test_a_root_stands_in_a_graph_like_any_operator() -> None:
    names = script("implicit_root")
    e, m = sg.Value(0.3), sg.Value(2.0)
    (names["eccentric_anomaly"](e, m) ** 2).backward()
    x = names["eccentric_anomaly"](0.3, 2.0)
    assert m.grad == pytest.approx(2.0 * x / (1.0 - 0.3 * sg.cos(x)), rel=1e-14)


# ------ networks wired at random


@pytest.mark.parametrize("seed", range(3))
def test_a_network_wired_at_random_learns(seed: int) -> None:
    _, _, before, after = script("random_network")["trained"](seed, epochs=15)
    assert after > max(before, 0.8)
