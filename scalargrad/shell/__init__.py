"""What the command line runs: the demo, and expressions that are parsed, never run as code."""
