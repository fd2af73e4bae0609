"""Trains the offline system: train_noise_cond.py. `--devices`, or torchrun, starts one process a GPU or a core."""

import sys

from ..launch import launch
from .options import arguments
from .run import OfflineRun


def main(argv=None) -> int:
    return launch(OfflineRun, arguments(argv), argv, "training.ncsnpp.train", "train_noise_cond")


if __name__ == "__main__":
    sys.exit(main())
