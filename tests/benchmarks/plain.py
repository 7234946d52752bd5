"""The class that the transformer is compared with: reverse mode in plain Python, kept short.

A node stores its operands and its local gradients as tuples, in slots; subtraction and division
are put together from sums, products and powers. It is what a careful person writes in an hour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any


class Value:
    """A number with a gradient."""

    __slots__ = ("data", "grad", "inputs", "locals")

    def __init__(
        self, data: float, inputs: tuple[Value, ...] = (), locals: tuple[float, ...] = ()
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.locals = locals

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> Value:
        local = exponent * self.data ** (exponent - 1.0)
        return Value(self.data**exponent, (self,), (local,))

    def exp(self) -> Value:
        out = math.exp(self.data)
        return Value(out, (self,), (out,))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> Value:
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0.0),))

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Any) -> Value:
        return self + (-other)

    def __truediv__(self, other: Any) -> Value:
        return self * other**-1.0

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self) -> None:
        """Add ∂self/∂node to the `grad` of every node."""
        self.grad = 1.0
        for node in reversed(ordered(self)):
            for operand, local in zip(node.inputs, node.locals):
                operand.grad += local * node.grad


def ordered(root: Value) -> list[Value]:
    """Return all nodes, each after its operands. Without recursion: a name makes a graph deeper
    than Python's stack."""
    order: list[Value] = []
    seen = {root}
    path = [(root, iter(root.inputs))]
    while path:
        node, rest = path[-1]
        for operand in rest:
            if operand not in seen:
                seen.add(operand)
                path.append((operand, iter(operand.inputs)))
                break
        else:
            order.append(node)
            path.pop()
    return order


class Adam:
    """Adam in a plain loop, as one writes it beside such a class."""

    def __init__(
        self,
        parameters: list[Any],
        lr: float,
        betas: tuple[float, float],
        schedule: Callable[[int], float],
    ) -> None:
        self.parameters, self.lr, self.betas, self.schedule = parameters, lr, betas, schedule
        self.first = [0.0] * len(parameters)
        self.second = [0.0] * len(parameters)
        self.steps = 0

    def step(self) -> None:
        """Move every parameter once."""
        b1, b2 = self.betas
        lr = self.lr * self.schedule(self.steps)
        self.steps += 1
        rest1, rest2 = 1.0 - b1**self.steps, 1.0 - b2**self.steps
        for i, p in enumerate(self.parameters):
            self.first[i] = b1 * self.first[i] + (1.0 - b1) * p.grad
            self.second[i] = b2 * self.second[i] + (1.0 - b2) * p.grad**2
            p.data -= lr * (self.first[i] / rest1) / ((self.second[i] / rest2) ** 0.5 + 1e-8)

    def zero_grad(self) -> None:
        """Set every gradient to 0.0."""
        for p in self.parameters:
            p.grad = 0.0
