"""Parts: sparse derivatives of functions that are sums of many small ones, from a trace to what
runs.

    recorded         recorded.py: what a function did, and which derivatives are sought
      | flat         flat.py: events and nodes alike, as arrays
      | split        linear.py, summands.py: the parts that each result is a weighed sum of
      | grouped      kinds.py: parts that compute alike
      | derived      local.py, pieces.py: the derivatives of a kind in its own variables
      | placed       assembly.py: which entry of the sparse matrix each of these is added to
    program          program.py; pieces with few parts in one: together.py
    runner           runner.py

Where parts share most of what they compute, products with a few vectors give the entries, one for
each colour of the columns: compressed.py, colouring.py, dependences.py.

Source: Griewank and Toint, On the unconstrained optimization of partially separable functions,
1982; Gay, More AD of nonlinear AMPL models, 1996.
"""
