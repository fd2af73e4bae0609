"""Limpid's tower file: tensors by our names, float32, and the configuration as one JSON string under `limpid_tower`.

The program reads it in Sources/PretrainedEncoders (TowerConfiguration.swift says what each field means).
"""

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

PANNS = {
    "format": 1, "kind": "panns", "sample_rate": 32_000, "fft_length": 1024, "hop_length": 320, "mel_bins": 64,
    "minimum_frequency": 50, "maximum_frequency": 14_000, "channels": [64, 128, 256, 512, 1024, 2048],
    "embedding": 2048, "minimum_samples": 32_000,
}  # fmt: skip
PANNS_16K = PANNS | {
    "sample_rate": 16_000, "fft_length": 512, "hop_length": 160, "maximum_frequency": 8_000,
    "minimum_samples": 16_000,
}  # fmt: skip
CLAP = {
    "format": 1, "kind": "clap", "sample_rate": 48_000, "fft_length": 1024, "hop_length": 480, "mel_bins": 64,
    "minimum_frequency": 50, "maximum_frequency": 14_000, "clip_samples": 480_000, "image": 256, "patch": 4,
    "width": 96, "depths": [2, 2, 6, 2], "heads": [4, 8, 16, 32], "window": 8, "feed_forward_factor": 4,
    "embedding": 512,
}  # fmt: skip


class ConversionError(Exception):
    """What is wrong with an input and what to do about it, in one sentence."""


def shapes(configuration: dict) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of a tower."""
    return (panns_shapes if configuration["kind"] == "panns" else clap_shapes)(configuration)


def panns_shapes(c: dict) -> dict[str, tuple[int, ...]]:
    result = {"input.scale": (c["mel_bins"],), "input.shift": (c["mel_bins"],)}
    inputs = 1
    for i, outputs in enumerate(c["channels"]):
        for name, width in (("conv1", inputs), ("conv2", outputs)):
            result[f"blocks.{i}.{name}.weight"] = (outputs, width, 3, 3)
            result[f"blocks.{i}.{name}.bias"] = (outputs,)
        inputs = outputs
    return result | {"linear.weight": (c["embedding"], inputs), "linear.bias": (c["embedding"],)}


def clap_shapes(c: dict) -> dict[str, tuple[int, ...]]:
    result = {"input.scale": (c["mel_bins"],), "input.shift": (c["mel_bins"],)}

    def linear(name, outputs, inputs):
        result[f"{name}.weight"], result[f"{name}.bias"] = (outputs, inputs), (outputs,)

    def norm(name, channels):
        result[f"{name}.weight"], result[f"{name}.bias"] = (channels,), (channels,)

    result["patch.weight"], result["patch.bias"] = (c["width"], 1, c["patch"], c["patch"]), (c["width"],)
    norm("patch_norm", c["width"])
    for i, (depth, heads) in enumerate(zip(c["depths"], c["heads"], strict=True)):
        width = c["width"] << i
        for j in range(depth):
            block = f"stages.{i}.blocks.{j}"
            norm(f"{block}.norm1", width)
            linear(f"{block}.query_key_value", 3 * width, width)
            result[f"{block}.position_bias"] = ((2 * c["window"] - 1) ** 2, heads)
            linear(f"{block}.out", width, width)
            norm(f"{block}.norm2", width)
            linear(f"{block}.feed_forward_in", c["feed_forward_factor"] * width, width)
            linear(f"{block}.feed_forward_out", width, c["feed_forward_factor"] * width)
        if i + 1 < len(c["depths"]):
            norm(f"stages.{i}.merge_norm", 4 * width)
            result[f"stages.{i}.merge.weight"] = (2 * width, 4 * width)
    norm("norm", width)
    linear("projection1", c["embedding"], width)
    linear("projection2", c["embedding"], c["embedding"])
    return result


def random_tensors(configuration: dict, seed: int) -> dict[str, np.ndarray]:
    """Random numbers of a size that keeps signals in range: for tests of everything around a tower."""
    random = np.random.default_rng(seed)
    result = {}
    for name, shape in shapes(configuration).items():
        values = random.standard_normal(shape)
        if name == "input.scale":
            values = 1 / (15 + 2 * values)  # decibels spread over about 15
        elif name == "input.shift":
            values = 3 + 0.3 * values
        elif len(shape) == 1:
            values = 0.1 * values + ("norm" in name and name.endswith("weight"))
        elif name.endswith("position_bias"):
            values = 0.2 * values
        else:
            gain = 2.0 if "conv" in name else 1.0
            values = values * math.sqrt(gain / math.prod(shape[1:]))
        result[name] = values.astype(np.float32)
    return result


def save(path: Path, configuration: dict, tensors: dict, source: str) -> int:
    """Writes a tower file, whole or not at all; returns how many numbers it holds."""
    expected = shapes(configuration)
    for name, shape in expected.items():
        if name not in tensors:
            raise ConversionError(f"{source}: tensor {name} is missing, expected {shape}")
        if tuple(tensors[name].shape) != shape:
            raise ConversionError(f"{source}: tensor {name} is {tuple(tensors[name].shape)}, expected {shape}")
        if not np.isfinite(tensors[name]).all():
            raise ConversionError(f"{source}: tensor {name} holds NaN or infinity; fetch the checkpoint again")
    ordered = {name: np.ascontiguousarray(tensors[name], np.float32) for name in expected}
    temporary = path.with_suffix(".part")
    metadata = {"limpid_tower": json.dumps(configuration), "source": source}
    try:
        save_file(ordered, temporary, metadata)
        temporary.rename(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = error.strerror or error
        raise ConversionError(f"{path} cannot be written ({reason}); choose a folder that you may write to") from None
    return sum(v.size for v in ordered.values())
