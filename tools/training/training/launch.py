"""Starts a run: over several processes where that is asked for, and with one sentence where it cannot be."""

import os
import subprocess
import sys

from .checkpoint import CheckpointError
from .corpora import CorpusError
from .run import RunError
from .towers import TowerError


def launch(make, args, argv: list[str] | None, module: str, name: str) -> int:
    """`make(args).go()`, or the module again under torchrun with --devices processes. The exit code.

    `argv` are the arguments that were parsed (None: the program's), `name` is the program's for its user.
    """
    if args.devices > 1 and "WORLD_SIZE" not in os.environ:
        given = sys.argv[1:] if argv is None else argv
        return subprocess.run([
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(args.devices),
            "-m", module, *given,
        ]).returncode  # fmt: skip
    try:
        make(args).go()
    except (CorpusError, CheckpointError, TowerError, RunError) as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return 1
    return 0
