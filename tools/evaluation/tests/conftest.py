import numpy as np
import pytest
import soundfile

from .signals import RATE, speech_like


@pytest.fixture
def make_set(tmp_path):
    def make(name: str = "synthetic", files: int = 2, seconds: float = 3.0, snr: float = 10.0):
        folder = tmp_path / name
        for part in ("clean", "noisy"):
            (folder / part).mkdir(parents=True)
        for n in range(files):
            clean = speech_like(seconds, n)
            noise = np.random.default_rng(100 + n).standard_normal(len(clean))
            noise *= np.sqrt(np.sum(clean**2) / np.sum(noise**2)) * 10 ** (-snr / 20)
            soundfile.write(folder / "clean" / f"file {n}.wav", clean, RATE, subtype="FLOAT")
            soundfile.write(folder / "noisy" / f"file {n}.wav", clean + noise, RATE, subtype="FLOAT")
        return folder

    return make
