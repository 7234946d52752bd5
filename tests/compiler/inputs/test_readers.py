"""Arguments read in C by what they were before, and results written into containers."""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.compiler.inputs.lanes import summed_to
from scalargrad.compiler.inputs.readers import DOUBLES

np = pytest.importorskip("numpy")
machine = pytest.importorskip("scalargrad.native._machine")

if sg.engine != "native":
    pytest.skip("the machine goes with the native engine", allow_module_level=True)


def read(readers: Any, *args: Any) -> Any:
    numbers: list[Any] = [1.0, 1.0]
    arrays: list[Any] = []
    operands: list[Any] = []
    statics: list[Any] = []
    found = machine.Reader(readers).read(args, numbers, arrays, operands, statics)
    return found and (numbers[2:], arrays, operands, *statics)


def test_arguments_are_read_by_what_they_are_expected_to_be() -> None:
    model, X = object(), np.ones((5, 2))
    parameters = sg.Value(1.0), sg.Value(2.0)
    same = machine.READ_SAME, model, parameters
    rows = machine.READ_SAMPLES, np.ndarray, X.dtype, (2,)
    assert read((None, same), 0.5, model) == ([0.5, parameters], [], [*parameters])
    numbers, (found,), _ = read((rows, None), X, 2.0)
    assert numbers == [2.0]
    assert found is X
    is_none = machine.READ_BY_CALL, lambda x, *_: x is None
    assert read((is_none,), None) == ([], [], [])
    for x in (1, True, np.float64(1.0), None):
        assert not read((None,), x)
        assert not read((same,), x)
        assert not read(((machine.READ_BY_CALL, lambda x, *_: []),), x)
    refused = [X[0], X[:0], X[:, :1], X[None], np.ones((5, 2), np.float32), X > 0.0, X.tolist()]
    for x in (*refused, 1.0, np.array(1.0), np.ma.masked_array(X), X.astype(">f8")):
        assert not read((rows,), x)
    assert not read((rows, rows), X, X[:3])
    assert not read((None,))
    assert not read((None,), 1.0, 1.0)


def test_arrays_of_other_numbers_are_made_arrays_of_floats() -> None:
    X = np.arange(10, dtype=np.float32).reshape(5, 2)
    other = machine.READ_CONVERTED, np.ndarray, X.dtype, (2,), np.dtype(float), False
    numbers, (found,), _ = read((other, None), X, 2.0)
    assert numbers == [2.0]
    assert found.dtype == float
    assert found.tolist() == X.tolist()
    for x in (X.astype(float), X > 0.0, X[0], X[:0], X[:, :1], X.tolist(), 1.0):
        assert not read((other,), x)


def test_lists_of_samples_are_read_into_an_array() -> None:
    asked = []

    def otherwise(x: Any, *_: Any) -> bool:
        asked.append(x)
        return False

    more = np.empty, np.float64, otherwise
    rows, flat = (machine.READ_ROWS, list, (2,), *more), (machine.READ_ROWS, tuple, (), *more)
    _, (found,), _ = read((rows,), [[1.0, 2], (True, np.float64(4.0))])
    assert found.tolist() == [[1.0, 2.0], [1.0, 4.0]]
    _, (found,), _ = read((flat,), (1, 2.5, False))
    assert found.tolist() == [1.0, 2.5, 0.0]
    assert not asked
    unknown = [[[1.0]], [[1.0, 2.0], 3.0], [[1.0, 2**64]], [[1.0, None]], [[1.0, np.float32(2.0)]]]
    for x in unknown:
        assert not read((rows,), x)
    assert asked == unknown
    assert not read((rows,), [])
    assert not read((rows,), ([1.0, 2.0],))
    assert not read((flat, flat), (1.0, 2.0), (1.0,))
    assert len(asked) == len(unknown)


@pytest.mark.parametrize(
    "maker", [lambda shape: np.empty(1), lambda shape: 1.0, lambda shape: np.empty(shape, "f4")]
)
def test_rows_are_never_written_where_they_do_not_fit(maker: Any) -> None:
    rows = machine.READ_ROWS, list, (2,), maker, float, lambda x, *_: False
    try:
        assert not read((rows,), [[1.0, 2.0], [3.0, 4.0]])
    except TypeError as error:
        assert "bytes-like" in str(error)


