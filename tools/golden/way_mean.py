#!/usr/bin/env python3
"""Golden vectors of the mean of both ways over a recording, from NumPy and SciPy in double precision.

Frames of 40 ms every 20 under the square root of a Hann window before and after the transform; of two spectra X and Y the mean is
z = (1 - w) X |X|^-1/2 + w Y e^{-i omega d} |Y|^-1/2, and |z| z is transformed back. Writes little-endian float32 arrays into
Tests/EnhancementTests/Fixtures.

    python tools/golden/way_mean.py
"""

import pathlib

import numpy as np
import scipy.signal

RATE, HOP = 8000, 160
FRAME = 2 * HOP
SAMPLES = 2000
SHARE = 0.2
OFFSET = 0.625
TARGET = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "EnhancementTests" / "Fixtures"
WINDOW = np.sqrt(scipy.signal.get_window("hann", FRAME, fftbins=True))


def spectra(samples):
    """(frames, bins), the first of them over zeros and the first hop, as many as cover all samples twice."""
    padded = np.concatenate([np.zeros(HOP), samples, np.zeros(2 * FRAME)])
    count = (len(samples) + HOP - 1) // HOP + 1
    return np.fft.rfft(np.stack([padded[k * HOP : k * HOP + FRAME] for k in range(count)]) * WINDOW)


def samples_of(bins, count):
    """Overlap-add; the window's square adds up to one."""
    result = np.zeros((len(bins) + 1) * HOP)
    for k, frame in enumerate(np.fft.irfft(bins, FRAME) * WINDOW):
        result[k * HOP : k * HOP + FRAME] += frame
    return result[HOP : HOP + count]


def compressed(bins):
    return bins / np.sqrt(np.maximum(np.abs(bins), 1e-30))


def mean(there, back, offset):
    turn = np.exp(-2j * np.pi * np.arange(HOP + 1) * offset / FRAME)
    bins = (1 - SHARE) * compressed(spectra(there)) + SHARE * compressed(spectra(back) * turn)
    return samples_of(np.abs(bins) * bins, len(there))


def main():
    random = np.random.default_rng(1128)
    time = np.arange(SAMPLES) / RATE
    voice = 0.2 * np.sin(2 * np.pi * 180 * time) * np.sin(2 * np.pi * 4 * time) ** 2
    # What either way left is another noise, and one of them is silent for a while.
    there, back = (
        (voice + 0.02 * random.standard_normal(SAMPLES)).astype(np.float32).astype(np.float64) for _ in range(2)
    )
    back[900:1400] = 0
    for name, array in {
        "there": there,
        "back": back,
        "mean": mean(there, back, 0),
        "mean-offset": mean(there, back, OFFSET),
    }.items():
        array.astype("<f4").tofile(TARGET / f"way-mean-{name}.f32")


if __name__ == "__main__":
    main()
