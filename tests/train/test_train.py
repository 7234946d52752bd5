"""`fit`: what it computes, what it keeps, what it leaves behind, and how it ends."""

from __future__ import annotations

import dataclasses
import json
import random
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.losses import binary_hinge, cross_entropy, squared_error
from scalargrad.nn import MLP, BatchNorm, Dropout, Linear, Residual, Sequential, Tanh
from scalargrad.optim import SGD, Adam, clip_grad_value
from scalargrad.optim.schedules import linear
from scalargrad.train import History, Run, correct, fit
from tests.support.training import LINE, XOR, numbers, quiet


def twins(build: Any) -> tuple[Any, Any]:
    """Two equal networks."""
    found = []
    for _ in range(2):
        nn.seed(3)
        found.append(build())
    return found[0], found[1]


def small() -> Sequential:
    return Sequential(Linear(2, 4), Tanh(), Linear(4, 2))


# ------ what it computes


def test_a_line_is_found() -> None:
    nn.seed(0)
    model = Linear(1, 1)
    history = quiet(model, squared_error, LINE, SGD(model, 0.3), 60, batch_size=3)
    assert model.weight[0][0].data == pytest.approx(3.0, abs=1e-3)
    assert model.bias[0].data == pytest.approx(-1.0, abs=1e-3)
    assert history.losses[-1] < 1e-6 < history.losses[0]


def test_one_update_by_hand() -> None:
    model = Linear(1, 1)
    model.weight[0][0].data, model.bias[0].data = 2.0, 0.5
    history = quiet(model, squared_error, [([1.0], 3.0), ([-2.0], 0.0)], SGD(model, 0.1), 1)
    # errors −0.5 and −3.5, squared and averaged; gradients are means of 2·error·x and 2·error
    assert history.losses == [(0.25 + 12.25) / 2]
    assert model.weight[0][0].data == pytest.approx(2.0 - 0.1 * (-0.5 + 7.0), rel=1e-15)
    assert model.bias[0].data == pytest.approx(0.5 - 0.1 * (-0.5 - 3.5), rel=1e-15)


