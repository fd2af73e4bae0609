#!/usr/bin/env python3
"""Golden vectors of Enhancement: a whole enhancer in double precision, PyTorch network included.

The network is the training program's own (tools/training), tiny and with random weights, written as it would be
exported; around it transform, level gain, compression, few-step sampler, guidance, noise reference and bin 160 are
written anew from their definitions. Noise is Philox's, from tools/golden/diffusion.py.

    python tools/golden/enhancement.py     # rewrites Tests/EnhancementTests/Fixtures
"""

import dataclasses
import json
import platform
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.signal import butter, lfilter

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "training")]

from diffusion import GRID, counter_noise  # noqa: E402
from training.export import model_format  # noqa: E402
from training.network import NetworkConfiguration, ScoreNetwork  # noqa: E402
from weights_file import save_weights  # noqa: E402

SEED = 20250711
FIXTURES = HERE.parents[1] / "Tests/EnhancementTests/Fixtures"
ARRAYS = {}
# Tells the second pass's noise from the first one's.
SECOND_NOISE = 0x9E3779B97F4A7C15


@dataclasses.dataclass(frozen=True)
class Format:
    """What surrounds the network."""

    rate: int
    frame: int
    hop: int
    bins: int
    factor: float
    exponent: float
    theta: float
    sigma_min: float
    sigma_max: float
    times: tuple

    @property
    def window(self):
        return np.sin(np.pi * np.arange(self.frame) / self.frame)

    def as_metadata(self):
        values = dataclasses.astuple(self)
        return dict(zip(model_format(), values[:-1])) | {"times": list(self.times)}

    def compress(self, spectrum):
        """f·|X|^e·e^{i∠X}."""
        return self.factor * spectrum * np.maximum(np.abs(spectrum), 1e-19) ** (self.exponent - 1)

    def expand(self, compressed):
        magnitude = np.abs(compressed)
        return (magnitude / self.factor) ** (1 / self.exponent) * compressed / np.maximum(magnitude, 1e-30)

    def mean(self, x0, t, y):
        weight = np.exp(-self.theta * t)
        return weight * x0 + (1 - weight) * y

    def std(self, t):
        log = np.log(self.sigma_max / self.sigma_min)
        growth = np.exp(2 * log * t) - np.exp(-2 * self.theta * t)
        return np.sqrt(self.sigma_min**2 * growth * log / (self.theta + log))


STANDARD = Format(16000, 320, 160, 160, 0.15, 0.5, 1.5, 0.05, 0.5, tuple(GRID))
# Everything is other than in the standard one. The times are single precision in the product.
NARROW = Format(8000, 128, 64, 64, 0.2, 0.6, 2.0, 0.04, 0.4, tuple(np.float32([1, 0.6, 0.35, 0.2, 0.1]).astype(float)))


def keep(name, array):
    array = np.asarray(array)
    array.astype("<f4").tofile(FIXTURES / f"{name}.f32")
    ARRAYS[name] = list(array.shape)


def tiny_network(name, stated=None, **more):
    torch.manual_seed(SEED)
    configuration = NetworkConfiguration(
        channels=[8, 16], heads=2, feed_forward=16, embedding=16, time_frequencies=4,
        encoder_channels=[4, 8, 8, 8], tokens=16, token_dimension=16, **more,
    )  # fmt: skip
    network = ScoreNetwork(configuration)
    with torch.no_grad():
        for key, p in network.named_parameters():
            if "condition.linear.weight" in key:
                p.copy_(0.3 * torch.randn_like(p))  # zero at the start of training: no condition would be seen
            elif key.endswith(("null_tokens", "position", "learned_mark")):
                p.copy_(0.5 * torch.randn_like(p))
    metadata = {
        "configuration": configuration.as_dict(), "name": name, "created": "2025-07-11",
        "parameters": sum(p.numel() for p in network.parameters()), "hours": 0, "data": [],
        "licence": "GPL-3.0-or-later",
    }  # fmt: skip
    if stated:
        metadata["format"] = stated.as_metadata()
    tensors = {k: v.detach().float().contiguous() for k, v in network.state_dict().items()}
    save_weights(tensors, FIXTURES / f"{name}.safetensors", {"format": "pt", "limpid": json.dumps(metadata)})
    return network.double().eval()


def windowed(samples, form):
    padded = np.concatenate([np.zeros(form.hop), samples])
    return np.stack([padded[k : k + form.frame] for k in range(0, len(samples), form.hop)]) * form.window


