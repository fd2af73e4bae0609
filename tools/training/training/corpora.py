"""Where speech and noise come from: folders of audio in any layout, and packed shards.

A `Corpus` is a list of items, each a span of 16 kHz mono samples. Packed shards (`NAME-k.opus` with
`NAME-k.json`) are decoded once into an int16 cache beside the checkpoints and memory-mapped. Known layouts
(VoiceBank-DEMAND, ESC-50, UrbanSound8K, WHAM!, DEMAND, LibriSpeech) are recognised by their folder names, so
that `--speech` and `--noise` can be pointed at a download as it is; any other tree is taken whole.
"""

import csv
import functools
import hashlib
import json
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from .features import SAMPLE_RATE

HELD_OUT = 20
AUDIO = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif"}


class CorpusError(Exception):
    """A corpus that cannot be used; the message says why and what to do."""


@dataclass
class Item:
    """One span of audio: samples [start, start + length) of `source`, full scale ±32768."""

    source: np.ndarray | Path
    start: int
    length: int
    group: str  # speaker or kind of noise
    weight: float = 1.0

    def read(self, offset: int, count: int) -> np.ndarray:
        """`count` float32 samples from `offset`, full scale ±1; shorter at the end of the item."""
        count = min(count, self.length - offset)
        if isinstance(self.source, np.ndarray):
            part = self.source[self.start + offset : self.start + offset + count]
            return part.astype(np.float32) / 32768
        return _read_file(self.source)[offset : offset + count]


