"""A workload: the volatility that an option's price implies, a root in each lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import scalargrad as sg

from .options import black_scholes, in_jax
from .workloads import Workload


def start(square: Any, log: Any, S: Any, K: Any, r: Any, T: Any) -> Any:
    """From here on Newton's method leads straight to the root. Source: Manaster, Koehler, The
    Calculation of Implied Variances from the Black–Scholes Model, 1982."""
    return square(2.0 * abs(log(S / K) + r * T) / T) + 0.01


def volatility(price: Any, S: Any, K: Any, r: Any, T: Any) -> Any:
    begin = start(sg.sqrt, sg.log, S, K, r, T)
    return sg.root(lambda sigma: black_scholes(S, K, r, sigma, T) - price, begin)


def volatility_in_jax(jax: Any, args: Sequence[Any]) -> Callable[[], Any]:
    """Each lane goes on until its step is 10⁻¹⁰ of it: vmap makes all go on until the last ends."""
    np, formula = jax.numpy, in_jax(jax)

    def newton(f: Any, x: Any) -> Any:
        both = jax.value_and_grad(f)

        def step(state: Any) -> Any:
            x, _, count = state
            value, slope = both(x)
            return x - value / slope, value / slope, count + 1

        def goes_on(state: Any) -> Any:
            x, last, count = state
            return (abs(last) > 1e-10 * abs(x)) & (count < 100)

        return jax.lax.while_loop(goes_on, step, (x, x, 0))[0]

    def implied(price: Any, S: Any, K: Any, r: Any, T: Any) -> Any:
        begin = start(np.sqrt, np.log, S, K, r, T)
        return jax.lax.custom_root(
            lambda sigma: formula(S, K, r, sigma, T) - price, begin, newton, lambda g, y: y / g(1.0)
        )

    both = jax.jit(jax.vmap(jax.value_and_grad(implied, range(5))))
    given = [np.asarray(a) for a in args]
    return lambda: jax.block_until_ready(both(*given))


def implied_volatilities(count: int) -> Workload:
    """Prices whose strikes are at most two standard deviations away: what is further out does not
    tell its volatility to ten digits."""
    import numpy

    generator = numpy.random.default_rng(0)
    ranges = ((50, 150), (0.0, 0.1), (0.1, 0.6), (0.25, 2.0), (-2.0, 2.0))
    S, r, sigma, T, away = (generator.uniform(*bounds, count) for bounds in ranges)
    K = S * numpy.exp(away * sigma * numpy.sqrt(T))
    price = sg.compile(black_scholes, batch=True)(S, K, r, sigma, T)
    args = [price, S, K, r, T]
    both = sg.value_and_grad(sg.compile(volatility, batch=True), range(5))
    name = f"implied volatility + 5 slopes, {count:,}"
    return Workload(name, lambda: both(*args), {"jax": lambda jax: volatility_in_jax(jax, args)})
