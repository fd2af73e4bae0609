"""The way back over a recording: what BackwardPass (Sources/Enhancement/Streams) does, to the bit."""

from __future__ import annotations

import numpy as np

from ._samples import Samples
from ._stream import Stream

# Seconds of a window, the longest that leaves a window's samples below _ROOM; of what is heard before it; of a fade, as a share.
_WINDOWS = (30, 15, 10, 6)
_ROOM = 1 << 23
_CONTEXT = 6
_FADES_PER_SECOND = 50


def lines_up(rate: int) -> bool:
    """BackwardPass.linesUp"""
    return rate >= 16_000 or rate % 4_000 == 0


def way_back(stream: Stream, sound: Samples, warm_up: float) -> Samples:
    """A recording enhanced from its end, window by window, lined up with it.

    ``stream``: of a network that hears backwards. ``warm_up``: seconds of the end that are heard before it is enhanced.
    """
    rate, lead = stream.rate, stream.latency
    window = rate * next((s for s in _WINDOWS if s * rate * stream.channels <= _ROOM), _WINDOWS[-1])
    fade = rate // _FADES_PER_SECOND
    ahead = window + fade + _CONTEXT * rate
    weights = (np.arange(fade, dtype=np.float32) + np.float32(0.5)) / np.float32(fade)
    if sound.ndim == 2:
        weights = weights[:, np.newaxis]
    result = np.empty_like(sound)
    tail = sound[:0]
    for start in range(0, len(sound), window):
        last = len(sound) - start < ahead
        end = len(sound) if last else start + ahead
        first = max(0, start - lead)
        back = np.ascontiguousarray(sound[first:end][::-1])
        stream.reset()
        if last and warm_up > 0:
            stream._warm_up(back[: min(int(np.float32(warm_up) * np.float32(rate)), end - start)])
        made = stream._whole(back)[: end - start][::-1]
        fading = min(len(tail), len(made))
        made[:fading] = tail[:fading] + weights[:fading] * (made[:fading] - tail[:fading])
        if last:
            result[start:] = made
            break
        result[start : start + window] = made[:window]
        tail = made[window : window + fade]
    return result
