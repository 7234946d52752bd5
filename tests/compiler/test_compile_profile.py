"""`gate.profile(…)`: the way that a call takes, the time of its parts, the cure of a slow way."""

from __future__ import annotations

import dataclasses
import weakref
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.compiler.gate import profile
from scalargrad.compiler.gate.profile import Profile
from scalargrad.compiler.gate.recurring import OFTEN
from scalargrad.compiler.gate.unwatched import AFTERWARDS, BEFORE, BY_NAME

np = pytest.importorskip("numpy")
native = sg.engine == "native"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "BUDGET", 1e-4)


class Rate:
    value = 2.0


rate = Rate()
reference = weakref.ref(rate)
calls: list[int] = []


def counting(x: Any) -> Any:
    calls.append(1)
    return x * len(calls)


doubled = sg.operator("doubled", lambda x: x + x, lambda out, x: 2.0)
dropout = nn.Dropout(0.5)


HEAVY = {
    *(profile.READING, profile.CHECKING),
    *(profile.MAKING_VALUES, profile.MAKING_MODELS, profile.MAKING_NUMBERS),
}
X = np.linspace(0.1, 1.0, 5)
SHORT: dict[str, tuple[Any, dict[str, Any], tuple[Any, ...]]] = {
    "numbers": (lambda x, y: x * y, {}, (2.0, 3.0)),
    "Values": (lambda v: v * v, {}, (Value(2.0),)),
    "structures": (lambda d: d["a"][0] * d["b"], {}, ({"a": [1.0, 2.0], "b": 3.0},)),
    "lanes": (lambda w, x: w * x, {"batch": "x", "reduce": "sum"}, (0.5, X)),
    "element by element": (lambda x, y: x * y, {"batch": True}, (X[:, None], X[None])),
    "constants": (lambda x, k: x * k, {}, (2.0, 3)),
    "a way through branches": (lambda x: x if x > 0.0 else -x, {}, (-1.0,)),
}
SLOW: dict[str, tuple[Any, dict[str, Any], tuple[Any, ...], str, str]] = {
    "unwatched": (lambda x: x * reference().value, {}, (1.0,), "traced anew", "cannot watch ref"),
    "changing": (counting, {}, (1.0,), "traced anew", "the function changes what it uses"),
    "an operator of one's own": (
        *(lambda x: doubled(x), {}, (1.0,), "in full", "runs on NumPy" if native else "not built"),
    ),
    "random numbers": (
        *(lambda x: dropout(x), {}, ([1.0, 2.0],), "in full", "drawn" if native else "not built"),
    ),
    "Values in lanes": (
        *(lambda x: x * x, {"batch": "x"}, (np.array([Value(1.0), Value(2.0)]),)),
        *("by the function itself", "give floats"),
    ),
    "a Value of each lane": (
        *(lambda w, x: w * x, {"batch": "x"}, (Value(1.0), X)),
        *("in full", "each lane has a Value of its own" if native else "not built"),
    ),
    "numbers that Python reads": (
        *(lambda x: x[0] * x[1], {}, (np.array([Value(1.0), 2.0]),)),
        *("in full", "only Python reads" if native else "not built"),
    ),
}


@pytest.mark.parametrize(("f", "options", "args"), SHORT.values(), ids=SHORT)
def test_a_call_by_a_shortcut_needs_no_cure(f: Any, options: Any, args: Any) -> None:
    gate = sg.compile(f, **options)
    for derived in (gate, sg.grad(gate)) if "reduce" in options or not options else (gate,):
        if derived is not gate and isinstance(args[0], dict):
            continue
        found = derived.profile(*args)
        assert found.way == ("by a shortcut" if native else "in full")
        # the machine may be at other work just when a part is timed
        assert not native or not set(found.cures) - HEAVY
        assert found.name == derived.__name__
        parts = found.reading, found.checking, found.running, found.making
        assert all(0.0 <= x < 1e6 for x in parts)
        assert any(parts)
        assert found.total > 0.0


@pytest.mark.parametrize(("f", "options", "args", "way", "cure"), SLOW.values(), ids=SLOW)
@pytest.mark.filterwarnings("ignore:.*traced anew")
def test_a_slow_way_has_its_cure(f: Any, options: Any, args: Any, way: str, cure: str) -> None:
    found = sg.compile(f, **options).profile(*args)
    assert found.way == way
    assert any(cure in text for text in found.cures), found


