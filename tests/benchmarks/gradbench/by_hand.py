"""The evaluations in C++, with derivatives by hand: `by_hand.cpp`, built for this machine."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .posterior import common

FLAGS = ("-std=c++17", "-O3", "-march=native", "-shared", "-fPIC")
Call = Callable[[], Any]


def is_there() -> bool:
    return shutil.which("g++") is not None


@cache
def library() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "by_hand.so"
        source = Path(__file__).with_suffix(".cpp")
        subprocess.run(["g++", *FLAGS, str(source), "-o", str(built)], check=True)
        return ctypes.CDLL(str(built))


def call(name: str, *arguments: Any) -> Call:
    """A call with arrays and numbers, which makes conversions once."""
    given = [as_in_c(x) for x in arguments]
    function = getattr(library(), name)
    function.restype = ctypes.c_double
    return lambda: function(*(x for x, _ in given))


def as_in_c(x: Any) -> tuple[Any, Any]:
    """The argument, and what it points to."""
    if isinstance(x, np.ndarray):
        x = np.ascontiguousarray(x)
        return ctypes.c_void_p(x.ctypes.data), x
    return (ctypes.c_double(x), x) if isinstance(x, float) else (ctypes.c_long(x), x)


def into(found: Any, name: str, *arguments: Any) -> Call:
    """A call that writes into arrays, the first arguments, and returns them."""
    outputs = found if isinstance(found, tuple) else (found,)
    run = call(name, *outputs, *arguments)

    def written() -> Any:
        run()
        return found

    return written


# ------ one function an evaluation
def hello(given: float) -> dict[str, Call]:
    return {"square": lambda: given * given, "double": lambda: given + given}


def llsq(given: Any) -> dict[str, Call]:
    x, n = given["x"], given["n"]
    return {
        "primal": call("llsq_primal", x, len(x), n),
        "gradient": into(np.empty_like(x), "llsq_gradient", x, len(x), n),
    }


def lse(given: Any) -> dict[str, Call]:
    x = given["x"]
    return {
        "primal": call("lse_primal", x, len(x)),
        "gradient": into(np.empty_like(x), "lse_gradient", x, len(x)),
    }


def kmeans(given: Any) -> dict[str, Call]:
    points, centroids = given["points"], given["centroids"]
    sizes = len(points), *centroids.shape
    return {
        "cost": call("kmeans_cost", points, centroids, *sizes),
        "dir": into(np.empty(centroids.shape), "kmeans_dir", points, centroids, *sizes),
    }


def det(given: Any) -> dict[str, Call]:
    a, size = np.array(given["A"]), given["ell"]
    return {
        "primal": call("det_primal", a, size),
        "gradient": into(np.empty_like(a), "det_gradient", a, size),
    }


def ode(given: Any) -> dict[str, Call]:
    x, s = given["x"], given["s"]
    return {
        "primal": into(np.empty_like(x), "ode_primal", x, len(x), s),
        "gradient": into(np.empty_like(x), "ode_gradient", x, len(x), s),
    }


def ba(given: Any) -> dict[str, Call]:
    n, m, p = given["n"], given["m"], given["p"]
    numbers = (
        *(np.tile(given["cam"], (n, 1)), np.tile(given["x"], (m, 1))),
        *(np.full(p, float(given["w"])), np.tile(given["feat"], (p, 1))),
        *(np.arange(p) % n, np.arange(p) % m),
    )
    errors, excess = np.empty((p, 2)), np.empty(p)
    begins, columns = np.empty(3 * p + 1, int), np.empty(31 * p, int)
    return {
        "objective": into((errors, excess), "ba_objective", *numbers, p),
        "jacobian": into((begins, columns, np.empty(31 * p)), "ba_jacobian", *numbers, n, m, p),
    }


def gmm(given: Any) -> dict[str, Call]:
    names = "alpha", "mu", "q", "l"
    numbers = given["x"], *(given[name] for name in names)
    sizes = given["n"], given["k"], given["d"]
    prior = float(given["m"]), given["gamma"]
    outputs = tuple(np.empty(given[name].shape) for name in names)
    return {
        "objective": call("gmm_objective", *numbers, *sizes, *prior, common(given)),
        "jacobian": into(outputs, "gmm_jacobian", *numbers, *sizes, *prior),
    }


def lstm(given: Any) -> dict[str, Call]:
    names = "main_params", "extra_params", "state", "sequence"
    main, extra, _, sequence = numbers = tuple(given[name] for name in names)
    sizes = len(main) // 2, extra.shape[1], len(sequence)
    outputs = np.empty(main.shape), np.empty(extra.shape)
    return {
        "objective": call("lstm_objective", *numbers, *sizes),
        "jacobian": into(outputs, "lstm_jacobian", *numbers, *sizes),
    }


EVALUATIONS: Mapping[str, Callable[[Any], dict[str, Call]]] = {
    "hello": hello,
    "llsq": llsq,
    "lse": lse,
    "kmeans": kmeans,
    "det": det,
    "ode": ode,
    "ba": ba,
    "gmm": gmm,
    "lstm": lstm,
}
