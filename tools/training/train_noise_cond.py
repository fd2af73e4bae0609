#!/usr/bin/env python3
"""The offline system's training, under the document's name: see --help and README.md, "The offline system"."""

import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
# The processes of --devices find the package too, wherever this is called from.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))

try:
    from training.ncsnpp.train import main
except ModuleNotFoundError as error:
    sys.exit(f"train_noise_cond: error: {error.name} is not installed; pip install -e 'tools[training]'")

if __name__ == "__main__":
    sys.exit(main())
