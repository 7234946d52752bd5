"""`fit` by a compiled program: the numbers of graphs, and why there is none where there is none."""

from __future__ import annotations

import random
import re
import signal
import threading
from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import nn, optim
from scalargrad.losses import binary_cross_entropy, cross_entropy, squared_error
from scalargrad.train import History, choice, correct, fit
from tests.support.training import numbers

pytest.importorskip("numpy")

Data = list[tuple[Any, Any]]


class Switched(nn.Module):
    """Two ways, chosen by the input, and parameters that no input reaches."""

    def __init__(self) -> None:
        self.left, self.right = nn.Linear(3, 2), nn.Linear(3, 2)
        self.unused = nn.Linear(1, 1)

    def __call__(self, x: Any) -> Any:
        return self.left(x) if x[0] > 0.0 else self.right(x)


def features(count: int = 13) -> list[list[float]]:
    return [[random.gauss(0.0, 1.0) for _ in range(3)] for _ in range(count)]


def classes(count: int) -> Data:
    return [(x, i % 2) for i, x in enumerate(features(count))]


def targets(count: int) -> Data:
    return [(x, [x[0] * x[1], random.random()]) for x in features(count)]


def signs(count: int) -> Data:
    return [(x, i % 2) for i, x in enumerate(features(count))]


def both(output: Any, target: Any) -> Any:
    return sg.sum([squared_error([o], t) for o, t in zip(output, target)])


def twice_by(norm: Any, outputs: int) -> Any:
    """One part, run in two places, with another one between."""
    between = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm(3), nn.Tanh(), nn.Linear(3, 3))
    return nn.Sequential(nn.Linear(3, 3), norm, between, norm, nn.Linear(3, outputs))


MODELS: dict[str, Callable[[int], Any]] = {
    "tanh": lambda n: nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, n)),
    "relu": lambda n: nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, n)),
    "residual": lambda n: nn.Sequential(nn.Residual(nn.Linear(3, 3)), nn.Linear(3, n)),
    "switched": lambda n: nn.Sequential(Switched(), nn.Linear(2, n)),
    "dropout": lambda n: nn.Sequential(
        nn.Linear(3, 6), nn.Dropout(0.4), nn.ReLU(), nn.Linear(6, n)
    ),
    "depth": lambda n: nn.Sequential(nn.Residual(nn.Linear(3, 3), drop=0.3), nn.Linear(3, n)),
    "normalized": lambda n: nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm(4), nn.Tanh(), nn.Residual(nn.Linear(4, 4)), nn.Linear(4, n)
    ),
    "normalized at once": lambda n: nn.Sequential(nn.BatchNorm(3), nn.Linear(3, n)),
    "normalized at last": lambda n: nn.Sequential(nn.Linear(3, n), nn.BatchNorm(n, momentum=0.7)),
    "normalized in a skip": lambda n: nn.Sequential(
        nn.Residual(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm(3, epsilon=0.1), nn.ReLU())),
        nn.Linear(3, n),
    ),
    "normalized by chance": lambda n: nn.Sequential(
        *(nn.Dropout(0.2), nn.Linear(3, 4), nn.BatchNorm(4), nn.ReLU(), nn.Dropout(0.4)),
        nn.Residual(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm(4), nn.Dropout(0.3))),
        *(nn.Residual(nn.Linear(4, 4), drop=0.3), nn.Dropout(0.1), nn.Linear(4, n)),
    ),
    "normalized twice": lambda n: twice_by(nn.BatchNorm(3), n),
}
TASKS: dict[str, tuple[Callable[[int], Data], Any, int]] = {
    "classes": (classes, cross_entropy, 2),
    "targets": (targets, both, 2),
    "signs": (signs, binary_cross_entropy, 1),
}
OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda model: optim.SGD(model, 0.01, momentum=0.9),
    "Adam": lambda model: optim.Adam(model, 0.02),
}


def trained(
    build: Callable[[], Any], loss: Any, data: Any, compile: bool | None, **named: Any
) -> tuple[Any, History]:
    sg.seed(7)
    model = build()
    optimizer = named.pop("optimizer", OPTIMIZERS["SGD"])(model)
    epochs, size = named.pop("epochs", 3), named.pop("batch_size", 4)
    history = fit(
        model, loss, data, optimizer, epochs, size, progress=False, compile=compile, **named
    )
    return model, history


