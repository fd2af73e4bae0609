"""The committed experiments are ones that trainer and runner understand."""

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest
from training import train

PATH = Path(__file__).parents[2] / "experiment"
LOADER = importlib.machinery.SourceFileLoader("experiment", str(PATH))
experiment = importlib.util.module_from_spec(importlib.util.spec_from_loader("experiment", LOADER))
LOADER.exec_module(experiment)
NAMES = sorted(p.stem for p in experiment.FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_trainer_takes_every_configuration(name):
    table = experiment.load(name).get("train")
    if table is not None:
        args = train.arguments(["--speech", "x", "--noise", "y", "--out", "z", *experiment.options(table)])
        assert all(getattr(args, key) == value for key, value in table.items())


def test_every_seed_experiment_is_there():
    wanted = [f"CFG-0{n}" for n in range(1, 7)] + ["PANNs-01", "XAttn-CFG"]
    wanted += [f"{kind}-0{n}" for kind in ("CLAP", "XAttn", "COMB", "SCALE") for n in (1, 2, 3)]
    assert set(wanted) <= set(NAMES)


def test_variants_are_all_combinations():
    assert experiment.variants({"a": [1, 2], "b": [3]}) == [{"a": 1, "b": 3}, {"a": 2, "b": 3}]


def test_what_cannot_run_says_so(capsys, tmp_path):
    places = ["--base-dir", str(tmp_path), "--out", str(tmp_path), "--results", str(tmp_path)]
    assert experiment.main(["CLAP-01", *places]) == 1 and "--tower" in capsys.readouterr().err
    assert experiment.main(["nothing"]) == 1 and "--list" in capsys.readouterr().err


def test_the_seeds_name_of_guidance_is_taken(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(experiment, "call", lambda words, **more: calls.append([str(w) for w in words]))
    places = ["--out", str(tmp_path), "--results", str(tmp_path), "--sets", str(tmp_path / "some-set")]
    assert experiment.main(["guidance", "--cfg_scale", "1.25", "2", *places]) == 0
    assert ["--guidance 1.25" in " ".join(c) for c in calls] == [True, False] and "--guidance 2.0" in " ".join(calls[1])


def test_a_reference_mode_is_a_script_before_limpid_and_no_option_of_it(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(experiment, "call", lambda words, **more: calls.append([str(w) for w in words]))
    places = ["--out", str(tmp_path), "--results", str(tmp_path), "--sets", str(tmp_path / "some-set")]
    assert experiment.main(["reference-mode", *places]) == 0
    commands = [c[c.index("--enhancer") + 1] for c in calls]
    assert [c.split(" enhance ")[0].split()[-2] for c in commands] == ["rolling", "empty", "oracle", "stale"]
    assert all("--reference" not in c and "reference_mode.py" in c for c in commands)
