"""`scan` while a function is traced: its body traced once, and then written down step by step."""
