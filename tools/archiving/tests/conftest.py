import os
import random
import shutil
import subprocess
import wave
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


def pytest_addoption(parser):
    parser.addoption("--files", type=int, default=40, help="files of the archive whose nodes are killed (default 40)")


@pytest.fixture(scope="session")
def limpid() -> str:
    """The program: $LIMPID_PROGRAM, or the release build."""
    program = os.environ.get("LIMPID_PROGRAM") or str(CHECKOUT / ".build/release/limpid")
    if not os.access(program, os.X_OK):
        pytest.fail(f"{program} is not there; run swift build -c release --product limpid")
    return program


@pytest.fixture
def record():
    """Writes a recording: a quiet tone in noise, each of its own content and length."""

    def write(path: Path, number: int, seconds: float = 0.5) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        chance = random.Random(number)
        count = int(seconds * 16000) + number % 100
        frames = bytearray()
        for n in range(count):
            tone = 3000 if n // (20 + number % 30) % 2 else -3000
            frames += (tone + chance.randrange(-2000, 2000)).to_bytes(2, "little", signed=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes(bytes(frames))

    return write


@pytest.fixture
def one_process(limpid, tmp_path):
    """Outputs of one process without a manifest, by name."""

    def enhance(folder: Path, *options: str) -> dict[str, bytes]:
        output = tmp_path / "one-process"
        shutil.rmtree(output, ignore_errors=True)
        subprocess.run([limpid, "enhance", folder, "-o", output, "--jobs", "1", *options], capture_output=True)
        return contents(output)

    return enhance


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the manifest, by its name there; hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".limpid-manifest.jsonl"
    }
