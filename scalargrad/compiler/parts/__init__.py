"""Parts: sparse derivatives of functions that are sums of many small ones, from a trace to what
runs.

flat      flat.py: events and nodes alike, as arrays
  | split     linear.py: which small functions each result is a weighed sum of
  | grouped   kinds.py: those that compute alike are one kind, and its lanes
  | derived   local.py: the derivatives of a kind in its own variables, a program with lanes
  | assembled assembly.py: where in the sparse matrix each of these is added
program     program.py; run by runner.py

Source: Griewank and Toint, On the unconstrained optimization of partially separable functions,
1982; Gay, More AD of nonlinear AMPL models, 1996.
"""
