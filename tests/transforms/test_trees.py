"""Trees: taken apart into entries and rebuilt, with a stand-in for a model."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.transforms.trees import HOLDS_VALUES, flatten, matching

Pair = namedtuple("Pair", "a b")


class Line:
    """The smallest model: y = w·x + b."""

    def __init__(self, w: Any, b: Any) -> None:
        self.w, self.b = w, b

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        yield from (("w", self.w), ("b", self.b))

    def with_parameters(self, values: Sequence[Any]) -> Line:
        return Line(*values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Line) and (self.w, self.b) == (other.w, other.b)


trees = st.recursive(
    st.floats(allow_nan=False)
    | st.builds(Line, st.floats(-9, 9), st.floats(-9, 9))
    | st.lists(st.floats(-9, 9), max_size=3).map(tuple),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=15,
)


@given(trees)
def test_what_is_taken_apart_is_put_together_again(tree: Any) -> None:
    entries, structure = flatten(tree, "tree")
    assert all(type(x) is float for x in entries)
    assert structure.size == len(entries)
    rebuilt = structure.rebuilt(entries)
    assert rebuilt == tree
    assert type(rebuilt) is type(tree)


@given(trees)
def test_every_entry_has_a_name_that_leads_to_it(tree: Any) -> None:
    entries, structure = flatten(tree, "tree")
    names = list(structure.names("tree"))
    assert len(set(names)) == len(entries)
    assert [eval(name, {"tree": tree}) for name in names] == entries


def test_entries_of_arrays_and_models_are_named() -> None:
    _, structure = flatten([np.ones((2, 1)), Line(1.0, 2.0), np.ones(())], "x")
    assert list(structure.names("x")) == ["x[0][0, 0]", "x[0][1, 0]", "x[1].w", "x[1].b", "x[2]"]


@pytest.mark.parametrize(
    "tree",
    [
        OrderedDict(b=1.0, a=2.0),
        defaultdict(list, a=1.0),
        deque([1.0, 2.0], maxlen=3),
        Pair(1.0, [2.0]),
        {"b": 1.0, "a": {}},
        [],
        (),
    ],
)
def test_containers_keep_their_kind_and_order(tree: Any) -> None:
    entries, structure = flatten(tree, "tree")
    rebuilt = structure.rebuilt(entries)
    assert rebuilt == tree
    assert type(rebuilt) is type(tree)
    assert list(rebuilt) == list(tree)


@pytest.mark.parametrize(
    "number", [1, True, 2.5, Fraction(1, 2), Decimal("0.5"), np.float32(2.0), np.int64(3)]
)
def test_whatever_is_a_number_is_one_entry(number: Any) -> None:
    entries, structure = flatten(number, "x")
    assert entries == [number]
    assert structure.rebuilt([4.0]) == 4.0


@pytest.mark.parametrize("dtype", [float, np.float32, int, bool])
def test_arrays_are_rebuilt_in_shape_with_float64_or_objects(dtype: Any) -> None:
    array = np.ones((2, 3), dtype=dtype)
    entries, structure = flatten(array, "x")
    assert len(entries) == 6
    floats = structure.rebuilt([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert floats.dtype == np.float64
    np.testing.assert_array_equal(floats, [[1, 2, 3], [4, 5, 6]])
    values = structure.rebuilt([sg.Value(i) for i in range(6)])
    assert (values.dtype, values.shape, values[1, 0].data) == (object, (2, 3), 3.0)


def test_a_transposed_array_is_read_in_the_order_of_its_axes() -> None:
    entries, structure = flatten(np.arange(6.0).reshape(2, 3).T, "x")
    assert entries == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    np.testing.assert_array_equal(structure.rebuilt(entries), np.arange(6.0).reshape(2, 3).T)


def test_stacked_entries_put_the_new_axes_first() -> None:
    _, structure = flatten({"s": 1.0, "a": np.ones(3), "m": Line(1.0, 2.0)}, "x")
    # entries in order: s (1), a (3), m (2)
    rows = [[float(10 * i + j) for j in range(6)] for i in range(2)]
    found = structure.stacked((2,), rows)
    np.testing.assert_array_equal(found["a"], [[1, 2, 3], [11, 12, 13]])
    np.testing.assert_array_equal(found["s"], [0, 10])
    assert list(found["m"]) == ["w", "b"]
    np.testing.assert_array_equal(found["m"]["b"], [5, 15])


def test_stacking_no_rows_keeps_the_shapes() -> None:
    _, structure = flatten(np.ones((2, 3)), "x")
    assert structure.stacked((0,), []).shape == (0, 2, 3)


def test_values_link_to_a_graph_but_the_parameters_of_a_model_only_when_computed() -> None:
    v = sg.Value(1.0)
    for tree, linked in [
        (1.0, False),
        (v, True),
        ([1.0, {"a": v}], True),
        (np.array([1.0]), False),
        (np.array([v, 1.0]), True),
        (Line(v, v), False),
        (Line(v, v * 2.0), True),
    ]:
        assert flatten(tree, "x")[1].linked is linked


def test_holding_values_leaves_everything_else_alone() -> None:
    v, numbers = sg.Value(1.0), np.arange(3)
    tree = [v, 1, "text", None, numbers, np.array([v, None], dtype=object)]
    entries, structure = flatten(tree, "x", HOLDS_VALUES)
    assert entries == [v, v, None]
    w = sg.Value(2.0)
    found = structure.rebuilt([w, w, None])
    assert found[:4] == [w, 1, "text", None]
    assert found[4] is numbers
    assert list(found[5]) == [w, None]


def test_matching_entries_of_the_same_structure() -> None:
    _, structure = flatten({"a": [1.0, np.ones(2)]}, "x")
    assert matching({"a": [2, np.array([3, 4])]}, structure, "y") == [2, 3, 4]


def test_entries_match_in_whatever_order_a_dict_has_its_keys() -> None:
    _, structure = flatten({"b": 1.0, "a": [2.0]}, "x")
    assert matching({"a": [4.0], "b": 3.0}, structure, "y") == [3.0, 4.0]


@pytest.mark.parametrize(
    ("tree", "got"),
    [
        ([1.0, np.ones(2)], r"\[number, ndarray\[2\]\]"),
        ({"a": [1.0, 2.0]}, r"\{'a': \[number, number\]\}"),
        ({"a": [1.0, np.ones((2, 1))]}, r"\{'a': \[number, ndarray\[2, 1\]\]\}"),
        (1.0, "number"),
    ],
)
def test_another_structure_is_described(tree: Any, got: str) -> None:
    _, structure = flatten({"a": [1.0, np.ones(2)]}, "x")
    expected = r"y must have the structure \{'a': \[number, ndarray\[2\]\]\}, got "
    with pytest.raises(ValueError, match=expected + got):
        matching(tree, structure, "y")


def test_numbers_alone_load_no_numpy() -> None:
    program = (
        "import sys; from scalargrad.transforms.functional import grad, hessian, jvp;"
        "from scalargrad.transforms.checkpoint import checkpoint;"
        "from scalargrad.checks.check import check_gradient;"
        "assert grad(lambda x: checkpoint(lambda y: y * y, x))(3.0) == 6.0;"
        "assert hessian(lambda x: x * x)(3.0) == 2.0;"
        "assert check_gradient(lambda x: x * x, 3.0).ok;"
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
