"""Random functions with branches, as text: of comparisons that wait for more or less work, and with
a loop that ends when it likes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from random import Random
from typing import Any

WORK = ("M.sin(v)", "M.tanh(v)*b", "M.exp(-v*v)", "v*0.7 + 0.2", "v - a", "a*b + v", "v*v - 1.0")


def in_any_order(random: Random) -> str:
    """The text of a function of two numbers. Most comparisons are with the first of them: nodes of
    one path then have the numbers of others of another path easily."""

    def number() -> str:
        return f"{random.uniform(-2.0, 2.0):.2f}"

    def side() -> str:
        return random.choice((number(), number(), f"a - {number()}", f"{number()} - a", "v", "u"))

    def work() -> str:
        return f"{random.choice('uv')} = {random.choice(WORK)}"

    lines = ["v = a", "u = b"]
    for _ in range(random.randint(2, 6)):
        lines += [f"if a >= {number()}: pass"] * (random.random() < 0.6)
        lines.append(f"if a {random.choice(('>=', '>=', '<'))} {side()}: {work()}")
        if random.random() < 0.3:
            lines.append(f"else: {work()}")
        if random.random() < 0.4:
            lines.append(work())
        if random.random() < 0.4:
            lines.append(random.choice(WORK))
    lines += [f"if a >= {side()}: return 7.0 * u", random.choice(("return u + v", "return 0.0"))]
    return "def f(a, b):\n" + "\n".join(f"    {line}" for line in lines)


N = 12
"""Numbers in the list that a function is given, and at most so many iterations."""
SIDES = ("v", "a", "b", "x[0]", "x[(3*k+1)%N]", "x[k]", "g", "u", "0.3", "2.5-a")
CHOSEN = ("v", "u", "0.3", "-x[(k+1)%N]", "x[k]", "b", "g*0.1")
ENDS = ("g > 1.0+b*b", "not g <= 1.2", "g > 2.0-a", "a > g", "u*u > 0.9", "g >= x[k]+2.0")


def with_a_loop(random: Random) -> str:
    """The text of a function of two numbers and a list."""

    def side() -> str:
        return random.choice(SIDES)

    def chosen() -> str:
        condition = f"{side()} {random.choice('<>')} {side()}"
        return f"M.where({condition}, {random.choice(CHOSEN)}, {random.choice(CHOSEN)})"

    body = [f"u = M.tanh({chosen()} + 0.5*u)"]
    if random.random() < 0.3:
        body = [f"for j in range({random.choice([2, 5])}):", f"    u = M.tanh(u*0.5 + {chosen()})"]
    if random.random() < 0.3:
        body.append(f"if {side()} > {side()}: u = u*0.7 + 0.1")
    if random.random() < 0.2:
        body.append(f"w = {side()} > {side()}")
    body.append("g = g + 0.1 + 0.2*M.exp(-u*u)")
    loop = "for k in range(N):"
    if random.random() < 0.7:
        body.insert(random.choice([0, len(body)]), f"if {random.choice(ENDS)}: break")
    lines = ["v = a + b", f"g = {random.choice(['b', '0.0', 'a*b'])}", "u = a*0.3", "k = 0", loop]
    lines += [f"    {line}" for line in body]
    lines.append(f"return {random.choice(['g', 'g*u', 'g + u', 'u', 'a'])}")
    return "def f(a, b, x):\n" + "\n".join(f"    {line}" for line in lines)


def function(text: str, names: Any) -> Callable[..., Any]:
    """The function of a text, on the mathematical functions among `names`."""
    around = {"M": names, "N": N, "__name__": __name__}
    exec(text, around)
    f = around["f"]
    assert inspect.isfunction(f)
    return f
