"""Is a gradient right? Measured slopes and Taylor remainders tell; if it is wrong, the operator at
fault is found."""
