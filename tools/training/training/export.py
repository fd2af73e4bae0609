"""Writes a checkpoint's averaged weights as safetensors: `python -m training.export CHECKPOINT OUT`.

The configuration, the format (rate, frames, compression, diffusion process and time grid), the hours of audio heard, the names of the corpora and the scores go into the metadata as
one JSON string under the key `limpid`, which the Swift program reads.
"""

import argparse
import datetime
import json
import pickle
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from . import diffusion, features
from .checkpoint import hears_backwards
from .network import NetworkConfiguration, ScoreNetwork, multiply_adds


def model_format(bins: int = features.BINS, backward: bool = False) -> dict:
    """What surrounds the network and is not learned, by the names that the Swift program reads (ModelFormat+JSON.swift).

    `backward`: it was trained on sound that is heard from its end.
    """
    direction = {"direction": "backward"} if backward else {}
    return direction | {
        "sample_rate": features.SAMPLE_RATE,
        "fft_length": features.FRAME,
        "hop_length": features.HOP,
        "bins": bins,
        "compression_factor": features.FACTOR,
        "compression_exponent": features.EXPONENT,
        "theta": diffusion.THETA,
        "sigma_min": diffusion.SIGMA_MIN,
        "sigma_max": diffusion.SIGMA_MAX,
        "times": diffusion.GRID,
    }


def export(checkpoint: dict, path: Path, name: str, data: list[str], scores: dict) -> dict:
    """Returns the metadata written; tensors are float32, named as in the PyTorch module."""
    configuration = NetworkConfiguration(**checkpoint["configuration"])
    network = ScoreNetwork(configuration)
    network.load_state_dict(checkpoint["network"])  # refuses a checkpoint of another shape
    metadata = {
        "configuration": configuration.as_dict(),
        "format": model_format(configuration.bins, hears_backwards(checkpoint)),
        "name": name,
        "created": datetime.date.today().isoformat(),
        "parameters": sum(p.numel() for p in network.parameters()),
        "multiply_adds_per_frame": multiply_adds(configuration),
        "hours": round(checkpoint["hours"], 2),
        "steps": checkpoint["step"],
        "data": data,
        "scores": scores,
        "licence": "GPL-3.0-or-later",
    }
    tensors = {k: v.detach().float().cpu().contiguous() for k, v in network.state_dict().items()}
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary, {"format": "pt", "limpid": json.dumps(metadata)})
    temporary.rename(path)
    return metadata


@torch.no_grad()
def golden(checkpoint: dict, path: Path, frames: int = 12, reference: int = 60) -> None:
    """Inputs and outputs of this very network, for the Swift program to be held against.

    x, y (frames, 160, 2); t (1); magnitudes (reference, 160); tokens (tokens, D); conditional and unconditional
    estimates (frames, 160, 2). Computed in float64 from the float32 weights.
    """
    network = ScoreNetwork(NetworkConfiguration(**checkpoint["configuration"])).double().eval()
    network.load_state_dict(checkpoint["network"])
    generator = torch.Generator().manual_seed(1)
    y = 0.3 * torch.randn(1, frames, 160, 2, generator=generator, dtype=torch.float64).float().double()
    x = (y + 0.27 * torch.randn(y.shape, generator=generator, dtype=torch.float64)).float().double()
    magnitudes = torch.rand(1, reference, 160, generator=generator, dtype=torch.float64).float().double()
    if network.hears_samples:  # as many hops of sound
        magnitudes = 0.1 * (magnitudes.flatten(1) - 0.5)
    t = torch.ones(1, dtype=torch.float64)
    tokens = network.encode(magnitudes)
    tensors = {
        "x": x[0], "y": y[0], "t": t, "magnitudes": magnitudes[0],
        "conditional": network(x, y, t, tokens)[0], "unconditional": network(x, y, t)[0],
    }  # fmt: skip
    if tokens is not None:
        tensors["tokens"] = tokens[0]
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, path)


def main(argv=None) -> int:
    p = argparse.ArgumentParser(prog="python -m training.export", description=__doc__.splitlines()[0])
    p.add_argument("checkpoint", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--name", help="name in the metadata (default: the file's)")
    p.add_argument("--data", nargs="*", default=[], help="names of the corpora heard")
    p.add_argument("--scores", type=Path, help="JSON file of scores on the evaluation sets")
    p.add_argument("--golden", type=Path, help="also write golden vectors of this network here (.safetensors)")
    args = p.parse_args(argv)
    try:
        checkpoint = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
    except OSError as error:
        print(f"export: error: {args.checkpoint} cannot be read ({error.strerror})", file=sys.stderr)
        return 1
    except (RuntimeError, EOFError, pickle.UnpicklingError):
        print(f"export: error: {args.checkpoint} is not a checkpoint of training.train", file=sys.stderr)
        return 1
    try:
        scores = json.loads(args.scores.read_text()) if args.scores else {}
    except (OSError, ValueError):
        print(f"export: error: {args.scores} is not a JSON file that can be read; name one with --scores", file=sys.stderr)
        return 1
    try:
        metadata = export(checkpoint, args.out, args.name or args.out.stem, args.data, scores)
        if args.golden:
            golden(checkpoint, args.golden)
    except (KeyError, TypeError, AttributeError):
        print(f"export: error: {args.checkpoint} is a checkpoint of another trainer; give one of training.train", file=sys.stderr)
        return 1
    except (OSError, SafetensorError) as error:
        print(f"export: error: {args.out} cannot be written ({error}); make its folder, or room", file=sys.stderr)
        return 1
    print(f"{args.out}: {metadata['parameters']} parameters, {metadata['hours']} hours heard")
    return 0


if __name__ == "__main__":
    sys.exit(main())