def test_a_list_that_its_maker_changes_is_not_read() -> None:
    x = [1.0, 2.0]

    def maker(shape: Any) -> Any:
        x.clear()
        return np.empty(shape)

    rows = machine.READ_ROWS, list, (), maker, float, lambda x, *_: False
    assert not read((rows,), x)


def test_numbers_of_other_types_are_made_floats() -> None:
    for x in (np.float64(0.1), np.float32(0.1), np.float16(0.1), np.longdouble(0.1), 3, True):
        ((found,), _, _) = read(((machine.READ_NUMBER, type(x)),), x)
        assert type(found) is float
        assert found == float(x)
        assert not read(((machine.READ_NUMBER, type(x)),), 0.1)
    with pytest.raises(OverflowError):
        read(((machine.READ_NUMBER, int),), 10**400)


def test_plain_numbers_are_read_whatever_mix_they_are() -> None:
    plain = machine.READ_NUMBER, None
    mixed = machine.READ_NUMBERS, list, 3, None, DOUBLES
    for x in (0.5, 3, True):
        assert read((plain,), x) == ([float(x)], [], [])
        ((found,), _, _) = read((mixed,), [x, 0.25, 2])
        assert found.tolist() == [float(x), 0.25, 2.0]
    for other in (np.float64(1.0), np.True_, "1", None, sg.Value(1.0), Fraction(1, 2)):
        assert not read((plain,), other)
        assert not read((mixed,), [1.0, other, 2])
    assert not read((mixed,), [1.0, 2])
    assert not read((mixed,), (1.0, 2, 3))
    with pytest.raises(OverflowError):
        read((mixed,), [1.0, 10**400, 2])


def test_numbers_of_one_type_are_read_at_once() -> None:
    for kind in (np.float64, np.float32, np.int64, np.bool_):
        numbers = machine.READ_NUMBERS, tuple, 2, kind, DOUBLES
        ((found,), _, _) = read((numbers,), (kind(1), kind(0)))
        assert found.tolist() == [1.0, 0.0]
        assert not read((numbers,), (kind(1), 0.0))


def test_a_list_that_a_number_changes_is_not_read() -> None:
    class Odd:
        def __float__(self) -> float:
            x.clear()
            return 1.0

    x: list[Any] = [Odd(), Odd()]
    assert not read(((machine.READ_NUMBERS, list, 2, Odd, DOUBLES),), x)


NUMBERS = st.one_of(
    st.floats(-4.0, 4.0), st.integers(-4, 4), st.booleans(), st.integers(2**60, 2**80)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(NUMBERS, min_size=3, max_size=3), st.lists(NUMBERS, min_size=3, max_size=3))
def test_any_mix_of_plain_numbers_is_one_form(first: Any, second: Any) -> None:
    def f(x: Any) -> Any:
        return x["a"][0] * x["a"][1] + x["b"] * x["b"] * x["a"][0]

    gate = sg.value_and_grad(compile(f))
    for a, b, c in (first, second, first):
        given = {"a": [a, b], "b": c}
        assert gate(given) == sg.value_and_grad(f)(given)
    assert len(gate._forms) == 1


class Odd(float):
    def __float__(self) -> float:
        return 100.0


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.bool_, Odd, bool, int])
def test_lists_of_one_type_are_read_as_the_function_itself_reads_them(kind: Any) -> None:
    def f(x: Any) -> Any:
        return sg.sum([y * y for y in x])

    gate = sg.value_and_grad(compile(f))
    for x in ([kind(0), kind(1)], [kind(1), kind(1)], [0.5, kind(1)], [kind(1), kind(0)]):
        assert gate(x) == sg.value_and_grad(f)(x)


def test_containers_are_read_in_one_pass() -> None:
    v, w = sg.Value(1.0), sg.Value(2.0)
    floats = machine.READ_FLOATS, list, 2
    values = machine.READ_VALUES, tuple, 2, sg.Value
    nested = machine.READ_DICT, dict, ("a", "b"), (floats, (machine.READ_VALUE, sg.Value))
    thing = machine.READ_OBJECT, SimpleNamespace, ("p", "q"), (None, values)
    both = machine.READ_SEQUENCE, list, (nested, thing)
    x = [{"a": [1.0, 2.0], "b": v}, SimpleNamespace(p=3.0, q=(v, w))]
    assert read((both,), x) == ([1.0, 2.0, (v,), 3.0, (v, w)], [], [v, v, w])
    for other in (
        [x[0]],
        tuple(x),
        [{"b": v, "a": [1.0, 2.0]}, x[1]],
        [{"a": [1.0, 2.0], "b": v, "c": 1.0}, x[1]],
        [{"a": [1.0, 2], "b": v}, x[1]],
        [{"a": [1.0], "b": v}, x[1]],
        [{"a": (1.0, 2.0), "b": v}, x[1]],
        [defaultdict(list, x[0]), x[1]],
        [x[0], SimpleNamespace(p=3.0, q=(v, 2.0))],
        [x[0], SimpleNamespace(q=(v, w), p=3.0)],
        [x[0], SimpleNamespace(p=3.0, q=(v, w), r=1.0)],
    ):
        assert not read((both,), other)


