"""Nodes in symbols: formulas, local gradients, names, patterns, flat code."""
