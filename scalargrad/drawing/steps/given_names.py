"""The names that a program gives to its Values, noted while the program runs.

A local name counts as it stands when its function returns: after `q = x + y` the node is q. The
parameters of a model are named by their place in it: layers.0.weight.1.2 is w0_1_2. What a
module returns is a, or z where it is a weighted sum: z0_1 is the second number of layers.0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import CodeType, FrameType
from typing import Any

from ...modes import PACKAGE, is_traced
from ...profiled import unless_profiled
from ...rows import BUILT_IN
from ...scalars import is_value
from ...transforms.trees import is_model
from ..symbols.parts import MOST_ENTRIES, held, is_part, keeps_parts

SHORT = {"weight": "w", "bias": "b"}
CALLS = ("__call__", "forward")
"""The methods whose results are a model's outputs."""
DEEPEST = 3
"""Lists within lists are looked into so far."""
MOST_NOTED = 200_000
"""So many names are noted of functions that the program calls, and those of its own function."""

Names = Mapping[Any, str]


class GivenNames:
    """The names of nodes: `known`, each used once, in the order of their claims."""

    def __init__(self) -> None:
        self.known: dict[Any, str] = {}
        self.used: Counter[str] = Counter()

    def claim(self, node: Any, name: str) -> None:
        """Name a node that has no name. A name that is taken gets a number."""
        if node in self.known or node.label:
            return
        self.used[name] += 1
        count = self.used[name]
        self.known[node] = name if count == 1 else f"{name}_{count}"

    def claim_all(self, pairs: Iterable[tuple[Any, str]]) -> None:
        for node, name in pairs:
            self.claim(node, name)


class Watch:
    """Watches the user's functions and the modules of models until they return."""

    def __init__(self, f: Any, args: Sequence[Any], model: Any) -> None:
        self.models = list(found_models(f, args, model))
        self.code = getattr(f, "__code__", None)
        self.room = MOST_NOTED
        self.frames: list[list[tuple[Any, str]]] = []
        self.outputs: list[tuple[Any, bool, list[tuple[Any, str]]]] = []
        """Parts that were called, whether their class is ours, and the Values they returned."""
        self.met: dict[int, Any] = {}
        """The parts in the variables of functions, by identity, in the order of the last return."""

    def all_models(self) -> list[Any]:
        """The models known before, and those that the program has met, the outermost first."""
        return [*self.models, *reversed(self.met.values())]

    def parameters(self) -> list[Any]:
        found = (x for model in self.all_models() for _, x in parameters(model))
        return [x for x in found if not x.parents]

    def names(self) -> Names:
        """The names, once the program has run: parameters first, then the outermost function,
        whose frame was the last to return, then those that it called. What layers return comes
        before the names within a model's own methods."""
        found = GivenNames()
        for model in self.all_models():
            found.claim_all(parameter_names(model))
        *inner, outermost = self.frames or [[]]
        outputs = list(self.output_names())
        ordered = [outermost, *outputs] if self.code else [*outputs, outermost]
        for pairs in (*ordered, *inner):
            found.claim_all(pairs)
        return found.known

    def running(self) -> AbstractContextManager[Any]:
        """Within it functions are watched, but in a program that is being profiled already."""
        return unless_profiled(self.event)

    def event(self, frame: FrameType, event: str, returned: Any) -> None:
        # what a compiled function is traced with are no Values of this program
        if event != "return" or returned is None or is_traced():
            return
        code = frame.f_code
        is_ours = code.co_filename.startswith(PACKAGE)
        if not is_ours:
            is_function = not code.co_name.startswith("<") or code.co_name == "<lambda>"
            if is_function and (self.room > 0 or code is self.code):
                self.frames.append(list(local_names(frame)))
                self.room -= len(self.frames[-1])
                self.meet(frame)
        if code.co_name in CALLS and code.co_argcount and self.room > 0:
            part = frame.f_locals.get(code.co_varnames[0])
            if is_part(part):
                self.outputs.append((part, is_ours, list(entries("", returned))))
                self.room -= len(self.outputs[-1][-1])

    def output_names(self) -> Iterator[Iterator[tuple[Any, str]]]:
        """The results of layers, named by the place of the layer in the outermost model. An object
        of the user's that stands in no list has names of its own inside."""
        paths: dict[int, str] = {}
        for model in self.all_models():
            for path, part in modules(model):
                paths.setdefault(id(part), path)
        for part, is_ours, returned in self.outputs:
            found = paths.get(id(part))
            if found is not None and (is_ours or parts(found)[1]):
                yield output_names(found, returned)

    def meet(self, frame: FrameType) -> None:
        """Note the parts in a function's variables."""
        for x in variables(frame).values():
            if keeps_parts(x):
                self.met.pop(id(x), None)
                self.met[id(x)] = x


