"""Sounds that are no speech and yet are to be kept: music, laughter; alone, or with a light noise."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .errors import EvaluationError
from .material import RATE, active_power, looped
from .pairs import EXTENSIONS

MATCHES = {"music": r"music|song|singing", "laughter": r"laugh|giggl"}
SHORTEST = 2 * RATE
LEVEL = 0.1  # RMS of the active part, of full scale: as speech at −20 dB
SOUNDS = (".opus", ".flac", ".ogg", ".wav")


@dataclass(frozen=True)
class Item:
    """A sound file, or `length` samples at 16 kHz of a packed shard, from `start` on."""

    name: str
    path: Path
    start: int = 0
    length: int = -1


def items(places: list[Path], match: str) -> list[Item]:
    """The sounds under folders, or in packed shards (their .json beside the sound), whose path, set or name matches."""
    try:
        wanted = re.compile(match, re.IGNORECASE)
    except re.error as error:
        raise EvaluationError(f"--match {match!r} is no regular expression ({error})") from None
    found = []
    for place in places:
        if place.is_dir():
            found += [
                Item(str(path.relative_to(place)), path)
                for path in sorted(place.rglob("*"))
                if path.suffix.lower() in EXTENSIONS | {".oga"} and wanted.search(str(path.relative_to(place)))
            ]
        else:
            found += [item for item in packed(place) if wanted.search(item.name)]
    if not found:
        raise EvaluationError(f"{places[0]}: nothing there matches {match!r}; name other --sounds or a --match")
    return found


def packed(index: Path) -> list[Item]:
    sound = next((s for suffix in SOUNDS if (s := index.with_suffix(suffix)).is_file()), None)
    try:
        entries = json.loads(index.read_text())["items"]
        named = [Item(f"{e['set']}/{e['file']}", sound or index, int(e["start"]), int(e["length"])) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{index}: is neither a folder nor a packed shard's .json ({error})") from None
    if sound is None:
        raise EvaluationError(f"{index}: its sound ({index.stem}.opus or .flac) does not lie beside it")
    return named


def read(item: Item, longest: int) -> np.ndarray | None:
    """The loudest `longest` samples at 16 kHz, mono, at LEVEL; None where less than 2 s sound."""
    try:
        with soundfile.SoundFile(item.path) as file:
            rate = file.samplerate
            file.seek(item.start)
            samples = file.read(item.length, dtype="float64", always_2d=True).mean(1)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise EvaluationError(f"{item.path}: cannot be read as audio ({error}); remove it or convert it") from None
    if rate != RATE:
        divisor = np.gcd(rate, RATE)
        samples = resample_poly(samples, RATE // divisor, rate // divisor)
    heard = np.flatnonzero(np.abs(samples) > 1e-3)
    if len(heard) == 0 or heard[-1] - heard[0] < SHORTEST:
        return None
    samples = samples[heard[0] : heard[-1] + 1]
    if len(samples) > longest:
        energy = np.concatenate([[0], np.cumsum(np.square(samples))])
        start = int(np.argmax(energy[longest:] - energy[:-longest]))
        samples = samples[start : start + longest]
    return samples * LEVEL / np.sqrt(active_power(samples))


def made(
    sounds: list[Item], noise: Callable | None, count: int, snr: float, seconds: float, seed: int
) -> Iterator[tuple[dict[str, np.ndarray], list[str]]]:
    """The pairs one by one; without a noise the noisy side is the clean one."""
    order = iter(np.random.default_rng([seed, 1 << 31]).permutation(len(sounds)))
    for index in range(count):
        random = np.random.default_rng([seed, index])  # the noise of a sound does not depend on how many there are
        while (n := next(order, None)) is not None and (clean := read(sounds[n], int(seconds * RATE))) is None:
            pass
        if n is None:
            raise EvaluationError(f"only {index} of the sounds have 2 s or more; ask for no more --pairs than that")
        name, heard = noise(random) if noise else ("", np.zeros(1))
        noisy = clean + looped(heard, len(clean)) * np.sqrt(active_power(clean)) / 10 ** (snr / 20) if noise else clean
        scale = 0.9 / max(0.9, np.abs(clean).max(), np.abs(noisy).max())
        row = [f"{snr:g}" if noise else "", sounds[n].name, name]
        yield {"clean": clean * scale, "noisy": noisy * scale}, row
