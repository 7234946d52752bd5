"""The evaluations as one writes them with arrays, for JAX and for autograd.

Both have NumPy's functions: an objective takes the module `np`. JAX compiles, and is made to wait
for its results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy

from .posterior import common

Call = Callable[[], Any]
Objective = Callable[..., Any]


class InJax:
    def __init__(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        self.np, self.jax, self.grad = jax.numpy, jax, jax.grad

    def call(self, f: Objective, *args: Any, fixed: tuple[int, ...] = ()) -> Call:
        """What is timed: compiled at its first call, and waited for."""
        fast = self.jax.jit(f, static_argnums=fixed)
        given = [x if k in fixed else self.np.asarray(x) for k, x in enumerate(args)]
        return lambda: self.jax.block_until_ready(fast(*given))

    def steps(self, step: Callable[[Any], Any], state: Any, count: int) -> Any:
        return self.jax.lax.fori_loop(0, count, lambda _, s: step(s), state)

    def scan(self, step: Callable[[Any, Any], Any], state: Any, xs: Any) -> Any:
        return self.jax.lax.scan(step, state, xs)

    def rows(self, f: Objective, count: int) -> Objective:
        """The Jacobian of each row's numbers in those of its arguments."""
        jacobian = self.jax.jacfwd(f, range(count))
        return self.jax.vmap(jacobian)

    def each(self, f: Objective) -> Objective:
        return self.jax.vmap(f)


class InAutograd:
    def __init__(self) -> None:
        import autograd
        import autograd.numpy

        self.np, self.autograd = autograd.numpy, autograd

    def grad(self, f: Objective, argnums: Any = 0) -> Objective:
        return self.autograd.grad(f, argnums)  # type: ignore[no-any-return]

    def call(self, f: Objective, *args: Any, fixed: tuple[int, ...] = ()) -> Call:
        return lambda: f(*args)

    def steps(self, step: Callable[[Any], Any], state: Any, count: int) -> Any:
        for _ in range(count):
            state = step(state)
        return state

    def scan(self, step: Callable[[Any, Any], Any], state: Any, xs: Any) -> Any:
        found = []
        for x in xs:
            state, y = step(state, x)
            found.append(y)
        return state, self.np.array(found)


# ------ objectives
def square(np: Any, x: Any) -> Any:
    return x * x


def llsq(np: Any, x: Any, n: int) -> Any:
    t = numpy.linspace(-1.0, 1.0, n)
    powers = t[:, None] ** numpy.arange(len(x))
    return 0.5 * np.sum((numpy.sign(t) - np.dot(powers, x)) ** 2)


def lse(np: Any, x: Any) -> Any:
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def kmeans(np: Any, points: Any, centroids: Any) -> Any:
    """The square of x − c, taken apart: no array of points, centroids and dimensions."""
    squares = np.sum(points**2, 1)[:, None] + np.sum(centroids**2, 1)
    return np.sum(np.min(squares - 2.0 * np.dot(points, centroids.T), 1))


def minor(np: Any, a: Any, size: int) -> Any:
    if size == 1:
        return a[0, 0]
    signs = (-1.0) ** numpy.arange(size)
    rest = [[j for j in range(size) if j != k] for k in range(size)]
    minors = [minor(np, a[1:][:, columns], size - 1) for columns in rest]
    return np.sum(signs * a[0] * np.stack(minors))


def det(np: Any, a: Any, size: int) -> Any:
    return minor(np, np.reshape(a, (size, size)), size)


def ode(tool: Any, x: Any, s: int) -> Any:
    np, h = tool.np, 2.0 / s

    def slope(y: Any) -> Any:
        return x * np.concatenate([np.ones(1), y[:-1]])

    def step(y: Any) -> Any:
        a = slope(y)
        b = slope(y + 0.5 * h * a)
        c = slope(y + 0.5 * h * b)
        return y + h / 6.0 * (a + 2.0 * b + 2.0 * c + slope(y + h * c))

    return tool.steps(step, np.zeros(len(x)), s)


