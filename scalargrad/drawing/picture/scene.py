"""The scene to draw: roots, from Values or from a call, and the boxes of their nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from ...scalars import is_value
from ...transforms.trees import HOLDS_VALUES, flatten, is_model
from ..symbols.arguments import called
from ..symbols.parts import held, is_part
from .loops import Loops, Place
from .modules import ModuleTree, Scopes, modules_by_parameters, recorded
from .selection import Numbering, selected
from .summary import Boxes, alike, fitting, in_budget, in_modules, roles, single
from .view import Drawn, Options

Collapse = int | str | Collection[str] | None


class Scene:
    """The graph to draw, and the modules of a model that its nodes belong to."""

    def __init__(self, what: Any, inputs: Sequence[Any], model: Any) -> None:
        if model is None:
            model = model_of(what)
        self.model = None if model is None else ModuleTree(model)
        self.scopes = Scopes(self.model) if self.model else None
        self.graph = Numbering(self._roots(what, inputs))
        self.module_of = self._modules()

    def _roots(self, what: Any, inputs: Sequence[Any]) -> list[Any]:
        if callable(what):
            what = self._called(what, inputs)
        elif inputs:
            raise TypeError("inputs are for a model or a function to be called, not for a Value")
        entries, _ = flatten(what, "draw's argument", HOLDS_VALUES)
        roots = [x for x in entries if is_value(x)]
        if not roots:
            raise TypeError(f"draw needs a Value, several, or what computes them, got {what!r:.60}")
        return roots

    def _called(self, f: Any, inputs: Sequence[Any]) -> Any:
        """The result of a function or a model, whose inputs are Values, to be drawn."""
        if self.scopes:
            return recorded(partial(called, "draw", f), [inputs], self.scopes)
        return called("draw", f, inputs)

    def _modules(self) -> dict[Any, str]:
        if self.model is None or self.scopes is None:
            return {}
        if self.scopes.module_of:
            return {**self.model.owner, **self.scopes.module_of}
        return modules_by_parameters(self.model, self.graph.nodes)

    # ------ boxes
    def shown(self, options: Options) -> Drawn:
        """Return what is drawn: at most `limit` boxes, as far as that is possible."""
        boxes = single(selected(self.graph, options.path, options.depth))
        stages: Iterable[Boxes] = self._stages(boxes, options)
        loops = self._loops(boxes, options)
        places: dict[int, Place] = {}
        if loops:
            places = loops.places if options.fold else loops.folded(loops.recurrent())
            folded = in_loops(boxes, places)
            stages = self._stages(folded, options) if options.fold else chain([folded], stages)
        boxes = fitting(self.graph, stages, self.module_of, options.limit)
        titles = loops.titles() if loops else []
        return Drawn(self.graph, boxes, self.model, self.module_of, shown_of(places, boxes), titles)

    def _loops(self, boxes: Boxes, options: Options) -> Loops | None:
        """The loops of the graph, if they are to be folded: where nothing else is asked for, those
        of a graph that cannot be drawn whole."""
        if options.fold is not None:
            return Loops(self.graph) if options.fold else None
        is_plain = self.model is None and options.collapse is None
        whole = not is_plain or in_budget(self.graph, boxes, options.limit)
        return None if whole else Loops(self.graph)

    def _stages(self, boxes: Boxes, options: Options) -> Iterator[Boxes]:
        """Yield the boxes with ever more modules collapsed; with given modules, these alone."""
        model, collapse = self.model, options.collapse
        if model is None and collapse is not None:
            raise ValueError("collapse needs a model: draw(root, model=model, collapse=1)")
        if collapse is None:
            yield boxes
        if model is None:
            return
        deepest = max(part.depth for part in model.parts.values())
        for choice in range(deepest, -1, -1) if collapse is None else [collapse]:
            names = chosen(model, choice)
            found = in_modules(self.graph, boxes, model, self.module_of, names)
            yield found
            exact = next(roles(self.graph, found, self.module_of, options.limit))
            yield alike(found, exact)


def model_of(what: Any) -> Any:
    """The model to be called: `what` itself, or the object whose method it is; None if no Values
    are kept there."""
    owner = getattr(what, "__self__", what)
    if is_model(owner):
        return owner
    keeps = is_part(owner) and any(is_value(x.thing) for x in held(owner))
    return owner if keeps else None


def in_loops(boxes: Boxes, places: Mapping[int, Place]) -> Boxes:
    """Return boxes in which nodes of one operator in a loop share one."""
    shared = {i: ("loop", places[i].loop, places[i].part) if i in places else i for i in boxes}
    size = Counter(shared.values())
    return {i: i if size[box] == 1 else box for i, box in shared.items()}


def shown_of(places: Mapping[int, Place], boxes: Boxes) -> dict[int, Place]:
    """The places of the nodes whose boxes are still those of a loop."""
    return {
        i: place
        for i, place in places.items()
        if isinstance(box := boxes.get(i), tuple) and box[0] == "loop"
    }


def chosen(model: ModuleTree, collapse: Collapse) -> set[str]:
    """The names of the modules to collapse: those given, or all at a depth."""
    if isinstance(collapse, int):
        return {part.name for part in model.parts.values() if part.depth == collapse}
    names = {collapse} if isinstance(collapse, str) else set(collapse or ())
    unknown = sorted(names - set(model.parts))
    if unknown:
        known = ", ".join(map(repr, list(model.parts)[:12]))
        raise ValueError(f"the model has no module {unknown[0]!r}; it has {known}")
    return names
