"""Which nodes of a nest derivatives flow through, and which are floats where eager has Values."""

from __future__ import annotations

from collections.abc import Iterable

from ... import ops
from ..trace.vocabulary import INPUT, stop_gradient
from .nest import CARRIED, GATHERED, READ, Nest


def read_from(nest: Nest, i: int) -> list[int]:
    """The inputs that an element may be, where node i is one of an array of inputs."""
    if nest.rows[i] is GATHERED:
        numbers = nest.addresses[i].array.numbers
        assert numbers is not None
        return [nest.inputs[int(k)] for k in set(numbers)]
    if nest.rows[i] is not READ or not nest.addresses[i].array.is_inputs:
        return []
    address, block = nest.addresses[i], nest.home[i]
    ends = [s * (b.trips - 1) for s, b in zip(address.strides, block.path)]
    low = address.offset + sum(x for x in ends if x < 0)
    return nest.inputs[low : address.offset + sum(x for x in ends if x > 0) + 1]


def reached(nest: Nest, begin: Iterable[int], among: Iterable[int]) -> set[int]:
    """The nodes among these that depend on one in `begin`, in whichever iteration."""
    users: dict[int, list[int]] = {}
    waiting, found = [*begin], set()
    begun = set(waiting)
    for i in among:
        for j in nest.sources(i):
            users.setdefault(j, []).append(i)
        # an element may be one of very many inputs
        if not begun.isdisjoint(read_from(nest, i)):
            waiting.append(i)
    while waiting:
        i = waiting.pop()
        if i not in found:
            found.add(i)
            waiting += users.get(i, ())
    return found


def find_plain(nest: Nest) -> bool:
    """Say anew which nodes are plain: those that no Value reaches. Return False if some number is
    plain in one iteration and none in another: if it begins as a float and goes on as a Value."""
    rows, plain = nest.rows, nest.plain
    nodes = range(len(nest))
    values = [i for i in nodes if rows[i] is ops.identity or (rows[i] is INPUT and not plain[i])]
    found = reached(nest, values, [i for i in nodes if rows[i] is not stop_gradient])
    for i in nodes:
        plain[i] = i not in found
    return all(len({plain[j] for j in alternatives(nest, i)}) <= 1 for i in nodes)


def alternatives(nest: Nest, i: int) -> list[int]:
    """The nodes of which node i is one or another, as iterations go."""
    if i in nest.held:
        return [nest.next[i]]
    if nest.rows[i] is CARRIED:
        return [*nest.operands[i], nest.next[i]]
    if nest.rows[i] is READ:
        writes = nest.addresses[i].array.writes
        return [effect.x for effect in writes] or read_from(nest, i)
    return read_from(nest, i)
