"""Arrays as the library takes them."""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from ._errors import InvalidValueError, Status

Samples = npt.NDArray[np.float32]

MOST_CHANNELS = 32


def samples(array: npt.ArrayLike) -> Samples:
    """(samples,) or (samples, channels) float32 in one piece; the array itself where it is that already.

    Raises TypeError for what is not floating-point, InvalidValueError for another shape.
    """
    given: npt.NDArray[Any] = np.asarray(array)
    if given.dtype.kind != "f":
        if given.size == 0 and given.dtype.kind in "iuO" and not isinstance(array, np.ndarray):
            given = given.astype(np.float32)  # an empty list has no type of its own
        else:
            raise TypeError(
                f"samples of {given.dtype} cannot be enhanced; give floats, full scale -1 to 1 "
                "(of 16-bit integers: array / 32768)"
            )
    if given.ndim not in (1, 2):
        raise InvalidValueError(
            f"an array of shape {given.shape} is no sound; give (samples,) or (samples, channels)", Status.BAD_ARGUMENT
        )
    if given.ndim == 2 and given.shape[1] > MOST_CHANNELS:
        raise InvalidValueError(
            f"an array of shape {given.shape} would have {given.shape[1]} channels, and {MOST_CHANNELS} are the most; "
            "give (samples, channels): array.T",
            Status.UNSUPPORTED_FORMAT,
        )
    # Beyond the range of a float32 it becomes infinite, which the library takes as 0.
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(given, dtype=np.float32)


def whole(number: SupportsIndex, name: str) -> int:
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(f"{name} is {number!r}; give a whole number") from None
