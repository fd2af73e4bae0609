"""The options of the trainer, with the document's names for them."""

import numpy as np
import pytest
import soundfile
import torch
from training import options as trainer_options
from training import train


def base(tmp_path):
    time = np.arange(32_000) / 16_000
    for name, sound in {
        "clean/p1/a.wav": 0.1 * np.sin(800 * time) * (np.sin(9 * time) > 0),
        "noise/fan/b.wav": 0.1 * np.random.default_rng(0).standard_normal(32_000),
    }.items():
        path = tmp_path / "base/train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound.clip(-1, 1), 16_000)
    return tmp_path / "base"


def test_the_documents_names_mean_ours(tmp_path):
    folder = base(tmp_path)
    args = trainer_options.arguments([
        "--base_dir", str(folder), "--out", "x", "--cond_drop_prob", "0.1", "--noise_encoder_type", "global",
        "--max_steps", "7", "--devices", "2",
    ])  # fmt: skip
    assert (args.dropout, args.encoder, args.max_steps, args.devices) == (0.1, "global", 7, 2)
    assert args.speech == [folder / "train/clean"] and args.noise == [folder / "train/noise"]


def test_the_documents_options_of_clap_are_taken_with_a_tower(tmp_path):
    folder = base(tmp_path)
    args = trainer_options.arguments(
        ["--base_dir", str(folder), "--out", "x", "--encoder", "clap", "--freeze_clap", "--return_ref_waveform"]
    )
    assert not args.fine_tune_tower


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--freeze_clap"], "'sequence' has none"),
        (["--encoder", "clap", "--freeze_clap", "--fine-tune-tower"], "exclude each other"),
        (["--return_ref_waveform"], "--return_ref_waveform"),
        (["--max_steps", "0"], "positive whole number"),
        (["--ema", "1"], "--ema 1.0"),
        (["--cond_drop_prob", "1.5"], "out of range"),
        (["--noise", "y"], "--base_dir takes the place"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, capsys, options, said):
    with pytest.raises(SystemExit):
        trainer_options.arguments(["--base_dir", str(base(tmp_path)), "--out", "x", *options])
    assert said in capsys.readouterr().err


def test_a_folder_without_noise_is_refused(tmp_path, capsys):
    (tmp_path / "train/clean").mkdir(parents=True)
    with pytest.raises(SystemExit):
        trainer_options.arguments(["--base_dir", str(tmp_path), "--out", "x"])
    assert "no noise" in capsys.readouterr().err


@pytest.mark.parametrize("accumulate", [1, 2])
def test_max_steps_ends_the_run_and_accumulation_hears_more(tmp_path, accumulate):
    out = tmp_path / "run"
    arguments = [
        "--base_dir", str(base(tmp_path)), "--out", str(out), "--channels", "8", "8", "--batch", "2", "--ema", "0",
        "--seconds", "0.6", "--workers", "0", "--no-compile", "--max_steps", "3", "--accumulate", str(accumulate),
    ]  # fmt: skip
    assert train.main(arguments) == 0
    saved = torch.load(out / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 3
    assert saved["hours"] == pytest.approx(3 * 2 * accumulate * 0.6 / 3600)
    # With a decay of 0 the average is the weights themselves.
    assert all(torch.equal(saved["network"][k], v) for k, v in saved["raw"].items())