@functools.lru_cache(4)  # an utterance is asked for in pieces, and for its level; files may be long
def _read_file(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(1)
    if rate != SAMPLE_RATE:
        from scipy.signal import resample_poly

        divisor = np.gcd(rate, SAMPLE_RATE)
        mono = resample_poly(mono, SAMPLE_RATE // divisor, rate // divisor).astype(np.float32)
    mono.flags.writeable = False  # it is everyone's
    return mono


def _decode(path: Path, cache: Path) -> np.ndarray:
    """A shard as a memory-mapped int16 array, decoded on first use."""
    key = hashlib.sha1(f"clipped:{path.name}:{path.stat().st_size}".encode()).hexdigest()[:12]
    target = cache / f"{path.stem}-{key}.npy"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(path) as file:
            if file.samplerate != SAMPLE_RATE or file.channels != 1:
                raise CorpusError(f"{path} decodes to {file.samplerate} Hz; packed shards are 16 kHz mono")
            # As floats: Opus beyond full scale, read as integers, comes out with the other sign.
            blocks = [np.clip(np.rint(b * 32768), -32768, 32767).astype(np.int16) for b in file.blocks(1 << 20, dtype="float32")]
        samples = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
        temporary = target.with_suffix(f".{os.getpid()}.npy")  # processes of one run decode at the same time
        np.save(temporary, samples)
        temporary.rename(target)
    return np.load(target, mmap_mode="r")


# Sets of the packed shards that would otherwise be heard too often (many near-identical short pieces), or too
# seldom (few, but like what is to be enhanced).
SHARD_WEIGHTS = {
    "drone": 0.2, "baby": 0.2, "librispeech": 2.0, "debian music": 0.1, "debian sounds": 0.4, "debian recordings": 1.0, "prompts": 0.4, "words": 0.2, "sentences": 0.4,
    "dialogues": 0.35, "nemo": 1.3, "ravdess": 1.0, "ased": 0.7, "arabic": 0.7, "cherokee": 0.6, "somtts": 0.6,
    "street_music": 0.25, "urban": 0.8, "moodist": 3.0, "ambie": 3.0, "kitchen": 3.0, "keyboard": 1.5, "speechcommands": 2.0,
}  # fmt: skip
# Laughter is a voice: as noise it would teach to remove it where it is the wanted one's.
NO_NOISE = "laugh"
# Folders and names under which games keep human voices, which are no noise. Applied to shards that were made before it grew, too.
VOICES = re.compile(
    r"voice|speech|speak|talk|announc|dialog|narrat|taunt|tcas|mk-viii|scream|/vo/|_desc|acknowledg|sentence|chat|\bsing|singing|vocal|"
    r"hello|laugh|male|human|/player/|death|pain(?!t)|yell|/atc|heroes|select|yessir|tutorial|"
    r"memressp|nexus|countdown|coltive|proxmess|trnsppil|warzone2100.*/extra/|sequenceaudio|_ack\d*\.|underattack|\.ready|"
    r"ingame_comments|bot_sounds|/titles/|tv_news|megaglest.*/units/|_die[\d.]|_sel\d|/ack\d*\.|boswars.*\.completed|netpanzer.*move_|crrcsim/sounds/f3f",
    re.IGNORECASE,
)


def packed(path: Path, cache: Path, role: str) -> list[Item]:
    """The items of every shard whose index (`NAME-k.json`) is `path` or stands in the folder `path`."""
    indices = [path] if path.is_file() else sorted(path.glob("*.json"))
    items = []
    for index in indices:
        content = json.loads(index.read_text())
        audio = index.with_suffix(".opus")
        samples = _decode(audio if audio.exists() else index.with_suffix(".flac"), cache)
        for entry in content["items"]:
            weight = next((w for k, w in SHARD_WEIGHTS.items() if k in entry["set"].lower()), 1.0)
            file, kind = entry["file"], entry["set"]
            if role == "noise" and (NO_NOISE in file.lower() or kind.startswith("debian") and VOICES.search(file)):
                continue
            # Where a set's name is all that is known of the speakers, there are many.
            speaker = entry.get("speaker")
            group = f"{kind}/{speaker if speaker and speaker != kind else file}"
            items.append(Item(samples, entry["start"], entry["length"], group, weight))
    return items


def _group(path: Path, root: Path, labels: dict[str, str]) -> str:
    """Speaker or noise kind of a file, by the layout it stands in."""
    if path.name in labels:
        return labels[path.name]
    parts = path.relative_to(root).parts
    if "LibriSpeech" in root.parts or "LibriSpeech" in parts:  # …/SPEAKER/CHAPTER/FILE
        return path.parent.parent.name
    if path.stem[:1] == "p" and path.stem[1:4].isdigit():  # VoiceBank: p232_001
        return path.stem[:4]
    return str(path.parent.relative_to(root))


def folder(root: Path, role: str) -> list[Item]:
    """Every audio file under `root`; `role` is "speech" or "noise".

    ESC-50 and UrbanSound8K take their classes from their tables, and as speech noise leave out the classes
    that are human voices; VoiceBank-DEMAND's `noisy_*` folders are never taken as clean speech.
    """
    labels, voices = {}, set()
    for table, name, kind in (
        ("meta/esc50.csv", "filename", "category"),
        ("metadata/UrbanSound8K.csv", "slice_file_name", "class"),
    ):
        if (root / table).exists():
            with open(root / table, newline="") as rows:
                labels |= {row[name]: row[kind] for row in csv.DictReader(rows)}
    if role == "noise":
        voices = {"crying_baby", "laughing", "children_playing"} & set(labels.values())
    items = []
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in AUDIO:
            continue
        if role == "speech" and any(part.startswith("noisy") for part in path.parts):
            continue
        group = _group(path, root, labels)
        if group in voices:
            continue
        try:
            info = soundfile.info(path)
        except soundfile.LibsndfileError as error:
            raise CorpusError(f"{path} cannot be read as audio ({error}); remove it or convert it") from error
        length = int(info.frames * SAMPLE_RATE / info.samplerate)
        if length >= SAMPLE_RATE // 4:
            items.append(Item(path, 0, length, group))
    return items


class Corpus:
    """Items drawn at random in proportion to their weight times the square root of their length."""

    def __init__(self, paths: list[Path], role: str, cache: Path):
        items = []
        for path in map(Path, paths):
            if not path.exists():
                raise CorpusError(f"{path} does not exist; --{role} takes folders of audio or shard indices")
            is_packed = path.suffix == ".json"
            items += packed(path, cache, role) if is_packed else folder(path, role)
        if not items:
            raise CorpusError(f"no audio for {role} under {', '.join(map(str, paths))}")
        self._hold(items)

    def _hold(self, items: list[Item], evenly: bool = False):
        """`evenly`: whatever a group holds, each is drawn as often."""
        self.items = items
        self.groups: dict[str, list[Item]] = {}
        for item in items:
            self.groups.setdefault(item.group, []).append(item)
        weights = np.array([i.weight * np.sqrt(i.length) for i in items])
        if evenly:
            sums: dict[str, float] = {}
            for i, weight in zip(items, weights, strict=True):
                sums[i.group] = sums.get(i.group, 0.0) + weight
            weights = weights / np.array([sums[i.group] for i in items])
        self.cumulative = np.cumsum(weights / weights.sum())
        self.hours = sum(i.length for i in items) / SAMPLE_RATE / 3600

    def split(self) -> tuple["Corpus", "Corpus | None"]:
        """What is trained on, and what is held out for validation: every twentieth speaker or kind of noise, by a hash of its
        name, so that it is the same in every run. None where that would leave fewer than eight of them."""
        out = {group for group in self.groups if zlib.crc32(group.encode()) % HELD_OUT == 0}
        if len(out) < 8:
            return self, None
        parts = []
        for held in (False, True):
            part = object.__new__(Corpus)
            # A few large groups would else decide which weights are best.
            part._hold([i for i in self.items if (i.group in out) == held], evenly=held)
            parts.append(part)
        return parts[0], parts[1]

    def draw(self, random: np.random.Generator) -> Item:
        return self.items[min(np.searchsorted(self.cumulative, random.random()), len(self.items) - 1)]
