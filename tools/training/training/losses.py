"""The training loss on x̂0: compressed complex error, magnitude error, a waveform term, a perceptual term."""

import torch
import torch.nn.functional as F

from . import features
from .intelligibility import Intelligibility


def magnitude(pair):
    return (pair.square().sum(-1) + 1e-8).sqrt()


class EnhancementLoss(torch.nn.Module):
    """Weighted sum; `perceptual` > 0 adds the differentiable PESQ disturbance of torch-pesq, `snr` > 0 the
    error over the clean signal in dB, which the other terms hold too lightly where little noise is left,
    `intelligibility` > 0 what is missing from an ESTOI of 1."""

    def __init__(
        self, complex_weight=1.0, magnitude_weight=1.0, waveform_weight=0.5, perceptual=0.0, snr=0.0,
        intelligibility=0.0,
    ):  # fmt: skip
        super().__init__()
        self.weights = complex_weight, magnitude_weight, waveform_weight, perceptual, snr
        self.pesq = None
        if perceptual > 0:
            from .perceptual import pesq_disturbance

            self.pesq = pesq_disturbance()
        self.intelligibility = intelligibility
        self.estoi = Intelligibility() if intelligibility > 0 else None

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
        c, m, w, p, s = self.weights
        total = c * complex_part + m * magnitude_part + w * waveform_part
        heard = target.square().mean(1) > 1e-10
        some = heard.sum().clamp(min=1)
        if s > 0:
            power = target.square().mean(1).clamp(min=1e-10)
            error = (wave - target).square().mean(1) / power
            decibels = -10 * torch.log10(error + 1e-3)  # no reward beyond 30 dB
            parts["snr"] = (decibels * heard).sum() / some
            total = total - s * parts["snr"]
        if self.pesq is None and self.estoi is None:
            return total, parts
        # Where nobody speaks neither measure means anything, and their gradients are no numbers: a stand-in is shown.
        stand_in = 0.05 * torch.randn_like(target)
        shown = torch.where(heard[:, None], target * typical, stand_in)
        given = torch.where(heard[:, None], wave * typical, 0.9 * stand_in)
        if self.pesq is not None:
            parts["perceptual"] = (self.pesq(shown, given) * heard).sum() / some
            total = total + p * parts["perceptual"]
        if self.estoi is not None:
            parts["estoi"] = (self.estoi(shown, given) * heard).sum() / some
            total = total + self.intelligibility * (1 - parts["estoi"])
        return total, parts
