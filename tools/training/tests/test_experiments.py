"""The committed experiments are ones that trainer and runner understand."""

import importlib.machinery
import importlib.util
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from training import train
from training.ncsnpp import options as offline_options

PATH = Path(__file__).parents[2] / "experiment"
LOADER = importlib.machinery.SourceFileLoader("experiment", str(PATH))
experiment = importlib.util.module_from_spec(importlib.util.spec_from_loader("experiment", LOADER))
LOADER.exec_module(experiment)
NAMES = experiment.names()
OFFLINE = [name for name in NAMES if not name.startswith("streaming/")]


@pytest.mark.parametrize("name", NAMES)
def test_the_trainer_takes_every_configuration(name):
    table = experiment.load(name).get("train")
    if table is not None:
        args = train.arguments(["--speech", "x", "--noise", "y", "--out", "z", *experiment.options(table)])
        assert all(getattr(args, key) == value for key, value in table.items())


@pytest.mark.parametrize("name", OFFLINE)
def test_the_documents_commands_are_taken_as_they_stand(name, tmp_path, monkeypatch):
    table = experiment.load(name)
    assert table["section"] and table["status"] and table["evaluate"]["cfg_scale"]
    if "model" in table:
        assert "command" in experiment.load(table["model"]) and "command" not in table
        return
    monkeypatch.chdir(tmp_path)
    (tmp_path / "towers").mkdir()
    for kind in ("clap", "panns"):
        (tmp_path / f"towers/{kind}.safetensors").touch()
    args = offline_options.arguments(experiment.offline_experiment.words_of(table["command"]))
    assert args.max_steps == (200_000 if "SCALE" in name else 50_000)
    assert args.batch_size * args.devices == (32 if "SCALE" in name else 4)
    assert args.ref_length_sec == 0.25
    assert args.lr == 1e-4 and args.ema_decay == 0.999 and args.nf == 128


def test_the_scaled_commands_are_the_documents_letter_by_letter():
    assert experiment.load("SCALE-01")["command"].splitlines() == [
        "CUDA_VISIBLE_DEVICES=0,1,2,3 python train_noise_cond.py \\", "    --base_dir ./data/voicebank-demand \\",
        "    --backbone ncsnpp_v2_cond \\", "    --batch_size 8 \\", "    --devices 4 \\", "    --max_steps 200000 \\",
        "    --cond_drop_prob 0.2 \\", "    --wandb_name nc-cfg-scaled \\", "    --save_ckpt_interval 50000",
    ]  # fmt: skip


def test_every_experiment_of_the_document_is_there():
    wanted = [f"plan/CFG-0{n}" for n in range(1, 7)] + [f"run/CFG-0{n}" for n in (1, 2)]
    wanted += ["run/baseline", "run/CLAP-01", "run/CLAP-02", "plan/CLAP-03", "run/CLAP-CFG-0.1", "run/CLAP-CFG-0.2", "plan/PANNs-01"]
    wanted += ["plan/XAttn-01", "plan/XAttn-02", "plan/XAttn-03", "run/XAttn-01", "run/XAttn-CFG"]
    wanted += [f"plan/COMB-0{n}" for n in (1, 2, 3)] + [f"run/SCALE-0{n}" for n in (1, 2, 3)]
    assert sorted(wanted) == sorted(OFFLINE)


def test_one_id_for_two_things_asks_which(capsys):
    assert experiment.full_name("SCALE-01") == "run/SCALE-01" and experiment.full_name("plan/CFG-01") == "plan/CFG-01"
    assert experiment.main(["CFG-01"]) == 1
    assert "run/CFG-01 or plan/CFG-01" in capsys.readouterr().err


def test_options_are_replaced_added_and_taken_out():
    replaced = experiment.offline_experiment.replaced
    words = ["--a", "1", "--b", "--c", "2", "3"]
    assert replaced(words, {"a": [5], "c": [], "d": [7, 8]}) == ["--b", "--a", "5", "--d", "7", "8"]


def test_the_small_scale_keeps_the_experiments_own_options(tmp_path, monkeypatch):
    """What is small is the network, the data and the length; the encoder and its dropout are those of the experiment."""
    calls = []

    def call(words, **more):
        calls.append([str(w) for w in words])
        if "--out" in calls[-1]:
            Path(calls[-1][calls[-1].index("--out") + 1]).mkdir(parents=True, exist_ok=True)

    offline = experiment.offline_experiment
    monkeypatch.setattr(offline, "call", call)
    monkeypatch.setattr(offline, "sets", lambda args: [tmp_path / "some-set"])
    places = ["--base-dir", str(tmp_path), "--out", str(tmp_path / "runs"), "--results", str(tmp_path / "results")]
    assert experiment.main(["XAttn-CFG", "--small", *places, "--seeds", "0", "1"]) == 0
    trained = [c for c in calls if "train_noise_cond.py" in c[1]]
    assert len(trained) == 2 and len(calls) == 2 + 2 * 2  # two seeds, two weights of guidance
    monkeypatch.chdir(tmp_path)
    args = offline_options.arguments(trained[0][2:])
    assert (args.noise_encoder_type, args.cond_drop_prob, args.nf, args.max_steps) == ("sequence", 0.2, 16, offline.SMALL_STEPS)
    scored = calls[-1]
    assert "--cfg_scale 3.0" in scored[scored.index("--enhancer") + 1] and f"--N {offline.SMALL_REVERSE_STEPS}" in scored[3]
    assert scored[scored.index("--name") + 1] == f"small run/XAttn-CFG w=3 seed=1 steps={offline.SMALL_STEPS}"
    calls.clear()
    assert experiment.main(["XAttn-CFG", "--small", *places]) == 0  # what is trained is not trained again
    assert not any("train_noise_cond.py" in c[1] for c in calls)


