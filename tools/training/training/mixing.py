"""Mixtures of a batch of components, on whatever device they are: levels, microphones, references."""

import math
from typing import NamedTuple

import torch

from .augmentation_options import Augmentation
from .components import LEAD, LEARNED_FRAMES, Parts
from .features import FRAME, HOP, SAMPLE_RATE

REFERENCE_FRAMES = (25, 200)
RUMBLE_HIGHEST = 30.0  # Hz


class Batch(NamedTuple):
    """What the network learns from."""

    noisy: torch.Tensor  # (B, N)
    clean: torch.Tensor  # (B, N), the target
    reference: torch.Tensor  # (B, R, 320): frames of the rolling reference, raw samples
    empty: torch.Tensor  # (B) bool: it has heard nothing yet
    start: torch.Tensor  # (B) the level gain's start in dB; NaN: as if it had long run
    learned: torch.Tensor  # (B, S, 320): frames of what was learned
    heard: torch.Tensor  # (B) bool: something was learned
    removes: torch.Tensor  # (B) bool: it is the second voice, which is not in the target


def power(x: torch.Tensor) -> torch.Tensor:
    """(B, N) -> (B, 1)."""
    return x.square().mean(1, keepdim=True)


def uniform(b: int, bounds: tuple[float, float], device) -> torch.Tensor:
    """(B, 1)."""
    return bounds[0] + (bounds[1] - bounds[0]) * torch.rand(b, 1, device=device)


def chance(b: int, probability: float, device) -> torch.Tensor:
    """(B, 1) bool."""
    return torch.rand(b, 1, device=device) < probability


def amplitude(decibels: torch.Tensor) -> torch.Tensor:
    return 10 ** (decibels / 20)


def clipped(x: torch.Tensor) -> torch.Tensor:
    """Peaks cut off 3 to 12 dB below the highest, hard or softly, as by a microphone that is turned up too far."""
    limit = x.abs().amax(1, keepdim=True) * amplitude(uniform(len(x), (-12, -3), x.device)) + 1e-9
    hard = x.clamp(-limit, limit)
    return torch.where(chance(len(x), 0.7, x.device), hard, limit * torch.tanh(x / limit))


def rumble(b: int, count: int, device) -> torch.Tensor:
    """(B, N) of unit power: noise below 30 Hz, or a tone there."""
    frequency = torch.fft.rfftfreq(count, 1 / SAMPLE_RATE, device=device)
    spectrum = torch.randn(b, len(frequency), 2, device=device) * ((frequency > 2) & (frequency < RUMBLE_HIGHEST))[:, None]
    noise = torch.fft.irfft(torch.view_as_complex(spectrum), count)
    time = torch.arange(count, device=device) / SAMPLE_RATE
    tone = torch.sin(2 * math.pi * (uniform(b, (5, RUMBLE_HIGHEST), device) * time + uniform(b, (0, 1), device)))
    x = torch.where(chance(b, 0.5, device), noise, tone)
    return x / (power(x) + 1e-12).sqrt()


def heard_frames(track: torch.Tensor, count: int) -> torch.Tensor:
    """(B, N) -> (B, count, 320): the frames that are heard (within 30 dB of the loudest), in their order; where they are too
    few, quieter ones among them."""
    windows = track.unfold(1, FRAME, HOP)
    energy = windows.square().mean(-1)
    quiet = (energy < 1e-3 * energy.amax(1, keepdim=True)).to(torch.int8)
    index = quiet.argsort(dim=1, stable=True)[:, :count].sort(1).values
    return windows.gather(1, index[..., None].expand(-1, -1, FRAME))


