"""The measures.

Each takes aligned arrays of equal length at 16 kHz and raises EvaluationError where it has no value.
"""

import warnings
from pathlib import Path

import numpy as np
from pesq import PesqError, pesq
from pystoi import stoi

from .audio import SAMPLE_RATE
from .errors import EvaluationError

# Beyond 100 dB the rounding of the sound file decides: better outputs count as 100 dB, so that means stay finite.
LARGEST_SI_SDR = 100.0


def pesq_wide_band(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """PESQ, ITU-T P.862.2, MOS-LQO from 1.04 to 4.64; the C implementation in the package `pesq`."""
    try:
        return float(pesq(SAMPLE_RATE, clean.astype(np.float32), enhanced.astype(np.float32), "wb"))
    except (PesqError, ValueError) as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise EvaluationError(f"PESQ has no value ({reason.rstrip('.')})") from None


def estoi(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """Extended short-time objective intelligibility, Jensen and Taal 2016, at most 1; the package `pystoi`."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(stoi(clean, enhanced, SAMPLE_RATE, extended=True))
        except RuntimeWarning as warning:
            raise EvaluationError(f"ESTOI has no value ({str(warning).split('.')[0]})") from None


def si_sdr(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, Le Roux et al. 2019, at most 100; means are not removed.

    The clean signal is scaled to fit best: α = <x̂, x> / <x, x>, 10 log10 (|αx|² / |x̂ − αx|²).
    """
    energy = float(np.dot(clean, clean))
    if energy == 0:
        raise EvaluationError("SI-SDR has no value (the clean file is silent)")
    target = float(np.dot(enhanced, clean)) / energy * clean
    distortion = enhanced - target
    signal, noise = float(np.dot(target, target)), float(np.dot(distortion, distortion))
    if signal == 0:
        raise EvaluationError("SI-SDR has no value (the output has nothing of the clean signal in it)")
    if noise <= signal * 10 ** (-LARGEST_SI_SDR / 10):
        return LARGEST_SI_SDR
    return float(10 * np.log10(signal / noise))


def gain(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """How loud the clean signal is in the output, in dB, at least -100: α = <x̂, x> / <x, x>; what else is in it does not count."""
    energy = float(np.dot(clean, clean))
    if energy == 0:
        raise EvaluationError("the gain has no value (the clean file is silent)")
    return float(20 * np.log10(max(np.dot(enhanced, clean) / energy, 1e-5)))


def level(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """The output's power against the clean signal's in dB, at least -100, with all that is in it."""
    energy = float(np.dot(clean, clean))
    if energy == 0:
        raise EvaluationError("the level has no value (the clean file is silent)")
    return float(10 * np.log10(max(np.dot(enhanced, enhanced) / energy, 1e-10)))


class DNSMOS:
    """DNSMOS P.835 (Reddy et al. 2022) of one signal without its reference: speech, background, overall, from 1 to 5.

    Takes Microsoft's `sig_bak_ovr.onnx`. Windows of 9.01 s every second, calibrated by the polynomials of
    `dnsmos_local.py` in microsoft/DNS-Challenge (not the personalised ones), then averaged, as there.
    """

    SECONDS = 9.01
    WINDOW = 144160  # samples of that
    SIG = np.poly1d([-0.08397278, 1.22083953, 0.0052439])
    BAK = np.poly1d([-0.13166888, 1.60915514, -0.39604546])
    OVRL = np.poly1d([-0.06766283, 1.11546468, 0.04602535])

    def __init__(self, model: Path):
        if not model.is_file():
            raise EvaluationError(f"{model}: there is no such file; --dnsmos takes Microsoft's sig_bak_ovr.onnx")
        try:
            import onnxruntime
        except ModuleNotFoundError:
            raise EvaluationError(
                "DNSMOS needs the Python package onnxruntime; install with: pip install -e 'tools[dnsmos]'"
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self.session = onnxruntime.InferenceSession(
                str(model), sess_options=options, providers=["CPUExecutionProvider"]
            )
            self.input = self.session.get_inputs()[0].name
            self.predict(np.zeros(self.WINDOW))
        except Exception as error:  # onnxruntime has a class for every failure and none for all
            first = (str(error).splitlines() or ["no reason given"])[0]
            raise EvaluationError(f"{model}: cannot be used as DNSMOS model ({first.rstrip('.')})") from None

    def predict(self, window: np.ndarray) -> tuple[float, float, float]:
        sig, bak, ovrl = self.session.run(None, {self.input: window.astype(np.float32)[None]})[0][0]
        return self.SIG(sig), self.BAK(bak), self.OVRL(ovrl)

    def __call__(self, enhanced: np.ndarray) -> tuple[float, float, float]:
        while len(enhanced) < self.WINDOW:
            enhanced = np.concatenate([enhanced, enhanced])
        scores = []
        for n in range(int(len(enhanced) // SAMPLE_RATE - self.SECONDS) + 1):
            window = enhanced[n * SAMPLE_RATE : int((n + self.SECONDS) * SAMPLE_RATE)]
            # Rounding makes some windows one sample short, and dnsmos_local.py leaves these out: so do we, because
            # published numbers are of that program.
            if len(window) == self.WINDOW:
                scores.append(self.predict(window))
        sig, bak, ovrl = np.mean(scores, axis=0)
        return float(sig), float(bak), float(ovrl)
