"""Loops over numbers as people write them, parameters and data in lists: value and gradient.

Each is one function of plain Python, which runs unchanged on floats, by scalargrad (eager and
compiled), by autograd and by JAX: `m` is the module that has exp, log, sin, sqrt. Beside it stands
the same as JAX wants it, over arrays and with `lax.scan`.
"""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

from .peers import present
from .timing import Figure, minima, seconds

Numbers = list[float]


# ------ a swap, priced from a list of zero rates
def swap(m: Any, rates: Any) -> Any:
    """The value of paying 3 % twice a year against floating, rates continuously compounded."""
    value, discount = 0.0, 1.0
    for k, rate in enumerate(rates):
        before, discount = discount, m.exp(-rate * (0.5 * (k + 1)))
        value = value + (before / discount - 1.0) * discount - 0.015 * discount
    return value


def swap_in_jax(jax: Any, rates: Any) -> Any:
    np = jax.numpy
    discounts = np.exp(-rates * 0.5 * (np.arange(len(rates)) + 1.0))
    before = np.concatenate([np.ones(1), discounts[:-1]])
    return ((before / discounts - 1.0) * discounts - 0.015 * discounts).sum()


# ------ a hidden Markov model: three states with a mean each, and chances to move
def hmm(m: Any, moves: Any, means: Any, seen: Any) -> Any:
    """The log-likelihood of what was seen, by the scaled forward algorithm. Source: Rabiner, A
    tutorial on hidden Markov models, 1989."""
    states = range(len(means))
    rows = []
    for row in moves:
        weights = [m.exp(x) for x in row]
        total = sum(weights[1:], weights[0])
        rows.append([w / total for w in weights])
    alpha, likelihood = [1.0 / len(means) for _ in states], 0.0
    for y in seen:
        after = []
        for j in states:
            came = alpha[0] * rows[0][j]
            for i in states[1:]:
                came = came + alpha[i] * rows[i][j]
            after.append(came * m.exp(-0.5 * (y - means[j]) * (y - means[j])))
        total = sum(after[1:], after[0])
        likelihood = likelihood + m.log(total)
        alpha = [a / total for a in after]
    return likelihood


def hmm_in_jax(jax: Any, moves: Any, means: Any, seen: Any) -> Any:
    np = jax.numpy
    rows = jax.nn.softmax(moves, axis=1)

    def step(alpha: Any, y: Any) -> Any:
        after = (alpha @ rows) * np.exp(-0.5 * (y - means) ** 2)
        return after / after.sum(), np.log(after.sum())

    start = np.full(len(means), 1.0 / len(means))
    return jax.lax.scan(step, start, seen)[1].sum()


# ------ a Kalman filter of one number
def kalman(m: Any, logs: Any, seen: Any) -> Any:
    """The log-likelihood of observations of a walk, by the logs of its variances and its drag.
    Source: Kalman, A new approach to linear filtering and prediction problems, 1960."""
    noise, error, drag = m.exp(logs[0]), m.exp(logs[1]), logs[2]
    at, variance, likelihood = 0.0, 1.0, 0.0
    for y in seen:
        at, variance = drag * at, drag * drag * variance + noise
        spread, miss = variance + error, y - at
        likelihood = likelihood - 0.5 * (m.log(spread) + miss * miss / spread)
        gain = variance / spread
        at, variance = at + gain * miss, (1.0 - gain) * variance
    return likelihood


def kalman_in_jax(jax: Any, logs: Any, seen: Any) -> Any:
    np = jax.numpy
    noise, error, drag = np.exp(logs[0]), np.exp(logs[1]), logs[2]

    def step(state: Any, y: Any) -> Any:
        at, variance = drag * state[0], drag * drag * state[1] + noise
        spread, miss = variance + error, y - at
        gain = variance / spread
        found = -0.5 * (np.log(spread) + miss * miss / spread)
        return (at + gain * miss, (1.0 - gain) * variance), found

    return jax.lax.scan(step, (0.0, 1.0), seen)[1].sum()


# ------ bodies that attract each other
def bodies(m: Any, places: Any) -> Any:
    """The potential energy of bodies of mass 1 in three dimensions, a little softened."""
    energy = 0.0
    for i, (x, y, z) in enumerate(places):
        for u, v, w in places[:i]:
            far = (x - u) * (x - u) + (y - v) * (y - v) + (z - w) * (z - w)
            energy = energy - 1.0 / m.sqrt(far + 0.01)
    return energy


def bodies_in_jax(jax: Any, places: Any) -> Any:
    np = jax.numpy
    i, j = np.tril_indices(len(places), -1)
    far = ((places[i] - places[j]) ** 2).sum(axis=1)
    return (-1.0 / np.sqrt(far + 0.01)).sum()


