"""The wheel for every machine, browsers too: one command builds it, and it needs nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.browser import missing
from tests.support.places import CHECKOUT
from tests.support.pythons import OTHERS, found

pytestmark = pytest.mark.skipif(
    not (CHECKOUT / "setup.py").exists(), reason="needs the source checkout"
)

PROGRAM = """
import sys
from collections import namedtuple
from dataclasses import dataclass
from importlib.util import find_spec

for absent in ("numpy", "optree", "graphviz", "setuptools"):
    assert find_spec(absent) is None, absent

import scalargrad as sg
from scalargrad import losses, nn, optim, train

assert sg.engine == "pure"
x, y = sg.Value(2.0, label="x"), sg.Value(3.0, label="y")
out = x * y + sg.square(x)
out.backward()
assert (out.data, x.grad, y.grad) == (10.0, 7.0, 2.0)

# containers
Pair = namedtuple("Pair", "a b")

@dataclass
class Point:
    a: float
    b: float

square = lambda p: p.a * p.a * p.b
assert sg.grad(lambda v: v[0] * v[1])([2.0, 3.0]) == [3.0, 2.0]
assert sg.grad(lambda v: v[0] * v[1])((2.0, 3.0)) == (3.0, 2.0)
assert sg.grad(lambda v: v["a"] * v["b"])({"a": 2.0, "b": 3.0}) == {"a": 3.0, "b": 2.0}
assert sg.grad(square)(Pair(2.0, 3.0)) == Pair(12.0, 4.0)
assert sg.grad(square)(Point(2.0, 3.0)) == Point(12.0, 4.0)

# compiled functions, with branches and loops, and their derivatives
def f(v):
    total = 0.0
    for a in v:
        total = total + (sg.tanh(a) * a if a > 0.0 else sg.exp(a) / a)
    return total

gate, point = sg.compile(f), [0.5, -2.0, 3.0]
for way in (sg.grad, sg.value_and_grad, sg.hessian):
    assert way(gate)(point) == way(f)(point), way
assert gate(point) == f(point) and gate([-0.5, 2.0, 3.0]) == f([-0.5, 2.0, 3.0])
assert str(sg.compile(lambda x: 1.0 / x)(0.0)) == "inf"
assert str(sg.compile(lambda x: sg.log(x) * 0.0)(-1.0)) == "nan"

# networks
sg.seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
samples = [([0, 0], -1), ([0, 1], 1), ([1, 0], 1), ([1, 1], -1)]
history = train.fit(model, losses.squared_error, samples, optim.Adam(model, 0.1), epochs=20,
                    progress=False)
assert history.losses[-1] < history.losses[0]
assert sg.compile(model)([1.0, 0.0])[0].data == model([1.0, 0.0])[0].data

# seeing
steps = sg.explain(lambda x, y: x * y, 2.0, 3.0)
assert "x" in str(steps) and steps.page().startswith("<!doctype html>")
assert "grad_x" in str(sg.flat(out))
print(*sorted(name for name in sys.modules if name == "numpy"), "fine")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    apart = folder / "setup.cfg"
    apart.write_text(
        f"[build]\nbuild_base = {folder / 'build'}\n[egg_info]\negg_base = {folder}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(folder)]
    variables = {"SCALARGRAD_ENGINE": "pure", "DIST_EXTRA_CONFIG": str(apart)}
    done = subprocess.run(
        [*command, str(CHECKOUT)], capture_output=True, text=True, env=os.environ | variables
    )
    if done.returncode:
        missing(f"no wheel can be built here: {done.stderr[-500:]}")
    (found,) = folder.glob("*.whl")
    return found


def test_wheel_is_for_every_machine_and_has_no_part_in_c(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.endswith((".so", ".pyd"))]
    for path in (CHECKOUT / "scalargrad").rglob("*"):
        if path.suffix in (".py", ".js", ".css", ".html"):
            assert path.relative_to(CHECKOUT).as_posix() in names


def clean() -> dict[str, str]:
    """What is around a program that nobody has chosen an engine for."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SCALARGRAD"))}


def test_wheel_differentiates_compiles_and_explains_with_nothing_beside_it(
    wheel: Path, tmp_path: Path
) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    python = str(home / "bin" / "python")
    where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    packages = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    # that is how a pure wheel is installed
    zipfile.ZipFile(wheel).extractall(packages.stdout.strip())
    done = subprocess.run(
        [python, "-c", PROGRAM], capture_output=True, text=True, env=clean(), cwd=tmp_path
    )
    assert done.stdout.strip() == "fine", done.stderr


@pytest.mark.parametrize("version", OTHERS)
def test_wheel_does_the_same_on_each_version_of_python(
    wheel: Path, version: str, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PROGRAM}"
    # without what is installed there
    command = [found(version), "-I", "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), cwd=tmp_path)
    assert done.stdout.strip() == "fine", done.stderr
