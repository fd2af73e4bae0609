"""Whole recordings."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Optional, SupportsIndex

import numpy as np
import numpy.typing as npt

from ._errors import InvalidValueError, Status
from ._model import ModelName
from ._samples import Samples, samples, whole
from ._settings import Preset, Settings
from ._stream import Removed, Stream

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

# Samples at once: between them Ctrl-C is heard.
_PIECE = 1 << 17


def enhance(
    array: npt.ArrayLike,
    rate: SupportsIndex,
    *,
    preset: str | os.PathLike[str] = "quality",
    model: Optional[ModelName] = None,
    precision: Optional[str] = None,
    remove: Removed = (),
    warm_up: Optional[float] = None,
    **settings: Unpack[Settings],
) -> Samples:
    """Enhances a whole recording; the result has its shape and lines up with it in time.

    ``array``: (samples,) or (samples, channels) floats, full scale -1 to 1; what is not finite is taken as 0. It stays
    as it is. ``rate``: 8000 to 192000 Hz. ``preset``: ``"quality"``, ``"live"``, ``"gentle"``, or a .toml file.
    ``warm_up``: seconds of the beginning that are heard before it is enhanced, 0 to 10; None: the preset's. The rest as in
    ``Stream``.

    Returns float32, the same bits as ``limpid enhance`` gives with these options. Any thread; the interpreter is free
    meanwhile, so that several run at once.

    Raises TypeError for samples that are no floats, InvalidValueError, ModelError, NotFoundError.
    """
    sound = samples(array)
    rate = whole(rate, "the sample rate")
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    opening = _seconds(Preset(preset).warm_up if warm_up is None else warm_up)
    stream = Stream(rate, channels, preset=preset, model=model, precision=precision, remove=remove, **settings)
    return _run(stream, sound, opening)


def _run(stream: Stream, sound: Samples, opening: float) -> Samples:
    with stream:
        count = len(sound)
        if count == 0:
            return sound.copy()
        if opening > 0:
            _warm_up(stream, sound[: int(np.float32(opening) * np.float32(stream.rate))])
        # Late by the latency; the tail of zeros brings out the end.
        late = np.empty((count + stream.latency, *sound.shape[1:]), np.float32)
        for begin in range(0, count, _PIECE):
            piece = slice(begin, min(begin + _PIECE, count))
            stream._process(sound[piece], late[piece])
        late[count:] = 0
        stream._process(late[count:], late[count:])
        return late[stream.latency :]


def _seconds(value: object) -> float:
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 <= float(value) <= 10:
        return float(value)
    raise InvalidValueError(f"a warm-up of {value!r} is out of range; give 0 to 10 seconds", Status.BAD_VALUE)


def _warm_up(stream: Stream, opening: Samples) -> None:
    """What MultichannelEnhancer.warmUp does: the beginning is heard, its last 10 ms faded out."""
    heard = opening.copy()
    fade = min(len(heard), stream.rate * 10 // 1000)
    weights = np.arange(fade - 1, -1, -1, dtype=np.float32) / np.float32(max(1, fade))
    with np.errstate(invalid="ignore", over="ignore"):
        heard[len(heard) - fade :] *= weights if heard.ndim == 1 else weights[:, np.newaxis]
    stream._process(heard, heard)
