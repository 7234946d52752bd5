"""`compile`: a function as one gate. Called on numbers it computes; called on Values it is one node
with a local gradient of its own."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MethodType
from typing import Any

from .. import modes, ops
from ..options import whole
from ..transforms import functional
from ..transforms.functional import several
from ..transforms.trees import flatten
from . import derived
from .branches.paths import Path, Paths
from .derived import Derived
from .export.views import Views
from .inputs.arguments import Arguments
from .inputs.lanes import Batch
from .nodes import Made, finish_nodes
from .passes.task import Wanted, kinds_of
from .programs import Programs
from .results import Results, finish_of
from .shortcut import MISSED

CACHED = type(functools.lru_cache(len))
MOST_FORMS = 8
"""So many forms of calls that follow each other are known; each that is not looked like is a
fraction of a microsecond."""
REDUCE: dict[str | None, Any] = {None: None, "sum": ops.sum, "mean": ops.mean}


class Compiled(Views):
    """A compiled function; `compile` makes them. Several threads may call one."""

    def __init__(
        self,
        f: Callable[..., Any],
        batch: Any = None,
        reduce: str | None = None,
        max_paths: int = 256,
        threads: int = 1,
    ) -> None:
        if not callable(f):
            raise TypeError(f"compile needs a function, got {type(f).__name__} {f!r:.60}")
        if reduce not in REDUCE:
            raise ValueError(f"reduce must be None, 'sum' or 'mean', got {reduce!r}")
        functools.update_wrapper(self, f)
        # a cache would keep numbers of the trace
        self.f = f = f.__wrapped__ if isinstance(f, CACHED) else f
        self.signature = signature_of(f)
        self.batch: Any = Batch(self.signature, batch)
        self.reduce = reduce
        self.max_paths = whole("max_paths", max_paths)
        self.threads = whole("threads", threads)
        used = f.user_function if isinstance(f, Derived) else f
        self._programs = Programs(f, used, reduce, self.max_paths, self.threads)
        self._derived: dict[Any, Compiled] = {}
        self._short: tuple[Any, ...] = ()
        """The short ways through calls of several forms: a plan for each."""
        self._varied: Callable[[int], Collection[int]] = lambda count: ()
        self._recipe: tuple[Any, ...] | None = None
        self._derivative_of: Callable[..., Any] | None = None

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.f, '__name__', self.f)}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self._recipe is not None:
            return again, self._recipe
        if found_by_name(self.f) is not self:
            return Compiled, (self.f, *self.options)
        # a decorated function is found under its name, as any function; before protocol 4 what
        # stands below it would be found by way of itself
        is_of_script = self.f.__module__ == "__main__" and protocol >= 4
        return (self._by_name, ()) if is_of_script else self.f.__qualname__

    @property
    def options(self) -> tuple[Any, ...]:
        """What it takes, besides the function, to make it again."""
        batch = self.batch.elements or tuple(sorted(self.batch.names))
        return batch, self.reduce, self.max_paths, self.threads

    @functools.cached_property
    def _by_name(self) -> Callable[[], Compiled]:
        """A function that gives this gate, of the script that runs: pickled by its name, or with
        all that it holds by what pickles a script's functions so, as cloudpickle does."""
        f, options = self.f, self.options

        def gate() -> Compiled:
            return named_or_new(f, options)

        gate.__module__, gate.__qualname__ = f.__module__, f"{f.__qualname__}._by_name"
        return gate

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As a method: the object comes first."""
        return self if instance is None else MethodType(self, instance)

    # ------ calls
    def __call__(self, *args: Any, **named: Any) -> Any:
        """Return f(*args, **named), over the lanes if there are any: as the function itself."""
        if not modes.active:
            given = (*args, *named.values()) if named else args
            names = tuple(named) if named else ()
            for plan in self._short:
                found = plan.run(given, names)
                if found is not MISSED:
                    return found
        elif modes.state.trace is not None or modes.state.anomaly:
            # of a program nobody could tell which line is at fault
            return self.plainly(args, named)
        return self.long_way(args, named)

    def long_way(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        call = self.arguments(args, named)
        if call.has_values_in_lanes:
            return self.plainly(args, named)
        wanted = None if modes.state.no_grad else Wanted(call.values, self.is_summed(call))
        results = self.run(call, wanted)
        if wanted is not None and not modes.active:
            others = [plan for plan in self._short if plan.call.key != call.key]
            own = self.short_way(args, named, call, wanted)
            self._short = (*own, *others)[:MOST_FORMS]
        operands = (*(call.numbers[k] for k in call.values), *results.captured)
        return Made(self, args, named, call.numbers, operands).result(results)

    def short_way(
        self, args: tuple[Any, ...], named: Mapping[str, Any], call: Arguments, wanted: Wanted
    ) -> tuple[Any, ...]:
        """The plan for calls like this one; none where there is no short way."""
        plan = self._programs.plan((*args, *named.values()), call, wanted)
        if plan is None:
            return ()
        traced = plan.traced
        if not any(entry.linked for entry in traced.entries):
            plan.finish = finish_of(traced.structure, traced.entries)
            return (plan,)
        own = call.shape is not None and any(entry.own for entry in traced.entries)
        if own or not (call.values or plan.captured):
            return ()
        plan.finish = finish_nodes(self, traced, plan)
        return (plan,)

    def arguments(self, args: Sequence[Any], named: Mapping[str, Any]) -> Arguments:
        return Arguments(args, named, self.batch, self._varied(len(args)))

    def run(self, call: Arguments, wanted: Wanted | None) -> Results:
        """Run the program of such a call."""
        return self._programs.run(call, wanted)

    def is_summed(self, call: Arguments) -> bool:
        return call.lanes is None or self.reduce is not None

    # ------ what a call means, by the function alone
    def plainly(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Return what a call means: the function on each sample, one after the other. So it is
        followed within another compiled function, and differentiated again."""
        if not self.batch:
            return self.f(*args, **named)
        call = self.arguments(args, named)
        if call.shape is None:
            return self.f(*args, **named)
        if self._derivative_of is not None and self.reduce is not None:
            return self._derivative_of(args, named)
        results = [
            flatten(call.sample(self.f, call.numbers, lane), "the result", kinds_of(call))
            for lane in range(call.lanes or 1)
        ]
        structure, rows = results[0][1], [entries for entries, _ in results]
        total = REDUCE[self.reduce]
        if total is None:
            return structure.stacked(call.shape, rows)
        return structure.rebuilt([total(list(column)) for column in zip(*rows)])

    # ------ derivatives, for `functional` to hand on
    def __transform__(self, transform: Any, *options: Any) -> Any:
        """Return what a transform makes of this function: a compiled function, kept, so that asking
        again costs nothing."""
        name = transform.__name__
        return getattr(self, f"_{name}", self._in_arguments)(transform, *options)

    def _in_arguments(self, transform: Any, argnums: Any) -> Compiled:
        key = transform.__name__, argnums if isinstance(argnums, int) else tuple(argnums)
        make = derived.in_arguments(transform, argnums)
        return self.derived(key, make, lambda count: derived.places(argnums, count), self.batch)

    def _jvp(self, transform: Any, primals: Any, tangents: Any) -> Any:
        primals, tangents = several(primals, "primals"), several(tangents, "tangents")
        key, count = (transform.__name__, len(primals)), len(primals)
        both = derived.Twice(self.batch, count)
        gate = self.derived(key, derived.along(transform, count), range, both)
        return gate(*primals, *tangents)

    _hvp = _jvp

    def _vjp(self, transform: Any, *primals: Any) -> Any:
        key, count = ("vjp", len(primals)), len(primals)
        both = derived.Twice(self.batch, count, cotangent=self.reduce is None)
        gate = self.derived(key, derived.pulled_back, range, both)
        value = self.derived(("value", count), derived.value_of, range, self.batch)
        return value(*primals), lambda cotangent: gate(*primals, cotangent)

    def derived(self, key: Any, make: Any, varied: Any, batch: Any) -> Compiled:
        if key not in self._derived:
            f = Derived(make, self.f, key[0])
            gate = Compiled(f, None, self.reduce, self.max_paths, self.threads)
            gate.batch, gate._varied = batch, varied
            gate._recipe = self, *key
            gate._derivative_of = lambda args, named: derived.plainly(self, make, args, named)
            self._derived[key] = gate
        return self._derived[key]

    # ------ programs
    def traced(
        self, args: Any, named: Mapping[str, Any], gradient: bool
    ) -> tuple[Paths, Path, Arguments]:
        call = self.arguments(args, named)
        everywhere = Wanted(tuple(range(len(call.numbers))), self.is_summed(call), True)
        wanted = everywhere if gradient else None
        paths, path = self._programs.first(call, wanted)
        if gradient and path.traced.structure.size != 1:
            name, structure = getattr(self.f, "__name__", "f"), path.traced.structure
            raise TypeError(
                f"{name} must return one number to have a gradient, got {structure}: for several "
                "there is jacobian"
            )
        return paths, path, call


def again(gate: Compiled, name: str, argnums: Any) -> Compiled:
    """A derived gate that was pickled."""
    found: Compiled = getattr(functional, name)(gate, argnums)
    return found


def found_by_name(f: Any) -> Any:
    """What the module of `f` has under its name; None if nothing."""
    found: Any = sys.modules.get(getattr(f, "__module__", None) or "__main__")
    for name in getattr(f, "__qualname__", "").split("."):
        found = getattr(found, name, None)
    return found


def named_or_new(f: Any, options: tuple[Any, ...]) -> Compiled:
    """The gate of `f` that stands under its name; another one if none does."""
    found = found_by_name(f)
    is_gate = isinstance(found, Compiled) and found.f is f
    return found if is_gate else Compiled(f, *options)


def signature_of(f: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(f)
    except ValueError:
        # a function in C that does not say what it takes
        return inspect.signature(lambda *args: None)
