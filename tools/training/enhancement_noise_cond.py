#!/usr/bin/env python3
"""The offline system's enhancement, under the document's name; the same as tools/enhance-reference."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import environment  # noqa: E402  (the path comes first)

if __name__ == "__main__":
    environment.use("enhancement_noise_cond", "training", "torch", "scipy", "soundfile", "safetensors")

from training.ncsnpp.enhance import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
