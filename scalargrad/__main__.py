"""The command line: `scalargrad demo`, `draw`, `explain`, `info`."""

from __future__ import annotations

import argparse
import io
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import __version__
from .compiler.trace.native import machine
from .engine import engine
from .shell import commands, demo

INTERRUPTED = 130
"""The exit status of a program that Ctrl-C ended, as shells count it."""


def about() -> str:
    """Return the version, the engine in use and the Python, in one line."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"scalargrad {__version__}, {engine} engine, {python}"


def ran_on() -> str:
    """Return the name of the machine that runs compiled functions, with its instruction set."""
    if engine != "native":
        return ""
    by = f"the machine, with {machine.choose('best')}" if machine else "NumPy"
    return f"Compiled functions run on {by}."


def advice() -> str:
    """Return advice on the native engine where it is wanted and missing, else nothing."""
    if engine == "native" or os.environ.get("SCALARGRAD_ENGINE") == "pure":
        return ""
    return (
        "The native engine was not built: install a C compiler and Python's headers, "
        "then scalargrad again."
    )


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 up, got {text!r}")
    return int(text)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="scalargrad", description="Scalar automatic differentiation."
    )
    top.add_argument("--version", action="version", version=about())
    kinds = top.add_subparsers(dest="command")
    purpose = "print the version, the engine in use and the Python"
    info = kinds.add_parser("info", help=purpose, description=purpose)
    info.set_defaults(run=run_info, error=info.error)
    commands.add_explain(kinds)
    commands.add_draw(kinds)
    add_demo(kinds)
    return top


def add_demo(kinds: Any) -> None:
    purpose = "train a network on handwritten digits"
    train = kinds.add_parser(
        "demo",
        help=purpose,
        description=purpose,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    train.add_argument("--epochs", type=positive, default=20, help="times through the data")
    train.add_argument(
        "--hidden", type=positive, nargs="+", default=[32], help="neurons in each hidden layer"
    )
    train.add_argument(
        "--seed", type=int, default=0, help="seed of the weights and of the order of samples"
    )
    train.add_argument(
        "--out", type=Path, default=Path(), help="folder for digits-model.json and digits.png"
    )
    train.set_defaults(run=run_demo, error=train.error)


def run_info(options: argparse.Namespace) -> int:
    print(*filter(None, [about(), ran_on(), advice()]), sep="\n")
    return 0


def run_demo(options: argparse.Namespace) -> int:
    try:
        demo.run(options.epochs, options.hidden, options.seed, options.out)
    except BrokenPipeError:
        raise
    except (ModuleNotFoundError, OSError) as error:
        print(f"scalargrad demo: {commands.told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("scalargrad demo: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def shielded(arguments: Sequence[str]) -> list[str]:
    """Put a space before each expression that begins with a minus, and is no option."""
    takes_expression = arguments[:1] and arguments[0] in ("explain", "draw")
    return [spaced(x) for x in arguments] if takes_expression else list(arguments)


def spaced(argument: str) -> str:
    looks_like_option = argument.startswith(("--", "-o")) or argument in ("-h", "-")
    is_minus = argument.startswith("-") and not looks_like_option
    return f" {argument}" if is_minus else argument


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    top = parser()
    options, rest = top.parse_known_args(shielded(arguments))
    if options.command is None:
        if rest:
            top.error(f"expected a command, got {' '.join(rest)}")
        top.print_help(sys.stderr)
        top.exit(2)
    # argparse takes no more values of names after an option that stands between them
    if rest and (not hasattr(options, "values") or any(x.startswith("-") for x in rest)):
        options.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.values += rest
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status. A wrong command exits with status 2."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal without ∂ shows its code
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = options.run(options)
        # None where the program was started with its output closed
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # the reader, head for one, has seen enough
        write_no_more()
        return 0
    except OSError as error:
        write_no_more()
        print(f"scalargrad: {commands.told(error)}", file=sys.stderr)
        return 1
    return status


def write_no_more() -> None:
    """Let go what is still to be written: Python flushes once more at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
