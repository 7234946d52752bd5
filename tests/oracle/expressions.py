"""Random expressions as text: numbers, conditions, whole numbers, out of what is in scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

BOUNDED = (
    *("sg.tanh({})", "sg.sin({})", "sg.cos({})", "sg.sigmoid({})", "sg.atan({})"),
    *("sg.exp(-abs({}))", "sg.erf({})"),
)
UNARY = (
    *BOUNDED,
    *("-{}", "abs({})", "({} ** 2)", "sg.relu({})", "sg.softplus({})", "sg.square({})"),
    *("sg.sqrt(1.0 + {} ** 2)", "sg.log(1.5 + abs({}))", "sg.log1p(abs({}))", "sg.silu({})"),
    *("sg.clamp({}, -1.0, 1.0)", "({} * 1)", "+{}", "sg.stop_gradient({})"),
)
BINARY = (
    *("({} + {})", "({} - {})", "({} * {})", "({} + {})", "({} * {})", "{} / (1.5 + abs({}))"),
    *("sg.maximum({}, {})", "sg.minimum({}, {})", "max({}, {})", "min({}, {})"),
    *("sg.hypot(1.0 + {}, {})", "sg.atan2({}, 1.5 + {} ** 2)", "sg.logaddexp({}, {})"),
    *(
        "sum([{}, {}])",
        "sg.dot([{}, 0.5], [1.5, {}])",
        "sg.sum([{}, {}, 1.0])",
        "sg.mean([{}, {}])",
    ),
    *("sorted([{}, {}])[0]", "(lambda s, t=0.5: s * t)({}, {})", "max([{}, {}], key=abs)"),
    *("sum(s * t for s, t in zip([{}, 0.5], [1.5, {}]))", "[{}, {}][-1]", "dict(p={}, q={})['q']"),
    *(
        "divmod({}, 1.5 + abs({}))[1]",
        "sg.prod([{}, {}])",
        "(lambda *s, **t: s[0] - t['u'])({}, u={})",
    ),
)
RISKY = ("{} / {}", "1.0 / ({} - {})", "sg.log(abs({} * {}))", "abs({}) ** {}")
OVER_LISTS = (
    *("sum({})", "max({})", "min({})", "sum(t * t for t in {})", "sum([0.5 * t for t in {}])"),
    *("sum(i * t for i, t in enumerate({}))", "sorted({})[0]", "sorted({}, reverse=True)[0]"),
    *("max({}, key=lambda t: -t)", "min({}, key=lambda t: (t - 0.5) ** 2)", "{}[-1]"),
    *("sum(t for t in {} if t > 0.25)", "sg.sum({})", "next((t for t in {} if t > 0), 0.5)"),
    *("sum(map(sg.tanh, {}))", "max((t for t in {} if t < 1.0), default=0.25)", "sg.logsumexp({})"),
    *("functools.reduce(lambda s, t: 0.5 * s + t, {}, 0.125)", "sum(reversed({}))", "sg.mean({})"),
    *("(lambda first, *rest: first + 0.5 * sum(rest))(*{})", "sum({}[1:]) + {}[0]"),
)
CONDITIONS = (
    *("{} > {}", "{} <= {}", "{} >= {}", "{} < {}", "{} != {}", "not {} > {}", "{} == {}"),
    *("0.0 < {} <= 1.0 + abs({})", "{} > 0 and {} < 1", "{} > 1 or {} < 0", "{} in (0.5, {})"),
    *("any(t > 0.5 for t in ({}, {}))", "all(t > -1.0 for t in ({}, {}))", "max({}, {}) > 0.75"),
    *("bool({} - {})", "[{}, 0.5] == [{}, 0.5]", "sorted([{}, {}])[1] > 0.25"),
)


@dataclass
class Scope:
    """What expressions can be made of, at one place of a program."""

    random: Random
    numbers: list[str]
    """Names and other expressions for numbers."""
    lists: list[str] = field(default_factory=list)
    wholes: list[str] = field(default_factory=list)
    """Whole numbers, known when the program is written."""
    strings: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Functions of a number, with a hole."""
    used: list[str] = field(default_factory=list)
    """What the program uses besides its arguments."""
    risky: bool = False

    def inner(self) -> Scope:
        """A scope whose names end with a block: it may not be run."""
        return Scope(
            *(self.random, list(self.numbers), list(self.lists), list(self.wholes)),
            *(list(self.strings), self.calls, self.used, self.risky),
        )

    def number(self, depth: int = 3) -> str:
        roll = self.random.random()
        if depth <= 0 or roll < 0.15:
            return self.leaf()
        if roll < 0.40:
            return self.filled(self.random.choice(UNARY), depth)
        if roll < 0.68:
            return self.filled(self.random.choice(BINARY), depth)
        if roll < 0.76:
            chosen, other = self.number(depth - 1), self.number(depth - 1)
            return f"({chosen} if {self.condition(depth - 2)} else {other})"
        if roll < 0.86:
            over = self.list_of(depth - 1)
            return "(" + self.random.choice(OVER_LISTS).replace("{}", over) + ")"
        if roll < 0.93 and self.calls:
            return self.filled(self.random.choice(self.calls), depth)
        if roll < 0.95 and self.risky:
            return f"({self.filled(self.random.choice(RISKY), depth)})"
        if roll < 0.97:
            return f"({self.condition(depth - 2)}) * {self.number(depth - 1)}"
        return f"{{True: {self.leaf()}, False: {self.leaf()}}}[{self.condition(depth - 2)}]"

    def leaf(self) -> str:
        roll = self.random.random()
        if roll < 0.12:
            return str(round(self.random.uniform(-2.0, 2.0), 2))
        if roll < 0.18:
            return f"({self.whole()})"
        if roll < 0.45 and self.used:
            return f"({self.random.choice(self.used)})"
        return self.random.choice(self.numbers)

    def filled(self, template: str, depth: int) -> str:
        return template.format(*(self.number(depth - 1) for _ in range(template.count("{}"))))

    def bounded(self, depth: int = 3) -> str:
        return self.random.choice(BOUNDED).format(self.number(depth - 1))

    def list_of(self, depth: int) -> str:
        roll = self.random.random()
        if self.lists and roll < 0.5:
            return self.random.choice(self.lists)
        if roll < 0.7:
            return f"[{self.number(depth - 1)} for i in range({self.random.randint(1, 3)})]"
        return f"[{', '.join(self.number(depth - 2) for _ in range(self.random.randint(1, 4)))}]"

    def condition(self, depth: int = 2) -> str:
        roll = self.random.random()
        if roll < 0.06:
            return f"{self.whole()} % 2 == {self.random.randint(0, 1)}"
        if roll < 0.14 and self.strings:
            return f"{self.random.choice(self.strings)} == {self.random.choice(('a', 'b'))!r}"
        return self.filled(self.random.choice(CONDITIONS), depth)

    def whole(self) -> str:
        if self.wholes and self.random.random() < 0.7:
            return self.random.choice(self.wholes)
        return str(self.random.randint(0, 3))