def test_rows_of_values_are_read_as_one_table() -> None:
    rows = [[sg.Value(float(2 * i + k)) for k in range(2)] for i in range(3)]
    table = machine.READ_TABLE, list, 3, (machine.READ_VALUES, list, 2, sg.Value)
    every = [v for row in rows for v in row]
    found = read((table, None), rows, 1.0)
    assert found == ([tuple(every), 1.0], [], every)
    assert found[0][0][3] is rows[1][1]
    for other in (
        rows[:2],
        [*rows, rows[0]],
        tuple(rows),
        [*rows[:2], rows[0][:1]],
        [*rows[:2], tuple(rows[0])],
        [*rows[:2], [rows[0][0], 1.0]],
        [*rows[:2], 3.0],
    ):
        before = sys.getrefcount(rows[0][0])
        is_read = read((table, None), other, 1.0)
        after = sys.getrefcount(rows[0][0])
        assert (is_read, after) == (False, before)


def test_constants_of_one_type_are_read_in_their_order() -> None:
    readers = (machine.READ_STATIC, int), (machine.READ_STATIC, str)
    assert read(readers, 1, "a") == ([], [], [], 1, "a")
    assert read(readers, 2, "") == ([], [], [], 2, "")
    assert not any(read(readers, x, "a") for x in (True, 1.0, "1", np.int64(1)))


@pytest.mark.parametrize(
    "reader",
    [
        *(3, (), (1,), (99, 1), ("0", 1), (machine.READ_SAME, 1), (machine.READ_FLOATS, dict, 2)),
        *((machine.READ_DICT, dict, ("a",), ()), (machine.READ_DICT, list, (), ())),
        *((machine.READ_SEQUENCE, list, [None]), (machine.READ_SEQUENCE, list, (3,))),
        *((machine.READ_VALUES, list, 2, 3), (machine.READ_OBJECT, 3, (), ())),
        (machine.READ_SAMPLES, np.ndarray, float),
        (machine.READ_CONVERTED, np.ndarray, float, ()),
        (machine.READ_NUMBER, 3),
        (machine.READ_TABLE, list, 2, (machine.READ_FLOATS, list, 2)),
        (machine.READ_TABLE, list, 2, None),
        (machine.READ_TABLE, dict, 2, (machine.READ_VALUES, list, 2, sg.Value)),
        (machine.READ_ROWS, dict, (), np.empty, float, len),
        (machine.READ_ROWS, list, [2], np.empty, float, len),
        (machine.READ_ROWS, list, (2, 2), np.empty, float, len),
        (machine.READ_ROWS, list, (2,), np.empty, float),
    ],
)
def test_what_is_no_reader_is_refused(reader: Any) -> None:
    with pytest.raises(TypeError, match="expected a tuple of readers"):
        machine.Reader((reader,))


def test_a_reader_that_is_given_something_else_or_raises_is_an_error() -> None:
    reader = machine.Reader(())
    for given_ in [
        (),
        ((), [1.0], [], []),
        ((), [], [], [], []),
        ([], [1.0], [], [], []),
        ((), (1.0,), [], [], []),
        ((), [1.0], [], [], ()),
    ]:
        with pytest.raises(TypeError):
            reader.read(*given_)
    with pytest.raises(TypeError):
        machine.Reader([])
    fails = machine.Reader(((machine.READ_BY_CALL, lambda x, *_: 1 / 0),))
    with pytest.raises(ZeroDivisionError):
        fails.read((1.0,), [1.0, 1.0], [], [], [])


def test_a_list_that_changes_while_it_is_read_is_another_one() -> None:
    x = [1.0, None, 2.0]

    def empty(part: Any, *_: Any) -> bool:
        x.clear()
        return True

    whole = machine.READ_SEQUENCE, list, (None, (machine.READ_BY_CALL, empty), None)
    assert not read((whole,), x)