def stft(samples, form):
    """Spectrum, and the energy that the level hears: through a high-pass of 40 Hz."""
    heard = lfilter(*butter(2, 40, "highpass", fs=form.rate), samples)
    return np.fft.rfft(windowed(samples, form)), 2 * np.mean(windowed(heard, form) ** 2, -1)


def hops(bins, form):
    """What a streaming synthesis has complete after each frame."""
    frames = np.fft.irfft(bins) * form.window
    earlier = np.concatenate([np.zeros((1, form.hop)), frames[:-1, form.hop :]])
    return (earlier + frames[:, : form.hop]).ravel()


def level_gain(energy, level, form):
    """From −20 dB; 3 dB/s down, 100 dB/s up."""
    seconds = form.hop / form.rate
    gains = []
    for e in 10 * np.log10(energy + 1e-12):
        gains.append(10 ** ((-20 - level) / 20))
        if e > -75:
            level = np.clip(level + np.clip(e - level, -3 * seconds, 100 * seconds), -75, 10)
    return np.array(gains)


def pairs(z):
    return torch.from_numpy(np.stack([z.real, z.imag], -1)[None])


def complex_of(pair):
    return (pair[..., 0] + 1j * pair[..., 1])[0].numpy()


def learned_magnitudes(sound):
    """Of the frames within 30 dB of the loudest one, at a level of their own."""
    frame, hop = STANDARD.frame, STANDARD.hop
    frames = np.stack([sound[k : k + frame] for k in range(0, len(sound) - frame + 1, hop)])
    energy = np.mean(frames**2, -1)
    frames = frames[energy >= 1e-3 * energy.max()][:400] * STANDARD.window
    gain = np.sqrt(0.01 / (2 * np.mean(frames**2) + 1e-12))
    return 0.15 * np.sqrt(gain * np.abs(np.fft.rfft(frames)[:, :160]))


def enhance(
    network, samples, steps, guidance, seed, start_level, profile=None, learned=None, form=STANDARD, passes=1
):
    """Few-step sampler (eta 0) on the whole recording; of two passes their mean, the second over frames half a hop earlier."""
    spectrum, energy = stft(samples, form)
    gain = level_gain(energy, start_level, form)[:, None]
    given = (network, steps, guidance, profile, learned, form)
    first = enhance_frames(spectrum, gain, seed, *given)
    if passes == 1:
        return first
    half = form.hop // 2
    shifted = np.concatenate([np.zeros(half), samples[:-half]])
    second = enhance_frames(stft(shifted, form)[0], gain, seed ^ SECOND_NOISE, *given)
    # What comes at the end of the first pass has no second half hop yet.
    return (first[:-half] + second[half:]) / 2


def enhance_frames(spectrum, gain, seed, network, steps, guidance, profile, learned, form):
    """Every step's network runs over all frames at once."""
    y = form.compress(gain * spectrum[:, : form.bins])
    tokens = None
    if profile is not None:
        magnitudes = form.factor * (gain[0] * profile) ** form.exponent
        tokens = network.encode(torch.from_numpy(magnitudes[None]))
    more = {}
    if learned is not None:
        more = {"learned": network.encode_learned(torch.from_numpy(learned_magnitudes(learned)[None]))}
    z = np.stack([counter_noise(seed, k, 0, form.bins) for k in range(len(y))])
    times = form.times
    x = y + form.std(times[0]) * z
    for n in range(steps):
        t = torch.tensor([times[n]], dtype=torch.float64)
        estimate = complex_of(network(pairs(x), pairs(y), t, tokens, **more))
        if guidance != 1:
            plain = complex_of(network(pairs(x), pairs(y), t, None))
            estimate = plain + guidance * (estimate - plain)
        if n + 1 < steps:
            here = form.mean(estimate, times[n], y)
            x = form.mean(estimate, times[n + 1], y) + form.std(times[n + 1]) / form.std(times[n]) * (x - here)
    clean = form.expand(estimate) / gain
    last = form.bins - 1
    ratio = np.minimum(np.abs(clean[:, last]) / np.abs(spectrum[:, last]), 1)
    clean = np.concatenate([clean, ratio[:, None] * spectrum[:, form.bins :]], 1)
    return hops(clean, form)


