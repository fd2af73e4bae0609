"""Weights, read once."""

from __future__ import annotations

import os
import threading
from typing import Optional, Union

from ._library import FOLDER, ModelHandle

_NAMED = {"light": "limpid-sequence.safetensors", "wide": "limpid-wide.safetensors"}
_FOLDER = FOLDER / "presets" / "models"


class Model:
    """Weights that any number of streams and threads may share.

    ``model``: ``"light"``, ``"wide"`` (it has tokens for what was learned), or a .safetensors file. ``precision``:
    ``"float32"``, or ``"bfloat16"``, faster, where the processor has AVX512_BF16.

    Raises NotFoundError, ModelError, InvalidValueError (precision).
    """

    def __init__(self, model: str | os.PathLike[str] = "light", precision: str = "float32") -> None:
        named = _NAMED.get(model) if isinstance(model, str) else None
        self._path = os.fspath(model) if named is None else str(_FOLDER / named)
        self._precision = precision
        self._handle = ModelHandle(self._path, precision)

    @property
    def path(self) -> str:
        return self._path

    @property
    def precision(self) -> str:
        return self._precision

    def __repr__(self) -> str:
        return f"limpid.Model({self._path!r}, precision={self._precision!r})"

    def __reduce__(self) -> tuple[type[Model], tuple[str, str]]:
        # To another process goes the name: it opens the file itself.
        return Model, (self._path, self._precision)


ModelName = Union[Model, str, "os.PathLike[str]"]

_opened: dict[tuple[str, str], Model] = {}
_lock = threading.Lock()


def shared(name: ModelName, precision: Optional[str] = None) -> Model:
    """The model of that name. The package's own stay open: they are never written to, and many streams want them."""
    if isinstance(name, Model):
        return name
    path = str(_FOLDER / _NAMED[name]) if isinstance(name, str) and name in _NAMED else os.fspath(name)
    precision = precision or "float32"
    if os.path.dirname(path) != str(_FOLDER):
        return Model(path, precision)
    with _lock:
        if (path, precision) not in _opened:
            _opened[path, precision] = Model(path, precision)
        return _opened[path, precision]