# ------ a pendulum on a spring
def pendulum(m: Any, start: Any, steps: int) -> Any:
    """How far from rest it is after so many steps of the symplectic Euler method."""
    length, angle, speed, turn = start
    for _ in range(steps):
        turn = turn - 0.001 * (9.81 * m.sin(angle) + 2.0 * speed * turn) / length
        pull = length * turn * turn + 9.81 * m.cos(angle) - 40.0 * (length - 1.0)
        speed = speed + 0.001 * pull
        length, angle = length + 0.001 * speed, angle + 0.001 * turn
    return (length - 1.0) * (length - 1.0) + angle * angle


def pendulum_in_jax(jax: Any, start: Any, steps: int) -> Any:
    np = jax.numpy

    def step(state: Any, _: Any) -> Any:
        length, angle, speed, turn = state
        turn = turn - 0.001 * (9.81 * np.sin(angle) + 2.0 * speed * turn) / length
        pull = length * turn * turn + 9.81 * np.cos(angle) - 40.0 * (length - 1.0)
        speed = speed + 0.001 * pull
        return (length + 0.001 * speed, angle + 0.001 * turn, speed, turn), None

    (length, angle, _, _), _ = jax.lax.scan(step, tuple(start), None, length=steps)
    return (length - 1.0) ** 2 + angle**2


# ------ all of them
class Loop(NamedTuple):
    """A loop, what it is given, and the arguments in which its gradient is taken."""

    name: str
    f: Callable[..., Any]
    in_jax: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: int | tuple[int, ...]
    static: int | None = None
    """The argument that is no number of the function but a count, if there is one."""


def drawn(count: int, seed: int, scale: float = 1.0) -> Numbers:
    rng = random.Random(seed)
    return [rng.gauss(0.0, scale) for _ in range(count)]


def walk(count: int) -> Numbers:
    at, found = 0.0, []
    for step, error in zip(drawn(count, 1), drawn(count, 2)):
        at = 0.9 * at + step
        found.append(at + error)
    return found


