"""Samples to the spectrogram the network sees, and back: STFT with a periodic Hann window (510/128: 256 bins), frames centred on
their samples, β|X|^α e^{i∠X} (Richter et al. 2023, eq. 15; α = 0.5, β = 0.15)."""

import torch
import torch.nn.functional as F

from .configuration import NCSNppConfiguration


class Spectrogram:
    def __init__(self, configuration: NCSNppConfiguration):
        c = configuration
        self.n_fft, self.hop, self.factor, self.exponent = c.n_fft, c.hop_length, c.spec_factor, c.spec_abs_exponent
        self.divisor = c.divisor

    def window(self, like: torch.Tensor) -> torch.Tensor:
        dtype = like.real.dtype if like.is_complex() else like.dtype
        return torch.hann_window(self.n_fft, periodic=True, dtype=dtype, device=like.device)

    def forward(self, wave: torch.Tensor) -> torch.Tensor:
        """(B, n) samples -> (B, F, 1 + n/hop) complex."""
        # Less than half a window cannot be mirrored at its ends.
        mode = "reflect" if wave.shape[-1] > self.n_fft // 2 else "constant"
        spectrum = torch.stft(wave, self.n_fft, self.hop, window=self.window(wave), pad_mode=mode, return_complex=True)
        magnitude = spectrum.abs().clamp(min=1e-12)
        return self.factor * spectrum * magnitude ** (self.exponent - 1)

    def inverse(self, spectrogram: torch.Tensor, length: int) -> torch.Tensor:
        """(B, F, T) complex -> (B, length) samples."""
        scaled = spectrogram / self.factor
        spectrum = scaled * scaled.abs().clamp(min=1e-12) ** (1 / self.exponent - 1)
        return torch.istft(spectrum, self.n_fft, self.hop, window=self.window(spectrum), length=length)

    def padded(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """With frames of zeros at the end, up to the next multiple that the network takes."""
        return F.pad(spectrogram, (0, -spectrogram.shape[-1] % self.divisor))
