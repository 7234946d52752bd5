"""Programs to look at: as text that begins with what there is, and as pictures."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.machine import runner

np = pytest.importorskip("numpy")


def energy(x: Any, w: Any) -> Any:
    return sg.square(x * w[0] + w[1]) + sg.tanh(x) * w[0]


def branching(x: Any) -> Any:
    return x * x if x > 1.0 else -x


# ------ as text


def test_the_text_begins_with_what_there_is() -> None:
    program = sg.compile(energy, batch=True).program(np.ones(5), [2.0, 3.0])
    first, *rest = str(program).splitlines()
    assert first == f"energy: 5 lanes, 1 path, {program.multiply_adds()} fused multiply-adds"
    assert any(line.endswith("1 tanh") or "1 tanh, " in line for line in rest[:4])
    assert sum(program.counts().values()) == sum(
        int(line.split()[0]) for line in rest if " instruction" in line
    )


@pytest.mark.skipif(not runner.NATIVE, reason="the native machine was not built")
def test_the_registers_are_counted_in_bytes() -> None:
    f = sg.compile(lambda x: sg.sin(x) + x, batch=True)
    program = f.program(np.ones(5), gradient=False)
    assert program.registers and f"{program.registers} registers of 128 lanes" in str(program)
    assert program.register_bytes() == 8 * 128 * program.registers


def test_instructions_use_the_names_of_the_arguments() -> None:
    text = str(sg.compile(energy, batch=True).program(np.ones(5), [2.0, 3.0], gradient=False))
    assert "tanh(x)" in text and "w[0]" in text and "w[1]" in text
    assert text.splitlines()[-1].startswith("    energy = v")


def test_each_derivative_is_named() -> None:
    text = str(sg.compile(energy, batch=True).program(np.ones(5), [2.0, 3.0]))
    for name in ("∂energy/∂x", "∂energy/∂w[0]", "∂energy/∂w[1]"):
        assert f"    {name} = " in text


def test_parameters_and_captured_values_have_their_names() -> None:
    scale = sg.Value(2.0, label="scale")
    f = sg.compile(lambda model, x: scale * model(x), batch="x", reduce="mean")
    text = str(f.program(nn.MLP(2, [1]), np.ones((3, 2))))
    assert "model.layers.0.neurons.0.w.1" in text and "x[1]" in text
    assert "    ∂f/∂scale = " in text


def test_what_is_done_once_stands_apart_from_what_each_lane_does() -> None:
    f = sg.compile(lambda x, k: sg.sin(x * sg.exp(k)), batch=True, reduce="sum")
    text = str(f.program(np.ones(3), 2.0))
    before, lanes = text.index("once, before the lanes:\n"), text.index("in each lane:\n")
    assert before < text.index("= exp(k)") < lanes < text.index("= sin(")
    assert "Σ lanes of" in text[text.index("once, after the lanes:\n") :]


def test_branches_are_shown_as_conditions_and_paths_counted() -> None:
    f = sg.compile(branching, batch=True)
    f(np.array([0.5, 2.0]))
    text = str(f.program(np.array([0.5, 2.0]), gradient=False))
    assert "2 paths" in text.splitlines()[0]
    assert "only if not 1.0 < x" in text or "only if 1.0 < x" in text


def test_of_a_long_program_the_middle_is_not_shown() -> None:
    def f(x: Any) -> Any:
        for _ in range(1000):
            x = sg.sin(x)
        return x

    text = str(sg.compile(f).program(1.0, gradient=False))
    assert "… 600 more …" in text and len(text.splitlines()) < 420


# ------ as a picture


def test_a_drawing_shows_the_program_or_what_was_traced() -> None:
    f = sg.compile(lambda x, y: x * y + x * y + 0.0 * x)
    traced = f.draw(2.0, 3.0, simplified=False).dot
    program = f.draw(2.0, 3.0).dot
    assert "Σ×" in program and "Σ×" not in traced
    assert traced.count("<b>×</b>") or traced.count("×") > program.count("×")
    for text in (traced, program):
        assert "<i>x</i>" in text and "<i>y</i>" in text and "12" in text


def test_a_drawing_names_results_and_derivatives() -> None:
    dot = sg.compile(energy).draw(2.0, [2.0, 3.0], gradient=True, limit=200).dot
    assert "<i>energy</i>" in dot and "∂energy/∂w" in dot and "∂energy/∂x" in dot


def test_a_drawing_shows_the_first_lane_of_this_call() -> None:
    f = sg.compile(lambda x: sg.exp(x), batch=True)
    assert "2.718" in f.draw(np.array([1.0, 2.0])).dot
    assert "7.389" in f.draw(np.array([2.0, 1.0])).dot


def test_a_drawing_follows_the_branch_of_its_numbers() -> None:
    f = sg.compile(branching)
    assert "4" in f.draw(2.0).dot
    dot = f.draw(0.25).dot
    assert "−0.25" in dot and "×" not in dot


def test_options_of_draw_are_handed_on() -> None:
    assert "rankdir=TB" in sg.compile(energy).draw(1.0, [1.0, 2.0], rankdir="TB").dot
    with pytest.raises(ValueError, match="rankdir must be one of"):
        sg.compile(energy).draw(1.0, [1.0, 2.0], rankdir="up")
