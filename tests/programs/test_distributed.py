"""The work of the distributed example comes out as on one machine, whoever is lost on the way."""

from __future__ import annotations

import importlib
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from threading import Thread, Timer
from typing import Any

import pytest

import scalargrad as sg
from tests.support.places import EXAMPLES, environment

pytest.importorskip("numpy")

SCRIPT = EXAMPLES / "distributed.py"
MARKET = (100.0, 0.03, 0.2)
CLOSE = {"rel": 1e-12, "abs": 1e-12}
"""Sums in another order are rounded otherwise: 8 parts of numbers near 1, over 4 steps."""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The script as a module under a name of its own: workers import it."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(SCRIPT, folder / "spread_out.py")
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    module = importlib.import_module("spread_out")
    sys.path[:] = [*before, str(folder)]
    yield module
    sys.path[:] = before


@pytest.fixture(scope="module")
def client(example: Any) -> Iterator[Any]:
    pytest.importorskip("distributed", reason="dask is absent")
    with example.client_of(None) as found:
        yield found


def slowly(work: Any) -> Any:
    """Work that takes long enough for a worker to be lost in the middle of it."""

    def slow(*args: Any) -> Any:
        time.sleep(0.1)
        return work(*args)

    return slow


class Losing:
    """A cluster's sum; at one of the calls a worker is killed while it computes."""

    def __init__(self, example: Any, client: Any, call: int) -> None:
        self.example, self.client, self.waiting = example, client, call
        self.killed = 0

    def __call__(self, work: Any, parts: Sequence[Any], *shared: Any) -> Any:
        self.waiting -= 1
        if self.waiting:
            return self.example.total(self.client, work, parts, *shared)
        self.killed = next(iter(self.client.run(os.getpid).values()))
        timer = Timer(0.15, os.kill, (self.killed, signal.SIGKILL))
        timer.start()
        found = self.example.total(self.client, slowly(work), parts, *shared)
        timer.join()
        return found


def test_a_worker_killed_in_training_changes_nothing(example: Any, client: Any) -> None:
    parts = example.parts_of_data(400, 8)
    losing = Losing(example, client, call=2)
    losses = list(example.train(losing, parts, 4))
    assert losing.killed and losing.killed not in client.run(os.getpid).values()
    assert losses == pytest.approx(list(example.train(example.on_this_machine, parts, 4)), **CLOSE)
    again = list(example.train(lambda *work: example.total(client, *work), parts, 4))
    assert losses == again  # the tree adds in the same order, bit for bit


def test_a_worker_killed_in_a_simulation_changes_nothing(example: Any, client: Any) -> None:
    losing = Losing(example, client, call=1)
    value, slopes = example.valuation(losing, range(8), 50, MARKET)
    expected, theirs = example.valuation(example.on_this_machine, range(8), 50, MARKET)
    assert losing.killed
    assert value == pytest.approx(expected, **CLOSE) and slopes == pytest.approx(theirs, **CLOSE)


def test_the_tree_adds_every_part_once(example: Any, client: Any) -> None:
    for count in (1, 2, 3, 7):
        found = example.total(client, lambda x: [x, 10 * x], list(range(count)))
        assert found == [sum(range(count)), 10 * sum(range(count))]


def test_the_network_learns(example: Any) -> None:
    losses = list(example.train(example.on_this_machine, example.parts_of_data(400, 2), 20))
    assert losses[-1] < 0.5 * losses[0]


def test_the_derivatives_of_the_simulation_are_those_of_its_value(example: Any) -> None:
    def value(*market: float) -> float:
        return float(example.valuation(example.on_this_machine, range(4), 100, market)[0])

    _, slopes = example.valuation(example.on_this_machine, range(4), 100, MARKET)
    for k, slope in enumerate(slopes):
        up, down = ([x + s * (i == k) for i, x in enumerate(MARKET)] for s in (1e-6, -1e-6))
        assert (value(*up) - value(*down)) / 2e-6 == pytest.approx(slope, rel=1e-5)


def test_eight_devices_of_jax_learn_as_one_machine() -> None:
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--devices", "8", "--steps", "5"],
        env=environment(JAX_PLATFORMS="cpu"),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("8 devices\n")
    assert "as on one machine to 1e-12: True" in done.stdout


EIGHT_DEVICES = """
import jax
import numpy as np
import scalargrad as sg
from tests.support.exported import classifier, same

jax.config.update("jax_enable_x64", True)
loss, model, _, _ = classifier()
generator = np.random.default_rng(1)
X, Y = generator.normal(size=(8, 5, 2)), np.sign(generator.normal(size=(8, 5)))
parameters = [p.data for p in model.parameters()]
run = loss.to_jax(model, X[0], Y[0], gradient=True)

parts, (slopes, *_) = jax.pmap(run, in_axes=(None, 0, 0))(parameters, X, Y)
assert len(parts.sharding.device_set) == 8, parts.sharding
for part, x, y, *slope in zip(parts, X, Y, *slopes):
    expected, of_model = sg.value_and_grad(loss)(model, x, y)
    assert same(part, expected)
    assert same(slope, [float(p) for p in of_model.parameters()])

def averaged(parameters, x, y):
    return jax.tree_util.tree_map(lambda z: jax.lax.pmean(z, "data"), run(parameters, x, y))

values, (slopes, *_) = jax.pmap(averaged, "data", in_axes=(None, 0, 0))(parameters, X, Y)
expected, of_model = sg.value_and_grad(loss)(model, X.reshape(40, 2), Y.reshape(40))
assert same(values, [expected] * 8)
# a sum in another order differs by rounding of its terms, which are of order one
apart = np.transpose(slopes) - [float(p) for p in of_model.parameters()]
assert apart.shape[0] == 8 and np.abs(apart).max() < 1e-14
print(len(jax.devices()), "devices")
"""


def test_pmap_of_an_export_is_the_compiled_function_on_each_of_eight_devices() -> None:
    pytest.importorskip("jax")
    flags = "--xla_force_host_platform_device_count=8"
    done = subprocess.run(
        [sys.executable, "-c", EIGHT_DEVICES],
        env=environment(JAX_PLATFORMS="cpu", XLA_FLAGS=flags),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "8 devices\n"


def test_a_decorated_function_pickles_by_its_name(example: Any) -> None:
    assert pickle.loads(pickle.dumps(example.loss)) is example.loss


def price(spot: Any, strike: Any) -> Any:
    return sg.softplus(spot - strike) if spot > 0.0 else strike * strike


def test_a_compiled_function_computes_in_other_processes() -> None:
    compiled, spots, strikes = sg.compile(price), [1.5, -2.0, 0.5], [1.0, 3.0, -1.0]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        found = list(pool.map(compiled, spots, strikes))
        gradients = list(pool.map(sg.value_and_grad(compiled, (0, 1)), spots, strikes))
    assert found == list(map(compiled, spots, strikes))
    assert gradients == list(map(sg.value_and_grad(price, (0, 1)), spots, strikes))


def test_a_number_drawn_by_another_thread_meanwhile_is_no_obstacle() -> None:
    """As a worker's own threads do: it is drawn once, not every time that the function runs."""
    once = iter([random.random])

    def f(x: Any) -> Any:
        for draw in once:
            thread = Thread(target=draw)
            thread.start()
            thread.join()
        return x * x

    assert sg.compile(f)(3.0) == 9.0
    with pytest.raises(TypeError, match="cannot follow random numbers"):
        sg.compile(lambda x: x * random.random())(3.0)
