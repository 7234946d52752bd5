"""Runs the programs of a visitor in the browser: what each one prints, where it went wrong, and the
page or the picture of what it came to.

It knows nothing of the browser: all there is to show is handed to `send`, a kind and a text.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType, TracebackType
from typing import Any

from streams import NoInput, Printed, Send, no_input

import scalargrad
from scalargrad.drawing.explanation import Explanation
from scalargrad.drawing.picture import render
from scalargrad.drawing.picture.drawing import Drawing
from scalargrad.drawing.steps.compared import Compared
from scalargrad.drawing.steps.given_names import GivenNames, entries, parameter_names
from scalargrad.drawing.steps.given_names import parameters as kept
from scalargrad.drawing.symbols.parts import keeps_parts
from scalargrad.graph import backward_order
from scalargrad.modes import explaining
from scalargrad.scalars import is_value

NO_MODULE = (
    "Play has no {}: in the browser there are scalargrad and Python's own modules alone, and "
    "nothing can be installed. Lists and sg.sum, sg.exp, … do here what arrays do elsewhere."
)
SHELL = ("!", "%", "pip install", "pip3 install")
NO_SHELL = (
    "That line is a command for a notebook or a shell. Here all is Python, and nothing has to be "
    "installed: leave the line out."
)
LEAF = (
    "{0} is a leaf: nothing was computed, so there is no way back to show. Compute something from "
    "it, as in out = {0} * {0}, and run again."
)
TOO_LARGE = (
    "{0} has a graph of {1:,} nodes: too large to be shown of itself. sg.explain({0}) shows a "
    "summary; fewer data or steps, or sg.explain(…) of a part, show every node."
)
MOST_CALLS = 1_000
"""Of the traceback of more calls the first and the last are told: each costs time, and a recursion
without end may go a million deep."""
CALLS_LEFT_OUT = "{:,} calls between the first and the last are left out here."
MOST_NODES = 1_500
"""A graph of more is shown where the program asks for it, not of itself."""


class Session:
    """One Python, in which programs run one after the other."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.module = ModuleType("__main__")
        self.files: set[str] = set()
        self.made: Any = None
        """The explanation or drawing that the program asked for last."""
        self.made_of_value: Any = None
        """The last explanation of a Value, and of nothing else."""

    def run(self, code: str, file: str, theme: str = "light", is_whole: bool = True) -> None:
        """Run a program, or a block of a page, which goes on where the one before it ended. Of a
        whole program that asks for no page the last Value is explained."""
        if is_whole:
            self.module = ModuleType("__main__")
        self.files.add(file)
        linecache.cache[file] = len(code), None, code.splitlines(keepends=True), file
        printed = Printed(self.send)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                with self.noticing(theme):
                    compared = Compared()
                    found = self.outcome(ast.parse(code, file), file, is_whole, compared)
                    printed.flush()
                    self.show(found, compared)
            except BaseException as error:
                printed.flush()
                self.tell(error, file)
            printed.flush()

    def outcome(self, tree: ast.Module, file: str, is_whole: bool, compared: Compared) -> Any:
        """What the program came to, as far as it can be shown; None if nothing can. Its comparisons
        are noted."""
        last = None
        try:
            with explaining(compared.note):
                last = self.executed(tree, file)
        except SystemExit as end:
            sys.stdout.flush()
            self.send("note", ended(end.code))
        if last is not None and not isinstance(last, (Explanation, Drawing)):
            # our own reports print as tables
            print(last if type(last).__module__.startswith("scalargrad") else repr(last))
        named = map(vars(self.module).get, assigned(tree) if is_whole else ())
        known = [x for x in (last, self.made, *named) if x is not None]
        values = iter([x for x in known if is_value(x)] if is_whole else [])
        return next(filter(is_shown, known), next(values, None))

    def executed(self, tree: ast.Module, file: str) -> Any:
        """Run the statements; return what the last one comes to, if it is an expression."""
        names = vars(self.module)
        tail = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec"), names)
        if not isinstance(tail, ast.Expr):
            return None
        return eval(compile(ast.Expression(tail.value), file, "eval"), names)

    @contextlib.contextmanager
    def noticing(self, theme: str) -> Iterator[None]:
        """Within it `sg.explain` and `sg.draw` are noticed, and pictures have the page's theme."""
        self.made = self.made_of_value = None
        main, keyboard = sys.modules["__main__"], sys.stdin
        explain, draw, ask = scalargrad.explain, scalargrad.draw, builtins.input
        builtins.input, sys.stdin = no_input, NoInput()
        scalargrad.explain = self.noticed(explain)
        scalargrad.draw = self.noticed(functools.partial(draw, theme=theme))
        sys.modules["__main__"] = self.module
        try:
            yield
        finally:
            scalargrad.explain, scalargrad.draw, builtins.input = explain, draw, ask
            sys.modules["__main__"], sys.stdin = main, keyboard

    def noticed(self, f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def noticing(*args: Any, **named: Any) -> Any:
            self.made = f(*args, **named)
            if isinstance(self.made, Explanation) and not named and is_value(args[0]):
                self.made_of_value = self.made
            return self.made

        return noticing

    # ------ what the page shows

    def show(self, found: Any, compared: Compared) -> None:
        if isinstance(found, Drawing):
            self.send("picture", found.svg)
        elif isinstance(found, Explanation):
            if found is self.made_of_value:
                found = self.explained(found.root, compared)
            self.send("page", found.page())
        elif is_value(found):
            self.show_value(found, compared)

    def show_value(self, root: Any, compared: Compared) -> None:
        count = len(backward_order(root))
        if not root.parents:
            self.send("note", LEAF.format(self.name_of(root)))
        elif count > MOST_NODES:
            self.send("note", TOO_LARGE.format(self.name_of(root), count))
        else:
            self.send("page", self.explained(root, compared).page())

    def explained(self, root: Any, compared: Compared) -> Explanation:
        """A Value explained with what the program alone knows: its names, and what it compared."""
        return Explanation(root, *self.given_names(), compared)

    def name_of(self, value: Any) -> str:
        """The variable that has a Value, or what stands for one without."""
        named = (name for name, x in vars(self.module).items() if x is value and name[0] != "_")
        return value.label or next(named, "the last Value")

    def given_names(self) -> tuple[Any, list[Any]]:
        """The names that the program's variables give to Values, and the parameters of its
        models."""
        found, parameters = GivenNames(), []
        known = {name: x for name, x in vars(self.module).items() if not name.startswith("_")}
        for part in filter(keeps_parts, known.values()):
            found.claim_all(parameter_names(part))
            parameters += [x for _, x in kept(part) if not x.parents]
        for name, x in known.items():
            found.claim_all(entries(name, x))
        return found.known, parameters

    def tell(self, error: BaseException, file: str) -> None:
        """Send the error with the lines of the visitor's own, and its line in this program."""
        hint = hint_for(error)
        calls = list(map(calls_of, chain(error)))
        left_out = sum(map(shorten, calls))
        if isinstance(error, ModuleNotFoundError) and error.name:
            # Pyodide adds how to install it, which cannot be done here
            error.msg = f"No module named {error.name!r}"
        told = traceback.TracebackException.from_exception(error)
        for one in causes(told):
            one.stack[:] = [frame for frame in one.stack if frame.filename in self.files]
        lines = [frame.lineno for frame in told.stack if frame.filename == file]
        if told.exc_type is not None and issubclass(told.exc_type, SyntaxError):
            lines = [int(told.lineno or 0)] if told.filename == file else lines
        self.send("line", str(lines[-1] if lines else 0))
        self.send("error", "".join(told.format()))
        if left_out:
            self.send("note", CALLS_LEFT_OUT.format(left_out))
        if hint:
            self.send("note", hint)
        for one in calls:
            take_apart(one)


def ended(code: object) -> str:
    """How a program ended itself."""
    said = "" if code in (None, 0) else f" with {code!r}" if isinstance(code, int) else f": {code}"
    return f"The program ended itself by sys.exit(){said}"


def hint_for(error: BaseException) -> str:
    """What to do about an error that is one here and not elsewhere; empty for others."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return NO_MODULE.format(error.name)
    if isinstance(error, SyntaxError) and (error.text or "").lstrip().startswith(SHELL):
        return NO_SHELL
    return ""


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it came from or was raised beside."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def calls_of(error: BaseException) -> list[TracebackType]:
    """The traceback of an error, call by call."""
    calls = []
    call = error.__traceback__
    while call is not None:
        calls.append(call)
        call = call.tb_next
    return calls


def shorten(calls: list[TracebackType]) -> int:
    """Leave calls out of the middle of a long traceback; return how many."""
    half = MOST_CALLS // 2
    count = len(calls) - 2 * half
    # a call or two are no reason to cut
    if count < half:
        return 0
    calls[half - 1].tb_next = calls[-half]
    return count


def take_apart(calls: list[TracebackType]) -> None:
    """Free a traceback call by call, the inner ones first: freed at once, each from within the one
    after it, a deep one ends the browser's Python."""
    # no name may hold the innermost until the end
    for at in range(len(calls)):
        calls[at].tb_next = None
    while calls:
        calls.pop()


def lay_out_by(graphviz: Callable[[str, str], str]) -> None:
    """Have drawings laid out by a Graphviz that returns text."""
    render.own = lambda dot, form: graphviz(dot, form).encode()


def is_shown(x: Any) -> bool:
    return isinstance(x, (Explanation, Drawing)) or (is_value(x) and bool(x.parents))


def causes(told: traceback.TracebackException | None) -> Iterator[traceback.TracebackException]:
    if told is not None:
        yield told
        yield from causes(told.__cause__)
        yield from causes(told.__context__)


OWN_NAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.comprehension)
"""What binds names of its own."""


def assigned(tree: ast.AST) -> list[str]:
    """The variables that a program sets, the one that is set last in its text first."""
    return [name for _, name in sorted(places(tree), reverse=True)]


def places(tree: ast.AST) -> Iterator[tuple[tuple[int, int], str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield (node.lineno, node.col_offset), node.id
        elif not isinstance(node, OWN_NAMES):
            yield from places(node)
