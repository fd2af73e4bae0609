"""Sound block by block."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Iterable, NoReturn, Optional, SupportsIndex, Union

import numpy as np
import numpy.typing as npt

from ._errors import InvalidValueError, Status
from ._learned import LearnedSound, SavedSound
from ._library import EnhancerHandle
from ._model import ModelName, shared
from ._samples import Samples, samples, whole
from ._settings import Preset, Settings, texts

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

Learned = Union[LearnedSound, SavedSound]
Removed = Union[Learned, Iterable[Learned]]


def made(
    preset: Preset,
    model: Optional[ModelName],
    precision: Optional[str],
    removed: Iterable[Learned],
    settings: Settings,
    second: Optional[str] = None,
) -> EnhancerHandle:
    """An enhancer with its settings and what it is to remove, not prepared yet.

    ``model``: None: the preset's, of two networks. ``second``: beside ``model``.
    """
    wishes = {**texts(preset.settings), **texts(settings)}
    handle = None
    if wishes.get("method", "score") == "score":
        name = model if model is not None else preset.model
        # Who names a model means that one.
        if model is None:
            second = preset.second_model
        if name is not None:
            handle = shared(name, precision or preset.precision, second)._handle
    elif removed:
        raise InvalidValueError(
            "the method wiener removes nothing that was learned; leave out remove, or the method", Status.BAD_VALUE
        )
    enhancer = EnhancerHandle(handle)
    # The sampler first: what belongs to one is refused by the others.
    for key, value in sorted(wishes.items(), key=lambda item: item[0] != "sampler"):
        enhancer.set(key, value)
    for sound in removed:
        teach(enhancer, sound)
    return enhancer


def teach(enhancer: EnhancerHandle, sound: Learned) -> None:
    if not isinstance(sound, (LearnedSound, SavedSound)):
        raise TypeError(
            f"a {type(sound).__name__} was not learned; give what limpid.learn returned, or a limpid.SavedSound"
        )
    sound.teach(enhancer)


def listed(remove: Removed) -> list[Learned]:
    return [remove] if isinstance(remove, (LearnedSound, SavedSound)) else list(remove)


class Stream:
    """A stream of sound, enhanced block by block on the calling thread.

    ``rate``: 8000 to 192000 Hz. ``channels``: 1 to 32, linked unless ``independent_channels=True``; each costs a
    network. ``preset``: ``"live"``, ``"gentle"``, ``"fast"``, or a .toml file. ``model``: ``"light"``, ``"wide"``, a .safetensors
    file or a ``Model``, instead of the preset's, which have two networks each (``networks="first"`` runs the light one alone,
    in a quarter of the time); a ``Model`` brings its own precision. ``remove``: what was learned.
    More settings by keyword: see ``Settings``.

    Any number of streams may run at once, each on a thread of its own, at the same time: the interpreter is free while
    a block is enhanced. The calls of several threads on one stream wait for each other.

    Raises InvalidValueError, ModelError, NotFoundError.
    """

    def __init__(
        self,
        rate: SupportsIndex,
        channels: SupportsIndex = 1,
        *,
        preset: str | os.PathLike[str] = "live",
        model: Optional[ModelName] = None,
        precision: Optional[str] = None,
        remove: Removed = (),
        **settings: Unpack[Settings],
    ) -> None:
        self._preset = Preset(preset)
        self._rate = whole(rate, "the sample rate")
        self._channels = whole(channels, "the number of channels")
        self._enhancer = made(self._preset, model, precision, listed(remove), settings)
        self._latency = self._enhancer.prepare(self._rate, self._channels)

    @property
    def rate(self) -> int:
        """In Hz."""
        return self._rate

    @property
    def channels(self) -> int:
        return self._channels

    @property
    def latency(self) -> int:
        """Samples per channel from an input sample to the output sample that holds it: the same for all blocks."""
        return self._latency

    def process(self, block: npt.ArrayLike) -> Samples:
        """Enhances a block of any size: (samples,) of one channel, or (samples, channels). The result has its shape.

        It is ``latency`` samples late: the first samples out are from before the input. However a sound is cut into
        blocks, the bits are the same. Samples that are not finite are taken as 0.

        Raises TypeError for samples that are no floats, InvalidValueError for another shape, StateError after
        ``close``.
        """
        sound = samples(block)
        if (1 if sound.ndim == 1 else sound.shape[1]) != self._channels:
            raise InvalidValueError(
                f"a block of shape {sound.shape} does not fit a stream of {self._channels} channels; "
                f"give (samples, {self._channels})",
                Status.BAD_ARGUMENT,
            )
        result = np.empty_like(sound)
        self._enhancer.process(sound.ctypes.data, result.ctypes.data, len(sound))
        return result

    def flush(self) -> Samples:
        """The last ``latency`` samples, brought out by as many zeros; then the stream begins anew, as after ``reset``.

        (latency,) of one channel, else (latency, channels).
        """
        shape = (self._latency,) if self._channels == 1 else (self._latency, self._channels)
        tail = self.process(np.zeros(shape, np.float32))
        self._enhancer.reset()
        return tail

    def reset(self) -> None:
        """Forgets what was heard; settings and what was learned stay."""
        self._enhancer.reset()

    def set(self, **settings: Unpack[Settings]) -> None:
        """Changes settings that may change while a stream runs: steps, networks, guidance, attenuation_limit, mix, bypass.

        Raises StateError for the others, InvalidValueError.
        """
        for key, value in texts(settings).items():
            self._enhancer.set(key, value)

    def learn(self, sound: Learned) -> None:
        """Removes this from the next block on, too. Raises ModelError where the model cannot."""
        teach(self._enhancer, sound)

    def forget(self) -> None:
        """Forgets all that was learned."""
        self._enhancer.forget()

    def close(self) -> None:
        """Frees the memory; so does the last reference to the stream."""
        self._enhancer.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        exception: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a limpid.Stream cannot be pickled: it runs; make one in each process")

    def __repr__(self) -> str:
        state = "" if self._enhancer.is_open else ", closed"
        return f"<limpid.Stream at {self._rate} Hz, {self._channels} channels, {self._latency} samples late{state}>"
