"""Towers of the published sizes with random weights: the Swift engine against others' programs, to −80 dB.

Takes a minute and 0.7 GB of disk, and builds the benchmarks where they are not built: not part of tools/test.
"""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed (pip install transformers)")
if shutil.which("swift") is None:
    pytest.skip("swift is not on the PATH", allow_module_level=True)

from convert import layout, reference  # noqa: E402

TOLERANCE_DB = -80.0


@pytest.fixture(scope="module")
def program():
    build = ["swift", "build", "-c", "release", "--package-path", str(ROOT), "--product", "TowerBenchmark"]
    environment = {**os.environ, "LIMPID_BENCHMARKS": "1"}
    result = subprocess.run(build, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    folder = subprocess.run([*build, "--show-bin-path"], capture_output=True, text=True, check=True, env=environment)
    return Path(folder.stdout.strip()) / "TowerBenchmark"


@pytest.mark.parametrize("kind", ["panns", "panns-16k", "clap"])
@pytest.mark.parametrize("seconds", [0.25, 2.0])
def test_a_tower_of_the_published_size_equals_the_reference(kind, seconds, program, tmp_path):
    published = {"panns": layout.PANNS, "panns-16k": layout.PANNS_16K, "clap": layout.CLAP}
    tower = reference.Reference(published[kind], seed=1)
    configuration, tensors = tower.convert()
    assert configuration == tower.configuration
    file = tmp_path / "tower.safetensors"
    layout.save(file, configuration, tensors, "random numbers")
    samples = reference.noises(int(seconds * 16_000), seed=2)
    samples.tofile(tmp_path / "samples")
    command = [program, file, tmp_path / "samples", tmp_path / "embedding"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    file.unlink()
    error = reference.error_in_decibels(np.fromfile(tmp_path / "embedding", np.float32), tower.embed(samples))
    print(f"\n{result.stdout.strip()}\n{kind}, {seconds} s: {error:.1f} dB")
    assert error < TOLERANCE_DB
