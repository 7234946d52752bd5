"""Code as text, for readers: an instruction a line, its words by their names in the table.

`u7` is the uniform number at place 7, `r3` the register 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...rows import BUILT_IN
from .encode import Code
from .instructions import LOOP, TABLE, WIDE_ROW
from .words import ANYTHING, NONE, ONCE, PLACE, Comparison, Domain, EndingKind, Instruction, Rest

OPERATORS = {row.code: row for row in BUILT_IN.values()}
NAMED = {"ending": EndingKind, "how": Comparison}
"""Words that are one of a few kinds, and go by the names of these."""


def disassembled(code: Code, names: Sequence[str]) -> str:
    """Return code as text; `names` are those of the uniform inputs."""
    given = [f"u{k} = {name}" for k, name in enumerate(names)]
    constants = [f"u{k} = {x}" for k, x in enumerate(code.initial) if k >= len(names) and x]
    splats = [f"r{r} = u{k}" for r, k in zip(code.splats[::2], code.splats[1::2])]
    totals = [f"total {k} = u{place}" for k, place in enumerate(code.totals) if place != NONE]
    parts = [
        ("given", given),
        ("constants, beside 0.0", constants),
        ("before the lanes", lines(code.before, "u")),
        ("splats", splats),
        ("in each lane", lines(code.lanes, "r")),
        ("totals", totals),
        ("after the lanes", lines(code.after, "u")),
        ("results", [f"u{k}" for k in code.results]),
    ]
    listed = ((name, list(found)) for name, found in parts)
    return "\n".join(paragraph(name, found) for name, found in listed if found)


def disassembled_nest(code: Any, names: Sequence[str]) -> str:
    """The same of code with loops, see `nests/encoding.py`; the body of a loop is further right."""
    numbers = list(enumerate(code.initial))[len(names) :]
    parts = [
        ("given", [f"u{k} = {name}" for k, name in enumerate(names)]),
        ("constants, beside 0.0", [f"u{k} = {x}" for k, x in numbers if x]),
    ]
    begin = [paragraph(name, found) for name, found in parts if found]
    end = paragraph("results", [f"u{k}" for k in code.results])
    return "\n".join([*begin, *nest_lines(code.code, ""), end])


def nest_lines(code: Sequence[int], indent: str) -> Iterator[str]:
    at = 0
    while at < len(code):
        words = code[at : at + code[at + 1]]
        at += len(words)
        yield from (indent + line for line in lines(words, "u"))
        if words[0] == LOOP.code:
            size = LOOP.read(words).size
            yield from nest_lines(code[at : at + size], indent + "    ")
            at += size


def paragraph(name: str, found: Sequence[str]) -> str:
    if name.endswith(("lanes", "lane")):
        return "\n".join([f"{name}:", *(f"    {line}" for line in found)])
    return f"{name}: {', '.join(found)}"


def lines(code: Sequence[int], letter: str) -> Iterator[str]:
    """Yield each instruction; `letter` is that of the numbers that operators work on."""
    at = 0
    while at < len(code):
        words = code[at : at + code[at + 1]]
        row = TABLE.get(words[0])
        yield from [instruction(row, words, letter)] if row else operators(words, letter)
        at += len(words)


def operators(words: Sequence[int], letter: str) -> Iterator[str]:
    """Yield the operators of one instruction, which in lanes may be several of a kind."""
    row = OPERATORS[words[0]]
    for out, *operands in zip(*[iter(words[2:])] * (1 + (row.arity or 0))):
        yield f"{letter}{out} = {row.name}({', '.join(f'{letter}{k}' for k in operands)})"


def instruction(row: Instruction, words: Sequence[int], letter: str) -> str:
    found = row.read(words)
    for name in NAMED.keys() & vars(found).keys():
        setattr(found, name, NAMED[name](getattr(found, name)).name)
    texts = [
        f"{word.name} {value(word.domain, getattr(found, word.name), letter)}"
        for word in row.words
        if getattr(found, word.name) != []
    ]
    if row is WIDE_ROW:
        texts[2] = f"row {OPERATORS[found.row].name}"
        texts.append(f"operands {value(PLACE, found.operands, letter)}")
    elif row.rest:
        texts.append(f"{row.rest.name} {rest(row.rest, getattr(found, row.rest.name), letter)}")
    return f"{row.name}: {', '.join(texts)}"


def value(domain: Domain, x: Any, letter: str) -> str:
    """A word as text, or several."""
    if isinstance(x, list):
        return " ".join(value(domain, y, letter) for y in x)
    if x == NONE == domain.low:
        return "none"
    letters = {"places": "u", "registers": "r", "numbers": letter}
    return f"{letters.get(str(domain.limit), '')}{x}"


def rest(words: Rest, found: Sequence[Any], letter: str) -> str:
    if words.kinds:
        domains = list(words.kinds.values())
        pairs = (zip(domains[kind], (x, y)) for kind, x, y in found)
        terms = ([value(d, x, letter) for d, x in pair if d != ANYTHING] for pair in pairs)
        return " + ".join("·".join(term) for term in terms)
    if len(words.words) == 1:
        return value(words.words[0].domain, found, letter)
    return " ".join(f"({group(words, x, letter)})" for x in found)


def group(words: Rest, found: Sequence[int], letter: str) -> str:
    """A group of the rest: words that stand there once, and at the end one for each row."""
    *once, last = words.words
    domains = [word.domain for word in once]
    if last.times == ONCE:
        domains.append(last.domain)
    domains += [last.domain] * (len(found) - len(domains))
    return " ".join(value(domain, x, letter) for domain, x in zip(domains, found))
