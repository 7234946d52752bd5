"""A workload: the log-likelihood of a Gaussian mixture, as in the ADBench suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scalargrad as sg

from .workloads import Workload


class Mixture:
    """Log-likelihood of n points in d dimensions under k Gaussians, each with the inverse of its
    Cholesky factor: logarithms of the diagonal in q, the rest in l, packed by columns; with a
    Wishart prior of γ = 1, m = 0. Source: Šrajer, Kukelova, Fitzgibbon, A benchmark of selected
    algorithmic differentiation tools, 2018."""

    def __init__(self, d: int, k: int, n: int) -> None:
        import numpy

        generator = numpy.random.default_rng(0)
        self.d, self.k, self.n = d, k, n
        shapes = (k,), (k, d), (k, d), (k, d * (d - 1) // 2), (n, d)
        scales = 1.0, 1.0, 0.3, 0.3, 1.0
        *self.args, self.points = (
            scale * generator.normal(size=shape) for shape, scale in zip(shapes, scales)
        )
        pairs = [(i, j) for j in range(d) for i in range(j + 1, d)]
        self.index = {pair: at for at, pair in enumerate(pairs)}
        total = sg.compile(self.sample, batch="x", reduce="sum")
        self.both = sg.value_and_grad(total, range(4))

    # ------ with scalars
    def component(self, alpha: Any, mean: Any, logs: Any, rest: Any, x: Any) -> Any:
        diff = [x[i] - mean[i] for i in range(self.d)]
        rows = [
            sg.dot([rest[self.index[i, j]] for j in range(i)], diff[:i], sg.exp(logs[i]) * diff[i])
            for i in range(self.d)
        ]
        return alpha + sg.sum(list(logs)) - 0.5 * sg.sum([sg.square(row) for row in rows])

    def sample(self, alphas: Any, means: Any, q: Any, low: Any, x: Any) -> Any:
        parts = [self.component(*each, x) for each in zip(alphas, means, q, low)]
        squares = [sg.exp(2.0 * x) for x in q.ravel()] + [sg.square(x) for x in low.ravel()]
        # the same for every sample: computed once, whatever their number
        prior = 0.5 * sg.sum(squares) / self.n
        return sg.logsumexp(parts) - sg.logsumexp(list(alphas)) - prior

    def ours(self) -> Any:
        return self.both(*self.args, self.points)

    # ------ with arrays
    def in_jax(self, jax: Any) -> Callable[[], Any]:
        """As GradBench, which carries that suite on, writes it: in tensors of points, components
        and dimensions. Source: gradbench, tools/jax/gmm_objective.py."""
        np = jax.numpy

        def squares(x: Any, means: Any, diagonals: Any, lowers: Any) -> Any:
            centred = x[:, None] - means
            rows = diagonals * centred + np.einsum("kij,nkj->nki", lowers, centred)
            return np.sum(rows**2, axis=2)

        return self.step_of(jax, squares)

    def in_jax_by_matrices(self, jax: Any) -> Callable[[], Any]:
        """The quickest that we found: a product of whole matrices for each component."""
        np = jax.numpy

        def squares(x: Any, means: Any, diagonals: Any, lowers: Any) -> Any:
            def one(mean: Any, diagonal: Any, lower: Any) -> Any:
                return np.sum(((x - mean) @ (lower + np.diag(diagonal)).T) ** 2, axis=1)

            return jax.vmap(one)(means, diagonals, lowers).T

        return self.step_of(jax, squares)

    def step_of(self, jax: Any, squares: Callable[..., Any]) -> Callable[[], Any]:
        """Value and gradient; `squares` gives the distance of each point to each component, of
        shape (n, k), from the points, means, diagonals of the factors and what is below these."""
        np, logsumexp = jax.numpy, jax.scipy.special.logsumexp
        x, d = np.asarray(self.points), self.d
        below = tuple(np.array([pair[axis] for pair in self.index]) for axis in (0, 1))

        def objective(alphas: Any, means: Any, q: Any, low: Any) -> Any:
            lowers = jax.vmap(lambda rest: np.zeros((d, d)).at[below].set(rest))(low)
            parts = alphas + np.sum(q, axis=1) - 0.5 * squares(x, means, np.exp(q), lowers)
            data = logsumexp(parts, axis=1).sum()
            prior = 0.5 * (np.sum(np.exp(q) ** 2) + np.sum(low**2))
            return data - self.n * logsumexp(alphas) - prior

        step = jax.jit(jax.value_and_grad(objective, argnums=(0, 1, 2, 3)))
        args = [np.asarray(a) for a in self.args]
        return lambda: jax.block_until_ready(step(*args))


def gaussian_mixture(d: int, k: int, n: int) -> Workload:
    task = Mixture(d, k, n)
    peers = {"jax": task.in_jax, "jax by matrices": task.in_jax_by_matrices}
    return Workload(f"GMM d {d}, K {k}, n {n:,}", task.ours, peers)
