"""What makes training faster computes the same: the GRU in C++, the plain attention, half precision."""

import copy

import pytest
import torch
from training import gru
from training.network import NetworkConfiguration, ScoreNetwork, plain_attention


@pytest.fixture
def compiled():
    if not gru.prepare():
        pytest.skip("no compiler")
    yield
    gru._compiled = None


@pytest.mark.parametrize(("rows", "width"), [(60, 64), (7, 48), (1, 16)])
def test_the_gru_and_its_gradients_are_pytorchs(compiled, rows, width):
    torch.manual_seed(rows)
    module = torch.nn.GRU(width, width)
    results = []
    for run in (lambda x: module(x)[0], lambda x: gru.gru(module, x)):
        module.zero_grad()
        x = torch.randn(90, rows, width, generator=torch.Generator().manual_seed(1)).requires_grad_()
        y = run(x)
        (y * torch.linspace(-1, 2, width)).square().sum().backward()
        results.append([y.detach(), x.grad, *(p.grad.clone() for p in module.parameters())])
    for theirs, ours in zip(*results, strict=True):
        assert (theirs - ours).norm() < 1e-5 * theirs.norm()


def test_the_gru_is_a_number_where_a_gate_is_shut_tight(compiled):
    """Gates of a network that hears something loud: -Ofast's sigmoid of -100 was no number."""
    module = torch.nn.GRU(32, 32)
    for far in (-300.0, -90.0, 90.0, 300.0):
        with torch.no_grad():
            module.bias_ih_l0.fill_(far)
        x = torch.randn(6, 3, 32)
        assert (gru.gru(module, x) - module(x)[0]).abs().max() < 1e-6, far


def test_the_gru_leaves_double_precision_to_pytorch(compiled):
    module = torch.nn.GRU(16, 16).double()
    x = torch.randn(5, 2, 16, dtype=torch.float64)
    assert torch.equal(gru.gru(module, x), module(x)[0])


def test_plain_attention_is_pytorchs():
    q, k, v = (torch.randn(3, 4, n, 16, dtype=torch.float64) for n in (20, 7, 7))
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    assert (plain_attention(q, k, v) - theirs).abs().max() < 1e-12, "and double precision stays double"


def test_half_precision_gives_nearly_the_same_gradient():
    """The first and last layers see the signal itself: with them in bfloat16, too, the direction was off by 10 degrees."""
    torch.manual_seed(0)
    net = ScoreNetwork(NetworkConfiguration(channels=[16, 16]))
    y = 0.3 * torch.randn(2, 40, 160, 2)
    x, t = y + 0.2 * torch.randn(y.shape), torch.ones(2)
    gradients = []
    for half in (False, True):
        twin = copy.deepcopy(net)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            estimate = twin(x, y, t)
        assert estimate.dtype == torch.float32
        (estimate - 0.5 * y).square().mean().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in twin.parameters() if p.grad is not None]))
    exact, rough = gradients
    assert exact @ rough / exact.norm() / rough.norm() > 0.995
