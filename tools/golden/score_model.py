"""Golden vectors of the whole network, the noise encoders and the sampled chain: python tools/golden/score_model.py

From tools/training's network, evaluated in float64 on float32 weights. Written:
- Tests/ScoreModelTests/Fixtures/tiny-{sequence,global,none,odd}.safetensors: small random weights, in the format
  of export, with inputs and outputs beside them in golden-*.safetensors;
- full.safetensors: expected outputs of the default configuration. Its weights are too large to commit, so both
  sides make them from a counter (`counted` below); names, shapes and scales are in the metadata;
- Tests/EnhancementTests/Fixtures/identity.safetensors: a network whose x̂0 is y to the bit.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "training"))
from training.network import NetworkConfiguration, ScoreNetwork, multiply_adds  # noqa: E402
from weights_file import save_weights  # noqa: E402

SEED = 3
TOLERANCE_DB = -80.0
FIXTURES = ROOT / "Tests" / "ScoreModelTests" / "Fixtures"
IDENTITY = ROOT / "Tests" / "EnhancementTests" / "Fixtures"

TINY = dict(
    channels=[8, 12], heads=2, feed_forward=20, embedding=16, time_frequencies=6, inner_dilations=[3, 4],
    encoder_channels=[4, 6, 8, 8], token_dimension=8,
)
# Each begins at SEED: one more changes none of the others. GoldenTests.swift names them.
CONFIGURATIONS = {
    "sequence": NetworkConfiguration(**TINY, encoder="sequence"),
    "global": NetworkConfiguration(**TINY, encoder="global"),
    "none": NetworkConfiguration(**TINY, encoder="none"),
    # Nothing here is a multiple of a vector; three blocks on the inner level, one on the outer.
    "odd": NetworkConfiguration(
        bins=90, channels=[7, 15], strides=[3, 2], outer_dilations=[3], inner_dilations=[1, 2, 5], heads=3,
        feed_forward=21, embedding=13, time_frequencies=5, encoder="sequence", encoder_channels=[5, 7, 9],
        encoder_time_strides=[2, 1, 3], tokens=6, token_dimension=11,
    ),
}
LEVELS = (-6, -40)  # dBFS


def counted(stream: int, count: int) -> np.ndarray:
    """`count` float32 in [-1, 1): splitmix64 of (stream, index), the top 24 bits. The Swift tests do the same."""
    with np.errstate(over="ignore"):
        z = (np.uint64(stream) << np.uint64(32)) + np.arange(1, count + 1, dtype=np.uint64)
        z = z * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.int64) - (1 << 23)).astype(np.float32) * np.float32(2.0**-23)


def randomise(net: ScoreNetwork):
    """Random values everywhere, also where training starts from 0, so that no path is silent."""
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "scale" in name:
                p.copy_(1 + 0.2 * torch.randn_like(p))
            elif p.dim() == 1:
                p.copy_(0.1 * torch.randn_like(p))
            elif "condition" in name:
                p.copy_(0.3 * torch.randn_like(p) * p.shape[1] ** -0.5)
            else:
                p.copy_(torch.randn_like(p) * (p[0].numel() if "position" not in name else 25) ** -0.5)
    return net


def export(net: ScoreNetwork, path: Path, name: str):
    metadata = {
        "configuration": net.configuration.as_dict(), "name": name,
        "parameters": sum(p.numel() for p in net.parameters()),
        "multiply_adds_per_frame": multiply_adds(net.configuration), "hours": 0, "data": ["random numbers"],
        "scores": {}, "licence": "GPL-3.0-or-later",
    }
    state = {k: v.detach().float().contiguous() for k, v in net.state_dict().items()}
    save_weights(state, path, {"format": "pt", "limpid": json.dumps(metadata)})


def spectra(frames: int, bins: int, level: float, generator) -> torch.Tensor:
    """Compressed spectra (1, T, bins, 2) of tilted noise; an amplitude's root is what level scales."""
    tilt = torch.linspace(0, -1.5, bins)[:, None].exp()
    scale = 0.3 * 10 ** ((level + 20) / 40)
    return (scale * tilt * torch.randn(1, frames, bins, 2, generator=generator)).float().double()


