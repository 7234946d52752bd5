"""Calls of one form: how their arguments are read, and by which shortcut each is run.

A Form reads each argument by what it was the first time, and finds the shortcut by the constants
that it read. Where an argument is of another kind, or a constant is new, or what the function
closes over has changed, or a guard does not hold, it gives up, and the call is made in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...transforms.variables import inside
from ..inputs.arguments import Arguments
from .programs import KEPT
from .shortcut import MISSED, Shortcut

NO_STATICS: list[Any] = []
"""The constants of arguments without any: nothing is added to this list."""


class Form:
    """Calls of one form: how their arguments are read, and the shortcuts of those that were made,
    by their constants."""

    # a call is shorter by a thirtieth
    __slots__ = ("alone", "form", "names", "reader", "records", "shortcuts")

    def __init__(self, reader: Any, records: Any, arguments: Arguments, shortcut: Shortcut) -> None:
        self.form = arguments.form
        self.names = arguments.names_given
        self.reader = reader
        self.records = records
        self.shortcuts = {arguments.statics: shortcut}
        self.alone = None if arguments.statics else shortcut
        """The shortcut of calls without constants."""

    def is_of(self, arguments: Arguments) -> bool:
        return bool(self.form == arguments.form)

    def is_replaced(self, args: tuple[Any, ...], arguments: Arguments) -> bool:
        """Tell whether a new form, made for these arguments, takes the place of this one: things
        around have changed since this one was made, or it reads the same arguments. Otherwise both
        stay, as for float64 and float32: they share a program, and have a reader each."""
        if not self.is_of(arguments):
            return False
        return not self.records.hold() or self.statics_of(args) is not None

    def statics_of(self, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The constants among these arguments; None if they are of another kind, or if what is
        around has changed."""
        statics: list[Any] = []
        reads = self.records.hold() and self.reader.read(args, [1.0, 1.0], [], [], statics)
        return tuple(statics) if reads else None

    def add(self, statics: tuple[Any, ...], shortcut: Shortcut) -> None:
        self.shortcuts = {**self.shortcuts, statics: shortcut}
        self.alone = None if statics else shortcut
        if len(self.shortcuts) > KEPT:
            self.shortcuts.pop(next(iter(self.shortcuts)))

    def run(self, args: tuple[Any, ...], names: tuple[str, ...]) -> Any:
        """Return the result of a call, MISSED if it is to be made in full. The arguments that have
        `names` come last."""
        if names != self.names:
            return MISSED
        # COUNT and SHARE of a call without lanes; a reader of samples puts their count there
        numbers: list[Any] = [1.0, 1.0]
        arrays: list[Any] = []
        values: list[Any] = []
        shortcut = self.alone
        statics: list[Any] = NO_STATICS if shortcut else []
        if not self.records.hold():
            return MISSED
        if not self.reader.read(args, numbers, arrays, values, statics):
            return MISSED
        shortcut = shortcut or self.shortcuts.get(tuple(statics))
        if shortcut is None:
            return MISSED
        outputs = None
        if shortcut.at_once and (shortcut.is_inside is None or inside() is shortcut.is_inside):
            outputs = shortcut.at_once(numbers)
        if outputs is None:
            outputs = shortcut.outputs(args, numbers, arrays)
        if outputs is None:
            return MISSED
        if shortcut.come_later:
            return shortcut.finish(args, outputs, values, numbers, arrays)
        return shortcut.finish(args, outputs, values)

    def fill(self, results: Any, weights: Any, args: Sequence[Any], names: tuple[str, ...]) -> bool:
        """Run a call without lanes for each row of `weights`, its first argument, and put the
        outputs into the rows of `results`. Return whether that is done."""
        numbers: list[Any] = [1.0, 1.0]
        arrays: list[Any] = []
        statics: list[Any] = []
        if names != self.names or not self.records.hold():
            return False
        if not self.reader.read((weights[0], *args), numbers, arrays, [], statics):
            return False
        shortcut = self.shortcuts.get(tuple(statics))
        return shortcut is not None and not arrays and shortcut.fill(results, weights, numbers)
