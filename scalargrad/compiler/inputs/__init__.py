"""The arguments of a call of a compiled function, down to the inputs of a program.

The way of an argument, a word for each thing:

argument    what the caller gave, by place or by name            Compiled.__call__
leaf        what stands in its containers: a number, an array,
            a model, a constant, an object                       leaves.ArgumentLeaf
number      a float, a Value or a Column that a leaf holds; its
            *position* is that among all numbers of the call     arguments.Arguments
column      a number that every lane has its own of; its *address*
            is (which array of the call, which of its columns)   arguments.Column
input       a number that a program takes: COUNT, SHARE, the
            numbers of the call, captured Values, draws          sources.Inputs
source      where an input comes from                            sources.OfLanes …
reader      what reads numbers off arguments of a known form     readers.reader_of
sharing     which objects stand in several places of a call's
            arguments; Entwined tells of those that the function
            also uses without being given them                   sharing.Sharing
entry       a number of the function's result                    passes.traced.Entry
operand     a Value that a node of the result stands above: one
            among the arguments, or a captured one               nodes.Operands

A call in full: Compiled._in_full → Meaning.arguments → Arguments (leaf_of, Column) → Programs.run →
Paths.run → Lanes.given (Inputs) → when a path is new record.inputs_of (Tracers) →
Arguments.applied → f; in every case Path.run → runner.run(numbers, arrays). By a shortcut:
Form.run → Reader.read → Shortcut.outputs → runner.run(numbers, arrays).
"""