def loops(quick: bool) -> list[Loop]:
    """All of them; the short form has a fifth of the steps."""
    part = 5 if quick else 1
    places = [drawn(3, 10 + k, 2.0) for k in range(20)]
    moves = [drawn(3, 20 + k, 0.5) for k in range(3)]
    return [
        Loop("swap, 30 rates", swap, swap_in_jax, ([0.02 + 0.0005 * k for k in range(30)],), 0),
        Loop(f"HMM, {200 // part} observations", hmm, hmm_in_jax,
             (moves, [-1.0, 0.0, 1.5], drawn(200 // part, 3, 1.5)), (0, 1)),
        Loop(f"Kalman filter, {500 // part} observations", kalman, kalman_in_jax,
             ([-0.3, 0.2, 0.8], walk(500 // part)), 0),
        Loop("energy of 20 bodies", bodies, bodies_in_jax, (places,), 0),
        Loop(f"pendulum on a spring, {1000 // part} steps", pendulum, pendulum_in_jax,
             ([1.1, 0.4, 0.0, 0.1], 1000 // part), 0, static=1),
    ]  # fmt: skip


Work = Callable[[], Any]


def gradient_of(out: Any) -> Numbers:
    """The gradient in the result of value_and_grad, as one list."""
    import numpy

    def flat(x: Any) -> Numbers:
        if isinstance(x, (list, tuple)):
            return [z for y in x for z in flat(y)]
        return numpy.asarray(x, float).ravel().tolist()  # type: ignore[no-any-return]

    return flat(out[1])


def plain(loop: Loop) -> Work:
    """The value alone, by plain Python."""
    return lambda: loop.f(math, *loop.args)


def eager(loop: Loop) -> Work:
    both = sg.value_and_grad(lambda *args: loop.f(sg, *args), loop.argnums)
    return lambda: both(*loop.args)


def compiled(loop: Loop) -> Work:
    both = sg.value_and_grad(sg.compile(lambda *args: loop.f(sg, *args)), loop.argnums)
    return lambda: both(*loop.args)


def compiled_gradient(loop: Loop) -> Work:
    """The gradient, compiled, as JAX's users write it."""
    both = sg.compile(sg.value_and_grad(lambda *args: loop.f(sg, *args), loop.argnums))
    return lambda: both(*loop.args)


def gradient_within(loop: Loop) -> Work:
    """A compiled function that takes the gradient itself, as a step of training does."""
    both = sg.value_and_grad(lambda *args: loop.f(sg, *args), loop.argnums)
    step = sg.compile(lambda *args: both(*args))
    return lambda: step(*loop.args)


def in_jax(loop: Loop) -> Work:
    """As JAX wants it: over arrays, with `lax.scan`."""
    return jitted(loop, loop.in_jax, lambda jax: jax, as_arrays)


def as_arrays(jax: Any, x: Any) -> Any:
    return jax.numpy.asarray(x) if isinstance(x, list) else x


def unchanged_in_jax(loop: Loop) -> Work:
    """The same loop, traced by JAX."""
    return jitted(loop, loop.f, lambda jax: jax.numpy, lambda jax, x: x)


def jitted(
    loop: Loop,
    f: Callable[..., Any],
    module: Callable[[Any], Any],
    given: Callable[[Any, Any], Any],
) -> Work:
    import jax

    jax.config.update("jax_enable_x64", True)
    static = () if loop.static is None else (loop.static,)
    both = jax.value_and_grad(lambda *args: f(module(jax), *args), loop.argnums)
    step = jax.jit(both, static_argnums=static)
    args = [given(jax, x) for x in loop.args]
    return lambda: jax.block_until_ready(step(*args))


def by_autograd(loop: Loop) -> Work:
    """The same loop, by HIPS autograd."""
    from autograd import numpy, value_and_grad

    both = value_and_grad(lambda *args: loop.f(numpy, *args), loop.argnums)
    return lambda: both(*loop.args)


def contestants(loop: Loop) -> dict[str, Work]:
    """Each by a function without arguments. All gradients are the same, or AssertionError."""
    found = {"compiled": compiled(loop), "eager": eager(loop)}
    if present("jax"):
        found["jax"] = in_jax(loop)
    if present("autograd"):
        found["autograd"] = by_autograd(loop)
    check(found)
    return found | {"plain": plain(loop)}


def check(works: dict[str, Work]) -> None:
    import numpy

    expected = numpy.array(gradient_of(works["eager"]()))
    for name, work in works.items():
        wrong = numpy.abs(numpy.array(gradient_of(work())) - expected).max()
        assert wrong < 1e-9 * numpy.abs(expected).max(), (name, wrong)


def first_call(work: Callable[[Loop], Work], loop: Loop) -> float:
    """Seconds until the first result."""
    return seconds(lambda: work(loop)())


CHECKOUT = Path(__file__).parents[2]
LIMIT = 100.0
"""Seconds that JAX has to trace and compile a loop as it stands."""


def apart(k: int, quick: bool) -> tuple[float, float] | None:
    """Seconds of the first call and of a later one of loop k as it stands, by JAX in a process of
    its own; None if it takes too long."""
    command = [sys.executable, "-m", __name__, str(k), *["quick"] * quick]
    try:
        found = subprocess.run(
            command, timeout=LIMIT, capture_output=True, check=True, text=True, cwd=CHECKOUT
        )
    except subprocess.TimeoutExpired:
        return None
    first, later = map(float, found.stdout.split())
    return first, later


def main(k: str, *options: str) -> None:
    work = unchanged_in_jax(loops("quick" in options)[int(k)])
    first = seconds(work)
    print(first, minima({"": work}, 3)[""])


def rows(quick: bool) -> Iterator[dict[str, Any]]:
    """Of each loop the seconds of a call by each contestant, the least of several in turn; and of
    the first calls of those that compile."""
    for k, loop in enumerate(loops(quick)):
        row: dict[str, Any] = {"name": loop.name, "then": minima(contestants(loop), 5)}
        compilers = {"compiled": compiled} | ({"jax": in_jax} if present("jax") else {})
        row["first"] = {
            name: min(first_call(work, loop) for _ in range(3)) for name, work in compilers.items()
        }
        row["unchanged"] = apart(k, quick) if present("jax") else None
        yield row


def figures(quick: bool) -> Iterator[Figure]:
    """Microseconds of a value with its gradient, what others take, and a first call."""
    for loop in loops(quick):
        best = minima(contestants(loop), 2 if quick else 10)
        ours = best.pop("compiled")
        name = f"loop: {loop.name}"
        yield Figure(name, ours * 1e6, "µs")
        yield Figure(f"{name}: plain Python, value alone ÷ ours", best["plain"] / ours)
        at_least = 1.0 if NATIVE else -math.inf
        yield Figure(f"{name}: eager ÷ ours", best["eager"] / ours, at_least=at_least)
        for peer, title in (("jax", "JAX, rewritten"), ("autograd", "autograd")):
            if peer in best:
                aim = "≥ 2" if peer == "jax" else ""
                yield Figure(f"{name}: {title} ÷ ours", best[peer] / ours, aim=aim)
        yield Figure(f"{name}: first call", first_call(compiled, loop) * 1e3, "ms")
        yield from of_forms(loop, name, 2 if quick else 10)


FORMS = {
    "gradient of the compiled": compiled,
    "compiled gradient": compiled_gradient,
    "gradient within the compiled": gradient_within,
}


def of_forms(loop: Loop, name: str, repeats: int) -> Iterator[Figure]:
    """Calls of each form, and first calls, by those of the first form."""
    best = minima({title: form(loop) for title, form in FORMS.items()}, repeats)
    firsts = {title: first_call(form, loop) for title, form in FORMS.items()}
    one, *others = FORMS
    for title in others:
        ratio, first = best[title] / best[one], firsts[title] / firsts[one]
        yield Figure(f"{name}: {title} ÷ {one}", ratio, at_most=2.0, aim="≤ 1.3")
        yield Figure(f"{name}: {title}, first call ÷ {one}", first)


if __name__ == "__main__":
    main(*sys.argv[1:])
