"""What the data workers make: wanted speech, noise, sudden sounds, a second voice and what was learned, each alone.

`mixing.mix` puts them together, on the device that trains.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy.signal import lfilter

from . import augmentation, voices
from .augmentation_options import Augmentation
from .corpora import Corpus, Item
from .features import HOP, SAMPLE_RATE

LEAD = 2 * SAMPLE_RATE  # before the crop: where most of the rolling reference comes from
LEARNED_FRAMES = (60, 400)  # of learned noise, 0.6 to 4 s of its frames that are heard
LEARNED = 5 * SAMPLE_RATE  # samples from which they are taken
SPEEDS = [(7, 8), (10, 11), (15, 16), (16, 15), (11, 10), (8, 7)]  # samples after and before, pitch and formants with them


class Parts(NamedTuple):
    """A batch before it is mixed; N samples of crop, L of `LEAD`, all at a level of their own (about unit RMS)."""

    clean: torch.Tensor  # (B, N)
    noise: torch.Tensor  # (B, L + N), unit RMS
    sudden: torch.Tensor  # (B, L + N), against unit RMS of speech
    voice: torch.Tensor  # (B, L + N), silence where there is no second voice
    learned: torch.Tensor  # (B, LEARNED), what was learned; silence: nothing
    removes: torch.Tensor  # (B) bool: what was learned is the second voice
    ratio: torch.Tensor  # (B) signal-to-noise ratio in dB


def loudness(x: np.ndarray) -> float:
    """Mean square of the 10 ms that are heard; 1 where there is no sound."""
    power = np.square(x[: len(x) // HOP * HOP].reshape(-1, HOP)).mean(1)
    heard = power[power > 1e-3 * power.max()]
    return float(heard.mean()) if len(heard) else 1.0


def level(item: Item) -> float:
    """The amplitude of what is heard of an utterance, up to 10 s of it; 1 where there is no sound. A piece that was cut from it
    has this level, too: by its own, the hiss before a word would become as loud as the word."""
    return math.sqrt(loudness(item.read(0, min(item.length, 10 * SAMPLE_RATE))))


class Components(torch.utils.data.IterableDataset):
    """An endless stream of `Parts`, repeatable for a seed and a number of workers."""

    def __init__(
        self, speech: Corpus, noise: Corpus, batch: int, seconds: float, seed: int,
        options: Augmentation | None = None, rooms: list[np.ndarray] | None = None,
    ):  # fmt: skip
        """`rooms`: measured room responses, the direct sound first, for noises and second voices."""
        self.speech, self.noise, self.options, self.rooms = speech, noise, options or Augmentation(), rooms or []
        self.batch, self.count, self.seed = batch, int(seconds * SAMPLE_RATE) // HOP * HOP, seed

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            items = [self.item(random) for _ in range(self.batch)]
            yield Parts(*(torch.from_numpy(np.stack(column)) for column in zip(*items, strict=True)))

    # Speech

    def speed(self, random):
        return SPEEDS[random.integers(len(SPEEDS))] if random.random() < self.options.other_speed else (1, 1)

    def wanted(self, random) -> tuple[np.ndarray, str]:
        """`count` samples of utterances with pauses between, and the first one's speaker."""
        out = np.zeros(self.count, np.float32)
        position = int(random.uniform(0, 0.6) * SAMPLE_RATE) if random.random() < 0.5 else 0
        first = item = self.speech.draw(random)
        up, down = self.speed(random)
        one_speaker = random.random() < self.options.one_speaker
        while position < self.count:
            if item is None:
                if one_speaker:
                    mates = self.speech.groups[first.group]
                    item = mates[random.integers(len(mates))]
                else:
                    item, (up, down) = self.speech.draw(random), self.speed(random)
            need = self.count - position
            taken = need * down // up + 1
            offset = int(random.integers(0, max(1, item.length - taken + 1))) if position == 0 else 0
            part = item.read(offset, taken)
            part = augmentation.at_speed(part, up, down)[:need]
            out[position : position + len(part)] = 10 ** (random.uniform(-3, 3) / 20) * part / level(item)
            position += len(part) + int(random.exponential(0.4) * SAMPLE_RATE)
            item = None
        return out, first.group

    def speaker(self, random, avoid: set[str]) -> Item:
        """An utterance of somebody who is not in `avoid`."""
        for _ in range(50):
            item = self.speech.draw(random)
            if item.group not in avoid:
                break
        return item

    def voice(self, random, item: Item, lead: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """`lead` and `count` samples of that speaker, nearly without pauses, no utterance in both: where there is one
        utterance only, its beginning and its end."""
        mates = self.speech.groups[item.group]
        if len(mates) > 1:
            chosen = [mates[i] for i in random.permutation(len(mates))[:16]]
            half = max(1, len(chosen) // 2)
            sources = [[(i, 0, i.length) for i in part] for part in (chosen[:half], chosen[half:])]
        else:
            cut = item.length // 2
            sources = [[(item, 0, cut)], [(item, cut, item.length - cut)]]
        up, down = self.speed(random)
        tracks = []
        for pieces, need in zip(sources, (lead, count), strict=True):
            track, position, k = np.zeros(need, np.float32), 0, 0
            while position < need:
                one, start, length = pieces[k % len(pieces)]
                part = one.read(start, min(length, (need - position) * down // up + 1))
                part = augmentation.at_speed(part, up, down)[: need - position]
                track[position : position + len(part)] = 10 ** (random.uniform(-2, 2) / 20) * part / level(one)
                position += len(part) + int(random.exponential(0.2) * SAMPLE_RATE)
                k += 1
            tracks.append(track)
        return tracks[0], tracks[1]

    def distant(self, random, clean: np.ndarray) -> np.ndarray:
        """The second part of the utterances from somebody much further away."""
        cut = int(random.uniform(0.25, 0.6) * self.count)
        _, after = self.voice(random, self.speaker(random, set()), HOP, self.count - cut)
        clean[cut:] = 10 ** (-random.uniform(*self.options.distance) / 20) * after
        return clean

    # Noise

    def noises(self, random, count: int) -> np.ndarray:
        if self.options.synthetic_noise:
            return augmentation.noise(random, self.noise, self.speech, count, self.options)
        return augmentation.from_corpus(random, self.noise, count)

    def room(self, random) -> np.ndarray:
        if self.rooms and random.random() < self.options.measured_room:
            return self.rooms[random.integers(len(self.rooms))]
        return augmentation.room(random)

    def item(self, random) -> tuple:
        o, count = self.options, self.count
        clean, group = self.wanted(random)
        ratio = random.uniform(*o.signal_to_noise)
        kind = random.random()
        if kind < o.whispered + o.sung:  # kept where it is the wanted sound: half of it with hardly any noise
            clean = (voices.whispered if kind < o.whispered else voices.sung)(random, clean)
            if random.random() < 0.5:
                ratio = 40.0
        if random.random() < o.equalised_speech:
            clean = augmentation.equalise(random, clean).astype(np.float32)
        if random.random() < o.reverberant_speech:
            clean = augmentation.reverberate(clean, augmentation.room(random))
        clean = (clean / math.sqrt(loudness(clean))).astype(np.float32)
        if random.random() < o.distant:
            clean, ratio = self.distant(random, clean), random.uniform(25, 45)
        elif random.random() < o.nearly_clean:
            ratio = 40.0
        if random.random() < o.nobody:
            clean = np.zeros_like(clean)

        noise = self.noises(random, LEARNED + LEAD + count)
        if random.random() < o.reverberant_noise:
            noise = augmentation.reverberate(noise, self.room(random))
        earlier, noise = noise[:LEARNED], augmentation.normalise(noise[LEARNED:])
        sudden = np.zeros(LEAD + count, np.float32)
        if random.random() < o.sudden and ratio < 25:  # against the level of the speech
            sudden = augmentation.intrusions(random, self.noise, LEAD + count, o)

        voice, learned, removes = self.second(random, group, clean, augmentation.normalise(earlier))
        return (clean, noise.astype(np.float32), sudden, voice, learned.astype(np.float32), np.array(removes), np.float32(ratio))

    def second(self, random, group: str, clean: np.ndarray, earlier: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
        """A second voice, and what was learned: that voice, somebody else's, the noise as it was `earlier` (LEARNED), or nothing."""
        o, count = self.options, self.count
        voice, learned, removes = np.zeros(LEAD + count, np.float32), np.zeros(LEARNED, np.float32), False

        def coloured(*tracks):
            """As one microphone and one room hear them."""
            if random.random() < o.equalised_voice:
                colouring = augmentation.colouring(random)
                tracks = [lfilter(*colouring, t) for t in tracks]
            if random.random() < o.reverberant_voice:
                response = self.room(random)
                tracks = [augmentation.reverberate(t, response) for t in tracks]
            return [np.asarray(t / math.sqrt(loudness(t)), np.float32) for t in tracks]

        kind = random.random()
        if random.random() < o.second_voice:
            item = self.speaker(random, {group})
            before, voice = coloured(*self.voice(random, item, LEARNED, LEAD + count))
            removes = kind < o.learned_own
            if removes:
                learned = before
            elif kind < o.learned_own + o.learned_other:
                learned, _ = coloured(*self.voice(random, self.speaker(random, {group, item.group}), LEARNED, HOP))
            spoken = learned.any()
        else:
            spoken = False
            if kind < o.learned_noise:
                learned = np.asarray(earlier, np.float32)
            elif kind < o.learned_noise + o.learned_stranger:
                learned, _ = coloured(*self.voice(random, self.speaker(random, {group}), LEARNED, HOP))
                spoken = True
        if not learned.any():
            return voice, learned, False
        if random.random() < o.learned_two:  # a second sound was learned as well, before or after
            more = self.noises(random, LEARNED // 2)
            if random.random() < 0.5:
                more, _ = coloured(*self.voice(random, self.speaker(random, {group}), LEARNED // 2, HOP))
            halves = [learned[: LEARNED - LEARNED // 2], np.asarray(more, np.float32)]
            learned = np.concatenate(halves if random.random() < 0.5 else halves[::-1])
        elif spoken and clean.any() and random.random() < o.learned_wanted:
            # The wanted voice said something meanwhile: it is the smaller part, and stays.
            part = int(random.uniform(0.05, 0.33) * LEARNED)
            start, place = random.integers(0, max(1, count - part)), random.integers(0, LEARNED - part)
            heard = clean[start : start + part]
            learned = learned.copy()
            learned[place : place + len(heard)] = heard * 10 ** (random.uniform(-6, 3) / 20)
        if random.random() < 0.5:  # in a room that is not silent
            bed = augmentation.coloured(random, LEARNED, random.uniform(0, 2)) if self.options.synthetic_noise else 0
            learned = learned + bed * 10 ** (-random.uniform(12, 35) / 20)
        return voice, learned, removes
