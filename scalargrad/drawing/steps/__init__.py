"""The backward pass as a sequence of steps, and its report."""
