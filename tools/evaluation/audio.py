"""Sound files in, 16 kHz mono arrays out."""

from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .errors import EvaluationError

SAMPLE_RATE = 16000


def read(path: Path) -> np.ndarray:
    """Reads one channel at any rate as (samples,) at 16 kHz.

    Raises EvaluationError for a file that is missing, not audio, empty, not mono, or not finite.
    """
    if not path.is_file():
        raise EvaluationError(f"{path}: there is no such file")
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise EvaluationError(f"{path}: cannot be read as audio ({str(error).rstrip('.')})") from None
    if samples.shape[0] == 0:
        raise EvaluationError(f"{path}: is empty")
    if samples.shape[1] != 1:
        raise EvaluationError(f"{path}: has {samples.shape[1]} channels, but the measures take mono files")
    mono = samples[:, 0]
    bad = int(np.count_nonzero(~np.isfinite(mono)))
    if bad:
        raise EvaluationError(f"{path}: has {bad} samples that are not finite")
    if rate != SAMPLE_RATE:
        divisor = gcd(rate, SAMPLE_RATE)
        mono = resample_poly(mono, SAMPLE_RATE // divisor, rate // divisor)
    return mono
