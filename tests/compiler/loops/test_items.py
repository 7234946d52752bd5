"""Items: loops written as loops, and back to the events that they stand for."""

from __future__ import annotations

from scalargrad import ops
from scalargrad.compiler.loops.items import (
    Constant,
    ConstantTable,
    InputAt,
    InputTable,
    Loop,
    NodeAt,
    Operation,
    Run,
    events_in,
    expand,
)
from scalargrad.compiler.loops.telling import told


def test_strides_are_those_of_the_loops_around_the_outermost_first() -> None:
    square = Operation(ops.mul, (InputAt(1, (10, 2)), NodeAt(5, (3, 1))))
    items = (Loop(2, 3, (Loop(3, 1, (square,)),)),)
    places = [[x.base for x in event.references] for event in expand(items)]
    assert places == [[1, 5], [3, 6], [5, 7], [11, 8], [13, 9], [15, 10]]
    assert events_in(items) == 6


def test_a_table_has_an_entry_for_each_time_that_the_operation_runs() -> None:
    inner = Operation(ops.add, (ConstantTable([1.0, 2.0, 3.0, 4.0]), InputTable([9, 8, 7, 6])))
    once = Operation(ops.neg, (ConstantTable([0.5, 0.25]),))
    items = (Loop(2, 3, (once, Loop(2, 1, (inner,)))),)
    assert [event.references for event in expand(items)] == [
        (Constant(0.5),),
        (Constant(1.0), InputAt(9)),
        (Constant(2.0), InputAt(8)),
        (Constant(0.25),),
        (Constant(3.0), InputAt(7)),
        (Constant(4.0), InputAt(6)),
    ]


def test_a_run_is_operands_side_by_side() -> None:
    total = Operation(ops.sum, (Run(NodeAt(2, (5,)), 2, 3), Run(ConstantTable([1.0] * 4), 0, 2)))
    first, second = expand((Loop(2, 1, (total,)),))
    assert first.references == (*map(NodeAt, (2, 4, 6)), Constant(1.0), Constant(1.0))
    assert second.references[:3] == tuple(map(NodeAt, (7, 9, 11)))


def test_a_loop_in_words_tells_what_it_carries() -> None:
    step = Operation(ops.add, (NodeAt(0, (1,)), InputAt(0, (0,))))
    inner = Operation(ops.mul, (NodeAt(997, (4, 1)), Constant(2.0)))
    items = (
        Operation(ops.neg, (InputAt(0),)),
        Loop(1000, 1, (step,)),
        Loop(3, 4, (Loop(4, 1, (inner,)),)),
    )
    assert list(told(items)) == [
        "loop × 1,000: 1 operator, carries 1 number",
        "loop × 3: carries 4 numbers",
        "    loop × 4: 1 operator",
    ]
