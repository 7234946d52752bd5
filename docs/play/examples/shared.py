# A shared node: used twice, its gradients add up
import scalargrad as sg

a = sg.Value(3.0, label="a")
b = a + a
c = b * b + b
c.backward()
print("∂c/∂a =", a.grad)

# The page is that of c, the last Value. Naive depth
# first, b passes its gradient on too early.
