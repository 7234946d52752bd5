"""The command line: `scalargrad demo`, `scalargrad info`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import demo
from .engine import engine


def installed_version() -> str:
    try:
        return version("scalargrad")
    except PackageNotFoundError:
        return "(not installed)"


def about() -> str:
    """Return the version, the engine in use and the Python, in one line."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"scalargrad {installed_version()}, {engine} engine, {python}"


def advice() -> str:
    """Return what to do for the native engine where it is wanted and missing, else nothing."""
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
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("info", help="print the version, the engine in use and the Python")
    train = commands.add_parser(
        "demo",
        help="train a network on handwritten digits",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    train.add_argument("--epochs", type=positive, default=20, help="times through the data")
    train.add_argument(
        "--hidden", type=positive, nargs="+", default=[32], help="neurons in each hidden layer"
    )
    train.add_argument("--seed", type=int, default=0, help="of the weights and the order")
    train.add_argument(
        "--out", type=Path, default=Path(), help="folder for digits-model.json, digits-loss.png"
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status. A wrong command exits with status 2."""
    options = parser().parse_args(arguments)
    if options.command == "info":
        print(*filter(None, [about(), advice()]), sep="\n")
        return 0
    try:
        demo.run(options.epochs, options.hidden, options.seed, options.out)
    except (ModuleNotFoundError, OSError) as error:
        print(f"scalargrad demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
