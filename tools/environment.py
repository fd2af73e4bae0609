"""Finds the checkout's `.venv` for the commands of this folder, which a user may call with any Python 3."""

import importlib.util
import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def use(program: str, extra: str, *modules: str, folder: str = ".venv") -> None:
    """Goes on if this Python has the modules, else in `.venv`'s Python; ends with the remedy where that is not there.

    `extra` is what tools/pyproject.toml calls these packages, `folder` the environment where they have one of their own.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if not missing:
        return
    python = CHECKOUT / folder / "bin/python"
    if os.access(python, os.X_OK) and Path(sys.prefix).resolve() != (CHECKOUT / folder).resolve():
        os.execv(python, [str(python), *sys.argv])
    sys.exit(f"{program}: the Python package {missing[0]} is missing; install with: {remedy(extra, folder)}")


def remedy(extra: str, folder: str = ".venv") -> str:
    """The commands that install the packages of `extra`, from the checkout's folder."""
    first = "" if (CHECKOUT / folder / "bin/python").exists() else f"python3 -m venv {folder} && "
    return f"{first}{folder}/bin/pip install -e 'tools[{extra}]'"
