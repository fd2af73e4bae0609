"""The bootstrap and the table of results."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import results  # noqa: E402  (the path comes first)


def test_the_interval_is_the_normal_one_for_many_normal_values():
    x = np.random.default_rng(3).standard_normal(400)
    low, high = results.interval(x)
    half = 1.96 * x.std() / 20
    assert low == pytest.approx(x.mean() - half, abs=0.01) and high == pytest.approx(x.mean() + half, abs=0.01)


def test_differences_are_paired_and_only_over_the_same_files(tmp_path):
    head = "enhancer,set,name,seconds,pesq,estoi,si_sdr_db,delay_samples\n"
    rows = "".join(f"{results.BASE},s,f{n},1,{n},0.5,3,0\nother,s,f{n},1,{n + 0.25},0.5,3,0\n" for n in range(1, 4))
    (tmp_path / "a.csv").write_text(head + rows + "less,s,f1,1,2,0.5,3,0\nless,s,f2,1,2,0.5,3,0\n")
    lines = results.tables(results.read(tmp_path))
    assert any(line.startswith("| other | 3 |") and "+0.250 [+0.250, +0.250]" in line for line in lines)
    assert any(line.startswith("| less | 2 |") and line.endswith("not run |") for line in lines)
