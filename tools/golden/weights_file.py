"""Writing the weights file of a fixture."""

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def save_weights(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str]):
    """Leaves a file that holds the same already: safetensors writes the texts of the header in any order, so that a file
    written anew would look changed."""
    if path.exists():
        with safe_open(path, "pt") as old:
            names = set(old.keys())
            if (
                old.metadata() == metadata
                and names == set(tensors)
                and all(torch.equal(old.get_tensor(name), tensors[name]) for name in names)
            ):
                return
    save_file(tensors, path, metadata)