@given(size=st.integers(1, 7), count=st.integers(1, 12))
def test_an_epoch_is_what_batches_of_mean_losses_give(size: int, count: int) -> None:
    data = [([random.uniform(-1, 1), random.uniform(-1, 1)], i % 2) for i in range(count)]
    ours, by_hand = twins(small)
    history = quiet(ours, cross_entropy, data, SGD(ours, 0.5), 1, size, shuffle=False)
    optimizer, losses = SGD(by_hand, 0.5), []
    for start in range(0, count, size):
        batch = data[start : start + size]
        loss = sg.mean([cross_entropy(by_hand(x), y) for x, y in batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert history.losses == pytest.approx(losses, rel=1e-12)
    assert numbers(ours) == pytest.approx(numbers(by_hand), rel=1e-11, abs=1e-13)


def test_every_sample_is_seen_once_an_epoch_in_an_order_drawn_anew() -> None:
    seen: list[float] = []

    def looking_on(output: Any, target: float) -> Any:
        seen.append(target)
        return squared_error(output, target)

    nn.seed(1)
    model = Linear(1, 1)
    quiet(model, looking_on, LINE, SGD(model, 0.01), 3, batch_size=4)
    targets = [y for _, y in LINE]
    # before anything is trained each target is tried once
    tried, *epochs = [seen[i : i + 9] for i in (0, 9, 18, 27)]
    assert tried == targets
    assert len(seen) == 36
    assert [sorted(epoch) for epoch in epochs] == [targets] * 3
    assert len({tuple(epoch) for epoch in epochs} | {tuple(targets)}) == 4


def test_the_order_stays_without_shuffling() -> None:
    seen: list[float] = []
    model = Linear(1, 1)

    def loss(output: Any, target: float) -> Any:
        seen.append(target)
        return squared_error(output, target)

    quiet(model, loss, LINE, SGD(model, 0.01), 2, shuffle=False)
    assert seen == [y for _, y in LINE] * 3


def test_batch_norm_sees_each_batch_as_a_whole() -> None:
    ours, by_hand = twins(lambda: Sequential(Linear(2, 3), BatchNorm(3), Linear(3, 2)))
    data = [([float(i), (-1.0) ** i], i % 2) for i in range(6)]
    quiet(ours, cross_entropy, data, SGD(ours, 0.1), 1, 3, shuffle=False)
    optimizer = SGD(by_hand, 0.1)
    for batch in (data[:3], data[3:]):
        outputs = by_hand.batch([x for x, _ in batch])
        loss = sg.mean([cross_entropy(out, y) for out, (_, y) in zip(outputs, batch)])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert numbers(ours) == numbers(by_hand)
    assert [*ours[1].running_mean] == [*by_hand[1].running_mean]


def test_a_last_sample_alone_joins_the_batch_before_where_statistics_are_taken() -> None:
    model = Sequential(Linear(1, 2), BatchNorm(2), Residual(Linear(2, 2)), Linear(2, 1))
    history = quiet(model, squared_error, LINE, SGD(model, 0.01), 2, batch_size=4)
    assert history.epoch_ends == [2, 4]


def test_any_function_of_its_own_will_do_as_a_model() -> None:
    w = Value(0.0)
    quiet(lambda x: w * x, squared_error, [(1.0, 2.0), (2.0, 4.0)], SGD([w], 0.2), 30)
    assert w.data == pytest.approx(2.0)


def test_penalty_is_added_once_to_each_batch() -> None:
    model = Linear(1, 1, bias=False)
    (w,) = model.parameters()
    w.data = 2.0
    history = quiet(
        model, squared_error, [([1.0], 2.0)] * 4, SGD(model, 0.1), 1, penalty=lambda: w * w
    )
    assert history.losses == [4.0]
    assert w.data == pytest.approx(2.0 - 0.1 * 4.0)


# ------ what else it does at each update


def test_schedule_counts_the_updates_of_this_training() -> None:
    model = Linear(1, 1)
    optimizer = SGD(model, 0.1, schedule=lambda step: 0.5)
    first = quiet(model, squared_error, LINE, optimizer, 2, 5, schedule=linear(4))
    again = quiet(model, squared_error, LINE, optimizer, 2, 5, schedule=linear(4))
    after = quiet(model, squared_error, LINE, optimizer, 1)
    assert first.rates == again.rates == pytest.approx([0.1, 0.075, 0.05, 0.025])
    assert after.rates == [0.05]


@pytest.mark.parametrize(
    "clip, size", [(0.5, 0.5), (lambda optimizer: clip_grad_value(optimizer, 0.5), 0.5**0.5)]
)
def test_clipping_limits_an_update(clip: Any, size: float) -> None:
    model = Linear(1, 1)
    model.weight[0][0].data = 0.0
    quiet(model, squared_error, [([1.0], 100.0)], SGD(model, 1.0), 1, clip=clip)
    assert sum(x * x for x in numbers(model)) ** 0.5 == pytest.approx(size)


def test_callbacks_see_every_epoch_and_every_update() -> None:
    model = Linear(1, 1)
    epochs: list[Any] = []
    updates: list[Any] = []

    def note(run: Run) -> None:
        epochs.append((run.history.epochs, run.updates, run.epochs, run.model is model))

    quiet(
        model,
        squared_error,
        LINE,
        SGD(model, 0.1),
        3,
        5,
        callbacks=[note],
        on_update=[lambda run: updates.append(run.updates)],
    )
    assert epochs == [(1, 2, 3, True), (2, 4, 3, True), (3, 6, 3, True)]
    assert updates == [1, 2, 3, 4, 5, 6]


def test_callback_may_stop_the_training() -> None:
    model = Linear(1, 1)
    history = quiet(
        model,
        squared_error,
        LINE,
        SGD(model, 0.1),
        9,
        5,
        on_update=[lambda run: run.updates == 3 and run.stop("enough")],
    )
    assert (history.stopped, len(history.losses), history.epochs) == ("enough", 3, 1)


# ------ modes


def test_training_mode_while_it_trains_evaluation_while_it_validates() -> None:
    modes: dict[str, list[bool]] = {"train": [], "test": []}
    model = Sequential(Linear(1, 1), Dropout(0.5))

    def loss(output: Any, target: Any) -> Any:
        modes["test" if target == 7.0 else "train"].append(model[1].training)
        return squared_error(output, target)

    quiet(model, loss, LINE, SGD(model, 0.1), 2, validation=[([1.0], 7.0)])
    # the first nine are tried before anything is trained, in evaluation mode
    assert modes == {"train": [False] * 9 + [True] * 18, "test": [False] * 3}


@pytest.mark.parametrize("end", ["whole", "error"])
def test_every_part_is_in_its_mode_again_afterwards(end: str) -> None:
    model = Sequential(Linear(1, 2), Dropout(0.5), Linear(2, 1)).eval()
    model[0].training = True

    def loss(output: Any, target: Any) -> Any:
        if end == "error":
            raise ArithmeticError
        return squared_error(output, target)

    if end == "error":
        with pytest.raises(ArithmeticError):
            quiet(model, loss, LINE, SGD(model, 0.1), 1)
    else:
        quiet(model, loss, LINE, SGD(model, 0.1), 1)
    assert [part.training for _, part in model.named_modules()] == [False, True, False, False]


# ------ the history


def test_history_is_plain_data() -> None:
    nn.seed(0)
    model = MLP(2, [4, 1])
    history = quiet(
        model,
        binary_hinge,
        XOR,
        Adam(model, 0.1),
        3,
        batch_size=2,
        validation=XOR,
        metrics={"accuracy": correct},
    )
    data = json.loads(json.dumps(dataclasses.asdict(history)))
    assert History(**data) == history
    assert [len(data[name]) for name in ("losses", "rates")] == [6, 6]
    assert data["epoch_ends"] == [2, 4, 6]
    assert len(data["validation"]) == len(data["metrics"]["accuracy"]) == 3
    assert data["stopped"] == ""
    assert history.epoch_losses()[1] == (history.losses[2] + history.losses[3]) / 2


def test_history_prints_as_a_line_for_each_list() -> None:
    model = Linear(1, 1)
    history = quiet(
        model,
        squared_error,
        LINE,
        SGD(model, 0.25),
        2,
        validation=LINE,
        metrics={"m": squared_error},
    )
    head, *lines = repr(history).splitlines()
    assert head.startswith(f"History: 2 epochs, {len(history.losses)} updates, eager (")
    first, last = history.epoch_losses()
    assert lines == [
        f"  loss {first:.4g} → {last:.4g}",
        "  validation {:.4g} → {:.4g}".format(*history.validation),
        "  m {:.4g} → {:.4g}".format(*history.metrics["m"]),
    ]
    assert repr(History(stopped="interrupted")).endswith("eager\n  interrupted")


# ------ progress


def test_bar_shows_epoch_loss_rate_and_validation(capsys: Any, monkeypatch: Any) -> None:
    pytest.importorskip("tqdm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    model = Linear(1, 1)
    fit(model, squared_error, LINE, SGD(model, 0.25), 2, validation=LINE)
    shown = capsys.readouterr().err
    assert "epoch 2/2: 100%" in shown
    assert "loss=" in shown
    assert "rate=0.25" in shown
    assert "validation=" in shown


@pytest.mark.parametrize("why", ["no tqdm", "no terminal"])
def test_lines_show_the_same_otherwise(why: str, capsys: Any, monkeypatch: Any) -> None:
    if why == "no tqdm":
        monkeypatch.setattr("scalargrad.train.progress.find_spec", lambda name: None)
    monkeypatch.setattr("sys.stderr.isatty", lambda: why != "no terminal")
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    model = Linear(1, 1)
    history = fit(
        model,
        squared_error,
        LINE,
        SGD(model, 0.25),
        2,
        validation=LINE,
        metrics={"m": squared_error},
        batch_size=1,
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert len(history.losses) > 2
    assert err.splitlines() == [
        f"epoch {i + 1}/2: loss={history.epoch_losses()[i]:.4f} rate=0.25 "
        f"validation={history.validation[i]:.4g} m={history.metrics['m'][i]:.4g}"
        for i in range(2)
    ]


def test_silence_without_progress(capsys: Any) -> None:
    model = Linear(1, 1)
    quiet(model, squared_error, LINE, SGD(model, 0.1), 1)
    assert capsys.readouterr() == ("", "")


def test_progress_is_silent_where_there_is_no_standard_error(monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stderr", None)
    model = nn.Linear(1, 1)
    assert fit(model, squared_error, [([1.0], 1.0)], SGD(model, 0.1), 2).epochs == 2
