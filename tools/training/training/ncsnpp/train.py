"""Trains the offline system: train_noise_cond.py. `--devices`, or torchrun, starts one process a GPU or a core."""

import os
import subprocess
import sys

from ..checkpoint import CheckpointError
from ..corpora import CorpusError
from ..run import RunError
from ..towers import TowerError
from .options import arguments
from .run import OfflineRun


def main(argv=None) -> int:
    args = arguments(argv)
    if args.devices > 1 and "WORLD_SIZE" not in os.environ:
        given = sys.argv[1:] if argv is None else argv
        return subprocess.run([
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(args.devices),
            "-m", "training.ncsnpp.train", *given,
        ]).returncode  # fmt: skip
    try:
        OfflineRun(args).go()
    except (CorpusError, CheckpointError, TowerError, RunError) as error:
        print(f"train_noise_cond: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
