"""Finds the checkout's `.venv` for the commands of this folder, which a user may call with any Python 3."""

import importlib.util
import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def use(program: str, extra: str, *modules: str) -> None:
    """Goes on if this Python has the modules, else in `.venv`'s Python; ends with the remedy where that is not there.

    `extra` is what tools/pyproject.toml calls these packages.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if not missing:
        return
    python = CHECKOUT / ".venv/bin/python"
    if os.access(python, os.X_OK) and Path(sys.prefix).resolve() != (CHECKOUT / ".venv").resolve():
        os.execv(python, [str(python), *sys.argv])
    sys.exit(f"{program}: the Python package {missing[0]} is missing; install with: {remedy(extra)}")


def remedy(extra: str) -> str:
    """The commands that install the packages of `extra`, from the checkout's folder."""
    first = "" if (CHECKOUT / ".venv/bin/python").exists() else "python3 -m venv .venv && "
    return f"{first}.venv/bin/pip install -e 'tools[{extra}]'"
