"""Two talkers, of whom the second was heard alone before: which of two voices is the noise is what a profile tells.

clean/       the first talker alone: what is to be kept when the second's voice was learned
noisy/       both and a light noise
both/        both, no noise: what is to be kept when no voice was learned
lead/        3 s (--lead) of the second talker before, another utterance than in noisy/
other/       as much of a third talker of the second's sex: learned, it must change nothing
mixed-lead/  lead/ with a second of the first talker in it, another utterance than in clean/

The same light noise goes on through the leads, another part of it where it is long enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd

import numpy as np

from .errors import EvaluationError
from .material import RATE, Noise, Speaker, Utterance, active_power, joined, looped

SIDES = ("clean", "noisy", "both", "lead", "other", "mixed-lead")
COLUMNS = (
    "snr_db", "speech", "noise", "sir_db", "second", "lead", "other", "mixed", "second_from_s",
    "mixed_at_s", "first_f0_hz", "second_f0_hz", "other_f0_hz",
)  # fmt: skip
WANTED = RATE  # of the first talker in mixed-lead/
PAUSES = (0.15, 0.45)
CANDIDATES = 24  # third talkers whose pitch is compared


@dataclass(frozen=True)
class Plan:
    sirs: list[float]
    snr: float  # of the light noise, against the first talker
    seconds: float
    sexes: dict[str, str]  # of the speakers where they are known
    lead_seconds: float = 3

    @property
    def lead(self) -> int:
        """Samples of what is heard before."""
        return int(self.lead_seconds * RATE)


def split(random, speaker: Speaker, aside: int) -> tuple[list[Utterance], list[Utterance]]:
    """A speaker's utterances in random order: (those of the mixture, those of `aside` samples before it)."""
    order = [speaker.utterances[n] for n in random.permutation(len(speaker.utterances))]
    kept, length = [], 0
    while length < aside:
        kept.append(order.pop())
        length += len(kept[-1].samples)
    return order, kept


def suffices(speaker: Speaker, aside: int, least: int) -> bool:
    """Whether any order of a speaker's utterances leaves `least` samples beside those kept aside."""
    return speaker.samples - (aside + speaker.longest) >= least


def third(random, speakers: list[Speaker], first: Speaker, second: Speaker, plan: Plan) -> Speaker:
    """A talker of the second's sex where it is known, else the one nearest in pitch; one that can fill a lead."""
    others = [s for s in speakers if s.name not in (first.name, second.name) and s.samples >= plan.lead]
    sex = lambda s: plan.sexes.get(s.name.rsplit("/")[-1])  # noqa: E731
    if sex(second):
        others = [s for s in others if sex(s) == sex(second)] or others
    if not others:
        raise EvaluationError(f"voices takes three speakers or more with {plan.lead_seconds:g} s of speech; name more --speech")
    some = [others[n] for n in random.permutation(len(others))[:CANDIDATES]]
    return min(some, key=lambda s: abs(np.log((s.pitch or 1) / (second.pitch or 1))))


def loudest(samples: np.ndarray, count: int) -> np.ndarray:
    """The `count` samples of most energy, faded over 10 ms at both ends."""
    energy = np.concatenate([[0], np.cumsum(np.square(samples))])
    start = int(np.argmax(energy[count:] - energy[:-count])) if len(samples) > count else 0
    piece = samples[start : start + count].copy()
    edge = np.minimum(1, (np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) + 1) / 160)
    return piece * edge


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt(np.square(x).mean() + 1e-12)


def made(speakers: list[Speaker], noises: list[Noise], count: int, plan: Plan, seed: int) -> Iterator:
    """The pairs one by one: ({side: samples}, columns after name and seconds)."""
    length = int(plan.seconds * RATE)
    firsts = [s for s in speakers if suffices(s, WANTED, int(0.8 * length))]
    seconds = [s for s in speakers if suffices(s, plan.lead, int(0.5 * length))]
    if not firsts or len({s.name for s in firsts + seconds}) < 2 or not seconds:
        raise EvaluationError(
            f"voices takes two speakers or more with about {plan.seconds + plan.lead_seconds + 3:g} s of speech each in several utterances, "
            "and a third; name more --speech"
        )
    turns = np.random.default_rng([seed, 1 << 31]).permutation(len(firsts))  # everybody is first about as often
    for index in range(count):
        random = np.random.default_rng([seed, index])  # a pair does not change when more are asked for
        # Moved on by one a round where a speaker would else have the same ratio each time.
        shift = index // len(firsts) if gcd(len(firsts), len(plan.sirs)) > 1 else 0
        first = firsts[turns[(index + shift) % len(firsts)]]
        sir = plan.sirs[index % len(plan.sirs)]
        yield pair(random, speakers, noises, first, [s for s in seconds if s.name != first.name], sir, plan, length)


def pair(random, speakers, noises, first: Speaker, seconds: list[Speaker], sir: float, plan: Plan, length: int):
    if not seconds:
        raise EvaluationError(f"voices finds no second talker beside {first.name}; name more --speech")
    second = seconds[random.integers(len(seconds))]
    other = third(random, speakers, first, second, plan)
    noise = noises[random.integers(len(noises))]
    said, kept = split(random, first, WANTED)
    answered, before = split(random, second, plan.lead)
    elsewhere = [other.utterances[n] for n in random.permutation(len(other.utterances))]

    clean, words = joined(random, said, length, PAUSES)
    start = int(random.uniform(0, 1.5) * RATE)
    voice = np.zeros(length)
    voice[start:], answer = joined(random, answered, length - start, PAUSES)
    level = np.sqrt(active_power(clean))
    voice *= level / np.sqrt(active_power(voice)) / 10 ** (sir / 20)
    hiss = looped(noise.samples, plan.lead + length)
    before_it, during = (unit(part) * level / 10 ** (plan.snr / 20) for part in (hiss[: plan.lead], hiss[plan.lead :]))
    both = clean + voice

    def lead(utterances: list[Utterance]) -> tuple[np.ndarray, str]:
        spoken, names = joined(random, utterances, plan.lead, PAUSES)
        return spoken * level / np.sqrt(active_power(spoken)) / 10 ** (sir / 20) + before_it, names

    (alone, learned), (unrelated, another) = lead(before), lead(elsewhere)
    wanted = loudest(np.concatenate([u.samples for u in kept]), WANTED)
    wanted *= level / np.sqrt(active_power(wanted))
    at = int(random.uniform(0.3, 1.7) * RATE)
    mixed = alone.copy()
    mixed[at : at + WANTED] += wanted
    sides = dict(zip(SIDES, (clean, both + during, both, alone, unrelated, mixed)))
    scale = 0.9 / max(np.abs(samples).max() for samples in sides.values())
    columns = [
        f"{plan.snr:g}", words, noise.name, f"{sir:g}", answer, learned, another, "|".join(u.name for u in kept),
        f"{start / RATE:.2f}", f"{at / RATE:.2f}", f"{first.pitch:.0f}", f"{second.pitch:.0f}", f"{other.pitch:.0f}",
    ]  # fmt: skip
    return {side: samples * scale for side, samples in sides.items()}, columns
