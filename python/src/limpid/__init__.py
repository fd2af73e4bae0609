"""Limpid makes noisy speech clear: NumPy arrays in and out, whole or as a stream.

    import limpid

    clean = limpid.enhance(noisy, 48000)                       # (samples,) or (samples, channels)

    with limpid.Stream(48000) as stream:                       # block by block, stream.latency samples late
        for block in blocks:
            play(stream.process(block))

    voice = limpid.learn(sound, 48000)                         # what is to be removed, be it a voice
    clean = limpid.enhance(noisy, 48000, remove=voice)

Samples are floats, full scale -1 to 1. All results are those of the program ``limpid enhance``, to the bit.
"""

from ._enhance import enhance
from ._errors import InvalidValueError, LimpidError, ModelError, NotFoundError, StateError, Status
from ._learned import LearnedSound, SavedSound, learn
from ._library import version as _version
from ._model import Model
from ._settings import Settings
from ._stream import Stream

__version__ = _version()

__all__ = [
    "InvalidValueError",
    "LearnedSound",
    "LimpidError",
    "Model",
    "ModelError",
    "NotFoundError",
    "SavedSound",
    "Settings",
    "StateError",
    "Status",
    "Stream",
    "enhance",
    "learn",
]