def recording(rng, frames, level, form=STANDARD):
    """A voice-like tone complex in noise, `level` dB re full scale, with a soft start and a 20 dB step half way."""
    n = np.arange(frames * form.hop)
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * n / 5000)) / form.rate
    voice = sum(np.sin(k * pitch) / k for k in range(1, 20)) * (np.sin(2 * np.pi * n / 4000) > 0)
    x = voice + 0.2 * rng.standard_normal(len(n))
    x *= np.where(n < len(n) // 2, 0.1, 1)
    return (x * 10 ** (level / 20) / np.sqrt(np.mean(x**2))).astype(np.float32).astype(np.float64)


@torch.no_grad()
def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    network, learner = tiny_network("tiny"), tiny_network("tiny-learned", learned_tokens=True)
    profile = np.abs(rng.standard_normal((60, 160)) * 0.4).astype(np.float32).astype(np.float64)
    keep("profile", profile)
    cases = []
    for name, frames, steps, guidance, level, start, heard in [
        ("loud-1-step", 80, 1, 1.0, -6, -26, None),
        ("faint-4-steps", 80, 4, 1.0, -40, -26, None),
        # The tokens taken at frame 25 come into effect at frame 35: until then there is one set.
        ("profile-2-steps", 35, 2, 1.5, -20, -20, profile),
        ("profile-4-steps", 35, 4, 1.0, -6, -10, profile),
    ]:
        x = recording(rng, frames, level)
        keep(f"{name}-input", x)
        keep(f"{name}-output", enhance(network, x, steps, guidance, SEED, start, heard))
        cases.append(
            {"name": name, "steps": steps, "guidance": guidance, "startLevel": start, "profile": heard is not None}
        )
    # A second sound that was learned, with pauses in it: 1.5 s, of which less is heard.
    lead = recording(rng, 150, -30)
    lead[40 * STANDARD.hop : 70 * STANDARD.hop] *= 1e-4
    lead = lead.astype(np.float32).astype(np.float64)
    keep("learned-sound", lead)
    for name, guidance, heard in [("learned-2-steps", 1.0, None), ("learned-with-profile", 1.5, profile)]:
        x = recording(rng, 35, -20)
        keep(f"{name}-input", x)
        keep(f"{name}-output", enhance(learner, x, 2, guidance, SEED, -20, heard, lead))
        cases.append({"name": name, "steps": 2, "guidance": guidance, "startLevel": -20, "profile": heard is not None, "learned": True})
    # A model of another format, which its file states.
    narrow = tiny_network("tiny-8k", NARROW, bins=NARROW.bins)
    faint = np.abs(rng.standard_normal((60, NARROW.bins)) * 0.2).astype(np.float32).astype(np.float64)
    keep("profile-8k", faint)
    for name, frames, steps, guidance, start, heard in [
        ("8k-1-step", 100, 1, 1.0, -26, None),
        # The tokens taken at frame 31 come into effect at frame 44.
        ("8k-profile-3-steps", 44, 3, 1.5, -20, faint),
    ]:
        x = recording(rng, frames, -12, NARROW)
        keep(f"{name}-input", x)
        keep(f"{name}-output", enhance(narrow, x, steps, guidance, SEED, start, heard, form=NARROW))
        cases.append({"name": name, "steps": steps, "guidance": guidance, "startLevel": start, "profile": heard is not None, "narrow": True})
    # Two passes half a hop beside each other.
    for name, form, model, more, steps, guidance, heard, sound in [
        ("two-passes", STANDARD, network, {}, 1, 1.0, None, None),
        ("two-passes-profile-learned", STANDARD, learner, {"learned": True}, 2, 1.5, profile, lead),
        ("8k-two-passes", NARROW, narrow, {"narrow": True}, 2, 1.0, None, None),
    ]:
        x = recording(rng, 35, -20, form)
        keep(f"{name}-input", x)
        keep(f"{name}-output", enhance(model, x, steps, guidance, SEED, -20, heard, sound, form, passes=2))
        cases.append({"name": name, "steps": steps, "guidance": guidance, "startLevel": -20, "profile": heard is not None, "passes": 2} | more)
    # What tools/training writes for today's models: the same as nothing.
    (FIXTURES / "format.json").write_text(json.dumps(model_format()) + "\n")
    manifest = {
        "command": "python tools/golden/enhancement.py",
        "seed": SEED,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "format": "little-endian float32",
        "toleranceInDecibels": -80,
        "toleranceMeaning": "RMS of the error over the RMS of the reference; float32 against float64",
        "cases": cases,
        "arrays": ARRAYS,
    }
    (FIXTURES / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{len(cases)} cases in {FIXTURES}")


if __name__ == "__main__":
    main()
