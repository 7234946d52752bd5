"""The module of a model that each node of a graph belongs to.

Where the model is called here, every node is noted as it is built, and its module is exact. In a
graph that exists already the parameters tell: a node belongs to the smallest module around all
parameters it uses. A node that uses none belongs to the smallest module around its parents and the
nodes that use it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from ... import modes
from ...messages import counted
from ...scalars import is_value
from ...transforms.variables import differentiating
from ..symbols.parts import held


class Submodule(NamedTuple):
    """A module within a model: `name` is "" for the model itself, `depth` counts modules."""

    name: str
    kind: str
    parent: str | None
    depth: int


class ModuleTree:
    """The modules of a model by name, and the parameters of each."""

    def __init__(self, model: Any) -> None:
        self.parts: dict[str, Submodule] = {}
        self.modules: dict[int, str] = {}
        """The names of modules by the identity of the module."""
        self.owner: dict[Any, str] = {}
        """The module of each parameter that is a Value."""
        self.label: dict[Any, str] = {}
        for found in held(model):
            self._note(*found)
        self.parameters = Counter(n for owner in self.owner.values() for n in self.around(owner))

    def _note(self, path: str, inside: str | None, thing: Any) -> None:
        if not is_value(thing):
            depth = self.parts[inside].depth + 1 if inside is not None else 0
            self.modules[id(thing)] = path
            self.parts[path] = Submodule(path, type(thing).__name__, inside, depth)
        elif inside is not None and thing not in self.owner:
            self.owner[thing] = inside
            self.label[thing] = path.removeprefix(f"{inside}." if inside else "")

    def around(self, name: str | None) -> Iterator[str]:
        """Yield the name, the name of the module around it, and so on."""
        while name is not None:
            yield name
            name = self.parts[name].parent

    def smallest_around(self, one: str | None, other: str | None) -> str | None:
        """The smallest module that holds both modules; if either is None, the other."""
        if one is None or other is None or one == other:
            return other if one is None else one
        holding = set(self.around(one))
        return next(name for name in self.around(other) if name in holding)

    def described(self, name: str) -> list[str]:
        """The contents of a module in words: ["16 neurons", "272 parameters"]."""
        kinds = Counter(part.kind.lower() for part in self.parts.values() if part.parent == name)
        parameters = counted(self.parameters[name], "parameter")
        return [*(counted(n, kind) for kind, n in kinds.items()), parameters]


# ------ noted while the model is called


class Scopes:
    """Notes, for every node that is built, the innermost module whose method is running."""

    def __init__(self, model: ModuleTree) -> None:
        self.model = model
        self.module_of: dict[Any, str] = {}

    def __call__(self, node: Any) -> Any:
        name = self.running()
        if name is not None:
            self.module_of[node] = name
        return node

    def running(self) -> str | None:
        """The innermost module of the model among the first arguments of the calls that run."""
        frame = sys._getframe(2)
        while frame is not None and frame.f_code is not recorded.__code__:
            code = frame.f_code
            if code.co_argcount:
                first = frame.f_locals.get(code.co_varnames[0])
                name = self.model.modules.get(id(first))
                if name is not None:
                    return name
            frame = frame.f_back  # type: ignore[assignment]
        return None


def recorded(f: Callable[..., Any], inputs: Sequence[Any], scopes: Scopes) -> Any:
    """Return f(*inputs), its graph recorded and every node noted in `scopes`."""
    with differentiating(level=False), modes.watching(scopes):
        return f(*inputs)


# ------ told by the parameters


def modules_by_parameters(model: ModuleTree, nodes: Sequence[Any]) -> dict[Any, str]:
    """Return the modules of nodes in backward order. A node that is in none is missing."""
    known = dict(model.owner)
    for node in nodes:
        for parent in node.parents:
            if parent in model.owner:
                name = model.smallest_around(known.get(node), model.owner[parent])
                known[node] = cast(str, name)
    before: dict[Any, str | None] = {}
    for node in reversed(nodes):
        around = None
        for parent in node.parents:
            around = model.smallest_around(around, before.get(parent))
        before[node] = known.get(node, around)
    after: dict[Any, str | None] = {}
    for node in nodes:
        arriving = known.get(node, after.get(node))
        for parent in node.parents:
            after[parent] = model.smallest_around(after.get(parent), arriving)
    for node in nodes:
        if node not in known and before[node] is not None and after.get(node) is not None:
            known[node] = cast(str, model.smallest_around(before[node], after[node]))
    return known
