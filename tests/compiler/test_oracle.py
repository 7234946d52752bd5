"""A compiled function is the function: random programs and programs by hand, called in every way,
with a change of everything they use between two calls, beside the plain function.

`--hypothesis-profile=long` judges 100,000 calls of random programs, others each time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from itertools import chain, islice

import pytest
from hypothesis import settings

pytest.importorskip("numpy")

from tests.oracle.effects import CHANCE_AND_TIME
from tests.oracle.faults import FAULTS
from tests.oracle.judge import REFUSED, SAME, UNSURE, WRONG, Counts, Verdict, judged, report
from tests.oracle.program import Program, Script, Step
from tests.oracle.refusals import REFUSALS, refusal
from tests.oracle.shrink import shrunk, signature
from tests.oracle.suites import (
    ALL_USES,
    PROGRAMS,
    SCRIPTS,
    random_scripts,
    scripts_by_hand,
    scripts_of_program,
    scripts_of_use,
    scripts_of_uses,
)
from tests.oracle.uses import Use
from tests.oracle.world import World

CALLS = 3000 * settings.default.max_examples // 60
SHOWN = 5
OFTEN = 0.002
"""The share of calls of random programs that a rounding may decide."""


def held(counts: Counts, small: Callable[[Script, Verdict], Script] | None = None) -> None:
    """Print the counts; fail with programs, made `small`, that show what is wrong."""
    print(counts)
    different = {signature(v): (script, v) for script, v in counts.wrong}
    texts = []
    for script, verdict in islice(different.values(), SHOWN):
        if small is not None:
            script = small(script, verdict)
            verdict = judged(script)[-1]
        texts.append(report(script, verdict))
    assert not counts.wrong, "\n".join([str(counts), *texts])


def counted(scripts: Iterable[Script], calls: int | None = None) -> Counts:
    counts = Counts()
    for script in scripts:
        counts.add(script, judged(script))
        if calls is not None and counts.calls >= calls:
            break
    return counts


# ------ compiled functions
def test_random_programs() -> None:
    seed = 0 if settings().derandomize else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    counts = counted(random_scripts(seed), CALLS)
    held(counts, shrunk)
    assert counts.of[UNSURE] <= OFTEN * counts.calls, str(counts)


@pytest.mark.parametrize("use", ALL_USES, ids=lambda use: use.name)
def test_what_a_function_uses_may_change(use: Use) -> None:
    held(counted(scripts_of_use(use, whole=not settings().derandomize)))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_programs_by_hand_in_every_form(program: Program) -> None:
    held(counted(scripts_of_program(program)))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.program.name)
def test_scripts_by_hand(script: Script) -> None:
    held(counted([script]))


@pytest.mark.parametrize("script", CHANCE_AND_TIME, ids=lambda script: script.program.name)
def test_chance_and_time_are_refused(script: Script) -> None:
    verdicts = judged(script)
    assert verdicts[0].verdict == REFUSED, report(script, verdicts[0])


# ------ the oracle itself
def test_two_plain_worlds_are_the_same() -> None:
    counts = Counts()
    for scripts in (islice(random_scripts(1), 400), scripts_of_uses(), scripts_by_hand()):
        for script in scripts:
            counts.add(script, judged(script, World))
    assert counts.of[SAME] == counts.calls > 5000, str(counts)


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_compiler_is_noticed(name: str) -> None:
    made, kinds = FAULTS[name]
    by_hand = (script for program in reversed(PROGRAMS) for script in scripts_of_program(program))
    scripts = chain(SCRIPTS, islice(random_scripts(2), 300), by_hand)
    verdicts = (v for script in scripts for v in judged(script, made))
    assert any(v.verdict == WRONG and v.kind in kinds for v in verdicts)


def refusing(message: str) -> object:
    def compiler(f: object = None, **options: object) -> object:
        raise TypeError(message)

    return lambda script: World(script, compiler)


def test_a_refusal_is_none_unless_it_is_documented() -> None:
    script = Script(
        Program("", "def f(x): return x"), "", "gate = compile(f)", (Step("gate(1.0)"),)
    )
    refused = judged(script, refusing("compile cannot follow backward(): …"))
    assert (refused[0].verdict, refused[0].kind) == (REFUSED, "backward() inside")
    assert judged(script, refusing("'Tracer' object is not iterable"))[0].verdict == WRONG
    assert not refusal(KeyError("compile cannot follow x"))
    assert all(r.why and r.cure for r in REFUSALS)


def test_a_wrong_program_is_made_small() -> None:
    source = (
        "k = 2.0\nunused = 3.0\ndef f(x):\n    y = x + 1.0\n    if y > 0:\n        y = y * k\n"
        "    return sg.sin(y) * k"
    )
    steps = (Step("gate(1.5)"), Step("k = 5.0", change=True), Step("gate(1.5)"))
    script = Script(Program("p", source, changes=("k = 5.0",)), "float", "gate = compile(f)", steps)
    made, _ = FAULTS["keeps the first result of equal arguments"]
    verdict = judged(script, made)[-1]
    assert (verdict.verdict, verdict.kind) == (WRONG, "number")
    small = shrunk(script, verdict, lambda script: judged(script, made))
    assert small.program.source == "k = 2.0\n\ndef f(x):\n    return k"
    assert small.steps == steps


def test_scripts_are_the_same_of_a_seed() -> None:
    assert list(islice(random_scripts(7), 50)) == list(islice(random_scripts(7), 50))
    assert next(random_scripts(7)) != next(random_scripts(8))


def test_a_report_runs_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for script in islice(random_scripts(3), 100):
        if not any(step.change for step in script.steps):
            with World(script) as world:
                if all(world.run(step).raised is None for step in script.steps):
                    text = script.lines().replace("compile = sg.compile", PLAINLY)
                    exec(compile(text, "<report>", "exec"), {"__name__": "__main__"})
    assert len(capsys.readouterr().out) > 1000


PLAINLY = "from tests.oracle.lanes import plain as compile, Reference\nsg = Reference()"