# ------ functions


def local_names(frame: FrameType) -> Iterator[tuple[Any, str]]:
    """The Values in a frame's variables."""
    for name, x in variables(frame).items():
        if is_value(x) or isinstance(x, (list, tuple, dict)):
            yield from entries(name, x)


def variables(frame: FrameType) -> dict[str, Any]:
    """A frame's variables, and the globals that its code names."""
    scope, code = frame.f_globals, frame.f_code
    known = {name: x for name, x in frame.f_locals.items() if not name.startswith(("_", "."))}
    return known | {name: scope[name] for name in code.co_names if name in scope}


def entries(name: str, x: Any, depth: int = 0) -> Iterator[tuple[Any, str]]:
    """Yield the Values in x with their names, as w_0_1 of a list of lists."""
    if is_value(x):
        yield x, name
    elif isinstance(x, (list, tuple, dict)) and depth < DEEPEST and len(x) <= MOST_ENTRIES:
        pairs = x.items() if isinstance(x, dict) else enumerate(x)
        for key, inner in pairs:
            yield from entries(f"{name}_{key}", inner, depth + 1)


def found_models(f: Any, args: Sequence[Any], model: Any) -> Iterator[Any]:
    """The model given, f itself if it is one or the object whose method it is, the arguments, and
    those that f names: closed over, or global."""
    yield from ([] if model is None else [model])
    reachable = (f, getattr(f, "__self__", None), *args, *named_by(f))
    yield from (x for x in reachable if keeps_parts(x) and x is not model)


def named_by(f: Callable[..., Any]) -> Iterator[Any]:
    code = getattr(f, "__code__", None)
    if not isinstance(code, CodeType):
        return
    for cell in getattr(f, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a variable that has no value yet
            continue
    scope = getattr(f, "__globals__", {})
    yield from (scope[name] for name in code.co_names if name in scope)


# ------ models


def modules(model: Any) -> Iterator[tuple[str, Any]]:
    """The modules of a model, or the parts of another object, each with its path."""
    if is_model(model):
        named = getattr(model, "named_modules", None)
        return iter(named()) if named else iter(())
    return ((found.path, found.thing) for found in held(model) if is_part(found.thing))


def parameters(model: Any) -> Iterator[tuple[str, Any]]:
    """The Values that a model, or another object, keeps, each with its path."""
    if is_model(model):
        return ((path, x) for path, x in model.named_parameters() if is_value(x))
    return ((found.path, found.thing) for found in held(model) if is_value(found.thing))


def parameter_names(model: Any) -> Iterator[tuple[Any, str]]:
    """Yield each parameter with its name: short, or the whole path where parameters would share a
    short one."""
    named = list(parameters(model))
    shared = Counter(short_name(path) for path, _ in named)
    for path, x in named:
        short = short_name(path)
        yield x, short if shared[short] == 1 else identifier_of(path)


def parts(path: str) -> tuple[list[str], list[str]]:
    """The words and the numbers of a path, in their order."""
    found = path.split(".") if path else []
    return [x for x in found if not x.isdigit()], [x for x in found if x.isdigit()]


def short_name(path: str) -> str:
    """layers.0.weight.1.2 as w0_1_2: the last word, then every number."""
    words, indices = parts(path)
    word = words[-1] if words else "w"
    return f"{SHORT.get(word, word)}{'_'.join(indices)}"


def identifier_of(path: str) -> str:
    return re.sub(r"\W+", "_", path)


def output_names(path: str, returned: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
    """Yield what the module of a path returned: z for a weighted sum, a for all else, with z for
    the weighted sum that it is a function of."""
    _, indices = parts(path)
    for node, name in returned:
        place = "_".join([*indices, *filter(None, name.split("_"))])
        if node.op is not BUILT_IN["dot"]:
            yield node, f"a{place}"
        for sum_ in (node, *node.parents[:1]):
            if sum_.op is BUILT_IN["dot"]:
                yield sum_, f"z{place}"
