"""Synthetic signals: no recording is in the repository."""

import numpy as np

RATE = 16000


def speech_like(seconds: float, seed: int) -> np.ndarray:
    """A harmonic tone of wandering pitch in syllables and pauses, with hiss: enough for PESQ to find utterances."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.7 * t + seed)) / RATE
    voice = sum(np.sin(k * phase + rng.uniform(0, 6)) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t + seed), 0, 1) * (np.sin(2 * np.pi * 0.45 * t) > -0.6)
    return 0.1 * (voice + 0.3 * rng.standard_normal(len(t))) * syllables
