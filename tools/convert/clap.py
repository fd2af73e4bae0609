"""LAION-CLAP's audio tower without fusion (HTSAT), from LAION's own checkpoints or transformers'."""

import math

import numpy as np

from .checkpoint import affine, check_filters, take
from .layout import CLAP, ConversionError

# Where each part is: (LAION's name, transformers' name), after the prefix of the tower.
PARTS = {
    "norm1": ("norm1", "layernorm_before"),
    "out": ("attn.proj", "attention.output.dense"),
    "norm2": ("norm2", "layernorm_after"),
    "feed_forward_in": ("mlp.fc1", "intermediate.dense"),
    "feed_forward_out": ("mlp.fc2", "output.dense"),
}
TABLE = ("attn.relative_position_bias_table", "attention.self.relative_position_bias_table")


def convert(tensors: dict, source: str, files: dict | None = None, spectrogram: dict | None = None):
    """The public checkpoint's tensors -> (configuration, our tensors).

    files: the JSON of config.json and preprocessor_config.json, where there are such.
    """
    files = files or {}
    if "audio_branch.patch_embed.proj.weight" in tensors:
        form, prefix, norm0 = 0, "audio_branch.", "bn0"
        projections = ("audio_projection.0", "audio_projection.2")
    elif "audio_model.audio_encoder.patch_embed.proj.weight" in tensors:
        form, prefix, norm0 = 1, "audio_model.audio_encoder.", "batch_norm"
        projections = ("audio_projection.linear1", "audio_projection.linear2")
    else:
        raise ConversionError(
            f"{source}: no HTSAT is in it (audio_branch.patch_embed or audio_model.audio_encoder.patch_embed); "
            "give a CLAP checkpoint with HTSAT as its audio tower"
        )
    if any(name.startswith(f"{prefix}patch_embed.mel_conv2d") for name in tensors):
        raise ConversionError(f"{source}: a tower with fusion; give the one without, such as 630k-audioset-best.pt")

    result = {}

    def copy(ours, theirs, bias=True):
        for part in ("weight", "bias") if bias else ("weight",):
            result[f"{ours}.{part}"] = take(tensors, f"{theirs}.{part}", source)

    result["input.scale"], result["input.shift"] = affine(tensors, prefix + norm0, source)
    copy("patch", f"{prefix}patch_embed.proj")
    copy("patch_norm", f"{prefix}patch_embed.norm")
    depths, heads = [], []
    while f"{prefix}layers.{len(depths)}.blocks.0.{PARTS['norm1'][form]}.weight" in tensors:
        i, j = len(depths), 0
        while f"{prefix}layers.{i}.blocks.{j}.{PARTS['norm1'][form]}.weight" in tensors:
            theirs, ours = f"{prefix}layers.{i}.blocks.{j}.", f"stages.{i}.blocks.{j}."
            for part, names in PARTS.items():
                copy(ours + part, theirs + names[form])
            result[f"{ours}position_bias"] = take(tensors, theirs + TABLE[form], source)
            if form == 0:
                copy(f"{ours}query_key_value", f"{theirs}attn.qkv")
            else:
                for part in ("weight", "bias"):
                    result[f"{ours}query_key_value.{part}"] = np.concatenate(
                        [take(tensors, f"{theirs}attention.self.{n}.{part}", source) for n in ("query", "key", "value")]
                    )
            j += 1
        depths.append(j)
        heads.append(result[f"stages.{i}.blocks.0.position_bias"].shape[1])
        if f"{prefix}layers.{i}.downsample.reduction.weight" in tensors:
            copy(f"stages.{i}.merge_norm", f"{prefix}layers.{i}.downsample.norm")
            copy(f"stages.{i}.merge", f"{prefix}layers.{i}.downsample.reduction", bias=False)
    if not depths:
        raise ConversionError(f"{source}: tensor {prefix}layers.0.blocks.0 is missing: not HTSAT")
    copy("norm", f"{prefix}norm")
    copy("projection1", projections[0])
    copy("projection2", projections[1])

    audio = files.get("config.json", {})
    audio = audio.get("audio_config", audio)
    if audio.get("enable_fusion"):
        raise ConversionError(f"{source}: config.json says enable_fusion; give a model without fusion")
    heard = files.get("preprocessor_config.json", {})
    reach = math.isqrt(len(result["stages.0.blocks.0.position_bias"]))
    sizes = {
        "image": audio.get("spec_size", CLAP["image"]),
        "sample_rate": heard.get("sampling_rate", CLAP["sample_rate"]),
        "fft_length": heard.get("fft_window_size", CLAP["fft_length"]),
        "hop_length": heard.get("hop_length", CLAP["hop_length"]),
        "minimum_frequency": heard.get("frequency_min", CLAP["minimum_frequency"]),
        "maximum_frequency": heard.get("frequency_max", CLAP["maximum_frequency"]),
        "clip_samples": heard.get("nb_max_samples", CLAP["clip_samples"]),
        **(spectrogram or {}),
        "mel_bins": len(result["input.scale"]),
        "patch": result["patch.weight"].shape[-1],
        "width": result["patch.weight"].shape[0],
        "depths": depths,
        "heads": heads,
        "window": (reach + 1) // 2,
        "feed_forward_factor": len(result["stages.0.blocks.0.feed_forward_in.bias"]) // len(result["patch.bias"]),
        "embedding": len(result["projection2.bias"]),
    }
    configuration = CLAP | sizes
    check_filters(tensors, prefix, configuration, source)
    return configuration, result
