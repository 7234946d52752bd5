"""`native/engine/updates.h`: the update rules in C, from their table."""

from __future__ import annotations

import re

from ..spelling import Listing
from ..updates import RULES, Rule

TOP = """\
/* Generated from the table of update rules by python -m scalargrad.codegen. Do not edit.
 *
 * update_NAME: from the numbers of one parameter to the new ones, the new states after them. */
"""


def locals_of(rule: Rule, text: str) -> list[str]:
    """The state and settings that `text` uses, each as a local; and its unused parameters."""
    used = set(re.findall(r"\w+", text))
    arrays = {"state": rule.state, "setting": rule.settings}
    lines = [f"(void){name};" for name in ("data", "grad") if name not in used]
    for array, names in arrays.items():
        read = [(i, name) for i, name in enumerate(names) if name in used]
        lines += [f"const double {name} = {array}[{i}];" for i, name in read] or [f"(void){array};"]
    return lines


def c_update(rule: Rule) -> str:
    """Return the C function that computes what the rule does on floats, bit for bit."""
    listing = Listing()
    names = ["data", "grad", *rule.state, *rule.settings]
    results = rule.function(*map(listing.symbol, names))
    stored = [f"out[{i}] = {listing.spell(result)};" for i, result in enumerate(results)]
    statements = [*listing.lines, *stored]
    lines = [*locals_of(rule, " ".join(statements)), *statements]
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"INLINE void update_{rule.name}(double data, double grad, const double *state,\n"
        f"    const double *setting, double *out)\n{{\n{body}}}\n"
    )


def quoted(signature: str) -> str:
    arguments, arrow, results = signature.partition(" -> ")
    return f'"{arguments}" \\\n        "{arrow}{results}"'


def header() -> str:
    rules = list(RULES.values())
    rows = [
        f"ROW({rule.name}, {len(rule.state)}, {len(rule.settings)}, "
        f"{int(rule.writes == 'data')}, \\\n        {quoted(rule.signature)})"
        for rule in rules
    ]
    listed = " \\\n    ".join(rows)
    parts = [
        TOP,
        "enum {",
        f"    MOST_STATES = {max(len(rule.state) for rule in rules)},",
        f"    MOST_SETTINGS = {max(len(rule.settings) for rule in rules)},",
        "};\n",
        *map(c_update, rules),
        "/* ROW(name, states, settings, whether it writes data, signature) */",
        f"#define UPDATE_RULES(ROW) \\\n    {listed}\n",
    ]
    return "\n".join(parts)
