"""`explain` and `flat`, a door to this package: nothing of it loads before they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .explanation import Explanation
    from .symbols.flat import Flat


def explain(f: Any, *args: Any, model: Any = None) -> Explanation:
    """Return the steps of the backward pass from a Value that was computed, or from `f(*args)`.

    A function or a model is run on its arguments: numbers in them, nested or not, become Values
    labelled with the names of the parameters (those beside Values given to a function stay
    numbers), and for every node the source line that built it is recorded. A count or an index
    cannot be a Value: close over it, lambda x: power(x, 3). A node without a label has the name
    that a variable of the function had for it at its end. The parameters of models, and the Values
    in attributes of objects of your own classes, are called by their places: w0_1_2 is
    layers.0.weight.1.2, or layers.0.neurons.1.w.2. They are found in `model`, the arguments, the
    object of a method, and what functions name. A step is what one edge contributes to the gradient
    of a parent, in the order and the numbers of the engine; no `grad` changes. In a notebook it
    shows as a page to step through; where the function compared numbers, the page says so once a
    leaf has another (a Value that was computed before does not know what was compared). Raises
    TypeError if there is no Value to explain.

        print(explain(lambda x, y, z: (x + y) * z, -2.0, 5.0, -4.0))
    """
    from .explanation import explanation

    return explanation(f, args, model)


def flat(root: Any) -> Flat:
    """Return root's graph as flat code: a line for each node, then one for each gradient.

    The code is Python to be run, from the leaves' present numbers: each node is a variable of its
    name, ∂root/∂node one called grad_name, and they come to the engine's numbers bit for bit.
    Operators are called on floats, an operator of your own is written out. Raises TypeError
    unless `root` is a Value, ValueError where an operator cannot be printed: its functions use
    more than scalargrad's, and no module has it under its name.
    """
    from .symbols.flat import code

    return code(root)
