"""Floats compared bit for bit, where any NaN equals any other."""

from __future__ import annotations

import struct
from collections.abc import Iterable


def bits(x: float) -> bytes:
    return b"NaN" if x != x else struct.pack("<d", x)


def all_bits(xs: Iterable[float]) -> list[bytes]:
    return [bits(x) for x in xs]
