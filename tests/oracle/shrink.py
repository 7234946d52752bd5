"""A smaller script that is wrong in the same way: statements and expressions are left out, one by
one, as long as the verdict stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from itertools import count

from .judge import WRONG, Verdict, judged
from .program import Script

TRIALS = 1500


def signature(verdict: Verdict) -> tuple[str, str]:
    """What stays the same: the kind of wrongness, and the exception that it names."""
    expected = re.search(r"expected: (raises \w+)", verdict.text)
    raised = re.search(r"got: (raises \w+: [^,'\"\d]{0,40})", verdict.text)
    return verdict.kind, ", ".join(found[1] for found in (expected, raised) if found)


def shrunk(
    script: Script, verdict: Verdict, judge: Callable[[Script], list[Verdict]] = judged
) -> Script:
    """The smallest found. `verdict` is the one on `script`, whose last step it is about."""
    wanted = signature(verdict)
    script = script._replace(steps=script.steps[: verdict.step + 1] or script.steps[:1])
    trials = count()
    found = True
    while found:
        found = False
        for candidate in candidates(script):
            if next(trials) > TRIALS:
                return script
            if is_wrong(candidate, wanted, judge):
                script, found = candidate, True
                break
    return script


def is_wrong(
    script: Script, wanted: tuple[str, str], judge: Callable[[Script], list[Verdict]]
) -> bool:
    try:
        last = judge(script)[-1]
    except Exception:
        # not even the plain program runs
        return False
    return last.verdict == WRONG and signature(last) == wanted


def candidates(script: Script) -> Iterator[Script]:
    for k in range(len(script.steps) - 1):
        yield script._replace(steps=(*script.steps[:k], *script.steps[k + 1 :]))
    for lanes in (1, 2):
        shorter = tuple(
            s._replace(text=with_lanes(s.text, lanes), otherwise=with_lanes(s.otherwise, lanes))
            for s in script.steps
        )
        if shorter != script.steps:
            yield script._replace(steps=shorter)
    for source in smaller(script.program.source):
        yield script._replace(program=script.program._replace(source=source))


def with_lanes(text: str, lanes: int) -> str:
    """A step whose arrays have so many rows."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.array":
            rows = node.args[0]
            if isinstance(rows, ast.List) and len(rows.elts) > lanes:
                rows.elts = rows.elts[:lanes]
    return ast.unparse(tree)


def smaller(source: str) -> Iterator[str]:
    """The program with one edit in one node, from the outermost on."""
    count_of_nodes = sum(1 for _ in ast.walk(ast.parse(source)))
    for k in range(count_of_nodes):
        for edit in count():
            tree = ast.parse(source)
            node = next(n for i, n in enumerate(ast.walk(tree)) if i == k)
            edits = list(edits_of(node))
            if edit >= len(edits):
                break
            edits[edit]()
            text = ast.unparse(ast.fix_missing_locations(tree))
            if len(text) < len(source):
                yield text


def edits_of(node: ast.AST) -> Iterator[Callable[[], object]]:
    """Changes of a node in place: a statement left out or replaced by what stands in it, an
    expression replaced by one of its parts or by a number."""
    for name, value in ast.iter_fields(node):
        # to assign somewhere else could change what is no part of the program
        if name in ("target", "targets") or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        if isinstance(value, list):
            for i, part in enumerate(value):
                yield from edits_of_part(value, i, part)
        elif isinstance(value, ast.expr) and not isinstance(value, ast.Constant):
            parts = [p for p in ast.iter_child_nodes(value) if isinstance(p, ast.expr)]
            for part in (*parts, ast.Constant(1.0)):
                yield lambda name=name, part=part: setattr(node, name, part)  # type: ignore[misc]


def edits_of_part(parts: list[ast.AST], i: int, part: ast.AST) -> Iterator[Callable[[], object]]:
    if isinstance(part, ast.stmt):
        inner = [*getattr(part, "body", ()), *getattr(part, "orelse", ())]
        if len(parts) > 1:
            yield lambda: parts.pop(i)
        if inner and not isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            yield lambda: parts.__setitem__(slice(i, i + 1), part.body)  # type: ignore[attr-defined]
            yield lambda: parts.__setitem__(slice(i, i + 1), inner)
    elif isinstance(part, ast.expr):
        if len(parts) > 1:
            yield lambda: parts.pop(i)
        for child in ast.iter_child_nodes(part):
            if isinstance(child, ast.expr):
                yield lambda child=child: parts.__setitem__(i, child)  # type: ignore[misc]
