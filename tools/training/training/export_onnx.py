"""Writes the score network as a one-frame ONNX graph: `python -m training.export_onnx WEIGHTS OUT.onnx`.

WEIGHTS is a safetensors file as the program ships, or a checkpoint of training.train. Inputs and outputs are those
of `one_frame.OneFrame`; tests/test_one_frame.py holds the graph against the network over 100 frames.
"""

import argparse
import json
import pickle
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from .network import NetworkConfiguration, ScoreNetwork
from .one_frame import OneFrame


class UnreadableWeights(Exception):
    """One sentence for the person who named the file."""


def load_network(path: Path) -> ScoreNetwork:
    """The network of a safetensors file or of a checkpoint, ready to run."""
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                configuration = json.loads(file.metadata()["limpid"])["configuration"]
            tensors = {k: v for k, v in load_file(path).items() if not k.startswith("speaker.")}
        else:
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
            configuration, tensors = checkpoint["configuration"], checkpoint["network"]
        network = ScoreNetwork(NetworkConfiguration(**configuration))
        network.load_state_dict(tensors)
    except OSError as error:
        raise UnreadableWeights(f"{path} cannot be read ({error.strerror or error})") from error
    except (SafetensorError, RuntimeError, EOFError, KeyError, TypeError, ValueError,
            pickle.UnpicklingError) as error:  # fmt: skip
        raise UnreadableWeights(f"{path} holds no weights of this network ({error})") from error
    return network.eval().requires_grad_(False)


def export_onnx(network: ScoreNetwork, path: Path) -> None:
    frame = OneFrame(network).eval()
    bins = network.configuration.bins
    state, conditions = frame.initial_state(), frame.condition(1.0, None)
    inputs = (torch.zeros(bins, 2), torch.zeros(bins, 2), *state, *conditions)
    temporary = path.with_name(path.name + ".tmp")
    program = torch.onnx.export(
        frame, inputs, dynamo=True, opset_version=20, verbose=False,
        input_names=["x", "y", *frame.state_names(), *frame.condition_names()],
        output_names=["estimate", *(f"new_{name}" for name in frame.state_names())],
    )  # fmt: skip
    program.save(temporary, external_data=False)
    temporary.rename(path)


def main(argv=None) -> int:
    p = argparse.ArgumentParser(prog="python -m training.export_onnx", description=__doc__.splitlines()[0])
    p.add_argument("weights", type=Path)
    p.add_argument("out", type=Path)
    args = p.parse_args(argv)
    try:
        export_onnx(load_network(args.weights), args.out)
    except UnreadableWeights as error:
        print(f"export_onnx: error: {error}", file=sys.stderr)
        return 1
    print(f"{args.out}: one frame, {args.out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
