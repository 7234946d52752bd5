"""Sparse derivatives, and the problems of solvers that take them."""
