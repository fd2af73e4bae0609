"""Training crops: pairs of files as the document has them, or clean speech and noise mixed on the fly.

Either way the noise of a crop is what the noisy file has besides the clean one, and the noise reference is a piece of it (the
document's oracle reference).
"""

from pathlib import Path

import numpy as np
import torch
from scipy.signal import resample_poly

from .. import augmentation
from ..corpora import AUDIO, Corpus, CorpusError
from .configuration import NCSNppConfiguration

HELD_OUT = 25  # every so many of the items of a corpus train nothing: small-scale evaluation takes them
SIGNAL_TO_NOISE = (0.0, 15.0)  # dB, of mixtures on the fly


def read(path: Path, rate: int) -> np.ndarray:
    import soundfile

    try:
        samples, own = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        raise CorpusError(f"{path} cannot be read as audio ({error}); remove it or convert it") from None
    mono = samples.mean(1)
    if own != rate:
        divisor = np.gcd(own, rate)
        mono = resample_poly(mono, rate // divisor, own // divisor).astype(np.float32)
    return mono


def crop(random, *tracks: np.ndarray, count: int) -> list[np.ndarray]:
    """The same stretch of all; what is shorter has silence around it."""
    length = min(len(t) for t in tracks)
    if length < count:
        before = (count - length) // 2
        return [np.pad(t[:length], (before, count - length - before)) for t in tracks]
    start = int(random.integers(0, length - count + 1))
    return [t[start : start + count] for t in tracks]


class PairFolder:
    """BASE/train/clean/NAME and BASE/train/noisy/NAME, as VoiceBank-DEMAND is laid out for SGMSE+."""

    def __init__(self, root: Path, rate: int):
        self.rate = rate
        clean, noisy = self.side(root / "clean"), self.side(root / "noisy")
        lonely = sorted(clean.keys() ^ noisy.keys())
        if lonely:
            raise CorpusError(f"{root}: {lonely[0]} is in only one of clean and noisy ({len(lonely)} such); each needs its partner")
        if not clean:
            raise CorpusError(f"{root} has no audio in clean and noisy")
        self.pairs = [(clean[name], noisy[name]) for name in clean]

    @staticmethod
    def side(folder: Path) -> dict[str, Path]:
        """Files by their paths within the folder, without what says their kind: both sides may have other ones."""
        files: dict[str, Path] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in AUDIO:
                continue
            name = path.relative_to(folder).with_suffix("").as_posix()
            if name in files:
                raise CorpusError(f"{files[name]} and {path} are one name; remove one, or rename it with its partner")
            files[name] = path
        return files

    def __str__(self):
        return f"{len(self.pairs)} pairs"

    def draw(self, random, count: int) -> tuple[np.ndarray, np.ndarray]:
        clean, noisy = (read(path, self.rate) for path in self.pairs[random.integers(len(self.pairs))])
        clean, noisy = crop(random, clean, noisy, count=count)
        return clean, noisy - clean


class Corpora:
    """Clean speech and noise, mixed anew for every crop."""

    def __init__(self, speech: Corpus, noise: Corpus, held_out: bool = False):
        """`held_out`: the items that training leaves out, instead of those that it takes."""
        self.speech, self.noise, self.held_out = speech, noise, held_out
        self.numbers = {id(item): n for corpus in (speech, noise) for n, item in enumerate(corpus.items)}

    def __str__(self):
        return f"speech {self.speech.hours:.2f} h, noise {self.noise.hours:.2f} h, mixed on the fly"

    def item(self, random, corpus: Corpus):
        for _ in range(1000):
            item = corpus.draw(random)
            if (self.numbers[id(item)] % HELD_OUT == HELD_OUT - 1) == self.held_out:
                return item
        raise CorpusError(f"too few files: with {len(corpus.items)} of them none of every {HELD_OUT} can be held out")

    def draw(self, random, count: int) -> tuple[np.ndarray, np.ndarray]:
        item = self.item(random, self.speech)
        clean = crop(random, item.read(0, item.length), count=count)[0]
        noise = np.zeros(0, np.float32)
        while len(noise) < count:
            item = self.item(random, self.noise)
            start = int(random.integers(0, max(1, item.length - count + 1)))
            noise = np.concatenate([noise, item.read(start, count - len(noise))])
        power = np.square(clean).mean() / np.square(noise).mean().clip(1e-10)
        return clean, (noise * np.sqrt(power / 10 ** (random.uniform(*SIGNAL_TO_NOISE) / 10))).astype(np.float32)


def augmented(random, noise: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The document's solution D on the noise of a crop, at the same power: half the time it is mixed with another, synthetic,
    stretched in time, or another after a while."""
    kind = int(random.integers(8))
    count = len(noise)
    root = np.sqrt(np.square(noise).mean())
    if kind >= 4 or root < 1e-6:
        return noise
    out, other = augmentation.normalise(noise), augmentation.normalise(other)
    if kind == 0:
        share = random.uniform(0.3, 0.7)
        out = share * out + (1 - share) * other
    elif kind == 1:
        out = augmentation.coloured(random, count, random.choice([0.0, 1.0, 2.0]))
    elif kind == 2:
        out = augmentation.stretch(np.concatenate([out, out]), random.uniform(0.75, 1.3))[:count]
        out = np.pad(out, (0, count - len(out)))
    else:
        cut = int(random.uniform(0.2, 0.8) * count)
        out = np.concatenate([out[:cut], other[: count - cut]])
    return (root * augmentation.normalise(out)).astype(np.float32)


class Crops(torch.utils.data.IterableDataset):
    """An endless stream of batches (noisy (B, N), clean (B, N), reference (B, R)), each item at a peak of 1 of its noisy side."""

    def __init__(self, source, configuration: NCSNppConfiguration, batch: int, seed: int, augment: bool = False):
        self.source, self.batch, self.seed, self.augment = source, batch, seed, augment
        self.count = (configuration.num_frames - 1) * configuration.hop_length
        self.reference = configuration.reference_samples

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            items = [self.item(random) for _ in range(self.batch)]
            yield [torch.from_numpy(np.stack(column)) for column in zip(*items, strict=True)]

    def item(self, random):
        clean, noise = self.source.draw(random, self.count)
        if self.augment:
            noise = augmented(random, noise, self.source.draw(random, self.count)[1])
        noisy = clean + noise
        peak = max(np.abs(noisy).max(), 1e-5)
        reference = crop(random, noise, count=self.reference)[0]
        return tuple((x / peak).astype(np.float32) for x in (noisy, clean, reference))


def source(base: Path, cache: Path, rate: int):
    """What --base_dir holds: pairs (train/clean and train/noisy), speech and noise (train/clean and train/noise), or shards."""
    speech, noise = sorted(base.glob("speech-*.json")), sorted(base.glob("noise-*.json"))
    if speech and noise:
        return Corpora(Corpus(speech, "speech", cache), Corpus(noise, "noise", cache))
    for root in (base / "train", base):
        if (root / "clean").is_dir() and (root / "noisy").is_dir():
            return PairFolder(root, rate)
        if (root / "clean").is_dir() and (root / "noise").is_dir():
            return Corpora(Corpus([root / "clean"], "speech", cache), Corpus([root / "noise"], "noise", cache))
    raise CorpusError(f"{base} has neither train/clean and train/noisy (pairs), nor train/clean and train/noise, nor shards "
                      "speech-*.json and noise-*.json")  # fmt: skip
