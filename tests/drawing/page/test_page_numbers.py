"""The page computes: leaves edited, slopes measured, predictions graded; against the engine.

A browser's Math may differ from the C library's in the last place, and errors add up along a
graph: numbers computed anew agree to 1e-13 of their size. Those of + − × ÷ √ are exact.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.losses import squared_error
from scalargrad.nn import MLP
from tests.support.browser import numbers, opened, steps, text, type_leaf, wait_until

RELATIVE = 1e-13
COLUMNS = ("upstream", "local", "contribution", "total")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


def columns(explained: Sequence[Any]) -> list[list[float]]:
    return [[getattr(step, name) for name in COLUMNS] for step in explained]


def assert_near(found: list[list[float]], wanted: list[list[float]]) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, rel=RELATIVE, abs=1e-300, nan_ok=True)


def product(x: Any, y: Any, z: Any) -> Any:
    return (x + y) * z


def polynomial(x: Any, y: Any) -> Any:
    return (x * y - x / y + 2.0) * sg.sqrt(x) + sg.maximum(x, y)


def neuron(w0: Any, x0: Any, w1: Any, x1: Any, b: Any) -> Any:
    s = sg.dot([w0, w1], [x0, x1], b)
    return sg.sigmoid(s) * sg.exp(-s) + sg.tanh(w0) ** 3 + sg.gelu(w1) + sg.logsumexp([x0, x1, b])


# ------ one formatter

SIGNS = (
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: sg.dot([a, b], [-3.0, b], -0.5),
    lambda a, b: a - abs(b) ** -2.0,
    lambda a, b: sg.sum([-1.5, a, b, -2.0]) ** 2,
    lambda a, b: -a * -4.0 + sg.maximum(b, -0.25),
)


def any_signs(seed: int) -> Callable[..., Any]:
    def program(x: Any, y: Any, z: Any) -> Any:
        chance = random.Random(seed)
        nodes = [x, y, z]
        for f in chance.sample(SIGNS, len(SIGNS)):
            nodes.append(f(*chance.sample(nodes, 2)))
        return sg.sum(nodes[3:])

    return program


@pytest.mark.parametrize("seed", range(3))
def test_formula_in_numbers_is_that_of_the_text_after_an_edit_too(
    browser: Any, path: Path, seed: int
) -> None:
    program = any_signs(seed)
    sg.explain(program, 1.5, -2.0, 3.25).save(path)
    told = sg.explain(program, 1.5, -2.0, 3.25)
    edited = sg.explain(program, -1.5, 2.0, -3.25)
    with opened(browser, path, "") as page:
        for wanted, leaves in ((told, ()), (edited, ("-1.5", "2", "-3.25"))):
            for name, x in zip("xyz", leaves, strict=False):
                type_leaf(page, name, x)
            shown = set()
            for at in range(1, len(wanted.in_symbols) + 1):
                page.fill("#position", str(at))
                shown.add(tuple(page.locator("#equation .right").all_text_contents()[:2]))
            assert shown == {
                (f"= {x.formula}", f"= {x.in_numbers}") for x in wanted.in_symbols.values()
            }


def test_negative_factor_is_in_brackets_wherever_it_stands(browser: Any, path: Path) -> None:
    steps = sg.explain(product, -2.0, 5.0, -4.0)
    steps.save(path)
    assert "= 1 × (−4)" in str(steps)
    with opened(browser, path, "#step=1") as page:
        assert page.locator("#graph .tag").text_content() == "× (−4)"
        local = page.locator("#equation .local > .number")
        sides = [f"getComputedStyle(x, '::{side}').content" for side in ("before", "after")]
        assert local.evaluate(f"x => [{', '.join(sides)}]") == ['"("', '")"']


# ------ gradients beside measured slopes

WRONG = sg.operator("wrong_square", lambda x: x * x, lambda out, x: 3.0 * x)


@pytest.mark.parametrize(
    ("f", "at", "mark", "told"),
    [
        (sg.relu, 0.0, "kink", "At x = 0 is a kink of L: below it L has the slope 0, above it 1."),
        (lambda x: sg.maximum(x, 3.0 * x), -0.0, "kink", "below it L has the slope 1, above it 3."),
        (sg.abs, 0.0, "kink", "below it L has the slope -1, above it 1."),
        (lambda x: sg.max([x, 1.0]) * sg.abs(x), 1.0, "kink", "the slope 1, above it 2."),
        (lambda x: sg.relu(x) * 0.0 + sg.relu(3.0 * x), 0.0, "kink", "At x = 0 is a kink of s3:"),
        (lambda x: sg.relu(x) - sg.relu(-x), 0.0, "✗", "The gradient 0 is not between them"),
        (lambda x: WRONG(x) + sg.relu(x - 2.0), 2.0, "✗", "The gradient 6 is not between them"),
        (WRONG, 2.0, "✗", ""),
        (lambda x: sg.abs(x - 1e-6), 0.0, "✓", ""),
        (lambda x: sg.sigmoid(1e5 * x), 0.0, "✓", ""),
        (lambda x: sg.exp(300.0 * x), 1.0, "✓", ""),
        (lambda x: sg.square(x) * 1e-6, 0.0, "✓", ""),
    ],
)
def test_kinks_are_told_apart_from_wrong_gradients(
    browser: Any, path: Path, f: Callable[..., Any], at: float, mark: str, told: str
) -> None:
    sg.explain(lambda x: f(x), at).save(path)
    with opened(browser, path, "#step=99") as page:
        assert text(page, "#leaves .mark") == mark
        said = text(page, "#kinks")
        assert told in said and bool(told) == bool(said)
        if mark == "kink":
            type_leaf(page, "x", "1.5")
            assert text(page, "#leaves .mark") == "✓" and text(page, "#kinks") == ""


STEPS = {sg.floor: 3.0, sg.ceil: 3.0, sg.trunc: 3.0, sg.round: 2.5, sg.step: 0.0, sg.sign: 0.0}
"""Functions that jump, and where."""


@pytest.mark.parametrize("f", STEPS)
@pytest.mark.parametrize(
    ("extra", "mark", "said"),
    [
        (lambda x: 2.0 * x, "jump", "2 is the slope beside it."),
        (lambda x: WRONG(x + 1.0), "✗", "is no slope beside it."),
    ],
)
def test_gradient_at_a_jump_is_the_slope_beside_it(
    browser: Any, path: Path, f: Any, extra: Callable[..., Any], mark: str, said: str
) -> None:
    at = STEPS[f]
    low, high = f(at - 1e-9), f(at + 1e-9)
    sg.explain(lambda x: f(x) + (extra(x) - extra(at)), at).save(path)
    with opened(browser, path, "#step=99") as page:
        assert text(page, "#leaves .mark") == mark
        told = text(page, "#kinks")
        assert told.startswith(f"At x = {at:g} L jumps from {low:g} to {high:g}.")
        assert told.endswith(said)


def test_many_kinks_are_told_in_few_words(browser: Any, path: Path) -> None:
    sg.explain(lambda *x: sg.sum([sg.relu(v) for v in x]), *[0.0] * 5).save(path)
    with opened(browser, path, "#step=99") as page:
        assert page.locator("#leaves .mark.kink").count() == 5
        said = text(page, "#kinks")
        assert said.count("is a kink of") == 3 and said.endswith("And 2 more.")


# ------ edits


@pytest.mark.parametrize(
    ("f", "before", "after"),
    [
        (product, (-2.0, 5.0, -4.0), (1.5, 5.0, 0.1)),
        (polynomial, (2.0, 3.0), (7.25, -0.3)),
        (neuron, (2.0, -1.0, -3.0, -2.0, -3.0), (-0.7, 1.3, 0.2, 1e-3, 4.0)),
    ],
)
def test_leaves_edited_give_what_the_engine_gives(
    browser: Any, path: Path, f: Callable[..., Any], before: Any, after: Any
) -> None:
    sg.explain(f, *before).save(path)
    wanted = sg.explain(f, *after)
    with opened(browser, path) as page:
        for name, x in zip(f.__code__.co_varnames, after, strict=False):
            type_leaf(page, name, repr(x))
        (value,) = numbers(page, "#heading")
        assert value == pytest.approx(wanted.root.data, rel=RELATIVE)
        assert_near(steps(page), columns(wanted))
        page.click("#reset")
        assert steps(page) == columns(sg.explain(f, *before))


def test_arithmetic_edited_is_exact(browser: Any, path: Path) -> None:
    sg.explain(polynomial, 2.0, 3.0).save(path)
    with opened(browser, path) as page:
        type_leaf(page, "x", "0.1")
        type_leaf(page, "y", "-1e-7")
        assert steps(page) == columns(sg.explain(polynomial, 0.1, -1e-7))


def test_local_formula_that_held_elsewhere_is_not_shown_after_an_edit(
    browser: Any, path: Path
) -> None:
    sg.explain(lambda x: sg.leaky_relu(x, 0.1), 2.0).save(path)
    with opened(browser, path) as page:
        page.click("#last")
        assert page.locator("#why > .rules > .rule").count() == 2
        type_leaf(page, "x", "-2")
        assert page.locator("#why > .rules > .rule").count() == 1
        assert steps(page) == [[1.0, 0.1, 0.1, 0.1]]


def test_what_is_no_number_is_marked_and_changes_nothing(browser: Any, path: Path) -> None:
    sg.explain(product, -2.0, 5.0, -4.0).save(path)
    with opened(browser, path) as page:
        type_leaf(page, "x", "two")
        field = page.get_by_label("Value of x", exact=True)
        assert "“two” is no number" in text(page, "#leaves .problem:visible")
        assert field.get_attribute("aria-invalid") == "true"
        assert text(page, "#heading") == "L = (x + y) × z = -12"
        type_leaf(page, "x", "2")
        assert field.get_attribute("aria-invalid") == "false"
        assert page.locator("#leaves .problem:visible").count() == 0
        assert text(page, "#heading") == "L = (x + y) × z = -28"


def test_arrows_in_a_value_change_it_by_a_tenth_with_shift_by_one(browser: Any, path: Path) -> None:
    sg.explain(product, -2.0, 5.0, -4.0).save(path)
    with opened(browser, path) as page:
        field = page.get_by_label("Value of x", exact=True)
        field.press("ArrowUp")
        assert field.input_value() == "-1.9"
        field.press("Shift+ArrowDown")
        assert field.input_value() == "-2.9"
        assert text(page, "#place") == "back 0 of 4"


def test_leaf_below_an_operator_without_javascript_is_fixed(browser: Any, path: Path) -> None:
    def clip(x: float) -> float:
        return min(x, 1.0)

    own = sg.operator("clip", clip, lambda out, x: 1.0)
    sg.explain(lambda x, y: own(x * 0.5) * y, 0.5, 3.0).save(path)
    with opened(browser, path) as page:
        assert page.get_by_label("Value of x", exact=True).count() == 0
        type_leaf(page, "y", "5")
        page.click("#last")
        assert text(page, "#heading") == "L = clip(x × 0.5) × y = 1.25"
        assert numbers(page, "#leaves .gradient") == [2.5, 0.25]


def test_infinities_and_nan_are_shown_and_can_be_typed(browser: Any, path: Path) -> None:
    def f(x: Any, y: Any) -> Any:
        return sg.log(x) * y - y

    sg.explain(f, 0.0, math.nan).save(path)
    with opened(browser, path) as page:
        assert text(page, "#heading") == "L = log(x) × y - y = NaN"
        assert_near(steps(page), columns(sg.explain(f, 0.0, math.nan)))
        page.click("#last")
        assert page.locator("#graph .node.alarm").count() > 0
        type_leaf(page, "y", "-inf")
        assert text(page, "#heading") == "L = log(x) × y - y = ∞"
        assert_near(steps(page), columns(sg.explain(f, 0.0, -math.inf)))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("2**10000", "too large"),
        ("1e308*10", "too large"),
        ("(-8)^(1/3)", "no real number"),
    ],
)
def test_sum_that_comes_to_no_number_is_said_in_words(
    browser: Any, path: Path, typed: str, why: str
) -> None:
    sg.explain(polynomial, 2.0, 3.0).save(path)
    with opened(browser, path) as page:
        before = text(page, "#heading")
        type_leaf(page, "x", typed)
        assert why in text(page, "#leaves .problem:visible")
        assert text(page, "#heading") == before


# ------ slopes


def test_every_leaf_is_checked_by_a_measured_slope(browser: Any, path: Path) -> None:
    sg.explain(neuron, 2.0, -1.0, -3.0, -2.0, -3.0).save(path)
    with opened(browser, path) as page:
        assert page.locator("#leaves .mark").count() == 0
        page.click("#last")
        assert page.locator("#leaves .mark.right").count() == 5
        slopes, gradients = numbers(page, "#leaves .slope"), numbers(page, "#leaves .gradient")
        assert slopes == pytest.approx(gradients, rel=1e-7) and slopes != gradients


def test_slope_tells_a_wrong_derivative(browser: Any, path: Path) -> None:
    wrong = sg.operator("wrong", lambda x: x * x, lambda out, x: 3.0 * x)
    sg.explain(lambda x: wrong(x), 2.0).save(path)
    with opened(browser, path) as page:
        page.click("#last")
        assert page.locator("#leaves .mark.wrong").count() == 1
        assert numbers(page, "#leaves .slope") == pytest.approx([4.0])


def test_gradient_beside_an_infinity_is_not_marked_as_wrong(browser: Any, path: Path) -> None:
    sg.explain(product, math.inf, 1.0, 2.0).save(path)
    with opened(browser, path) as page:
        page.click("#last")
        assert page.locator("#leaves .mark.wrong").count() == 0
        assert "NaN" in page.locator("#leaves .slope").all_text_contents()


def test_infinite_gradient_is_not_judged_by_a_finite_slope(browser: Any, path: Path) -> None:
    sg.explain(lambda x, y: x / y, 1.0, 0.0).save(path)
    with opened(browser, path) as page:
        page.click("#last")
        assert page.locator("#leaves .gradient").all_text_contents() == ["∞", "−∞"]
        assert page.locator("#leaves .mark").count() == 0
        assert page.locator("#leaves .slope").all_text_contents() == ["NaN", "NaN"]


# ------ a program that compares


def branching(x: Any) -> Any:
    return x * x if x > 0 else -x


def truth(x: Any) -> Any:
    return x * x if x else x


def smooth(x: Any) -> Any:
    return sg.maximum(x * x, x)


@pytest.mark.parametrize(
    ("f", "said"), [(branching, "x with 0"), (truth, "x with 0"), (smooth, "")]
)
@pytest.mark.parametrize("by", ["typing", "downhill"])
def test_page_says_that_the_program_compared_once_a_leaf_is_another(
    browser: Any, path: Path, f: Any, said: str, by: str
) -> None:
    sg.explain(f, 2.0).save(path)
    with opened(browser, path) as page:
        assert page.is_hidden("#compared")
        type_leaf(page, "x", "-3") if by == "typing" else page.click("#downhill-step")
        assert page.is_visible("#compared") == bool(said)
        assert said in text(page, "#compared")
        page.click("#reset")
        assert page.is_hidden("#compared")


def several(x: Any, y: Any) -> Any:
    largest = max(x, y, Value(0.5, label="floor"))
    return largest * (2.0 if x == 10**400 else y)


def test_comparisons_are_told_by_the_names_of_their_sides() -> None:
    told = sg.explain(several, 1.0, 2.0).compared
    assert told == "y with x, floor with y, x with a number beyond the floats"
    assert sg.explain(lambda x: sum(x * k for k in range(9) if x > k), 8.5).compared == (
        "x with 0, x with 1, x with 2, more"
    )
    assert sg.explain(branching(Value(2.0))).compared == ""


# ------ predict first


@pytest.fixture
def quiz(browser: Any, path: Path) -> Iterator[Any]:
    """At step 1: upstream 1, local −4; step 2: upstream 1, local 3; step 3: −4 · 1."""
    sg.explain(product, -2.0, 5.0, -4.0).save(path)
    with opened(browser, path) as page:
        page.click("text=Predict first")
        page.keyboard.press("ArrowRight")
        yield page


def answer(page: Any, typed: str) -> str:
    page.fill("#answer", typed)
    page.keyboard.press("Enter")
    return text(page, "#verdict")


def test_prediction_hides_the_number_everywhere(quiz: Any) -> None:
    assert "-4" not in text(quiz, "#equation") + text(quiz, "#sum") + text(quiz, "#spoken")
    assert quiz.locator("#graph .node.receiver text.gradient").text_content() == "?"
    assert quiz.locator("#answer").evaluate("field => field === document.activeElement")
    assert steps(quiz) == []


@pytest.mark.parametrize("typed", ["-4", " −4.0", "4*-1", "-8/2", "-3.95"])
def test_right_prediction_is_graded_and_reveals(quiz: Any, typed: str) -> None:
    assert answer(quiz, typed) == "Right. 1 of 1 right at once."
    assert "-4 contribution" in text(quiz, "#equation")
    assert quiz.is_hidden("#quiz")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("4", "other sign"),
        ("1", "That is upstream"),
        ("-4.2", "one more digit"),
        ("7", "Not yet"),
        ("four", "no number"),
    ],
)
def test_wrong_prediction_says_what_went_wrong_and_may_try_again(
    quiz: Any, typed: str, hint: str
) -> None:
    assert hint in answer(quiz, typed)
    assert "?" in text(quiz, "#equation")
    score = "1 of 1" if typed == "four" else "0 of 1"
    assert answer(quiz, "-4") == f"Right. {score} right at once."


@pytest.mark.parametrize("typed", ["1", "-1e308", "inf", "∞"])
def test_nothing_but_an_infinity_of_its_sign_is_near_an_infinity(
    browser: Any, path: Path, typed: str
) -> None:
    sg.explain(lambda x, y: x / y, 1.0, 0.0).save(path)
    with opened(browser, path, "#step=2&predict") as page:
        assert not answer(page, typed).startswith(("Right", "Near"))
        assert answer(page, "−∞").startswith("Right.")


def test_keys_of_the_page_work_in_the_answer_box(quiz: Any) -> None:
    quiz.keyboard.press("Escape")
    quiz.keyboard.press("f")
    assert quiz.locator("html.present").count() == 1
    quiz.keyboard.press("PageDown")
    assert text(quiz, "#place") == "back 2 of 4"
    assert quiz.locator("#answer").evaluate("field => field === document.activeElement")
    quiz.keyboard.press("PageUp")
    assert text(quiz, "#place") == "back 1 of 4"
    quiz.keyboard.press("Escape")
    quiz.keyboard.press("ArrowRight")
    assert text(quiz, "#place") == "back 2 of 4"
    quiz.keyboard.press("Escape")
    quiz.keyboard.press("Escape")
    wait_until(quiz, lambda: quiz.locator("html.present").count() == 0)


def test_reveal_shows_the_product_and_the_walk_goes_on(quiz: Any) -> None:
    quiz.click("#reveal")
    assert text(quiz, "#verdict") == "1 × -4 = -4. 0 of 1 right at once."
    quiz.keyboard.press("ArrowRight")
    assert answer(quiz, "3") == "Right. 1 of 2 right at once."


def test_playing_stops_at_the_next_question(quiz: Any) -> None:
    quiz.select_option("#speed", "5")
    quiz.click("#play")
    quiz.wait_for_timeout(800)
    assert text(quiz, "#place") == "back 2 of 4"


# ------ a network


@pytest.fixture(scope="module")
def network() -> Any:
    """The loss of an MLP with 297 parameters."""
    random.seed(1)
    model = MLP(4, [16, 12, 1])
    return squared_error(model([1.0, -2.0, 0.5, 0.1]), 1.0)


def test_network_of_300_nodes_is_drawn_and_walked_whole(
    browser: Any, path: Path, network: Any
) -> None:
    explained = sg.explain(network)
    assert len(explained.nodes) >= 300
    explained.save(path)
    with opened(browser, path, "#step=0&whole") as page:
        assert page.locator("#graph .node").count() == len(explained.nodes)
        assert page.locator("#graph .edge").count() == len(explained)
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.click("#last")
        assert steps(page) == columns(explained)
        assert page.locator("#leaves .mark.right").count() == len(explained.leaves)


@pytest.mark.parametrize("address", ["#step=0", "#step=0&whole"])
def test_network_of_300_nodes_opens_within_a_second(
    browser: Any, path: Path, network: Any, address: str
) -> None:
    sg.explain(network).save(path)
    until_loaded = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    fastest = math.inf
    for _ in range(10):
        with opened(browser, path, address) as page:
            fastest = min(fastest, page.evaluate(until_loaded))
        # whatever else the machine is doing may have taken the others' time
        if fastest < 1000.0:
            break
    assert fastest < 1000.0
