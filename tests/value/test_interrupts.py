"""Ctrl-C anywhere: every mode, every setting of a module, every attribute is as it was before.

`SCALARGRAD_INTERRUPTS=50000 pytest tests/value/test_interrupts.py` runs the long form, so many
signals.
"""

from __future__ import annotations

import copy
import dis
import functools
import gc
import math
import os
import pickle
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, modes, nn
from scalargrad.evaluating import evaluating
from scalargrad.losses import squared_error
from scalargrad.nn import Dropout, Linear, Sequential, Tanh
from scalargrad.nn.recording import recording
from scalargrad.optim import SGD, Adam, Nesterov, random_search
from scalargrad.train import fit

SIGNALS = int(os.environ.get("SCALARGRAD_INTERRUPTS", "1500"))
DATA = [([x / 5, 1.0], x * x / 25) for x in range(-3, 4)]

# what strikes while a generator is freed is printed and lost, as in every finaliser
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

if threading.current_thread() is not threading.main_thread():
    pytest.skip("signals reach the main thread alone", allow_module_level=True)


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


# ------ what is interrupted


class World:
    """Everything that the works below could leave changed."""

    def __init__(self) -> None:
        nn.seed(3)
        self.model = Sequential(Linear(2, 2), Tanh(), Dropout(0.2), Linear(2, 1))
        self.model.layers[2].eval()
        self.optimizer = SGD(self.model, 0.01, momentum=0.5)
        self.nesterov = Nesterov(self.model, 0.01)
        self.adam = Adam(self.model, 0.01)
        self.x, self.y = Value(0.5), Value(2.0)
        self.root = (self.x * self.y).tanh() * self.x
        self.numbers = [0.5, 1.5]
        self.compiled = sg.compile(function)
        self.gradient = sg.compile(sg.grad(function))
        self.compiled(self.numbers), self.gradient(self.numbers)

    def data(self) -> list[float]:
        return [p.data for p in self.model.parameters()]

    def backward(self) -> None:
        self.root.backward()

    def state(self) -> list[Any]:
        parts = [part for _, part in self.model.named_modules()]
        return [
            [(type(part), part.training) for part in parts],
            [o.schedule for o in (self.optimizer, self.nesterov, self.adam)],
            self.nesterov._ahead,
            signal.getsignal(signal.SIGINT),
            module_state(),
        ]


def module_state() -> dict[str, Any]:
    """Every number, text and flag that a module of the package holds, also for its thread."""
    found: dict[str, Any] = {"now": modes.now()}
    for module_name, module in sorted(sys.modules.items()):
        if module_name.partition(".")[0] == "scalargrad":
            for name, x in vars(module).items():
                if isinstance(x, (bool, int, float, str, type(None))):
                    found[f"{module_name}.{name}"] = x
                elif isinstance(x, threading.local):
                    names = [k for k in {*vars(type(x)), *vars(x)} if not k.startswith("_")]
                    found[f"{module_name}.{name}"] = {k: getattr(x, k) for k in sorted(names)}
    return found


def function(v: Any) -> Any:
    x, y = v
    return sg.sin(x * y) + (x if x > 0.1 else -y) * sg.exp(y)


def in_modes(world: World) -> None:
    with sg.no_grad():
        world.x * world.y
        with sg.detect_anomaly(), modes.record_lines():
            sg.grad(lambda x: x * x)(2.0)


@sg.no_grad()
def decorated(world: World) -> Any:
    return world.x * world.y


def in_generator(world: World) -> None:
    def steps() -> Iterator[Any]:
        with sg.no_grad():
            yield world.x * world.y
            yield world.x * world.y

    for _ in steps():
        world.x * world.y


def evaluated(world: World) -> None:
    with evaluating(world.model), recording(world.model) as calls:
        world.model([0.5, 1.0])
        calls.clear()


def ahead(world: World) -> None:
    with world.nesterov.look_ahead():
        world.model([0.5, 1.0])[0].backward()


def trained(world: World) -> None:
    fit(
        world.model,
        squared_error,
        DATA,
        world.optimizer,
        2,
        4,
        validation=DATA[:2],
        schedule=lambda update: 0.5,
        progress=False,
    )


