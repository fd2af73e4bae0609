"""Checkpoints and exported weights: read, grown, written."""

import json
import os
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from .network import NetworkConfiguration, ScoreNetwork


class CheckpointError(Exception):
    """A file to go on from that cannot be used; the message says why and what to do."""


def weights(path: Path) -> dict:
    """An exported weights file as a checkpoint without a clock, the optimisers' state, and the speaker network that may be in it."""
    with safe_open(path, "pt") as file:
        metadata = json.loads(file.metadata()["limpid"])
        tensors = {k: file.get_tensor(k) for k in file.keys() if not k.startswith("speaker.")}
    return {
        "configuration": metadata["configuration"], "network": tensors, "raw": tensors,
        "step": metadata["steps"], "hours": metadata["hours"],
        "augmentation": {"backwards": float(metadata.get("format", {}).get("direction") == "backward")},
    }  # fmt: skip


def hears_backwards(saved: dict) -> bool:
    """Whether it was trained on sound from its end, all of it: a network of some of each is of neither direction."""
    return (saved.get("augmentation") or {}).get("backwards", 0) == 1


def load(path: Path) -> dict:
    """A checkpoint, or a weights file as one."""
    try:
        if path.suffix == ".safetensors":
            return weights(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, SafetensorError, ValueError, KeyError, TypeError):
        raise CheckpointError(f"{path} is not a checkpoint or weights file that can be read") from None


def grown(saved: dict, args) -> dict:
    """The checkpoint with what is asked for beyond its own: blocks (--inner-dilations, --outer-dilations), tokens of learned
    noise (--learned-tokens).

    The last layer of each addition is zero, so that the network computes what it did, and learns from there. Raises
    CheckpointError where the dilations do not go on from those of the checkpoint.
    """
    before = saved.get("configuration")
    try:
        NetworkConfiguration(**before)
    except TypeError:
        return saved  # another trainer's, which whoever makes a network of it says
    asked = {"inner_dilations": args.inner_dilations, "outer_dilations": args.outer_dilations}
    asked = {k: v for k, v in asked.items() if v and v != before[k]}
    for key, dilations in asked.items():
        if dilations[: len(before[key])] != before[key]:
            raise CheckpointError(f"--{key.replace('_', '-')} must begin with those of the checkpoint, {before[key]}")
    if args.learned_tokens and not before.get("learned_tokens"):
        asked["learned_tokens"] = True
    if not asked:
        return saved
    configuration = before | asked
    tensors = ScoreNetwork(NetworkConfiguration(**configuration)).state_dict()
    last = ("conv2", "gru_out", "self_attention.out", "cross_attention.out", "feed_forward_out")
    for name, tensor in tensors.items():
        if name in saved["network"]:
            tensors[name] = saved["network"][name]
        elif any(f".{part}." in name for part in last):
            tensors[name] = torch.zeros_like(tensor)
    return saved | {"configuration": configuration, "network": tensors, "raw": tensors}


def write(content: dict, path: Path) -> None:
    """Under its final name only when it is whole."""
    temporary = path.with_suffix(".tmp")
    with open(temporary, "wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())  # a power cut after the name is given would else leave an empty file under it
    temporary.rename(path)
