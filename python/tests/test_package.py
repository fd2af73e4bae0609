"""What is in the package, and what its hints say."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import limpid
from conftest import PROGRAM

FOLDER = Path(limpid.__file__).parent


def test_the_version_is_the_programs() -> None:
    program = subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=True).stdout
    assert program.split()[1] == limpid.__version__ == metadata.version("limpid")


def test_library_presets_and_weights_are_in_it() -> None:
    presets = [f"presets/{name}.toml" for name in ("fast", "gentle", "live", "quality")]
    for name in ("py.typed", "lib/liblimpid.so", *presets):
        assert (FOLDER / name).is_file(), name
    for name in ("light", "wide"):
        assert Path(limpid.Model(name).path).parent == FOLDER / "presets" / "models"


USE = """
import os
import numpy as np
import numpy.typing as npt
import limpid

noisy: npt.NDArray[np.float32] = np.zeros(48000, np.float32)
clean: npt.NDArray[np.float32] = limpid.enhance(noisy, 48000, attenuation_limit=12, warm_up=0.5)
tv: limpid.LearnedSound = limpid.learn(noisy, np.int64(16000))
with limpid.Stream(48000, 2, model=limpid.Model("wide"), remove=[tv], seed=3) as stream:
    late: int = stream.latency
    clean = stream.process(noisy)
    stream.set(mix=0.5, attenuation_limit=None)
try:
    limpid.Model("light", precision="bfloat16")
except limpid.LimpidError as error:
    status: limpid.Status = error.status
"""
MISUSE = """
import limpid
limpid.enhance([0.0], 48000, loudness=3)  # no such setting
limpid.enhance([0.0], 48000, band="narrow")  # no such value
limpid.Stream("48000")
limpid.learn([0.0], 48000).samples = []  # read-only
text: str = limpid.enhance([0.0], 48000)
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="mypy reads NumPy's hints with newer Pythons")
def test_mypy_takes_right_use_and_refuses_wrong(tmp_path: Path) -> None:
    pytest.importorskip("mypy")

    def check(text: str) -> str:
        (tmp_path / "use.py").write_text(text)
        command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "use.py"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout

    assert check(USE) == ""
    lines = sorted({line.split(":")[1] for line in check(MISUSE).splitlines() if ": error:" in line})
    assert lines == ["3", "4", "5", "6", "7"], check(MISUSE)
