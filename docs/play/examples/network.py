# Two layers: how much does each weight matter?
import random
import scalargrad as sg
from scalargrad import losses, nn

random.seed(1)
model = nn.Sequential(
    nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)
)

def loss(x1, x2, y):
    return losses.squared_error(model([x1, x2]), [y])

# Under Leaves, "Step downhill" moves every parameter
sg.explain(loss, 0.5, -1.0, 1.0, model=model)
