# max: the larger one gets all, equal ones share
import scalargrad as sg

def f(x, y, z):
    m = sg.maximum(x, y)
    return m * z

print(sg.grad(f, argnums=(0, 1))(4.0, -1.0, 2.0))
print(sg.grad(f, argnums=(0, 1))(4.0, 4.0, 2.0))
sg.explain(f, 4.0, -1.0, 2.0)
