"""Random programs: a function of random statements, over arguments of every kind, that uses what
stands around it, and what can change there."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .expressions import Scope
from .program import Argument, Program
from .statements import Writer, indented
from .uses import USES, Use

TYPES = """\
class Pair(NamedTuple):
    a: float
    b: float
@dataclasses.dataclass
class Point:
    a: float
    b: float = 0.5"""

ARGUMENTS = (
    ("list", ("[{}, {}, {}]",), ("{n}[0]", "{n}[2]"), "{n}"),
    ("tuple", ("({}, {})",), ("{n}[0]", "{n}[1]"), "{n}"),
    ("dict", ("{{'a': {}, 'b': {}}}", "{{'b': {}, 'a': {}}}"), ("{n}['b']",), "list({n}.values())"),
    ("named tuple", ("Pair({}, {})",), ("{n}.a", "{n}.b"), "list({n})"),
    ("dataclass", ("Point({}, {})",), ("{n}.a", "{n}.b"), ""),
    ("array", ("np.array([{}, {}])",), ("{n}[0]", "np.sum({n})", "np.dot({n}, {n})"), "list({n})"),
    ("nested", ("dict(p=[{}, ({}, {})], q=1)",), ("{n}['p'][1][0]", "{n}['p'][0]"), ""),
)
"""Name, spellings, expressions for its numbers, one for a list of them."""

RESULTS = (
    *("({}, {})", "[{}, {}]", "{{'a': {}, 'b': {}}}", "Pair({}, {})", "[{}]"),
    *("({}, [{}])", "{{'a': ({}, {})}}", "({},)"),
)
MIXED = (
    *(
        "({}, {w})",
        "dict(value={}, n={w}, flag={c})",
        "[{}, None, 'text', {w}]",
        "Point({}, {w})",
        "Point({}, {})",
    ),
    *("({}, {c})", "{w}", "{c}", "None", "Pair({}, 'b')", "({}, [{w}, True], {k})", "{k}"),
)


class Maker:
    """Makes one program."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.scope = Scope(random, [], risky=random.random() < 0.25)
        self.arguments: list[Argument] = []
        self.uses: list[tuple[str, Use]] = []

    def program(self, name: str) -> Program:
        random = self.random
        for _ in range(random.choice((1, 1, 2, 2, 3))):
            self.argument()
        for k in range(random.choice((0, 1, 1, 2, 3))):
            self.use(f"g{k}", random.choice(USES))
        head = f"def f({self.parameters()}):"
        source = [TYPES, *(use.made.format(n=n) for n, use in self.uses)]
        self.helper(source)
        returns = random.choice(("number", "number", "number", "numbers", "anything"))
        writer = Writer(random, self.scope, self.result(returns))
        lines = writer.body(random.randint(1, 6))
        changes = [c.format(n=n) for n, use in self.uses for c in use.changes]
        held = [h.format(n=n) for n, use in self.uses for h in use.held]
        text = "\n".join([*source, head, *indented(lines)])
        return Program(name, text, tuple(self.arguments), tuple(changes), tuple(held), returns)

    def argument(self) -> None:
        name = "xyzw"[len(self.arguments)]
        last = bool(self.arguments)
        roll = self.random.random()
        if roll < 0.55 or not last:
            self.scope.numbers.append(name)
            self.arguments.append(Argument(name))
        elif roll < 0.85:
            _, spellings, reads, listed = self.random.choice(ARGUMENTS)
            self.scope.numbers += [r.format(n=name) for r in reads]
            self.scope.lists += [listed.format(n=name)] if listed else []
            self.arguments.append(Argument(name, spellings))
        elif roll < 0.93:
            self.scope.wholes.append(name)
            self.arguments.append(Argument(name, ("0", "1", "2", "True")))
        else:
            self.scope.strings.append(name)
            self.arguments.append(Argument(name, ("'a'", "'b'")))

    def parameters(self) -> str:
        """The list of parameters: some with a default, some by name alone."""
        parts, star, optional = [], False, False
        for k, a in enumerate(self.arguments):
            star = star or (k > 0 and self.random.random() < 0.15)
            optional = (optional and not star) or (k > 0 and self.random.random() < 0.2)
            if star and "*" not in parts:
                parts.append("*")
            a = a._replace(keyword_only=star, optional=optional)
            self.arguments[k] = a
            default = a.spellings[0].format(*["0.5"] * a.holes)
            parts.append(f"{a.name}={default}" if optional else a.name)
        return ", ".join(parts)

    def use(self, name: str, use: Use) -> None:
        self.uses.append((name, use))
        reads = self.random.sample(use.reads, min(len(use.reads), 3))
        self.scope.used += [r.format(n=name) for r in reads]

    def helper(self, source: list[str]) -> None:
        """A function of the module that the program calls."""
        if self.random.random() < 0.4:
            scope = Scope(self.random, ["t"], used=list(self.scope.used))
            source.append(f"def helper(t):\n    return {scope.bounded()}")
            self.scope.calls.append("helper({})")

    def result(self, returns: str) -> Callable[[Scope], str]:
        def written(scope: Scope) -> str:
            if returns == "number":
                return scope.number()
            numbers = [scope.number(2) for _ in range(template.count("{}"))]
            strings = scope.strings or ["'text'"]
            others = dict(w=scope.whole(), c=scope.condition(1), k=scope.random.choice(strings))
            return template.format(*numbers, **others)

        template = self.random.choice(RESULTS if returns == "numbers" else MIXED + RESULTS)
        return written


def generated(seed: int | str) -> Program:
    """The program of a seed: always the same."""
    return Maker(Random(f"program {seed}")).program(f"program {seed}")
