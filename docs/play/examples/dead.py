# Break it: a dead ReLU, which learns nothing any more
import scalargrad as sg

def unit(w, x, b):
    n = w * x + b
    out = sg.relu(n)
    return out

# Below 0 a ReLU is flat: nothing comes back through,
# whatever the loss.
slopes = sg.grad(unit, argnums=(0, 2))
print("dead: ", slopes(-2.0, 3.0, 1.0))
print("alive:", slopes(2.0, 3.0, 1.0))
sg.explain(unit, -2.0, 3.0, 1.0)