def line() -> Any:
    return nn.Linear(3, 1)


@given(
    model=st.sampled_from(sorted(MODELS)),
    task=st.sampled_from(sorted(TASKS)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    size=st.integers(1, 9),
    count=st.integers(2, 14),
    extras=st.sampled_from(["none", "clip", "penalty", "validation", "schedule"]),
)
@settings(max_examples=40)
@pytest.mark.filterwarnings("ignore:training stopped")
def test_a_program_gives_the_losses_and_parameters_of_graphs(
    model: str, task: str, optimizer: str, size: int, count: int, extras: str
) -> None:
    make, loss, outputs = TASKS[task]
    data = make(count)
    # two samples are normalized to ±1: their gradients are but rounding, which Adam would magnify
    assume("normalized" not in model or (size > 2 and optimizer == "SGD"))

    def run(compile: bool) -> tuple[Any, History, float]:
        sg.seed(7)
        net = MODELS[model](outputs)
        choices: dict[str, dict[str, Any]] = {
            "none": {},
            "clip": {"clip": 0.5},
            "penalty": {"penalty": lambda: sg.sum([p * p for p in net.parameters()])},
            "validation": {"validation": data[:2]},
            "schedule": {"schedule": optim.schedules.cosine(20)},
        }
        mover, named = OPTIMIZERS[optimizer](net), choices[extras]
        history = fit(net, loss, data, mover, 2, size, progress=False, compile=compile, **named)
        return net, history, random.random()

    ours, compiled, drawn = run(True)
    theirs, eager, also_drawn = run(False)
    assert (compiled.engine, compiled.reason) == ("compiled", "")
    assert (eager.engine, eager.reason) == ("eager", "compile=False")
    # where a training runs away, rounding grows with it
    assume(not eager.stopped and max(eager.losses) < 1e3)
    assert compiled.losses == pytest.approx(eager.losses, rel=1e-12, abs=1e-15)
    assert compiled.validation == pytest.approx(eager.validation, rel=1e-12, abs=1e-15)
    assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-11, abs=1e-13)
    for (_, buffer), (_, same) in zip(ours.named_buffers(), theirs.named_buffers()):
        assert buffer == pytest.approx(same, rel=1e-11, abs=1e-13)
    if model not in ("depth", "normalized by chance"):
        # what is left out of a whole batch gets 0.0 by a program, nothing by graphs
        assert [p.has_grad for p in ours.parameters()] == [p.has_grad for p in theirs.parameters()]
    assert drawn == also_drawn


def test_one_seed_gives_the_same_bits() -> None:
    data = classes(20)
    runs = [trained(lambda: MODELS["tanh"](2), cross_entropy, data, True) for _ in range(2)]
    assert runs[0][1] == runs[1][1]
    assert numbers(runs[0][0]) == numbers(runs[1][0])


def test_inputs_keep_their_form() -> None:
    def model_of(net: Any) -> Any:
        # of lists a sum is a longer list, of arrays it is not
        return lambda x: net(x[0] + x[0])

    net = nn.Linear(4, 1)
    data = [(([x[0], x[1]], x[2]), x[0]) for x in features()]
    found = []
    for compile in (True, False):
        sg.seed(1)
        for parameter in net.parameters():
            parameter.data = 0.5
        mover = optim.SGD(net, 0.1)
        found.append(
            fit(model_of(net), squared_error, data, mover, 2, 4, progress=False, compile=compile)
        )
    assert [history.engine for history in found] == ["compiled", "eager"]
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-12)


def test_lone_numbers_are_samples_too() -> None:
    weight = sg.Value(0.5)
    mover = optim.SGD([weight], 0.1)
    data = [(x / 4, x / 2) for x in range(8)]
    history = fit(
        lambda x: weight * x, squared_error, data, mover, 60, 3, progress=False, compile=True
    )
    assert history.engine == "compiled"
    assert weight.data == pytest.approx(2.0, abs=1e-3)


# ------ by itself


