"""The verdict on a script: each call the same in both worlds, refused, or wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from scalargrad import modes

from .compare import Comparison, Difference, close
from .program import Script, Step
from .refusals import refusal
from .world import Outcome, World, compiled

SAME, REFUSED, WRONG, UNSURE = "same", "refused", "wrong", "unsure"
MOVE = 1e-13
"""How far numbers are moved, relatively, to see what their roundings could do."""
NUMBER = re.compile(r"\d+\.\d+(e[+-]?\d+)?")
IEEE = (ArithmeticError, ValueError, TypeError)
"""What floats raise, or what complex numbers then do, where Values go on: 1/0, (−8)**(1/3)."""


class Verdict(NamedTuple):
    """`kind` names the refusal, or the way in which the call is wrong."""

    verdict: str
    kind: str = ""
    text: str = ""
    step: int = -1


def judged(script: Script, made: Callable[[Script], World] = compiled) -> list[Verdict]:
    """One verdict for each call, up to the first that is wrong. `made` makes the world on trial."""
    with World(script) as eager:
        try:
            trial = made(script).__enter__()
        except Exception as error:
            return [of_error(error)]
        try:
            return side_by_side(script, eager, trial)
        finally:
            trial.__exit__()


def side_by_side(script: Script, eager: World, trial: World) -> list[Verdict]:
    verdicts = []
    for i, step in enumerate(script.steps):
        expected, actual = eager.run(step), trial.run(step)
        if step.change and expected.raised is None and actual.raised is None:
            continue
        found = verdict(script, i, expected, actual)
        verdicts.append(found._replace(step=i))
        if found.verdict != SAME:
            # what was refused may have changed what the program uses half-way
            return verdicts
    verdicts.append(of_state(len(script.steps) - 1, eager, trial))
    return verdicts


def of_state(i: int, eager: World, trial: World) -> Verdict:
    """The verdict on what the calls left behind."""
    if modes.state.trace is not None:
        return Verdict(WRONG, "left behind", "a trace is still at work", i)
    found = Comparison().first(eager.left(), trial.left())
    return Verdict(WRONG, "left behind", found.text, i) if found else Verdict(SAME, "state", "", i)


def verdict(script: Script, i: int, expected: Outcome, actual: Outcome) -> Verdict:
    found = difference(expected, actual, Comparison())
    if found is None:
        return Verdict(SAME)
    refused = refusal(actual.raised) if actual.raised is not None else ""
    if refused:
        return Verdict(REFUSED, refused, str(actual.raised))
    if as_values(script, i, expected, actual):
        return Verdict(SAME, "as Values do")
    if not script.strict and may_be_ieee(script, expected, actual):
        return Verdict(UNSURE, "as Values may do", found.text)
    if not script.strict and ill_conditioned(script, i, actual):
        return Verdict(UNSURE, found.kind, found.text)
    return Verdict(WRONG, found.kind, found.text)


def of_error(error: Exception) -> Verdict:
    """The verdict on a program that cannot be compiled at all, though it can be run."""
    refused = refusal(error)
    if refused:
        return Verdict(REFUSED, refused, str(error))
    return Verdict(WRONG, "raises", str(Outcome(raised=error)))


def difference(expected: Outcome, actual: Outcome, comparison: Comparison) -> Difference | None:
    if expected.raised is None and actual.raised is None:
        return comparison.first(expected.result, actual.result)
    if expected.raised is None:
        return Difference("raises", f"expected {expected}, got: {actual}")
    if actual.raised is None:
        return Difference("does not raise", f"expected: {expected}, got {actual}")
    # classes of the programs' own are others in each world
    if type(expected.raised).__qualname__ == type(actual.raised).__qualname__:
        return None
    return Difference("raises another", f"expected: {expected}, got: {actual}")


# ------ what is not wrong
def as_values(script: Script, i: int, expected: Outcome, actual: Outcome) -> bool:
    """Whether the program does so when it is called on Values, where floats raise."""
    raises = isinstance(expected.raised, IEEE) or "except" in script.program.source
    if not (raises or "j)" in str(expected)) or not script.steps[i].otherwise:
        return False
    return difference(again(script, i), actual, Comparison(loose=True)) is None


def may_be_ieee(script: Script, expected: Outcome, actual: Outcome) -> bool:
    """Whether floats raise, or a program caught what they raise, in a call that cannot be spelled
    on Values."""
    caught = "except" in script.program.source and any(x in str(actual) for x in ("inf", "nan"))
    return actual.raised is None and (isinstance(expected.raised, ArithmeticError) or caught)


def again(script: Script, last: int, move: float = 0.0) -> Outcome:
    """What step `last` gives in a plain world of its own: on Values, or with its numbers moved."""
    with World(script) as world:
        for step in script.steps[:last]:
            world.run(step, respelled(step, move))
        return world.run(script.steps[last], respelled(script.steps[last], move))


def respelled(step: Step, move: float) -> str:
    if not move:
        return step.otherwise
    return NUMBER.sub(lambda found: repr(float(found[0]) * (1.0 + move)), step.text)


def ill_conditioned(script: Script, i: int, actual: Outcome) -> bool:
    """Whether roundings explain the difference: numbers moved by a few of them do as much."""
    moved = [again(script, i, k * MOVE) for k in (-3, -1, 1, 3)]
    spread = Comparison(lambda x, y: close(x, y) or abs(x - y) <= 1e-9 * (abs(x) + abs(y)))
    if all(difference(x, moved[0], Comparison()) is None for x in moved[1:]):
        return False
    return any(difference(x, actual, spread) is None for x in moved)


# ------ counts
class Counts:
    """What many verdicts come to."""

    def __init__(self) -> None:
        self.programs = 0
        self.of: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.wrong: list[tuple[Script, Verdict]] = []

    def add(self, script: Script, verdicts: Iterable[Verdict]) -> None:
        self.programs += 1
        for v in verdicts:
            self.of[v.verdict] += 1
            if v.verdict == REFUSED:
                self.refused[v.kind] += 1
            elif v.verdict == WRONG:
                self.wrong.append((script, v))

    @property
    def calls(self) -> int:
        return sum(self.of.values())

    def __str__(self) -> str:
        of = ", ".join(f"{self.of[v]:,} {v}" for v in (SAME, REFUSED, UNSURE, WRONG))
        refused = "".join(f"\n    {n:6,}  {kind}" for kind, n in self.refused.most_common())
        return f"{self.programs:,} scripts, {self.calls:,} calls: {of}{refused}"


def report(script: Script, verdict: Verdict) -> str:
    """A wrong call with a program that shows it by itself."""
    title = f"# {script.program.name}, {script.form}: {verdict.kind}\n# {verdict.text}\n"
    steps = script.steps[: verdict.step + 1] if verdict.step >= 0 else ()
    return title + script._replace(steps=steps).lines()
