"""One training step: denoising score matching (Richter et al. 2023, eq. 9) with the condition dropped at random."""

import torch

from .model import ScoreModel
from .sampler import circular


class ScoreMatchingStep(torch.nn.Module):
    """½·Σ|s·σ + z|² over an item's bins, the mean over items; t even between t_eps and 1.

    With probability `dropout` an item's tokens are zeros, the null condition. The noise encoder runs for all of them all the same,
    so that no parameter is ever without a gradient, which DistributedDataParallel would not forgive.
    """

    def __init__(self, net: ScoreModel, dropout: float):
        super().__init__()
        self.net, self.dropout = net, dropout

    def forward(self, noisy, clean, reference):
        net = self.net
        with torch.no_grad():
            y, x0 = (net.spectrogram.padded(net.spectrogram.forward(wave)) for wave in (noisy, clean))
            t = net.configuration.t_eps + (1 - net.configuration.t_eps) * torch.rand(len(y), device=y.device)
            z = circular(y)
            deviation = net.sde.marginal_deviation(t)[:, None, None]
            x = net.sde.marginal_mean(x0, y, t) + deviation * z
        tokens = net.encode(reference)
        if tokens is not None:
            drop = torch.rand(len(y), device=y.device) < self.dropout
            tokens = torch.where(drop[:, None, None], torch.zeros_like(tokens), tokens)
        error = torch.view_as_real(net.score(x, y, t, tokens) * deviation + z)
        items = 0.5 * error.square().flatten(1).sum(1)
        loss = items.mean()
        return loss, {"per_bin": loss.detach() / (y.shape[1] * y.shape[2])}
