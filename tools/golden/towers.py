"""Golden vectors of the pre-trained towers, at small sizes: python tools/golden/towers.py

From others' programs (tools/convert/reference.py: transformers, a CNN14 from its paper, SciPy), through the converters
of tools/convert. Written to Tests/PretrainedEncodersTests/Fixtures, for each case:
- tower-NAME.safetensors: the tower, in the format of tools/convert;
- golden-NAME.safetensors: 16 kHz samples; the same at the tower's rate; log-mel; embeddings of the first 1/4 and of all.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "training")]
from convert import layout, reference  # noqa: E402

FIXTURES = ROOT / "Tests" / "PretrainedEncodersTests" / "Fixtures"
SEED = 5
TOLERANCE_DB = -80.0

CASES = {
    "panns": layout.PANNS | {"channels": [6, 8, 12], "embedding": 20, "minimum_samples": 16_000},
    # Nothing here is published: other filters, hop and number of blocks.
    "panns-odd": layout.PANNS | {
        "sample_rate": 48_000, "fft_length": 600, "hop_length": 250, "mel_bins": 21, "minimum_frequency": 0,
        "maximum_frequency": 20_000, "channels": [3, 5], "embedding": 7, "minimum_samples": 9_000,
    },
    "clap": layout.CLAP | {
        "clip_samples": 100_000, "image": 64, "mel_bins": 16, "width": 8, "depths": [2, 2, 2], "heads": [1, 2, 4],
        "window": 4, "feed_forward_factor": 2, "embedding": 24,
    },
    # The published preprocessing and picture, one narrow stage of every kind.
    "clap-wide": layout.CLAP | {
        "width": 4, "patch": 8, "depths": [1, 2], "heads": [2, 1], "feed_forward_factor": 4, "embedding": 10,
    },
}  # fmt: skip
SAMPLES = 8_000  # at 16 kHz


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for name, configuration in CASES.items():
        tower = reference.Reference(configuration, SEED)
        converted, tensors = tower.convert()
        assert converted == configuration, (converted, configuration)
        layout.save(FIXTURES / f"tower-{name}.safetensors", converted, tensors, "random numbers")
        samples = reference.noises(SAMPLES, SEED)
        raised = tower.upsample(samples)
        mel = tower.log_mel(raised)
        golden = {
            "samples": samples, "raised": raised[:4000], "mel": mel[:40],
            "short": tower.embed(samples[: SAMPLES // 4]), "long": tower.embed(samples),
        }  # fmt: skip
        path = FIXTURES / f"golden-{name}.safetensors"
        save_file({k: np.ascontiguousarray(v, np.float32) for k, v in golden.items()}, path)
        for file in (path, FIXTURES / f"tower-{name}.safetensors"):
            assert file.stat().st_size < 300_000, f"{file} is {file.stat().st_size} bytes"
    manifest = {
        "command": "python tools/golden/towers.py",
        "reference": "tools/convert/reference.py, float64 on float32 weights",
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
        "seed": SEED,
        "tolerance_db": TOLERANCE_DB,
    }
    (FIXTURES / "towers.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
