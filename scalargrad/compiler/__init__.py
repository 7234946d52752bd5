"""compile: a plain scalar function becomes one gate that runs as a program over arrays.

When a call takes a path for the first time, `pipeline.py` calls the passes in order:

    function and arguments       gate/, inputs/: what is a number, what brings lanes
      | run                      passes/record.py: the function runs once; trace/ has what it did,
      |                          loops/ what of that repeats; of a scan the body runs once, scans/
      | settled                  passes/waiting.py: derivatives that a transform left to be computed
      | recorded                 passes/record.py: the results as nodes
      | with derivatives         passes/derivatives.py: adjoints that the call asks for, as nodes
      | with sums over lanes     passes/lane_sums.py: sums, moved to where they are cheapest
    traced                       passes/traced.py: one body for all that is wanted
      | spared                   branches/cut.py: less what other paths know of its lanes
      | lowered                  passes/lower.py, rules.py: operators of the machine, peepholes
      | fused                    passes/fusion.py: sums of products as one instruction each
      | staged                   passes/stages.py: before the lanes, in each, after them
    program                      passes/program.py; as text: text/, export/
      | encoded                  machine/encode.py; uniform numbers: reroll.py, wide.py; lanes:
      |                          lane_work.py, tiles.py, lane_code.py, registers.py
    runner                       machine/runner.py: on native/machine/, by NumPy, or on floats
    path                         branches/path.py: a program among others, by its guards

Where loops were recognised, and the numbers in them wait for each other, loops stay loops: a nest
is made of what was recorded, and takes the place of a trace; `nests/program.py` calls its passes.

Where sparse derivatives are sought, the function's results are taken apart into many small parts;
`parts/__init__.py` calls its passes.

A call that is like an earlier one takes none of these passes: see `gate/shortcut.py`.

Words, each in the sense that it has in comments and in names. A few that are plain English as well
(block, column, entry, level, side, total) also name fields in their everyday sense:

    gate          what `compile` returns: a compiled function
    meaning       of a gate: the function that it stands for, on each sample, and its arguments
    task          what is asked of a function: results, reduced or not, and derivatives
    lane          one sample of those that a call brings; lanes run side by side
    uniform       the same in all lanes; a uniform number is broadcast to the lanes that read it
    own           said of an output: every lane has its own of it
    leaf          what stands in an argument as one: a number, an array, a model, a constant
    static        said of an argument that is a constant of the program
    late          said of numbers that come anew at each of several runs of one call
    column        the numbers of one leaf's element over the lanes, in an array of the call
    address       of a column, or an element: which array it stands in, and where in that array
    position      that of a number among all numbers of a call
    given         said of arguments, inputs and arrays that come with a call
    Tracer        a number of the function while it is traced; it stands for a node
    row           a line of the operator table, and the Operator made of it; a Jacobian and an array
                  have rows as anywhere
    trace         nodes in the order in which they were computed: a row, and operands, each
    hash-consing  a computation that a trace has already is the same node again
    event         a call of an operator; equal ones are different events; their numbers are ids
    item          an event, or a loop of items: what a recorder of loops gives; see loops/items.py
    law           of a loop: which operand each of its events has in which iteration
    rolled        said of a trace that is kept as loops, while nobody asks for a node
    body          the nodes of a trace that outputs and guards need: what a pass takes and gives; of
                  a scan: the function that does one step
    slot          where a number stands while steps are taken one by one: those of a scan, of a
                  partial, of a kind of parts, of their weights
    input         a node that is given: by the call, by a captured Value, or drawn
    source        where an input comes from
    waiting       said of the derivatives of a transform that is all that a function does: they are
                  computed at once when it is over
    surroundings  what a function uses besides its arguments; `around` is what of them a call found
    entry         one number of what the function returns
    linked        said of an entry that is a Value outside: its derivatives are outputs too
    wanted        the numbers of a call that derivatives are taken in
    output        a node that a program is to compute: an entry or a derivative of one
    guard         a comparison that decided what the function did next
    condition     a guard by a name that several paths know; a fact is one that is known to hold
    path          a program for one way through the branches, right where its guards hold
    arrival       how lanes come to a path from another: the facts known of them
    family        paths that differ in nothing but how often the body of one loop ran: one program,
                  for lanes of all counts that are verified, each by a trace of its own
    course        of a trace: its events and results as numbers, to find its family by
    masked        said of a loop: each lane has a part in so many iterations as it is told
    side          what a guard compared: its left or its right
    rule          what is computed in place of a row: a peephole, for it sees one node and operands
    quick         said of a program that takes what does not flow for zero; a careful one does not
    stage         when a node is computed: before the lanes, in each lane, or after them
    program       a body lowered, fused and staged
    phase         what a program does between calls of a user's own operators
    runner        what runs a program; its layout says where inputs and outputs lie in arrays
    code          a program as words of the machine; its instructions are a table of their own
    place         of a uniform number while the machine runs: code reads and writes it there
    level         nodes as far from the inputs as each other: none needs another
    re-rolling    nodes of one level and row become one wide instruction, as a loop had them; the
                  nodes of one such instruction are a bundle
    stretch       numbers that stand side by side; a pack is a stretch copied together for this
    register      a number for each lane of a block; free at the end of its value's live range; one
                  that moves is another register in each iteration of a loop
    splat         a register that holds one uniform number in every lane
    block         the lanes, at most 128, that go through an instruction together; of a nest: the
                  body of one loop
    total         a sum over lanes while the machine adds it up
    tile          sums of products done together, so that each vector is read once for all; its
                  height is how many they are
    product       a sum of the rows of a Jacobian, or of its columns, each with its weight
    pattern       which variables each row of a Jacobian depends on
    part          of a result that is a sum: one of the small functions that are added up
    piece         the parts of one kind, which compute alike: a program with a lane for each
    colour        of columns of a sparse matrix that are computed as one, and told apart afterwards
    nest          a program whose loops are loops: nodes in blocks, one within another
    carried       said of a number that an iteration gets from the one before
    walk          a place in memory that goes on by a stride after each iteration of a loop
    form          what calls have in common that are read in one way, whatever their constants
    shortcut      how a call that is like an earlier one is run, by its form and its constants
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any


def compile(
    f: Callable[..., Any] | None = None,
    *,
    batch: str | Sequence[str] | bool | None = None,
    reduce: str | None = None,
    max_paths: int = 256,
    threads: int = 1,
) -> Any:
    """Return `f` as a compiled gate: traced once, then run as a program.

    `f` is plain scalar Python, and the gate means what `f` means: for the same arguments the same
    results, in the same structure. On Values (and where `f` uses Values that it closes over) it
    returns Values, whose parents these are. int, bool, str, None and other objects are constants:
    another one is another program. Branches on numbers are followed, each way when it is first
    taken, up to `max_paths` of them; ways that differ in how often a loop runs are mostly one.
    `scalargrad.grad` and the other transforms of a gate are gates.

    Lanes are asked for. Arguments named in `batch` are arrays with a sample in each row, of which
    `f` sees one; the others are the same for all samples. With `batch=True` each element of every
    array argument is a sample, broadcast as NumPy does. The results are arrays, the lanes first.
    `reduce` adds them up ("sum") or averages them ("mean"). `threads` (up to 16) share the lanes
    out; the result does not depend on how many. Also a decorator, with or without arguments.
    """
    if f is None:
        return functools.partial(
            compile, batch=batch, reduce=reduce, max_paths=max_paths, threads=threads
        )
    from .gate.compiled import Compiled  # here, because an import of the package has no need of it

    gate = Compiled(f, batch, reduce, max_paths, threads)
    if reduce is not None and not batch:
        raise ValueError(
            f"reduce={reduce!r} adds up lanes, and there are none: name the arguments that have "
            "them, as batch='x', or pass batch=True"
        )
    return gate