def network_case(name: str, net: ScoreNetwork, frames: int) -> dict:
    generator = torch.Generator().manual_seed(SEED)
    c = net.configuration
    result = {}
    reference = torch.from_numpy(counted(1000, 61 * c.bins)).abs().mul(0.3).view(1, 61, c.bins).double()
    tokens = net.encode(reference)
    if tokens is not None:
        result["tokens"] = tokens[0]
    for level in LEVELS:
        y = spectra(frames, c.bins, level, generator)
        x = (y + 0.25 * torch.randn(y.shape, generator=generator)).float().double()
        result |= {f"x{level}": x[0], f"y{level}": y[0]}
        for t in (1.0, 0.0817):
            time = torch.tensor([t], dtype=torch.float32).double()
            key = f"{level}.{t}"
            result[f"conditional{key}"] = net(x, y, time, tokens)[0]
            result[f"unconditional{key}"] = net(x, y, time)[0]
    return result


def encoder_cases(net: ScoreNetwork) -> dict:
    bins = net.configuration.bins
    result = {}
    for frames in (25, 100, 200):
        reference = torch.from_numpy(counted(frames, frames * bins)).abs().mul(0.3).view(1, frames, bins)
        result[f"tokens.{frames}"] = net.encode(reference.double())[0]
    return result


THETA, SIGMA_MIN, SIGMA_MAX = 1.5, 0.05, 0.5


def deviation(t: float) -> float:
    ratio = math.log(SIGMA_MAX / SIGMA_MIN)
    growth = math.exp(2 * ratio * t) - math.exp(-2 * THETA * t)
    return math.sqrt(SIGMA_MIN**2 * growth * ratio / (THETA + ratio))


def mean(x0, y, t: float):
    weight = math.exp(-THETA * t)
    return weight * x0 + (1 - weight) * y


def chain(net, y, tokens, steps: int, eta: float, guidance: float, noise) -> torch.Tensor:
    """The few-step sampler over a whole recording; noise: (draws, T, bins, 2)."""
    times = [float(np.float32(0.03 ** (n / 7))) for n in range(steps)]
    x = y + deviation(1.0) * noise[0]
    for n, t in enumerate(times):
        time = torch.tensor([t], dtype=torch.float64)
        clean = net(x, y, time, tokens)
        if guidance != 1:
            null = net(x, y, time)
            clean = null + guidance * (clean - null)
        if n + 1 == steps:
            return clean
        following = times[n + 1]
        direction = (x - mean(clean, y, t)) / deviation(t)
        draw = noise[n + 1] if eta > 0 else 0
        x = mean(clean, y, following) + deviation(following) * (
            math.sqrt(1 - eta**2) * direction + eta * draw
        )


CHAINS = {"one": (1, 0.0, 1.0), "four": (4, 0.0, 1.0), "four_guided": (4, 0.5, 1.5)}


def chain_cases(net) -> dict:
    generator = torch.Generator().manual_seed(SEED + 1)
    frames, bins = 8, net.configuration.bins
    reference = torch.from_numpy(counted(1000, 61 * bins)).abs().mul(0.3).view(1, 61, bins).double()
    tokens = net.encode(reference)
    noise = (torch.randn(4, 1, frames, bins, 2, generator=generator) * 0.5**0.5).float().double()
    result = {"noise": noise[:, 0], "tokens": tokens[0]}
    for level in LEVELS:
        y = spectra(frames, bins, level, generator)
        result[f"y{level}"] = y[0]
        for name, (steps, eta, guidance) in CHAINS.items():
            result[f"{name}{level}"] = chain(net, y, tokens, steps, eta, guidance, noise)[0]
    return result


