"""Extended short-time objective intelligibility (ESTOI; Jensen and Taal 2016) as a function that has a gradient.

Third-octave envelopes of 25.6 ms frames where the clean signal is heard, in segments of 384 ms, each normalised along time
and then along frequency, correlated. `pystoi`, which the evaluation uses, first resamples to 10 kHz; here frames of the same
length are taken at 16 kHz, since the highest band ends at 4.3 kHz either way.
"""

import torch

from .features import SAMPLE_RATE

FRAME, HOP, SIZE = 410, 205, 1024
BANDS, LOWEST = 15, 150.0
SEGMENT = 30
RANGE = 40.0  # dB below the loudest frame: what is quieter is silence


def third_octaves() -> torch.Tensor:
    """(SIZE / 2 + 1, BANDS) of 0 and 1: the bins of each band."""
    frequency = torch.arange(SIZE // 2 + 1) * SAMPLE_RATE / SIZE
    centre = LOWEST * 2 ** (torch.arange(BANDS) / 3)
    low, high = (torch.argmin((frequency[:, None] - centre * 2 ** (s / 6)).abs(), 0) for s in (-1, 1))
    bins = torch.arange(SIZE // 2 + 1)[:, None]
    return ((bins >= low) & (bins < high)).float()


def normalised(x: torch.Tensor, dimension: int) -> torch.Tensor:
    """Without its mean, of unit norm."""
    x = x - x.mean(dimension, keepdim=True)
    return x / (x.square().sum(dimension, keepdim=True) + 1e-9).sqrt()


class Intelligibility(torch.nn.Module):
    """(clean, enhanced), each (B, N) at 16 kHz -> (B) ESTOI, at most 1; 1 too where less than a segment of speech is heard."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(FRAME + 2)[1:-1])
        self.register_buffer("bands", third_octaves())

    def envelopes(self, wave):
        """(B, N) -> third-octave amplitudes (B, T, BANDS), and the energy of each frame (B, T)."""
        frames = wave.unfold(-1, FRAME, HOP) * self.window
        power = torch.view_as_real(torch.fft.rfft(frames, SIZE)).square().sum(-1)
        return (power @ self.bands + 1e-12).sqrt(), frames.square().sum(-1)

    def forward(self, clean, enhanced):
        # Levels, so that what keeps the roots' gradients finite is small against any signal.
        level = clean.square().mean(1, keepdim=True).sqrt() + 1e-6
        (clean, energy), (enhanced, _) = self.envelopes(clean / level), self.envelopes(enhanced / level)
        heard = energy > 10 ** (-RANGE / 10) * energy.amax(1, keepdim=True)
        # The frames that are heard come first, in their order; segments of these alone count.
        kept = heard.sum(1)
        order = (~heard).to(torch.int8).argsort(dim=1, stable=True)[..., None].expand(-1, -1, BANDS)
        # (B, segments, BANDS, SEGMENT)
        pair = [x.gather(1, order).unfold(1, SEGMENT, 1) for x in (clean, enhanced)]
        pair = [normalised(normalised(x, -1), -2) for x in pair]
        values = (pair[0] * pair[1]).sum((-1, -2)) / SEGMENT
        counts = torch.arange(values.shape[1], device=values.device) + SEGMENT <= kept[:, None]
        mean = (values * counts).sum(1) / counts.sum(1).clamp(min=1)
        return torch.where(kept >= SEGMENT, mean, torch.ones_like(mean))
