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
    base = results.BASES["steps"]
    rows = "".join(f"{base},s,f{n},1,{n},0.5,3,0\nsteps steps-2,s,f{n},1,{n + 0.25},0.5,2,0\n" for n in range(1, 4))
    less = "steps steps-3,s,f1,1,2,0.5,3,0\nsteps steps-3,s,f2,1,2,0.5,3,0\n"
    (tmp_path / "a.csv").write_text(head + rows + less)
    lines = results.tables(results.read(tmp_path))
    other = next(line for line in lines if line.startswith("| steps steps-2 | 3 |"))
    assert "+0.250 [+0.250, +0.250]" in other and "-1.00 [-1.00, -1.00]" in other
    assert any(line.startswith("| steps steps-3 | 2 |") and line.endswith("not run | not run |") for line in lines)
    assert any(line.startswith(f"| {base} | 3 |") and line.endswith("– | – |") for line in lines)


def test_a_condition_is_compared_with_none_of_the_same_seed():
    assert results.base_of("condition-global guidance-1.0 seed-1") == "condition-none guidance-1.0 seed-1"
    assert results.base_of("something else") is None
