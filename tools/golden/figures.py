#!/usr/bin/env python3
"""Golden vectors of the module Figures, from SciPy in double precision.

scipy.signal.spectrogram's one-sided power spectrum (periodic Hann window, every quarter of it) of two signals, each bin the mean
over the channels; and the mean square of every hop. Writes little-endian float32 arrays and manifest.json into
Tests/FiguresTests/Fixtures.

    python tools/golden/figures.py
"""

import json
import pathlib
import platform

import numpy as np
import scipy
import scipy.signal

SEED = 20120402
HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "Tests" / "FiguresTests" / "Fixtures"

cases = {}


def keep(name, array, **facts):
    array = np.asarray(array)
    array.astype("<f4").tofile(TARGET / f"{name}.f32")
    cases[name] = {"shape": list(array.shape)} | facts


def spectrogram(samples, rate):
    """(hops, bins up to 24 kHz) of (channels, n) samples: frame m is centred in hop m, zeros around the signal."""
    length = 64
    while length < 0.02 * rate:
        length *= 2
    hop = length // 4
    hops = -(-samples.shape[1] // hop)
    padded = np.zeros((len(samples), (hops - 1) * hop + length))
    padded[:, 3 * hop // 2 : 3 * hop // 2 + samples.shape[1]] = samples
    frequencies, _, power = scipy.signal.spectrogram(
        padded, rate, window=scipy.signal.get_window("hann", length, fftbins=True), noverlap=length - hop,
        detrend=False, scaling="spectrum", mode="psd")
    levels = [np.mean(samples[:, m * hop : (m + 1) * hop] ** 2) for m in range(hops)]
    return power.mean(0).T[:, frequencies <= 24000], np.array(levels)


def main():
    rng = np.random.default_rng(SEED)
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, rate, channels, count in [("mono", 16000, 1, 5000), ("stereo", 48000, 2, 3000), ("high", 96000, 1, 5000)]:
        time = np.arange(count) / rate
        samples = np.stack(
            [0.3 * np.sin(2 * np.pi * (700 + 900 * c) * time) + 0.01 * rng.standard_normal(count) for c in range(channels)])
        samples[:, count // 2 : count // 2 + 300] = 0
        samples = samples.astype(np.float32).astype(np.float64)
        power, levels = spectrogram(samples, rate)
        keep(f"{name}-input", samples.T, rate=rate)
        keep(f"{name}-power", power, tolerance=1e-6, why="of the largest: eleven stages of floats, then a square")
        keep(f"{name}-level", levels, tolerance=1e-6, why="relative: a sum of up to 512 squares in float")
    manifest = {
        "command": "python tools/golden/figures.py",
        "seed": SEED,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "format": "little-endian float32, row-major",
        "cases": cases,
    }
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
