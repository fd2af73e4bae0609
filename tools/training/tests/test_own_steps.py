"""Steps trained on what the steps before them give, and the intelligibility in the loss."""

import numpy as np
import pytest
import torch
from training import diffusion
from training.intelligibility import Intelligibility
from training.losses import EnhancementLoss
from training.network import NetworkConfiguration, ScoreNetwork
from training.step import TrainingStep


def step(net, **options):
    return TrainingStep(net, EnhancementLoss(), dropout=0.2, prior_share=0.75, **options)


def test_the_states_are_those_of_the_sampler():
    """The textbook's form: x_t = μ(t) + σ(t) z goes to μ(u) + σ(u) z, z the same all the way."""

    class Half(torch.nn.Module):
        def forward(self, x, y, t, drop):
            assert not torch.is_grad_enabled() and len(x) == 1
            return 0.5 * y

    torch.manual_seed(0)
    y, z = torch.randn(2, 4, 7, 160, 2).unbind()
    module = step(Half(), own_steps=3)
    sigma = diffusion.marginal_deviation
    seen = set()
    for _ in range(30):
        x, t = module.own(y, z, {"drop": torch.zeros(4, dtype=torch.bool)})
        moved = t != 1
        assert moved.sum() == 1 and torch.allclose(x[~moved], (y + sigma(torch.ones(())) * z)[~moved])
        k = int(moved.nonzero())
        # At t_2 both estimates are the same, so at t_3 the mean is again that of the estimate; the start's is y itself.
        n = diffusion.GRID.index(pytest.approx(t[k].item()))
        seen.add(n)
        mean = diffusion.marginal_mean(0.5 * y, y, t[k])
        start = y - diffusion.marginal_mean(0.5 * y, y, torch.ones(())) + sigma(torch.ones(())) * z
        kept = sigma(t[k]) / sigma(torch.ones(()))
        assert torch.allclose(x[k], (mean + kept * start)[k], atol=1e-5)
    assert seen == {1, 2}


def test_no_gradient_is_lost_to_the_steps_before():
    """What autocast keeps of the weights from the steps without gradient must not serve the one with it."""
    torch.manual_seed(0)
    net = ScoreNetwork(NetworkConfiguration(channels=[8, 8]))
    y, z = torch.randn(2, 4, 9, 160, 2).unbind()
    module = step(net, own_steps=2)
    with torch.autocast("cpu", torch.bfloat16):
        x, t = module.own(y, z, {"drop": torch.zeros(4, dtype=torch.bool)})
        net(x, y, t).square().mean().backward()
    for name in ("down_blocks.0.conv1.weight", "band_blocks.1.gru_out.weight", "up.weight"):
        assert dict(net.named_parameters())[name].grad is not None, name


@pytest.mark.parametrize("decibels", [-5, 0, 10])
def test_the_intelligibility_is_that_of_pystoi(decibels):
    pystoi = pytest.importorskip("pystoi")
    random = np.random.default_rng(decibels + 50)
    time = np.arange(48_000) / 16_000
    # Syllables: noise in changing bands, with pauses that do not count.
    clean = sum(
        np.sin(2 * np.pi * f * time + 9 * np.sin(2 * np.pi * s * time)) * np.maximum(0, np.sin(2 * np.pi * r * time + p)) ** 2
        for f, s, r, p in zip(random.uniform(200, 4000, 30), random.uniform(2, 30, 30), random.uniform(0.5, 5, 30), random.uniform(0, 6, 30))
    )  # fmt: skip
    clean[20_000:27_000] = 0
    noise = random.standard_normal(48_000)
    noisy = clean + noise * np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-decibels / 20)
    ours = Intelligibility()(*(torch.tensor(0.01 * s[None], dtype=torch.float32) for s in (clean, noisy))).item()
    assert ours == pytest.approx(pystoi.stoi(clean, noisy, 16_000, extended=True), abs=0.02)


def test_intelligibility_is_one_of_equals_and_has_a_gradient():
    torch.manual_seed(0)
    clean = torch.randn(3, 16_000)
    clean[2] = 0
    assert torch.allclose(Intelligibility()(clean, clean), torch.ones(3), atol=1e-3)
    noisy = (clean + torch.randn(3, 16_000)).requires_grad_()
    value = Intelligibility()(clean, noisy)
    assert value[2] == 1, "nobody speaks"
    value.sum().backward()
    assert noisy.grad.isfinite().all() and noisy.grad[:2].abs().amax() > 0 and noisy.grad[2].eq(0).all()
