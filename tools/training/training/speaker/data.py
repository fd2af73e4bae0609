"""Conversations to learn speakers from: voices in pairs at any ratio, taking turns or at once, over noise.

Everything is mixed as power spectra that were made once: the sum of two sounds has the sum of their powers and a cross term of
random phase, which is as good for this as samples and a hundred times as fast.
"""

import math
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import torch
from scipy.signal import resample_poly

from .. import augmentation, components
from ..corpora import Corpus, Item
from ..features import BINS, FACTOR, FRAME, HOP, SAMPLE_RATE, START_LEVEL, TARGET_LEVEL, level_gain, window
from .network import STRIDE

VARIANTS = ((1, 1), (8, 7), (7, 8))  # speeds: another one is another speaker
HEARD = 10 ** (-30 / 10)  # of an item's loudest frame: below it a frame is no part of what is learned
SPEAKS = 10 ** (-25 / 10)  # of a voice's mean heard power: below it, it counts as silent
SHORTEST = int(0.8 * SAMPLE_RATE)
# The sum of |X|² of a frame of unit power.
NORM = FRAME * FRAME / 4


def spectra(samples: np.ndarray) -> np.ndarray:
    """(N) -> (T, 160) |X|² to the power of 1/4, in float16: what the compressed magnitude is in proportion to."""
    frames = torch.from_numpy(np.ascontiguousarray(samples, np.float32)).unfold(0, FRAME, HOP) * window()
    power = torch.fft.rfft(frames, dim=-1)[:, :BINS].abs()
    return power.sqrt().to(torch.float16).numpy()


_jobs: list = []  # handed to processes by fork: an item's samples are not to be copied


def _item_spectra(number):
    item, variant, rooms, seed = _jobs[number]
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    x = item.read(0, min(item.length, 20 * SAMPLE_RATE))
    up, down = variant
    if up != down:
        x = resample_poly(x, up, down)
    if random.random() < 0.5:
        room = rooms[random.integers(len(rooms))] if rooms and random.random() < 0.5 else augmentation.room(random)
        x = augmentation.reverberate(x, room)
    x = np.asarray(x, np.float32)
    return spectra(x / math.sqrt(components.loudness(x)))


