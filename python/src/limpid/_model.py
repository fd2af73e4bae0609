"""Weights, read once."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Optional, Union

from ._library import FOLDER, ModelHandle

_NAMED = {"light": "limpid-sequence.safetensors", "wide": "limpid-wide.safetensors"}
_BACKWARD = {"wide": "limpid-wide-backward.safetensors", "light": "limpid-sequence-backward.safetensors"}
_FOLDER = FOLDER / "presets" / "models"


class Model:
    """Weights that any number of streams and threads may share.

    ``model``: ``"light"``, ``"wide"`` (it has tokens for what was learned), or a .safetensors file. ``precision``:
    ``"float32"``, ``"bfloat16"``, where the processor has AVX512_BF16, or ``"auto"``: the faster one. ``second``: a second network, of which and
    the first the mean is heard: nearer to the clean voice than either, in the time of both.

    Raises NotFoundError, ModelError, InvalidValueError (precision).
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "light",
        precision: str = "auto",
        second: Optional[str | os.PathLike[str]] = None,
    ) -> None:
        self._path = _file(model)
        self._second = None if second is None else _file(second)
        self._precision = precision
        self._handle = ModelHandle(self._path, self._second, precision)

    @property
    def path(self) -> str:
        return self._path

    @property
    def second_path(self) -> Optional[str]:
        return self._second

    @property
    def precision(self) -> str:
        return self._precision

    def __repr__(self) -> str:
        second = "" if self._second is None else f", second={self._second!r}"
        return f"limpid.Model({self._path!r}, precision={self._precision!r}{second})"

    def __reduce__(self) -> tuple[type[Model], tuple[str, str, Optional[str]]]:
        # To another process goes the name: it opens the file itself.
        return Model, (self._path, self._precision, self._second)


ModelName = Union[Model, str, "os.PathLike[str]"]

_opened: dict[tuple[str, str, Optional[str]], Model] = {}
_lock = threading.Lock()


def _file(name: str | os.PathLike[str]) -> str:
    return str(_FOLDER / _NAMED[name]) if isinstance(name, str) and name in _NAMED else os.fspath(name)


def in_preset(text: object, folder: Path, backward: bool = False) -> Optional[str]:
    """The weights that a preset's key names: ours by name, or a file; what is relative is looked for in the preset's folder,
    then in the package's. None: there are none."""
    if text is None or text == "none":
        return None
    own = (_BACKWARD if backward else _NAMED).get(str(text))
    relative = str(text) if own is None else f"models/{own}"
    there = folder / relative
    package = FOLDER / "presets" / relative
    return str(package if not there.exists() and package.exists() else there)


def backward(name: ModelName) -> Optional[ModelName]:
    """What hears recordings from their end, as ``shared`` takes it; None: ``"none"``."""
    if name == "none":
        return None
    return str(_FOLDER / _BACKWARD[name]) if isinstance(name, str) and name in _BACKWARD else name


def shared(name: ModelName, precision: Optional[str] = None, second: Optional[str] = None) -> Model:
    """The model of that name. The package's own stay open: they are never written to, and many streams want them."""
    if isinstance(name, Model):
        return name
    path = _file(name)
    precision = precision or "auto"
    if any(os.path.dirname(file) != str(_FOLDER) for file in (path, second) if file is not None):
        return Model(path, precision, second)
    with _lock:
        key = path, precision, second
        if key not in _opened:
            _opened[key] = Model(*key)
        return _opened[key]
