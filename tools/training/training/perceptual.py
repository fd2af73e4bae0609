"""The differentiable PESQ disturbance of torch-pesq, with its two recursive filters as FIR filters.

torch-pesq filters through torchaudio's `lfilter`, a loop over samples that is slow on a CPU, and torchaudio
has no build for every PyTorch. Both filters decay within some hundred samples, so their impulse responses,
applied by FFT, do the same; torchaudio itself is then not needed.
"""

import sys
import types

import numpy as np
import torch
from scipy.signal import butter, lfilter

TAPS = 1024


def _import_pesq_loss():
    """torch_pesq.PesqLoss; torchaudio's three names are supplied when torchaudio cannot be loaded."""
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError):
        for name in [n for n in sys.modules if n.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        base = types.ModuleType("torchaudio")
        functional, transforms = types.ModuleType("torchaudio.functional"), types.ModuleType("torchaudio.transforms")
        functional.lfilter = None  # replaced below by the FIR form
        transforms.Resample = lambda old, new: torch.nn.Identity()
        transforms.Spectrogram = _Spectrogram
        base.functional, base.transforms = functional, transforms
        sys.modules |= {m.__name__: m for m in (base, functional, transforms)}
    from torch_pesq import PesqLoss

    return PesqLoss


class _Spectrogram(torch.nn.Module):
    """Power spectrogram without centring, as torchaudio's with these arguments."""

    def __init__(self, win_length, n_fft, hop_length, window_fn, power, normalized, center):
        super().__init__()
        assert power == 2 and not normalized and not center
        self.n_fft, self.hop_length = n_fft, hop_length
        self.register_buffer("window", window_fn(win_length))

    def forward(self, wave):
        spectrum = torch.stft(
            wave, self.n_fft, self.hop_length, window=self.window, center=False, return_complex=True
        )
        return torch.view_as_real(spectrum).square().sum(-1)


def pesq_disturbance() -> torch.nn.Module:
    """Module: (reference, degraded), each (B, N) at 16 kHz -> (B) disturbance, 0 for equal signals."""
    base = _import_pesq_loss()

    class Disturbance(base):
        def __init__(self):
            super().__init__(1.0, sample_rate=16_000)
            impulse = np.zeros(TAPS)
            impulse[0] = 1
            power = butter(5, [325, 3250], fs=16_000, btype="band")
            emphasis = self.pre_filter.numpy()
            for name, (b, a) in {"power_fir": power, "emphasis_fir": emphasis}.items():
                self.register_buffer(name, torch.as_tensor(lfilter(b, a, impulse), dtype=torch.float32))

        @staticmethod
        def filter(signal, fir):
            size = 1 << (signal.shape[1] + TAPS - 1).bit_length()
            product = torch.fft.rfft(signal, size) * torch.fft.rfft(fir, size)
            return torch.fft.irfft(product, size)[:, : signal.shape[1]]

        def align_level(self, signal):
            filtered = self.filter(signal, self.power_fir)
            power = filtered.square().sum(1, keepdim=True) / (filtered.shape[1] + 5120) / 1.04684
            return signal * (1e7 / (power + 1e-12)).sqrt()

        def preemphasize(self, signal):
            ramp = torch.ones(signal.shape[1], device=signal.device)
            edge = torch.arange(1, 16, device=signal.device) / 16
            ramp[:15], ramp[-15:] = edge, edge.flip(0)
            return self.filter(signal * ramp, self.emphasis_fir)

    return Disturbance()