def test_the_table_runs_side_by_side_and_ends_with_the_first_failure(tmp_path, monkeypatch, capsys):
    offline = experiment.offline_experiment
    together, started = threading.Barrier(2, timeout=60), []

    def run(args, experiments, name, seeds):
        started.append((name, *seeds))
        if len(started) <= 2:
            together.wait()  # passed only by two at once
        if name == "run/CFG-01":
            raise offline.OfflineError("CFG-01 ended with exit code 1")

    monkeypatch.setattr(offline, "run", run)
    monkeypatch.setattr(offline, "sets", lambda args: [])
    monkeypatch.setattr(experiment.environment, "use", lambda *_: None)
    places = ["--base-dir", str(tmp_path), "--sets", str(tmp_path), "--out", str(tmp_path), "--results", str(tmp_path)]
    assert experiment.main(["--table", "--jobs", "2", *places]) == 1
    assert capsys.readouterr().err == "experiment: CFG-01 ended with exit code 1\n"
    assert {("run/baseline", 0), ("run/CFG-01", 0)} <= set(started) and len(started) <= sum(len(seeds) for _, seeds, _ in offline.TABLE)
    assert experiment.main(["--table", "--jobs", "0", *places]) == 1 and "--jobs 0 is out of range" in capsys.readouterr().err


def test_the_small_networks_are_under_two_million():
    small = experiment.offline_experiment.SMALL
    sizes = {k: small[k][0] for k in ("nf", "num_res_blocks", "condition_dimension")} | {"encoder_channels": small["encoder_channels"]}
    from training.ncsnpp.configuration import NCSNppConfiguration
    from training.ncsnpp.model import ScoreModel

    for encoder in ("none", "global", "sequence"):
        count = sum(p.numel() for p in ScoreModel(NCSNppConfiguration(encoder=encoder, **sizes)).parameters())
        assert 500_000 < count < 2_000_000, (encoder, count)


def test_variants_are_all_combinations():
    assert experiment.variants({"a": [1, 2], "b": [3]}) == [{"a": 1, "b": 3}, {"a": 2, "b": 3}]


def test_what_cannot_run_says_so(capsys, tmp_path):
    places = ["--base-dir", str(tmp_path), "--out", str(tmp_path), "--results", str(tmp_path)]
    assert experiment.main(["CLAP-01", *places]) == 1 and "--tower" in capsys.readouterr().err
    assert experiment.main(["steps", "--small"]) == 1 and "--small is for" in capsys.readouterr().err
    assert experiment.main(["--table"]) == 1 and "--table stands alone" in capsys.readouterr().err
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


def test_what_was_learned_is_heard_only_in_sets_that_have_it(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(experiment, "call", lambda words, **more: calls.append([str(w) for w in words]))
    (tmp_path / "voices/lead").mkdir(parents=True), (tmp_path / "voices/other").mkdir(), (tmp_path / "plain").mkdir()
    places = ["--out", str(tmp_path), "--results", str(tmp_path), "--sets", str(tmp_path / "plain"), str(tmp_path / "voices")]
    assert experiment.main(["taught-reference", *places]) == 0
    heard = [(c[c.index("--enhancer") + 1].split(" enhance ")[0].split()[-2], Path(c[-1]).name) for c in calls]
    assert heard == [
        ("rolling", "plain"), ("rolling", "voices"), ("learned", "voices"), ("other", "voices"), ("empty", "plain"), ("empty", "voices"),
    ]  # fmt: skip
    assert all("limpid-wide.safetensors" in c[c.index("--enhancer") + 1] for c in calls)


def test_a_files_own_lead_is_learned(tmp_path):
    """reference_mode gives each file the sound of its own name, and limpid no folder."""
    seen = tmp_path / "seen"
    (tmp_path / "limpid").write_text(f'#!/bin/sh\necho "$@" >> {seen}\n')
    (tmp_path / "limpid").chmod(0o755)
    noisy = tmp_path / "set/noisy"
    noisy.mkdir(parents=True)
    for name in ("a.wav", "b.wav"):
        (noisy / name).touch()
    script = PATH.parent / "training/reference_mode.py"
    words = [tmp_path / "limpid", "enhance", noisy, "-o", tmp_path / "out", "--preset", "live"]
    assert subprocess.run([sys.executable, script, "other", *map(str, words)]).returncode == 0
    assert seen.read_text().splitlines() == [
        f"enhance {noisy / n} -o {tmp_path / 'out' / n} --preset live --remove {noisy.parent / 'other' / n}" for n in ("a.wav", "b.wav")
    ]
    assert subprocess.run([sys.executable, script, "nonsense", *map(str, words)], capture_output=True).returncode == 2

    # What is too short to be learned from leaves that file without, and says so; any other failure ends it.
    for code, expected in ((65, 0), (66, 1)):
        (tmp_path / "limpid").write_text(f'#!/bin/sh\ncase "$*" in *--remove*b.wav) exit {code};; esac\n')
        result = subprocess.run([sys.executable, script, "learned", *map(str, words)], capture_output=True, text=True)
        assert result.returncode == expected and ("could be had of b.wav" in result.stderr) == (expected == 0)
