"""A program handed on: to Python, NumPy, JAX, C, and to a reader's eye."""
