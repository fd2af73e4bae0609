import sys
import types

import numpy as np
import pesq
import pystoi
import pytest

from evaluation import alignment, metrics
from evaluation.errors import EvaluationError

from .signals import speech_like

CLEAN = speech_like(3, 0)
NOISE = np.random.default_rng(1).standard_normal(len(CLEAN))


def at(snr: float) -> np.ndarray:
    return CLEAN + NOISE * np.linalg.norm(CLEAN) / np.linalg.norm(NOISE) * 10 ** (-snr / 20)


# --- SI-SDR --------------------------------------------------------------------------------------------------------


def test_si_sdr_by_hand():
    # x̂ = 3x + d with d orthogonal to x: |3x|² = 36, |d|² = 0.36, so 20 dB.
    clean = np.array([1.0, 1.0, 1.0, 1.0])
    assert metrics.si_sdr(clean, 3 * clean + 0.3 * np.array([1.0, -1.0, 1.0, -1.0])) == pytest.approx(20, abs=1e-12)
    # x = (1, 0), x̂ = (1, 1): target and distortion are equally strong.
    assert metrics.si_sdr(np.array([1.0, 0.0]), np.array([1.0, 1.0])) == pytest.approx(0, abs=1e-12)


def test_si_sdr_does_not_depend_on_either_level():
    value = metrics.si_sdr(CLEAN, at(5))
    assert metrics.si_sdr(0.01 * CLEAN, at(5)) == pytest.approx(value, abs=1e-9)
    assert metrics.si_sdr(CLEAN, 100 * at(5)) == pytest.approx(value, abs=1e-9)
    assert value == pytest.approx(5, abs=0.2)


def test_si_sdr_of_an_equal_signal_ends_at_100_db():
    assert metrics.si_sdr(CLEAN, CLEAN) == 100


def test_si_sdr_of_silence_is_an_error():
    with pytest.raises(EvaluationError, match="clean file is silent"):
        metrics.si_sdr(0 * CLEAN, CLEAN)
    with pytest.raises(EvaluationError, match="nothing of the clean signal"):
        metrics.si_sdr(CLEAN, 0 * CLEAN)


# --- PESQ and ESTOI ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("snr", [0, 15])
def test_pesq_and_estoi_are_those_of_their_packages(snr):
    noisy = at(snr)
    expected = pesq.pesq(16000, CLEAN.astype(np.float32), noisy.astype(np.float32), "wb")
    assert metrics.pesq_wide_band(CLEAN, noisy) == pytest.approx(expected, abs=1e-6)
    assert metrics.estoi(CLEAN, noisy) == pytest.approx(pystoi.stoi(CLEAN, noisy, 16000, extended=True), abs=1e-6)


def test_equal_signals_have_the_best_scores_and_noise_lowers_them():
    assert metrics.pesq_wide_band(CLEAN, CLEAN) == pytest.approx(4.644, abs=0.001)
    assert metrics.estoi(CLEAN, CLEAN) == pytest.approx(1, abs=1e-6)
    for measure in (metrics.pesq_wide_band, metrics.estoi, metrics.si_sdr):
        values = [measure(CLEAN, at(snr)) for snr in (30, 15, 0)]
        assert values == sorted(values, reverse=True)


def test_no_utterance_and_too_short_are_errors():
    with pytest.raises(EvaluationError, match="PESQ has no value"):
        metrics.pesq_wide_band(0 * CLEAN, CLEAN)
    with pytest.raises(EvaluationError, match="PESQ has no value"):
        metrics.pesq_wide_band(CLEAN[:2000], CLEAN[:2000])
    with pytest.raises(EvaluationError, match="ESTOI has no value"):
        metrics.estoi(CLEAN[:2000], CLEAN[:2000])


# --- Delay ---------------------------------------------------------------------------------------------------------


def shifted(signal: np.ndarray, lag: int) -> np.ndarray:
    """`signal` later by `lag` samples in the same length."""
    moved = np.zeros_like(signal)
    count = len(signal)
    moved[max(lag, 0) : count + min(lag, 0)] = signal[max(-lag, 0) : count - max(lag, 0)]
    return moved


