"""Whole recordings."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Optional, SupportsIndex

import numpy as np
import numpy.typing as npt

from ._backward import lines_up, way_back
from ._errors import InvalidValueError, Status
from ._learned import LearnedSound, SavedSound
from ._model import ModelName, backward_file
from ._samples import Samples, samples, whole
from ._settings import Preset, Settings
from ._stream import Removed, Stream

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

# Of the way back in the weighted mean of both.
_SHARE = np.float32(0.2)


def enhance(
    array: npt.ArrayLike,
    rate: SupportsIndex,
    *,
    preset: str | os.PathLike[str] = "quality",
    model: Optional[ModelName] = None,
    precision: Optional[str] = None,
    remove: Removed = (),
    warm_up: Optional[float] = None,
    backward_model: Optional[str | os.PathLike[str]] = None,
    **settings: Unpack[Settings],
) -> Samples:
    """Enhances a whole recording; the result has its shape and lines up with it in time.

    ``array``: (samples,) or (samples, channels) floats, full scale -1 to 1; what is not finite is taken as 0. It stays
    as it is. ``rate``: 8000 to 192000 Hz. ``preset``: ``"quality"``, ``"live"``, ``"gentle"``, or a .toml file.
    ``warm_up``: seconds of the beginning that are heard before it is enhanced, 0 to 10; None: the preset's.
    ``backward_model``: a network that hears the recording from its end, which has a part in what is heard: ``"wide"``, a
    .safetensors file, or ``"none"``; None: the preset's, unless ``model`` is given. The rest as in ``Stream``.

    Returns float32, the same bits as ``limpid enhance`` gives with these options. Any thread; the interpreter is free
    meanwhile, so that several run at once.

    Raises TypeError for samples that are no floats, InvalidValueError, ModelError, NotFoundError.
    """
    sound = samples(array)
    rate = whole(rate, "the sample rate")
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    values = Preset(preset)
    removed: Removed = remove if isinstance(remove, (LearnedSound, SavedSound)) else list(remove)
    opening = _seconds(values.warm_up if warm_up is None else warm_up)
    with Stream(rate, channels, preset=preset, model=model, precision=precision, remove=removed, **settings) as stream:
        result = _run(stream, sound, opening)
    named = model is not None or settings.get("networks", "both") != "both"
    back = _backward(values, settings, backward_model, named, bool(removed))
    if back is None or not lines_up(rate) or len(sound) == 0:
        return result
    once: Settings = {**settings, "passes": 1}
    with Stream(rate, channels, preset=preset, model=back, precision=precision, remove=removed, **once) as stream:
        result += _SHARE * (way_back(stream, sound, opening) - result)
    return result


def _backward(
    preset: Preset, settings: Settings, wished: Optional[str | os.PathLike[str]], named: bool, removes: bool
) -> Optional[str]:
    """The network of the way back; None: there is none. ``named``: a network is, and then that one and its time are meant."""
    if wished is not None:
        back = backward_file(wished)
    else:
        back = None if named else preset.backward_model
    # Which of two voices speaks is not heard on the way back.
    if removes and settings.get("learned_voices", preset.settings.get("learned-voices")) == "heard":
        return None
    return back if settings.get("method", preset.settings.get("method", "score")) == "score" else None


def _run(stream: Stream, sound: Samples, opening: float) -> Samples:
    if len(sound) == 0:
        return sound.copy()
    if opening > 0:
        stream._warm_up(sound[: int(np.float32(opening) * np.float32(stream.rate))])
    return stream._whole(sound)


def _seconds(value: object) -> float:
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 <= float(value) <= 10:
        return float(value)
    raise InvalidValueError(f"a warm-up of {value!r} is out of range; give 0 to 10 seconds", Status.BAD_VALUE)
