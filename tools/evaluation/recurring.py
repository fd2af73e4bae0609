"""A noise that returns after more than ten seconds, and was learned when it was first heard.

clean/  one talker, all the time
noisy/  the same with the noise after each pause, and a bed of another noise far below it
lead/   3 s of the noise's first sound, alone; no sample of it is in noisy/
other/  3 s of a third noise, alone
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd

import numpy as np

from .errors import EvaluationError
from .material import RATE, Noise, Speaker, active_power, joined, looped

SIDES = ("clean", "noisy", "lead", "other")
COLUMNS = ("snr_db", "speech", "noise", "bed", "other", "returns_s")
LEAD = 3 * RATE
PAUSE = (10.2, 11.5)  # seconds without the noise, the first of them from the lead's end
SOUND = (2.5, 4.0)
FADE = RATE // 50
BED = 25.0  # dB that the bed lies below the speech
PAUSES = (0.15, 0.45)  # between utterances
SHORTEST = 4 * RATE  # of a noise: half of it is the lead, half what returns
LARGEST_DIFFERENCE = 6.0  # dB between its halves: the lead must hold the sound that returns


@dataclass(frozen=True)
class Plan:
    snrs: list[float]  # while the noise sounds, against active speech
    seconds: float


def halves(noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    middle = len(noise.samples) // 2
    return noise.samples[:middle], noise.samples[middle:]


def is_even(noise: Noise) -> bool:
    """Whether a noise is long enough and its two halves about as loud."""
    if len(noise.samples) < SHORTEST:
        return False
    first, second = (np.square(half).mean() + 1e-12 for half in halves(noise))
    return abs(10 * np.log10(first / second)) <= LARGEST_DIFFERENCE


def draw(random, noises: list[Noise], fits, without: set[str]) -> Noise | None:
    """One that fits and is not named in `without`; None where there is none."""
    for n in random.permutation(len(noises)):
        if noises[n].name not in without and fits(noises[n]):
            return noises[n]
    return None


def made(speakers: list[Speaker], noises: list[Noise], count: int, plan: Plan, seed: int) -> Iterator:
    """The pairs one by one: ({side: samples}, columns after name and seconds)."""
    length = int(plan.seconds * RATE)
    talkers = [s for s in speakers if s.samples >= length // 3]
    if not talkers:
        raise EvaluationError(f"recurring takes a speaker with {plan.seconds / 3:g} s of speech or more; name more --speech")
    turns = np.random.default_rng([seed, 1 << 31]).permutation(len(talkers))
    for index in range(count):
        random = np.random.default_rng([seed, index])  # a pair does not change when more are asked for
        # Moved on by one a round where a talker would else have the same ratio each time.
        shift = index // len(talkers) if gcd(len(talkers), len(plan.snrs)) > 1 else 0
        talker = talkers[turns[(index + shift) % len(talkers)]]
        yield pair(random, talker, noises, plan.snrs[index % len(plan.snrs)], length)


def pair(random, talker: Speaker, noises: list[Noise], snr: float, length: int):
    noise = draw(random, noises, is_even, set())
    other = noise and draw(random, noises, is_even, {noise.name})
    bed = other and draw(random, noises, lambda _: True, {noise.name, other.name})
    if not bed:
        raise EvaluationError(
            f"recurring takes three noises or more, two of them of {SHORTEST / RATE:g} s or longer with halves about as "
            "loud; name more --noise"
        )
    order = []  # everything that the talker has, again and again, in a new order each time
    while sum(len(u.samples) for u in order) < length:
        order += [talker.utterances[n] for n in random.permutation(len(talker.utterances))]
    clean, words = joined(random, order, length, PAUSES)
    level = np.sqrt(active_power(clean))

    first, later = halves(noise)
    loud = level / 10 ** (snr / 20)
    ramp = np.minimum(1, np.arange(FADE) / FADE)
    sounds, returns, position = np.zeros(length), [], 0
    while (position := position + int(random.uniform(*PAUSE) * RATE)) < length - 2 * RATE:
        piece = looped(later, min(int(random.uniform(*SOUND) * RATE), length - position)) * loud
        piece[:FADE] *= ramp
        piece[len(piece) - FADE :] *= ramp[::-1]
        sounds[position : position + len(piece)] = piece
        returns.append(f"{position / RATE:.2f}-{(position + len(piece)) / RATE:.2f}")
        position += len(piece)
    floor = looped(bed.samples, LEAD + length) * level / 10 ** (BED / 20)
    sides = {
        "clean": clean,
        "noisy": clean + sounds + floor[LEAD:],
        "lead": looped(first, LEAD) * loud + floor[:LEAD],
        "other": looped(halves(other)[0], LEAD) * loud + floor[:LEAD],
    }
    scale = 0.9 / max(np.abs(samples).max() for samples in sides.values())
    columns = [f"{snr:g}", words, noise.name, bed.name, other.name, "|".join(returns)]
    return {side: samples * scale for side, samples in sides.items()}, columns
