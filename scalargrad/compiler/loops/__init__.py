"""Loops of a traced function, kept as loops: items, and how they are recognised while recording."""
