"""Voices that the corpora lack, made of those that they have: whispers and held, sung notes.

A source-filter vocoder: the spectral envelope of every frame by linear prediction (autocorrelation, Levinson-Durbin), over
a new excitation. Noise makes a whisper of an utterance; harmonics of notes make song of it.
"""

import numpy as np

from .features import SAMPLE_RATE

ORDER = 18
SIZE, HOP = 512, 128


def envelopes(x: np.ndarray) -> np.ndarray:
    """(N) samples -> (frames, SIZE/2 + 1): the magnitude of the all-pole filter of each frame, its gain in it."""
    window = np.hanning(SIZE + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, (SIZE // 2, SIZE)), SIZE)[::HOP] * window
    power = np.square(np.abs(np.fft.rfft(frames, 2 * SIZE, axis=1)))
    correlation = np.fft.irfft(power, axis=1)[:, : ORDER + 1]
    correlation[:, 0] = correlation[:, 0] * (1 + 1e-5) + 1e-9
    coefficients = np.zeros((len(frames), ORDER + 1))
    coefficients[:, 0] = 1
    error = correlation[:, 0].copy()
    for k in range(1, ORDER + 1):  # Levinson-Durbin, all frames at once
        reflection = -(coefficients[:, :k] * correlation[:, k:0:-1]).sum(1) / error
        coefficients[:, 1 : k + 1] += reflection[:, None] * coefficients[:, k - 1 :: -1][:, :k]
        error = error * (1 - reflection**2)
    gain = np.sqrt(np.maximum(error, 0) / np.square(window).sum())
    return gain[:, None] / np.abs(np.fft.rfft(coefficients, SIZE, axis=1)).clip(1e-4)


def excited(envelope: np.ndarray, excitation: np.ndarray) -> np.ndarray:
    """The excitation (N), of unit power, through the envelope of each frame."""
    window = np.hanning(SIZE + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(excitation, (SIZE // 2, SIZE)), SIZE)[::HOP][: len(envelope)]
    pieces = np.fft.irfft(np.fft.rfft(frames * window, axis=1) * envelope[: len(frames)], axis=1)
    out = np.zeros(len(pieces) * HOP + SIZE)
    for k in range(SIZE // HOP):  # frames that do not overlap, at once
        part = pieces[k :: SIZE // HOP].reshape(-1)
        out[k * HOP : k * HOP + len(part)] += part
    return (out[SIZE // 2 : SIZE // 2 + len(excitation)] / 2).astype(np.float32)


def whispered(random: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """The utterance without voice: noise through its envelope, which has the flatter slope of a whisper."""
    tilt = random.uniform(0.7, 0.97)
    return excited(envelopes(np.append(x[:1], x[1:] - tilt * x[:-1])), random.standard_normal(len(x)))


def sung(random: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """The utterance's sounds, held on notes of 150 to 800 Hz for 0.3 to 2.5 s each, with vibrato or without."""
    envelope = envelopes(x)
    loudness = envelope.mean(1)
    loud = np.flatnonzero(loudness > 0.3 * np.quantile(loudness, 0.95))
    if not len(loud):
        return x
    count = len(x)
    pitch, taken = np.zeros(count), np.zeros(len(envelope), int)
    level = np.zeros(len(envelope))
    position = 0
    while position < count:
        length = min(count - position, int(random.uniform(0.3, 2.5) * SAMPLE_RATE))
        time = np.arange(length) / SAMPLE_RATE
        vibrato = random.uniform(0, 0.03) * np.sin(2 * np.pi * random.uniform(4, 7) * time) if random.random() < 0.6 else 0
        pitch[position : position + length] = 150 * (800 / 150) ** random.random() * (1 + vibrato)
        first, last = position // HOP, min(len(envelope), (position + length) // HOP + 1)
        # A vowel is held: the sound of one moment, or moving slowly from there.
        start = loud[random.integers(len(loud))]
        moving = np.arange(last - first) * random.choice([0.0, 0.1, 0.25])
        taken[first:last] = np.minimum(len(envelope) - 1, start + moving.astype(int))
        shape = np.minimum(1, np.minimum(np.arange(last - first) + 1, np.arange(last - first)[::-1] + 1) * HOP / (0.04 * SAMPLE_RATE))
        level[first:last] = shape
        position += length + int(random.exponential(0.15) * SAMPLE_RATE)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    excitation = np.zeros(count)
    for harmonic in range(1, int(7600 / max(150.0, pitch[pitch > 0].min())) + 1):
        excitation += np.cos(harmonic * phase) * (harmonic * pitch < 7600)
    excitation = excitation * (pitch > 0) + 0.03 * random.standard_normal(count)
    excitation /= np.sqrt(np.mean(np.square(excitation))) + 1e-9
    return excited(envelope[taken] * level[:, None], excitation)
