"""Newton's steps: residuals times the inverse of a Jacobian, in many lanes at once.

The lanes are the last axis, as in `newton.py`. NumPy loads when first needed.
"""

from __future__ import annotations

from typing import Any


def step_of(inverse: Any, residuals: Any) -> Any:
    """Newton's step for these residuals: minus the inverse times the residuals."""
    import numpy

    if len(residuals) == 1:
        return -inverse[0] * residuals
    return -numpy.einsum("ijl,jl->il", inverse, residuals)


def inverses(jacobian: Any, is_hessian: bool) -> tuple[Any, Any]:
    """The inverse of the Jacobian in each lane, not finite where there is none. Of a minimum's
    Hessian, negative curvatures are first turned upwards, so that no step leads to a saddle; the
    second result then tells in which lanes all curvatures were upwards before, else it is None."""
    if not is_hessian:
        return (1.0 / jacobian if len(jacobian) == 1 else inverse_of(jacobian)), None
    if len(jacobian) == 1:
        return 1.0 / abs(jacobian), jacobian[0, 0] > 0.0
    return turned_upwards(jacobian)


def inverse_of(jacobian: Any) -> Any:
    import numpy

    square = numpy.moveaxis(jacobian, 2, 0)
    try:
        found = numpy.linalg.inv(square)
    except numpy.linalg.LinAlgError:
        found = numpy.stack([inverse_or_nan(x) for x in square])
    return numpy.moveaxis(found, 0, 2)


def inverse_or_nan(square: Any) -> Any:
    import numpy

    try:
        return numpy.linalg.inv(square)
    except numpy.linalg.LinAlgError:
        return numpy.full_like(square, numpy.nan)


def turned_upwards(hessian: Any) -> tuple[Any, Any]:
    import numpy

    square = numpy.moveaxis(hessian, 2, 0)
    is_finite = numpy.isfinite(square).all(axis=(1, 2))
    # zeros have no inverse and no curvature either, and their eigenvalues can be found
    values, vectors = numpy.linalg.eigh(numpy.where(is_finite[:, None, None], square, 0.0))
    found = numpy.einsum("lik,lk,ljk->ijl", vectors, 1.0 / abs(values), vectors)
    return found, (values > 0.0).all(axis=1)
