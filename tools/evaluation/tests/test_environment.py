"""The commands of tools/ find the checkout's .venv, or say what to install."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2]
COMMANDS = {"evaluate": ["evaluate"], "build-set": ["build-set"], "convert": ["convert", "random", "panns", "x.safetensors"],
            "experiment": ["experiment", "no-such-experiment"]}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_a_python_without_the_packages_goes_on_in_the_venv_or_says_what_to_install(tmp_path, name):
    tools = tmp_path / "tools"
    tools.mkdir()
    for part in ("environment.py", "evaluate", "build-set", "experiment", "convert", "evaluation", "training"):
        copy = shutil.copytree if (TOOLS / part).is_dir() else shutil.copy
        copy(TOOLS / part, tools / part)
    # -S: no installed packages, so NumPy and PyTorch are missing, as with a distribution's Python.
    command = [sys.executable, "-S", "-E", *[str(tools / COMMANDS[name][0]), *COMMANDS[name][1:]]]
    alone = subprocess.run(command, capture_output=True, text=True)
    extra = "training" if name == "convert" else "evaluation"
    assert alone.returncode == 1 and alone.stderr.count("\n") == 1
    assert alone.stderr.endswith(f"python3 -m venv .venv && .venv/bin/pip install -e 'tools[{extra}]'\n")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "venv: $@"\n')
    python.chmod(0o755)
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0 and found.stdout == f"venv: {' '.join(command[3:])}\n"
