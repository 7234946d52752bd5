"""A program for each way through the branches of a function, and which lanes take it."""
