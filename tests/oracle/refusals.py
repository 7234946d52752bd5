"""What a compiled function may refuse: the message, why, and the cure. docs/do/compile.md has
the same table; whatever else it raises that the plain function does not is a fault."""

from __future__ import annotations

import re
from typing import NamedTuple


class Refusal(NamedTuple):
    name: str
    message: str
    """A regular expression, found at the beginning of the message."""
    why: str
    cure: str


REFUSALS = (
    Refusal(
        "a number that would be frozen",
        r"compile cannot follow float\(x\)",
        "float(x), int(x), an index or a function of `math` takes the number out of the program",
        "scalargrad's functions; return the number; choose with `if` or `sg.where`",
    ),
    Refusal(
        "chance",
        r"compile cannot follow (random|chance|.*(generator|random|iterator))",
        "one draw would stand for all",
        "draw outside, pass the numbers in",
    ),
    Refusal(
        "taking in each lane",
        r"compile cannot follow .*, in each lane: the function would take from it once",
        "a file, a queue or an iterator gives one item, for all lanes",
        "read a list outside, and use that",
    ),
    Refusal(
        "the time",
        r"compile cannot follow .*(clock|time)",
        "the time of the trace would stand for that of each call",
        "read the clock outside, pass the number in",
    ),
    Refusal(
        "a Value that is changed",
        r"compile cannot follow \w+\.data = ",
        "a compiled function must not change Values",
        "return the new number",
    ),
    Refusal(
        "backward() inside",
        r"compile cannot follow backward",
        "there is no graph within",
        "call it on the result, or use sg.grad within",
    ),
    Refusal(
        "an argument that is changed",
        r"compile cannot follow a change of an argument",
        "what the function is given is not the caller's own",
        "return the new list, or a copy",
    ),
    Refusal(
        "a number as a key",
        r"compile cannot follow a number in a set",
        "a set, a dict or a cache would find it by its value",
        "compare it with ==, or look for it in a list",
    ),
    Refusal(
        "a number that is kept",
        r"compile cannot follow a number that is kept",
        "it belongs to the trace, which is over",
        "return it, and keep what the compiled function returns",
    ),
    Refusal(
        "a change in each lane",
        r"compile cannot follow (a change|the text)",
        "it would happen once for all lanes",
        "return it, or call the function for one sample",
    ),
    Refusal("other", r"compile cannot follow ", "said in the message", "said in the message"),
    Refusal(
        "too many ways",
        r".*took more than max_paths|.*more than \d+ ways",
        "a branch splits the samples too finely",
        "`sg.where`, or a larger `max_paths`",
    ),
    Refusal(
        "results of several structures in one batch",
        r"a compiled function must return results of one structure",
        "the results of all lanes are put together",
        "return the same structure on every way",
    ),
    Refusal(
        "samples unlike in number",
        r"expected one number of samples",
        "the arrays named in `batch` differ in length",
        "one row for each sample in each of them",
    ),
)


def refusal(error: BaseException) -> str:
    """The name of the refusal that an error is, or nothing."""
    if not isinstance(error, (TypeError, ValueError, RuntimeError)):
        return ""
    found = (r.name for r in REFUSALS if re.match(r.message, str(error), re.DOTALL))
    return next(found, "")
