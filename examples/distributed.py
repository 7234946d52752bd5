"""Work on many machines: engines that exist carry it, scalargrad computes on each of them.

    pip install "dask[distributed]" jax
    python examples/distributed.py
    python examples/distributed.py --scheduler tcp://host:8786
    python examples/distributed.py --devices 8

Two jobs on a Dask cluster. A network learns from data that is spread over the workers: each sends
the gradient of its own part, and the cluster adds these up in a tree. An option is valued by
simulation: each worker draws its own paths, from a seed that is its alone. If a worker is lost,
Dask gives its part to another, which computes the very same numbers. The same network learns on
the devices of JAX (`--devices`; without others, the processor plays so many).
"""

from __future__ import annotations

import argparse
import functools
import math
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import scalargrad as sg
from scalargrad import nn
from scalargrad.optim import Adam

HERE = Path(__file__).resolve().parent
# Dask has a package of the name that this file has
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != HERE]

Totals = list[Any]
"""Numbers and arrays that are added up over all parts."""


def added(x: Totals, y: Totals) -> Totals:
    return [a + b for a, b in zip(x, y)]


def tree_sum(client: Any, futures: Sequence[Any]) -> Any:
    """Return the future of the sum: pairs are added where they are, then pairs of these sums.

    The order is fixed, whichever worker does what: the result is the same bit for bit.
    """
    while len(futures) > 1:
        pairs = zip(futures[::2], futures[1::2])
        sums = [client.submit(added, x, y, pure=False) for x, y in pairs]
        futures = [*sums, *futures[2 * len(sums) :]]
    return futures[0]


def total(client: Any, work: Callable[..., Totals], parts: Sequence[Any], *shared: Any) -> Totals:
    """Return the sum of work(part, *shared) over the parts."""
    futures = client.map(work, parts, *([x] * len(parts) for x in shared), pure=False)
    result: Totals = tree_sum(client, futures).result()
    return result


# ------ learning from data that is spread out


@sg.compile(batch=("x", "y"), reduce="sum")
def loss(model: Any, x: Any, y: Any) -> Any:
    """The hinge loss of one sample, y is −1 or 1."""
    return sg.relu(1.0 - y * model(x))


def perceptron() -> Any:
    random.seed(0)
    return nn.MLP(2, [16, 1])


def parts_of_data(samples: int, parts: int) -> list[Any]:
    """Two half rings of points, one inside the other, cut into parts."""
    generator = np.random.default_rng(0)
    angle, side = generator.uniform(0.0, math.pi, samples), generator.choice([-1.0, 1.0], samples)
    rings = np.stack([np.cos(angle) * (1.5 + 0.5 * side), np.sin(angle) * (1.5 + 0.5 * side)], 1)
    points = rings + generator.normal(scale=0.1, size=rings.shape)
    return list(zip(np.array_split(points, parts), np.array_split(side, parts)))


def gradient(part: Any, weights: Sequence[float]) -> Totals:
    """Return the loss of a part of the data, and its gradient, a number for each weight."""
    model = perceptron()
    for parameter, weight in zip(model.parameters(), weights):
        parameter.data = weight
    value, slopes = sg.value_and_grad(loss)(model, *part)
    return [value, np.array([float(x) for x in slopes.parameters()])]


def train(add_up: Callable[..., Totals], parts: Sequence[Any], steps: int) -> Iterator[float]:
    """Yield the mean loss of each step. `add_up(work, parts, weights)` is the cluster's sum."""
    model = perceptron()
    optimizer = Adam(model.parameters(), lr=0.05)
    samples = sum(len(y) for _, y in parts)
    for _ in range(steps):
        value, slopes = add_up(gradient, parts, [p.data for p in model.parameters()])
        for parameter, slope in zip(model.parameters(), slopes):
            parameter.grad = float(slope) / samples
        optimizer.step()
        yield value / samples


# ------ the value of an option, by simulation

STEPS = 50


