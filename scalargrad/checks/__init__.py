"""Is a gradient right? By measured slopes and Taylor remainders; whose fault it is if not."""
