"""`compile`: a function as one gate. Called on numbers it computes; called on Values it is one node
with a local gradient of its own."""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from .. import functional, modes
from ..engine import Value
from ..trees import Structure, is_array, is_value
from .arguments import STATIC, Arguments
from .eager import Gate
from .effects import observing
from .machine import NATIVE
from .paths import Path, Paths
from .results import Merge, Results, finish_of
from .surroundings import Surroundings, surroundings
from .tracing import Task, Wanted
from .views import Views

if NATIVE:
    from .plan import gate_node, plan_of

REDUCE = (None, "sum", "mean")
KEPT_PROGRAMS = 64
"""A compiled function whose surroundings change at every call would keep ever more."""


class Compiled(Views):
    """A compiled function; `compile` makes them. Several threads may call one."""

    def __init__(
        self,
        f: Callable[..., Any],
        batch: str | Sequence[str] | None = None,
        reduce: str | None = None,
        max_paths: int = 256,
        threads: int = 1,
    ) -> None:
        if not callable(f):
            raise TypeError(f"compile needs a function, got {type(f).__name__} {f!r:.60}")
        if reduce not in REDUCE:
            raise ValueError(f"reduce must be None, 'sum' or 'mean', got {reduce!r}")
        functools.update_wrapper(self, f)
        self.f = f
        self.signature = signature_of(f)
        kinds = [p.kind for p in self.signature.parameters.values()]
        self.arity = -1 if inspect.Parameter.VAR_POSITIONAL in kinds else len(kinds)
        self.batch = positions(self.signature, [batch] if isinstance(batch, str) else batch or ())
        self.reduce = reduce
        self.max_paths = whole(max_paths, "max_paths")
        self.threads = whole(threads, "threads")
        self._paths: dict[Hashable, Paths] = {}
        self._kept: dict[Hashable, list[Any]] = {}
        self._derived: dict[Any, Compiled] = {}
        self._names: frozenset[str] = frozenset()
        self._latest: Paths | None = None
        self._has_warned = False
        self._call: tuple[Any, Any] = (None, None)
        self._gradient: tuple[Any, Any] = (None, None)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.f, '__name__', self.f)}>"

    def __reduce__(self) -> Any:
        if found_by_name(self.f) is self:
            # a decorated function is found under its name by whoever imports its module
            return self.f.__qualname__
        names = list(self.signature.parameters)
        batch = [names[k] for k in self.batch]
        return Compiled, (self.f, batch, self.reduce, self.max_paths, self.threads)

    # ------ calls
    def __call__(self, *args: Any, **named: Any) -> Any:
        """Return f(*args): a float, an array, or a Value if Values are among what `f` uses."""
        if named or len(args) != self.arity:
            args = self.positional(args, named)
        if modes.active:
            return self.f(*args) if modes.state.trace is not None else self.long_way(args)
        plan, finish = self._call
        outputs = plan and plan.run(args)
        return self.long_way(args) if outputs is None else finish(args, outputs)

    def value_and_grad(self, *args: Any, **named: Any) -> tuple[Any, tuple[Any, ...]]:
        """Return the value, and a tuple with the gradient in each argument: of its structure and
        shape, None for a constant. An argument without lanes gets the sum over them all."""
        args = self.positional(args, named)
        if modes.state.transforms or modes.state.trace is not None:
            return self.gradient_within(args)
        plan, finish = self._gradient
        outputs = plan and plan.run(args)
        found = self.long_gradient(args) if outputs is None else finish(args, outputs)
        return found  # type: ignore[no-any-return]

    def grad(self, *args: Any, **named: Any) -> tuple[Any, ...]:
        """Return the gradients that `value_and_grad` returns: a tuple, also for one argument, while
        `scalargrad.grad` takes the derivative in one and returns that alone."""
        return self.value_and_grad(*args, **named)[1]

    def jacobian(self, *args: Any, **named: Any) -> Any:
        """Return the derivative of each number that the function returns: for each argument that
        is not a constant what `scalargrad.jacobian` returns, with the lanes in arrays."""
        return self.derived(functional.jacobian, self.positional(args, named))

    def hessian(self, *args: Any, **named: Any) -> Any:
        """Return the second derivatives, as `scalargrad.hessian` does for several arguments."""
        return self.derived(functional.hessian, self.positional(args, named))

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Return the value, and its derivative along `tangents`: one for each argument."""
        return self.along(functional.jvp, primals, tangents)

    def hvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Return the Hessian times `tangents`, for each argument."""
        return self.along(functional.hvp, primals, tangents)

    def derived(self, transform: Any, args: tuple[Any, ...]) -> Any:
        """Return a derivative in all arguments but constants, itself compiled."""
        variable = tuple(k for k, x in enumerate(args) if type(x) not in STATIC)
        key = transform, variable
        if key not in self._derived:
            self._derived[key] = self.like(transform(self.f, variable), self.batch)
        return self._derived[key](*args)

    def along(self, transform: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        if transform not in self._derived:
            arity = len(primals)

            def applied(*both: Any) -> Any:
                return transform(self.f, both[:arity], both[arity:])

            self._derived[transform] = self.like(applied, self.batch)
        return self._derived[transform](*primals, *tangents)

    def like(self, f: Callable[..., Any], batch: frozenset[int]) -> Compiled:
        derived = Compiled(f, (), self.reduce, self.max_paths, self.threads)
        derived.batch = batch
        return derived

    def positional(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        if not named and self.arity in (-1, len(args)):
            return args
        # not self.signature: defaults may have changed
        bound = signature_of(self.f).bind(*args, **named)
        bound.apply_defaults()
        return bound.args

    def long_way(self, args: Sequence[Any]) -> Any:
        call = Arguments(args, self.batch)
        values = tuple(k for k, x in enumerate(call.numbers) if is_value(x))
        summed = call.lanes is None or self.reduce is not None
        wanted = None if modes.state.no_grad else Wanted(values, summed)
        results = self.results(call, wanted)
        operands = (*(call.numbers[k] for k in values), *results.captured)
        if not operands:
            self._call = self.plan(args, call, wanted), finish_of(results.structure)
            return results.value()
        if wanted is None:
            return self.nodes(args, (), results)
        if summed and results.structure.size == 1:
            plan = self.plan(args, call, wanted)
            self._call = plan, functools.partial(self.gate, results.structure, plan)
        return self.nodes(args, operands, results)

    def long_gradient(self, args: Sequence[Any]) -> Any:
        call = Arguments(args, self.batch)
        wanted = Wanted(tuple(range(len(call.numbers))), True)
        results = self.results(call, wanted)
        self.one_number(results.structure)
        last, structure, pattern = 1 + len(call.numbers), results.structure, call.pattern()

        def finish(args: Any, outputs: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
            return structure.rebuilt(outputs[:1]), pattern.gradients(outputs[1:last])

        self._gradient = self.plan(args, call, wanted), finish
        return finish(args, results.outputs)

    def gradient_within(self, args: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
        """The value and the gradient as part of another derivative or program."""
        if self.batch or any(map(is_array, args)):
            raise TypeError(
                f"the gradient of {self.f.__name__} over a batch cannot be differentiated, or be "
                "part of another compiled function: do that with the function itself"
            )
        variable = [k for k, x in enumerate(args) if type(x) not in STATIC]
        value, found = functional.value_and_grad(self.f, variable)(*args)
        gradients = dict(zip(variable, found))
        return value, tuple(gradients.get(k) for k in range(len(args)))

    # ------ programs
    def traced(self, args: Any, gradient: bool) -> tuple[Paths, Path, Arguments]:
        call = Arguments(self.positional(args, {}), self.batch)
        wanted = Wanted(tuple(range(len(call.numbers))), True) if gradient else None
        if gradient:
            self.one_number(self.results(call, wanted).structure)
        else:
            self.results(call, None)
        paths = self._paths.get(self.key(call, wanted)[0], self._latest)
        assert paths is not None and paths.first is not None
        return paths, paths.first, call

    def one_number(self, structure: Structure) -> None:
        if structure.size != 1:
            raise TypeError(
                f"{self.f.__name__} must return one number to have a gradient, got {structure}: "
                "for several there is jacobian"
            )

    def results(self, call: Arguments, wanted: Wanted | None) -> Results:
        """Run the call, tracing what was not traced before."""
        around = self.around(call)
        key, kept = self.key_in(around, call, wanted)
        paths = None if around.unknown else self._paths.get(key)
        if paths is None:
            task = Task(self.f, call.pattern(), self.reduce, wanted)
            paths = Paths(task.trace, self.max_paths, self.threads)
        merge = Merge(call)
        with observing(around):
            for path, group, outputs in paths.run(call):
                merge.add(path, group, outputs)
        # only now: a function that raised leaves nothing behind
        paths.unknown = list(dict.fromkeys([*around.unknown, *paths.unknown]))
        self._latest = paths
        if paths.unknown:
            self.warn(paths.unknown)
        if paths.unknown or around.altered:
            self._paths.pop(key, None), self._kept.pop(key, None)
        else:
            self._paths[key], self._kept[key] = paths, kept
        if len(self._paths) > KEPT_PROGRAMS:
            oldest = next(iter(self._paths))
            del self._paths[oldest], self._kept[oldest]
        return merge.results(wanted.positions if wanted else ())

    def warn(self, unknown: Sequence[str]) -> None:
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"{self!r} is traced anew at each call, which takes long, for compile cannot watch "
                f"{', '.join(unknown)}: pass the numbers in, or keep them in lists, dicts, arrays "
                "or attributes whose names the code says",
                RuntimeWarning,
                stacklevel=5,
            )

    def key(self, call: Arguments, wanted: Wanted | None) -> tuple[Hashable, list[Any]]:
        return self.key_in(self.around(call), call, wanted)

    def key_in(
        self, around: Surroundings, call: Arguments, wanted: Wanted | None
    ) -> tuple[Hashable, list[Any]]:
        kept = [*around.kept, *(x for part in call.parts for x in part.kept)]
        return (call.key, wanted, tuple(around.parts)), kept

    def around(self, call: Arguments) -> Surroundings:
        found = surroundings(self.f, call.models, self._names)
        self._names = frozenset(found.names)
        return found

    def plan(self, args: Sequence[Any], call: Arguments, wanted: Wanted | None) -> Any:
        """The short way for calls like this one; None where there is none."""
        # none if the function itself changed what it uses
        around = self.around(call)
        paths = self._paths.get(self.key_in(around, call, wanted)[0])
        return plan_of(args, call, paths, around.records) if NATIVE and paths else None

    # ------ nodes
    def nodes(self, args: Sequence[Any], operands: tuple[Any, ...], results: Results) -> Any:
        """The result as Values, each above the Values that it was computed from."""
        return results.structure.rebuilt(
            [
                self.node(args, operands, entry, outputs)
                for entry, outputs in enumerate(results.entries())
            ]
        )

    def node(
        self, args: Sequence[Any], operands: tuple[Any, ...], entry: int, outputs: list[Any]
    ) -> Any:
        if not hasattr(outputs[0], "shape"):
            return self.one_node(args, operands, entry, None, outputs)
        import numpy

        nodes = numpy.empty(outputs[0].size, dtype=object)
        for lane in range(nodes.size):
            own = [float(x.flat[lane]) if hasattr(x, "shape") else x for x in outputs]
            nodes[lane] = self.one_node(args, operands, entry, lane, own)
        return nodes.reshape(outputs[0].shape)

    def one_node(
        self,
        args: Sequence[Any],
        operands: tuple[Any, ...],
        entry: int,
        lane: int | None,
        numbers: Sequence[float],
    ) -> Any:
        if modes.state.no_grad:
            return Value(numbers[0])
        op = Gate(self, args, operands)
        op.entry, op.lane = entry, lane
        node = Value._rebuild(op, numbers[0], 0.0, "", operands, tuple(numbers[1:]))
        return modes.settle(node) if modes.active else node

    def gate(self, structure: Any, plan: Any, args: Sequence[Any], numbers: Any) -> Any:
        operands = plan.fixed or plan.operands(args)
        op = Gate(self, args, operands)
        node = gate_node(op, operands, numbers, plan.distinct)
        return node if structure.spec is None else structure.rebuilt([node])


def found_by_name(f: Any) -> Any:
    """What a module other than the script that runs has under the name of `f`."""
    module = sys.modules.get(getattr(f, "__module__", "__main__"))
    if module is None or module.__name__ == "__main__":
        return None
    found: Any = module
    for name in f.__qualname__.split("."):
        found = getattr(found, name, None)
    return found


def signature_of(f: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(f)
    except ValueError:
        # a function in C that does not say what it takes
        return inspect.signature(lambda *args: None)


def whole(n: Any, name: str) -> int:
    if isinstance(n, int) and n >= 1:
        return n
    raise ValueError(f"{name} must be a whole number from 1 up, got {n!r}")


def positions(signature: inspect.Signature, names: Iterable[str]) -> frozenset[int]:
    known = list(signature.parameters)
    for name in names:
        if name not in known:
            raise ValueError(f"batch names arguments of the function, {known}, got {name!r}")
    return frozenset(map(known.index, names))
