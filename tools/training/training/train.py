"""Trains the score network: `python -m training.train --help`.

Runs on a CPU, on one GPU (bfloat16), or on many by `torchrun`. The learning rate follows the clock: it warms
up, stays, and falls to zero over the last part of `--minutes`, so a run fits the time there is. A checkpoint
is written every few minutes, the best by the validation set besides; `--resume` goes on from one, with its clock or, with
`--restart-clock`, as a new run from its weights. It takes an exported weights file too (`presets/models/*.safetensors`),
always as a new run.
"""

import os
import subprocess
import sys

try:
    import torch  # noqa: F401
except ImportError:
    sys.exit("training: error: PyTorch is not installed; install it with: pip install -e 'tools[training]'")

from .checkpoint import CheckpointError
from .corpora import CorpusError
from .options import arguments
from .run import Run, RunError
from .towers import TowerError


def main(argv=None) -> int:
    args = arguments(argv)
    if args.devices > 1 and "WORLD_SIZE" not in os.environ:
        given = sys.argv[1:] if argv is None else argv
        return subprocess.run([
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(args.devices),
            "-m", "training.train", *given,
        ]).returncode  # fmt: skip
    try:
        Run(args).go()
    except (CorpusError, CheckpointError, TowerError, RunError) as error:
        print(f"training: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
