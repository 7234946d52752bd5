# Break it: a NaN, and the line that it comes from
import scalargrad as sg

def distance(x, y):
    squares = x * x + y * y
    return sg.sqrt(squares)

# At 0 a root is infinitely steep: 0 times infinity
# is no number. hypot knows better.
origin = (0.0, 0.0)
print(sg.grad(distance, argnums=(0, 1))(*origin))
print(sg.grad(sg.hypot, argnums=(0, 1))(*origin))

# The first number that goes wrong raises an error:
with sg.detect_anomaly():
    sg.grad(distance)(*origin)
