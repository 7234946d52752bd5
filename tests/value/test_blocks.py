"""Modes hold for what runs within their blocks, not in suspended generators, tasks or threads."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import gc
import pickle
import random
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, modes
from scalargrad.temporary import Temporary

X = Value(2.0)


def recorded() -> bool:
    """Whether a graph is recorded here."""
    return bool((X * X).parents)


def in_thread(f: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(f()))
    thread.start()
    thread.join()
    return found[0]


@pytest.fixture(autouse=True)
def nothing_holds() -> Iterator[None]:
    yield
    assert recorded()
    assert modes.now() == modes.NOTHING
    assert not modes.active


# ------ generators


def steps(count: int = 2) -> Generator[bool, Any, None]:
    with sg.no_grad():
        for _ in range(count):
            yield recorded()


def test_a_suspended_generator_leaves_its_mode_behind() -> None:
    generator = steps()
    assert next(generator) is False
    assert recorded()
    assert next(generator) is False
    assert recorded()
    assert list(generator) == []


@pytest.mark.parametrize("end", ["close", "throw", "free"])
def test_however_a_generator_ends_its_mode_does(end: str) -> None:
    generator = steps()
    next(generator)
    if end == "close":
        generator.close()
    elif end == "throw":
        with pytest.raises(KeyError):
            generator.throw(KeyError("thrown"))
    del generator
    assert recorded()
    assert not modes.active


def test_what_a_generator_calls_is_within_its_mode() -> None:
    def outer() -> Iterator[bool]:
        with sg.no_grad():
            yield from inner()

    def inner() -> Iterator[bool]:
        yield recorded()
        yield (lambda: recorded())()

    assert list(outer()) == [False, False]
    generator = outer()
    assert (next(generator), recorded(), next(generator)) == (False, True, False)


def test_a_generator_may_end_in_another_thread() -> None:
    generator = steps()
    next(generator)
    assert in_thread(lambda: next(generator)) is False
    assert in_thread(lambda: list(generator)) == []


def test_a_generator_running_in_one_thread_leaves_others_recording() -> None:
    running, enough = threading.Event(), threading.Event()

    def generator() -> Iterator[bool]:
        with sg.no_grad():
            yield recorded()
            running.set()
            enough.wait()
            yield recorded()

    g = generator()
    assert next(g) is False
    thread = threading.Thread(target=lambda: next(g))
    thread.start()
    running.wait()
    assert recorded()
    enough.set()
    thread.join()
    g.close()


class Walks:
    """Generators, some within no_grad, that resume and close one another at random."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.walks = [self.walk(rng.random() < 0.5) for _ in range(4)]

    def walk(self, holds: bool) -> Generator[None, None, None]:
        yield
        if holds:
            with sg.no_grad():
                yield from self.checking(True)
        else:
            yield from self.checking(False)

    def checking(self, holds: bool) -> Iterator[None]:
        for _ in range(self.rng.randrange(4)):
            around = modes.state.no_grad
            assert recorded() is not around
            assert around or not holds
            yield
            around = modes.state.no_grad
            self.turn()
            assert modes.state.no_grad is around

    def turn(self) -> None:
        idle = [walk for walk in self.walks if not walk.gi_running]
        if idle and self.rng.random() < 0.7:
            walk = self.rng.choice(idle)
            if self.rng.random() < 0.15:
                walk.close()
            else:
                next(walk, None)


def test_random_orders_of_resumption_and_closing() -> None:
    for seed in range(300):
        walks = Walks(random.Random(seed))
        for _ in range(12):
            walks.turn()
            assert recorded()
        for walk in walks.walks:
            walk.close()


def test_a_mode_made_by_contextmanager_holds_in_the_block() -> None:
    @contextlib.contextmanager
    def inference() -> Iterator[None]:
        with sg.no_grad():
            yield

    with inference():
        assert not recorded()
        assert sg.grad(lambda x: x * x)(3.0) == 6.0
    assert recorded()

    def generator() -> Iterator[bool]:
        with inference(), sg.detect_anomaly():
            yield recorded()
            yield recorded()

    g = generator()
    assert (next(g), recorded(), next(g)) == (False, True, False)


