"""Ctrl-C between two updates, never within one."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import IOBase
from typing import Any


class Interrupts(IOBase):
    """Within `with Interrupts() as interrupts:` Ctrl-C waits until `with interrupts.heard():`.

    A second Ctrl-C waits for nothing. In a thread other than the main one nothing changes, for
    Ctrl-C is never raised there. Nothing changes either where a handler was installed from outside
    Python, for the handler could not be put back.
    """

    closed = True  # it is no file: there is nothing to close when freed

    def __enter__(self) -> Interrupts:
        self.listening = False
        self.waiting: tuple[Any, ...] = ()
        self.handler: Any = signal.getsignal(signal.SIGINT)
        in_main = threading.current_thread() is threading.main_thread()
        self.in_charge = in_main and callable(self.handler)
        numbers = [signal.SIGINT] if self.in_charge else []
        # C code leaves an IOBase by calling `close`, which has no step of bytecode in it
        self.close = partial(deque, map(_signal.signal, numbers, [self.handler]), 0)  # type: ignore
        try:
            if self.in_charge:
                signal.signal(signal.SIGINT, self.receive)
        except BaseException:
            self.close()
            raise
        return self

    def receive(self, *received: Any) -> None:
        if self.listening or self.waiting:
            self.deliver(received)
        else:
            self.waiting = received

    def deliver(self, received: tuple[Any, ...]) -> None:
        was, self.listening, self.waiting = self.listening, False, ()
        self.handler(*received)
        # reached where a handler of the user's own raised nothing
        self.listening = was

    def hear(self) -> None:
        """Let the Ctrl-C that waited, if there is one, be raised now."""
        if self.waiting:
            self.deliver(self.waiting)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Within it Ctrl-C is raised at once; a Ctrl-C that waited is raised at its beginning."""
        self.listening = True
        try:
            self.hear()
            yield
        finally:
            self.listening = False
