"""Mixing on the fly: clean and noisy crops with the noise reference a live selector would have heard."""

import math

import numpy as np
import torch
from scipy.signal import resample_poly

from . import augmentation
from .corpora import Corpus
from .features import HOP, SAMPLE_RATE

LEAD = 2 * SAMPLE_RATE  # noise before the crop: where most of the reference comes from
REFERENCE_FRAMES = (25, 200)
SPEEDS = [(7, 8), (10, 11), (15, 16), (16, 15), (11, 10), (8, 7)]  # samples after and before, pitch and formants with them


class Mixtures(torch.utils.data.IterableDataset):
    """An endless stream of batches.

    Each batch: noisy (B, N), clean (B, N) samples; reference (B, R, 320): frames that make the reference,
    raw samples, R the same for a batch; empty (B) bool: no reference was heard; start (B): the level gain's
    start in dB, NaN for "as if it had long run".
    """

    def __init__(self, speech: Corpus, noise: Corpus, batch: int, seconds: float, seed: int, augmented: bool = True):
        """Not `augmented`: the corpora as they are, mixed at the same ratios; nothing synthetic, filtered or in a room."""
        self.speech, self.noise, self.augmented = speech, noise, augmented
        self.batch, self.count, self.seed = batch, int(seconds * SAMPLE_RATE) // HOP * HOP, seed

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            frames = int(random.integers(REFERENCE_FRAMES[0], REFERENCE_FRAMES[1] + 1))
            items = [self.item(random, frames) for _ in range(self.batch)]
            columns = [np.stack(column) for column in zip(*items, strict=True)]
            yield [torch.from_numpy(column) for column in columns]

    def utterances(self, random: np.random.Generator) -> np.ndarray:
        """`count` samples of speech: utterances of one speaker after another, with pauses between."""
        out = np.zeros(self.count, np.float32)
        position = int(random.uniform(0, 0.6) * SAMPLE_RATE) if random.random() < 0.5 else 0
        while position < self.count:
            item = self.speech.draw(random)
            # Now and then another speaker is made of this one: faster and higher, or slower and lower.
            up, down = SPEEDS[random.integers(len(SPEEDS))] if self.chance(random, 0.3) else (1, 1)
            need = self.count - position
            taken = need * down // up + 1
            offset = int(random.integers(0, max(1, item.length - taken + 1))) if position == 0 else 0
            part = item.read(offset, taken)
            if up != down:
                part = resample_poly(part, up, down)
            part = part[:need]
            part = 10 ** (random.uniform(-3, 3) / 20) * augmentation.normalise(part)
            out[position : position + len(part)] = part
            position += len(part) + int(random.exponential(0.4) * SAMPLE_RATE)
        return out

    def chance(self, random: np.random.Generator, probability: float) -> bool:
        """Whether a part of the augmentation takes place this time."""
        return self.augmented and random.random() < probability

    def noises(self, random: np.random.Generator, count: int) -> np.ndarray:
        if self.augmented:
            return augmentation.noise(random, self.noise, self.speech, count)
        return augmentation.from_corpus(random, self.noise, count)

    def item(self, random: np.random.Generator, frames: int):
        count = self.count
        clean = self.utterances(random)
        if self.chance(random, 0.2):
            clean = augmentation.equalise(random, clean).astype(np.float32)
        if self.chance(random, 0.25):
            clean = augmentation.reverberate(clean, augmentation.room(random))
        noise = self.noises(random, LEAD + count)
        if self.chance(random, 0.15):
            noise = augmentation.reverberate(noise, augmentation.room(random))

        active = np.square(clean.reshape(-1, HOP)).mean(1)
        active = active[active > 1e-3 * active.max()].mean() if active.max() > 0 else 1.0
        decibels = random.uniform(-5, 20)
        if random.random() < 0.04:
            decibels = 40.0  # nearly clean: leave it alone
        noise *= math.sqrt(active / 10 ** (decibels / 10) / np.square(noise).mean().clip(1e-9))
        if self.chance(random, 0.4) and decibels < 40:  # on top of the steady level, against the level of the speech
            noise += math.sqrt(active) * augmentation.intrusions(random, self.noise, LEAD + count)
        if random.random() < 0.03:
            clean = np.zeros_like(clean)  # nobody speaks
        noisy = noise[LEAD:] + clean
        if self.chance(random, 0.05):
            noisy = augmentation.clip(random, noisy)
        scale = 10 ** (random.uniform(-40, -14) / 20) / np.sqrt(np.square(noisy).mean().clip(1e-9))
        noisy, clean, noise = noisy * scale, clean * scale, noise * scale

        reference = self.reference(random, frames, noise, clean, count)
        empty = random.random() < 0.05
        start = np.float32(random.uniform(-60, 0) if random.random() < 0.4 else np.nan)
        return noisy, clean, reference, np.array(empty), start

    def reference(self, random, frames, noise, clean, count):
        """Frames as the live selector picks them: the past's noise, with gaps, staleness, leaked speech,
        and now and then another room's."""
        if random.random() < 0.1:
            other = self.noises(random, (frames + 1) * HOP)
            other *= np.sqrt(np.square(noise).mean().clip(1e-12)) * 10 ** (random.uniform(-6, 6) / 20)
            track = other
        else:
            leaking = random.random() < 0.5
            track = noise.copy()
            if leaking:
                track[LEAD:] += clean
            end = LEAD + int(random.uniform(-0.3, 0.5) * count) // HOP * HOP
            end = int(np.clip(end, (frames + 1) * HOP, LEAD + count))
            track = track[: end]
        windows = np.lib.stride_tricks.sliding_window_view(track, 2 * HOP)[::HOP]
        spare = len(windows) - frames
        if spare > 0 and random.random() < 0.5:  # gaps: drop random frames from a longer span
            span = windows[-min(len(windows), frames + int(random.integers(1, spare + 1))) :]
            keep = np.sort(random.choice(len(span), frames, replace=False))
            return np.ascontiguousarray(span[keep], np.float32)
        return np.ascontiguousarray(windows[-frames:], np.float32)
