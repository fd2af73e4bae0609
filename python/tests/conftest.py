"""The program that the package is compared with, and sounds made here: none is committed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
import soundfile

import limpid

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("LIMPID_PROGRAM", CHECKOUT / ".build" / "release" / "limpid"))


def voice(seconds: float, rate: int, pitch: float = 120.0) -> np.ndarray:
    """Something like speech: syllables of a gliding pitch's harmonics below 4 kHz."""
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.1 * np.sin(2 * np.pi * 1.3 * time))) / rate
    harmonics = range(1, int(3500 / pitch))
    sound = sum(np.sin(k * phase) / (1 + ((k * pitch - 700) / 500) ** 2) for k in harmonics)
    return 0.1 * sound * np.maximum(0, np.sin(2 * np.pi * 3 * time)) ** 0.5


def noisy(seconds: float, rate: int, channels: int, seed: int = 1) -> np.ndarray:
    """(samples,) or (samples, channels) float32: a voice in noise, every channel with a noise of its own."""
    noise = np.random.default_rng(seed).standard_normal((int(seconds * rate), channels))
    sound = voice(seconds, rate)[:, np.newaxis] * np.linspace(1, 0.6, channels) + 0.02 * noise
    return sound.astype(np.float32)[:, 0] if channels == 1 else sound.astype(np.float32)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., np.ndarray]:
    """`limpid enhance` of an array, by way of 32-bit float WAV."""
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is not there; run swift build -c release --product limpid, or set $LIMPID_PROGRAM")
    folder = tmp_path_factory.mktemp("program")
    # The package's own presets and weights: what is compared is the arithmetic.
    environment = {**os.environ, "LIMPID_PRESETS": str(Path(limpid.__file__).parent / "presets")}

    def run(array: np.ndarray, rate: int, *options: str, **sounds: tuple[np.ndarray, int]) -> np.ndarray:
        source, target = folder / "in.wav", folder / "out.wav"
        soundfile.write(source, array, rate, subtype="FLOAT")
        command = [str(PROGRAM), "enhance", str(source), "-o", str(target), "--force", *options]
        for option, (sound, sound_rate) in sounds.items():
            soundfile.write(folder / f"{option}.wav", sound, sound_rate, subtype="FLOAT")
            command += [f"--{option}", str(folder / f"{option}.wav")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        result, result_rate = soundfile.read(target, dtype="float32")
        assert result_rate == rate
        return result

    return run


def assert_same_bits(a: Any, b: Any) -> None:
    assert a.dtype == b.dtype == np.float32
    assert a.shape == b.shape
    different = np.flatnonzero(a.view(np.uint32) != b.view(np.uint32))
    assert different.size == 0, f"{different.size} of {a.size} samples differ, the first at {different[0]}"