def full_case() -> tuple[dict, dict]:
    """The default configuration with counted weights; outputs of 5 frames at both levels."""
    net = ScoreNetwork(NetworkConfiguration())
    listing = []
    state = net.state_dict()
    for stream, name in enumerate(sorted(state)):
        shape = list(state[name].shape)
        if name == "time.scale":
            scale, offset = 0.0, 0.0
            listing.append([name, shape, 0.0, 0.0, state[name].tolist()])
            continue
        fan = math.prod(shape[1:]) if len(shape) > 1 else 100
        scale = float(np.float32(math.sqrt(3 / fan)))
        offset = 1.0 if "scale" in name else 0.0
        listing.append([name, shape, scale, offset])
        values = counted(stream, math.prod(shape)) * np.float32(scale) + np.float32(offset)
        state[name] = torch.from_numpy(values).view(shape)
    net.load_state_dict(state)
    net = net.double()
    bins, frames = 160, 5
    result = {}
    tokens = net.encode(torch.from_numpy(counted(2000, 100 * bins)).abs().mul(0.3).view(1, 100, bins).double())
    result["tokens"] = tokens[0]
    for i, level in enumerate(LEVELS):
        scale = np.float32(0.5 * 10 ** ((level + 20) / 40))
        y = torch.from_numpy(counted(3000 + i, frames * bins * 2) * scale).view(1, frames, bins, 2).double()
        z = torch.from_numpy(counted(4000 + i, frames * bins * 2) * np.float32(0.5)).view(y.shape)
        x = (y.float() + z).double()
        result[f"conditional{level}"] = net(x, y, torch.ones(1, dtype=torch.float64), tokens)[0]
        result[f"unconditional{level}"] = net(x, y, torch.ones(1, dtype=torch.float64))[0]
    metadata = {
        "configuration": net.configuration.as_dict(), "tensors": listing,
        "parameters": sum(p.numel() for p in net.parameters()),
        "multiply_adds_per_frame": multiply_adds(net.configuration),
    }
    return result, metadata


def identity():
    """All weights 0, so the mask is 1 and the residual 0: x̂0 = y."""
    c = NetworkConfiguration(
        channels=[4, 4], outer_dilations=[1], inner_dilations=[1], heads=1, feed_forward=4, embedding=4,
        time_frequencies=2, encoder_channels=[2, 2, 2, 2], token_dimension=4,
    )
    net = ScoreNetwork(c)
    with torch.no_grad():
        for p in net.parameters():
            p.zero_()
    x, y = torch.randn(1, 3, 160, 2), torch.randn(1, 3, 160, 2)
    assert torch.equal(net(x, y, torch.ones(1)), y)
    IDENTITY.mkdir(parents=True, exist_ok=True)
    export(net, IDENTITY / "identity.safetensors", "identity")
    export(net, FIXTURES / "identity.safetensors", "identity")


def save(name: str, tensors: dict, metadata: dict | None = None):
    tensors = {k: v.detach().float().contiguous() for k, v in tensors.items()}
    path = FIXTURES / f"{name}.safetensors"
    save_file(tensors, path, {"golden": json.dumps(metadata or {})})
    assert path.stat().st_size < 200_000, f"{path} is {path.stat().st_size} bytes"


@torch.no_grad()
def main():
    identity()
    for name, configuration in CONFIGURATIONS.items():
        torch.manual_seed(SEED)
        net = randomise(ScoreNetwork(configuration))
        export(net, FIXTURES / f"tiny-{name}.safetensors", f"tiny-{name}")
        net = net.double()
        save(f"golden-{name}", network_case(name, net, 9 if name in ("sequence", "odd") else 4))
        if name == "sequence":
            save("golden-chain", chain_cases(net))
        if name in ("sequence", "global"):
            save(f"golden-encoder-{name}", encoder_cases(net))
    save("golden-full", *full_case())
    manifest = {
        "command": "python tools/golden/score_model.py",
        "reference": "tools/training/training/network.py, float64 on float32 weights",
        "torch": torch.__version__.split("+")[0],
        "seed": SEED,
        "tolerance_db": TOLERANCE_DB,
        "levels_dbfs": LEVELS,
        "chains": {k: dict(zip(("steps", "eta", "guidance"), v)) for k, v in CHAINS.items()},
    }
    (FIXTURES / "score_model.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
