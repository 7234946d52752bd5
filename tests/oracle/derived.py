"""More ways to call a program: transforms of the gate, and batches."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .forms import PLAIN, SPELLED, Call, Form, drawn_call, on_floats
from .program import Argument, Program, Step, drawn

FORMS: dict[str, Form] = {}
Made = tuple[str, Callable[[], Step]]
TRANSFORMS = ("grad", "value_and_grad", "jacobian", "hessian")


def variable(program: Program) -> list[int]:
    """The positions of arguments that are numbers or hold some."""
    return [k for k, a in enumerate(program.positional()) if a.holes and not a.optional]


def argnums(program: Program, random: Random, plain: bool = False) -> str:
    """Some of the positions that one may differentiate in; `plain` of single numbers alone."""
    own = [
        k for k in variable(program) if not plain or program.positional()[k].spellings == ("{}",)
    ]
    if random.random() < 0.4:
        return str(random.choice(own))
    return str(tuple(random.sample(own, random.randint(1, len(own)))))


def fits(name: str, program: Program) -> bool:
    """Whether a form makes sense for a program."""
    numbers = [k for k in variable(program) if program.positional()[k].spellings == ("{}",)]
    if program.forms:
        return name in program.forms
    if name == "bool" and "np.array(" in str(program.arguments):
        # NumPy adds booleans up to one, and has half floats for their tanh
        return False
    if name == "partial":
        return not program.arguments[0].keyword_only
    if name not in FORMS:
        return True
    if not numbers or (name.startswith("elements") and "np.array(" in str(program.arguments)):
        return False
    if name.endswith(("grad", "hessian", "hvp")) and not name.endswith("no_grad"):
        return program.returns == "number"
    if name in ("batch", "batch_backward", "elements"):
        return True
    return program.returns in ("number", "numbers")


def transformed(name: str, first: bool) -> Form:
    """A transform of the gate, or the gate of a transform."""

    def made(program: Program, random: Random) -> Made:
        wanted = argnums(program, random, plain=name == "hessian")
        if first:
            setup = f"gate = compile(sg.{name}(f, {wanted}))"
            return setup, lambda: on_floats("gate({})", drawn_call(program, random))
        asked = f"sg.{name}(gate, {wanted})"
        held = ", ".join(program.held)

        def step() -> Step:
            call = drawn_call(program, random)
            if random.random() < 0.75 or name == "jacobian":
                return on_floats(f"{asked}({{}})", call)
            values = call.given(SPELLED["Value"])
            return Step(f"through({asked}, {values.packed()}, [{held}])")

        return PLAIN, step

    return made


for name in TRANSFORMS:
    FORMS[name] = transformed(name, first=False)
    FORMS[f"compiled_{name}"] = transformed(name, first=True)


def required(program: Program, random: Random) -> tuple[Call, Call]:
    """Two calls by position, of what must be given: a point, and a direction."""
    shown = program._replace(arguments=tuple(a for a in program.positional() if a.holes))
    point = drawn_call(shown, random, all_of=True)
    numbers = {name: [drawn(random) for _ in x] for name, x in point.numbers.items()}
    return point, point._replace(numbers=numbers)


def along(name: str) -> Form:
    """A product with a direction. Constants are bound beforehand: they have no direction."""

    def made(program: Program, random: Random) -> Made:
        fixed = [a for a in program.positional() if not a.holes]
        rest = ", ".join(f"{a.name}={random.choice(a.spellings)}" for a in fixed)
        taken = ", ".join(a.name for a in program.positional() if a.holes)
        passed = ", ".join(f"{a.name}={a.name}" for a in program.positional() if a.holes)
        must = [a for a in program.arguments if a.keyword_only and not a.optional]
        more = "".join(
            f", {a.name}={random.choice(a.spellings).format(*'1' * a.holes)}" for a in must
        )
        setup = f"gate = compile(lambda {taken}: f({passed}{rest and ', '}{rest}{more}))"

        def step() -> Step:
            point, direction = (f"({c.given().arguments()},)" for c in required(program, random))
            return Step(f"sg.{name}(gate, {point}, {direction})")

        return setup, step

    return made


FORMS["jvp"] = along("jvp")
FORMS["hvp"] = along("hvp")


def pulled(program: Program, random: Random) -> Made:
    setup, _ = along("vjp")(program, random)

    def step() -> Step:
        point, _ = required(program, random)
        primals = f"({point.given().arguments()},)"
        if program.returns == "number":
            return Step(f"pulled(gate, {primals}, {drawn(random)})")
        # a cotangent of the structure of the result: the result itself
        return Step(f"pulled(gate, {primals}, f_at({primals}))")

    return setup + "\nf_at = lambda args: gate(*args)", step


FORMS["vjp"] = pulled


# ------ lanes
def batched(
    reduce: str | None, transform: str = "", elements: bool = False, values: bool = False
) -> Form:
    """Arguments with a sample in each row; or each element a sample."""

    def made(program: Program, random: Random) -> Made:
        rows = lanes_of(program, random, elements or transform == "hessian")
        names = True if elements else random.choice((tuple(rows), list(rows)))
        batch = repr(rows[0]) if not elements and len(rows) == 1 else repr(names)
        reducing = f", reduce={reduce!r}" if reduce else ""
        threads = ", threads=2" if random.random() < 0.1 else ""
        setup = f"gate = compile(f, batch={batch}{reducing}{threads})"
        wanted = argnums(program, random, plain=True) if transform else ""
        asked = f"sg.{transform}(gate, {wanted})" if transform else "gate"
        held = ", ".join(program.held)

        def step() -> Step:
            lanes = random.choice((1, 2, 3, 3, 5, 130))
            call = drawn_call(program, random, all_of=True)
            call = with_lanes(call, rows, lanes, random, elements)
            if not values:
                floats, linked = (call.given(how).arguments() for how in (spelled(repr), on_values))
                return Step(f"{asked}({floats})", otherwise=f"numbers({asked}({linked}))")
            given = call.given(spelled(SPELLED["Value"]))
            return Step(f"through({asked}, {given.packed()}, [{held}])")

        return setup, step

    return made


def lanes_of(program: Program, random: Random, plain: bool) -> list[str]:
    """Names of arguments that get lanes: numbers, arrays and dictionaries of numbers."""
    own = [a.name for a in program.positional() if has_rows(a) and not a.optional]
    if plain:
        own = [a.name for a in program.positional() if a.spellings == ("{}",) and not a.optional]
    names = random.sample(own, random.randint(1, len(own)))
    return names


def has_rows(a: Argument) -> bool:
    return a.spellings == ("{}",) or a.spellings[0].startswith(("np.array(", "{{"))


def with_lanes(call: Call, rows: list[str], lanes: int, random: Random, elements: bool) -> Call:
    numbers = dict(call.numbers)
    spellings = dict(call.spellings)
    for name in rows:
        count = len(numbers[name])
        columns = [[drawn(random) for _ in range(lanes)] for _ in range(count)]
        if spellings[name].startswith("np.array("):
            spellings[name] = f"np.array({[list(row) for row in zip(*columns)]})"
            numbers[name] = []
        else:
            numbers[name] = [Column(column) for column in columns]  # type: ignore[misc]
    if elements and len(rows) > 1 and random.random() < 0.5:
        numbers[rows[0]] = [Column(numbers[rows[0]][0][:2], (2, 1))]  # type: ignore[index,list-item]
    return call._replace(numbers=numbers, spellings=spellings)


class Column(list):  # type: ignore[type-arg]
    """A number of each lane; or numbers in another shape, to be broadcast."""

    def __init__(self, numbers: list[float], shape: tuple[int, ...] = ()) -> None:
        super().__init__(numbers)
        self.shape = shape


def spelled(how: Callable[[float], str]) -> Callable[[float], str]:
    """Lanes as an array, all else as `how` has it."""

    def spelling(x: float) -> str:
        if not isinstance(x, Column):
            return how(x)
        return f"np.array({list(x)})" if not x.shape else f"np.array({list(x)}).reshape(-1, 1)"

    return spelling


def on_values(x: float) -> str:
    """Values, also in lanes."""
    if not isinstance(x, Column):
        return SPELLED["Value"](x)
    text = f"np.array([{', '.join(map(SPELLED['Value'], x))}])"
    return f"{text}.reshape(-1, 1)" if x.shape else text


for reduce in (None, "sum", "mean"):
    suffix = f"_{reduce}" if reduce else ""
    FORMS[f"batch{suffix}"] = batched(reduce)
    FORMS[f"batch{suffix}_backward"] = batched(reduce, values=True)
    for name in TRANSFORMS:
        FORMS[f"batch{suffix}_{name}"] = batched(reduce, name)
FORMS["elements"] = batched(None, elements=True)
FORMS["elements_grad"] = batched("sum", "value_and_grad", elements=True)
