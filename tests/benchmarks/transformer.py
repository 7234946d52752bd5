"""The character transformer of the examples, on scalargrad and on a plain Python class.

A step is the loss of one name and its gradient, with everything freed again; the training step
adds Adam. Compiled, it stands beside the same model written with JAX's arrays too. The script is
loaded anew for everyone who runs it, so that the interpreter specialises each copy to that one's
numbers.
"""

from __future__ import annotations

import math
import random
import runpy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import scalargrad as sg
from scalargrad.optim import Adam
from scalargrad.optim.schedules import constant, linear
from tests.support.places import EXAMPLES

from . import plain
from .timing import Figure, gc_disabled, minima
from .workloads import Workload

SCRIPT = EXAMPLES / "names_transformer.py"
NAMES = ("mary", "james", "patricia", "robert", "linda", "michael", "christopher", "ann")
COMPILED = "patricia"
"""Its loss is a graph of 74,000 nodes."""
BETAS = 0.85, 0.99

Work = Callable[[], object]


def loaded(number: Any, dot: Any = None) -> tuple[Any, dict[str, Any]]:
    """Return a transformer over this kind of number, and the names of its own copy of the script.
    Without a `dot` it is the script's own, written with × and +."""
    script = runpy.run_path(str(SCRIPT))
    model = script["Transformer"](number, dot or script["plain_dot"], random.Random(1337))
    return model, script


def gradients(number: Any, names: tuple[str, ...], dot: Any = None) -> Work:
    model, _ = loaded(number, dot)

    def work() -> None:
        for name in names:
            model.loss(name).backward()

    return work


def training(number: Any, optimizer: Any, names: tuple[str, ...], dot: Any = None) -> Work:
    model, script = loaded(number, dot)
    adam = optimizer(model.parameters(), lr=0.01, betas=BETAS, schedule=constant())
    return lambda: list(script["train"](model, adam, names, len(names)))


def losses(number: Any, optimizer: Any, steps: int, dot: Any = None) -> list[float]:
    """Return the losses of `steps` training steps, always from the same beginning."""
    model, script = loaded(number, dot)
    adam = optimizer(model.parameters(), lr=0.01, betas=BETAS, schedule=linear(steps))
    return list(script["train"](model, adam, NAMES, steps))


def contestants(names: tuple[str, ...]) -> dict[str, Work]:
    return {
        "plain class": gradients(plain.Value, names),
        "× and +": gradients(sg.Value, names),
        "dot": gradients(sg.Value, names, sg.dot),
        "plain class and Adam": training(plain.Value, plain.Adam, names),
        "dot and Adam": training(sg.Value, Adam, names, sg.dot),
    }


PLAIN = {"× and +": "plain class", "dot": "plain class", "dot and Adam": "plain class and Adam"}
TARGETS = {"× and +": 33.0, "dot": 120.0, "dot and Adam": 80.0}


def figures(quick: bool) -> Iterator[Figure]:
    """Ratios of the plain class to ours, of gradients and of whole training steps."""
    names = NAMES[:2] if quick else NAMES
    works = contestants(names)
    best = minima(works, rounds=1 if quick else 5)
    for name, ratio in ratios(best).items():
        at_least = TARGETS[name] if sg.engine == "native" else -math.inf
        yield Figure(f"transformer: plain class ÷ ours, {name} (gc on)", ratio, at_least=at_least)
    with gc_disabled():
        without = minima(works, rounds=1 if quick else 3)
    for name, ratio in ratios(without).items():
        yield Figure(f"transformer: plain class ÷ ours, {name} (gc off)", ratio)
    yield Figure("transformer: a training step", best["dot and Adam"] / len(names) * 1e3, "ms")


def ratios(best: dict[str, float]) -> dict[str, float]:
    return {name: best[theirs] / best[name] for name, theirs in PLAIN.items()}


# ------ compiled


def numbers(model: Any, value: Any) -> list[float]:
    """A loss and its gradient, in the order of the parameters."""
    return [value.data, *(p.grad for p in model.parameters())]


def normalised(np: Any, x: Any) -> Any:
    return x * (np.mean(x * x, axis=1, keepdims=True) + 1e-5) ** -0.5


def attention(jax: Any, w: dict[str, Any], x: Any, heads: int) -> Any:
    """What each position takes from those before it and from itself, an array of rows like x."""
    np, count = jax.numpy, len(x)
    query, key, value = ((x @ w[m].T).reshape(count, heads, -1) for m in ("query", "key", "value"))
    scores = np.einsum("ihd,jhd->hij", query, key) / math.sqrt(query.shape[-1])
    seen = np.tril(np.ones((count, count), bool))
    shares = jax.nn.softmax(np.where(seen, scores, -np.inf))
    return np.einsum("hij,jhd->ihd", shares, value).reshape(x.shape) @ w["mix"].T


def loss_in_jax(jax: Any, w: dict[str, Any], tokens: Sequence[int], heads: int) -> Any:
    """The model's loss of one name, with an array for each matrix."""
    np, (*given, _), (_, *came) = jax.numpy, tokens, tokens
    x = normalised(np, w["token"][np.asarray(given)] + w["position"][: len(given)])
    x = x + attention(jax, w, normalised(np, x), heads)
    x = x + jax.nn.relu(normalised(np, x) @ w["widen"].T) @ w["narrow"].T
    chances = jax.nn.log_softmax(x @ w["unembed"].T)
    return -np.mean(chances[np.arange(len(came)), np.asarray(came)])


def in_jax(model: Any, script: dict[str, Any], name: str) -> Callable[[Any], Work]:
    """The same step, all characters at once."""
    matrices = {part: m for part, m in vars(model).items() if isinstance(m, list)}
    tokens = script["encode"](name)[: script["CONTEXT"] + 1]

    def peer(jax: Any) -> Work:
        w = {k: jax.numpy.asarray([[x.data for x in row] for row in matrices[k]]) for k in matrices}
        step = jax.jit(jax.value_and_grad(lambda w: loss_in_jax(jax, w, tokens, script["HEADS"])))

        def work() -> list[Any]:
            value, slopes = jax.block_until_ready(step(w))
            return [value, *(slopes[part] for part in matrices)]

        return work

    return peer


def compiled_step() -> Workload:
    """One name's loss and gradient, the model of lists compiled, and what others do for it."""
    name = COMPILED
    model, script = loaded(sg.Value)
    other, _ = loaded(plain.Value)
    compiled = sg.compile(lambda: model.loss(name))

    def ours() -> Any:
        value = compiled()
        value.backward()
        return value

    def theirs() -> list[float]:
        value = other.loss(name)
        value.backward()
        return numbers(other, value)

    peers = {"plain class": lambda _: theirs, "jax": in_jax(model, script, name)}
    return Workload(
        "transformer step of 74,000 nodes, compiled",
        ours,
        peers,
        lambda value: numbers(model, value),
    )
