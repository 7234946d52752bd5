"""`scalargrad explain` and `scalargrad draw`: an expression on the command line, seen."""

from __future__ import annotations

import sys
import webbrowser
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unicodedata import normalize

from ..drawing import draw, explain, flat
from .expression import constant, evaluate
from .parsing import ExpressionError

EXPRESSION = "arithmetic and the library's functions, in quotes: 'sigmoid(w*x + b)', 'max(x, y)**2'"
EDGES = ("local", "contribution", "both")
VALUES = "the number that each name stands for: x=-2 y=pi/4"


def add_explain(commands: Any) -> None:
    command = subject(commands, "explain", "print the backward pass of an expression, step by step")
    command.add_argument(
        "--text", action="store_true", help="print the steps even where a file is written"
    )
    command.add_argument(
        "--flat", action="store_true", help="print Python code instead of the steps"
    )
    command.add_argument("--svg", type=Path, metavar="FILE", help="write the graph")
    command.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page to step through, an .html file"
    )
    command.add_argument(
        "--open", action="store_true", help="show the page in the browser; --html keeps it"
    )
    command.set_defaults(run=run_explain)


def add_draw(commands: Any) -> None:
    command = subject(commands, "draw", "draw the graph of an expression, with its gradients")
    command.add_argument(
        *("-o", "--out"),
        type=Path,
        metavar="FILE",
        default=Path("graph.svg"),
        help="a .svg, .png, .pdf or .dot file (default: graph.svg)",
    )
    command.add_argument(
        "--edges",
        choices=EDGES,
        help="what the edges show: local gradients, contributions, or both",
    )
    command.add_argument(
        "--expand", action="store_true", help="show the gates that fused nodes consist of"
    )
    command.add_argument(
        "--rankdir", default="LR", help="direction: LR (left to right), TB, RL, BT"
    )
    command.add_argument("--theme", default="light", help="light or dark")
    command.add_argument("--open", action="store_true", help="show the picture in the browser")
    command.set_defaults(run=run_draw)


def subject(commands: Any, name: str, purpose: str) -> ArgumentParser:
    command: ArgumentParser = commands.add_parser(name, help=purpose, description=purpose)
    command.add_argument("expression", help=EXPRESSION)
    command.add_argument("values", nargs="*", metavar="name=number", help=VALUES)
    command.set_defaults(error=command.error)
    return command


def run_explain(options: Namespace) -> int:
    return checked("explain", explain_expression, options)


def run_draw(options: Namespace) -> int:
    return checked("draw", draw_expression, options)


def checked(name: str, command: Any, options: Namespace) -> int:
    """Run a command; return 2 if what it was given is wrong, 1 if something is missing."""
    try:
        command(options)
    except BrokenPipeError:
        raise
    except ValueError as error:
        print(f"scalargrad {name}: {error}", file=sys.stderr)
        return 2
    except (OSError, RuntimeError) as error:
        print(f"scalargrad {name}: {told(error)}", file=sys.stderr)
        return 1
    return 0


def told(error: Exception) -> str:
    """The text of an error; of a file or an output that cannot be written its name first."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot write {error.filename or 'the output'}: {error.strerror}"
    return str(error)


def explain_expression(options: Namespace) -> None:
    root = evaluate(options.expression, numbers(options.values))
    root.backward()
    steps = explain(root)
    if options.svg:
        write(options.svg, draw(root, edges="both").svg)
    page: Path | None = options.html
    if options.open and page is None:
        page = Path(mkdtemp()) / "steps.html"
    if page:
        write(page, steps.page())
    if options.flat:
        print(flat(root))
    if options.text or not (options.flat or options.svg or page):
        print(steps)
    if options.open and page:
        show(page)


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    print(path)


def show(path: Path) -> None:
    """Open a file in the browser. Raises RuntimeError where there is none."""
    if not webbrowser.open(path.resolve().as_uri()):
        raise RuntimeError(f"no browser was found: open {path} in one")


def draw_expression(options: Namespace) -> None:
    root = evaluate(options.expression, numbers(options.values))
    root.backward()
    look = {name: getattr(options, name) for name in ("edges", "expand", "rankdir", "theme")}
    draw(root, **look).save(options.out)
    print(options.out)
    if options.open:
        show(options.out)


def numbers(texts: Iterable[str]) -> dict[str, float]:
    """Return the numbers given as name=number."""
    found: dict[str, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        name = normalize("NFKC", name.strip())
        if not (number.strip() and name.isidentifier()):
            raise ExpressionError("expected name=number, as in x=-2", text, 0, len(text))
        if name in found:
            raise ExpressionError(f"{name:.40} has a value already", text, 0, len(text))
        found[name] = constant(number)
    return found
