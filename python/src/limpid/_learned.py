"""Sounds that are to be removed."""

from __future__ import annotations

from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from ._library import EnhancerHandle
from ._model import shared
from ._samples import Samples, samples, whole


class LearnedSound:
    """A sound that is to be removed, made by ``learn``: what was heard, so that any model makes its own of it.

    It can be pickled. It may hold somebody's voice.
    """

    def __init__(self, sound: Samples, rate: int) -> None:
        self._samples = sound
        self._rate = rate

    @property
    def samples(self) -> Samples:
        """(samples,), read-only."""
        return self._samples

    @property
    def rate(self) -> int:
        """In Hz."""
        return self._rate

    def __repr__(self) -> str:
        return f"<limpid.LearnedSound of {len(self._samples) / self._rate:.1f} s at {self._rate} Hz>"

    def __reduce__(self) -> tuple[object, tuple[Samples, int]]:
        return _restored, (self._samples, self._rate)

    def teach(self, enhancer: EnhancerHandle) -> None:
        enhancer.learn(self._samples.ctypes.data, len(self._samples), self._rate)


def _restored(sound: Samples, rate: int) -> LearnedSound:
    sound.flags.writeable = False
    return LearnedSound(sound, rate)


def learn(array: npt.ArrayLike, rate: SupportsIndex) -> LearnedSound:
    """Learns a sound that is to be removed, a voice above all, as ``limpid learn`` does.

    ``array``: (samples,) or (samples, channels), which are averaged; floats, full scale -1 to 1. At least 0.6 s of it
    must be heard; two to four seconds are enough, and of more than 60 s the first count. How loud it is does not
    matter. ``rate``: 8000 to 192000 Hz.

    Give the result to ``enhance(..., remove=...)`` or ``Stream(..., remove=...)``, with a model that can, such as
    ``"wide"``.

    Raises InvalidValueError: too short, silent, not finite, or a rate out of range.
    """
    sound = samples(array)
    rate = whole(rate, "the sample rate")
    if sound.ndim == 2:
        # Channel after channel in 32 bits, as the program adds them.
        total = np.zeros(len(sound), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for channel in range(sound.shape[1]):
                total += sound[:, channel]
            sound = total / np.float32(max(1, sound.shape[1]))
    # A copy, and not more of it than the library keeps.
    learned = _restored(np.array(sound[: 60 * max(0, rate)]), rate)
    # Whether anything can be learned from it, the library says.
    learned.teach(EnhancerHandle(shared("wide")._handle))
    return learned
