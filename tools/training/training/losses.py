"""The training loss on x̂0: compressed complex error, magnitude error, a waveform term, a perceptual term."""

import torch
import torch.nn.functional as F

from . import features


def magnitude(pair):
    return (pair.square().sum(-1) + 1e-8).sqrt()


class EnhancementLoss(torch.nn.Module):
    """Weighted sum; `perceptual` > 0 adds the differentiable PESQ disturbance of torch-pesq."""

    def __init__(self, complex_weight=1.0, magnitude_weight=1.0, waveform_weight=0.5, perceptual=0.0):
        super().__init__()
        self.weights = complex_weight, magnitude_weight, waveform_weight, perceptual
        self.pesq = None
        if perceptual > 0:
            from .perceptual import pesq_disturbance

            self.pesq = pesq_disturbance()

    def forward(self, estimate, clean, gain, clean_wave):
        """estimate, clean (B, T, 160, 2) compressed; gain (B, T); clean_wave (B, T·160) at its own level.

        Returns the loss and its parts, each a mean over the batch.
        """
        complex_part = 100 * F.mse_loss(estimate, clean)
        magnitude_part = 100 * F.mse_loss(magnitude(estimate), magnitude(clean))
        spectrum = F.pad(features.expand(estimate), (0, 1)) / gain[..., None]
        wave = features.istft(spectrum)
        target = clean_wave[:, : wave.shape[1]]
        # In units of the level the gain normalises to, so that quiet recordings weigh as much as loud ones.
        typical = gain.mean(1, keepdim=True)
        waveform_part = 10 * ((wave - target) * typical).abs().mean()
        parts = {"complex": complex_part, "magnitude": magnitude_part, "waveform": waveform_part}
        c, m, w, p = self.weights
        total = c * complex_part + m * magnitude_part + w * waveform_part
        if self.pesq is not None:
            heard = target.square().mean(1) > 1e-8
            if heard.any():
                disturbance = self.pesq(target[heard] * typical[heard], wave[heard] * typical[heard]).mean()
                parts["perceptual"] = disturbance
                total = total + p * disturbance
        return total, parts
