"""What sets are made of: utterances by their speakers, and noises, from folders of files or from other evaluation sets.

An evaluation set gives its clean speech back, and its noise as noisy less clean; index.csv says whose speech it is.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path

import numpy as np

from . import audio, pitch
from .errors import EvaluationError
from .pairs import pairs

RATE = 16_000
BLOCK = 160
PAUSE = RATE // 4  # the shortest digital silence between the sentences of a `non-stationary` pair
LONGEST_NOISE = int(4.9 * RATE)  # of a set: ESC-50's clips are 5 s long, and sets repeat them beyond


def active_blocks(x: np.ndarray) -> np.ndarray:
    """Which blocks of 10 ms lie within 30 dB of the loudest."""
    power = np.square(x[: len(x) // BLOCK * BLOCK].reshape(-1, BLOCK)).mean(1)
    return power > 1e-3 * power.max()


def active_power(x: np.ndarray) -> float:
    """Mean power of the blocks of 10 ms within 30 dB of the loudest: pauses do not count."""
    power = np.square(x[: len(x) // BLOCK * BLOCK].reshape(-1, BLOCK)).mean(1)
    return float(power[active_blocks(x)].mean())


def looped(x: np.ndarray, count: int) -> np.ndarray:
    """The first `count` samples of x, repeated with a cross-fade where it is shorter; unit power."""
    if len(x) < count:
        fade = min(len(x) // 4, 800)
        ramp = np.linspace(0, 1, fade)
        piece = x[: len(x) - fade].copy()
        piece[:fade] = x[:fade] * ramp + x[len(x) - fade :] * (1 - ramp)
        x = np.tile(piece, count // len(piece) + 1)
    x = x[:count]
    return x / np.sqrt(np.square(x).mean() + 1e-12)


def trimmed(x: np.ndarray) -> np.ndarray:
    """Without what is more than 30 dB below the loudest at the ends, but for 50 ms; unit active power. Nothing where there is no sound."""
    if len(x) < BLOCK or not x.any():
        return x[:0]
    heard = np.flatnonzero(active_blocks(x)) * BLOCK
    x = x[max(0, heard[0] - 5 * BLOCK) : heard[-1] + 6 * BLOCK]
    return x / np.sqrt(active_power(x))


@dataclass(frozen=True)
class Utterance:
    name: str
    samples: np.ndarray  # trimmed, unit active power


@dataclass
class Speaker:
    name: str
    utterances: list[Utterance] = field(default_factory=list)

    @property
    def samples(self) -> int:
        return sum(len(u.samples) for u in self.utterances)

    @property
    def longest(self) -> int:
        return max(len(u.samples) for u in self.utterances)

    @cached_property
    def pitch(self) -> float:
        """Median F0 in Hz of up to ten utterances."""
        voiced = [pitch.frequencies(u.samples) for u in self.utterances[:10]]
        found = np.concatenate(voiced)
        return float(np.median(found)) if len(found) else 0.0


@dataclass(frozen=True)
class Noise:
    name: str
    samples: np.ndarray


def speaker_name(stem: str) -> str:
    """The part of a file's name before the first dash or underscore, or without its last four digits."""
    first = re.split(r"[-_]", stem)[0]
    return first[:-4] if first.isdigit() and len(first) > 6 else first


def utterances(said: Iterable[tuple[str, np.ndarray]]) -> list[Utterance]:
    """Those in which something is heard."""
    heard = [Utterance(name, trimmed(samples)) for name, samples in said]
    return [utterance for utterance in heard if len(utterance.samples)]


def of_sets(folders: list[Path]) -> tuple[list[Speaker], list[Noise]]:
    """The speakers of evaluation sets and their utterances, each once, and the noises that fill a whole pair."""
    speech: dict[str, dict[str, np.ndarray]] = {}
    noises: list[Noise] = []
    for folder in folders:
        index = table(folder)
        for pair in pairs(folder):
            if pair.name not in index:
                raise EvaluationError(f"{folder / 'index.csv'}: has no row for {pair.name}")
            row = index[pair.name]
            clean, noisy = audio.read(pair.clean), audio.read(pair.noisy)
            names = [Path(name).stem for name in row["speech"].split("|")]
            for name, samples in zip(names, sentences(clean, len(names))):
                mine = speech.setdefault(speaker_name(name), {})
                if len(samples) > len(mine.get(name, ())):  # cut short in one pair, whole in another
                    mine[name] = samples
            if row["noise"] and "|" not in row["noise"] and len(clean) == len(noisy):
                name = row["noise"] if "/" in row["noise"] else f"{row['noise']}:{pair.name}"
                noises.append(Noise(name, (noisy - clean)[:LONGEST_NOISE]))
    speakers = [Speaker(who, utterances(sorted(said.items(), key=itemgetter(0)))) for who, said in sorted(speech.items())]
    speakers = [speaker for speaker in speakers if speaker.utterances]
    if not speakers or not noises:
        raise EvaluationError(f"{folders[0]}: its index.csv names no speech, or no noise that fills a whole pair")
    return speakers, noises


def table(folder: Path) -> dict[str, dict[str, str]]:
    """index.csv by the pairs' names."""
    path = folder / "index.csv"
    if not path.is_file():
        raise EvaluationError(f"{path}: there is no such file; --of takes sets whose index.csv names speech and noise")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"name", "speech", "noise"} <= rows[0].keys():
        raise EvaluationError(f"{path}: has no columns name, speech and noise")
    return {row["name"]: row for row in rows}


def sentences(clean: np.ndarray, count: int) -> list[np.ndarray]:
    """The parts of a pair's clean side between digital silences; none where they are not as many as it names."""
    if count == 1:
        return [clean]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(clean) > 0, [0]]).astype(np.int8)))
    parts: list[list[int]] = []
    for start, end in edges.reshape(-1, 2):
        if parts and start - parts[-1][1] < PAUSE:
            parts[-1][1] = end
        else:
            parts.append([start, end])
    found = [clean[start:end] for start, end in parts if end - start >= RATE // 2]
    return found if len(found) == count else []


def joined(random, utterances: list[Utterance], count: int, pauses: tuple[float, float]) -> tuple[np.ndarray, str]:
    """`count` samples of utterances in their order with pauses of so many seconds, and the names of those heard, with a bar
    between; silence once the utterances are at an end."""
    out, position, names = np.zeros(count), 0, []
    for utterance in utterances:
        part = utterance.samples[: count - position]
        out[position : position + len(part)] = part
        names.append(utterance.name)
        position += len(part) + int(random.uniform(*pauses) * RATE)
        if position >= count:
            break
    return out, "|".join(names)