def rolling_frames(track: torch.Tensor, frames: int) -> torch.Tensor:
    """(B, LEAD + N) -> (B, frames, 320): of a stretch that ends somewhere in the crop or before it, some left out."""
    b, length = track.shape
    count = length - LEAD
    total = length // HOP - 1
    end = (LEAD // HOP + uniform(b, (-0.3, 0.5), track.device) * count / HOP).long().clamp(frames, total)
    gaps = chance(b, 0.5, track.device)
    span = torch.where(gaps, frames + (torch.rand(b, 1, device=track.device) * (end - frames)).long(), frames)
    position = torch.arange(total, device=track.device)[None]
    inside = (position < end) & (position >= end - span)
    pick = torch.where(inside, torch.rand(b, total, device=track.device), -1.0)
    index = pick.topk(frames, 1).indices.sort(1).values
    return track.unfold(1, FRAME, HOP).gather(1, index[..., None].expand(-1, -1, FRAME))


def backwards(x: torch.Tensor, chosen: torch.Tensor, lead: int = 0) -> torch.Tensor:
    """(B, lead + N): the chosen (B, 1) from their end; the lead, itself so, stays before what follows it."""
    return torch.where(chosen, torch.cat([x[:, :lead].flip(1), x[:, lead:].flip(1)], 1), x)


@torch.no_grad()
def mix(parts: Parts, options: Augmentation) -> Batch:
    """Components to mixtures; every draw is from PyTorch's random numbers of the device."""
    clean, noise, sudden, voice, learned, removes, ratio = parts
    b, count = clean.shape
    device = clean.device
    noise = noise * amplitude(-ratio)[:, None] + sudden  # speech that is heard has a power of 1
    voice = voice * amplitude(-uniform(b, options.voice_ratio, device))
    removed = removes[:, None]
    clean = clean + torch.where(removed, 0.0, voice[:, LEAD:])
    # Noise to the listener, before the crop and in it; what is removed is heard as noise too.
    track = noise + torch.where(removed, voice, 0.0)
    noisy = clean + track[:, LEAD:]

    noisy = torch.where(chance(b, options.clipped, device), clipped(noisy), noisy)
    level = torch.where(
        chance(b, options.quiet, device), uniform(b, options.quiet_level, device), uniform(b, options.level, device)
    )
    scale = amplitude(level) / power(noisy).clamp(min=1e-9).sqrt()
    noisy, clean, track = noisy * scale, clean * scale, track * scale
    shaken = chance(b, options.rumble, device) * amplitude(uniform(b, options.rumble_ratio, device)) * power(noisy).sqrt()
    offset = chance(b, options.offset, device) * uniform(b, (-options.largest_offset, options.largest_offset), device)
    defect = shaken * rumble(b, LEAD + count, device) + offset  # of the microphone: in all that it hears
    noisy, track = noisy + defect[:, LEAD:], track + defect

    back = chance(b, options.backwards, device)
    noisy, clean, learned = (backwards(x, back) for x in (noisy, clean, learned))
    track = backwards(track, back, LEAD)

    leak = chance(b, options.leaking, device) * amplitude(uniform(b, options.leak, device))
    track[:, LEAD:] += leak * clean
    other = chance(b, options.other_reference, device)
    alien = track.roll(1, 0) * ((power(track) + 1e-12) / (power(track.roll(1, 0)) + 1e-12)).sqrt()
    track = torch.where(other & ~removed, alien * amplitude(uniform(b, (-6, 6), device)), track)
    frames = int(torch.randint(REFERENCE_FRAMES[0], REFERENCE_FRAMES[1] + 1, ()))
    size = int(torch.randint(LEARNED_FRAMES[0], LEARNED_FRAMES[1] + 1, ()))
    start = torch.where(chance(b, options.random_start, device), uniform(b, (-60, 0), device), torch.full((b, 1), math.nan, device=device))
    return Batch(
        noisy=noisy, clean=clean, reference=rolling_frames(track, frames), empty=chance(b, options.empty, device)[:, 0],
        start=start[:, 0], learned=heard_frames(learned, size), heard=learned.abs().amax(1) > 0, removes=removes,
    )  # fmt: skip
