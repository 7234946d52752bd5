"""Random functions with loops that end when their numbers like."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import scalargrad as sg

MOST = 40
"""More iterations no loop has."""
KNOWN = [0.01 * math.sin(k) for k in range(MOST + 1)]
"""Numbers of Python's, one for each iteration."""
APPLIED = (
    *("sg.sin({})", "sg.tanh({})", "({}*0.9)", "({}+0.1)", "sg.exp(-{0}*{0})"),
    *("({}**2*0.3)", "abs({})", "sg.maximum({},0.2)"),
)
ENDS = ("x < b", "x*x > b", "y > b", "abs(x) > b", "x+y >= b", "x <= b", "z[k]*x > b")
ENDS_BESIDE = ("x > b-0.02*k", "x > b-known[k]", "x == b")
ALSO_READ = ("z[k]", "known[k]", "(k*0.01)", "u")
LATER = ("x", "y", "w", "p", "q", "u", "(k*0.1)", "k")


def expression(random: Random, names: list[str], depth: int = 2) -> str:
    if depth == 0 or random.random() < 0.25:
        return random.choice(names)
    if random.random() < 0.4:
        return random.choice(APPLIED).format(expression(random, names, depth - 1))
    sides = [expression(random, names, depth - 1) for _ in range(2)]
    return f"({sides[0]}{random.choice('+-*')}{sides[1]})"


def put(random: Random, body: list[str], line: str, chance: float = 1.0) -> None:
    if random.random() < chance:
        body.insert(random.randrange(len(body) + 1), line)


def steps(random: Random) -> list[str]:
    """The lines of an iteration, without what ends it."""
    read = ["x", "y", "w", "p", "q", *(name for name in ALSO_READ if random.random() < 0.35)]
    body = [
        f"{random.choice('xy')} = 0.5*{random.choice('xyw')} + 0.3*{expression(random, read)}"
        for _ in range(random.randint(1, 3))
    ]
    body.append(f"x = x + {random.choice([0.05, 0.1, 0.2])}*(q+0.5)")
    put(random, body, "u = x", 0.3)
    put(random, body, "if y > 0.9: y = y*0.5", 0.15)
    put(random, body, "for i in range(3): y = y*0.9+0.01*x", 0.15)
    put(random, body, "while y > 1.5: y = y*0.7", 0.1)
    return body


def loop(random: Random) -> Iterator[str]:
    """Yield the lines of a loop."""
    most, body = random.choice([15, 25, MOST]), steps(random)
    end = random.choice(ENDS if random.random() < 0.7 else ENDS_BESIDE)
    kind = random.choice(["while", "true", "for"])
    if kind == "while":
        yield f"while k < {most} and not ({end}):"
        body.append("k += 1")
    elif kind == "true":
        yield "while True:"
        put(random, body, f"if {end} or k >= {most - 1}: break")
        body.append("k += 1")
    else:
        yield f"for k in range({most}):"
        put(random, body, f"if {end}: break")
        put(random, body, "if y*y > 4.0: break", 0.3)
    yield from (f"    {line}" for line in body)


def source(random: Random) -> str:
    lines = ["x, y, k = p, q*0.5, 0", "u = x"]
    lines.append("w = " + (expression(random, ["p", "q"]) if random.random() < 0.3 else "p"))
    lines += loop(random)
    put_last = random.random()
    if put_last < 0.3:
        lines.append("for i in range(4): y = y*0.7+0.1*p")
    elif put_last < 0.5:
        lines.append("if y > 0.3: x = x*2.0")
    later = list(LATER) if random.random() < 0.7 else ["x", "y"]
    lines.append(f"return {expression(random, later)} + x*y + {expression(random, later, 1)}")
    return "\n    ".join(["def f(p, q, z, b):", *lines]) + "\n"


def random_function(random: Random, name: str) -> Callable[..., Any]:
    """A function of three numbers and a list of MOST + 1. Its source can be looked up."""
    text = source(random)
    file = f"<{name}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    names: dict[str, Any] = {"sg": sg, "known": KNOWN}
    exec(compile(text, file, "exec"), names)
    f: Callable[..., Any] = names["f"]
    return f
