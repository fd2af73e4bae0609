"""The Ornstein-Uhlenbeck variance-exploding SDE of SGMSE+ (Richter et al. 2023), and the fixed time grid."""

import math

import torch

THETA, SIGMA_MIN, SIGMA_MAX = 1.5, 0.05, 0.5
GRID = [0.03 ** (n / 7) for n in range(8)]  # t_1 = 1 > … > t_8 = 0.03


def marginal_mean(x0, y, t):
    """μ(x0, y, t) = e^{−θt}·x0 + (1 − e^{−θt})·y."""
    weight = torch.exp(-THETA * t)
    return weight * x0 + (1 - weight) * y


def marginal_deviation(t):
    """σ(t); check values: σ(1) = 0.3890, σ(0.5) = 0.1217, σ(0.03) = 0.0188."""
    log_ratio = math.log(SIGMA_MAX / SIGMA_MIN)
    variance = (
        SIGMA_MIN**2
        * (torch.exp(2 * log_ratio * t) - torch.exp(-2 * THETA * t))
        * log_ratio
        / (THETA + log_ratio)
    )
    return variance.sqrt()


def circular_noise(like: torch.Tensor, generator=None) -> torch.Tensor:
    """z with E|z|² = 1 as (…, 2) reals: variance 1/2 in each part."""
    return torch.randn(like.shape, dtype=like.dtype, device=like.device, generator=generator) * math.sqrt(0.5)


def next_state(x, y, estimate, t: float, u: float):
    """The few-step sampler's way from time t to u (numbers): the distance from the mean, scaled, around the mean at u."""
    t, u = torch.tensor(t, dtype=torch.float64), torch.tensor(u, dtype=torch.float64)
    kept = float(marginal_deviation(u) / marginal_deviation(t))
    return marginal_mean(estimate, y, u).to(y.dtype) + kept * (x - marginal_mean(estimate, y, t).to(y.dtype))
