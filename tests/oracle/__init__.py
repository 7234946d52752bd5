"""Whether a compiled function is the function: programs, run plainly and compiled, side by side.

A *program* is Python text: a function `f` and what it uses. A *script* is a program, a line that
makes `gate` of `f`, and steps: calls of `gate`, and changes of what `f` uses. Two *worlds* run the
same script: one in which `compile` gives the function itself (a loop over it for lanes), one in
which it is scalargrad's. `judge` says of each call whether it is the same, refused, or wrong.

    program       the text of programs and scripts
    uses          what a function can use, how it is read, what can change in it
    kinds_of_use, containers    more of the same: what is harder to watch
    programs, flow, by_hand, effects    programs and scripts by hand
    expressions, statements, generator    random programs
    forms         ways to call a program
    lanes         what a batch means, as a loop
    world         one run of a script
    compare       when two results are the same
    refusals      what may be refused, and with what message
    judge         the verdict on a script
    calls         what a script calls besides its gate
    suites        all scripts that are judged
    faults        compilers that are wrong, to try the oracle itself
    shrink        a smaller program that is wrong in the same way

`python -m tests.oracle SEED CALLS` judges random programs and prints what it counted.
"""
