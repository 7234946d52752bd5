"""The passes of the compiler, from a function to a program; `pipeline.py` calls them in order."""
