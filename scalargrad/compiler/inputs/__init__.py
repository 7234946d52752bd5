"""What a call of a compiled function is given: its arguments, leaf by leaf, and their readers."""