def gmm(np: Any, alpha: Any, mu: Any, q: Any, low: Any, given: Any, each: Any) -> Any:
    """With all lower triangles as one array, and differences of all points and components. `each`
    is where the numbers of `low` stand in a triangle."""
    d, n, gamma = given["d"], given["n"], given["gamma"]
    square = np.reshape(np.dot(low, each), (len(alpha), d, d))
    off = given["x"][:, None] - mu
    rows = np.exp(q) * off + np.einsum("kij,nkj->nki", square, off)
    parts = alpha + np.sum(q, 1) - 0.5 * np.sum(rows**2, 2)
    largest = np.max(parts, 1)
    total = np.sum(largest + np.log(np.sum(np.exp(parts - largest[:, None]), 1)))
    norm = np.sum(np.exp(2.0 * q)) + np.sum(low**2)
    prior = given["m"] * np.sum(q) - 0.5 * gamma * gamma * norm
    return total - n * lse(np, alpha) + prior + common(given)


def lstm(tool: Any, main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    np, layers, units = tool.np, len(main) // 2, extra.shape[1]
    weights = np.reshape(main[::2], (layers, 4, units))
    biases = np.reshape(main[1::2], (layers, 4, units))

    def sigmoid(x: Any) -> Any:
        return 1.0 / (1.0 + np.exp(-x))

    def step(state: Any, pair: Any) -> Any:
        now, following = pair
        (hidden, memory), at = state, now * extra[0]
        hiddens, memories = [], []
        for k in range(layers):
            w, b = weights[k], biases[k]
            forget, let_out = sigmoid(at * w[0] + b[0]), sigmoid(at * w[2] + b[2])
            let_in = sigmoid(hidden[k] * w[1] + b[1])
            changed = memory[k] * forget + let_in * np.tanh(hidden[k] * w[3] + b[3])
            at = let_out * np.tanh(changed)
            hiddens.append(at)
            memories.append(changed)
        guess = at * extra[1] + extra[2]
        score = np.sum(following * (guess - np.log(np.sum(np.exp(guess)) + 2.0)))
        return (np.stack(hiddens), np.stack(memories)), score

    pairs = numpy.stack([sequence[:-1], sequence[1:]], 1)
    _, scores = tool.scan(step, (state[::2], state[1::2]), pairs)
    return -np.sum(scores) / (units * (len(sequence) - 1))


def misses(np: Any, camera: Any, point: Any, weight: Any, feature: Any) -> Any:
    """Of one observation."""
    rotation, off = camera[:3], point - camera[3:6]
    angle = np.sqrt(np.sum(rotation**2))
    axis = rotation / angle
    along = np.sum(axis * off) * (1.0 - np.cos(angle))
    turned = off * np.cos(angle) + np.cross(axis, off) * np.sin(angle) + axis * along
    flat = turned[:2] / turned[2]
    square = np.sum(flat**2)
    bent = flat * (1.0 + camera[9] * square + camera[10] * square**2)
    return weight * (bent * camera[6] + camera[7:9] - feature)


# ------ evaluations: each gives its functions, by name
def of_hello(tool: Any, given: Any) -> dict[str, Call]:
    return {
        "square": tool.call(lambda x: square(tool.np, x), given),
        "double": tool.call(tool.grad(lambda x: square(tool.np, x)), given),
    }


def of_scalar(tool: Any, f: Objective, *args: Any, argnums: Any = 0) -> tuple[Call, Call]:
    return tool.call(f, *args), tool.call(tool.grad(f, argnums), *args)


def of_llsq(tool: Any, given: Any) -> dict[str, Call]:
    n = given["n"]
    primal, gradient = of_scalar(tool, lambda x: llsq(tool.np, x, n), given["x"])
    return {"primal": primal, "gradient": gradient}


def of_lse(tool: Any, given: Any) -> dict[str, Call]:
    primal, gradient = of_scalar(tool, lambda x: lse(tool.np, x), given["x"])
    return {"primal": primal, "gradient": gradient}


def of_kmeans(tool: Any, given: Any) -> dict[str, Call]:
    """The Hessian is diagonal: its product with ones has all of it."""

    def cost(points: Any, centroids: Any) -> Any:
        return kmeans(tool.np, points, centroids)

    def step(points: Any, centroids: Any) -> Any:
        slope = tool.grad(lambda c: cost(points, c))
        ones = tool.np.ones(centroids.shape)
        if isinstance(tool, InJax):
            found, curvature = tool.jax.jvp(slope, (centroids,), (ones,))
            return found / curvature
        curvature = tool.grad(lambda c: tool.np.sum(slope(c)))(centroids)
        return slope(centroids) / curvature

    args = given["points"], given["centroids"]
    return {"cost": tool.call(cost, *args), "dir": tool.call(step, *args)}


def of_det(tool: Any, given: Any) -> dict[str, Call]:
    a, size = numpy.array(given["A"]), given["ell"]
    primal, gradient = of_scalar(tool, lambda x: det(tool.np, x, size), a)
    return {"primal": primal, "gradient": gradient}


def of_ode(tool: Any, given: Any) -> dict[str, Call]:
    s = given["s"]
    return {
        "primal": tool.call(lambda x: ode(tool, x, s), given["x"]),
        "gradient": tool.call(tool.grad(lambda x: ode(tool, x, s)[-1]), given["x"]),
    }


def of_gmm(tool: Any, given: Any) -> dict[str, Call]:
    d = given["d"]
    each = numpy.zeros((d * (d - 1) // 2, d * d))
    pairs = [(i, j) for j in range(d) for i in range(j + 1, d)]
    for k, (i, j) in enumerate(pairs):
        each[k, i * d + j] = 1.0

    def objective(*args: Any) -> Any:
        return gmm(tool.np, *args, given, each)

    args = [given[name] for name in ("alpha", "mu", "q", "l")]
    objective_of, jacobian = of_scalar(tool, objective, *args, argnums=(0, 1, 2, 3))
    return {"objective": objective_of, "jacobian": jacobian}


def of_lstm(tool: Any, given: Any) -> dict[str, Call]:
    def loss(main: Any, extra: Any) -> Any:
        return lstm(tool, main, extra, given["state"], given["sequence"])

    args = given["main_params"], given["extra_params"]
    objective, jacobian = of_scalar(tool, loss, *args, argnums=(0, 1))
    return {"objective": objective, "jacobian": jacobian}


def of_ba(tool: Any, given: Any) -> dict[str, Call]:
    """Each observation by itself; the sparse matrix is put together of their rows, in NumPy."""
    n, m, p = given["n"], given["m"], given["p"]
    of_camera, of_point = numpy.arange(p) % n, numpy.arange(p) % m
    weights = numpy.full(p, float(given["w"]))
    args = (
        *(numpy.tile(given["cam"], (n, 1))[of_camera], numpy.tile(given["x"], (m, 1))[of_point]),
        *(weights, numpy.tile(given["feat"], (p, 1))),
    )

    def one(*each: Any) -> Any:
        return misses(tool.np, *each)

    def objective(*args: Any) -> Any:
        return tool.each(one)(*args), 1.0 - args[2] ** 2

    def slopes(*args: Any) -> Any:
        camera, point, weight = tool.rows(one, 3)(*args)
        rows = tool.np.concatenate([camera, point, weight[:, :, None]], 2)
        return tool.np.concatenate([rows.ravel(), -2.0 * args[2]])

    computed = tool.call(slopes, *args)

    def jacobian() -> Any:
        begins = numpy.concatenate([[0], numpy.cumsum(numpy.repeat([15, 1], [2 * p, p]))])
        own = 11 * n + 3 * m + numpy.arange(p)
        parts = [11 * of_camera[:, None] + numpy.arange(11), own[:, None]]
        parts.insert(1, 11 * n + 3 * of_point[:, None] + numpy.arange(3))
        columns = numpy.repeat(numpy.hstack(parts), 2, axis=0).ravel()
        return begins, numpy.concatenate([columns, own]), computed()

    return {"objective": tool.call(objective, *args), "jacobian": jacobian}


Evaluations = Mapping[str, Callable[[Any, Any], dict[str, Call]]]
OF_AUTOGRAD: Evaluations = {
    "hello": of_hello,
    "gmm": of_gmm,
    "lstm": of_lstm,
    "kmeans": of_kmeans,
    "llsq": of_llsq,
    "lse": of_lse,
    "ode": of_ode,
    "det": of_det,
}
OF_JAX: Evaluations = {**OF_AUTOGRAD, "ba": of_ba}
