"""Sounds that are to be removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from ._errors import InvalidValueError, Status
from ._library import EnhancerHandle
from ._model import shared
from ._samples import Samples, samples, whole


class LearnedSound:
    """A sound that is to be removed, made by ``learn``: what was heard, so that any model makes its own of it.

    It can be pickled. It may hold somebody's voice. ``sound``: (samples,) floats, copied; ``rate`` in Hz.

    Raises TypeError for samples that are no floats, InvalidValueError for another shape or a rate that is none.
    """

    def __init__(self, sound: npt.ArrayLike, rate: SupportsIndex) -> None:
        one = samples(sound)
        if one.ndim != 1:
            raise InvalidValueError(
                f"an array of shape {one.shape} is not one channel; give (samples,), or let limpid.learn average the channels",
                Status.BAD_ARGUMENT,
            )
        self._samples = one.copy()
        self._samples.flags.writeable = False
        self._rate = whole(rate, "the sample rate")
        if self._rate < 1:
            raise InvalidValueError(
                f"a sample rate of {self._rate} Hz cannot be learned from; give 8000 to 192000", Status.UNSUPPORTED_FORMAT
            )

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

    def __reduce__(self) -> tuple[type[LearnedSound], tuple[Samples, int]]:
        return LearnedSound, (self._samples, self._rate)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it to a file that only its owner may read, for ``SavedSound`` and for ``limpid enhance --remove``; a file of that
        name is replaced.

        Raises InvalidValueError, LimpidError: the file cannot be written.
        """
        enhancer = EnhancerHandle(shared("wide")._handle)
        self.teach(enhancer)
        enhancer.save_learned(os.fspath(path))

    def teach(self, enhancer: EnhancerHandle) -> None:
        enhancer.learn(self._samples.ctypes.data, len(self._samples), self._rate)


class SavedSound:
    """A sound that is to be removed, in a file of ``LearnedSound.save`` or ``limpid learn``, or by the name that ``limpid learn --name``
    gave it. Goes wherever a ``LearnedSound`` does.

    Raises NotFoundError: there is no such file. InvalidValueError: it holds nothing learned.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        text = os.fspath(path)
        if os.sep not in text and not text.endswith(".safetensors"):
            text = str(_profiles() / f"{text}.safetensors")
        self._path = os.path.abspath(text)
        self.teach(EnhancerHandle(shared("wide")._handle))

    @property
    def path(self) -> str:
        """Absolute."""
        return self._path

    def __repr__(self) -> str:
        return f"<limpid.SavedSound {self._path}>"

    def __reduce__(self) -> tuple[type[SavedSound], tuple[str]]:
        return SavedSound, (self._path,)

    def teach(self, enhancer: EnhancerHandle) -> None:
        enhancer.learn_file(self._path)


def _profiles() -> Path:
    """Where the program keeps what was learned by name."""
    data = os.environ.get("XDG_DATA_HOME", "")
    # A relative path is to be ignored (XDG Base Directory Specification).
    return (Path(data) if data.startswith("/") else Path.home() / ".local/share") / "limpid/profiles"


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
    # Not more of it than the library keeps.
    learned = LearnedSound(sound[: 60 * max(0, rate)], rate)
    # Whether anything can be learned from it, the library says.
    learned.teach(EnhancerHandle(shared("wide")._handle))
    return learned
