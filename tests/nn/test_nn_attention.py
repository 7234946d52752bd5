"""Self-attention and the transformer's block: what may see what, by hand and in training."""

from __future__ import annotations

import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import cross_entropy
from scalargrad.nn import initializers

SEQUENCE = [[0.7, -1.2], [1.1, 0.3], [-0.6, 1.7]]


def numbers(rows: Any) -> list[list[float]]:
    return [[getattr(y, "data", y) for y in row] for row in rows]


@pytest.mark.parametrize("make", [nn.SelfAttention, nn.Block])
@pytest.mark.parametrize("changed", range(3))
def test_causal_position_sees_itself_and_what_came_before(make: Any, changed: int) -> None:
    nn.seed(1)
    layer = make(2)
    other = [[5.0, -4.0] if i == changed else row for i, row in enumerate(SEQUENCE)]
    before, after = numbers(layer(SEQUENCE)), numbers(layer(other))
    assert [x == y for x, y in zip(before, after)] == [i < changed for i in range(3)]


def test_position_that_is_not_causal_sees_all() -> None:
    nn.seed(1)
    layer = nn.SelfAttention(2, causal=False)
    before = numbers(layer(SEQUENCE))
    after = numbers(layer([*SEQUENCE[:2], [5.0, -4.0]]))
    assert not any(x == y for x, y in zip(before, after))


def test_without_queries_attention_is_the_mean_of_what_is_seen() -> None:
    layer = nn.SelfAttention(1)
    for matrix, x in ((layer.query, 0.0), (layer.key, 3.0), (layer.value, 2.0), (layer.output, 5)):
        matrix.weight[0][0].data = x
    assert numbers(layer([[1.0], [2.0], [6.0]])) == [[10.0], [15.0], [30.0]]


def test_attention_prefers_keys_along_its_query() -> None:
    # one head of width 2: scores are the products of the numbers over √2
    layer = nn.SelfAttention(2, initializer=initializers.zeros)
    for matrix in (layer.query, layer.key, layer.value, layer.output):
        matrix.weight[0][0].data = matrix.weight[1][1].data = 1.0
    first, second = [1.0, 0.0], [0.0, 2.0]
    weight = float(sg.sigmoid(4.0 / 2.0**0.5))
    found = numbers(layer([first, second]))
    assert found[0] == first
    assert found[1] == pytest.approx([1.0 - weight, 2.0 * weight], rel=1e-15)


def test_heads_attend_apart() -> None:
    nn.seed(3)
    layer = nn.SelfAttention(4, heads=2)
    for row in layer.output.weight[:2]:
        for w in row[2:]:
            w.data = 0.0
    sequence = [[0.1, 0.5, -0.3, 0.9], [1.0, -1.0, 0.2, 0.4]]
    before = numbers(layer(sequence))
    for part in (layer.query, layer.key, layer.value):
        for row in part.weight[2:]:
            for w in row:
                w.data *= -3.0
    after = numbers(layer(sequence))
    assert [row[:2] for row in before] == [row[:2] for row in after]
    assert before != after


@pytest.mark.parametrize("heads", [3, 8])
def test_heads_divide_the_width(heads: int) -> None:
    with pytest.raises(ValueError, match=f"heads must divide the width 4, got {heads}"):
        nn.SelfAttention(4, heads=heads)


def test_position_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="Linear expected 2 inputs, got 3"):
        nn.SelfAttention(2)([[1.0, 2.0], [1.0, 2.0, 3.0]])


def test_block_is_made_of_the_parts_asked_for() -> None:
    block = nn.Block(4, heads=2, hidden=3, activation=nn.ReLU, norm=nn.RMSNorm, dropout=0.5)
    kinds = [type(module).__name__ for _, module in block.named_modules()]
    assert kinds.count("RMSNorm") == 2
    assert kinds.count("ReLU") == 1
    assert len(block.parameters()) == 4 * 16 + 2 * 4 + (4 * 3 + 3) + (3 * 4 + 4)
    outputs = block.eval()([[1.0, 2.0, 3.0, 4.0]])
    assert outputs[0][0].data == block([[1.0, 2.0, 3.0, 4.0]])[0][0].data


class Next(nn.Module):
    """A transformer that guesses the next token of a sequence, at every position."""

    def __init__(self, tokens: int, context: int, width: int) -> None:
        self.token = nn.Embedding(tokens, width)
        self.place = nn.Embedding(context, width)
        self.block = nn.Block(width, heads=2, hidden=2 * width, norm=nn.RMSNorm)
        self.head = nn.Linear(width, tokens)

    def __call__(self, tokens: list[int]) -> list[list[Any]]:
        places = self.place(range(len(tokens)))
        sums = [[x + y for x, y in zip(*rows)] for rows in zip(self.token(tokens), places)]
        return [self.head(row) for row in self.block(sums)]


def test_transformer_learns_to_repeat_the_token_before_the_last() -> None:
    nn.seed(0)
    model = Next(tokens=3, context=6, width=8)
    loss: Any = None
    for _ in range(150):
        tokens = random.choices(range(3), k=6)
        guesses = zip(model(tokens)[1:], tokens)
        loss = sg.mean([cross_entropy(logits, token) for logits, token in guesses])
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.3 * p.grad
    assert loss.data < 0.05