WORKS: dict[str, Callable[[World], Any]] = {
    "modes": in_modes,
    "decorated": decorated,
    "generator": in_generator,
    "grad": lambda w: sg.grad(function)(w.numbers),
    "hessian": lambda w: sg.hessian(function)(w.numbers),
    "jvp": lambda w: sg.jvp(function, (w.numbers,), (w.numbers,)),
    "hvp": lambda w: sg.hvp(function, (w.numbers,), (w.numbers,)),
    "compile": lambda w: sg.compile(function)(w.numbers),
    "compiled": lambda w: w.compiled(w.numbers),
    "compiled gradient": lambda w: w.gradient([-w.numbers[0], w.numbers[1]]),
    "compiled with Values": lambda w: w.compiled([w.x, w.y]).backward(),
    "checkpoint": lambda w: sg.checkpoint(function, [w.x, w.y]).backward(),
    "custom": lambda w: CUSTOM(w.x).backward(),
    "backward": World.backward,
    "copies": lambda w: (copy.deepcopy(w.root), pickle.loads(pickle.dumps(w.root))),
    "evaluated": evaluated,
    "look_ahead": ahead,
    "step": lambda w: (w.optimizer.step(), w.adam.step(), w.adam.zero_grad()),
    "search": lambda w: random_search(w.model, lambda: w.model([0.5, 1.0])[0] ** 2, 2),
    "check": lambda w: sg.check_gradient(lambda x: x * x, 2.0),
    "explain": lambda w: sg.explain(lambda x, y: sg.sin(x) * y, 2.0, 3.0),
    "fit": trained,
}
CUSTOM = sg.operator("custom", lambda x: sg.grad(lambda t: t**3)(x), lambda out, x: 6.0 * x)


def check(world: World, before: list[Any], numbers: set[tuple[float, ...]], what: Any) -> None:
    assert world.state() == before, what
    assert not modes.active, what
    with sg.no_grad():
        assert type(world.x * world.y) is Value
        assert not (world.x * world.y).parents, what
    assert (world.x * world.y).parents == (world.x, world.y), what
    assert sg.grad(lambda x: x**3)(2.0) == 12.0, what
    assert tuple(world.data()) in numbers, what
    assert world.compiled(world.numbers) == pytest.approx(value(function(world.numbers)), rel=1e-15)


def value(x: Any) -> float:
    return float(getattr(x, "data", x))


# ------ at every place, one by one


class Strike:
    """A trace function that raises KeyboardInterrupt at a place, counted from 1.

    Places are where Python hears of a signal: after a call, as a function begins, as a loop goes
    round again.
    """

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self.before: dict[Any, str] = {}

    def __call__(self, frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename == threading.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            last = self.before.get(id(frame), "RESUME")
            self.before[id(frame)] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if last.startswith(("CALL", "RESUME", "JUMP_BACKWARD", "JUMP_ABSOLUTE")):
                self.count += 1
                if self.count == self.at:
                    raise KeyboardInterrupt
        elif event == "call" and frame.f_lasti <= 0:
            self.before.pop(id(frame), None)
        return self


def struck(work: Callable[[World], Any], world: World, at: int, before: Any = None) -> int:
    """Run `work`, struck at a place; return how many places there were. While the exception is
    still there, and with it all that its traceback holds, the state has to be that `before`."""
    strike = Strike(at)
    traced = sys.gettrace()
    try:
        sys.settrace(strike)
        work(world)
        sys.settrace(traced)
    except KeyboardInterrupt:
        assert before is None or world.state() == before, at
    finally:
        sys.settrace(traced)
    return strike.count


@pytest.mark.parametrize("name", WORKS)
def test_an_interrupt_at_any_place_leaves_everything_as_it_was(name: str) -> None:
    work = WORKS[name]
    world = World()
    numbers = {tuple(world.data())}
    work(world)
    before = World().state()
    places = struck(work, world, 0)
    finite = len(numbers | {tuple(world.data())})
    for at in sorted(random.sample(range(1, places + 1), min(places, 60))):
        world = World()
        struck(work, world, at, before)
        if finite > 1:
            assert all(map(math.isfinite, world.data()))
            numbers.add(tuple(world.data()))
        check(world, before, numbers, (name, at))


def test_no_tracer_is_left_behind() -> None:
    before, world = set(map(id, traces())), World()
    for at in range(1, 400, 7):
        struck(WORKS["compile"], world, at)
        struck(WORKS["compiled gradient"], world, at)
    del world
    assert [x for x in traces() if id(x) not in before] == []


def traces() -> list[Any]:
    """What there is of traces, those of programs of other tests among them."""
    gc.collect()
    found = (x for x in gc.get_objects() if type(x).__qualname__ in ("Tracer", "Trace"))
    return [x for x in found if type(x).__module__.startswith("scalargrad")]


# ------ signals at any time


def interrupt(work: Callable[[], Any], seconds: float, check: Callable[[], None]) -> None:
    """Run `work`, over and over, until a signal cuts in after so many seconds; then `check`."""
    heard = []

    def ring(number: int, frame: Any) -> None:
        heard.append(number)
        signal.raise_signal(signal.SIGINT)

    def repeated() -> None:
        # a function of its own: to Python 3.13 a loop's end in a `try` lies outside of it
        while not heard:
            work()

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        repeated()
    except KeyboardInterrupt:
        check()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_signals_at_random_times_leave_everything_as_it_was() -> None:
    world, rng = World(), random.Random(5)
    for work in WORKS.values():
        work(world)
    before = world.state()
    for _ in range(SIGNALS):
        name = rng.choice(list(WORKS))

        def check(name: str = name) -> None:
            assert world.state() == before, name

        interrupt(functools.partial(WORKS[name], world), rng.uniform(1e-5, 3e-4), check)
        check()
        assert not modes.active, name
        assert (world.x * world.y).parents == (world.x, world.y), name
