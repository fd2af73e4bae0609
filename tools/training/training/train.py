"""Trains the score network: `python -m training.train --help`.

Runs on a CPU, on one GPU (bfloat16), or on many by `torchrun`. The learning rate follows the clock: it warms
up, stays, and falls to zero over the last part of `--minutes`, so a run fits the time there is. A checkpoint
is written every few minutes, the best by the validation set besides; `--resume` goes on from one, with its clock or, with
`--restart-clock`, as a new run from its weights. It takes an exported weights file too (`presets/models/*.safetensors`),
always as a new run.
"""

import sys

try:
    import torch  # noqa: F401
except ImportError:
    sys.exit(
        "training: error: PyTorch is not installed in this Python; at the top of the checkout: .venv/bin/pip install -e "
        "'tools[training]' (where there is no .venv yet: python3 -m venv .venv), then run it with .venv/bin/python"
    )

from .launch import launch
from .options import arguments
from .run import Run


def main(argv=None) -> int:
    return launch(Run, arguments(argv), argv, "training.train", "training")


if __name__ == "__main__":
    sys.exit(main())
