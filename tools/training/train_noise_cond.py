#!/usr/bin/env python3
"""The offline system's training, under the document's name: see --help and README.md, "The offline system"."""

import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]
# The processes of --devices find the package too, wherever this is called from.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))

import environment  # noqa: E402  (the path comes first)

if __name__ == "__main__":
    environment.use("train_noise_cond", "training", "torch", "scipy", "soundfile", "safetensors")

from training.ncsnpp.train import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
