# A neuron: weigh, add, bend
import scalargrad as sg

def neuron(w1, x1, w2, x2, b):
    n = w1 * x1 + w2 * x2 + b
    out = sg.tanh(n)
    return out

# Change a number, and run again
sg.explain(neuron, -3.0, 2.0, 1.0, 0.0, 6.8814)
