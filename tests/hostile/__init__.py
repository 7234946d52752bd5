"""Objects that run code wherever they are asked for anything, and calls of the native part that
are given such objects: in there, nothing of Python may run between a size and a write.

`python -m tests.hostile [SEED [CALLS]]` is the long form; `tests/sanitize.sh hostile` runs it with
sanitizers, which see what it breaks."""
