"""One pair, from the enhanced file to its scores. Runs in worker processes."""

import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import alignment, audio, metrics
from .enhancers import Enhancer
from .errors import EvaluationError
from .pairs import Pair

# An output may be longer or shorter by the delay that is compensated and a little padding, not by more.
LARGEST_LENGTH_DIFFERENCE = audio.SAMPLE_RATE // 4


@dataclass(frozen=True)
class Score:
    enhancer: str
    pair: Pair
    seconds: float
    delay: int  # samples at 16 kHz
    values: dict[str, float]  # by the names of COLUMNS and DNSMOS_COLUMNS


COLUMNS = ("pesq", "estoi", "si_sdr_db")
LEVEL_COLUMNS = ("gain_db", "level_db")
DNSMOS_COLUMNS = ("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl")

_dnsmos: metrics.DNSMOS | None = None
_measures_level = False


def start_worker(dnsmos_model: Path | None, measures_level: bool = False) -> None:
    """Prepares a worker process: it ends at once, without a trace, when the user interrupts."""
    global _dnsmos, _measures_level
    _measures_level = measures_level
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _dnsmos = metrics.DNSMOS(dnsmos_model) if dnsmos_model else None


def score(label: str, enhancer: Enhancer, pair: Pair, enhanced: Path | None, scratch: Path) -> Score:
    """Enhances one pair's noisy file into the folder `scratch`, unless `enhanced` is given, and measures the result."""
    try:
        clean = audio.read(pair.clean)
        if enhancer.is_none:
            return measure(label, pair, clean, audio.read(pair.noisy))
        if enhanced is not None:
            return measure(label, pair, clean, audio.read(enhanced))
        scratch.mkdir(parents=True)
        output = scratch / f"{pair.name}.wav"
        try:
            enhancer.enhance_file(pair.noisy, output, pair.lead)
            return measure(label, pair, clean, audio.read(output))
        finally:
            output.unlink(missing_ok=True)
    except EvaluationError as error:
        raise EvaluationError(f"{pair}: {error}") from None


def lengths_match(clean: np.ndarray, enhanced: np.ndarray) -> None:
    """Raises EvaluationError where the lengths cannot belong to one recording."""
    if abs(len(enhanced) - len(clean)) > LARGEST_LENGTH_DIFFERENCE:
        raise EvaluationError(
            f"the output is {len(enhanced) / audio.SAMPLE_RATE:.2f} s long, the clean file "
            f"{len(clean) / audio.SAMPLE_RATE:.2f} s"
        )


def measure(label: str, pair: Pair, clean: np.ndarray, enhanced: np.ndarray) -> Score:
    """Takes the delay out and applies every measure."""
    lengths_match(clean, enhanced)
    lag = alignment.delay(clean, enhanced)
    clean, enhanced = alignment.align(clean, enhanced, lag)
    values = dict(
        zip(
            COLUMNS,
            (
                metrics.pesq_wide_band(clean, enhanced),
                metrics.estoi(clean, enhanced),
                metrics.si_sdr(clean, enhanced),
            ),
        )
    )
    if _measures_level:
        values |= zip(LEVEL_COLUMNS, (metrics.gain(clean, enhanced), metrics.level(clean, enhanced)))
    if _dnsmos is not None:
        values |= zip(DNSMOS_COLUMNS, _dnsmos(enhanced))
    return Score(label, pair, len(clean) / audio.SAMPLE_RATE, lag, values)
