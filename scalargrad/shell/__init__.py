"""The command line's work: the demo, and expressions that are parsed, never run as code."""
