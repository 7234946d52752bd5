"""The pure engine's methods, which are written from the table, and its backward pass."""

from __future__ import annotations

import inspect
import itertools
import random
import threading
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import pytest

from scalargrad import methods, sweep
from scalargrad.rows import BUILT_IN, Operator
from scalargrad.value import Value
from tests.support.expressions import random_expression
from tests.support.floats import all_bits
from tests.support.random_programs import NAMES

NUMBERS = [0.0, -0.0, 0.5, 1.0, -1.0, 2.5, -3.7, 700.0, -700.0, 2.0**53, 1e-310, 1e308, -1e308]
NUMBERS += [inf, -inf, nan]
METHODS = [
    pytest.param(op, name, id=name)
    for op in BUILT_IN.values()
    for name, _ in methods.methods_of(op, 0)
    if op.arity == 1 or (op.dunder and op.arity == 2)
]


def operand_lists(op: Operator, name: str) -> Iterator[tuple[Any, ...]]:
    """Operands with Values in every place where the method may be called with one."""
    if op.arity == 1:
        yield from ((Value(x),) for x in NUMBERS)
        return
    for x, y in itertools.product(NUMBERS, repeat=2):
        if name == f"__r{op.dunder}__":
            yield x, Value(y)
        else:
            yield Value(x), y
            yield Value(x), Value(y)


def shown(x: Any) -> Any:
    return id(x) if type(x) is Value else all_bits([x])


@pytest.mark.parametrize(("op", "name"), METHODS)
def test_method_gives_what_the_row_gives_bit_for_bit(op: Operator, name: str) -> None:
    reflected = name == f"__r{op.dunder}__"
    for operands in operand_lists(op, name):
        node = getattr(Value, name)(*(reversed(operands) if reflected else operands))
        out, _, partials = op.evaluate(operands, Value)
        assert all_bits([node.data, *node.partials]) == all_bits([out, *partials]), operands
        assert node.op is op
        assert list(map(shown, node.operands)) == list(map(shown, operands))


def test_text_of_a_method_can_be_read() -> None:
    assert Value(2.0).tanh().data == pytest.approx(0.9640275800758169)
    assert inspect.getsource(Value.tanh).startswith("def tanh(self):\n    x = self._number\n")


def gradients_of(roots: list[Any], leaves: list[Any]) -> list[bytes]:
    for root in roots:
        root.backward()
    found = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.grad = 0.0
    return all_bits(found)


def test_pass_while_another_one_runs_gives_the_same() -> None:
    functions = {name: BUILT_IN[name] for name in NAMES}
    for seed in range(50):
        expression = random_expression(random.Random(seed), NAMES, 30, 0.2)
        nodes = expression.compute(Value, functions)
        leaves = nodes[: len(expression.leaves)]
        expected = gradients_of(nodes[-1:], leaves)
        # an interrupt may have kept the lock: see `sweep.adjoints_of_all`
        is_taken = sweep._is_running.acquire(blocking=False)
        try:
            assert gradients_of(nodes[-1:], leaves) == expected
        finally:
            if is_taken:
                sweep._is_running.release()


def adjoints_of(root: Any) -> dict[Any, float]:
    nodes, adjoints, _ = sweep.propagate(root, 1.0)
    return dict(zip(nodes, adjoints))


def test_threads_share_leaves_and_each_gets_its_own_adjoints() -> None:
    x, y = Value(1.5), Value(-0.5)
    roots = [sum(((x * y + k) * x for k in range(300)), Value(0.0)) for _ in range(4)]
    expected = [adjoints_of(root) for root in roots]
    found: dict[int, list[Any]] = {}

    def work(i: int) -> None:
        found[i] = [adjoints_of(roots[i]) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(roots))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(len(roots))] == [[one] * 20 for one in expected]
