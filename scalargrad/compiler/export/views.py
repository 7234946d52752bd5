"""A compiled function to look at, and to take elsewhere."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..branches.path import Path
from ..branches.paths import Paths
from ..inputs.arguments import Arguments
from ..passes.traced import Traced
from ..source.names import Names, argument_names, names_of
from . import emit_c, functions
from .functions import Call, Exported
from .listing import Listed
from .picture import drawn

if TYPE_CHECKING:
    from ...drawing.picture.drawing import Drawing


class Views:
    """What `Compiled` has besides being called. Every method takes arguments like those of a
    call: they tell which program is meant."""

    f: Callable[..., Any]
    signature: inspect.Signature

    def traced(
        self, args: Any, named: Mapping[str, Any], gradient: bool
    ) -> tuple[Paths, Path, Arguments]:
        """The program for such arguments, traced if it was not before."""
        raise NotImplementedError

    def program(self, *args: Any, gradient: bool = True, **named: Any) -> Listed:
        """Return the program that runs on such arguments: `str()` shows its instructions; of its
        value alone, or with the `gradient` in all of them."""
        paths, path, arguments = self.traced(args, named, gradient)
        names = self._exported(path, arguments).names
        return Listed(
            *(path.program, names, arguments.lanes, paths.count, path.runner.registers),
            tuple(paths.unknown),
        )

    def draw(
        self, *args: Any, gradient: bool = False, simplified: bool = True, **options: Any
    ) -> Drawing:
        """Return a picture of the program, or of what was traced before it was `simplified`;
        with the `gradient` too if wanted. The numbers are those of the first lane. The other
        options are those of `scalargrad.draw`."""
        paths, _, arguments = self.traced(args, {}, gradient)
        traced = paths.anew(arguments)
        return drawn(traced, self._names_in(arguments, traced), simplified, options)

    def to_python(self, *args: Any, gradient: bool = False, **named: Any) -> Exported:
        """Return the program as a function of plain Python with its `source`."""
        return functions.to_python(self._whole(args, named, gradient))

    def to_numpy(self, *args: Any, gradient: bool = False, **named: Any) -> Exported:
        """Return the program as a function that uses NumPy, with its `source`."""
        return functions.to_numpy(self._whole(args, named, gradient))

    def to_jax(self, *args: Any, gradient: bool = False, **named: Any) -> Exported:
        """Return the program as a function for jax.jit, vmap, grad and the like, with its
        `source`. JAX computes in float32 unless its `jax_enable_x64` is set."""
        return functions.to_jax(self._whole(args, named, gradient))

    def to_c(self, *args: Any, gradient: bool = True, **named: Any) -> str:
        """Return the program as one file of C99 that needs nothing but libm: a function for the
        value and, with `gradient`, a second one for value and gradient. The comment at its head
        tells which number is which."""
        kinds = (False, True) if gradient else (False,)
        calls = [self._whole(args, named, kind) for kind in kinds]
        names = emit_c.function_names(calls[0].names.function)
        return emit_c.c_source(
            [
                emit_c.Function(call.path.program.carefully, name, call.names)
                for call, name in zip(calls, names)
            ]
        )

    def _whole(self, args: Any, named: Mapping[str, Any], gradient: bool) -> Call:
        """The path that these arguments take. Raises ValueError if there may be others."""
        _, path, arguments = self.traced(args, named, gradient)
        call = self._exported(path, arguments)
        functions.check(call)
        return call

    def _exported(self, path: Path, arguments: Arguments) -> Call:
        parameters = argument_names(self.signature, arguments)
        return Call(path, arguments, self._names_in(arguments, path.traced), parameters)

    def _names_in(self, arguments: Arguments, traced: Traced) -> Names:
        name = getattr(self.f, "__name__", "f")
        # the name of a derivative tells of what: grad(f)
        name = name if name.isidentifier() else re.sub(r"\W+", "_", name).strip("_")
        plain = name.isidentifier() and not keyword.iskeyword(name)
        return names_of(name if plain else "f", self.signature, arguments, traced)
