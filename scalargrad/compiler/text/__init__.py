"""A program as text: in plain Python, NumPy's or JAX's terms."""
