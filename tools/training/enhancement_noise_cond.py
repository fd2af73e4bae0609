#!/usr/bin/env python3
"""The offline system's enhancement, under the document's name; the same as tools/enhance-reference."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    from training.ncsnpp.enhance import main
except ModuleNotFoundError as error:
    sys.exit(f"enhancement_noise_cond: error: {error.name} is not installed; pip install -e 'tools[training]'")

if __name__ == "__main__":
    sys.exit(main())