@pytest.mark.skipif(not native, reason="shortcuts are those of C")
def test_another_way_through_the_branches_than_the_first_is_told() -> None:
    gate = sg.compile(lambda x: 2.0 * x if x > 0.0 else -x)
    gate(1.0)
    found = gate.profile(-1.0)
    assert found.way == "in full"
    assert "another way through the branches" in found.cures[0]


def test_constants_that_have_no_program_yet_are_told() -> None:
    gate = sg.compile(lambda v, k: v * k)
    assert gate.profile(Value(2.0), 1).way == ("by a shortcut" if native else "in full")
    found = gate.profile(Value(2.0), 2)
    assert found.way == "by the function itself"
    assert f"the {OFTEN}th time" in found.cures[0]
    assert "scalargrad.pick" in found.cures[0]


def test_within_a_mode() -> None:
    gate = sg.compile(lambda v: v * v)
    with sg.no_grad():
        assert gate.profile(Value(2.0)).way == ("by a shortcut" if native else "in full")
    with sg.detect_anomaly():
        found = gate.profile(Value(2.0))
    assert found.way == "by the function itself"
    assert "detect_anomaly" in found.cures[0]


@pytest.mark.skipif(not native, reason="shortcuts are those of C")
def test_a_part_that_takes_longer_than_the_program_has_its_cure() -> None:
    numbers = [1.0] * 200_000
    found = sg.compile(lambda x: x * numbers[0]).profile(2.0)
    assert found.way == "by a shortcut"
    assert found.checking > found.running
    assert "checking takes longest" in found.cures[0]


def printing(x: Any) -> Any:
    print(x)
    return x * x


def of_file(x: Any) -> Any:
    with open(__file__) as file:
        return x * len(file.readline())


def test_what_cannot_be_watched_has_the_cure_of_its_kind(capsys: Any) -> None:
    cures = {printing: AFTERWARDS, of_file: BEFORE, lambda x: x * reference().value: BY_NAME}
    for f, cure in cures.items():
        with pytest.warns(RuntimeWarning, match="traced anew") as warned:
            (found,) = sg.compile(f).profile(2.0).cures
        assert found.endswith(cure)
        assert found in str(warned[0].message)
        assert not any(other in found for other in {*cures.values()} - {cure})


@pytest.mark.skipif(not native, reason="shortcuts are those of C")
def test_results_that_take_long_to_make_have_the_cure_of_their_kind() -> None:
    both = sg.value_and_grad(sg.compile(lambda xs: sg.sum([x * x for x in xs])))
    floats, model, xs = [0.5] * 2000, nn.MLP(32, [31, 1]), [0.5] * 32
    by_model = sg.value_and_grad(sg.compile(lambda model, xs: model(xs)))
    slow = {
        profile.MAKING_VALUES: both.profile([Value(x) for x in floats[:200]]),
        profile.MAKING_NUMBERS: both.profile(floats),
        profile.MAKING_MODELS: by_model.profile(model, xs),
    }
    for cure, found in slow.items():
        making = {text for text in found.cures if text.startswith("making")}
        assert making <= {cure}
        assert making or found.making < max(found.running, profile.WORTH_A_WORD)
    quick = both.profile(floats[:200])
    assert quick.making < slow[profile.MAKING_VALUES].making
    closed = sg.compile(lambda xs: model(xs))
    closed(xs).backward()
    assert closed.profile(xs).making < slow[profile.MAKING_MODELS].making
    assert [w.grad for w in model.parameters()] == by_model(model, xs)[1].parameters()


def test_a_profile_is_read_at_a_glance() -> None:
    found = Profile("f", "in full", 1234.56, 1.0, 2.0, 3.0, 4.0, ("do this",))
    assert repr(found).splitlines() == [
        "f: 1,234.6 µs, in full",
        "    reading arguments              1.0 µs",
        "    checking surroundings          2.0 µs",
        "    running                        3.0 µs",
        "    making results                 4.0 µs",
        "  do this",
    ]
    assert repr(Profile("f", "by the function itself", 1.0)) == "f: 1.0 µs, by the function itself"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.total = 1.0  # type: ignore[misc]
    assert [field.name for field in dataclasses.fields(Profile)] == [
        *("name", "way", "total", "reading", "checking", "running", "making", "cures"),
    ]


def test_what_the_call_raises_is_raised() -> None:
    with pytest.raises(TypeError, match="cannot follow float"):
        sg.compile(lambda x: float(x)).profile(1.0)
