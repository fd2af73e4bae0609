"""The Ornstein-Uhlenbeck variance-exploding SDE of SGMSE+ with constants of one's own (training.diffusion has the streaming
network's): dx = θ(y − x) dt + g(t) dw, g(t) = σ_min (σ_max/σ_min)^t √(2 ln(σ_max/σ_min)); Richter et al. 2023, eq. 5 and 6."""

import math

import torch


class OrnsteinUhlenbeckSDE:
    """Times are tensors (B); states are complex (B, F, T). t runs from 1 (noise around y) down to t_eps."""

    def __init__(self, theta: float = 1.5, sigma_min: float = 0.05, sigma_max: float = 0.5):
        self.theta, self.sigma_min, self.sigma_max = theta, sigma_min, sigma_max
        self.log_ratio = math.log(sigma_max / sigma_min)

    def drift(self, x, y):
        return self.theta * (y - x)

    def diffusion(self, t):
        return self.sigma_min * torch.exp(self.log_ratio * t) * math.sqrt(2 * self.log_ratio)

    def marginal_mean(self, x0, y, t):
        kept = torch.exp(-self.theta * t)[:, None, None]
        return kept * x0 + (1 - kept) * y

    def marginal_deviation(self, t):
        """Of |x_t − mean|, both parts together."""
        grown = torch.exp(2 * self.log_ratio * t) - torch.exp(-2 * self.theta * t)
        return self.sigma_min * torch.sqrt(grown * self.log_ratio / (self.theta + self.log_ratio))
