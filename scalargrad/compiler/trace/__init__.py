"""What a function does to its numbers, written down while it runs once; in Python and in C."""
