"""Which nodes others are computed from, a bit for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..trace.recorder import Recorder


def bits(x: int) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    for at, byte in enumerate(x.to_bytes((x.bit_length() + 7) // 8, "little")):
        if byte:
            yield from (8 * at + k for k in range(8) if byte >> k & 1)


def dependences(trace: Recorder, outputs: Sequence[int], variables: Sequence[int]) -> list[int]:
    """Of each output the variables that it was computed from, a bit for each."""
    known, operands = [0] * len(trace), trace.operands
    for k, i in enumerate(variables):
        known[i] |= 1 << k
    for i in trace.needed(outputs):
        found = known[i]
        for j in operands[i]:
            found |= known[j]
        known[i] = found
    return [known[i] for i in outputs]
