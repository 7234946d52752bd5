"""The worked examples of lectures on back-propagation: vectors, matrices and gradient checks.

Vectors and matrices are lists and arrays of scalars.
"""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg


def relus(xs: list[Any]) -> list[Any]:
    return [sg.relu(x) for x in xs]


def test_relu_of_a_vector_multiplies_by_its_diagonal_jacobian_implicitly() -> None:
    xs, upstream = [1.0, -2.0, 3.0, -1.0], [4.0, -1.0, 5.0, 9.0]
    out, pull_back = sg.vjp(relus, xs)
    assert out == [1.0, 0.0, 3.0, 0.0]
    assert pull_back(upstream)[0] == [4.0, 0.0, 5.0, 0.0]
    diagonal = [1.0, 0.0, 1.0, 0.0]
    expected = [[d * (i == j) for j in range(4)] for i, d in enumerate(diagonal)]
    assert sg.jacobian(relus)(xs) == expected


def test_gradients_of_a_matrix_product_are_matrix_products() -> None:
    np = pytest.importorskip("numpy")
    x = np.array([[2.0, 1.0, -3.0], [-3.0, 4.0, 2.0]])
    w = np.array([[3.0, 2.0, 1.0, -1.0], [2.0, 1.0, 3.0, 2.0], [3.0, 2.0, 1.0, -2.0]])
    upstream = np.array([[2.0, 3.0, -3.0, 9.0], [-8.0, 1.0, 4.0, 6.0]])
    y, pull_back = sg.vjp(lambda x, w: x @ w, x, w)
    dx, dw = pull_back(upstream)
    # the y printed in the lecture does not match its own x and w; NumPy's does
    assert np.array_equal(np.asarray(y, dtype=float), x @ w)
    assert np.array_equal(dx, upstream @ w.T)
    assert np.array_equal(dw, x.T @ upstream)
    assert (dx.shape, dw.shape) == (x.shape, w.shape)


def test_derivative_gradient_and_jacobian_by_hand() -> None:
    assert sg.grad(lambda x: x**3)(2.0) == 12.0
    assert sg.grad(lambda v: v[0] ** 2 * v[1])([3.0, 5.0]) == [30.0, 9.0]
    polar = sg.jacobian(lambda v: [v[0] * sg.cos(v[1]), v[0] * sg.sin(v[1])])
    assert polar([2.0, 0.0]) == [[1.0, -0.0], [0.0, 2.0]]


# ------ numeric against analytic


def test_the_numeric_gradient_of_the_lecture_is_the_analytic_one() -> None:
    w, h = [0.34, -1.11, 0.78], 1e-4
    printed = {0: (1.25322, -2.5), 1: (1.25353, 0.6), 2: (1.25347, 0.0)}

    def loss(w: Any) -> Any:
        return 1.25347 - 2.5 * (w[0] - 0.34) + 0.6 * (w[1] + 1.11) + 0.0 * w[2]

    analytic = sg.grad(loss)(w)
    for i, (there, slope) in printed.items():
        moved = [x + h * (i == j) for j, x in enumerate(w)]
        assert loss(moved) == pytest.approx(there, abs=1e-12)
        assert (loss(moved) - loss(w)) / h == pytest.approx(slope, abs=1e-8)
        assert analytic[i] == slope


def test_a_gradient_check_tells_right_from_wrong() -> None:
    def hinge(w: Any) -> Any:
        scores = [w[0] * 1.5 + w[1], w[0] * -0.5 + w[1] * 2.0, w[1] * w[1]]
        return sg.relu(scores[1] - scores[0] + 1.0) + sg.relu(scores[2] - scores[0] + 1.0)

    wrong = sg.operator("wrong_square", lambda x: x * x, lambda out, x: 2.002 * x)
    assert sg.check_gradient(hinge, [0.34, -1.11])
    with pytest.raises(AssertionError, match="wrong_square"):
        sg.check_gradient(lambda x: wrong(x) + x, 3.0)
