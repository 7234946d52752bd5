"""Implicit functions: solutions of equations, differentiated by the implicit function theorem.

`functions.py` has what users call; `problems.py` the equations, `newton.py` the search, whose steps
`inverses.py` gives, `solutions.py` the derivatives, of which `elimination.py` solves the linear
equations. In a function that is compiled the search is one step of a program: `openings.py` finds
its operands, and `lanes.py` searches in many lanes at once."""
