"""The ways to call a program: how `gate` is made, and how a call of it is spelled."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from .program import Argument, Program, Script, Step, drawn

PLAIN = "gate = compile(f)"
SPELLED: dict[str, Callable[[float], str]] = {
    "float": repr,
    "int": lambda x: str(round(x)),
    "bool": lambda x: str(x > 0.0),
    "numpy": lambda x: f"np.float64({x})",
    "Value": lambda x: f"sg.Value({x})",
}


class Given(NamedTuple):
    """The arguments of a call as text: those given by position, those by name."""

    positional: list[str]
    named: dict[str, str]

    def arguments(self) -> str:
        return ", ".join([*self.positional, *(f"{k}={x}" for k, x in self.named.items())])

    def packed(self) -> str:
        """(args, named), for what takes them apart from the function."""
        args = "".join(f"{x}, " for x in self.positional)
        return f"({args}), dict({', '.join(f'{k}={x}' for k, x in self.named.items())})"


class Call(NamedTuple):
    """One call, its numbers drawn and not yet spelled."""

    program: Program
    spellings: dict[str, str]
    numbers: dict[str, list[float]]
    by_name: tuple[str, ...]

    def given(self, how: Callable[[float], str] = repr) -> Given:
        texts = {
            name: spelling.format(*map(how, self.numbers[name]))
            for name, spelling in self.spellings.items()
        }
        positional = [texts[a.name] for a in self.program.arguments if self.has(a)]
        return Given(positional, {name: texts[name] for name in self.by_name})

    def has(self, argument: Argument) -> bool:
        return argument.name in self.spellings and argument.name not in self.by_name


def drawn_call(
    program: Program, random: Random, by_name: bool = False, all_of: bool = False
) -> Call:
    """A call with numbers drawn. What has a default may be left out, with all that follows it."""
    given, left_out = [], False
    for a in program.arguments:
        out = a.optional and not all_of and random.random() < 0.5
        left_out = left_out or (out and not a.keyword_only)
        if not out and (a.keyword_only or not left_out):
            given.append(a)
    names = [a.name for a in given if by_name or a.keyword_only]
    if by_name:
        names = random.sample(names, len(names))
    spellings = {a.name: random.choice(a.spellings) for a in given}
    numbers = {name: [drawn(random) for _ in range(s.count("{}"))] for name, s in spellings.items()}
    return Call(program, spellings, numbers, tuple(names))


Form = Callable[[Program, Random], tuple[str, Callable[[], Step]]]
"""The line that makes the gate, and what draws one call of it."""
FORMS: dict[str, Form] = {}


def form(f: Form) -> Form:
    FORMS[f.__name__.removesuffix("_")] = f
    return f


def on_floats(template: str, call: Call) -> Step:
    """A call on floats, and the same on Values."""
    floats, values = call.given(), call.given(SPELLED["Value"])
    return Step(
        template.format(floats.arguments()),
        otherwise=f"numbers({template.format(values.arguments())})",
    )


def called(spelling: str, by_name: bool = False) -> Form:
    """`gate` itself called."""

    def made(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
        def step() -> Step:
            call = drawn_call(program, random, by_name)
            if spelling == "float":
                return on_floats("gate({})", call)
            given, values = (call.given(SPELLED[s]).arguments() for s in (spelling, "Value"))
            return Step(f"gate({given})", otherwise=f"numbers(gate({values}))")

        return PLAIN, step

    return made


for name in SPELLED:
    FORMS[name] = called(name)
FORMS["keywords"] = called("float", by_name=True)


@form
def mixed(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
    """Each number a float, a Value, an int or one of NumPy's."""

    def step() -> Step:
        def how(x: float) -> str:
            return SPELLED[random.choice(("float", "Value", "int", "numpy", "float"))](x)

        call = drawn_call(program, random)
        values = call.given(SPELLED["Value"]).arguments()
        return Step(f"gate({call.given(how).arguments()})", otherwise=f"numbers(gate({values}))")

    return PLAIN, step


@form
def backward(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
    """Through the result into arguments and closed-over Values."""
    return PLAIN, lambda: pulled_back(program, random)


def pulled_back(program: Program, random: Random) -> Step:
    held = ", ".join(program.held)
    call = drawn_call(program, random)
    spelling = random.choice(("Value", "Value", "float"))
    through, values = (
        f"through(gate, {call.given(SPELLED[how]).packed()}, [{held}])"
        for how in (spelling, "Value")
    )
    otherwise = f"numbers({values})" if spelling == "Value" else f"kept({values}, [{held}])"
    return Step(through, otherwise=otherwise)


@form
def no_grad(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
    def step() -> Step:
        call = drawn_call(program, random)
        if random.random() < 0.5:
            return on_floats("unlinked(gate, {})", call)
        return Step(f"unlinked(gate, {call.given(SPELLED['Value']).arguments()})")

    return PLAIN, step


@form
def partial(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
    """The first argument, or one by name, given beforehand."""
    call = drawn_call(program, random, all_of=True)
    first = program.arguments[0]
    bound = call.given().positional[0] if not first.keyword_only else ""
    setup = random.choice(
        ("gate = compile(functools.partial(f, {}))", "gate = functools.partial(compile(f), {})")
    )

    def step() -> Step:
        rest = drawn_call(program, random)
        left = {name: s for name, s in rest.spellings.items() if name != first.name}
        return on_floats("gate({})", rest._replace(spellings=left))

    return setup.format(bound), step


@form
def method(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
    """A decorated method that calls the function; called on the instance."""
    head = "@compile" if random.random() < 0.5 else "@compile()"
    setup = (
        f"class Owner:\n    factor = 2.0\n    {head}\n    def method(self, *args, **named):\n"
        "        return f(*args, **named), self.factor\n"
        "    @staticmethod\n    @compile\n    def apart(*args, **named):\n"
        "        return f(*args, **named)\ngate = Owner()"
    )
    name = random.choice(("method", "method", "apart"))

    def step() -> Step:
        return on_floats(f"gate.{name}({{}})", drawn_call(program, random))

    return setup, step


@form
def within(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
    """A compiled function within another."""
    end = " * 2.0 + 1.0" if program.returns == "number" else ""
    setup = (
        f"inner = compile(f)\ndef outer(*args, **named):\n    return inner(*args, **named){end}\n"
        "gate = compile(outer)"
    )
    return setup, lambda: pulled_back(program, random)


@form
def held_as_argument(program: Program, random: Random) -> tuple[str, Callable[[], Step]]:
    """A Value that the program closes over is given to it as well, or one Value twice."""
    shared = program.held[0] if program.held else "shared"
    head = "" if program.held else "shared = sg.Value(0.625)\n"

    def step() -> Step:
        how = iter([f"(list(values_in({shared}))[0])"] * 2)
        given = drawn_call(program, random).given(lambda x: next(how, f"sg.Value({x})"))
        return Step(f"through(gate, {given.packed()}, [{shared}])")

    return head + PLAIN, step


def script(
    program: Program, form: str, random: Random, calls: int = 4, strict: bool = False
) -> Script:
    """Calls of one form, a change of what the program uses between two of them."""
    from .derived import FORMS as derived

    setup, step = (FORMS.get(form) or derived[form])(program, random)
    steps = [step()]
    for k in range(1, calls):
        if program.changes and k > 1:
            steps.append(Step(random.choice(program.changes), change=True))
        steps.append(step() if random.random() < 0.6 else [s for s in steps if not s.change][-1])
    return Script(program, form, setup, tuple(steps), strict)
