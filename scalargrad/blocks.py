"""`with` blocks that no signal can cut, and that hold for what runs within them alone.

Python lets a signal in after any call, and where a function begins: also as `__exit__` begins. So
a block is *on* while it holds a lock, and is left by C code: nothing is put back. A context
variable says which blocks were entered where; a block that was left is merely off.
"""

from __future__ import annotations

import functools
import sys
from _thread import allocate_lock, get_ident
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from io import IOBase
from itertools import chain, repeat
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

if TYPE_CHECKING:

    class RLock:
        """What its stub calls a final class is one that can be subclassed."""

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
"""The blocks, of any thread, for which a node that is built takes the long way: never empty while
one is on, and a set, because a block that is freed is taken out without a step of bytecode."""
_entered: ContextVar[tuple[int, tuple[ref[Any], ...]]] = ContextVar("entered", default=(0, ()))
"""The blocks entered here, outer ones first, and the thread; freed ones, and such as were left,
are among them. Another thread may run in a copy of the context, but not within the blocks."""
_suspendable: set[ref[Any]] = set()
"""The blocks of generators and coroutines, which come and go with these."""


def noted(block: Any, kind: set[ref[Any]]) -> ref[Any]:
    """Put a block among those of a kind, until it is freed."""
    reference = Reference(block, kind.discard)
    kind.add(reference)
    return reference


def enter(reference: ref[Any]) -> None:
    """Note that a block is entered in the context of the caller."""
    here = get_ident()
    thread, entered = _entered.get()
    kept = [r for r in entered if r() is not None] if thread == here else ()
    _entered.set((here, (*kept, reference)))


def state() -> Any:
    """What holds where this is called: `alone` of the block around, None where there is none; of
    several, what each makes of the state outside of it."""
    thread, entered = _entered.get()
    if _suspendable:
        return state_in(with_suspendable(live(entered) if thread == get_ident() else []))
    found = None
    if entered and thread == get_ident():
        # as state_in(live(entered)), in half the time: this runs at each node built in a block
        for r in entered:
            block = r()
            if block is not None and block.is_on():
                found = block.alone if found is None else block.changed(found)
    if found is None and active:
        forget()
    return found


def live(entered: tuple[ref[Any], ...]) -> list[Any]:
    return [block for r in entered if (block := r()) is not None and block.is_on()]


def state_in(blocks: list[Any]) -> Any:
    found = None
    for block in blocks:
        found = block.alone if found is None else block.changed(found)
    return found


def with_suspendable(found: list[Any]) -> list[Any]:
    """The same with the blocks of the generators and coroutines that run."""
    for r in tuple(_suspendable):
        block = r()
        if block is not None and block.is_on():
            # those entered while it was on are within it; it was resumed within the others
            around = [i for i, b in enumerate(found) if block in b.around]
            found.insert(around[0] if around else len(found), block)
    return found


def forget() -> None:
    """Take out of `active` what is kept although it was left."""
    for r in tuple(active):
        block = r()
        if isinstance(block, UserBlock) and not block.lock.locked():
            active.discard(r)


class Inner(RLock):
    """A block of the library's own, around a call: it is entered and left by C code alone. Made
    by `inner`, in the `with` statement itself."""

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
    if _suspendable:
        block.around = tuple(with_suspendable([]))
    enter(noted(block, active) if is_active else ref(block))
    return block


class UserBlock(functools.partial[None]):
    """A block for users: `with` it, or decorate a function.

    It holds in the thread and the context in which it is entered. One that is entered in a
    generator or coroutine holds while this one runs, wherever that is, and not while it is
    suspended. Like a file it can be entered again after it was left, not before.
    """

    alone: Any
    """The state that holds inside where no other block is around."""
    lock: Any
    frame: FrameType
    around = ()

    def __new__(cls) -> UserBlock:
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
        reference = noted(self, active)
        if frame is None:
            # in C: each node that is built within the block asks
            self.__dict__["is_on"] = self.lock.locked
            enter(reference)
        else:
            self.__dict__.pop("is_on", None)
            self.frame, self.is_outermost = frame, frame.f_back is None
            noted(self, _suspendable)

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


class Temporary(IOBase):
    """A block in which attributes of objects have other values; `with` gives `result`.

    `changes` are (objects, name of the attribute, the values in the block); `also` is a block that
    is entered and left with this one. An IOBase is left by C code that calls `close`, and so is
    all that `close` does here, unless the class of an object sets attributes with Python code.
    """

    closed = True  # it is no file: there is nothing to close when freed

    def __init__(
        self,
        *changes: tuple[Sequence[Any], str, Iterable[Any]],
        result: Any = None,
        also: UserBlock | None = None,
    ) -> None:
        self.result = result
        self.also = also
        self.begin = [settings(*change) for change in changes]
        self.back = [settings(xs, name, [getattr(x, name) for x in xs]) for xs, name, _ in changes]
        nothing = repeat(None)
        left = map(UserBlock.__exit__, [also] if also else [], nothing, nothing, nothing)
        self.close = functools.partial(deque, chain(*self.back, left), 0)  # type: ignore

    def __enter__(self) -> Any:
        try:
            deque(chain(*self.begin), 0)
            if self.also is not None:
                self.also.__enter__()
        except BaseException:
            deque(chain(*self.back), 0)
            raise
        return self.result


def settings(objects: Iterable[Any], name: str, values: Iterable[Any]) -> Iterator[None]:
    """Set the attributes of one object after the other as the iterator is consumed."""
    return map(setattr, objects, repeat(name), values)


# ------ whose block it is

SUSPENDABLE = 0x20 | 0x80 | 0x100 | 0x200
"""CO_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE and CO_ASYNC_GENERATOR of a function's code."""
ENTERING = ("__enter__", "__aenter__", "enter_context", "enter_async_context")
"""Functions that enter for their caller, as does a generator that is run by one of the first two:
what `contextlib.contextmanager` makes."""


def owner(frame: FrameType | None) -> FrameType | None:
    """The generator or coroutine for which a block is entered in `frame`; None for a function."""
    while frame is not None:
        caller, suspendable = frame.f_back, frame.f_code.co_flags & SUSPENDABLE
        is_entering = frame.f_code.co_name in ENTERING
        if suspendable and caller is not None and caller.f_code.co_name in ENTERING[:2]:
            is_entering = True
        if not is_entering:
            return frame if suspendable else None
        frame = caller
    return None


def is_below(frame: FrameType) -> bool:
    """Tell whether the caller was called, through whatever, from `frame`."""
    found: FrameType | None = sys._getframe(1)
    while found is not None and found is not frame:
        found = found.f_back
    return found is not None


# ------ functions within a block


def within(block: type[UserBlock], f: Any) -> Any:
    """Return `f` with its body in a block: that of a generator or coroutine whenever it runs."""
    import inspect  # here, because an import of the package has no need of it

    def call(*args: Any, **named: Any) -> Any:
        with block():
            return f(*args, **named)

    def generate(*args: Any, **named: Any) -> Any:
        with block():
            return (yield from f(*args, **named))

    async def run(*args: Any, **named: Any) -> Any:
        with block():
            return await f(*args, **named)

    async def generate_async(*args: Any, **named: Any) -> Any:
        with block():
            generator = f(*args, **named)
            step = generator.__anext__()
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    return
                try:
                    step = generator.asend((yield item))
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as error:
                    step = generator.athrow(error)

    if inspect.isasyncgenfunction(f):
        return functools.wraps(f)(generate_async)
    if inspect.iscoroutinefunction(f):
        return functools.wraps(f)(run)
    return functools.wraps(f)(generate if inspect.isgeneratorfunction(f) else call)