class Bank:
    """All voices of a corpus as spectra: (frames, 160), and which belong to whom."""

    def __init__(self, speech: Corpus, rooms: list[np.ndarray], processes: int, hours: float, seed: int):
        """`hours`: of the corpus at most, each speaker's share of it at random; other speeds have half as many utterances."""
        random = np.random.default_rng(seed)
        jobs, speakers = [], []
        groups = sorted(speech.groups)
        share = hours / speech.hours
        for number, group in enumerate(groups):
            items = [i for i in speech.groups[group] if i.length >= SHORTEST]
            items = [items[i] for i in random.permutation(len(items))[: max(4, int(len(items) * share))]]
            if not items:
                continue
            for k, variant in enumerate(VARIANTS):
                chosen = items if k == 0 else items[: max(4, len(items) // 2)]
                for item in chosen:
                    for part in halves(item) if len(chosen) == 1 else [item]:
                        jobs.append((part, variant, rooms, int(random.integers(1 << 40))))
                        speakers.append(number * len(VARIANTS) + k)
        _jobs[:] = jobs
        with get_context("fork").Pool(processes) as pool:
            parts = list(pool.imap(_item_spectra, range(len(jobs)), chunksize=64))
        self.frames = torch.from_numpy(np.concatenate(parts))
        self.weights = {n: math.sqrt(sum(i.weight for i in speech.groups[g][:20])) for n, g in enumerate(groups)}
        self.pieces: dict[int, list[tuple[int, int]]] = {}
        start = 0
        for speaker, part in zip(speakers, parts, strict=True):
            self.pieces.setdefault(speaker, []).append((start, len(part)))
            start += len(part)
        self.pieces = {s: p for s, p in self.pieces.items() if len(p) > 1}
        self.speakers = sorted(self.pieces)
        weight = np.array([self.weights[s // len(VARIANTS)] * (1.0 if s % len(VARIANTS) == 0 else 0.5) for s in self.speakers])
        self.cumulative = np.cumsum(weight / weight.sum())
        power = torch.cat([part.float().pow(4).sum(1) / NORM for part in self.frames.split(1 << 18)])
        self.loudness = power
        self.heard = torch.zeros(len(power), dtype=torch.bool)
        for pieces in self.pieces.values():
            for first, count in pieces:
                part = power[first : first + count]
                self.heard[first : first + count] = part > HEARD * part.max()


def halves(item: Item) -> list[Item]:
    cut = item.length // 2
    return [Item(item.source, item.start, cut, item.group), Item(item.source, item.start + cut, item.length - cut, item.group)]


class Scenes(NamedTuple):
    noisy: torch.Tensor  # (B, T, 160), as the network hears it
    active: torch.Tensor  # (B, K, V) bool: voice V speaks in step K of scene B, or did a moment ago
    learned: torch.Tensor  # (V, S, 160), other utterances
    alone: torch.Tensor  # (V, S', 160), what each says in the scenes, alone
    speakers: torch.Tensor  # (V)
    same: torch.Tensor  # (B, V) bool: the same speaker as one of the scene's
    noise: torch.Tensor  # (V / 2, S, 160): learned sounds that are no voices


class Maker:
    """Scenes of V voices, two scenes a voice, T frames each."""

    def __init__(self, bank: Bank, noises: torch.Tensor, voices: int, frames: int, hold: int, seed: int, ratio=(-12.0, 12.0)):
        """`noises`: (n, frames, 160) spectra of unit power; `hold`: steps; `ratio`: of a scene's first voice over its second, in dB."""
        self.bank, self.noises, self.voices, self.count, self.hold, self.ratio = bank, noises, voices, frames, hold, ratio
        self.random = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)

    def uniform(self, low, high, *size):
        return low + (high - low) * torch.rand(size, generator=self.generator)

    def colouring(self, count: int) -> torch.Tensor:
        """(count, 1, 160): smooth factors of the power, a microphone's and a place's; half of them none."""
        knots = self.uniform(-8, 8, count, 6) * (torch.rand(count, 1, generator=self.generator) < 0.5)
        curve = torch.nn.functional.interpolate(knots[:, None], BINS, mode="linear", align_corners=True)[:, 0]
        return (10 ** (curve / 10))[:, None]

    def indices(self, pieces: list[tuple[int, int]], count: int, gaps: float) -> np.ndarray:
        """Frames of a bank one after the other, −1 in the pauses."""
        out = np.full(count, -1)
        position = int(self.random.exponential(gaps)) if gaps else 0
        order = self.random.permutation(len(pieces))
        k = 0
        while position < count:
            start, length = pieces[order[k % len(order)]]
            offset = int(self.random.integers(0, max(1, length - 100))) if k == 0 else 0
            part = np.arange(start + offset, start + length)[: count - position]
            out[position : position + len(part)] = part
            position += len(part) + (int(self.random.exponential(gaps)) if gaps else 0)
            k += 1
        return out

    def next(self) -> Scenes:
        bank, count, voices = self.bank, self.count, self.voices
        speakers, tracks, learned = [], [], []
        size = int(self.random.integers(60, 401))
        for _ in range(voices):
            speaker = bank.speakers[min(np.searchsorted(bank.cumulative, self.random.random()), len(bank.speakers) - 1)]
            pieces = bank.pieces[speaker]
            order = self.random.permutation(len(pieces))
            cut = max(1, len(pieces) // 2)
            track = self.indices([pieces[i] for i in order[:cut]], count, self.random.choice([0.0, 20.0, 60.0]))
            if self.random.random() < 0.4:  # a turn
                first, last = np.sort(self.random.integers(0, count, 2))
                track[:first], track[last:] = -1, -1
            heard = self.indices([pieces[i] for i in order[cut:]], 4 * size, 0.0)
            heard = heard[bank.heard[heard].numpy()][:size]
            learned.append(np.resize(heard, size))
            tracks.append(track)
            speakers.append(speaker)
        speakers = torch.tensor(speakers)
        tracks = torch.from_numpy(np.stack(tracks))
        colours = self.colouring(voices)
        power = bank.frames[tracks.clamp(min=0)].float().pow(4) * (tracks >= 0)[..., None] * colours
        loudness = bank.loudness[tracks.clamp(min=0)] * (tracks >= 0)

        first = torch.arange(voices).repeat(2)
        shift = torch.randperm(voices - 1, generator=self.generator)[:2] + 1
        second = (first + shift.repeat_interleave(voices)) % voices
        scenes = 2 * voices
        ratio = torch.where(torch.rand(scenes, generator=self.generator) < 0.2, 80.0, self.uniform(*self.ratio, scenes))
        weight = (10 ** (-ratio / 10))[:, None, None]
        noise = self.noises[torch.randint(len(self.noises), (scenes,), generator=self.generator)].float().pow(4)
        loud = 10 ** (torch.maximum(-ratio, torch.zeros(())) / 10)
        level = (loud * 10 ** (-self.uniform(-3, 35, scenes) / 10))[:, None, None]
        total = self.add(self.add(power[first], power[second] * weight), noise * level)
        noisy = self.heard(total)

        spoken = (loudness > SPEAKS)[:, : count // STRIDE * STRIDE].unflatten(1, (-1, STRIDE)).any(-1).float()
        held = torch.nn.functional.pad(spoken[:, None], (self.hold - 1, 0))
        held = torch.nn.functional.max_pool1d(held, self.hold, 1)[:, 0] > 0
        active = torch.zeros(scenes, held.shape[1], voices, dtype=torch.bool)
        rows = torch.arange(scenes)
        active[rows, :, first] = held[first]
        active[rows, :, second] = held[second] & (ratio < 60)[:, None]
        same = (speakers[None] == speakers[first][:, None]) | (speakers[None] == speakers[second][:, None])

        index = torch.from_numpy(np.stack(learned))
        other = torch.where(torch.rand(voices, 1, 1, generator=self.generator) < 0.8, colours, self.colouring(voices))
        sound = bank.frames[index].float().pow(4) * other
        bed = self.noises[torch.randint(len(self.noises), (voices,), generator=self.generator)][:, :size].float().pow(4)
        sound = self.add(sound, bed * (10 ** (-self.uniform(12, 50, voices) / 10))[:, None, None])
        alone = [t[(t >= 0) & bank.heard[t.clamp(min=0)]] for t in tracks]
        alone = torch.stack([torch.from_numpy(np.resize(t.numpy() if len(t) else index[n].numpy(), 160)) for n, t in enumerate(alone)])
        sounds = self.noises[torch.randint(len(self.noises), (voices // 2,), generator=self.generator)][:, :size].float().pow(4)
        return Scenes(
            noisy, active, self.levelled(sound), self.levelled(bank.frames[alone].float().pow(4) * colours), speakers, same,
            self.levelled(sounds),
        )  # fmt: skip

    def add(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """The power of the sum of two sounds whose phases know nothing of each other."""
        phase = torch.cos(2 * math.pi * torch.rand(a.shape, generator=self.generator))
        return (a + b + 2 * (a * b).sqrt() * phase).clamp(min=0)

    def heard(self, power: torch.Tensor) -> torch.Tensor:
        """(B, T, 160) |X|² -> compressed magnitudes as behind the level gain."""
        scale = 10 ** (self.uniform(-45, -14, len(power)) / 10)
        power = power * scale[:, None, None]
        start = torch.where(torch.rand(len(power), generator=self.generator) < 0.5, START_LEVEL, 10 * torch.log10(scale))
        gain, _ = level_gain(power.sum(-1) / NORM, start)
        return FACTOR * power.pow(0.25) * gain.sqrt()[..., None]

    def levelled(self, power: torch.Tensor) -> torch.Tensor:
        """(V, S, 160) |X|² -> compressed magnitudes at a level of their own."""
        mean = power.sum(-1).mean(1) / NORM
        return FACTOR * (power * (10 ** (TARGET_LEVEL / 10) / (mean + 1e-12))[:, None, None]).pow(0.25)