def test_an_exit_stack_in_a_generator_is_the_generators() -> None:
    def generator() -> Iterator[bool]:
        with contextlib.ExitStack() as stack:
            stack.enter_context(sg.no_grad())
            yield recorded()

    g = generator()
    assert (next(g), recorded()) == (False, True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(sg.no_grad())
        assert not recorded()


def test_transforms_within_a_resumed_generator_record_and_those_around_do_not_undo_it() -> None:
    def generator() -> Iterator[Any]:
        with sg.no_grad():
            yield None
            # resumed within a function that is being differentiated
            yield recorded()
            yield sg.grad(lambda x: x**3)(2.0)

    g = generator()
    next(g)
    found: list[Any] = []

    def f(x: Any) -> Any:
        found.extend(g)
        return x * x

    assert sg.grad(f)(3.0) == 6.0
    assert found[0] is False
    assert found[1].data == 12.0


# ------ tasks


def test_tasks_do_not_see_each_others_modes() -> None:
    async def quiet() -> list[bool]:
        with sg.no_grad():
            found = []
            for _ in range(5):
                found.append(recorded())
                await asyncio.sleep(0)
            return found

    async def loud() -> list[bool]:
        found = []
        for _ in range(5):
            found.append(recorded())
            await asyncio.sleep(0)
        return found

    async def main() -> list[list[bool]]:
        return await asyncio.gather(quiet(), loud(), quiet(), loud())

    assert asyncio.run(main()) == [[False] * 5, [True] * 5] * 2


def test_a_task_begun_within_a_mode_is_outside_of_it() -> None:
    async def child() -> list[bool]:
        found = [recorded()]
        await asyncio.sleep(0)
        return [*found, recorded()]

    async def main() -> list[bool]:
        with sg.no_grad():
            task = asyncio.create_task(child())
            await asyncio.sleep(0)
        return await task

    assert asyncio.run(main()) == [True, True]


def test_what_a_coroutine_awaits_is_within_its_mode() -> None:
    async def inner() -> bool:
        await asyncio.sleep(0)
        return recorded()

    async def main() -> tuple[bool, bool]:
        with sg.no_grad():
            within = await inner()
        return within, await inner()

    assert asyncio.run(main()) == (False, True)


def test_asynchronous_generators_and_context_managers() -> None:
    @contextlib.asynccontextmanager
    async def inference() -> AsyncIterator[None]:
        with sg.no_grad():
            yield

    async def numbers() -> AsyncIterator[bool]:
        async with inference():
            for _ in range(3):
                yield recorded()

    async def main() -> list[tuple[bool, bool]]:
        return [(within, recorded()) async for within in numbers()]

    assert asyncio.run(main()) == [(False, True)] * 3


def test_a_function_around_an_event_loop_is_around_its_tasks() -> None:
    async def main() -> bool:
        await asyncio.sleep(0)
        return recorded()

    with sg.no_grad():
        assert asyncio.run(main()) is False


def test_a_thread_begins_without_modes_even_in_a_copy_of_the_context() -> None:
    with sg.no_grad():
        context = contextvars.copy_context()
        assert in_thread(recorded) is True
        assert in_thread(lambda: context.run(recorded)) is True
        assert context.run(recorded) is False
    assert context.run(recorded) is True


# ------ decorators


def test_decorated_functions_of_every_kind() -> None:
    @sg.no_grad()
    def function() -> bool:
        return recorded()

    @sg.no_grad()
    def generator() -> Generator[bool, str, str]:
        got = yield recorded()
        return got + str(recorded())

    @sg.no_grad()
    async def coroutine() -> bool:
        await asyncio.sleep(0)
        return recorded()

    @sg.no_grad()
    async def asynchronous() -> AsyncIterator[bool]:
        yield recorded()
        yield recorded()

    assert function() is False
    g = generator()
    assert (next(g), recorded()) == (False, True)
    with pytest.raises(StopIteration, match="aFalse"):
        g.send("a")
    assert asyncio.run(coroutine()) is False

    async def main() -> list[tuple[bool, bool]]:
        return [(within, recorded()) async for within in asynchronous()]

    assert asyncio.run(main()) == [(False, True)] * 2


def test_a_decorated_asynchronous_generator_is_sent_to_thrown_at_and_closed() -> None:
    seen: list[Any] = []

    @sg.no_grad()
    async def echo() -> Any:
        try:
            got = yield 0
            while True:
                try:
                    got = yield got, recorded()
                except KeyError as error:
                    got = error.args[0]
        finally:
            seen.append(recorded())

    async def main() -> list[Any]:
        g = echo()
        found = [await g.__anext__(), await g.asend(1), await g.athrow(KeyError(2))]
        await g.aclose()
        return found

    assert asyncio.run(main()) == [0, (1, False), (2, False)]
    assert seen == [False]


def test_a_decorated_function_may_call_itself() -> None:
    @sg.no_grad()
    def down(n: int) -> list[bool]:
        return [recorded(), *down(n - 1), recorded()] if n else []

    assert down(3) == [False] * 6
    assert down.__name__ == "down"


# ------ blocks as objects


def test_a_block_can_be_entered_again_after_it_was_left_not_before() -> None:
    block = sg.no_grad()
    for _ in range(2):
        with block:
            assert not recorded()
        assert recorded()
    with block, pytest.raises(RuntimeError, match=r"make a new one.*with no_grad\(\)"):
        block.__enter__()
    assert recorded()
    assert not modes.active


def test_a_block_may_be_a_functions_and_then_a_generators() -> None:
    block = sg.no_grad()
    with block:
        assert not recorded()

    def generator() -> Iterator[bool]:
        with block:
            yield recorded()
            yield recorded()

    g = generator()
    assert (next(g), recorded(), next(g), recorded()) == (False, True, False, True)
    g.close()
    with block:
        assert not recorded()
    assert recorded()


def test_a_block_may_be_a_generators_and_then_a_functions() -> None:
    block = sg.no_grad()

    def generator() -> Iterator[bool]:
        with block:
            yield recorded()

    assert list(generator()) == [False]
    with block:
        assert not recorded()
        assert in_thread(recorded) is True
    assert recorded()


def test_more_blocks_than_are_looked_at_one_by_one() -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(sg.no_grad())
            assert not recorded()
    assert recorded()


def test_a_generator_within_a_mode_beside_others_that_are_suspended_or_run() -> None:
    def within(inner: Iterator[bool]) -> Iterator[bool]:
        with sg.no_grad():
            yield recorded()
            yield next(inner)
            yield recorded()

    suspended = steps()
    next(suspended)
    one = within(within(steps()))
    assert [next(one), recorded(), next(one), recorded(), next(one)] == [False, True] * 2 + [False]
    assert recorded()


def test_a_block_that_is_freed_without_being_left_is_off() -> None:
    sg.no_grad().__enter__()
    assert recorded()
    kept = sg.no_grad()
    kept.__enter__()
    assert not recorded()
    del kept
    assert recorded()


def test_numbers_and_gradients_are_read_and_set_within_a_mode() -> None:
    x = Value(2.0)
    (x * x).backward()
    with sg.no_grad():
        x.data -= 0.5 * x.grad
        x.grad = 0.0
        y = Value((x * x).data, label="y")
    assert (x.data, x.grad, y.data, y.label) == (0.0, 0.0, 0.0, "y")


def test_a_mode_in_another_thread_changes_nothing_here() -> None:
    started, enough = threading.Event(), threading.Event()

    def quiet() -> bool:
        with sg.no_grad():
            started.set()
            enough.wait()
            return recorded()

    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(quiet()))
    thread.start()
    started.wait()
    assert all(recorded() for _ in range(1000))
    with sg.no_grad():
        assert not recorded()
    enough.set()
    thread.join()
    assert found == [False]


