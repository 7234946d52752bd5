"""Lanes that leave a path, because some guard does not hold in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..machine.broken import Broken
from .lanes import Lanes
from .path import Path


class Away(NamedTuple):
    """Lanes that leave a path, and at which guard each; the sides of the guards are those of all
    lanes of the call."""

    lanes: Any
    guards: Any
    sides: Any
    some_stay: bool

    def only(self, lanes: Any) -> Away:
        """The same of some of these lanes."""
        import numpy

        if len(lanes) == len(self.lanes):
            return self
        kept = numpy.isin(self.lanes, lanes)
        return self._replace(lanes=self.lanes[kept], guards=self.guards[kept])

    def sent_on(self, instead: Mapping[int, Path], found: dict[Path, list[Any]]) -> Away:
        """Put lanes to the paths that are known for their guards; return the others."""
        for guard, own in self.by_guard():
            if guard in instead:
                found.setdefault(instead[guard], []).append(own)
        return self.but(instead)

    def but(self, guards: Iterable[int]) -> Away:
        """The lanes that do not leave at these guards."""
        import numpy

        kept = ~numpy.isin(self.guards, list(guards))
        return self._replace(lanes=self.lanes[kept], guards=self.guards[kept])

    def by_guard(self) -> list[tuple[int, Any]]:
        """The lanes that leave at each guard."""
        import numpy

        order = numpy.argsort(self.guards, kind="stable")
        guards, lanes = self.guards[order], self.lanes[order]
        begins = [0, *(numpy.flatnonzero(guards[1:] != guards[:-1]) + 1).tolist()]
        ends = [*begins[1:], len(lanes)]
        return [(int(guards[i]), lanes[i:j]) for i, j in zip(begins, ends) if i < j]


def joined(found: Mapping[Path, list[Any]], sides: Any) -> list[tuple[Path, Any, Any]]:
    import numpy

    return [(there, numpy.concatenate(own), sides) for there, own in found.items()]


def leaving(lanes: Lanes, group: Any, sides: Any, broken: Broken | int) -> Away:
    """The lanes of a group in which a guard does not hold; all of them if the guard is uniform."""
    import numpy

    if isinstance(broken, int):
        own = numpy.arange(lanes.count or 1) if group is None else group
        return Away(own, numpy.full(len(own), broken), sides, False)
    away = numpy.flatnonzero(broken.guards >= 0)
    guards, own, sides = broken.guards[away], away, broken.sides
    if group is not None:
        own, sides = group[away], numpy.empty((lanes.count, 2))
        sides[own] = broken.sides[away]
    return Away(own, guards, sides, len(away) < len(broken.guards))
