# Training: exclusive or, with two layers
import random
import scalargrad as sg
from scalargrad import losses, nn, optim

random.seed(0)
inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
targets = [-1, 1, 1, -1]
model = nn.Sequential(
    nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)
)
optimizer = optim.SGD(model, 0.05, momentum=0.9)

for step in range(101):
    loss = sg.Value(0.0)
    for x, y in zip(inputs, targets):
        loss += losses.squared_error(model(x), [y])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        print(f"step {step:3}: {loss.data:.6f}")

for x, y in zip(inputs, targets):
    print(x, y, round(model(x)[0].data, 2))

sg.draw(model, [0, 1])
