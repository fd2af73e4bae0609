"""The delay of an enhanced signal against the clean one, found and taken out."""

import numpy as np
from scipy.signal import correlate

from .audio import SAMPLE_RATE

LONGEST_DELAY = SAMPLE_RATE // 10  # 100 ms, to either side


def delay(clean: np.ndarray, enhanced: np.ndarray, longest: int = LONGEST_DELAY) -> int:
    """How many samples `enhanced` lags `clean`: where their cross-correlation is largest, within ±`longest`.

    0 where nothing correlates (silence). A tie goes to the shorter delay.
    """
    # correlation[k + len(clean) - 1] = sum over n of enhanced[n + k] clean[n]
    correlation = correlate(enhanced, clean, mode="full", method="fft")
    zero = len(clean) - 1
    lags = np.arange(max(-longest, -zero), min(longest, len(enhanced) - 1) + 1)
    values = correlation[lags + zero]
    # Rounding of the transform is no correlation.
    if values.max() <= 1e-12 * np.linalg.norm(clean) * np.linalg.norm(enhanced):
        return 0
    best = lags[values == values.max()]
    return int(best[np.argmin(np.abs(best))])


def align(clean: np.ndarray, enhanced: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """The part that both have once `enhanced` is moved earlier by `lag` samples; nothing is padded."""
    clean, enhanced = clean[max(-lag, 0) :], enhanced[max(lag, 0) :]
    count = min(len(clean), len(enhanced))
    return clean[:count], enhanced[:count]
