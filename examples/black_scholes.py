"""The price of an option and its Greeks, by differentiation, beside the closed forms.

    python examples/black_scholes.py

One formula is written down, the price of a European call by Black and Scholes. All of its
sensitivities follow: the first derivatives are one gradient, the second ones one Hessian.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import scalargrad as sg

Market = Sequence[Any]
"""Spot price, strike, years to expiry, interest rate and volatility, the last two a year."""
SPOT, STRIKE, YEARS, RATE, VOLATILITY = range(5)


def normal(x: Any) -> Any:
    """Return the probability that a standard normal variable is below x."""
    return 0.5 * sg.erfc(-x / math.sqrt(2.0))


def call_price(market: Market) -> Any:
    spot, strike, years, rate, volatility = market
    deviation = volatility * sg.sqrt(years)
    d1 = (sg.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / deviation
    return spot * normal(d1) - strike * sg.exp(-rate * years) * normal(d1 - deviation)


def greeks(market: Market) -> dict[str, float]:
    """Return the usual derivatives of the price, by their names."""
    price, gradient = sg.value_and_grad(call_price)(market)
    hessian = sg.hessian(call_price)(market)
    return {
        "price": price,
        "delta": gradient[SPOT],
        "vega": gradient[VOLATILITY],
        "theta": -gradient[YEARS],
        "rho": gradient[RATE],
        "gamma": hessian[SPOT][SPOT],
        "vanna": hessian[SPOT][VOLATILITY],
        "charm": -hessian[SPOT][YEARS],
        "volga": hessian[VOLATILITY][VOLATILITY],
    }


def closed_forms(market: Sequence[float]) -> dict[str, float]:
    """Return the same from the textbook's formulas, which people derived by hand."""
    spot, strike, years, rate, volatility = market
    root = math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / (volatility * root)
    d2 = d1 - volatility * root
    discounted = strike * math.exp(-rate * years)
    density = math.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi)
    vega = spot * density * root
    drift = (2 * rate * years - d2 * volatility * root) / (2 * years * volatility * root)
    return {
        "price": spot * normal(d1) - discounted * normal(d2),
        "delta": normal(d1),
        "vega": vega,
        "theta": -spot * density * volatility / (2 * root) - rate * discounted * normal(d2),
        "rho": years * discounted * normal(d2),
        "gamma": density / (spot * volatility * root),
        "vanna": -density * d2 / volatility,
        "charm": -density * drift,
        "volga": vega * d1 * d2 / volatility,
    }


def main() -> None:
    market = [100.0, 105.0, 0.5, 0.03, 0.25]
    print(f"call: spot {market[0]}, strike {market[1]}, {market[2]} years, ", end="")
    print(f"rate {market[3]:.0%}, volatility {market[4]:.0%}")
    print(f"{'':8}{'differentiated':>20}{'closed form':>20}{'difference':>14}")
    formulas = closed_forms(market)
    for name, found in greeks(market).items():
        print(f"{name:8}{found:20.13f}{formulas[name]:20.13f}{found - formulas[name]:14.1e}")


if __name__ == "__main__":
    main()
