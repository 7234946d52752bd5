"""Benchmarks: `python -m tests.benchmarks`, or with `--quick`. Each file measures one thing."""
