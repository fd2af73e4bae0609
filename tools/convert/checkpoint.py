"""Reads a checkpoint of any of the public forms into names and float64 arrays, without running code from it."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from training.towers import mel_filters

from .layout import ConversionError


def numpy_values():
    """What public checkpoints hold besides tensors (LAION's a score, PANNs' a sampler's indices): numbers and arrays of
    NumPy, allowed by name; nothing else is."""
    kinds = [type(np.dtype(name)) for name in ("float32", "float64", "int32", "int64", "bool")]
    makers = [
        (getattr(np._core.multiarray, name), f"numpy.{place}.multiarray.{name}")
        for name in ("scalar", "_reconstruct")
        for place in ("core", "_core")
    ]
    return [*makers, np.ndarray, np.dtype, *kinds]


def read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Tensors by name, and the JSON of config.json beside them (empty if there is none).

    path: a .pt, .pth, .bin or .safetensors file, or a folder as transformers saves a model.
    """
    configuration = {}
    if path.is_dir():
        files = [path / name for name in ("model.safetensors", "pytorch_model.bin") if (path / name).exists()]
        if not files:
            raise ConversionError(f"{path}: neither model.safetensors nor pytorch_model.bin is in this folder")
        for name in ("config.json", "preprocessor_config.json"):
            if (path / name).exists():
                try:
                    configuration[name] = json.loads((path / name).read_text())
                except ValueError:
                    raise ConversionError(f"{path / name}: not JSON; fetch the model again") from None
        path = files[0]
    if not path.is_file():
        raise ConversionError(f"{path}: there is no such file; tools/convert/README.md says where to fetch it")
    try:
        if path.suffix == ".safetensors":
            content = load_file(path)
        else:
            with torch.serialization.safe_globals(numpy_values()):
                content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # bytes that are no pickle can end in any of a dozen exceptions
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise ConversionError(f"{path}: not a checkpoint that can be read ({reason}); fetch it again") from None
    for key in ("state_dict", "model"):  # LAION's and PANNs' wrappings
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content:
        raise ConversionError(f"{path}: holds no weights; give the checkpoint itself")
    tensors = {
        name.removeprefix("module."): value.double().numpy()
        for name, value in content.items()
        if isinstance(value, torch.Tensor) and (value.is_floating_point())
    }
    return tensors, configuration


def take(tensors: dict, name: str, source: str) -> np.ndarray:
    if name not in tensors:
        raise ConversionError(f"{source}: tensor {name} is missing; this is another network than expected")
    return tensors[name]


def check_filters(tensors: dict, prefix: str, configuration: dict, source: str):
    """Holds the mel filters that a checkpoint brings along (torchlibrosa keeps them) against those of the program."""
    theirs = tensors.get(f"{prefix}logmel_extractor.melW")
    if theirs is None:
        return
    ours = mel_filters(configuration).numpy()
    if theirs.shape != ours.shape or np.abs(theirs - ours).max() > 1e-4 * ours.max():
        c = configuration
        heard = f"{c['mel_bins']} of {c['minimum_frequency']} to {c['maximum_frequency']} Hz at {c['sample_rate']} Hz"
        raise ConversionError(f"{source}: its mel filters are not {heard}; this tower was trained for other sound")


def affine(tensors: dict, name: str, source: str) -> tuple[np.ndarray, np.ndarray]:
    """A batch norm in use as scale and shift (ε = 1e-5)."""
    weight, bias, mean, variance = (
        take(tensors, f"{name}.{part}", source) for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = weight / np.sqrt(variance + 1e-5)
    return scale, bias - mean * scale
