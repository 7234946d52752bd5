"""Ctrl-C while a network is trained: whole updates and their history remain."""

from __future__ import annotations

import _thread
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from scalargrad import nn
from scalargrad.losses import squared_error
from scalargrad.nn import Dropout, Linear, Sequential, Tanh
from scalargrad.optim import SGD
from scalargrad.train import History, fit
from scalargrad.train.interrupts import Interrupts

DATA = [([x / 5, 1.0], x * x / 25) for x in range(-5, 6)]
EPOCHS, BATCH = 3, 4

if threading.current_thread() is not threading.main_thread():
    pytest.skip("signals reach the main thread alone", allow_module_level=True)


class Training:
    """One training, the same each time, and the parameters after each of its updates."""

    def __init__(self) -> None:
        nn.seed(5)
        self.model = Sequential(Linear(2, 3), Tanh(), Dropout(0.1), Linear(3, 1)).eval()
        self.optimizer = SGD(self.model, 0.1, momentum=0.5)
        self.states = [self.numbers()]

    def numbers(self) -> list[float]:
        return [p.data for p in self.model.parameters()]

    def run(self) -> History:
        return fit(
            self.model,
            squared_error,
            DATA,
            self.optimizer,
            EPOCHS,
            BATCH,
            validation=DATA[:3],
            schedule=lambda update: 0.5,
            on_update=[lambda run: self.states.append(self.numbers())],
            progress=False,
        )


@pytest.fixture(scope="module")
def undisturbed() -> Training:
    training = Training()
    training.run()
    return training


class Strike:
    """A tracer that raises SIGINT at one line of `fit` and what it calls, counted from its
    first on which Ctrl-C is no longer raised as usual."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0

    def __call__(self, frame: Any, event: str, arg: Any) -> Any:
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if event == "line" and not usual:
            self.count += 1
            if self.count == self.at:
                signal.raise_signal(signal.SIGINT)
        return self


def struck(training: Training, at: int) -> tuple[History, int]:
    strike = Strike(at)
    sys.settrace(strike)
    try:
        history = training.run()
    finally:
        sys.settrace(None)
    return history, strike.count


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    traced = sys.gettrace()
    yield
    sys.settrace(traced)
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def lines_of_a_training() -> int:
    return struck(Training(), at=0)[1]


def assert_whole_updates(training: Training, history: History, undisturbed: Training) -> None:
    done = len(history.losses)
    assert training.optimizer.steps == done == len(history.rates)
    assert training.numbers() == undisturbed.states[done]
    ends = [e for e in (3, 6, 9) if e <= done]
    assert history.epoch_ends in (ends, ends[:-1])
    assert len(history.validation) == len(history.epoch_ends)
    assert training.optimizer.schedule is None
    assert not any(part.training for _, part in training.model.named_modules())


def test_strikes_at_random_lines_leave_whole_updates_and_a_history(undisturbed: Training) -> None:
    lines = lines_of_a_training()
    assert lines > 1000
    stopped = set()
    for at in sorted(random.sample(range(1, lines + 1), 40)):
        training = Training()
        history, _ = struck(training, at)
        assert_whole_updates(training, history, undisturbed)
        if history.stopped:
            assert all(p.grad == 0.0 for p in training.model.parameters())
        stopped.add(history.stopped)
    assert "interrupted" in stopped
    assert stopped <= {"interrupted", ""}


@pytest.mark.parametrize("part", ["first lines", "last lines"])
def test_strikes_at_the_very_beginning_and_end(part: str, undisturbed: Training) -> None:
    lines = lines_of_a_training()
    places = range(1, 25) if part == "first lines" else range(lines - 15, lines + 1)
    for at in places:
        training = Training()
        history, _ = struck(training, at)
        assert_whole_updates(training, history, undisturbed)


def test_interrupt_raised_by_the_model_itself_ends_it_too(undisturbed: Training) -> None:
    training = Training()
    calls = iter(range(1000))

    def loss(output: Any, target: Any) -> Any:
        # the first six try each target once
        if next(calls) == 6 + 17:
            raise KeyboardInterrupt
        return squared_error(output, target)

    history = fit(training.model, loss, DATA, training.optimizer, EPOCHS, BATCH, progress=False)
    assert (history.stopped, len(history.losses)) == ("interrupted", 4)


def test_interrupt_from_outside_ends_an_endless_training() -> None:
    training = Training()
    timer = threading.Timer(0.1, _thread.interrupt_main)
    start = time.monotonic()
    history = fit(
        training.model,
        squared_error,
        DATA,
        training.optimizer,
        10**9,
        BATCH,
        on_update=[lambda run: timer.start() if run.updates == 1 else None],
        progress=False,
    )
    assert history.stopped == "interrupted"
    assert time.monotonic() - start < 60.0
    assert training.optimizer.steps == len(history.losses) > 0


def test_training_goes_on_from_where_it_was_interrupted() -> None:
    training = Training()

    def strike_at_the_fifth(run: Any) -> None:
        if run.updates == 5:
            signal.raise_signal(signal.SIGINT)

    history = fit(
        training.model,
        squared_error,
        DATA,
        training.optimizer,
        EPOCHS,
        BATCH,
        on_update=[strike_at_the_fifth],
        progress=False,
    )
    assert (history.stopped, len(history.losses)) == ("interrupted", 5)
    assert training.run().epochs == EPOCHS


# ------ where Ctrl-C is heard


def test_it_waits_outside_and_is_raised_inside() -> None:
    heard = []
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        heard.append("outside")
        with interrupts.heard():
            heard.append("inside")
    assert heard == ["outside"]


def test_inside_it_is_raised_at_once() -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        Interrupts() as interrupts,
        interrupts.heard(),
    ):
        signal.raise_signal(signal.SIGINT)
        pytest.fail("still here")


def test_a_second_one_waits_for_nothing() -> None:
    with pytest.raises(KeyboardInterrupt), Interrupts():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("still here")


def test_a_handler_of_the_users_own_is_called_and_stays() -> None:
    received = []

    def own(number: int, frame: Any) -> None:
        received.append(number)

    before = signal.signal(signal.SIGINT, own)
    try:
        with Interrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
            assert received == []
            with interrupts.heard():
                assert received == [signal.SIGINT]
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
                assert len(received) == 3
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_trains_without_handlers() -> None:
    training = Training()
    found: list[History] = []
    thread = threading.Thread(target=lambda: found.append(training.run()))
    thread.start()
    thread.join()
    assert len(found[0].losses) == 9