# ------ results


def test_results_are_written_into_their_containers() -> None:
    numbers = array("d", [float(k) for k in range(8)])
    whole = (machine.WRITE_NUMBERS, lambda x: list(x), 2)
    writer = (
        machine.WRITE_DICT,
        ("a", "b"),
        (
            (machine.WRITE_FLOATS, 3),
            (machine.WRITE_TUPLE, (None, (machine.WRITE_LIST, (None, whole)))),
        ),
    )
    found = machine.write((machine.WRITE_BY_CALL, tuple, (writer, None)), numbers)
    assert found == ({"a": [0.0, 1.0, 2.0], "b": (3.0, [4.0, [5.0, 6.0]])}, 7.0)


@pytest.mark.parametrize(
    "writer",
    [
        *(3, (), ("0",), (99, 1), (machine.WRITE_FLOATS, 9), (machine.WRITE_FLOATS, -1)),
        *((machine.WRITE_LIST, [None]), (machine.WRITE_DICT, ("a",), ()), (machine.WRITE_TUPLE,)),
        *((machine.WRITE_NUMBERS, list, 9), (machine.WRITE_BY_CALL, 3, ())),
        (machine.WRITE_LIST, (None,) * 9),
        (machine.WRITE_DICT, ([],), (None,)),
    ],
)
def test_what_is_no_writer_is_refused(writer: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        machine.write(writer, array("d", bytes(64)))


@pytest.mark.parametrize("count", ["3", 2.0, None])
def test_a_count_that_is_no_whole_number_is_refused_as_that(count: Any) -> None:
    for writer in ((machine.WRITE_FLOATS, count), (machine.WRITE_NUMBERS, list, count)):
        with pytest.raises(TypeError, match="an integer is required"):
            machine.write(writer, array("d", bytes(64)))


def test_readers_and_writers_within_others_many_times_over_are_no_crash() -> None:
    writer: Any = None
    for _ in range(100_000):
        writer = (machine.WRITE_LIST, (writer,))
    with pytest.raises(RecursionError):
        machine.write(writer, array("d", [1.0]))
    reader: Any = None
    for _ in range(100_000):
        reader = (machine.READ_SEQUENCE, list, (reader,))
    with pytest.raises(RecursionError):
        machine.Reader((reader,))


# ------ whole calls

leaves = st.floats(-9.0, 9.0) | st.integers(-9, 9) | st.sampled_from(["a", None, True])
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)


def total(x: Any) -> Any:
    """A sum that every number and every constant has its own part in."""
    if isinstance(x, dict):
        return sum((k + 2) * total(y) + ord(key) for k, (key, y) in enumerate(x.items()))
    if isinstance(x, (list, tuple)):
        return sum((3 - k) * total(y) for k, y in enumerate(x)) - len(x)
    return 5.0 if x is None else 7.0 if isinstance(x, str) else x * 1.5


@given(st.lists(trees, min_size=2, max_size=4))
def test_calls_of_any_structure_one_after_the_other(args: list[Any]) -> None:
    gate = compile(lambda x: [total(x), {"same": x}])
    for x in (*args, *args, *reversed(args)):
        value, same = gate(x)
        assert value == pytest.approx(total(x), rel=1e-12, abs=1e-12)
        assert same == {"same": x}


def test_calls_that_alternate_in_form_all_take_shortcuts() -> None:
    gate = compile(lambda x: total(x))
    forms = [[1.0, 2.0], (1.0, 2.0), {"a": 1.0, "b": 2.0}, [[1.0], [2.0]], 1.0]
    for x in forms:
        gate(x)
    gate._in_full = lambda args, named: pytest.fail("a call was made in full")
    for _ in range(3):
        for x in forms:
            assert gate(x) == pytest.approx(total(x))


def test_samples_of_every_form_take_shortcuts() -> None:
    gate = compile(lambda x, y: x[0] * y, batch="x", reduce="sum")
    X = np.array([[1, 0], [1, 1]])
    dtypes = ("f2", "f4", "f8", "i4", "i8", "?")
    forms = [*map(X.astype, dtypes), X.tolist(), tuple(X.tolist())]
    forms = [(x, y) for x in forms for y in (2.0, np.float32(2.0))]
    for x, y in forms:
        gate(x, y)
        in_full, gate._in_full = gate._in_full, lambda *_: pytest.fail("a call was made in full")
        assert gate(x, y) == 4.0
        gate._in_full = in_full


