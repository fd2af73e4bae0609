#!/usr/bin/env python3
"""Golden vectors of the module SignalProcessing, from NumPy and SciPy in double precision.

An independent implementation of every stage, written from the equations: numpy.fft for the transform,
scipy.signal.get_window for the window, Gerkmann and Hendriks 2012 for the noise power, Ephraim and Malah 1984 for
the decision-directed Wiener gain. Writes little-endian float32 arrays and manifest.json into
Tests/SignalProcessingTests/Fixtures.

    python tools/golden/signal_processing.py
"""

import json
import pathlib
import platform

import numpy as np
import scipy
import scipy.signal

SEED = 20120401
FFT, HOP = 320, 160
HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "Tests" / "SignalProcessingTests" / "Fixtures"
FLOOR = 1.6e-10

cases = {}


def keep(name, array, tolerance=None, why=None):
    """Writes one array; complex ones as (..., 2) real and imaginary parts."""
    array = np.asarray(array)
    if np.iscomplexobj(array):
        array = np.stack([array.real, array.imag], -1)
    array.astype("<f4").tofile(TARGET / f"{name}.f32")
    cases[name] = {"shape": list(array.shape)}
    if tolerance is not None:
        cases[name] |= {"tolerance": tolerance, "why": why}


def rounded(array):
    """Inputs are rounded to float32 before the reference sees them: both sides see the same numbers."""
    if np.iscomplexobj(array):
        return array.astype(np.complex64).astype(np.complex128)
    return np.asarray(array).astype(np.float32).astype(np.float64)


def window():
    return np.sqrt(scipy.signal.get_window("hann", FFT, fftbins=True))


def stft(samples):
    """(K, 161) frames; frame k covers samples [160(k-1), 160(k+1)), zeros before the first."""
    padded = np.concatenate([np.zeros(HOP), samples])
    count = len(padded) // HOP - 1
    frames = np.stack([padded[k * HOP : k * HOP + FFT] for k in range(count)]) * window()
    return np.fft.rfft(frames, axis=-1), 2 * np.mean(frames**2, -1)


def istft(bins):
    """Emitted hops of the streaming synthesis: hop k is complete after frame k."""
    frames = np.fft.irfft(bins, FFT, axis=-1) * window()
    samples = np.zeros((len(bins) + 1) * HOP)
    for k, frame in enumerate(frames):
        samples[k * HOP : k * HOP + FFT] += frame
    return samples[: len(bins) * HOP]


def speech_presence(power, alpha_16ms=0.8, hop_ms=10.0):
    """Gerkmann and Hendriks 2012 over (K, F) periodograms: P, noise power and whether a frame was silent.

    Equations 18, 22, 8 with fixed priors 1/2 and xi = 15 dB, stuck protection at 0.99; alpha = 0.8 and alpha_P = 0.9 of the
    16 ms hop raised to hop/16. Beyond the paper: five starting frames, silent frames are passed over, a floor."""
    alpha, alpha_p = alpha_16ms ** (hop_ms / 16), 0.9 ** (hop_ms / 16)
    xi = 10 ** (15 / 10)
    noise = np.full(power.shape[1], FLOOR)
    smooth = np.full(power.shape[1], 0.5)
    probabilities, noises, silent = [], [], []
    begun = 0
    for y2 in power:
        p = np.zeros_like(y2)
        quiet = np.mean(y2) < FLOOR
        if not quiet and begun < 5:
            begun += 1
            noise = noise * (begun - 1) / begun + y2 / begun
        elif not quiet:
            p = 1 / (1 + (1 + xi) * np.exp(-y2 / noise * xi / (1 + xi)))
            smooth = alpha_p * smooth + (1 - alpha_p) * p
            p = np.where(smooth > 0.99, np.minimum(p, 0.99), p)
            expected = (1 - p) * y2 + p * noise
            noise = alpha * noise + (1 - alpha) * expected
        noise = np.maximum(noise, FLOOR)
        probabilities.append(p)
        noises.append(noise)
        silent.append(quiet)
    return np.array(probabilities), np.array(noises), np.array(silent)


def wiener(bins, alpha=0.95, lowest_ratio=10**-2.5, lowest_gain=10 ** (-18 / 20)):
    """Decision-directed Wiener gains (Ephraim and Malah 1984, eq. 51) over (K, F) bins."""
    power = np.abs(bins) ** 2
    _, noises, _ = speech_presence(power, alpha_16ms=0.9)
    clean = np.zeros(bins.shape[1])
    gains = []
    for y2, noise in zip(power, noises):
        xi = np.maximum(alpha * clean / noise + (1 - alpha) * np.maximum(y2 / noise - 1, 0), lowest_ratio)
        gain = np.maximum(xi / (1 + xi), lowest_gain)
        clean = gain**2 * y2
        gains.append(gain)
    return np.array(gains)


