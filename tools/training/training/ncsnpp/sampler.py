"""The predictor-corrector sampler of the reverse SDE (Song et al. 2021, algorithm 1 and 5; Richter et al. 2023).

From x = y + σ(1)z at t = 1 in N steps to t_eps and on to 0: at each time first `corrector_steps` of annealed Langevin dynamics, then one
of reverse diffusion. The last step's mean, without its noise, is the result. 2N evaluations of the network with one corrector step.
"""

import math

import torch


def circular(like: torch.Tensor, generator=None) -> torch.Tensor:
    """Complex z with E|z|² = 1."""
    return torch.randn(like.shape, dtype=like.dtype, device=like.device, generator=generator)


def times(count: int, t_eps: float) -> list[float]:
    """Even from 1 to t_eps."""
    return [1 + (t_eps - 1) * n / max(1, count - 1) for n in range(count)]


@torch.no_grad()
def sample(
    score, sde, y, count: int = 30, t_eps: float = 0.03, snr: float = 0.5, corrector_steps: int = 1, generator=None,
    progress=None,
):  # fmt: skip
    """score(x, t) with t (B); y complex (B, F, T). `snr` is the corrector's r, `progress` is called after each step."""
    batch = len(y)
    grid = times(count, t_eps)
    ones = torch.ones(batch, dtype=y.real.dtype, device=y.device)
    mean = x = y + sde.marginal_deviation(ones)[:, None, None] * circular(y, generator)
    for index, time in enumerate(grid):
        t = time * ones
        deviation = float(sde.marginal_deviation(t[:1]))
        for _ in range(corrector_steps):
            size = 2 * (snr * deviation) ** 2
            x = x + size * score(x, t) + math.sqrt(2 * size) * circular(y, generator)
        step = time - grid[index + 1] if index + 1 < count else time
        diffusion = float(sde.diffusion(t[:1]))
        mean = x - step * (sde.drift(x, y) - diffusion**2 * score(x, t))
        x = mean + diffusion * math.sqrt(step) * circular(y, generator)
        if progress:
            progress(index + 1)
    return mean
