"""`with` blocks that no signal can cut, and that hold for what runs within them alone.

Python lets a signal in after any call, and as any function begins, `__exit__` too. So a block is
*on* while it holds a lock, C code releases the lock, and nothing has to be put back. A context
variable says which blocks were entered where; a block that was left is merely off. For whom a
block is entered is said by `suspending.py`; attributes that change for a while are `temporary.py`.
"""

from __future__ import annotations

import functools
import sys
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from .messages import described
from .suspending import is_below, owner, within

if TYPE_CHECKING:

    class RLock:
        """The class can be subclassed, though its stub calls it final."""

        def _is_owned(self) -> bool: ...
        def __enter__(self) -> bool: ...
        def __exit__(self, *exception: object) -> None: ...

else:
    from _thread import RLock

F = TypeVar("F", bound=Callable[..., Any])


class Reference(ref[Any]):
    """A weak reference that is equal to itself alone: for sets."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


active: set[ref[Any]] = set()
"""The blocks, of any thread, for which a node that is built takes the long way. It is never empty
while one of them is on; a set, because a freed block is taken out without a step of bytecode."""
entered: ContextVar[tuple[int, tuple[ref[Any], ...]]] = ContextVar("entered", default=(0, ()))
"""The thread, and the blocks entered here, outer ones first, some of them left or freed by now.
Another thread may run in a copy of the context, but it does not run within the blocks."""
suspendable: dict[ref[Any], None] = {}
"""The blocks of generators and coroutines, until they are freed: a block is on while its generator
runs. A dict as C walks over it."""


def noted(block: Any) -> ref[Any]:
    """Put a block among those that are active, until it is freed."""
    reference = Reference(block, active.discard)
    active.add(reference)
    return reference


def enter(reference: ref[Any]) -> None:
    """Note that a block is entered in the context of the caller."""
    here = get_ident()
    thread, before = entered.get()
    kept = [r for r in before if r() is not None] if thread == here else ()
    entered.set((here, (*kept, reference)))


def state() -> Any:
    """The state that holds where this is called, None outside of all blocks. The outermost block
    makes it what its `alone` is; each block within changes it."""
    thread, references = entered.get()
    found = None
    if suspendable:
        found = state_in(with_suspendable(live(references) if thread == get_ident() else []))
    elif references and thread == get_ident():
        # state_in(live(references)) written out, in half the time: each node built in a block asks
        for r in references:
            block = r()
            if block is not None and block.is_on():
                found = block.alone if found is None else block.changed(found)
    if found is None and active:
        forget()
    return found


def live(references: tuple[ref[Any], ...]) -> list[Any]:
    return [block for r in references if (block := r()) is not None and block.is_on()]


def state_in(blocks: list[Any]) -> Any:
    found = None
    for block in blocks:
        found = block.alone if found is None else block.changed(found)
    return found


def with_suspendable(found: list[Any]) -> list[Any]:
    """The blocks `found`, and among them those of the generators and coroutines that run."""
    for r in tuple(suspendable):
        block = r()
        # a function may have entered it since, as it enters any block
        if block is not None and "is_on" not in vars(block) and block.is_on():
            # a block entered while this one was on is within it; the others are around it
            around = [i for i, b in enumerate(found) if block in b.around]
            found.insert(around[0] if around else len(found), block)
    return found


def forget() -> None:
    """Take out of `active` the blocks that were left, though someone keeps them."""
    for r in tuple(active):
        block = r()
        if isinstance(block, UserBlock) and not block.lock.locked():
            active.discard(r)


class Inner(RLock):
    """A block of the library's own, around a call: C code alone enters and leaves it. `inner`
    makes it, in the `with` statement itself."""

    alone: Any
    """The state that holds inside where no other block is around."""
    around: tuple[Any, ...] = ()
    is_on = RLock._is_owned

    def changed(self, outside: Any) -> Any:
        """The state that holds inside, given the one outside."""
        raise NotImplementedError


B = TypeVar("B", bound=Inner)


def inner(block: B, alone: Any, is_active: bool = False) -> B:
    """Return a new Inner, noted and ready to be entered."""
    block.alone = alone
    if suspendable:
        block.around = tuple(with_suspendable([]))
    enter(noted(block) if is_active else ref(block))
    return block


class UserBlock(functools.partial[None]):
    """A block for users: `with` it, or decorate a function.

    A block holds in the thread and the context in which it is entered. Entered in a generator or
    coroutine, it holds while that runs, wherever it runs, and not while it is suspended. Like a
    file, a block can be entered again after it was left, not before.
    """

    alone: Any
    """The state that holds inside where no other block is around."""
    lock: Any
    frame: FrameType
    around = ()

    def __new__(cls, *given: Any) -> UserBlock:
        if given:
            name = cls.__name__
            raise TypeError(
                f"{name} takes no arguments, got {described(given[0])}: write `with {name}():`, or "
                f"`@{name}()` above a function"
            )
        lock = allocate_lock()
        # calling the partial, which is how it is left, releases the lock whatever is passed
        block = super().__new__(cls, lock.__exit__)
        block.lock = lock
        return block

    def __enter__(self) -> None:
        # no signal is let in between the end of this function and the body of the `with`
        try:
            if self.lock.acquire(False):
                self.begin(owner(sys._getframe(1)))
                return
        except BaseException:
            self.lock.release()
            raise
        raise RuntimeError(
            f"this {self!r} is entered already: make a new one for each block, with "
            f"{type(self).__name__}():"
        )

    __exit__ = functools.partial.__call__

    def begin(self, frame: FrameType | None) -> None:
        reference = noted(self)
        if frame is None:
            # a method in C: each node that is built within the block asks
            self.__dict__["is_on"] = self.lock.locked
            enter(reference)
        else:
            self.__dict__.pop("is_on", None)
            self.frame, self.is_outermost = frame, frame.f_back is None
            suspendable[Reference(self, suspendable.__delitem__)] = None

    def is_on(self) -> bool:
        """Tell whether the caller runs in the generator or coroutine that is in this block."""
        is_resumed = self.frame.f_back is not None or self.is_outermost
        return is_resumed and self.lock.locked() and is_below(self.frame)

    def changed(self, outside: Any) -> Any:
        """The state that holds inside, given the one outside."""
        raise NotImplementedError

    def __call__(self, f: F) -> F:
        """Return `f` as a function that runs within such a block."""
        decorated: F = within(type(self), f)
        return decorated

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __reduce__(self) -> Any:
        return type(self), ()