def test_a_block_kept_after_it_was_left_costs_nothing() -> None:
    kept = sg.no_grad()
    with kept:
        pass
    recorded()
    assert not modes.active
    with kept:
        assert not recorded()


def test_blocks_may_be_left_in_any_order() -> None:
    first, second = sg.no_grad(), sg.detect_anomaly()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert recorded()
    with pytest.raises(sg.AnomalyError):
        X / 0.0
    second.__exit__()
    assert (X / 0.0).data == float("inf")


def test_blocks_are_copied_and_pickled_as_new_ones() -> None:
    with sg.no_grad() as nothing:
        assert nothing is None
    block = sg.detect_anomaly()
    with block:
        for other in (copy.copy(block), copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
            assert repr(other) == "detect_anomaly()"
            with other:
                pass


def test_a_transform_within_a_mode_and_a_mode_within_a_transform() -> None:
    def f(x: Any) -> Any:
        with sg.no_grad():
            held = x * x
        return x * held

    with sg.no_grad():
        assert sg.grad(f)(3.0) == 9.0
        assert not recorded()


def test_what_a_user_sets_in_a_context_variable_stays() -> None:
    variable = contextvars.ContextVar("variable", default=0)

    def f(x: Any) -> Any:
        variable.set(variable.get() + 1)
        return x * x

    sg.hessian(f)(2.0)
    sg.compile(f)(2.0)
    assert variable.get() >= 2


def test_temporary_settings_end_also_where_they_could_not_begin() -> None:
    class Stubborn:
        def __setattr__(self, name: str, value: Any) -> None:
            if value == "new":
                raise ValueError
            super().__setattr__(name, value)

    class Plain:
        x = "old"

    plain, stubborn = Plain(), Stubborn()
    stubborn.x = "old"
    block = sg.no_grad()
    with (
        pytest.raises(ValueError),
        Temporary(([plain, stubborn], "x", ["new", "new"]), also=block),
    ):
        raise AssertionError
    assert (plain.x, stubborn.x) == ("old", "old")
    with Temporary(([plain], "x", ["new"]), result=5, also=block) as result:
        assert (plain.x, result, recorded()) == ("new", 5, False)
    assert plain.x == "old"
    gc.collect()
