"""What is installed is constant and never searched; what is the user's own is."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.compiler.surroundings.installed import is_installed_class, is_installed_module
from scalargrad.compiler.surroundings.search import surroundings
from scalargrad.drawing.picture.drawing import Drawing
from scalargrad.nn import MLP
from scalargrad.optim import SGD

np = pytest.importorskip("numpy")

LIBRARY = """
import random

SETTING = 2.0
state = object()

class Deep:
    def __len__(self):
        raise TypeError("len() of unsized object")
    def __getattr__(self, name):
        raise RecursionError(name)

deep = Deep()

def logsumexp(x):
    return deep.logsumexp(x)

def scaled(x):
    return x * SETTING

def decorated(f):
    hidden = deep
    def wrapper(x):
        return f(x) if hidden is not None else None
    return wrapper

class Base:
    rate = 1.0
    def __call__(self, x):
        return self.forward(x) * self.rate
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    yield from imported(tmp_path / "lib" / "site-packages", monkeypatch)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    yield from imported(tmp_path / "work", monkeypatch)


def imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    folder.mkdir(parents=True)
    (folder / "somebodys.py").write_text(textwrap.dedent(LIBRARY))
    monkeypatch.syspath_prepend(folder)
    yield importlib.import_module("somebodys")
    del sys.modules["somebodys"]


def in_namespace(source: str, **names: Any) -> Callable[..., Any]:
    """A function whose globals are these."""
    namespace = {"__name__": "program_of_a_user", "sg": sg, **names}
    exec(source, namespace)
    found: Callable[..., Any] = namespace["f"]
    return found


def test_a_global_called_like_an_attribute_is_not_looked_at(library: ModuleType) -> None:
    source = "def f(x): return sg.logsumexp([x, 2.0 * x])"
    f = in_namespace(source, logsumexp=library.deep)
    assert compile(f)(1.0) == f(1.0)
    assert id(library.deep) not in surroundings(f).findings


@pytest.mark.parametrize("jax_too", [False, True])
def test_a_global_called_like_an_attribute_of_an_object_is_not_looked_at(jax_too: bool) -> None:
    foreign = pytest.importorskip("jax").numpy if jax_too else object()

    class Net:
        def __init__(self) -> None:
            self.enc = lambda x: x * 2.0

        def __call__(self, x: Any) -> Any:
            return self.enc(x)

    f = in_namespace("def f(x): return net(x)", net=Net(), enc=foreign)
    compiled = compile(f)
    assert compiled(3.0) == 6.0
    assert not surroundings(f).unknown


def test_a_loop_variable_called_like_an_attribute_costs_no_trace() -> None:
    class Net:
        e = 2.0

        def __call__(self, x: Any) -> Any:
            return x * self.e

    f = in_namespace("def f(x): return net(x)", net=Net(), e=0)
    compiled = compile(f)
    for epoch in range(5):
        f.__globals__["e"] = epoch
        assert compiled(3.0) == 6.0
    assert len(compiled._programs.paths) == 1


def test_a_library_is_not_searched(library: ModuleType) -> None:
    f = in_namespace(
        "def f(x): return lib.scaled(x) + scaled(x)", lib=library, scaled=library.scaled
    )
    assert compile(f)(3.0) == 12.0
    found = surroundings(f)
    assert not found.unknown and id(library.deep) not in found.findings
    assert is_installed_module(library) and is_installed_class(library.Base)


def test_a_module_of_the_user_s_own_is(own: ModuleType) -> None:
    f = in_namespace("def f(x): return lib.scaled(x)", lib=own)
    compiled = compile(f)
    assert compiled(3.0) == 6.0
    own.SETTING = 5.0  # type: ignore[attr-defined]
    assert compiled(3.0) == 15.0
    assert not is_installed_module(own) and not is_installed_class(own.Base)


def test_a_function_that_a_library_decorates_is_watched(library: ModuleType) -> None:
    numbers = [2.0]
    compiled = compile(library.decorated(lambda x: x * numbers[0]))
    assert compiled(3.0) == 6.0
    numbers[0] = 5.0
    assert compiled(3.0) == 15.0


def test_a_class_below_one_of_a_library_is_watched(library: ModuleType) -> None:
    numbers = [2.0]

    class Own(library.Base):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x * numbers[0]

    own = Own()
    compiled = compile(lambda x: own(x))
    changes: list[Callable[[], None]] = [
        lambda: numbers.__setitem__(0, 5.0),
        lambda: setattr(own, "rate", 3.0),
        lambda: setattr(Own, "forward", lambda self, x: x * 7.0),
    ]
    for change in changes:
        assert compiled(3.0) == own(3.0)
        change()
    assert compiled(3.0) == own(3.0) == 63.0


def test_what_is_installed_costs_the_search_nothing() -> None:
    jax = pytest.importorskip("jax")
    names = {"jax": jax, "jnp": jax.numpy, "np": np, "pytest": pytest}
    f = in_namespace("def f(x): return x * k", k=2.0, **names)
    plain = in_namespace("def f(x): return x * k", k=2.0)
    assert len(surroundings(f).findings) == len(surroundings(plain).findings)
    used = in_namespace("def f(x): return jnp.sum(np.cos(x)) * k", k=2.0, **names)
    assert len(surroundings(used).findings) < 30


def test_code_without_a_file_is_the_user_s_own() -> None:
    f = in_namespace(
        "def f(x): return x * helper()", helper=in_namespace("def f(): return k", k=2.0)
    )
    compiled = compile(f)
    assert compiled(3.0) == 6.0
    f.__globals__["helper"].__globals__["k"] = 5.0
    assert compiled(3.0) == 15.0


@pytest.mark.parametrize(
    "kind",
    [
        *(dict, np.ndarray, Path, type(sg.tanh), sg.Value, np.random.Generator),
        # of every folder of the library itself
        *(MLP, SGD, Drawing, type(compile(abs))),
    ],
)
def test_classes_that_are_installed(kind: type) -> None:
    assert is_installed_class(kind)


def test_a_class_made_by_exec_is_the_user_s_own() -> None:
    namespace: dict[str, Any] = {}
    exec("class Own: k = 1.0", namespace)
    assert namespace["Own"].__module__ == "builtins"
    assert not is_installed_class(namespace["Own"])
