"""What other microphones and rooms make of an evaluation set's pairs: (clean, noisy) -> (clean, noisy), 16 kHz."""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

RATE = 16_000
Pair = tuple[np.ndarray, np.ndarray]


def untouched(clean: np.ndarray, noisy: np.ndarray) -> Pair:
    """No noise at all: what the enhancer does to speech that needs nothing."""
    return clean, clean


def quiet(clean: np.ndarray, noisy: np.ndarray) -> Pair:
    """A microphone turned down by 30 dB."""
    return clean, noisy * 10 ** (-30 / 20)


def clipped(clean: np.ndarray, noisy: np.ndarray) -> Pair:
    """A microphone turned up too far: cut off 12 dB below the peak."""
    peak = np.abs(noisy).max() + 1e-12
    return clean, 0.9 * np.clip(noisy / peak * 10 ** (12 / 20), -1, 1)


def narrow(clean: np.ndarray, noisy: np.ndarray) -> Pair:
    """A telephone: nothing above 3.4 kHz, in the reference neither."""
    band = butter(6, 3_400, fs=RATE, output="sos")
    return sosfilt(band, clean), sosfilt(band, noisy)


def reverberant(clean: np.ndarray, noisy: np.ndarray) -> Pair:
    """The speech in a room of 0.4 s, in the reference too; the noise as it was."""
    time = np.arange(int(0.4 * RATE)) / RATE
    tail = np.random.default_rng(1).standard_normal(len(time)) * 10 ** (-3 * time / 0.4)
    tail *= 10 ** (-4 / 20) / np.sqrt(np.square(tail).sum())
    tail[0] = 1
    heard = fftconvolve(clean, tail)[: len(clean)]
    return heard, heard + (noisy - clean)


MICROPHONES: dict[str, Callable[[np.ndarray, np.ndarray], Pair]] = {
    "clean": untouched, "quiet": quiet, "clipped": clipped, "narrow": narrow, "reverberant": reverberant,
}  # fmt: skip
