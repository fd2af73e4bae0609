"""Finds `convert` and `training` from any folder."""

import sys
from pathlib import Path

tools = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(tools), str(tools / "training")]
