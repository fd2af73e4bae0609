"""The tests of training need PyTorch; without it the whole folder is left out, said in one line."""

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["test_*.py"]


def pytest_report_header():
    if importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed: the tests of training are skipped"
    return None
