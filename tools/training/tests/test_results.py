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
    base = "condition-none guidance-1.0 reference-rolling seed-1"
    assert results.base_of("condition-global guidance-1.0 reference-learned seed-1") == base
    assert results.base_of(base) == base
    assert results.base_of("something else") is None


def test_the_offline_tables_tell_the_scales_apart(tmp_path, monkeypatch):
    """Ours beside the document's figures, the steps beside ours; full and small never in one table."""
    import offline_results

    folder = tmp_path / "results/offline"
    folder.mkdir(parents=True)
    head = "enhancer,set,name,seconds,pesq,estoi,si_sdr_db,delay_samples\n"
    for scale, value in (("small", 1.25), ("full", 1.75)):
        label = f"{scale} run/CFG-02 w=3 seed=1 steps=600"
        (folder / f"{scale}.csv").write_text(head + "".join(f"{label},voices,f{n},3,{value},0.5,{n},0\n" for n in range(3)))
    monkeypatch.setattr(offline_results, "FOLDER", tmp_path)
    (tmp_path / "experiments").symlink_to(Path(results.__file__).parent / "experiments")
    text = "\n".join(offline_results.tables(results.interval))
    full, small = text.index("### Full scale"), text.index("### Small scale")
    assert full < text.index("1.75 ± 0.00") < small < text.index("1.25 ± 0.00 / 0.50 ± 0.00 / 1.0 ± 1.0")
    row = next(line for line in text[small:].splitlines() if line.startswith("| run/CFG-02"))
    assert "| 3 | 1 | 600 |" in row and "1.87 ± 0.57 / 0.76 ± 0.17 / 12.3 ± 4.8" in row and "1.18 ± 0.29" in row


def test_the_offline_comparisons_are_paired_and_over_the_seeds_that_both_have(tmp_path, monkeypatch):
    import offline_results

    folder = tmp_path / "results/offline"
    folder.mkdir(parents=True)
    head = "enhancer,set,name,seconds,pesq,estoi,si_sdr_db,delay_samples\n"
    # Seed 1 has no w = 3: it takes no part in that comparison, but in that of the seeds.
    for weight, seed, value in ((1, 0, 1.0), (1, 1, 2.0), (3, 0, 1.25)):
        label = f"small run/CFG-02 w={weight} seed={seed} steps=9"
        rows = [f"{label},voices,f{n},3,{value + n},0.5,{seed + 2 * n},0\n" for n in range(3)]
        (folder / f"{weight}-{seed}.csv").write_text(head + "".join(rows[:: 1 - 2 * seed]))  # in another order
    monkeypatch.setattr(offline_results, "FOLDER", tmp_path)
    (tmp_path / "experiments").symlink_to(Path(results.__file__).parent / "experiments")
    lines = offline_results.tables(results.interval)
    rows = {line.split(" | ")[0]: line for line in lines if " / " in line and "[" in line}
    assert "+0.25 [+0.25, +0.25] / +0.0 [+0.0, +0.0] | +0.01 / +0.0 | +0.00 / -0.4" in rows["| guidance, w = 3 against 1, p = 0.2"]
    assert "+1.00 [+1.00, +1.00] / +1.0 [+1.0, +1.0]" in rows["| one seed against another, p = 0.2"]
    assert len(rows) == 2
