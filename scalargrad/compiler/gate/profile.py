"""Where the time of a call goes: each part of it is run by itself, some times over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...transforms.trees import MODEL
from ..branches.paths import Paths
from ..inputs.arguments import Arguments
from ..passes.traced import Traced
from ..surroundings.search import Surroundings
from .finder import Finder
from .forms import Form
from .nodes import FullCall
from .recurring import OFTEN
from .shortcut import Shortcut
from .unwatched import unwatched

BUDGET = 0.02
"""Seconds to spend on a part; the least of its times is taken."""
SHORTCUT = "by a shortcut"
IN_FULL = "in full"
TRACED = "traced anew"
ITSELF = "by the function itself"


@dataclass(frozen=True)
class Profile:
    """Where the time of a call of a compiled function goes, in microseconds.

    `way` is how the call is made: "by a shortcut" (its parts in C), "in full" (by Python), "traced
    anew" at each call, or "by the function itself". `reading` is of the arguments, `checking` asks
    whether what the function uses is as it was, `running` is the program's time, with the tracing
    where there is any, `making` is of the results. `total` is the time of a whole call, which is
    timed by itself. `cures` say why the way is a slow one and what to do; none where it is not.
    """

    name: str
    way: str
    total: float
    reading: float = 0.0
    checking: float = 0.0
    running: float = 0.0
    making: float = 0.0
    cures: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join([f"{self.name}: {self.total:,.1f} µs, {self.way}", *self._lines()])

    def _lines(self) -> Iterator[str]:
        parts = {
            "reading arguments": self.reading,
            "checking surroundings": self.checking,
            "running": self.running,
            "making results": self.making,
        }
        if any(parts.values()):
            yield from (f"    {name:22}{taken:12,.1f} µs" for name, taken in parts.items())
        yield from (f"  {cure}" for cure in self.cures)


class Profiler:
    """Takes a call apart. `call` makes it as the gate does."""

    def __init__(
        self,
        finder: Finder,
        call: Callable[[], Any],
        args: tuple[Any, ...],
        named: Mapping[str, Any],
    ) -> None:
        self.finder, self.programs = finder, finder.programs
        self.call, self.args, self.named = call, args, named
        self.given = (*args, *named.values())

    def made(self, way: str, cures: Iterable[str], **parts: float) -> Profile:
        name = self.programs.meaning.name("f")
        return Profile(name, way, least(self.call), **parts, cures=tuple(cures))

    # ------ by a shortcut
    def by_shortcut(self, forms: Sequence[Form]) -> Profile | None:
        """The parts of a call that takes a shortcut; None if it does not."""
        names = tuple(self.named)
        for form in forms:
            statics = form.statics_of(self.given) if names == form.names else None
            shortcut = None if statics is None else form.shortcuts.get(statics)
            found = None if shortcut is None else self.timed(form, shortcut)
            if found is not None:
                return found
        return None

    def timed(self, form: Form, shortcut: Shortcut) -> Profile | None:
        """The same of one shortcut; None if it does not run this call."""
        given, read = self.given, form.reader.read
        numbers, arrays, values = [1.0, 1.0], [], []  # type: ignore[var-annotated]
        if not read(given, numbers, arrays, values, []):
            return None
        outputs = shortcut.outputs(given, numbers[:], arrays)
        if outputs is None:
            return None
        reading = least(lambda: read(given, [1.0, 1.0], [], [], []))
        checking = least(form.records.hold)
        running = least(lambda: shortcut.outputs(given, numbers[:], arrays))
        inputs = (numbers, arrays) if shortcut.come_later else ()
        making = least(lambda: shortcut.finish(given, outputs, values, *inputs))
        heavy = {READING: reading, CHECKING: checking, making_cure(shortcut.traced): making}
        cures = [cure for cure, taken in heavy.items() if taken > max(running, WORTH_A_WORD)]
        return self.made(
            SHORTCUT, cures, reading=reading, checking=checking, running=running, making=making
        )

    # ------ without one
    def in_full(self, arguments: Arguments, no_grad: bool) -> Profile:
        """The parts of a call that takes none."""
        programs, meaning = self.programs, self.programs.meaning
        wanted = None if no_grad else meaning.asked(arguments)
        results, around = programs.run(arguments, wanted)
        made = FullCall(programs, self.args, self.named, arguments, results, around)
        reading = least(lambda: meaning.arguments(self.args, self.named))
        checking = least(lambda: programs.around(arguments))
        running = max(least(lambda: programs.run(arguments, wanted)) - checking, 0.0)
        making = least(made.result)
        paths, _ = programs.known_paths(arguments, wanted, around)
        way, cure = self.why(arguments, around, paths)
        return self.made(
            way, [cure], reading=reading, checking=checking, running=running, making=making
        )

    def why(
        self, arguments: Arguments, around: Surroundings, paths: Paths | None
    ) -> tuple[str, str]:
        if around.altered or (paths is None and not self.programs.unknown):
            return TRACED, f"the function changes {CHANGES}"
        if paths is None:
            return TRACED, unwatched(self.programs.unknown)
        return IN_FULL, self.finder.obstacle(self.given, arguments, paths)

    def by_itself(self, cure: str) -> Profile:
        """Of a call that the function itself computes."""
        self.call = lambda: self.programs.meaning(self.args, self.named)
        return self.made(ITSELF, [cure])


CHANGES = "what it uses, by which each call is another: return the new one instead"
IN_A_MODE = "within detect_anomaly, and in a function that is traced, no program runs"
VALUES_IN_LANES = "there are Values in an array with lanes: give floats, and ask for derivatives"
RARE = (
    f"these constants are new: they get a program when they come the {OFTEN}th time; floats that "
    "scalargrad.pick or nn.Embedding picks by are data, and share one"
)


WORTH_A_WORD = 20.0
"""Microseconds: a part that takes less is not worth a cure."""
READING = (
    "reading takes longest: numbers are read fastest from float64 arrays, with a sample in each "
    "row where there are lanes, and from Values closed over"
)
CHECKING = (
    "checking takes longest: give as arguments, or in arrays, the numbers that the function takes "
    "from large containers around it"
)
MAKING_VALUES = (
    "making results takes longest: each is a Value that may be differentiated again, for there are "
    "Values among the arguments; give floats, as v.data, and the results are floats"
)
MAKING_MODELS = (
    "making results takes longest: a model is built for them; close over the model, and call "
    "backward() on the result of the function itself: its parameters have their gradients then"
)
MAKING_NUMBERS = (
    "making results takes longest: they are made fastest in arrays; return one, or give one where "
    "a derivative is taken"
)


def making_cure(traced: Traced) -> str:
    """What to do where the results of such a path take long to make."""
    if any(entry.linked for entry in traced.entries):
        return MAKING_VALUES
    is_model = any(leaf.kind is MODEL for leaf in traced.structure.leaves)
    return MAKING_MODELS if is_model else MAKING_NUMBERS


def least(work: Callable[[], object]) -> float:
    """The least time of a call, in microseconds."""
    best, end = math.inf, time.perf_counter() + BUDGET
    while True:
        start = time.perf_counter()
        work()
        now = time.perf_counter()
        best = min(best, now - start)
        if now > end:
            return best * 1e6