def test_arrays_of_several_axes_take_shortcuts() -> None:
    gate = compile(lambda x, y: x * y, batch=True)
    X = np.arange(6.0).reshape(2, 3)
    for x in (X, X.astype("f4"), X.astype(int), X.T):
        gate(x, x)
        in_full, gate._in_full = gate._in_full, lambda *_: pytest.fail("a call was made in full")
        assert gate(x, x).tolist() == (x * x).tolist()
        gate._in_full = in_full


SHAPES = [(3, 1), (1, 4), (3, 4), (4,), (1,), (1, 1), (2, 1, 1), (2, 3, 4), ()]


@st.composite
def broadcastable(draw: Any) -> list[tuple[int, ...]]:
    """Shapes that go together; () is a number."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=2, max_size=3))
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return shapes[:1] * 2
    return shapes


def drawn(shape: tuple[int, ...], dtype: str, seed: int) -> Any:
    numbers = 3.0 * np.random.default_rng(seed).normal(size=shape)
    return numbers.astype(dtype) if shape else float(numbers)


@settings(max_examples=40)
@given(
    broadcastable(),
    st.sampled_from(["f8", "f4", "i8", "?"]),
    st.sampled_from([None, "sum", "mean"]),
    st.integers(0, 9),
)
def test_arrays_that_are_broadcast_take_shortcuts_and_mean_what_numpy_means(
    shapes: list[tuple[int, ...]], dtype: str, reduce: str | None, seed: int
) -> None:
    def f(*xs: Any) -> Any:
        return xs[0] * xs[1] + sg.tanh(xs[-1]) * xs[0]

    gate, which = compile(f, batch=True, reduce=reduce), range(len(shapes))
    both = sg.value_and_grad(gate, which)
    first = [drawn(shape, dtype, seed + k) for k, shape in enumerate(shapes)]
    gate(*first), both(*first)
    gate._in_full = both._in_full = lambda *_: pytest.fail("a call was made in full")
    for turn in (10, 20):
        xs = [drawn(shape, dtype, seed + turn + k) for k, shape in enumerate(shapes)]
        found, slopes = both(*xs)
        expected = reduced(over_elements(f, xs), reduce, ())
        assert np.shape(found) == np.shape(gate(*xs)) == np.shape(expected)
        assert np.allclose(found, expected, rtol=1e-12)
        assert np.allclose(gate(*xs), expected, rtol=1e-12)
        for k, x in enumerate(xs):
            expected = reduced(over_elements(sg.grad(f, k), xs), reduce, np.shape(x))
            assert np.shape(slopes[k]) == np.shape(expected)
            assert np.allclose(slopes[k], expected, rtol=1e-9)


def over_elements(f: Any, xs: list[Any]) -> Any:
    return np.vectorize(lambda *ys: float(f(*map(float, ys))), otypes=[float])(*xs)


def reduced(each: Any, reduce: str | None, shape: tuple[int, ...]) -> Any:
    """What is reduced over lanes, to this shape; without lanes nothing is."""
    if reduce is None or not each.shape:
        return each
    return summed_to(each, shape) / (each.size if reduce == "mean" else 1)


def test_arrays_that_are_broadcast_go_several_ways() -> None:
    f = compile(lambda x, y: x * y if x < y else sg.sin(x) * y, batch=True, reduce="sum")
    gate = sg.value_and_grad(f, (0, 1))
    for seed in range(6):
        x, y = drawn((5, 1), "f8", seed), drawn((1, 7), "f8", seed + 50)
        found, (dx, dy) = gate(x, y)
        assert np.allclose(found, np.where(x < y, x * y, np.sin(x) * y).sum())
        assert np.allclose(dx, np.where(x < y, y, np.cos(x) * y).sum(1, keepdims=True))
        assert np.allclose(dy, np.where(x < y, x, np.sin(x)).sum(0, keepdims=True))


def test_an_array_of_one_element_may_have_more_the_next_time() -> None:
    gate = compile(lambda x, y: x * y, batch=True)
    for shape, other in [((1,), (1,)), ((3,), (1,)), ((1,), (1,)), ((1,), (4,)), ((3,), (3,))]:
        x, y = drawn(shape, "f8", 0), drawn(other, "f8", 1)
        for _ in range(2):
            assert np.array_equal(gate(x, y), x * y)
