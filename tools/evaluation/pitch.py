"""The fundamental frequency of a voice, as far as telling voices apart by pitch takes it."""

import numpy as np

RATE = 16_000
LOWEST, HIGHEST = 60, 500  # Hz; children's voices lie below the upper end
FRAME, HOP = 800, 320  # 50 ms: three periods of the lowest; every 20 ms


def frequencies(samples: np.ndarray) -> np.ndarray:
    """F0 in Hz of every voiced frame of 16 kHz speech; empty where none is voiced.

    The normalised autocorrelation's first peak within 15 % of its highest: a period's multiples are as high as itself.
    """
    if len(samples) < FRAME:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    power = np.square(frames).mean(1)
    frames = frames[power > 1e-2 * power.max()]
    frames = frames - frames.mean(1, keepdims=True)
    window = np.hanning(FRAME)
    correlation = autocorrelation(frames * window)
    correlation = correlation / (correlation[:, :1] + 1e-12) / (autocorrelation(window[None]) / np.square(window).sum())
    shortest, longest = RATE // HIGHEST, RATE // LOWEST
    found = []
    for values in correlation[:, shortest - 1 : longest + 2]:
        peaks = np.flatnonzero((values[1:-1] >= values[:-2]) & (values[1:-1] > values[2:])) + 1
        if len(peaks) and values[peaks].max() > 0.6:
            first = peaks[values[peaks] > 0.85 * values[peaks].max()][0]
            found.append(RATE / (first + shortest - 1))
    return np.array(found)


def autocorrelation(frames: np.ndarray) -> np.ndarray:
    """At the lags 0 to the longest period and one, for every row."""
    spectrum = np.fft.rfft(frames, 2 * FRAME)
    return np.fft.irfft(np.square(np.abs(spectrum)))[:, : RATE // LOWEST + 2]


def median(samples: np.ndarray) -> float:
    """The median F0 in Hz; 0 where nothing is voiced."""
    found = frequencies(samples)
    return float(np.median(found)) if len(found) else 0.0
