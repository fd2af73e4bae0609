"""The command line of `python -m evaluation.compare`: a few files against one clean file."""

import argparse
from pathlib import Path

import numpy as np

from . import alignment, audio, metrics
from .errors import EvaluationError
from .report import HEADINGS
from .scoring import COLUMNS, lengths_match


def measure(clean: np.ndarray, other: np.ndarray) -> list[float]:
    lengths_match(clean, other)
    clean, other = alignment.align(clean, other, alignment.delay(clean, other))
    return [metric(clean, other) for metric in (metrics.pesq_wide_band, metrics.estoi, metrics.si_sdr)]


def run(arguments: list[str]) -> None:
    p = argparse.ArgumentParser(
        prog="python -m evaluation.compare",
        description="Measures a few files against one clean file: PESQ (wide band), ESTOI, SI-SDR; delays are taken out.",
    )
    p.add_argument("clean", type=Path)
    p.add_argument("files", type=Path, nargs="+")
    options = p.parse_args(arguments)
    clean = audio.read(options.clean)
    width = max(len(path.stem) for path in options.files)
    headings = [HEADINGS[name][0] for name in COLUMNS]
    lines = ["  ".join([" " * width, *headings])]
    for path in options.files:
        try:
            values = measure(clean, audio.read(path))
        except EvaluationError as error:
            raise EvaluationError(str(error) if str(path) in str(error) else f"{path}: {error}") from None
        cells = [
            f"{value:.{HEADINGS[name][1]}f}".rjust(len(heading))
            for name, heading, value in zip(COLUMNS, headings, values)
        ]
        lines.append("  ".join([path.stem.ljust(width), *cells]))
    print("\n".join(lines))
