"""What `compile` returns: a gate, its calls, and what they come to."""
