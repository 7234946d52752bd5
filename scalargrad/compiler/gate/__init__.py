"""Gates, which `compile` returns: their calls, and the results of these."""
