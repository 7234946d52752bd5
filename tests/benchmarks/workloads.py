"""What compiled functions are measured on: each as plain scalar Python, and vectorised for JAX.

A workload gives the arguments, the scalar function, and the same for JAX with arrays in place of
samples. All in float64; results are compared before anything is timed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import nn


class Workload(NamedTuple):
    """`ours` returns (value, gradients as a flat list of numbers and arrays); `jax` makes the same
    from jax.numpy; `torch` from torch, where there is one."""

    name: str
    ours: Callable[[], Any]
    jax: Callable[[Any], Callable[[], Any]]
    torch: Callable[[Any], Callable[[], Any]] | None = None


# ------ a perceptron of layers, hinge loss
SIZES = (2, 16, 16, 1)


def perceptron(samples: int) -> Workload:
    import numpy

    random.seed(1)
    model = nn.MLP(SIZES[0], list(SIZES[1:]))
    generator = numpy.random.default_rng(0)
    X, Y = generator.normal(size=(samples, 2)), numpy.sign(generator.normal(size=samples))

    @sg.compile(batch=("x", "y"), reduce="mean")
    def loss(model: Any, x: Any, y: Any) -> Any:
        return sg.relu(1.0 - y * model(x))

    def ours() -> Any:
        value = loss(model, X, Y)
        value.backward()
        return value

    def weights() -> list[Any]:
        return [
            [numpy.array([[w.data for w in n.w] for n in layer.neurons]),
             numpy.array([n.b.data for n in layer.neurons])]
            for layer in model.layers
        ]

    def forward(np: Any, layers: Any, relu: Callable[[Any], Any]) -> Any:
        out = X if np is None else np.asarray(X)
        for k, (w, b) in enumerate(layers):
            out = out @ w.T + b
            out = relu(out) if k < len(layers) - 1 else out
        return out[:, 0]

    def in_jax(jax: Any) -> Callable[[], Any]:
        np, relu = jax.numpy, lambda x: jax.numpy.maximum(x, 0.0)
        y = np.asarray(Y)
        step = jax.jit(
            jax.value_and_grad(lambda ls: np.mean(relu(1.0 - y * forward(np, ls, relu))))
        )
        layers = [[np.asarray(w), np.asarray(b)] for w, b in weights()]
        return lambda: jax.block_until_ready(step(layers))[0]

    def in_torch(torch: Any) -> Callable[[], Any]:
        layers = [[torch.tensor(x, requires_grad=True) for x in pair] for pair in weights()]
        x, y = torch.tensor(X), torch.tensor(Y)
        leaves = [p for pair in layers for p in pair]

        def step() -> Any:
            out = x
            for k, (w, b) in enumerate(layers):
                out = torch.nn.functional.linear(out, w, b)
                out = torch.relu(out) if k < len(layers) - 1 else out
            value = torch.relu(1.0 - y * out[:, 0]).mean()
            torch.autograd.grad(value, leaves)
            return value

        return step

    name = f"MLP 2-16-16-1, {samples:,} samples"
    return Workload(name, ours, in_jax, in_torch)


# ------ the Gaussian mixture of the ADBench suite
def gaussian_mixture(d: int, k: int, n: int) -> Workload:
    """Log-likelihood of n points in d dimensions under k Gaussians, each with the inverse of its
    Cholesky factor: logarithms of the diagonal in q, the rest in l, packed by columns; with a
    Wishart prior. Source: Šrajer, Kukelova, Fitzgibbon, A benchmark of selected algorithmic
    differentiation tools, 2018."""
    import numpy

    generator = numpy.random.default_rng(0)
    alphas, means = generator.normal(size=k), generator.normal(size=(k, d))
    q, low = generator.normal(size=(k, d)) * 0.3, generator.normal(size=(k, d * (d - 1) // 2)) * 0.3
    points = generator.normal(size=(n, d))
    gamma, m = 1.0, 0
    columns = [[(i, j) for i in range(j + 1, d)] for j in range(d)]
    index = {pair: at for at, pair in enumerate(pair for c in columns for pair in c)}

    def component(alpha: Any, mean: Any, logs: Any, rest: Any, x: Any) -> Any:
        diff = [x[i] - mean[i] for i in range(d)]
        rows = [
            sg.dot([rest[index[i, j]] for j in range(i)], diff[:i], sg.exp(logs[i]) * diff[i])
            for i in range(d)
        ]
        return alpha + sg.sum(list(logs)) - 0.5 * sg.sum([sg.square(row) for row in rows])

    def prior(q: Any, low: Any) -> Any:
        squares = [sg.exp(2.0 * x) for x in q.ravel()] + [sg.square(x) for x in low.ravel()]
        return 0.5 * gamma**2 * sg.sum(squares) - m * sg.sum(list(q.ravel()))

    def objective(alphas: Any, means: Any, q: Any, low: Any, x: Any) -> Any:
        parts = [component(alphas[i], means[i], q[i], low[i], x) for i in range(k)]
        data = sg.logsumexp(parts) - sg.logsumexp(list(alphas))
        # the same for every sample: computed once, whatever their number
        return data - prior(q, low) / n

    both = sg.compile(sg.value_and_grad(objective, range(4)), batch="x", reduce="sum")

    def ours() -> Any:
        return both(alphas, means, q, low, points)

    def in_jax(jax: Any) -> Callable[[], Any]:
        np = jax.numpy
        x = np.asarray(points)
        rows = numpy.array([i for (i, j) in index])
        cols = numpy.array([j for (i, j) in index])

        def objective(alphas: Any, means: Any, q: Any, low: Any) -> Any:
            def one(alpha: Any, mean: Any, logs: Any, rest: Any) -> Any:
                factor = np.zeros((d, d)).at[rows, cols].set(rest) + np.diag(np.exp(logs))
                diff = x - mean
                return alpha + np.sum(logs) - 0.5 * np.sum((diff @ factor.T) ** 2, axis=1)

            parts = jax.vmap(one)(alphas, means, q, low)
            data = jax.scipy.special.logsumexp(parts, axis=0).sum()
            data -= n * jax.scipy.special.logsumexp(alphas)
            prior = 0.5 * gamma**2 * (np.sum(np.exp(q) ** 2) + np.sum(low**2)) - m * np.sum(q)
            return data - prior

        step = jax.jit(jax.value_and_grad(objective, argnums=(0, 1, 2, 3)))
        args = [np.asarray(a) for a in (alphas, means, q, low)]
        return lambda: jax.block_until_ready(step(*args))[0]

    return Workload(f"GMM d {d}, K {k}, n {n:,}", ours, in_jax)


# ------ options
def normal(x: Any) -> Any:
    return 0.5 * sg.erfc(x * -math.sqrt(0.5))


def black_scholes(S: Any, K: Any, r: Any, sigma: Any, T: Any) -> Any:
    spread = sigma * sg.sqrt(T)
    d1 = (sg.log(S / K) + (r + 0.5 * sigma * sigma) * T) / spread
    return S * normal(d1) - K * sg.exp(-r * T) * normal(d1 - spread)


def options(count: int) -> Workload:
    import numpy

    generator = numpy.random.default_rng(0)
    ranges = ((50, 150), (50, 150), (0.0, 0.1), (0.1, 0.5), (0.1, 2.0))
    args = [generator.uniform(*bounds, count) for bounds in ranges]
    price = sg.compile(black_scholes)

    def in_jax(jax: Any) -> Callable[[], Any]:
        np = jax.numpy
        cdf = lambda x: 0.5 * jax.scipy.special.erfc(x * -math.sqrt(0.5))  # noqa: E731

        def formula(S: Any, K: Any, r: Any, sigma: Any, T: Any) -> Any:
            spread = sigma * np.sqrt(T)
            d1 = (np.log(S / K) + (r + 0.5 * sigma * sigma) * T) / spread
            return S * cdf(d1) - K * np.exp(-r * T) * cdf(d1 - spread)

        both = jax.jit(
            lambda *a: (formula(*a), jax.grad(lambda *b: formula(*b).sum(), range(5))(*a))
        )
        given = [np.asarray(a) for a in args]
        return lambda: jax.block_until_ready(both(*given))[0]

    return Workload(
        f"Black–Scholes + 5 Greeks, {count:,}", lambda: price.value_and_grad(*args)[0], in_jax
    )


def walk(barrier: float | None, steps: int) -> Callable[..., Any]:
    """A call on an asset that follows a geometric Brownian motion, a step for each number of z;
    it is worth nothing once the asset has passed the barrier."""

    def payoff(S: Any, r: Any, sigma: Any, z: Any) -> Any:
        dt = 1.0 / steps
        drift, scale = (r - 0.5 * sigma * sigma) * dt, sigma * math.sqrt(dt)
        for k in range(steps):
            S = S * sg.exp(drift + scale * z[k])
            if barrier is not None and S > barrier:
                return 0.0 * S
        return sg.exp(-r) * sg.maximum(S - 100.0, 0.0)

    return payoff


def paths(barrier: float | None, count: int, steps: int) -> Workload:
    import numpy

    z = numpy.random.default_rng(0).normal(size=(count, steps))
    payoff = sg.value_and_grad(walk(barrier, steps), range(3))
    mean = sg.compile(payoff, batch="z", reduce="mean", max_paths=1024)
    args = (100.0, 0.03, 0.2)

    def in_jax(jax: Any) -> Callable[[], Any]:
        np = jax.numpy
        steps_first = np.asarray(numpy.ascontiguousarray(z.T))

        def value(S: Any, r: Any, sigma: Any) -> Any:
            dt = 1.0 / steps
            drift, scale = (r - 0.5 * sigma * sigma) * dt, sigma * math.sqrt(dt)

            def step(state: Any, zk: Any) -> Any:
                S, alive = state
                S = S * np.exp(drift + scale * zk)
                return (S, alive & (S <= barrier) if barrier is not None else alive), None

            start = (np.full(count, 1.0) * S, np.full(count, True))
            (S, alive), _ = jax.lax.scan(step, start, steps_first)
            return np.mean(np.where(alive, np.exp(-r) * np.maximum(S - 100.0, 0.0), 0.0))

        both = jax.jit(jax.value_and_grad(value, argnums=(0, 1, 2)))
        return lambda: jax.block_until_ready(both(*args))[0]

    name = "Monte Carlo" if barrier is None else "barrier option"
    return Workload(
        f"{name}, {steps} steps, {count:,} paths",
        lambda: mean(*args, z),
        in_jax,
    )


def number(x: Any) -> Any:
    """The value among a workload's results, to be compared."""
    x = x[0] if isinstance(x, tuple) else x
    return getattr(x, "data", x) if not hasattr(x, "shape") else x


def all_of(quick: bool) -> Sequence[Workload]:
    many = 1_000 if quick else 10_000
    return [
        perceptron(many),
        perceptron(100),
        gaussian_mixture(2, 5, 1000),
        *([] if quick else [gaussian_mixture(10, 25, 1000)]),
        options(10_000 if quick else 1_000_000),
        paths(None, 1024 if quick else 10_240, 20 if quick else 200),
        paths(120.0, 1024 if quick else 10_240, 20 if quick else 200),
    ]
