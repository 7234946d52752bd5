"""Functions of functions: from `f` to its gradient, its Jacobian, its Hessian, its products.

Transforms nest in any order. Every call puts fresh nodes in place of the arguments, copies of
them, and differentiates in the copies: anything else that depends on the same variables is held
fixed. On the outermost level numbers come back as numbers, and no `grad` changes. Within another
transform, or where an argument is a Value, the results are Values, to be differentiated again.

`f` is called with Values, in containers like those of its arguments (an array becomes an array
of Values), also under `no_grad`, which would otherwise leave nothing to differentiate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from types import FunctionType, MethodType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from .. import ops
from ..engine import Value
from ..forward import linked_pushforward, pushforward, tangent_of
from ..messages import described
from ..scalars import is_value, real
from .jacobians import Jacobian, Point
from .trees import Structure, flatten, in_graph, matching
from .variables import Function, Variables, Waiting, chosen, differentiating, inside, one_number


def positions(argnums: Any) -> int | tuple[int, ...]:
    """`argnums` as an int, or a tuple of ints where they are several: any whole numbers will do."""
    try:
        return index(argnums)
    except TypeError:
        pass
    try:
        return tuple(map(index, argnums))
    except TypeError:
        raise TypeError(
            f"argnums must be the position of an argument, or several, got {described(argnums)}; "
            "arguments of the function come in a second call, as in grad(f)(x)"
        ) from None


def function(f: Any, name: str) -> Function:
    if callable(f):
        return f  # type: ignore[no-any-return]
    raise TypeError(f"{name} needs a function, got {described(f)}")


def of_compiled(transform: Any, f: Any, *options: Any) -> Any:
    """The transform of a compiled function, as the compiled function itself gives it: a compiled
    function, or its result. None for any other function."""
    own = getattr(type(f), "__transform__", None)
    return own and own(f, transform, *options)


def compiled(transform: Any, f: Any, argnums: int | tuple[int, ...]) -> Any:
    """The same for a transform that takes `argnums`, of methods too: the object of a method is its
    argument 0."""
    if not isinstance(f, MethodType):
        return of_compiled(transform, f, argnums)
    places = after_self(argnums) if isinstance(argnums, int) else tuple(map(after_self, argnums))
    found = of_compiled(transform, f.__func__, places)
    return found and MethodType(found, f.__self__)


def after_self(i: int) -> int:
    return i + 1 if i >= 0 else i


def titled_as(transform: str, f: Function) -> str:
    return f"{transform}({getattr(f, '__name__', type(f).__name__)})"


DIFFERENTIATED: WeakKeyDictionary[Function, int | tuple[int, ...]] = WeakKeyDictionary()
"""The `argnums` of each transform of a function. They stand beside it, for what wraps a function
takes over its attributes."""

GRADIENTS: WeakSet[Function] = WeakSet()
"""The gradients of functions: after the function itself they do nothing but differentiate it."""


def is_gradient(f: Function) -> bool:
    return isinstance(f, FunctionType) and f in GRADIENTS


def titled(transform: str, f: Function, argnums: Any, derived: Function) -> Function:
    """The transform of `f` in these arguments, with a name."""
    derived.__name__ = derived.__qualname__ = titled_as(transform, f)
    # its signature is that of f
    derived.__wrapped__ = f  # type: ignore[attr-defined]
    DIFFERENTIATED[derived] = argnums
    return derived


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function of the same arguments that returns (f(…), its gradient), by one forward
    and one backward pass.

    The gradient has the structure and shapes of argument number `argnums` (0 is the first); for
    several numbers it is a tuple. The function raises TypeError unless `f` returns one Value, or a
    plain number, whose gradient is zero.
    """
    function(f, "value_and_grad")
    argnums = positions(argnums)
    if gate := compiled(value_and_grad, f, argnums):
        return gate  # type: ignore[no-any-return]

    return titled("value_and_grad", f, argnums, with_gradient(f, argnums, lambda *both: both))


def with_gradient(
    f: Function, argnums: int | tuple[int, ...], made: Callable[[Any, Any], Any]
) -> Function:
    """Return the function that gives what is `made` of the value of `f` and its gradient."""

    def evaluated(*args: Any, **named: Any) -> Any:
        variables = Variables(args, chosen(argnums, len(args)))
        may_wait = variables.may_wait()
        out = one_number(variables.call(f, named), f)

        def finished(value: Any, derivatives: Sequence[Any]) -> Any:
            gradient = variables.like(derivatives)
            return made(value, gradient[0] if isinstance(argnums, int) else gradient)

        waiting = Waiting(out, variables, finished)
        return waiting if may_wait and is_value(out) else waiting.done()

    GRADIENTS.add(evaluated)
    return evaluated


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function of the same arguments that returns the gradient of `f` with respect to
    argument number `argnums`, in its structure; see `value_and_grad`.

    grad(lambda x: x**3)(2.0) is 12.0, and grad(grad(lambda x: x**3))(2.0) is 12.0 too: 6·x.
    Raises TypeError, when it is called, unless `f` returns one number.
    """
    argnums = positions(argnums)
    if gate := compiled(grad, function(f, "grad"), argnums):
        return gate  # type: ignore[no-any-return]
    return titled("grad", f, argnums, with_gradient(f, argnums, lambda value, gradient: gradient))


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function of the same arguments that returns the Jacobian of `f`, by one backward
    pass for each result.

    The structure of the result is outside, the structure of the argument inside: n results in a
    list give a list of n gradients. Where both are arrays the Jacobian is one array, of shape
    result.shape + argument.shape. A model stands as {parameter name: part} if a part is more than
    a number.
    """
    function(f, "jacobian")
    argnums = positions(argnums)
    if gate := compiled(jacobian, f, argnums):
        return gate  # type: ignore[no-any-return]
    return titled("jacobian", f, argnums, by_rows(f, argnums, is_square=False))


