"""The tool for GradBench: its answers against closed forms, and against the suite's own validator
where that is at hand, in the folder that GRADBENCH names."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from tests.benchmarks.gradbench import __main__ as measure
from tests.benchmarks.gradbench import by_hand, same
from tests.support.places import EXAMPLES, environment

TOOL = EXAMPLES / "gradbench" / "run.py"
SUITE = os.environ.get("GRADBENCH")
RUNS = {"min_runs": 1, "min_seconds": 0.0}


class Tool:
    """The tool as a process: what it is sent, and what it answers."""

    def __init__(self) -> None:
        command = [sys.executable, str(TOOL)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment()
        )
        self.sent = 0

    def answer(self, message: dict[str, Any]) -> Any:
        return json.loads(self.line(json.dumps({"id": self.sent, **message})))

    def line(self, message: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.sent += 1
        self.process.stdin.write(message.rstrip("\n") + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def output(self, module: str, function: str, given: Any) -> Any:
        message = {"kind": "evaluate", "module": module, "function": function, "input": given}
        found = self.answer(message)
        assert found["success"], found.get("error")
        assert found["timings"]
        return found["output"]


@pytest.fixture(scope="module")
def tool() -> Any:
    made = Tool()
    with made.process as process:
        yield made
    assert process.returncode == 0


def central(f: Callable[[Any], Any], x: Any, h: float = 1e-5) -> Any:
    """The derivatives of numbers in an array, measured: columns are its elements."""
    flat = np.array(x, float).ravel()

    def at(k: int, change: float) -> Any:
        moved = flat.copy()
        moved[k] += change
        return np.array(f(moved.reshape(np.shape(x))))

    columns = [(at(k, h) - at(k, -h)) / (2.0 * h) for k in range(len(flat))]
    return np.stack(columns, axis=-1)


def near(expected: Any, rel: float = 1e-9) -> Any:
    return pytest.approx(np.array(expected), rel=rel, abs=rel)


# ------ the protocol
def test_each_message_is_answered_under_its_number(tool: Tool) -> None:
    started = {"id": tool.sent, "tool": "scalargrad"}
    assert tool.answer({"kind": "start", "eval": "hello"}) == started
    defined = {"id": tool.sent, "success": True}
    assert tool.answer({"kind": "define", "module": "hello"}) == defined
    nothing = {"id": tool.sent}
    assert tool.answer({"kind": "analysis", "of": 1, "valid": True}) == nothing


def test_what_is_unknown_is_told_and_the_tool_goes_on(tool: Tool) -> None:
    found = tool.answer({"kind": "define", "module": "weather"})
    assert not found["success"]
    assert "expected one of hello, gmm" in found["error"]
    assert tool.output("hello", "square", 3.0) == 9.0


def test_a_function_runs_as_often_and_as_long_as_is_asked(tool: Tool) -> None:
    for limits, least in (((3, 0.0), 3), ((1, 0.05), 2)):
        given = {"x": [0.0, 1.0], "min_runs": limits[0], "min_seconds": limits[1]}
        message = {"kind": "evaluate", "module": "lse", "function": "primal", "input": given}
        times = [x["nanoseconds"] for x in tool.answer(message)["timings"]]
        assert len(times) >= least
        assert sum(times) >= limits[1] * 1e9


# ------ the evaluations
def test_hello(tool: Tool) -> None:
    assert tool.output("hello", "square", 1.5) == 2.25
    assert tool.output("hello", "double", 1.5) == 3.0


def test_llsq(tool: Tool) -> None:
    x = np.random.default_rng(0).random(12)
    given = {"x": x.tolist(), "n": 16, **RUNS}
    t = np.linspace(-1.0, 1.0, 16)
    powers = np.vander(t, len(x), increasing=True)
    miss = np.sign(t) - powers @ x
    assert tool.output("llsq", "primal", given) == near(0.5 * miss @ miss)
    assert tool.output("llsq", "gradient", given) == near(-powers.T @ miss)


def test_lse(tool: Tool) -> None:
    x = np.random.default_rng(0).uniform(-900.0, 900.0, 2500)
    given, total = {"x": x.tolist(), **RUNS}, np.logaddexp.reduce(x)
    assert tool.output("lse", "primal", given) == near(total)
    assert tool.output("lse", "gradient", given) == near(np.exp(x - total))


def test_kmeans(tool: Tool) -> None:
    points = np.random.default_rng(0).random((200, 3))
    centroids = points[-4:]
    given = {"points": points.tolist(), "centroids": centroids.tolist(), **RUNS}
    squares = ((points[:, None] - centroids) ** 2).sum(axis=2)
    nearest = squares.argmin(axis=1)
    assert tool.output("kmeans", "cost", given) == near(squares.min(axis=1).sum())
    # from each centroid to the mean of what is nearest to it
    means = [points[nearest == k].mean(axis=0) for k in range(4)]
    assert tool.output("kmeans", "dir", given) == near(centroids - np.array(means))


def test_det(tool: Tool) -> None:
    a = np.random.default_rng(0).random((5, 5))
    given = {"A": a.ravel().tolist(), "ell": 5, **RUNS}
    det = np.linalg.det(a)
    assert tool.output("det", "primal", given) == near(det)
    assert tool.output("det", "gradient", given) == near((det * np.linalg.inv(a).T).ravel())


def test_ode(tool: Tool) -> None:
    # polynomials of degree four at most: the method is exact
    x = np.array([0.7, 1.3, 0.4, 0.9])
    given = {"x": x.tolist(), "s": 3, **RUNS}
    y = [2.0 ** (i + 1) / math.factorial(i + 1) * np.prod(x[: i + 1]) for i in range(4)]
    assert tool.output("ode", "primal", given) == near(y)
    assert tool.output("ode", "gradient", given) == near(y[-1] / x)


def gmm_input() -> dict[str, Any]:
    generator = np.random.default_rng(0)
    shapes = {"x": (20, 3), "alpha": (2,), "mu": (2, 3), "q": (2, 3), "l": (2, 3)}
    numbers = {name: generator.normal(size=shape) for name, shape in shapes.items()}
    return {"d": 3, "k": 2, "n": 20, "m": 1, "gamma": 0.8, **numbers}


def posterior(given: dict[str, Any]) -> float:
    """With the densities as they are defined."""
    d, m, gamma = given["d"], given["m"], given["gamma"]
    total, log_prior = 0.0, 0.0
    shares = np.exp(given["alpha"]) / np.exp(given["alpha"]).sum()
    for share, mean, q, low in zip(shares, given["mu"], given["q"], given["l"]):
        root = np.diag(np.exp(q))
        root[[1, 2, 2], [0, 0, 1]] = low
        precision, dof = root.T @ root, d + m + 1
        off = given["x"] - mean
        squares = np.einsum("ni,ij,nj->n", off, precision, off)
        total += share * np.exp(-0.5 * squares) * math.sqrt(np.linalg.det(precision))
        log_gamma = d * (d - 1) / 4 * math.log(math.pi)
        log_gamma += sum(math.lgamma((dof - j) / 2) for j in range(d))
        log_prior += (dof - d - 1) / 2 * math.log(np.linalg.det(precision))
        log_prior -= 0.5 * gamma**2 * np.trace(precision) + dof * d / 2 * math.log(2.0)
        log_prior += dof * d * math.log(gamma) - log_gamma
    return float(np.log(total / (2 * math.pi) ** (d / 2)).sum() + log_prior)


def test_gmm(tool: Tool) -> None:
    given = gmm_input()
    sent = {k: x.tolist() if hasattr(x, "tolist") else x for k, x in given.items()} | RUNS
    assert tool.output("gmm", "objective", sent) == near(posterior(given))
    found = tool.output("gmm", "jacobian", sent)
    for name in ("alpha", "mu", "q", "l"):
        expected = central(lambda x, name=name: posterior({**given, name: x}), given[name])
        assert np.ravel(found[name]) == near(expected, 1e-6)


def reprojected(camera: Any, point: Any, weight: Any, feature: Any) -> Any:
    rotation, off = camera[:3], point - camera[3:6]
    angle = np.linalg.norm(rotation)
    axis = rotation / angle
    turned = off * np.cos(angle) + np.cross(axis, off) * np.sin(angle)
    turned += axis * (axis @ off) * (1.0 - np.cos(angle))
    flat = turned[:2] / turned[2]
    square = flat @ flat
    bent = flat * (1.0 + camera[9] * square + camera[10] * square**2)
    return weight * (bent * camera[6] + camera[7:9] - feature)


def test_ba(tool: Tool) -> None:
    camera = np.array([0.2, -0.3, 0.1, 0.5, -0.4, 0.3, 4.0, 0.5, -0.2, -0.1, 0.05])
    point, feature = np.array([0.3, 0.9, 3.0]), np.array([0.4, -0.7])
    sent = {"cam": camera.tolist(), "x": point.tolist(), "w": 0.9, "feat": feature.tolist()}
    sent |= {"n": 2, "m": 5, "p": 40, **RUNS}
    found = tool.output("ba", "objective", sent)
    error = reprojected(camera, point, 0.9, feature)
    assert found["reproj_error"]["elements"] == near(error)
    assert found["reproj_error"]["repeated"] == found["w_err"]["repeated"] == 40
    assert found["w_err"]["element"] == near(0.19)

    jacobian = tool.output("ba", "jacobian", sent)
    parts = [
        central(lambda x: reprojected(x, point, 0.9, feature), camera),
        central(lambda x: reprojected(camera, x, 0.9, feature), point),
        error[:, None] / 0.9,
    ]
    assert jacobian["vals"] == near([*np.hstack(parts).ravel(), -1.8], 1e-7)
    columns = [*range(11), 22, 23, 24, 37]
    assert jacobian["cols"] == [*columns, *columns, 37 + 39]
    assert jacobian["rows"] == [*range(0, 450, 15), 80 * 15 + 40]


def lstm_loss(main: Any, extra: Any, state: Any, sequence: Any) -> float:
    def sigmoid(x: Any) -> Any:
        return 1.0 / (1.0 + np.exp(-x))

    hidden, memory, total = list(state[::2]), list(state[1::2]), 0.0
    for now, following in pairwise(sequence):
        at = now * extra[0]
        for k in range(len(hidden)):
            weights, biases = main[2 * k].reshape(4, -1), main[2 * k + 1].reshape(4, -1)
            forget, let_out = (sigmoid(at * weights[g] + biases[g]) for g in (0, 2))
            let_in = sigmoid(hidden[k] * weights[1] + biases[1])
            change = np.tanh(hidden[k] * weights[3] + biases[3])
            memory[k] = memory[k] * forget + let_in * change
            at = hidden[k] = let_out * np.tanh(memory[k])
        guess = at * extra[1] + extra[2]
        total += following @ (guess - np.log(np.exp(guess).sum() + 2.0))
    return float(-total / (sequence.shape[1] * (len(sequence) - 1)))


def test_lstm(tool: Tool) -> None:
    generator = np.random.default_rng(0)
    shapes = {"main_params": (4, 12), "extra_params": (3, 3), "state": (4, 3)}
    numbers = {name: generator.random(shape) for name, shape in shapes.items()}
    main, extra, state = numbers.values()
    sequence = generator.integers(0, 2, (8, 3)).astype(float)
    sent = {k: x.tolist() for k, x in numbers.items()} | {"sequence": sequence.tolist(), **RUNS}
    assert tool.output("lstm", "objective", sent) == near(lstm_loss(main, extra, state, sequence))
    expected = [
        *central(lambda x: lstm_loss(x, extra, state, sequence), main),
        *central(lambda x: lstm_loss(main, x, state, sequence), extra),
    ]
    assert tool.output("lstm", "jacobian", sent) == near(expected, 1e-7)


class Hand:
    """A made-up hand of 22 bones with 30 vertices, held against 10 points."""

    def __init__(self) -> None:
        generator = np.random.default_rng(0)
        self.parents = [-1, 0, *(1 if k % 4 == 0 else k + 1 for k in range(20))]
        square = np.tile(np.eye(4), (22, 1, 1))
        square[:, :3] += 0.2 * generator.normal(size=(22, 3, 4))
        self.bases, self.inverses = square, np.linalg.inv(square)
        self.positions = np.column_stack([generator.normal(size=(30, 3)), np.ones(30)])
        self.weights = generator.dirichlet(np.ones(22), 30)
        self.triangles = generator.integers(0, 30, (15, 3))
        self.theta, self.us = 0.3 * generator.normal(size=26), generator.random((10, 2))
        self.points, self.which = generator.normal(size=(10, 3)), generator.integers(0, 15, 10)

    def sent(self, us: Any) -> dict[str, Any]:
        model = {
            "bone_count": 22,
            "bone_names": [str(k) for k in range(22)],
            "parents": self.parents,
            "base_relatives": self.bases.tolist(),
            "inverse_base_absolutes": self.inverses.tolist(),
            "base_positions": self.positions.tolist(),
            "weights": self.weights.tolist(),
            "triangles": self.triangles.tolist(),
            "is_mirrored": True,
        }
        data = {"model": model, "correspondences": self.which.tolist()}
        data |= {"points": self.points.tolist()}
        return {"theta": self.theta.tolist(), "data": data, "us": us.tolist(), **RUNS}

    def skin(self, theta: Any) -> Any:
        angles, rest = np.zeros((22, 3)), list(theta[6:])
        for finger in range(5):
            for bone in range(3):
                # about x, and at the root of a finger about z too
                angles[2 + 4 * finger + bone, 0] = rest.pop(0)
                if bone == 0:
                    angles[2 + 4 * finger, 2] = rest.pop(0)
        absolute: list[Any] = []
        for (x, _, z), parent, base in zip(angles, self.parents, self.bases):
            turn = np.eye(4)
            turn[:3, :3] = exponential([0.0, 0.0, z]) @ exponential([x, 0.0, 0.0])
            absolute.append((absolute[parent] if parent >= 0 else np.eye(4)) @ base @ turn)
        bones = np.array(absolute) @ self.inverses
        at = np.einsum("vb,bij,vj->vi", self.weights, bones[:, :3], self.positions)
        return (at * [-1.0, 1.0, 1.0]) @ exponential(theta[:3]).T + theta[3:6]

    def errors(self, theta: Any, us: Any) -> Any:
        skin = self.skin(theta)
        if not len(us):
            return (self.points - skin[self.which]).ravel()
        shares = np.column_stack([us, 1.0 - us.sum(axis=1)])
        met = np.einsum("pc,pci->pi", shares, skin[self.triangles[self.which]])
        return (self.points - met).ravel()


def exponential(axis: Any) -> Any:
    """The rotation about an axis, as the exponential of its cross product."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    found, term = np.eye(3), np.eye(3)
    for k in range(1, 25):
        term = term @ cross / k
        found = found + term
    return found


