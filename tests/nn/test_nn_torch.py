"""Layers, activations and losses against PyTorch: outputs and all gradients, in float64."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, losses, nn
from tests.support.nested import numbers

torch = pytest.importorskip("torch")
F = torch.nn.functional


@pytest.fixture(autouse=True)
def seeded() -> None:
    nn.seed(0)
    torch.manual_seed(0)


def tensor(x: Any) -> Any:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def slopes(x: Any) -> Any:
    return [slopes(part) for part in x] if isinstance(x, list) else x.grad


def values(x: Any) -> Any:
    return [values(part) for part in x] if isinstance(x, list) else Value(x)


def flat(x: Any) -> list[Any]:
    return [number for part in x for number in flat(part)] if isinstance(x, list) else [x]


def close(ours: Any, theirs: Any, rel: float = 1e-12, tiny: float = 1e-13) -> bool:
    return bool(flat(ours) == pytest.approx(flat(theirs.tolist()), rel=rel, abs=tiny))


def put(ours: Any, theirs: Any) -> None:
    """Give the parameters of `theirs`, a tensor, to ours."""
    with torch.no_grad():
        theirs.copy_(torch.tensor(numbers(ours), dtype=torch.float64))


def pairs(ours: Any, theirs: Any, names: dict[str, str]) -> list[tuple[Any, Any]]:
    return [(getattr(ours, a), getattr(theirs, b)) for a, b in names.items()]


def drawn(*shape: int) -> Any:
    return torch.randn(*shape, dtype=torch.float64).tolist()


def compare(run_ours: Any, run_theirs: Any, x: Any, parameters: list[tuple[Any, Any]]) -> None:
    """Both give the same outputs, and the same gradients in x and in the parameters."""
    for ours, theirs in parameters:
        for p, number in zip(flat(ours), drawn(len(flat(ours)))):
            p.data = number
        put(ours, theirs)
    inputs, their_inputs = values(x), tensor(x)
    outputs, their_outputs = run_ours(inputs), run_theirs(their_inputs)
    assert close(numbers(outputs), their_outputs)
    weights = drawn(len(flat(outputs)))
    sg.dot(weights, flat(outputs)).backward()
    (their_outputs.flatten() * torch.tensor(weights, dtype=torch.float64)).sum().backward()
    assert close(slopes(inputs), their_inputs.grad)
    for ours, theirs in parameters:
        assert close(slopes(ours), theirs.grad)


BOTH = {"weight": "weight", "bias": "bias"}
AFFINE = {"gain": "weight", "shift": "bias"}


def test_linear() -> None:
    ours, theirs = nn.Linear(3, 4), torch.nn.Linear(3, 4).double()
    compare(ours, theirs, drawn(3), pairs(ours, theirs, BOTH))


def test_layer_norm() -> None:
    ours, theirs = nn.LayerNorm(5), torch.nn.LayerNorm(5).double()
    compare(ours, theirs, drawn(5), pairs(ours, theirs, AFFINE))


def test_rms_norm() -> None:
    ours, theirs = nn.RMSNorm(5), torch.nn.RMSNorm(5, eps=1e-5).double()
    compare(ours, theirs, drawn(5), pairs(ours, theirs, {"gain": "weight"}))


def test_batch_norm_in_training_and_in_use() -> None:
    ours, theirs = nn.BatchNorm(3), torch.nn.BatchNorm1d(3).double()
    for _ in range(3):
        compare(ours.batch, theirs, drawn(4, 3), pairs(ours, theirs, AFFINE))
        ours.zero_grad()
        theirs.zero_grad()
    assert close(ours.running_mean, theirs.running_mean)
    assert close(ours.running_variance, theirs.running_var)
    ours.eval()
    theirs.eval()
    compare(ours.batch, theirs, drawn(4, 3), pairs(ours, theirs, AFFINE))


def test_embedding() -> None:
    ours, theirs = nn.Embedding(5, 3), torch.nn.Embedding(5, 3).double()
    put(ours.weight, theirs.weight)
    outputs, their_outputs = ours([4, 0, 4]), theirs(torch.tensor([4, 0, 4]))
    assert close(numbers(outputs), their_outputs)
    sg.sum([x.square() for x in flat(outputs)]).backward()
    (their_outputs**2).sum().backward()
    assert close(slopes(ours.weight), theirs.weight.grad)


@pytest.mark.parametrize("causal", [True, False])
def test_self_attention(causal: bool) -> None:
    width, heads, length = 6, 3, 4
    ours = nn.SelfAttention(width, heads, causal=causal, bias=True)
    theirs = torch.nn.MultiheadAttention(width, heads, batch_first=True).double()
    mask = torch.triu(torch.ones(length, length, dtype=torch.bool), 1) if causal else None

    def run(x: Any) -> Any:
        return theirs(x, x, x, attn_mask=mask, need_weights=False)[0]

    parts = [ours.query, ours.key, ours.value]
    stacked = [
        ([row for part in parts for row in part.weight], theirs.in_proj_weight),
        ([b for part in parts for b in part.bias], theirs.in_proj_bias),
        *pairs(ours.output, theirs.out_proj, BOTH),
    ]
    compare(ours, lambda x: run(x.unsqueeze(0)).squeeze(0), drawn(length, width), stacked)


POINTS = [-3.7, -1.0, -0.2, 0.4, 1.3, 2.9, 6.5]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (nn.ReLU(), torch.nn.ReLU()),
        (nn.ReLU6(), torch.nn.ReLU6()),
        (nn.LeakyReLU(0.1), torch.nn.LeakyReLU(0.1)),
        (nn.ELU(1.5), torch.nn.ELU(1.5)),
        (nn.SELU(), torch.nn.SELU()),
        (nn.GELU(), torch.nn.GELU()),
        (nn.SiLU(), torch.nn.SiLU()),
        (nn.HardSwish(), torch.nn.Hardswish()),
        (nn.Sigmoid(), torch.nn.Sigmoid()),
        (nn.LogSigmoid(), torch.nn.LogSigmoid()),
        (nn.Tanh(), torch.nn.Tanh()),
        (nn.Softplus(), torch.nn.Softplus(threshold=100.0)),
    ],
    ids=str,
)
def test_activations(ours: Any, theirs: Any) -> None:
    compare(ours, theirs, POINTS, [])


def test_softmax_and_its_logarithm() -> None:
    compare(nn.softmax, lambda x: torch.softmax(x, 0), POINTS, [])
    compare(losses.log_softmax, lambda x: torch.log_softmax(x, 0), POINTS, [])


TARGETS = [-3.5, 1.0, -0.2, 0.1, 1.0, 5.0, 6.0]
GOAL = torch.tensor(TARGETS, dtype=torch.float64)
CLASS = torch.tensor(2)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda x: losses.mean_squared_error(x, TARGETS), lambda x: F.mse_loss(x, GOAL)),
        (lambda x: losses.mean_absolute_error(x, TARGETS), lambda x: F.l1_loss(x, GOAL)),
        (
            lambda x: losses.squared_error(x, TARGETS),
            lambda x: F.mse_loss(x, GOAL, reduction="sum"),
        ),
        (
            lambda x: losses.huber(x, TARGETS, delta=0.7),
            lambda x: F.huber_loss(x, GOAL, delta=0.7),
        ),
        (lambda x: losses.cross_entropy(x, 2), lambda x: F.cross_entropy(x, CLASS)),
        (
            lambda x: losses.nll(losses.log_softmax(x), 2),
            lambda x: F.nll_loss(torch.log_softmax(x, 0), CLASS),
        ),
        (
            # theirs is the mean over all classes
            lambda x: losses.hinge(x, 2),
            lambda x: len(POINTS) * F.multi_margin_loss(x, CLASS),
        ),
        (lambda x: losses.l1(x), lambda x: x.abs().sum()),
        (lambda x: losses.l2(x), lambda x: (x**2).sum()),
    ],
    ids=["mean", "absolute", "sum", "huber", "cross_entropy", "nll", "hinge", "l1", "l2"],
)
def test_losses(ours: Any, theirs: Any) -> None:
    compare(lambda x: [ours(x)], lambda x: theirs(x).reshape(1), POINTS, [])


@pytest.mark.parametrize("label", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("logit", [-30.0, -1.5, 0.0, 0.3, 30.0])
def test_binary_cross_entropy(label: float, logit: float) -> None:
    goal = torch.tensor([label], dtype=torch.float64)
    compare(
        lambda x: [losses.binary_cross_entropy(x, label)],
        lambda x: F.binary_cross_entropy_with_logits(x, goal).reshape(1),
        [logit],
        [],
    )
