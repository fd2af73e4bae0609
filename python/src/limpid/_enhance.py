"""Whole recordings."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Optional, SupportsIndex

import numpy as np
import numpy.typing as npt

from ._errors import InvalidValueError, Status
from ._model import ModelName, backward
from ._samples import Samples, samples, whole
from ._settings import Preset, Settings
from ._stream import Removed, listed, made

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack


def enhance(
    array: npt.ArrayLike,
    rate: SupportsIndex,
    *,
    preset: str | os.PathLike[str] = "quality",
    model: Optional[ModelName] = None,
    precision: Optional[str] = None,
    remove: Removed = (),
    warm_up: Optional[float] = None,
    backward_model: Optional[ModelName] = None,
    **settings: Unpack[Settings],
) -> Samples:
    """Enhances a whole recording; the result has its shape and lines up with it in time.

    ``array``: (samples,) or (samples, channels) floats, full scale -1 to 1; what is not finite is taken as 0. It stays
    as it is. ``rate``: 8000 to 192000 Hz. ``preset``: ``"quality"``, ``"fast"``, ``"live"``, ``"gentle"``, or a
    .toml file.
    ``warm_up``: seconds of the beginning that are heard before it is enhanced, 0 to 10; None: the preset's.
    ``backward_model``: a network that hears the recording from its end, which has a part in what is heard: ``"wide"``,
    ``"light"``, a .safetensors file, a ``Model`` of one or two such, or ``"none"``; None: the preset's, unless ``model`` is
    given. The rest as in ``Stream``.

    Returns float32, the same bits as ``limpid enhance`` gives with these options. Any thread; the interpreter is free
    meanwhile, so that several run at once.

    Raises TypeError for samples that are no floats, InvalidValueError, ModelError, NotFoundError.
    """
    sound = samples(array)
    rate = whole(rate, "the sample rate")
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    values = Preset(preset)
    removed = listed(remove)
    opening = _seconds(values.warm_up if warm_up is None else warm_up)
    there = made(values, model, precision, removed, settings)
    there.prepare(rate, channels)
    named = model is not None or settings.get("networks", "both") != "both"
    name, second = _backward(values, settings, backward_model, named, bool(removed))
    back = None if name is None else made(values, name, precision, removed, settings, second)
    result = np.empty_like(sound)
    there.recording(back, sound, result, opening)
    return result


def _backward(
    preset: Preset, settings: Settings, wished: Optional[ModelName], named: bool, removes: bool
) -> tuple[Optional[ModelName], Optional[str]]:
    """The networks of the way back; None: there is none. ``named``: a network is, and then that one and its time are meant."""
    # Which of two voices speaks is not heard on the way back.
    if removes and settings.get("learned_voices", preset.settings.get("learned-voices")) == "heard":
        return None, None
    if settings.get("method", preset.settings.get("method", "score")) != "score":
        return None, None
    if wished is not None:
        return backward(wished), None
    return (None, None) if named else (preset.backward_model, preset.backward_second_model)


def _seconds(value: object) -> float:
    if isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 <= float(value) <= 10:
        return float(value)
    raise InvalidValueError(f"a warm-up of {value!r} is out of range; give 0 to 10 seconds", Status.BAD_VALUE)
