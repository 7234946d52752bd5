"""The table of instructions in C: `native/shared/instructions.h` are their codes and lengths,
`native/machine/words.h` reads their words, by `native/machine/layouts.h` a program is checked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from enum import IntEnum

from ..compiler.machine import instructions
from ..compiler.machine.instructions import TABLE
from ..compiler.machine.words import (
    CONSTANTS,
    EACH_ONE,
    ENUMS,
    ONCE,
    REACHES,
    SIZES,
    STRETCH,
    TIMES,
    Domain,
    Instruction,
    Rest,
    Word,
)
from ..compiler.trace.vocabulary import AFTER, BEFORE, LANES, NEST
from .rules_h import listing

MARK = "/* Generated from the table of instructions by python -m scalargrad.codegen. Do not edit."
ROWS = list(TABLE.values())
STAGES = {"IN_BEFORE": BEFORE, "IN_LANES": LANES, "IN_AFTER": AFTER, "IN_NEST": NEST}
"""The bits in C that say in which stages an instruction may stand."""


def constant(text: str) -> str:
    return text.replace(" ", "_").upper()


def enum(members: Iterable[str]) -> str:
    return "enum {\n" + "".join(f"    {member},\n" for member in members) + "};\n"


def numbered(kinds: type[IntEnum]) -> str:
    return f"enum {{ {', '.join(f'{kind.name} = {kind.value}' for kind in kinds)} }};\n"


# ------ reading an instruction


def layout(row: Instruction) -> str:
    """How the instruction is written, for a reader: {op, length, …}."""
    plural = {ONCE: ""} | {times: f" for {times}" for times in TIMES[1:]}
    words = [word.name + plural[word.times] for word in row.words]
    return f"{{{', '.join(['op', 'length', *words, *described(row.rest)])}}}"


def described(rest: Rest | None) -> list[str]:
    if rest is None:
        return []
    if rest.kinds:
        return [f"{rest.name}: {{kind, count, x and y for each}} …"]
    if len(rest.words) == 1:
        return [f"{rest.name} …"]
    named = [word.name + (f" for {EACH_ONE}" if word.times != ONCE else "") for word in rest.words]
    return [f"{rest.name}: {{{', '.join(named)}}} …"]


def comment(row: Instruction) -> str:
    text = f"{row.doc}: {layout(row)}"
    return "/* " + "\n * ".join(textwrap.wrap(text, 94)) + " */"


def type_name(row: Instruction) -> str:
    return "".join(part.title() for part in row.name.split("_")) + "Words"


def fields(row: Instruction) -> Iterator[str]:
    once = [word.name for word in row.words if word.times == ONCE]
    if once:
        yield f"int32_t {', '.join(once)};"
    lists = [word.name for word in row.words if word.times != ONCE]
    lists += [row.rest.name, "end"] if row.rest else []
    if lists:
        yield f"const int32_t {', '.join('*' + name for name in lists)};"


def statements(row: Instruction) -> Iterator[str]:
    """The body of the function that reads the words of an instruction."""
    for at, word in enumerate(word for word in row.words if word.times == ONCE):
        yield f"words.{word.name} = code[{2 + at}];"
    last = f"code + {row.head}"
    for word in (word for word in row.words if word.times != ONCE):
        yield f"words.{word.name} = {last};"
        many = (
            "words.height"
            if word.times == EACH_ONE
            else "(words.ending == STEP ? words.height : 0)"
        )
        last = f"words.{word.name} + {many}"
    if row.rest:
        yield f"words.{row.rest.name} = {last};"
        yield "words.end = code + code[1];"


def is_group(rest: Rest | None) -> bool:
    """Tell whether the rest is groups of several words each."""
    return bool(rest and len(rest.words) > 1 and all(word.times == ONCE for word in rest.words))


def group_reading(row: Instruction) -> str:
    """How one group of the rest is read."""
    assert row.rest is not None
    name = f"{row.name}_{row.rest.name}"
    kind, function = name.title().replace("_", "") + "Words", f"{name.lower()}_words"
    words = [word.name for word in row.rest.words]
    numbers = ", ".join(f"at[{k}]" for k in range(len(words)))
    return "\n".join(
        [
            f"enum {{ {name.upper()} = {len(words)} }};",
            "typedef struct {",
            f"    int32_t {', '.join(words)};",
            f"}} {kind};",
            "",
            f"INLINE {kind} {function}(const int32_t *at)",
            "{",
            f"    return ({kind}){{{numbers}}};",
            "}",
            "",
        ]
    )


def reading(row: Instruction) -> str:
    kind, function = type_name(row), f"{row.name.lower()}_words"
    body = ["{", *(f"    {line}" for line in fields(row)), f"}} {kind};"]
    lines = [comment(row), "typedef struct " + "\n".join(body)]
    lines += ["", f"INLINE {kind} {function}(const int32_t *code)", "{", f"    {kind} words;"]
    lines += [*(f"    {line}" for line in statements(row)), "    return words;", "}", ""]
    return "\n".join(lines)


# ------ the headers


def named(rows: Iterable[Instruction]) -> list[str]:
    return [f"ROW({row.name}, {row.name.lower()})" for row in rows]


def is_wide(row: Instruction) -> bool:
    """Tell whether the instruction works on stretches, hence on vectors."""
    return any(word.domain == STRETCH for word in row.words)


def is_of_lanes(row: Instruction) -> bool:
    """Tell whether the instruction works on registers: a loop, and what moves in it, do not."""
    return LANES in row.stages and row not in (instructions.LOOP, instructions.ALONG)


def header() -> str:
    codes = [f"OP_{row.name} = OP_COUNT" if row is ROWS[0] else f"OP_{row.name}" for row in ROWS]
    parts = [
        f"{MARK}\n *\n * Included after rules.h. NAME_HEAD is how many words stand before the lists"
        " of an\n * instruction, {op, length} among them. */",
        enum([*codes, "OP_END"]),
        enum(f"{row.name}_HEAD = {row.head}" for row in ROWS),
    ]
    return "\n".join(parts)


def words() -> str:
    alone = [row for row in ROWS if BEFORE in row.stages or AFTER in row.stages]
    parts = [
        f"{MARK}\n *\n * name_words reads an instruction. Included by frame.h. */",
        enum(f"{name} = {number}" for name, number in CONSTANTS.items()),
        *map(numbered, ENUMS),
        *map(reading, ROWS),
        *(group_reading(row) for row in ROWS if is_group(row.rest)),
        "/* ROW(NAME, name): numbers alone, stretches of numbers, lanes */",
        listing("NUMBER_INSTRUCTIONS", named(row for row in alone if not is_wide(row))),
        listing("WIDE_INSTRUCTIONS", named(row for row in alone if is_wide(row))),
        listing("LANE_INSTRUCTIONS", named(row for row in ROWS if is_of_lanes(row))),
    ]
    return "\n".join(parts)


# ------ checking a program


def spelled(domain: Domain, times: str = ONCE) -> str:
    sized = isinstance(domain.limit, str)
    size = f"SIZE_{constant(domain.limit)}" if isinstance(domain.limit, str) else "SIZE_OWN"
    limit = 0 if sized else domain.limit
    reach, often = f"REACH_{constant(domain.reach)}", constant(times)
    return f"{{{domain.low}, {limit}, {size}, {reach}, {often}}}"


def checked(row: Instruction) -> list[str]:
    """All words of an instruction: those at its beginning, then those of its rest."""
    rest: list[Word] = list(row.rest.words) if row.rest else []
    found = [spelled(word.domain, word.times) for word in (*row.words, *rest)]
    pairs = row.rest.kinds.values() if row.rest else ()
    return found + [spelled(domain) for pair in pairs for domain in pair]


def place(row: Instruction, name: str) -> int:
    """Where the word stands in the code, 0 where the instruction has none of that name."""
    names = [word.name for word in row.words]
    return 2 + names.index(name) if name in names else 0


def entry(row: Instruction) -> str:
    stages = [name for name, stage in STAGES.items() if stage in row.stages]
    words, rest = len(row.words), row.rest
    kinds, group = (len(rest.kinds), len(rest.words)) if rest else (0, 0)
    places = [place(row, name) for name in ("height", "count", "ending")]
    numbers = ", ".join(map(str, (row.head, words, group, kinds, *places)))
    head, tail = f"[OP_{row.name} - OP_COUNT]", f"{numbers}, checked_{row.name}"
    return f"{head} =\n        {{{' | '.join(stages)}, {tail}}},"


def layouts() -> str:
    arrays = []
    for row in ROWS:
        lines = "".join(f"    {line},\n" for line in checked(row))
        arrays.append(f"static const Word checked_{row.name}[] = {{\n{lines}}};\n")
    parts = [
        f"{MARK}\n *\n * Which words an instruction may have; included by checked.h. */",
        '#include "frame.h"\n',
        enum(["SIZE_OWN", *(f"SIZE_{constant(size)}" for size in SIZES), "SIZES"]),
        enum(f"REACH_{constant(reach)}" for reach in REACHES),
        enum(map(constant, TIMES)),
        enum(f"{name} = {1 << stage}" for name, stage in STAGES.items()),
        TYPES,
        *arrays,
        "static const Layout layouts[] = {\n"
        + "".join(f"    {entry(row)}\n" for row in ROWS)
        + "};\n",
    ]
    return "\n".join(parts)


TYPES = """\
/* A word is at least `low`, and below its own `limit` or below a size of the program. */
typedef struct {
    int32_t low, limit;
    uint8_t size, reach, times;
} Word;

/* An instruction: where it may stand; how many words stand before its lists; how many of `word`
 * are those before the rest, then how many are a group of the rest, or how many kinds of runs there
 * are, with two words each; where the code tells the height, how many numbers there are, and the
 * ending, 0 where it does not. */
typedef struct {
    uint8_t stages, head, words, group, kinds, height, count, ending;
    const Word *word;
} Layout;
"""
