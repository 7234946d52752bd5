"""`compile`: a function as one gate. Called on numbers it computes; called on Values it is one node
with a local gradient of its own."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any

from ... import modes
from ...options import whole
from ...transforms import functional
from ...transforms.sparse import Sought, Sparse
from ...transforms.variables import chosen, inside
from ..export import functions, views
from ..export.exported import Exported
from ..export.listing import Listed
from ..export.views import Viewed
from ..inputs.arguments import Arguments
from ..inputs.lanes import Batch
from ..inputs.sharing import Entwined
from ..passes.task import Wanted
from .derived import Derivatives, jacobian_behind
from .finder import Finder
from .forms import Form
from .jacobians import JacobianCalls
from .meaning import Meaning, meaning_of
from .nodes import FullCall
from .products import Gates
from .profile import IN_A_MODE, RARE, VALUES_IN_LANES, Profile, Profiler
from .programs import Programs
from .recurring import Recurring
from .results import finish_of
from .shortcut import MISSED
from .tracebacks import without_inner_frames

if TYPE_CHECKING:
    from ...drawing.picture.drawing import Drawing


class Compiled:
    """A compiled function, called a gate; `compile` makes them. Several threads may call one.

    The other methods take arguments like those of a call: these tell which program is meant.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        batch: Any = None,
        reduce: str | None = None,
        max_paths: int = 256,
        threads: int = 1,
    ) -> None:
        self._begin(meaning_of(f, batch, reduce), max_paths, threads)

    def _begin(
        self, meaning: Meaning, max_paths: int, threads: int, recipe: tuple[Any, ...] | None = None
    ) -> None:
        """`recipe` are the arguments of `again`, of a gate that is a derivative of another one."""
        functools.update_wrapper(self, meaning.original)
        self._meaning = meaning
        self._programs = Programs(meaning, whole("max_paths", max_paths), whole("threads", threads))
        self._finder = Finder(self._programs)
        self._forms: tuple[Form, ...] = ()
        self._forms_without: tuple[Form, ...] = ()
        """The forms of calls within no_grad."""
        self._recurring = Recurring()
        self._derivatives = Derivatives(meaning, derivative)
        self._jacobian = jacobian_calls(self)
        self._recipe = recipe

    def __repr__(self) -> str:
        return repr(self._meaning)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self._recipe is not None:
            return again, self._recipe
        f = self._meaning.original
        if found_by_name(f) is not self:
            return Compiled, (f, *self._options)
        # a decorated function is found under its name, as any function; before protocol 4 an object
        # below that name would be found by way of itself
        is_of_script = f.__module__ == "__main__" and protocol >= 4
        return (self._by_name, ()) if is_of_script else f.__qualname__

    @property
    def _options(self) -> tuple[Any, ...]:
        """The options of `compile`, in their order."""
        return self.batch, self.reduce, self.max_paths, self.threads

    @functools.cached_property
    def _by_name(self) -> Callable[[], Compiled]:
        """A function that gives this gate, of the script that runs: pickled by its name, or with
        all that it holds by a pickler that takes a script's functions so, as cloudpickle does."""
        f, options = self._meaning.original, self._options

        def gate() -> Compiled:
            return named_or_new(f, options)

        gate.__module__, gate.__qualname__ = f.__module__, f"{f.__qualname__}._by_name"
        return gate

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As a method: the object comes first."""
        return self if instance is None else MethodType(self, instance)

    # ------ the options of `compile`
    @property
    def batch(self) -> Any:
        """The names of the arguments that have lanes, True for every array, None for none."""
        return self._meaning.batch.option

    @property
    def reduce(self) -> str | None:
        """Whether results are added up over the lanes, "sum", or averaged, "mean"."""
        return self._meaning.reduce

    @property
    def max_paths(self) -> int:
        """How many ways through the branches of the function are followed."""
        return self._programs.max_paths

    @property
    def threads(self) -> int:
        """How many threads share the lanes out."""
        return self._programs.threads

    # ------ calls
    def __call__(self, *args: Any, **named: Any) -> Any:
        """Return f(*args, **named), over the lanes if there are any: as the function itself."""
        forms = self._forms
        if modes.active:
            here = modes.now()
            if here.trace is not None or here.anomaly:
                # of a program nobody could tell which line is at fault
                return self._meaning(args, named)
            forms = self._forms_without if here.no_grad else forms
        given = (*args, *named.values()) if named else args
        names = tuple(named) if named else ()
        for form in forms:
            found = form.run(given, names)
            if found is not MISSED:
                return found
        try:
            return self._in_full(args, named)
        except Exception as error:
            raise without_inner_frames(error)  # noqa: B904 - it is the same error

    def _in_full(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A call that takes no shortcut: its program is looked up, or traced."""
        if self._jacobian is not None and modes.is_plain() and not inside():
            return self._jacobian(args, named)
        if isinstance(self._meaning.f, Sparse):
            return self._sparse(args, named)
        return self._whole(args, named, self._meaning.arguments(args, named))

    def _sparse(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The same of sparse derivatives."""
        arguments = self._meaning.arguments(args, named)
        if arguments.values or inside():
            raise TypeError(
                f"{self._meaning.name('f')} gives numbers, and no Values: pass numbers, as x.data, "
                "or take jacobian or hessian"
            )
        wanted = Wanted(arguments.positions_varied, True)
        path, found, around = self._programs.alone(arguments, wanted)
        if modes.is_plain():
            given = (*args, *named.values())
            self._forms = self._finder.added(self._forms, given, arguments, wanted, around)
        return finish_of(path.traced.structure, ())(args, found, ())

    def _whole(self, args: Any, named: Any, arguments: Arguments) -> Any:
        """The same by one program, whatever is computed."""
        if arguments.has_values_in_lanes:
            return self._meaning(args, named)
        if not self._recurring.pays(arguments, modes.state.no_grad):
            return self._meaning(args, named)
        while True:
            try:
                return self._by_program(args, named, arguments)
            except Entwined as shared:
                arguments = self._programs.beside(shared, arguments, args, named)

    def _by_program(self, args: Any, named: Any, arguments: Arguments) -> Any:
        wanted = None if modes.state.no_grad else self._meaning.asked(arguments)
        results, around = self._programs.run(arguments, wanted)
        given = (*args, *named.values())
        if wanted is None:
            self._forms_without = self._finder.added(
                self._forms_without, given, arguments, None, around
            )
        elif modes.is_plain():
            self._forms = self._finder.added(self._forms, given, arguments, wanted, around)
        return FullCall(self._programs, args, named, arguments, results, around).result()

    # ------ derivatives, for `functional` to hand on
    def __transform__(self, transform: Any, *options: Any) -> Any:
        """Return what a transform makes of this function: a compiled function, kept, so that asking
        again costs nothing."""
        return self._derivatives.of(self, transform, *options)

    # ------ programs, to look at and to take elsewhere
    def program(self, *args: Any, gradient: bool = True, **named: Any) -> Listed:
        """Return the program that runs on such arguments: `str()` shows its instructions; of its
        value alone, or with the `gradient` in all of them."""
        form = self._jacobian and not gradient and self._jacobian.form_of(args, named)
        if not form:
            return views.listed(self._viewed(args, named, gradient))
        product = form.gate._viewed((form.plan.weights[0], *args), named, gradient)
        return views.listed(product, form.reason)

    def profile(self, *args: Any, **named: Any) -> Profile:
        """Return where the time of such a call goes, and what to do where it is a slow one. Makes
        the call, and each part of it, some times over: it takes a tenth of a second or more. Of a
        Jacobian that is made of products, it is the profile of one product."""
        form = self._jacobian and modes.is_plain() and self._jacobian.form_of(args, named)
        if form:
            return form.gate.profile(form.plan.weights[0], *args, **named)  # type: ignore
        profiler = Profiler(self._finder, lambda: self(*args, **named), args, named)
        self(*args, **named)
        here = modes.now()
        if here.trace is not None or here.anomaly:
            return profiler.by_itself(IN_A_MODE)
        arguments = self._meaning.arguments(args, named)
        if arguments.has_values_in_lanes:
            return profiler.by_itself(VALUES_IN_LANES)
        if self._recurring.is_rare(arguments, here.no_grad):
            return profiler.by_itself(RARE)
        forms = self._forms_without if here.no_grad else self._forms
        return profiler.by_shortcut(forms) or profiler.in_full(arguments, here.no_grad)

    def draw(
        self, *args: Any, gradient: bool = False, simplified: bool = True, **options: Any
    ) -> Drawing:
        """Return a picture of the program, or of what was traced before it was `simplified`;
        with the `gradient` too if wanted. The numbers are those of the first lane. The other
        options are those of `scalargrad.draw`."""
        return views.picture(self._viewed(args, {}, gradient), simplified, options)

    def to_python(self, *args: Any, gradient: bool = False, **named: Any) -> Exported:
        """Return the program as a function of plain Python with its `source`."""
        return functions.to_python(views.whole(self._viewed(args, named, gradient)))

    def to_numpy(self, *args: Any, gradient: bool = False, **named: Any) -> Exported:
        """Return the program as a function that uses NumPy, with its `source`."""
        return functions.to_numpy(views.whole(self._viewed(args, named, gradient)))

    def to_jax(self, *args: Any, gradient: bool = False, **named: Any) -> Exported:
        """Return the program as a function for jax.jit, vmap, grad and the like, with its
        `source`. JAX computes in float32 unless its `jax_enable_x64` is set."""
        return functions.to_jax(views.whole(self._viewed(args, named, gradient)))

    def to_c(self, *args: Any, gradient: bool = True, **named: Any) -> str:
        """Return the program as one file of C99 that needs nothing but libm: a function for the
        value and, with `gradient`, a second one for value and gradient. The comment at its head
        tells which number is which."""
        kinds = (False, True) if gradient else (False,)
        viewed = [self._viewed(args, named, kind) for kind in kinds]
        return views.in_c(viewed, self._programs.around)

    def _viewed(self, args: Any, named: Mapping[str, Any], gradient: bool) -> Viewed:
        """The program for such arguments, traced if it was not before."""
        meaning = self._meaning
        meaning.refuse_missing(args, named)
        if isinstance(meaning.f, Sparse):
            raise TypeError(
                f"{meaning.name('f')} runs a program for each kind of part, and is none to be "
                "shown or exported: look at jacobian or hessian; profile tells where its time goes"
            )
        arguments = self._programs.arguments(args, named)
        everywhere = Wanted(
            tuple(range(len(arguments.numbers))), meaning.is_summed(arguments), True
        )
        try:
            paths, path = self._programs.first(arguments, everywhere if gradient else None)
        except Exception as error:
            raise without_inner_frames(error)  # noqa: B904 - it is the same error
        name, structure = meaning.name("f"), path.traced.structure
        if gradient and structure.size != 1:
            raise TypeError(
                f"{name} must return one number to have a gradient, got {structure}: for several "
                "there is jacobian"
            )
        return Viewed(name, meaning.signature, arguments, paths, path)


def programs_of(gate: Compiled) -> Programs:
    """The programs of a gate, for a caller that goes without them where they do not pay."""
    return gate._programs


def jacobian_calls(gate: Compiled) -> JacobianCalls | None:
    """The maker of the calls of a gate that is a Jacobian; None for any other gate."""
    meaning = gate._meaning
    jacobian = jacobian_behind(meaning.f)
    if jacobian is None:
        return None

    def make(of_product: Meaning) -> Compiled:
        made = derivative(gate, of_product)
        # a product that is traced anew gives way to the whole, which warns
        made._programs.has_warned = True
        return made

    def forms_of(made: Compiled) -> Sequence[Form]:
        return made._forms

    return JacobianCalls(Gates(meaning, jacobian, make, forms_of, programs_of), gate._whole)


def derivative(of: Compiled, meaning: Meaning, *key: Any) -> Compiled:
    """The gate of this meaning, derived from another gate by the transform that `key` tells."""
    gate = Compiled.__new__(Compiled)
    gate._begin(meaning, of.max_paths, of.threads, (of, *key))
    return gate


def again(gate: Compiled, name: str, argnums: Any, *options: Any) -> Compiled:
    """A derived gate that was pickled."""
    if name in SPARSE:
        return sparse_gate(gate, name, argnums, Sought(*options))
    found: Compiled = getattr(functional, name)(gate, argnums)
    return found


SPARSE = ("sparse_jacobian", "sparse_hessian")


def sparse_gate(
    f: Callable[..., Any], name: str, argnums: int | tuple[int, ...], sought: Sought
) -> Compiled:
    """The gate of sparse derivatives of `f`, kept by a gate that `f` is. Of a gate with lanes it is
    that of all samples together."""
    gate = f if isinstance(f, Compiled) else Compiled(f)
    of = gate._meaning.f if gate.batch is None else gate.__call__
    key = name, argnums, *sought
    known = gate._derivatives.known
    if key not in known:
        used = gate._meaning.used
        batch = Batch(gate._meaning.signature, None)
        made = Sparse(of, argnums, sought, name)

        def varied(count: int) -> frozenset[int]:
            return frozenset(chosen(argnums, count))

        known[key] = derivative(gate, Meaning(made, batch, None, used, varied), *key)
    found: Compiled = known[key]
    return found


def found_by_name(f: Any) -> Any:
    """The object that the module of `f` has under the name of `f`; None if there is none."""
    found: Any = sys.modules.get(getattr(f, "__module__", None) or "__main__")
    for name in getattr(f, "__qualname__", "").split("."):
        found = getattr(found, name, None)
    return found


def named_or_new(f: Any, options: tuple[Any, ...]) -> Compiled:
    """The gate of `f` that stands under its name; another one if none does."""
    found = found_by_name(f)
    is_gate = isinstance(found, Compiled) and found._meaning.original is f
    return found if is_gate else Compiled(f, *options)