@pytest.mark.parametrize("on_triangles", [False, True])
def test_ht(tool: Tool, on_triangles: bool) -> None:
    hand = Hand()
    us = hand.us if on_triangles else np.zeros((0, 2))
    sent = hand.sent(us)
    assert tool.output("ht", "objective", sent) == near(hand.errors(hand.theta, us))
    expected = central(lambda theta: hand.errors(theta, us), hand.theta)
    if on_triangles:
        of_us = central(lambda us: hand.errors(hand.theta, us), us)
        own = [of_us[row, 2 * (row // 3) : 2 * (row // 3) + 2] for row in range(len(of_us))]
        expected = np.hstack([own, expected])
    assert np.array(tool.output("ht", "jacobian", sent)) == near(expected, 1e-7)


MODES = ("ff", "fr", "rf", "rr")


@pytest.mark.parametrize("modes", MODES)
def test_saddle(tool: Tool, modes: str) -> None:
    found = tool.output("saddle", modes, {"start": [0.5, 0.5], **RUNS})
    # the saddle is at 0, and the searches end with steps of 10⁻⁵
    assert found == pytest.approx([0.0] * 4, abs=2e-5)
    assert len(set(found)) == 1


@pytest.mark.parametrize("modes", ["fr", "rr"])
def test_particle(tool: Tool, modes: str) -> None:
    found = tool.output("particle", modes, {"w": 0.2, **RUNS})
    # the search ends with steps of 10⁻⁵, some thirty times which the particle misses by
    assert abs(crossing(found)) < 1e-3


def crossing(w: float) -> float:
    """Where the particle crosses the axis, with the field written out."""
    x, velocity, fixed = np.array([0.0, 8.0]), np.array([0.75, 0.0]), [[10, 10 - w], [10, 0]]
    while True:
        further = x + 0.1 * velocity
        if further[1] <= 0.0:
            return float(x[0] - x[1] / velocity[1] * velocity[0])
        offs = [x - place for place in fixed]
        push = sum(off / np.linalg.norm(off) ** 3 for off in offs)
        x, velocity = further, velocity + 0.1 * push


# ------ what it is measured beside
@pytest.mark.skipif(sg.engine == "pure", reason="measured on the native engine")
@pytest.mark.parametrize("name", by_hand.EVALUATIONS)
def test_cpp_by_hand_finds_the_same(name: str) -> None:
    if not by_hand.is_there():
        pytest.skip("g++ is not installed")
    ours, theirs = (measure.run(tool, name, quick=True) for tool in ("scalargrad", "c++"))
    assert ours and theirs
    assert same(ours, theirs)


# ------ the suite itself
SMALL = {
    "hello": (),
    "gmm": ("-d", "2", "-k", "5"),
    "ba": ("--max", "1"),
    "lstm": ("-l", "2", "-c", "64"),
    "ht": ("--max", "1", "--model", "small"),
    "kmeans": ("-k", "10", "-n", "1000"),
    "llsq": ("-n", "16"),
    "lse": ("-n", "2500"),
    "ode": ("-n", "30", "-s", "3"),
    "particle": (),
    "saddle": (),
    "det": ("-l", "5"),
}


@pytest.mark.skipif(not SUITE, reason="GRADBENCH names no checkout of the suite")
@pytest.mark.parametrize("name", SMALL)
def test_the_suite_finds_each_answer_valid(tool: Tool, name: str) -> None:
    pytest.importorskip("pydantic")
    limits = () if name == "hello" else ("--min-seconds", "0")
    package = Path(SUITE or "") / "python" / "gradbench"
    path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
    pipe = subprocess.PIPE
    suite = subprocess.Popen(
        [sys.executable, "-m", f"gradbench.evals.{name}.run", *SMALL[name], *limits],
        cwd=SUITE,
        env={**os.environ, "PYTHONPATH": path},
        stdin=pipe,
        stdout=pipe,
        text=True,
    )
    found = []
    with suite:
        assert suite.stdin is not None and suite.stdout is not None
        for line in suite.stdout:
            message = json.loads(line)
            found += [message] if message["kind"] == "analysis" else []
            suite.stdin.write(tool.line(line))
            suite.stdin.flush()
    assert found
    assert [x for x in found if not x["valid"]] == []
