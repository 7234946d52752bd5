"""The scripts that are judged: each use with each of its changes, programs by hand, random ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

from . import derived, forms
from .by_hand import CALLS as ORDERED
from .containers import CONTAINERS
from .copies import COPIES
from .derived import fits
from .effects import EFFECTS
from .flow import BRANCHES, LOOPS, RAISING
from .forms import script
from .generator import generated
from .identities import IDENTITIES
from .kinds_of_use import RARE
from .number_classes import NUMBER_CLASSES
from .own_operators import DERIVATIVES, OWN_OPERATORS
from .program import Program, Script, Step
from .programs import ARGUMENTS, RESULTS
from .uses import USES, Use

NAMES = (*forms.FORMS, *derived.FORMS)
PROGRAMS = ARGUMENTS + RESULTS + BRANCHES + LOOPS + RAISING
SCRIPTS = ORDERED + EFFECTS + DERIVATIVES + IDENTITIES + NUMBER_CLASSES + COPIES
ALL_USES = USES + RARE + CONTAINERS + OWN_OPERATORS
PER_PROGRAM = 3
"""Forms that each random program is called in."""


def random_scripts(seed: int) -> Iterator[Script]:
    """Scripts without end, always the same of a seed."""
    for k in count():
        program = generated(f"{seed}.{k}")
        random = Random(f"forms {seed}.{k}")
        names = [name for name in NAMES if fits(name, program)]
        for name in random.sample(names, min(len(names), PER_PROGRAM)):
            yield script(program, name, random)


def scripts_by_hand() -> Iterator[Script]:
    """Each program by hand in each form that fits it, then those whose order matters."""
    for program in PROGRAMS:
        yield from scripts_of_program(program)
    yield from SCRIPTS


def scripts_of_program(program: Program) -> list[Script]:
    names = [name for name in NAMES if fits(name, program)]
    return [script(program, name, Random(program.name + name), strict=True) for name in names]


# ------ each use alone
PLACES = {
    "global": "{made}\ndef f(x):\n    return x * {read}",
    "read by a helper": "{made}\ndef read():\n    return {read}\ndef f(x):\n    return x * read()",
    "cell": "{made}\ndef make({n}):\n    return lambda x: x * {read}\nf = make({n})",
    "default": "{made}\ndef f(x, {n}={n}):\n    return x * {read}",
    "read by a method": (
        "{made}\nclass Reader:\n    def read(self):\n        return {read}\n"
        "    def __call__(self, x):\n        return x * self.read()\nf = Reader()"
    ),
    "read in a comprehension": "{made}\ndef f(x):\n    return sum([x * t for t in ({read}, 1.0)])",
    "chosen by a branch": "{made}\ndef f(x):\n    return x * {read} if x > 0.5 else -x",
}
CALLS = {
    "float": ("gate = compile(f)", "gate({x})"),
    "backward": ("gate = compile(f)", "through(gate, (sg.Value({x}),), {{}}, [{held}])"),
    "gradient": ("gate = compile(f)", "sg.value_and_grad(gate)({x})"),
    "gradient, compiled": ("gate = compile(sg.value_and_grad(f))", "gate({x})"),
    "batch": ("gate = compile(f, batch='x')", "gate(np.array([{x}, 0.25]))"),
    "batch, backward": (
        "gate = compile(f, batch='x', reduce='sum')",
        "through(gate, (np.array([{x}, 0.25]),), {{}}, [{held}])",
    ),
    "list": ("gate = compile(lambda xs: f(xs[0]) + xs[1])", "gate([{x}, 0.5])"),
}


def script_of_use(use: Use, read: str, change: str, place: str, call: str) -> Script:
    """Twice the same, a change, and again: what was kept for the second call is stale then."""
    made, read, change = (text.format(n="u") for text in (use.made, read, change))
    held = tuple(h.format(n="u") for h in use.held)
    source = PLACES[place].format(made=made, read=read, n="u")
    setup, text = CALLS[call]
    steps = [Step(text.format(x=x, held=", ".join(held))) for x in (0.75, 0.75, 0.75, 1.5, -0.5)]
    changed = Step(change, change=True)
    program = Program(f"{use.name}, {place}", source, changes=(change,), held=held)
    return Script(program, call, setup, (*steps[:2], changed, *steps[2:]))


def scripts_of_uses(whole: bool = False) -> Iterator[Script]:
    """Each way to read each use, with each change of it: in one place and called in one way, in
    turn; or the `whole`, in all places and all ways."""
    for use in ALL_USES:
        yield from scripts_of_use(use, whole)


def scripts_of_use(use: Use, whole: bool = False) -> Iterator[Script]:
    pairs = [(place, call) for place in PLACES for call in CALLS]
    # not where the last use began, so that each place and call comes up for each kind of use
    turn = count(len(use.name))
    for read in use.reads:
        for change in use.changes:
            at = next(turn) * 10 % len(pairs)
            for place, call in pairs if whole else pairs[at : at + 1]:
                yield script_of_use(use, read, change, place, call)
