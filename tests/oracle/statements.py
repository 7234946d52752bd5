"""Random statements as lines of text: assignments, branches, loops, exceptions, early returns."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .expressions import Scope

Lines = list[str]


def indented(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


class Writer:
    """Writes the body of one function. `result` writes what it returns, of one structure."""

    def __init__(self, random: Random, scope: Scope, result: Callable[[Scope], str]) -> None:
        self.random, self.outer, self.result = random, scope, result
        self.count = 0
        self.ways = 0
        self.kinds = {
            self.assigned: 5,
            self.changed: 3,
            self.branch: 4,
            self.while_loop: 2,
            self.for_loop: 3,
            self.attempt: 1.5,
            self.early: 1.5,
            self.listed: 2,
            self.keyed: 1.5,
            self.function: 1,
            self.matched: 1,
            self.counted: 1,
            self.unpacked: 1,
        }

    def body(self, statements: int) -> Lines:
        scope = self.outer
        lines = self.block(scope, statements, 2)
        return [*lines, f"return {self.result(scope)}"]

    def name(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def block(self, scope: Scope, statements: int, depth: int) -> Lines:
        lines: Lines = []
        kinds, weights = zip(*self.kinds.items())
        for _ in range(statements):
            (kind,) = self.random.choices(kinds, weights)
            if depth == 0 and kind not in (self.assigned, self.changed, self.early):
                kind = self.assigned
            lines += kind(scope, depth)
        return lines

    def inner(self, scope: Scope, depth: int) -> Lines:
        return self.block(scope.inner(), self.random.randint(1, 2), depth - 1)

    # ------ one statement each
    def assigned(self, scope: Scope, depth: int) -> Lines:
        name, text = self.name(), scope.number()
        scope.numbers.append(name)
        return [f"{name} = {text}"]

    def changed(self, scope: Scope, depth: int) -> Lines:
        """A name gets another number, also one of an enclosing block."""
        own = [x for x in scope.numbers if x.isidentifier()]
        if not own:
            return self.assigned(scope, depth)
        name = self.random.choice(own)
        operator = self.random.choice(("=", "+=", "-=", "*=", "="))
        return [f"{name} {operator} {scope.bounded()}"]

    def branch(self, scope: Scope, depth: int) -> Lines:
        lines = [f"if {scope.condition()}:", *indented(self.inner(scope, depth))]
        if self.random.random() < 0.3:
            lines += [f"elif {scope.condition()}:", *indented(self.inner(scope, depth))]
        if self.random.random() < 0.6:
            lines += ["else:", *indented(self.inner(scope, depth))]
        return lines

    def while_loop(self, scope: Scope, depth: int) -> Lines:
        """A loop whose count depends on numbers, and ends in any case."""
        n, t, start = self.name(), self.name(), scope.number()
        scope.numbers.append(t)
        inside = scope.inner()
        inside.wholes.append(n)
        more = self.block(inside, self.random.randint(0, 1), 0)
        step = self.random.choice(("{t} = 0.5 * {t}", "{t} *= 0.4", "{t} = {t} / 2.5 - 0.01"))
        bound = round(self.random.uniform(0.05, 0.9), 2)
        lines = [
            f"{n}, {t} = 0, {start}",
            f"while abs({t}) > {bound}" + self.random.choice((":", f" and {n} < 4:")),
            *indented([step.format(t=t), *more, f"{n} += 1"]),
            *indented([f"if {n} > 5:", f"    {self.random.choice(('break', f'{t} = 0.0'))}"]),
        ]
        if self.random.random() < 0.3:
            lines += ["else:", *indented(self.changed(scope, 0))]
        if self.random.random() < 0.5:
            scope.wholes.append(n)
        return lines

    def for_loop(self, scope: Scope, depth: int) -> Lines:
        t, i, s = self.name(), self.name(), self.name()
        inside = scope.inner()
        inside.numbers.append(t)
        over = scope.list_of(2)
        head = self.random.choice(
            (
                f"for {t} in {over}:",
                f"for {i}, {t} in enumerate({over}):",
                f"for {t} in range({self.random.randint(1, 4)}):",
                f"for {t}, {i} in zip({over}, {scope.list_of(2)}):",
                f"for {i}, {t} in dict(a={scope.leaf()}, b={scope.leaf()}).items():",
            )
        )
        inside.numbers.append(s)
        lines = self.block(inside, self.random.randint(0, 2), depth - 1)
        end = self.random.choice(("", "", "break", "continue"))
        if end:
            lines += [f"if {inside.condition()}:", f"    {end}"]
        lines.append(f"{s} = 0.5 * {s} + {inside.bounded()}")
        lines = [f"{s} = {scope.leaf()}", head, *indented(lines)]
        if self.random.random() < 0.2:
            lines += ["else:", *indented([f"{s} = {s} + 0.25"])]
        scope.numbers.append(s)
        return lines

    def attempt(self, scope: Scope, depth: int) -> Lines:
        name = self.name()
        risky = self.random.choice(
            (
                f"{name} = 1.0 / {scope.number(2)}",
                f"{name} = dict(a={scope.number(2)})['a' if {scope.condition()} else 'b']",
                f"{name} = [{scope.number(2)}][{scope.whole()}]",
                f"{name} = {scope.number(2)}\n    if {scope.condition()}:\n"
                f"        raise ValueError({name})",
                f"{name} = {scope.number(2)}\n    assert {scope.condition()}",
            )
        )
        error = self.random.choice(
            ("(ZeroDivisionError, KeyError, IndexError)", "(ValueError, LookupError)", "Exception")
        )
        lines = ["try:", *f"    {risky}".split("\n"), f"except {error}:"]
        lines.append(f"    {name} = {scope.number(2)}")
        if self.random.random() < 0.3:
            lines += ["finally:", *indented(self.changed(scope, 0))]
        scope.numbers.append(name)
        return lines

    def early(self, scope: Scope, depth: int) -> Lines:
        if self.ways == 2:
            return self.assigned(scope, depth)
        self.ways += 1
        if self.random.random() < 0.15:
            error = self.random.choice(("ValueError", "KeyError", "RuntimeError"))
            return [f"if {scope.condition()} and {scope.condition()}:", f"    raise {error}('way')"]
        return [f"if {scope.condition()}:", f"    return {self.result(scope)}"]

    def listed(self, scope: Scope, depth: int) -> Lines:
        name = self.name()
        lines = [f"{name} = [*{scope.list_of(3)}]"]
        scope.lists.append(name)
        change = self.random.choice(
            (
                *(
                    "{}.append({})",
                    "{}[0] = {}",
                    "{}.insert(0, {})",
                    "{}.extend([{}])",
                    "{}.sort()",
                ),
                *("{}.reverse()", "{} += [{}]", "{} = [t for t in {} if t > 0] or [0.5]"),
            )
        )
        given = [name, scope.number(2)] if "in {}" not in change else [name, name]
        return [*lines, change.format(*given)]

    def keyed(self, scope: Scope, depth: int) -> Lines:
        name, key = self.name(), self.random.choice(("'a'", "'b'", "2"))
        lines = [f"{name} = {{'a': {scope.number(2)}, 'b': {scope.leaf()}, 2: 0.5}}"]
        scope.numbers.append(f"{name}[{key}]")
        scope.lists.append(f"list({name}.values())")
        if self.random.random() < 0.5:
            lines += [f"if {scope.condition()}:", f"    {name}['z'] = {scope.number(2)}"]
        if self.random.random() < 0.5:
            lines.append(f"{name}[{key}] = {name}.pop({key}) * 0.5")
        return lines

    def function(self, scope: Scope, depth: int) -> Lines:
        """A function within, that closes over names; perhaps recursive."""
        name = self.name()
        inside = scope.inner()
        inside.numbers.append("t")
        if self.random.random() < 0.5:
            lines = [f"def {name}(t, n=2):", "    if n == 0 or abs(t) < 0.05:", "        return t"]
            lines.append(f"    return 0.5 * {name}({inside.bounded(2)}, n - 1) + 0.25 * t")
        else:
            default = scope.leaf()
            inside.numbers.append("u")
            lines = [f"def {name}(t, u={default}, *more, k={scope.leaf()}):"]
            lines.append(f"    return {inside.number(2)} * k")
        scope.calls = [*scope.calls, f"{name}({{}})"]
        return lines

    def matched(self, scope: Scope, depth: int) -> Lines:
        name = self.name()
        subject = self.random.choice(("whole", "pair", "string"))
        if subject == "string" and scope.strings:
            text, cases = self.random.choice(scope.strings), ("'a'", "'b' | 'c'")
        elif subject == "pair":
            text, cases = f"({scope.number(2)}, {scope.whole()})", ("(s, 0)", "(s, n) if s > 0.25")
        else:
            text, cases = scope.whole(), ("0", "1 | 2")
        lines = [f"match {text}:"]
        for case in (*cases, "_"):
            lines += [f"    case {case}:", f"        {name} = {scope.number(2)}"]
        scope.numbers.append(name)
        return lines

    def counted(self, scope: Scope, depth: int) -> Lines:
        name = self.name()
        text = f"sum(1 for t in {scope.list_of(2)} if t > {scope.leaf()})"
        scope.wholes.append(name)
        return [f"{name} = {text}"]

    def unpacked(self, scope: Scope, depth: int) -> Lines:
        first, rest = self.name(), self.name()
        text = f"{first}, *{rest} = [{scope.number(2)}, {scope.leaf()}, {scope.leaf()}]"
        scope.numbers.append(first)
        scope.lists.append(rest)
        return [text]
