"""Probabilities are scored as such: a net that ends in a sigmoid is cut at ½, or refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot

import scalargrad as sg
from scalargrad import Value, nn, plots
from scalargrad.losses import binary_cross_entropy, cross_entropy, nll, squared_error
from scalargrad.nn import MLP, Linear, Module, Sequential, Sigmoid, Softplus, Tanh
from scalargrad.optim import SGD, Adam
from scalargrad.outputs import number
from scalargrad.scores import predicted
from scalargrad.train import accuracy, confusion_matrix, correct, evaluate, fit

XOR = [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]


@pytest.fixture(autouse=True)
def closed_figures() -> Any:
    yield
    pyplot.close("all")


SCALE = Value(1.0)


def logit(x: Any) -> Any:
    """That of a solved XOR, ±4.6: after a sigmoid [0.01, 0.99, 0.99, 0.01]."""
    return SCALE * (9.2 * (x[0] + x[1] - 2.0 * x[0] * x[1]) - 4.6)


class Inner(Module):
    def __call__(self, x: Any) -> Any:
        return [logit(x)]


class Whole(Module):
    def __init__(self) -> None:
        self.inner = Inner()

    def __call__(self, x: Any) -> Any:
        return sg.sigmoid(self.inner(x)[0])


own_sigmoid = sg.operator("own", lambda x: sg.sigmoid(x), lambda out, x: out * (1.0 - out))
ENDING_IN_A_SIGMOID: dict[str, Any] = {
    "Sequential": Sequential(Inner(), Sigmoid()),
    "function as a layer": Sequential(Inner(), sg.sigmoid),
    "within another": Sequential(Sequential(Inner(), Sigmoid())),
    "own Module": Whole(),
    "function": lambda x: sg.sigmoid(logit(x)),
    "list": lambda x: [sg.sigmoid(logit(x))],
    "operator of one's own": lambda x: own_sigmoid(logit(x)),
}
UNTOLD: dict[str, Any] = {
    "numbers": lambda x: sg.sigmoid(logit(x)).data,
    "in another way": lambda x: 1.0 / (1.0 + sg.exp(-logit(x))),
    "clamped": lambda x: sg.clamp(sg.sigmoid(logit(x)), 1e-6, 1.0 - 1e-6),
    "average": lambda x: sg.mean([sg.sigmoid(logit(x)), sg.sigmoid(2.0 * logit(x))]),
    "complement": lambda x: 1.0 - sg.sigmoid(-logit(x)),
    "compiled": sg.compile(lambda x: sg.sigmoid(logit(x))),
}


# ------ scores


@pytest.mark.parametrize("name", ENDING_IN_A_SIGMOID)
def test_a_solved_xor_after_a_sigmoid_is_right(name: str) -> None:
    model = ENDING_IN_A_SIGMOID[name]
    assert accuracy(model, XOR) == 1.0
    assert confusion_matrix(model, XOR) == [[2, 0], [0, 2]]
    assert evaluate(model, correct, XOR) == 1.0
    assert evaluate(model, lambda output, target: correct(output, target), XOR) == 1.0
    assert [correct(model(x), y) for x, y in XOR] == [True] * 4


@pytest.mark.parametrize("name", UNTOLD)
def test_what_may_be_either_is_refused_or_cut_where_it_is_told_to(name: str) -> None:
    model = UNTOLD[name]
    for score in (accuracy, confusion_matrix):
        with pytest.raises(ValueError, match=r"may be a probability.* pass threshold=0\.5"):
            score(model, XOR)
    assert accuracy(model, XOR, threshold=0.5) == 1.0
    assert accuracy(model, XOR, threshold=0.0) == 0.5
    assert confusion_matrix(model, XOR, threshold=0.5) == [[2, 0], [0, 2]]


@pytest.mark.parametrize("shift", [0.2, 0.4])
def test_logits_within_0_and_1_are_cut_at_0(shift: float) -> None:
    w = Value(1.0)
    data = [(0.1, 1), (0.3, 1), (0.45, 1)]
    for model in (
        lambda x: w * x + shift,
        lambda x: sg.dot([w], [x], shift),
        lambda x: sg.tanh(w * x + shift),
        Sequential(lambda x: [w * x + shift], Tanh()),
    ):
        assert accuracy(model, data) == 1.0


def test_a_layer_gives_logits_whatever_they_are() -> None:
    for model in (Linear(1, 1), MLP(1, [2, 1]), Sequential(Linear(1, 2), Tanh(), Linear(2, 1))):
        for parameter in model.parameters():
            parameter.data = 0.3
        assert accuracy(model, [([0.1], 1), ([0.2], 1)]) == 1.0


def test_scores_beyond_0_and_1_are_no_probabilities() -> None:
    assert accuracy(lambda x: x, [(-0.5, 0), (0.3, 1), (0.7, 1)]) == 1.0
    assert accuracy(lambda x: x, [(1.5, 1), (0.3, 1)]) == 1.0


@given(st.lists(st.floats(0.5, 1.0, exclude_min=True) | st.just(0.0), min_size=1))
def test_where_both_cuts_agree_nothing_is_asked(scores: list[float]) -> None:
    assert [predicted(score) for score in scores] == [int(score > 0.5) for score in scores]
    assert accuracy(lambda x: x, [(x, int(x > 0.0)) for x in scores]) == 1.0


def test_a_lone_score_that_tells_nothing_needs_a_threshold() -> None:
    with sg.no_grad():
        score = sg.sigmoid(Value(-1.0))
    with pytest.raises(ValueError, match=r"a lone score of 0\.2689 may be a probability"):
        correct(score, 0)
    assert correct(score, 0, threshold=0.5)
    assert predicted(score, threshold=0.2) == 1
    with pytest.raises(ValueError, match="a threshold is for a lone score, got 2 scores"):
        predicted([1.0, 2.0], threshold=0.5)


def test_any_threshold_may_be_chosen() -> None:
    data = [(x / 10, int(x > 7)) for x in range(11)]
    assert accuracy(lambda x: Value(x), data, threshold=0.75) == 1.0


def test_metrics_of_a_training_know_the_sigmoid() -> None:
    nn.seed(3)
    model = Sequential(Linear(2, 6), Tanh(), Linear(6, 1), Sigmoid())
    history = fit(
        model,
        squared_error,
        XOR,
        Adam(model, 0.1),
        100,
        4,
        validation=XOR,
        metrics={"accuracy": correct, "own": lambda out, y: correct(out, y)},
        progress=False,
    )
    assert history.metrics["accuracy"][-1] == accuracy(model, XOR) == 1.0
    assert history.metrics["own"] == history.metrics["accuracy"]


@pytest.mark.parametrize("name", UNTOLD)
def test_metrics_that_cannot_know_are_refused_before_anything_is_trained(name: str) -> None:
    SCALE.data = 1.0
    with pytest.raises((ValueError, TypeError)):
        fit(
            UNTOLD[name],
            squared_error,
            XOR,
            SGD([SCALE], 0.1),
            1,
            validation=[([0.0, 1.0], 1)],
            metrics={"accuracy": correct},
            progress=False,
        )
    assert SCALE.data == 1.0


def test_the_model_is_run_once_more_only_where_the_question_comes_up() -> None:
    calls: list[Any] = []

    def model(x: Any) -> Any:
        calls.append(x)
        return sg.sigmoid(logit(x))

    accuracy(model, XOR)
    assert len(calls) == 5
    calls.clear()
    evaluate(model, squared_error, XOR)
    assert len(calls) == 4


# ------ the boundary


def border_of(model: Any, **options: Any) -> list[float]:
    data = [([0.0, 0.0], 0), ([1.0, 1.0], 1)]
    ax = plots.decision_boundary(model, data, resolution=41, **options)
    black = [c for c in ax.collections if (0.0, 0.0, 0.0, 1.0) in map(tuple, c.get_edgecolor())]
    return [x for c in black for path in c.get_paths() for x, _ in path.vertices]


@pytest.mark.parametrize(
    "model, options, place",
    [
        (lambda x: sg.sigmoid(Value(8.0) * (x[0] - 0.4)), {}, 0.4),
        (lambda x: 1.0 / (1.0 + sg.exp(8.0 * (0.4 - x[0]))), {"threshold": 0.5}, 0.4),
        (lambda x: Value(2.0) * x[0] - 0.8, {}, 0.4),
        (lambda x: Value(2.0) * x[0] - 0.8, {"threshold": 0.4}, 0.6),
    ],
)
def test_the_boundary_lies_where_scores_are_cut(model: Any, options: Any, place: float) -> None:
    found = border_of(model, **options)
    assert found
    assert found == pytest.approx([place] * len(found), abs=0.01)


def test_the_boundary_of_what_may_be_either_is_refused() -> None:
    with pytest.raises(ValueError, match="may be a probability"):
        border_of(lambda x: 1.0 / (1.0 + sg.exp(8.0 * (0.4 - x[0]))))


# ------ losses


def test_binary_cross_entropy_refuses_a_sigmoids_output() -> None:
    for model in ENDING_IN_A_SIGMOID.values():
        with pytest.raises(ValueError, match=r"takes a logit .* leave that out of the model"):
            binary_cross_entropy(model([0.0, 1.0]), 1)
        with pytest.raises(ValueError, match="takes a logit"):
            evaluate(model, binary_cross_entropy, XOR)
    with pytest.raises(ValueError, match="takes a logit"):
        sg.compile(lambda x, y: binary_cross_entropy(sg.sigmoid(x), y))(0.3, 1.0)


def test_training_on_it_is_refused_before_anything_changes() -> None:
    model = Sequential(Linear(2, 1), Sigmoid())
    before = model.state_dict()
    with pytest.raises(ValueError, match="data, sample 0: binary_cross_entropy takes a logit"):
        fit(model, binary_cross_entropy, XOR, SGD(model, 0.1), 1, progress=False)
    assert model.state_dict() == before


@pytest.mark.parametrize("end", [Tanh(), Softplus(), lambda x: x])
def test_other_ends_are_taken_for_logits(end: Any) -> None:
    model = Sequential(Linear(2, 1), end)
    assert binary_cross_entropy(model([0.5, 1.0]), 1).data > 0.0
    assert evaluate(model, binary_cross_entropy, XOR) > 0.0


@pytest.mark.parametrize("loss", [cross_entropy, nll])
def test_losses_of_logits_refuse_a_softmax(loss: Any) -> None:
    model = Sequential(Linear(2, 3), nn.softmax)
    match = "got the probabilities of a softmax"
    with pytest.raises(ValueError, match=match):
        loss(nn.softmax([Value(1.0), Value(2.0)]), 1)
    with pytest.raises(ValueError, match=match):
        evaluate(model, loss, XOR)
    with pytest.raises(ValueError, match=match):
        sg.compile(lambda x, y, k: loss(nn.softmax([x, y]), k))(1.0, 2.0, 1)


def test_shares_of_a_sum_of_ones_own_are_probabilities_too() -> None:
    parts = [sg.exp(Value(x)) for x in (1.0, 2.0)]
    total = sg.sum(parts)
    with pytest.raises(ValueError, match="got the probabilities of a softmax"):
        cross_entropy([part / total for part in parts], 1)


def test_quotients_that_need_not_add_up_to_1_are_logits() -> None:
    a, b = Value(1.0), Value(2.0)
    for outputs in ([a / 2.0, b / 2.0], [a / b, b / b], [0.0, 1.0], [0.25, 0.75]):
        assert number(cross_entropy(outputs, 1)) > 0.0
