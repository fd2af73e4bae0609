"""What the network sees: STFT, compression and the causal level gain, as in the Swift program.

16 kHz; frame 320, hop 160, periodic square-root Hann on both sides, unnormalised FFT; 160 of 161 bins.
Frame k covers samples [160(k-1), 160(k+1)): streaming analysis begins with one hop of zeros.
"""

import functools

import numpy as np
import torch
import torch.nn.functional as F
from scipy.signal import butter, lfilter

SAMPLE_RATE = 16_000
FRAME = 320
HOP = 160
BINS = 160
FACTOR = 0.15
EXPONENT = 0.5

TARGET_LEVEL = -20.0
START_LEVEL = -26.0
SILENCE = -75.0
SLEW_DOWN = 0.03  # dB a frame: 3 dB/s
SLEW_UP = 1.0  # dB a frame: 100 dB/s
HIGH_PASS = 40.0  # Hz, second-order Butterworth: what level and speech presence hear, without a microphone's offset and rumble
RESPONSE = 4096  # samples of its impulse response, which has long fallen below float32's precision by then


def window(device=None, dtype=torch.float32):
    return torch.hann_window(FRAME, periodic=True, device=device, dtype=dtype).sqrt()


def stft(wave: torch.Tensor) -> torch.Tensor:
    """(B, n·160) samples -> (B, n, 161) complex; frame k ends with sample 160(k+1) − 1."""
    padded = F.pad(wave, (HOP, 0))
    frames = padded.unfold(-1, FRAME, HOP) * window(wave.device, wave.dtype)
    return torch.fft.rfft(frames, dim=-1)


def istft(spectrum: torch.Tensor) -> torch.Tensor:
    """(B, T, 161) complex -> (B, (T−1)·160): the samples that two frames cover, from sample 0 on."""
    frames = torch.fft.irfft(spectrum, n=FRAME, dim=-1) * window(spectrum.device, torch.float32)
    head, tail = frames[..., :HOP], frames[..., HOP:]
    return (tail[:, :-1] + head[:, 1:]).flatten(1)


def overlap_add(frames: torch.Tensor) -> torch.Tensor:
    """A reference's frames (B, R, 320), raw samples -> its sound (B, (R − 1)·160), as if no frame were missing between
    them: where one is, the sound before it fades into the sound after it."""
    weighted = frames * window(frames.device, frames.dtype).square()
    return (weighted[:, :-1, HOP:] + weighted[:, 1:, :HOP]).flatten(1)


def compress(spectrum: torch.Tensor) -> torch.Tensor:
    """Complex bins X -> 0.15·|X|^0.5·e^{i∠X} as (…, 2) reals."""
    pair = torch.view_as_real(spectrum)
    power = pair.square().sum(-1, keepdim=True)
    return FACTOR * pair * (power + 1e-12).pow(-0.25)


def expand(pair: torch.Tensor) -> torch.Tensor:
    """The inverse of `compress`: (…, 2) reals -> complex bins."""
    magnitude = (pair.square().sum(-1, keepdim=True) + 1e-12).sqrt()
    return torch.view_as_complex((pair * magnitude / FACTOR**2).contiguous())


@functools.cache
def _high_pass_response() -> np.ndarray:
    impulse = np.zeros(RESPONSE)
    impulse[0] = 1
    return lfilter(*butter(2, HIGH_PASS, "highpass", fs=SAMPLE_RATE), impulse).astype(np.float32)


def high_pass(wave: torch.Tensor) -> torch.Tensor:
    """(B, N) -> (B, N) through the high-pass of the level path, from a state of zeros."""
    size = 1 << (wave.shape[1] + RESPONSE - 1).bit_length()
    response = torch.as_tensor(_high_pass_response(), device=wave.device)
    return torch.fft.irfft(torch.fft.rfft(wave, size) * torch.fft.rfft(response, size), size)[:, : wave.shape[1]]


def frame_energy(wave: torch.Tensor) -> torch.Tensor:
    """(B, n·160) -> (B, n): 2·mean of the squared windowed samples of each frame, through the high-pass."""
    padded = F.pad(high_pass(wave), (HOP, 0))
    frames = padded.unfold(-1, FRAME, HOP) * window(wave.device, wave.dtype)
    return 2 * frames.square().mean(-1)


def level_gain(energy: torch.Tensor, start: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Gain of every frame from the frames before it.

    energy (B, T); start (B) in dB. Returns gain (B, T), linear, and the level after the last frame (B).
    """
    decibels = (10 * torch.log10(energy + 1e-12)).unbind(1)
    level = start.clamp(SILENCE, 10)
    levels = []
    for e in decibels:
        levels.append(level)
        step = (e - level).clamp(-SLEW_DOWN, SLEW_UP)
        level = torch.where(e > SILENCE, level + step, level).clamp(SILENCE, 10)
    gain = 10 ** ((TARGET_LEVEL - torch.stack(levels, 1)) / 20)
    return gain, level
