"""From items to the code of a nest: results, and their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..loops.items import Item, NodeAt, InputAt, Constant
from .activity import find_plain
from .adjoints import Adjoints
from .encoding import NestCode, encoded
from .lowering import lowered
from .nest import Nest, Refused
from .placing import Placing


def nest_code(
    items: Sequence[Item],
    plain: Sequence[bool],
    outputs: Sequence[Any],
    wanted: Sequence[int],
    careful: bool = False,
) -> NestCode:
    nest = Nest()
    for is_plain in plain:
        nest.input(0.0, False, is_plain)
    nest.input_array.size = len(plain)
    placing = Placing(nest, items)
    found = [placing.operand(placing.root, reference) for reference in outputs]
    exact = find_plain(nest)
    if careful and not exact:
        raise Refused("a number begins as a float and goes on as a Value")
    inputs = [nest.inputs[k] for k in wanted]
    results = []
    for i in found:
        results.append(i)
        results += [nest.index(x) for x in Adjoints(nest, i, inputs).found()] if inputs else []
    low, results = lowered(nest, results, careful)
    return encoded(low, results)