def level_gain(energies, start=-26.0):
    """Level after, and gain used for, each frame."""
    level, levels, gains = start, [], []
    for energy in energies:
        gains.append(10 ** ((-20 - level) / 20))
        decibels = 10 * np.log10(energy + 1e-12)
        if decibels > -75:
            level = np.clip(level + np.clip(decibels - level, -0.03, 1.0), -75, 10)
        levels.append(level)
    return np.array(levels), np.array(gains)


def main():
    rng = np.random.default_rng(SEED)
    TARGET.mkdir(parents=True, exist_ok=True)

    keep("window", window(), 6e-8, "one rounding of a number below one")

    hops = 24
    n = np.arange(hops * HOP)
    samples = 0.3 * rng.standard_normal(len(n)) + 0.5 * np.sin(2 * np.pi * 440 / 16000 * n) + 0.1
    samples[5 * HOP : 8 * HOP] = 0
    samples[10 * HOP] = 1
    samples = rounded(samples)
    bins, energies = stft(samples)
    keep("stft-input", samples)
    keep("stft-bins", bins, 2e-5, "bins up to 150 in float: about 2^-23 of the largest")
    keep("stft-energy", energies, 1e-6, "relative, sum of 320 squares in float")
    # Bins that no real signal has given (the imaginary parts of 0 and 160 included): irfft drops those too.
    free = rounded(rng.standard_normal((12, 161)) + 1j * rng.standard_normal((12, 161)))
    keep("istft-bins", free)
    keep("istft-output", istft(free), 1e-7, "sums of 320 terms of size 1/320 in float")

    # From far below to far above full scale, zeros among them.
    scale = 10.0 ** rng.uniform(-8, 3, 400)
    spectrum = rounded(scale * np.exp(2j * np.pi * rng.uniform(size=400)))
    spectrum[::50] = 0
    spectrum[1], spectrum[2] = 3.0, -4.0j
    gain = 2.5
    compressed = 0.15 * np.abs(gain * spectrum) ** 0.5 * np.exp(1j * np.angle(spectrum))
    keep("compression-input", spectrum)
    keep("compression-output", compressed, 5e-7, "relative to each magnitude: two roots, a division, three products")

    # 2 s steady at -46 dB, 40 dB up for 2 s, 40 dB down for 15 s, silence for 1 s, far above and below the clamps.
    decibels = np.concatenate(
        [np.full(200, -46.0), np.full(200, -6.0), np.full(1500, -46.0), np.full(100, -90.0), np.full(60, 30.0),
         np.full(300, -74.0)])
    energies = rounded(10 ** (decibels / 10) * rng.exponential(size=len(decibels)) ** 0.1)
    energies[2000 - 50 : 2000 - 40] = 0
    levels, gains = level_gain(energies)
    keep("level-energy", energies)
    keep("level-level", levels, 2e-3, "dB: 2000 additions of Float steps to a number of about 30")
    keep("level-gain", gains, 3e-4, "relative, from 2e-3 dB")

    # Noise with a bump over frequency; bursts 25 dB above it; a fade up by 12 dB; silence; a step of 20 dB that stays.
    frames, count = 360, 33
    noise_level = 10 ** (-np.linspace(0, 20, count) / 10) * np.ones((frames, 1))
    noise_level[120:200] *= 10 ** (np.linspace(0, 12, 80)[:, None] / 10)
    noise_level[200:220] *= 0
    noise_level[240:] *= 100
    shape = rng.standard_normal((frames, count)) + 1j * rng.standard_normal((frames, count))
    noisy = np.sqrt(noise_level / 2) * shape
    for start in (30, 60, 150):
        noisy[start : start + 12, 4:20] += 18 * np.exp(2j * np.pi * rng.uniform(size=(12, 16)))
    noisy = rounded(noisy)
    power = rounded(np.abs(noisy) ** 2)
    probability, noise_power, silent = speech_presence(power)
    assert silent.sum() == 20 and noise_power[-1].mean() > 10 * noise_power[239].mean()
    keep("presence-power", power)
    keep("presence-probability", probability, 2e-4, "float exponent of a quotient; errors fade with the smoothing")
    keep("presence-noise", noise_power, 2e-4, "relative, as above")
    keep("wiener-bins", noisy[:240])
    keep("wiener-gain", wiener(noisy[:240]), 2e-4, "as the noise power it divides by")

    manifest = {
        "command": "python tools/golden/signal_processing.py",
        "seed": SEED,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "format": "little-endian float32, row-major; complex as (..., 2)",
        "cases": cases,
    }
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