@sg.compile(batch="z", reduce="sum")
def payoff(spot: Any, rate: Any, volatility: Any, z: Any) -> Any:
    """An Asian call, strike 100, one year: the mean of the price over the year counts."""
    dt = 1.0 / STEPS
    drift, scale = (rate - 0.5 * volatility**2) * dt, volatility * math.sqrt(dt)
    prices = [spot * sg.exp(drift + scale * z[0])]
    for zk in z[1:]:
        prices.append(prices[-1] * sg.exp(drift + scale * zk))
    return sg.exp(-rate) * sg.relu(sg.mean(prices) - 100.0)


def simulated(seed: int, paths: int, market: Sequence[float]) -> Totals:
    """Return the sum over paths of the payoff, and of its derivatives in the market's numbers."""
    z = np.random.default_rng(seed).normal(size=(paths, STEPS))
    value, slopes = sg.value_and_grad(payoff, (0, 1, 2))(*market, z)
    return [value, np.array(slopes)]


def valuation(
    add_up: Callable[..., Totals], seeds: Sequence[int], paths: int, market: Sequence[float]
) -> tuple[float, list[float]]:
    """Return the value of the option and its derivatives in spot, rate and volatility."""
    value, slopes = add_up(simulated, seeds, paths, market)
    count = paths * len(seeds)
    return value / count, (slopes / count).tolist()


# ------ all together


def on_this_machine(work: Callable[..., Totals], parts: Sequence[Any], *shared: Any) -> Totals:
    """The same sum without a cluster."""
    result, *rest = [work(part, *shared) for part in parts]
    for other in rest:
        result = added(result, other)
    return result


def on_devices(count: int, parts: Sequence[Any]) -> Callable[..., Totals]:
    """Return a sum like that of a cluster over JAX's devices, each of which has a part of the
    data: the loss itself goes there, as a function of JAX, and its gradient is added up there."""
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={count}"
    import jax

    jax.config.update("jax_enable_x64", True)
    data = tuple(map(np.concatenate, zip(*parts)))
    both = loss.to_jax(perceptron(), *data, gradient=True)

    def on_each(weights: Any, x: Any, y: Any) -> Any:
        value, (slopes, *_) = both(weights, x, y)
        return jax.lax.psum((value, jax.numpy.stack(slopes)), "data")

    spec = jax.sharding.PartitionSpec
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("data",))
    print(f"{mesh.size} devices")
    split = (spec(), spec("data"), spec("data"))
    on_all = jax.jit(jax.shard_map(on_each, mesh=mesh, in_specs=split, out_specs=spec()))

    def add_up(work: Any, parts: Any, weights: Sequence[float]) -> Totals:
        value, slopes = on_all(weights, *data)
        return [float(value), np.asarray(slopes)]

    return add_up


def learned(add_up: Callable[..., Totals], parts: Sequence[Any], steps: int) -> None:
    losses = list(train(add_up, parts, steps))
    print(f"mean loss {losses[0]:.4f}, after {steps} steps {losses[-1]:.4f}")
    alone = train(on_this_machine, parts, steps)
    worst = max(abs(a / b - 1.0) for a, b in zip(losses, alone))
    print(f"as on one machine to 1e-12: {worst < 1e-12}")


def client_of(address: str | None) -> Any:
    """Return a client of the Dask cluster at an address; without one, of a cluster of its own."""
    from dask.distributed import Client

    if address is not None:
        return Client(address)
    return Client(n_workers=2, threads_per_worker=1, dashboard_address=None)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train and simulate on many machines.")
    parser.add_argument("--scheduler", help="the address of one; without it, two processes here")
    parser.add_argument("--devices", type=int, help="so many devices of JAX instead of Dask")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--paths", type=int, default=2000, help="for each of 16 seeds")
    options = parser.parse_args()
    parts = parts_of_data(2000, 8)
    if options.devices:
        learned(on_devices(options.devices, parts), parts, options.steps)
        return
    with client_of(options.scheduler) as client:
        on_cluster = functools.partial(total, client)
        learned(on_cluster, parts, options.steps)
        market = (100.0, 0.03, 0.2)
        value, slopes = valuation(on_cluster, range(16), options.paths, market)
    print(f"Asian call {value:.4f}", end="")
    print(*(f", {x} {y:.4f}" for x, y in zip(("delta", "rho", "vega"), slopes)), sep="")


if __name__ == "__main__":
    main()
