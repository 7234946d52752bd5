"""A function that branches on its numbers, in C: each comparison is an `if`, and what stands in
one branch is computed there alone.

The ways through the function are programs of their own. The numbers that two of them compute in the
same way has one name, so that it is computed once, before the comparison at which they part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..branches.conditions import Conditions
from ..inputs.sources import COUNT, SHARE
from ..passes.program import Program
from ..passes.traced import Traced
from ..pipeline import program_of
from ..text.emit import Operations, Style, indented, safe_names
from ..text.names import Names
from ..trace.body import Body
from ..trace.vocabulary import CONSTANT, INPUT
from .identifiers import KEYWORDS, MATH

OWN = (COUNT, SHARE)
"""The inputs that nobody gives, by their numbers."""
WORDS = ("elsewhere", "others", "share")
"""Names that the text has besides those of numbers."""


class Way:
    """One way: its program, and the names that all ways have for its nodes."""

    def __init__(
        self, traced: Traced, program: Program, names: Names, name: Mapping[int, object]
    ) -> None:
        self.program, self.name = program, name
        trace = program.trace
        self.inputs = {self.name[i]: x for i, x in zip(program.inputs, names.inputs)}
        self.lanes = {self.name[i]: trace.lanes[i] for i in program.inputs}
        self.outputs = dict(zip(traced.keys(), program.outputs))
        self.output_names = dict(zip(self.outputs, names.outputs))
        self.tests = [(g.compare, self.name[g.x], self.name[g.y]) for g in program.guards]
        self.operations: Operations

    def write(self, style: Style, texts: dict[object, str]) -> None:
        """Get ready to write statements. `texts` are those of numbers, which more are added to."""
        self.operations = Operations(self.program, style)
        for i in self.program.order:
            row = self.program.trace.rows[i]
            if row is not CONSTANT:
                x = self.name[i]
                self.operations.names[i] = texts.setdefault(x, f"v{len(texts)}")

    def statements(self, nodes: Iterable[int], known: set[object]) -> Iterator[str]:
        """Yield the statements that these nodes need besides those of what is known."""
        rows = self.program.trace.rows
        for i in self.program.trace.needed(list(nodes)):
            if rows[i] not in (INPUT, CONSTANT) and self.name[i] not in known:
                known.add(self.name[i])
                yield from self.operations.assignments(i)


def way_of(traced: Traced, names: Names, conditions: Conditions) -> Way:
    """The way of a trace. Its nodes are named before they are fused: which sums and products become
    one node depends on the whole way, and what two ways compute would have two names."""
    name: dict[int, object] = {}

    def noted(stage: str, body: Body) -> None:
        if stage == "lowered":
            name.update(conditions.names(body.trace, traced.sources, body.wanted))

    return Way(traced, program_of(traced.body, careful=True, show=noted), names, name)


class Result(NamedTuple):
    """A number that the function gives: what it is, its name, and whether every lane has its own;
    if not it is a sum over the lanes, where there are any."""

    key: Any
    name: str
    lane: bool


class Branching:
    """A function of a file that goes one of several ways. Of the first way `each` tells which
    outputs every lane has its own of, where lanes are `reduced`, to a "sum" or a "mean"."""

    written = None

    def __init__(
        self,
        name: str,
        function_name: str,
        ways: Sequence[Way],
        each: Sequence[bool],
        reduced: str | None,
    ) -> None:
        self.name, self.function_name = name, function_name
        self.ways, self.reduced = ways, reduced
        self.lanes = {x: lane for way in reversed(ways) for x, lane in way.lanes.items()}
        given = {x: text for way in reversed(ways) for x, text in way.inputs.items()}
        order = dict.fromkeys(x for way in ways for x in way.inputs)
        self.inputs = {x: given[x] for x in order}
        self.has_lanes = any(self.lanes.values())
        self.results = list(self.all_results(each))
        self.has_others = False
        """Whether there are ways that are not known."""

    def all_results(self, each: Sequence[bool]) -> Iterator[Result]:
        first = dict(zip(self.ways[0].outputs, each))
        names = {key: x for way in self.ways for key, x in way.output_names.items()}
        for key, name in names.items():
            # the derivative in a Value that the first way does not use
            yield Result(key, name, first.get(key, self.has_lanes and self.reduced is None))

    # ------ what the file tells of it
    @property
    def input_lanes(self) -> list[bool]:
        return [self.lanes[x] for x in self.inputs]

    @property
    def output_lanes(self) -> list[bool]:
        return [result.lane for result in self.results]

    @property
    def input_names(self) -> list[str]:
        return list(self.inputs.values())

    @property
    def output_names(self) -> list[str]:
        return [result.name for result in self.results]

    # ------ its text
    def text(self, head: str, style: Style) -> str:
        words = {*KEYWORDS, *MATH, *WORDS, self.name, *(total(k) for k in range(len(self.results)))}
        texts = dict(zip(self.inputs, safe_names(self.input_names, *words)))
        for way in self.ways:
            way.write(style, texts)
        numbers, lanes = self.given(texts, False), self.given(texts, True)
        tree = self.tree(self.ways, 0, set())
        inside = [*lanes, *tree, *self.elsewhere()]
        lines = [
            "(void)numbers, (void)lanes, (void)count, (void)results, (void)columns;",
            *numbers,
            *(self.over_lanes(inside) if self.has_lanes else inside),
        ]
        return f"{head}\n{{\n{indented(lines, 1)}}}\n"

    def given(self, texts: dict[object, str], lane: bool) -> list[str]:
        """The inputs that some way uses, from where they are."""
        used = {way.name[i] for way in self.ways for i in way.operations.used_inputs()}
        found = [x for k, x in enumerate(self.inputs) if self.lanes[x] == lane and k not in OWN]
        element = "lanes[{}][lane]" if lane else "numbers[{}]"
        return [
            f"const double {texts[x]} = {element.format(k)};"
            for k, x in enumerate(found)
            if x in used
        ]

    def over_lanes(self, inside: Sequence[str]) -> Iterator[str]:
        yield "long others = 0;"
        if self.reduced == "mean":
            yield "const double share = 1.0 / (double)count;"
        yield from (f"double {total(k)} = -0.0;" for k, _ in self.sums())
        yield "for (long lane = 0; lane < count; lane++) {"
        yield from (f"    {line}" for line in inside)
        yield "}"
        for at, (k, _) in enumerate(self.sums()):
            yield f"results[{at}] = {self.shared(total(k))} + 0.0;"
        yield "return others;"

    def sums(self) -> list[tuple[int, Result]]:
        return [(k, x) for k, x in enumerate(self.results) if not x.lane]

    def shared(self, text: str) -> str:
        return f"{text} * share" if self.reduced == "mean" else text

    # ------ the comparisons
    def tree(self, ways: Sequence[Way], k: int, known: set[object]) -> list[str]:
        """The statements from the k-th comparison on, which these ways have in common."""
        lines: list[str] = []
        while k < len(ways[0].tests):
            way = ways[0]
            guard, test = way.program.guards[k], way.tests[k]
            lines += declared(way.statements((guard.x, guard.y), known))
            text = way.operations.names
            condition = f"{text[guard.x]} {guard.compare} {text[guard.y]}"
            # numbers turn off elsewhere where lowering has made one comparison of two
            alike = [x for x in ways if x.tests[k : k + 1] == [test]]
            holds = [x for x in alike if x.program.guards[k].outcome]
            fails = [x for x in alike if not x.program.guards[k].outcome]
            k += 1
            # the lesser side stands in braces, which are seldom deep then
            outcome = len(holds) <= len(fails)
            inside, ways = (holds, fails) if outcome else (fails, holds)
            head = f"if ({condition})" if outcome else f"if (!({condition}))"
            if inside:
                lines.append(f"{head} {{")
                lines += (f"    {line}" for line in self.tree(inside, k, set(known)))
                lines.append("}")
            else:
                self.has_others = True
                lines.append(f"{head} goto elsewhere;")
        return lines + self.end(ways[0], known)

    def end(self, way: Way, known: set[object]) -> list[str]:
        """The end of a way: its results."""
        lines = declared(way.statements(way.outputs.values(), known))
        text = [
            way.operations.names[way.outputs[x.key]] if x.key in way.outputs else "0.0"
            for x in self.results
        ]
        return [*lines, *self.stored(text), "continue;" if self.has_lanes else "return 0;"]

    def elsewhere(self) -> list[str]:
        """The end of all ways that are not known."""
        if not self.has_others:
            return []
        nan = self.stored(["NAN"] * len(self.results))
        return ["elsewhere:", *nan, "others++;" if self.has_lanes else "return 1;"]

    def stored(self, text: Sequence[str]) -> Iterator[str]:
        at = {False: 0, True: 0}
        for k, result in enumerate(self.results):
            if result.lane:
                yield f"columns[{at[True]}][lane] = {self.shared(text[k])};"
            elif self.has_lanes:
                yield f"{total(k)} += {text[k]};"
            else:
                yield f"results[{at[False]}] = {text[k]};"
            at[result.lane] += 1


def total(k: int) -> str:
    return f"total_{k}"


def declared(statements: Iterable[str]) -> list[str]:
    return [f"const double {text};" for text in statements]
