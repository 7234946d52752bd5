"""Lanes that leave a path, because some guard does not hold in them."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from ..machine.broken import Broken
from .lanes import Lanes
from .path import Path


class Away(NamedTuple):
    """Lanes that leave a path, by the guard at which they do. The sides of the guards are those of
    all lanes of the call."""

    groups: list[tuple[int, Any]]
    sides: Any
    some_stay: bool

    @property
    def lanes(self) -> Any:
        import numpy

        return numpy.concatenate([own for _, own in self.groups])

    def only(self, lanes: Any, count: int) -> Away:
        """The same of some of these lanes; a call has so many."""
        import numpy

        is_left = numpy.zeros(count, bool)
        is_left[lanes] = True
        groups = [(guard, own[is_left[own]]) for guard, own in self.groups]
        return self._replace(groups=[(guard, own) for guard, own in groups if len(own)])

    def but(self, guards: Container[int]) -> Away:
        """The lanes that do not leave at these guards."""
        return self._replace(groups=[x for x in self.groups if x[0] not in guards])


def joined(found: Mapping[Path, list[Any]], sides: Any) -> list[tuple[Path, Any, Any]]:
    """The lanes of each path in order, and the paths in the order of their first lanes: sums over
    lanes are added up the same way in every call, also in the one that finds the paths."""
    import numpy

    lanes = {there: numpy.sort(numpy.concatenate(own)) for there, own in found.items()}
    groups = [(there, own, sides) for there, own in lanes.items()]
    return sorted(groups, key=lambda group: int(group[1][0]))


def leaving(lanes: Lanes, group: Any, sides: Any, broken: Broken | int) -> Away:
    """The lanes of a group in which a guard does not hold; all of them if the guard is uniform."""
    import numpy

    if isinstance(broken, int):
        own = numpy.arange(lanes.count or 1) if group is None else group
        return Away([(broken, own)], sides, False)
    away = numpy.flatnonzero(broken.guards >= 0)
    some_stay = len(away) < len(broken.guards)
    away = away[numpy.argsort(broken.guards[away], kind="stable")]
    guards, own, sides = broken.guards[away], away, broken.sides
    if group is not None:
        own, sides = group[away], numpy.empty((lanes.count, 2))
        sides[own] = broken.sides[away]
    begins = [0, *(numpy.flatnonzero(guards[1:] != guards[:-1]) + 1).tolist()]
    ends = [*begins[1:], len(own)]
    groups = [(k, own[i:j]) for k, i, j in zip(guards[begins].tolist(), begins, ends)]
    return Away(groups, sides, some_stay)