def by_rows(f: Function, argnums: int | tuple[int, ...], is_square: bool) -> Function:
    """The Jacobian of `f`, which says what it is; `is_square` if it has as many rows as columns,
    whatever its arguments are."""

    def evaluated(*args: Any, **named: Any) -> Any:
        point = Point(evaluated, f, argnums, args, named)
        return point.tree(point.rows())

    evaluated.__jacobian__ = Jacobian(evaluated, f, argnums, is_square)  # type: ignore
    return evaluated


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function of the same arguments that returns the Hessian of `f`, the Jacobian of
    its gradient.

    For a list of n numbers that is n lists of n, for an array an array. Costs n backward passes
    over the graph of the gradient. Raises TypeError unless `f` returns one number. Source:
    Griewank & Walther, Evaluating Derivatives, ch. 5.
    """
    argnums = positions(argnums)
    if gate := compiled(hessian, function(f, "hessian"), argnums):
        return gate  # type: ignore[no-any-return]
    return titled("hessian", f, argnums, by_rows(grad(f, argnums), argnums, is_square=True))


def vjp(f: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return f(*primals) and its pullback, which takes a cotangent (of the structure of the
    result) to the vector–Jacobian product: a tuple, one part for each of `primals`. One backward
    pass per call, whatever the number of results."""
    if found := of_compiled(vjp, function(f, "vjp"), *primals):
        return found  # type: ignore[no-any-return]
    variables = Variables(primals, range(len(primals)))
    outputs, structure = flatten(variables.call(f), "the result")

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        weights = matching(cotangent, structure, "the cotangent")
        variables.join(weights)
        linked = variables.linked or inside()
        with differentiating():
            # a cotangent is held fixed, though it may depend on the variables
            fixed = [w.detach() if variables.may_lie_below(w) else w for w in weights]
            root = ops.sum([ops.chain(ops.start(w), y) for w, y in zip(fixed, outputs)])
        instead = {x: w for x, w in zip(fixed, weights) if x is not w}
        return variables.like(variables.derivatives(root, linked, instead))

    pullback.__qualname__ = titled_as("pullback", f)
    return structure.rebuilt(map(variables.result, outputs)), pullback


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return f(*primals) and its directional derivative, the Jacobian–vector product, along
    `tangents`: one tangent for each argument, of its structure. Forward mode: one sweep over the
    graph of `f`, whatever the number of results."""
    if found := of_compiled(jvp, function(f, "jvp"), primals, tangents):
        return found  # type: ignore[no-any-return]
    variables = Variables(several(primals, "primals"), range(len(primals)))
    directions = tangent_entries(variables.structures, several(tangents, "tangents"))
    variables.join(directions)
    outputs, structure = flatten(variables.call(f), "the result")
    push = linked_pushforward if variables.linked else pushforward
    with differentiating():
        # one root, so that a node shared by several results is visited once
        root = ops.sum([Value(0.0), *outputs])
    tangent = push(root, dict(zip(variables.nodes, directions)))
    derivatives = [variables.result(tangent_of(y, tangent), y) for y in outputs]
    return structure.rebuilt(map(variables.result, outputs)), structure.rebuilt(derivatives)


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """Return the product of the Hessian of `f` at `primals` with `tangents`: a tuple, one part
    for each argument. One forward sweep over the graph of the gradient; no Hessian is formed."""
    if found := of_compiled(hvp, function(f, "hvp"), primals, tangents):
        return found  # type: ignore[no-any-return]
    gradient = grad(f, tuple(range(len(several(primals, "primals")))))
    product: tuple[Any, ...] = jvp(gradient, primals, tangents)[1]
    return product


def stop_gradient(x: Any) -> Any:
    """Return `x` as a number that no gradient flows through: a new leaf for a Value, also in a
    compiled function; a number as it is."""
    if in_graph(x):
        return x.detach()
    # a tracer that stands for a number, not for a Value, stays as a number does
    return x if is_value(x) else real(x)


def several(xs: Any, what: str) -> Sequence[Any]:
    if isinstance(xs, (tuple, list)):
        return xs
    raise TypeError(f"{what} must be a tuple, one for each argument, got {described(xs)}")


def check_tangents(count: int, tangents: Sequence[Any]) -> None:
    if len(tangents) != count:
        raise ValueError(f"expected a tangent for each of {count} arguments, got {len(tangents)}")


def tangent_entries(structures: Sequence[Structure], tangents: Sequence[Any]) -> list[Any]:
    check_tangents(len(structures), tangents)
    pairs = enumerate(zip(tangents, structures))
    entries = [x for i, (t, s) in pairs for x in matching(t, s, f"tangent {i}")]
    return [x if is_value(x) else real(x) for x in entries]