def test_a_short_training_is_not_compiled() -> None:
    _, history = trained(line, squared_error, [(x, 1.0) for x in features()], None)
    assert history.engine == "eager"
    assert "short" in history.reason


@pytest.fixture
def pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each program pay from the first sample on."""
    monkeypatch.setattr(choice, "SAMPLES", 1)
    monkeypatch.setattr(choice, "WORK", 1)


@pytest.mark.usefixtures("pays")
def test_a_long_training_is_compiled() -> None:
    _, history = trained(line, squared_error, [(x, 1.0) for x in features()], None)
    assert (history.engine, history.reason) == ("compiled", "")


def with_batch_norm() -> Any:
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm(2), nn.Linear(2, 1))


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_rows_of_an_embedding_that_no_sample_picks_are_no_difference(optimizer: str) -> None:
    data = [(token, token % 2) for token in (3, 5, 3, 5, 5, 8, 8, 3)]

    def build() -> Any:
        return nn.Sequential(nn.Embedding(10, 3), nn.Linear(3, 2))

    named: Any = {"optimizer": OPTIMIZERS[optimizer], "epochs": 6}
    ours, history = trained(build, cross_entropy, data, True, **named)
    theirs, eager = trained(build, cross_entropy, data, False, **named)
    assert (history.engine, eager.engine) == ("compiled", "eager")
    assert history.losses == pytest.approx(eager.losses, rel=1e-9)
    assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-9)


def left_out() -> Any:
    return nn.Sequential(nn.Residual(nn.BatchNorm(3), drop=0.5), nn.Linear(3, 1))


class OwnBatch(nn.Linear):
    def batch(self, samples: Any) -> list[Any]:
        found = [self(x) for x in samples]
        least = min(y[0].data for y in found)
        return [[y[0] - least] for y in found]


class OwnNorm(nn.BatchNorm):
    def _scale(self, variance: Any) -> Any:
        return 1.0 / (variance + 1.0)


def with_own_batch() -> Any:
    return nn.Sequential(OwnBatch(3, 1))


def with_own_norm() -> Any:
    return nn.Sequential(OwnNorm(3), nn.Linear(3, 1))


LOSSES_SEEN: list[float] = []


def remembering(output: Any, target: Any) -> Any:
    LOSSES_SEEN.append(output[0].data)
    return squared_error(output, target)


def rounded(output: Any, target: Any) -> Any:
    return squared_error(output, float(int(output[0].data)))


def by_type(output: Any, target: Any) -> Any:
    return squared_error(output, target) * (2.0 if isinstance(target, int) else 1.0)


def missing_at_0(output: Any, target: Any) -> Any:
    return squared_error(output, target or 0.0)


OTHER_FORM = "input 9 is not built as input 0 is: expected list of 3, got tuple of 3; .*pad them"
PLAIN = [([x / 4, 1.0, -1.0], x) for x in range(-4, 5)]
REFUSED: list[tuple[Callable[[], Any], Any, Any, str]] = [
    (left_out, squared_error, PLAIN, "a part that is left out by chance"),
    (with_own_batch, squared_error, PLAIN, "OwnBatch 'layers.0' runs a batch in its own way"),
    (with_own_norm, squared_error, PLAIN, "OwnNorm 'layers.0' runs a batch in its own way"),
    (line, remembering, PLAIN, "compile cannot follow"),
    (line, rounded, PLAIN, "compile cannot follow"),
    (line, by_type, PLAIN, "does not give what graphs give"),
    (line, lambda output, y: squared_error(output, float(y)), PLAIN, "compile cannot follow"),
    (line, missing_at_0, [(x, y or None) for x, y in PLAIN], "numbers alone: .*got NoneType None"),
    (
        line,
        squared_error,
        [*PLAIN, ((1.0, 2.0, 3.0), 1.0)],
        "input 9 is not built as input 0 is: .*list.*got tuple of 3",
    ),
    (
        line,
        squared_error,
        [*PLAIN, ([1.0, 2.0, 3.0], 2**53 + 1)],
        "target 9 holds 9007199254740993",
    ),
]


@pytest.mark.usefixtures("pays")
@pytest.mark.parametrize(("build", "loss", "data", "reason"), REFUSED)
def test_what_cannot_be_compiled_is_computed_by_graphs(
    build: Callable[[], Any], loss: Any, data: Any, reason: str
) -> None:
    ours, history = trained(build, loss, data, None)
    theirs, eager = trained(build, loss, data, False)
    assert history.engine == "eager"
    assert re.search(reason, history.reason)
    assert history.losses == eager.losses
    assert numbers(ours) == numbers(theirs)


NOT_FINITE: list[tuple[Callable[[], Any], Any, Any, str]] = [
    (line, squared_error, [*PLAIN, ([1.0, nan, 3.0], 1.0)], "input 9 holds nan: expected numbers"),
    (line, squared_error, [([1.0, inf, 3.0], 1.0), *PLAIN], "is (inf|nan): expected a finite.*inf"),
]


@pytest.mark.parametrize(("build", "loss", "data", "reason"), REFUSED + NOT_FINITE)
def test_what_has_to_be_compiled_and_cannot_is_refused(
    build: Callable[[], Any], loss: Any, data: Any, reason: str
) -> None:
    sg.seed(7)
    model = build()
    before = numbers(model)
    with pytest.raises((TypeError, ValueError), match=reason):
        fit(model, loss, data, optim.SGD(model, 0.1), 1, progress=False, compile=True)
    assert numbers(model) == before
    assert not any(parameter.has_grad for parameter in model.parameters())


def test_compile_is_true_false_or_nothing() -> None:
    with pytest.raises(TypeError, match="compile"):
        trained(line, squared_error, PLAIN, "yes")  # type: ignore[arg-type]


@pytest.mark.usefixtures("pays")
def test_running_statistics_are_not_touched_by_the_trial() -> None:
    ours, history = trained(with_batch_norm, squared_error, PLAIN, None)
    theirs, _ = trained(with_batch_norm, squared_error, PLAIN, False)
    assert (history.engine, history.reason) == ("compiled", "")
    assert ours.state_dict() == pytest.approx(theirs.state_dict(), rel=1e-11)


@pytest.mark.usefixtures("pays")
def test_a_count_that_a_model_keeps_is_not_touched_by_the_trial() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            self.inner, self.calls = nn.Linear(3, 1), 0

        def __call__(self, x: Any) -> Any:
            self.calls += 1
            return [score * (1.0 + 0.01 * self.calls) for score in self.inner(x)]

    ours, history = trained(Counting, squared_error, PLAIN, None)
    theirs, eager = trained(Counting, squared_error, PLAIN, False)
    assert history.engine == "eager"
    assert (ours.calls, history.losses) == (theirs.calls, eager.losses)


# ------ while it runs


@pytest.mark.usefixtures("pays")
def test_a_loss_that_changes_is_followed() -> None:
    found = []
    for compile in (None, False):
        factor = [1.0]

        def loss(output: Any, target: Any, factor: Any = factor) -> Any:
            return squared_error(output, target) * factor[0]

        def double(run: Any, factor: Any = factor) -> None:
            factor[0] *= 2.0

        found.append(trained(line, loss, PLAIN, compile, callbacks=[double])[1])
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-12)


@pytest.mark.usefixtures("pays")
@pytest.mark.parametrize("part", [nn.Tanh, lambda: nn.Dropout(0.5), lambda: nn.BatchNorm(2)])
def test_a_model_that_changes_is_followed(part: Callable[[], Any]) -> None:
    found = []
    for compile in (None, False):
        layers = [nn.Linear(3, 2), part(), nn.Linear(2, 1)]

        def change(run: Any) -> None:
            if run.history.epochs == 1:
                run.model.layers.insert(1, nn.Sigmoid())
            if hasattr(run.model.layers[2], "p"):
                run.model.layers[2].p = 0.25

        build = lambda layers=layers: nn.Sequential(*layers)  # noqa: E731
        sg.seed(3)
        for parameter in nn.Sequential(*layers).parameters():
            parameter.data = random.random()
        found.append(trained(build, squared_error, PLAIN, compile, callbacks=[change])[1])
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-11)
    assert found[0].engine == "compiled"


@pytest.mark.usefixtures("pays")
def test_a_loss_that_changes_too_often_is_left_to_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "SAMPLES", len(PLAIN))
    factor = [1.0]

    def loss(output: Any, target: Any) -> Any:
        return squared_error(output, target) * factor[0]

    def grow(run: Any) -> None:
        factor[0] += 0.1

    _, history = trained(line, loss, PLAIN, None, on_update=[grow], epochs=4)
    assert history.engine == "eager"
    assert "too often" in history.reason
    assert len(history.losses) == 4 * 3


@pytest.mark.usefixtures("pays")
def test_samples_that_a_callback_changes_are_seen() -> None:
    found = []
    for compile in (None, False):
        data = [([x / 4, 1.0, -1.0], [x / 2]) for x in range(8)]

        def shift(run: Any, data: Data = data) -> None:
            if run.updates == 3:
                data[0][0][1] += 1.0
                data[4][1][0] -= 1.0

        found.append(trained(line, squared_error, data, compile, on_update=[shift])[1])
    assert "was changed" in found[0].reason
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-12)


def test_a_model_that_branches_too_finely_is_left_to_graphs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choice, "SAMPLES", 3 * len(PLAIN))
    monkeypatch.setattr(choice, "WORK", 1)

    def loss(output: Any, target: Any) -> Any:
        return squared_error(output, 0.0 if target < 0 else 1.0)

    _, history = trained(line, loss, PLAIN, None)
    assert history.engine == "eager"
    assert "ways through its branches" in history.reason


def test_an_error_in_a_later_batch_is_that_of_graphs(pays: None) -> None:
    net = line()
    data = [(x, 0.0) for x, _ in PLAIN]
    mover = optim.SGD(net, 0.1)
    updates: list[str] = []
    with pytest.raises(ZeroDivisionError):
        # a float fails where a lane goes on with inf
        fit(
            lambda x: net([1.0 / (x[0] - 1.0), *x[1:]]),
            squared_error,
            data,
            mover,
            1,
            4,
            shuffle=False,
            on_update=[lambda run: updates.append(run.history.engine)],
            progress=False,
        )
    assert updates == ["compiled", "compiled"]


def test_callbacks_see_the_gradients_of_a_batch() -> None:
    seen: dict[bool, list[float]] = {}
    for compile in (True, False):
        found = seen[compile] = []

        def look(run: Any, found: Any = found) -> None:
            found += [run.history.losses[-1], *(p.grad for p in run.optimizer.parameters)]

        trained(line, squared_error, PLAIN, compile, on_update=[look], clip=1.0)
    assert seen[True] == pytest.approx(seen[False], rel=1e-11)


def test_validation_between_epochs_costs_no_program() -> None:
    from scalargrad.train.lanes import Lanes

    counts = []

    def count(run: Any) -> None:
        counts.append(lanes[0].programs.count)

    lanes: list[Lanes] = []
    original = Lanes.put_in

    def noting(self: Lanes, order: Any) -> None:
        lanes.append(self)
        original(self, order)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lanes, "put_in", noting)
        data = classes(9)
        trained(
            lambda: MODELS["tanh"](2),
            cross_entropy,
            data,
            True,
            validation=data,
            metrics={"accuracy": correct},
            callbacks=[count],
        )
    assert counts == [1, 1, 1]


in_main = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals reach it alone"
)


@in_main
def test_an_interrupt_ends_after_a_whole_update() -> None:
    def strike(run: Any) -> None:
        if run.updates == 4:
            signal.raise_signal(signal.SIGINT)

    model, history = trained(line, squared_error, PLAIN, True, on_update=[strike])
    assert (history.stopped, history.engine) == ("interrupted", "compiled")
    assert len(history.losses) == 4
    assert all(parameter.grad == 0.0 for parameter in model.parameters())


@in_main
def test_an_interrupt_while_a_program_is_traced_ends_before_the_first_update() -> None:
    calls = [0]

    def loss(output: Any, target: Any) -> Any:
        calls[0] += 1
        # the first nine try each target once
        if calls[0] == 10:
            signal.raise_signal(signal.SIGINT)
        return squared_error(output, target)

    ends: list[Any] = []
    model, history = trained(line, loss, PLAIN, True, callbacks=[ends.append])
    assert (history.stopped, history.losses, ends) == ("interrupted", [], [])
    assert not any(parameter.has_grad for parameter in model.parameters())