@pytest.mark.parametrize("lag", [-1600, -321, -1, 0, 1, 160, 319, 1600])
def test_a_shift_is_found_and_taken_out_exactly(lag):
    for gain, enhanced in ((1.0, CLEAN), (0.02, CLEAN), (1.0, at(0))):
        found = alignment.delay(CLEAN, shifted(gain * enhanced, lag))
        assert found == lag
    clean, aligned = alignment.align(CLEAN, shifted(CLEAN, lag), lag)
    assert len(clean) == len(CLEAN) - abs(lag)
    assert np.array_equal(clean, aligned)
    assert metrics.si_sdr(clean, aligned) == 100


def test_lengths_may_differ():
    longer = np.concatenate([np.zeros(320), CLEAN, np.zeros(77)])
    assert alignment.delay(CLEAN, longer) == 320
    clean, aligned = alignment.align(CLEAN, longer, 320)
    assert np.array_equal(clean, CLEAN) and np.array_equal(aligned, CLEAN)
    assert alignment.delay(CLEAN, CLEAN[:-500]) == 0


def test_shifts_beyond_100_ms_are_not_taken_out():
    assert abs(alignment.delay(CLEAN, shifted(CLEAN, 1700))) <= 1600


def test_silence_has_no_delay():
    assert alignment.delay(CLEAN, 0 * CLEAN) == 0
    assert alignment.delay(0 * CLEAN, CLEAN) == 0


# --- DNSMOS --------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake_onnxruntime(monkeypatch):
    """A model whose raw scores are 3, 2 and the first sample of its window."""

    class Session:
        def __init__(self, path, sess_options, providers):
            if "bad" in path:
                raise RuntimeError("INVALID_PROTOBUF : protobuf parsing failed.\nmore")
            self.windows = []

        def get_inputs(self):
            return [types.SimpleNamespace(name="input_1")]

        def run(self, _, inputs):
            window = inputs["input_1"]
            assert window.shape == (1, 144160) and window.dtype == np.float32
            self.windows.append(window[0])
            return [np.array([[3.0, 2.0, window[0, 0]]])]

    module = types.SimpleNamespace(InferenceSession=Session, SessionOptions=types.SimpleNamespace)
    monkeypatch.setitem(sys.modules, "onnxruntime", module)


def test_dnsmos_windows_and_calibration(fake_onnxruntime, tmp_path):
    model = tmp_path / "sig_bak_ovr.onnx"
    model.write_bytes(b"")
    dnsmos = metrics.DNSMOS(model)
    for seconds, windows in ((1, 7), (9.02, 1), (10.5, 1), (12.5, 3), (20, 7)):
        dnsmos.session.windows.clear()
        signal = np.full(int(seconds * 16000), 1.0)
        sig, bak, ovrl = dnsmos(signal)
        # A short signal is doubled until it fills a window: 1 s becomes 16 s. Of 20 s, windows 7 to 10 are left out
        # by rounding. Both as in dnsmos_local.py.
        assert len(dnsmos.session.windows) == windows
        assert sig == pytest.approx(-0.08397278 * 9 + 1.22083953 * 3 + 0.0052439)
        assert bak == pytest.approx(-0.13166888 * 4 + 1.60915514 * 2 - 0.39604546)
        assert ovrl == pytest.approx(-0.06766283 + 1.11546468 + 0.04602535)


def test_dnsmos_without_model_or_package_is_an_error(fake_onnxruntime, tmp_path, monkeypatch):
    with pytest.raises(EvaluationError, match="there is no such file"):
        metrics.DNSMOS(tmp_path / "missing.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(EvaluationError, match="cannot be used as DNSMOS model .INVALID_PROTOBUF"):
        metrics.DNSMOS(tmp_path / "bad.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EvaluationError, match="install with: pip install"):
        metrics.DNSMOS(tmp_path / "bad.onnx")
