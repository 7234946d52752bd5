"""Tracing: all that a function does to its numbers is written down while it runs once."""
