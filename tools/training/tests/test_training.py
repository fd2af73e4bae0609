"""Corpora, augmentation, and a run that learns, resumes and exports."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors import safe_open
from training import augmentation, checkpoint, export, mixing, options, train
from training import run as training_run
from training.augmentation_options import Augmentation
from training.components import Components
from training.corpora import Corpus, CorpusError, Item
from training.schedule import Average, schedule
from training.step import TrainingStep
from training.network import NetworkConfiguration, ScoreNetwork


def voice(seconds, pitch, rate=16_000):
    """A crude voice: harmonics that come and go, so that training has something to find."""
    time = np.arange(int(seconds * rate)) / rate
    sound = sum(np.sin(2 * np.pi * pitch * h * time) / h for h in range(1, 12))
    return 0.1 * sound * np.maximum(0, np.sin(2 * np.pi * 2 * time))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpora")
    random = np.random.default_rng(0)
    for name, samples in {
        "LibriSpeech/train/19/198/19-198-0001.flac": voice(3, 120),
        "LibriSpeech/train/26/495/26-495-0001.flac": voice(3, 210),
        "noise/street/a.wav": 0.1 * random.standard_normal(64_000),
        "noise/fan/b.wav": 0.1 * np.cumsum(random.standard_normal(64_000)) / 50,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples.clip(-1, 1), 16_000)
    return root


def test_layouts_give_speakers_and_kinds(folders, tmp_path):
    speech = Corpus([folders / "LibriSpeech"], "speech", tmp_path)
    assert {i.group for i in speech.items} == {"19", "26"}
    esc = tmp_path / "ESC-50"
    (esc / "meta").mkdir(parents=True)
    (esc / "audio").mkdir()
    for name in ("1-1.wav", "1-2.wav"):
        soundfile.write(esc / "audio" / name, np.zeros(44_100), 44_100)
    rows = "filename,category\n1-1.wav,rain\n1-2.wav,laughing\n"
    (esc / "meta/esc50.csv").write_text(rows)
    noise = Corpus([esc], "noise", tmp_path)
    assert [i.group for i in noise.items] == ["rain"], "human voices are not noise"
    assert noise.items[0].length == 16_000, "lengths count 16 kHz samples"


def test_an_unreadable_corpus_is_one_clear_sentence(tmp_path):
    with pytest.raises(CorpusError, match="does not exist"):
        Corpus([tmp_path / "nowhere"], "speech", tmp_path)
    (tmp_path / "x.wav").write_bytes(b"not audio")
    with pytest.raises(CorpusError, match="cannot be read as audio"):
        Corpus([tmp_path], "noise", tmp_path)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_coloured_noise_has_its_slope(exponent):
    x = augmentation.coloured(np.random.default_rng(0), 160_000, exponent)
    power = np.abs(np.fft.rfft(x)) ** 2
    low, high = power[2_000:4_000].mean(), power[16_000:32_000].mean()  # 200-400 Hz, 1.6-3.2 kHz
    assert 10 * np.log10(low / high) == pytest.approx(9.03 * exponent, abs=0.7)


def test_intrusions_are_sudden_and_as_loud_as_stated(folders, tmp_path):
    noises = Corpus([folders / "noise"], "noise", tmp_path)
    loudest, quiet = [], []
    for seed in range(60):
        x = augmentation.intrusions(np.random.default_rng(seed), noises, 96_000, Augmentation())
        assert x.shape == (96_000,) and np.isfinite(x).all()
        power = np.square(x).reshape(-1, 800).mean(1)
        loudest.append(10 * np.log10(power.max()))
        quiet.append((power == 0).mean())
    # Blocks of 50 ms within the loudest 100 ms; several sounds may lie on one another.
    assert 15 < max(loudest) < 26 and min(loudest) < 5
    assert np.median(quiet) > 0.3, "silence between them"


def test_clipping_cuts_the_peaks_and_leaves_the_rest():
    torch.manual_seed(0)
    x = torch.randn(40, 16_000)
    y = mixing.clipped(x)
    lower = 20 * torch.log10(x.abs().amax(1) / y.abs().amax(1))
    assert lower.min() > 2.9 and lower.max() < 12.5
    assert (x * y >= 0).all()
    hard = (x == y).float().mean(1) > 0.5
    assert 20 <= hard.sum() < 40
    assert all(torch.corrcoef(torch.stack([a.abs(), b.abs()]))[0, 1] > 0.5 for a, b in zip(x, y, strict=True))


def test_long_noise_is_of_several_kinds(folders, tmp_path, monkeypatch):
    """Tones instead of noises, so that the kinds can be told apart and counted."""
    random, made = np.random.default_rng(3), []

    def tone(*arguments):
        count = next(a for a in arguments if isinstance(a, int))
        made.append(np.sin(np.arange(count) * (0.02 + 0.01 * len(made) % 1)))
        return made[-1]

    for name in ("varied", "hum", "events", "babble"):
        monkeypatch.setattr(augmentation, name, tone)
    monkeypatch.setattr(augmentation, "coloured", lambda random, count, exponent: tone(count))
    counts = {}
    for seconds in (5, 20):
        kinds = []
        for _ in range(60):
            made.clear()
            assert len(augmentation.noise(random, None, None, seconds * 16_000, Augmentation())) == seconds * 16_000
            kinds.append(len(made))
        counts[seconds] = max(kinds)
    assert counts[5] <= 4 and counts[20] >= 6, counts


def test_noise_of_the_corpus_is_played_at_other_speeds_and_from_its_end(monkeypatch):
    """A rising sweep: its pitch at the beginning tells the speed, its direction which end came first."""

    def sweep(random, corpus, count):
        time = np.arange(count) / 16_000
        return augmentation.normalise(np.sin(2 * np.pi * (500 + 250 * time) * time))

    def pitch(x):
        spectrum = np.abs(np.fft.rfft(x[:3200] * np.hanning(3200), 16_000))
        return float(np.argmax(spectrum))

    monkeypatch.setattr(augmentation, "from_corpus", sweep)
    random = np.random.default_rng(2)
    plain = augmentation.varied(random, None, 32_000, replace(Augmentation(), other_speed_noise=0.0, backwards_noise=0.0))
    assert np.array_equal(plain, sweep(None, None, 32_000))
    backwards = augmentation.varied(random, None, 32_000, replace(Augmentation(), other_speed_noise=0.0, backwards_noise=1.0))
    assert np.array_equal(backwards, plain[::-1])
    pitches = []
    for _ in range(40):
        x = augmentation.varied(random, None, 32_000, replace(Augmentation(), other_speed_noise=1.0, backwards_noise=0.0))
        assert len(x) == 32_000 and np.sqrt(np.mean(x**2)) == pytest.approx(1, abs=1e-3)
        pitches.append(pitch(x) / pitch(plain))
    assert 0.45 < min(pitches) < 0.65 and 1.6 < max(pitches) < 2.4, pitches


def test_stretching_changes_the_length_and_keeps_the_pitch():
    tone = np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    out = augmentation.stretch(tone, 1.25)
    assert abs(len(out) - 25_600) <= 1
    spectrum = np.abs(np.fft.rfft(out[2_000:18_000] * np.hanning(16_000)))
    assert abs(np.argmax(spectrum) - 440) <= 1
    assert np.std(out[2_000:-2_000]) == pytest.approx(np.std(tone), rel=0.1)


def run(folders, out, *more):
    return train.main([
        "--speech", str(folders / "LibriSpeech"), "--noise", str(folders / "noise"), "--out", str(out),
        "--channels", "8", "8", "--batch", "4", "--seconds", "0.6", "--workers", "0", "--no-compile",
        "--warmup", "5", *more,
    ])  # fmt: skip


def test_a_short_run_learns_resumes_and_exports(folders, tmp_path):
    torch.set_num_threads(2)
    out = tmp_path / "run"
    assert run(folders, out, "--max-steps", "60") == 0
    saved = torch.load(out / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 60
    assert run(folders, out, "--max-steps", "120", "--resume", str(out / "checkpoint.pt")) == 0
    again = torch.load(out / "checkpoint.pt", weights_only=True)
    assert again["step"] > saved["step"] and again["elapsed"] > saved["elapsed"]
    with open(out / "log.csv") as file:
        losses = {int(row["step"]): float(row["loss"]) for row in csv.DictReader(file)}
    assert list(losses) == [50, 60, 110, 120] and losses[110] < 0.9 * losses[50], losses

    target = tmp_path / "model.safetensors"
    golden = tmp_path / "golden.safetensors"
    arguments = [str(out / "checkpoint.pt"), str(target), "--data", "made up", "--golden", str(golden)]
    assert export.main(arguments) == 0
    with safe_open(golden, "pt") as file:
        assert file.get_tensor("conditional").shape == (12, 160, 2)
    with safe_open(target, "pt") as file:
        metadata = json.loads(file.metadata()["limpid"])
        assert torch.equal(file.get_tensor("stem.bias"), again["network"]["stem.bias"])
    assert metadata["format"]["hop_length"] == 160 and len(metadata["format"]["times"]) == 8
    assert metadata["configuration"]["channels"] == [8, 8] and metadata["data"] == ["made up"]
    # A network of sound from its end says so, one of some of each does not.
    assert "direction" not in metadata["format"]
    for share, direction in ((1.0, "backward"), (0.5, None)):
        again["augmentation"]["backwards"] = share
        assert export.export(again, target, "x", [], {})["format"].get("direction") == direction
        assert checkpoint.hears_backwards(checkpoint.load(target)) == (direction == "backward")
    # It does not go on with sound as it comes, unnoticed.
    again["augmentation"]["backwards"] = 1.0
    export.export(again, target, "x", [], {})
    assert run(folders, tmp_path / "other", "--max-steps", "1", "--resume", str(target)) == 1
    assert run(folders, tmp_path / "same", "--max-steps", "1", "--resume", str(target), "--augmentation", "backwards=1") == 0


def test_a_run_that_goes_on_hears_other_sounds(folders, tmp_path, monkeypatch):
    heard = []
    made = Components.__init__

    def init(self, speech, noise, batch, seconds, seed, *rest):
        heard.append((seed, torch.initial_seed()))
        made(self, speech, noise, batch, seconds, seed, *rest)

    monkeypatch.setattr(training_run.Components, "__init__", init)
    saved = tmp_path / "first/checkpoint.pt"
    once = ["--max-steps", "1", "--validation-minutes", "0"]
    for out, more in (("first", []), ("twin", []), ("on", ["--resume", str(saved)]), ("new clock", ["--resume", str(saved), "--restart-clock"])):
        assert run(folders, tmp_path / out, *once, *more) == 0
    assert len(heard) == 4 and heard[0] == heard[1]
    assert heard[2] == heard[3] and heard[2][0] != heard[0][0] and heard[2][1] != heard[0][1]


def test_rows_of_other_columns_begin_a_file_of_their_own(tmp_path):
    path = tmp_path / "log.csv"
    for row in ({"step": 1, "loss": 2}, {"step": 2, "loss": 3}, {"step": 3, "snr": 9, "loss": 4}, {"step": 4, "loss": 5}):
        training_run.append(path, row)
    assert path.read_text().split() == ["step,loss", "4,5"]
    assert (tmp_path / "log-1.csv").read_text().split() == ["step,loss", "1,2", "2,3"]
    assert (tmp_path / "log-2.csv").read_text().split() == ["step,snr,loss", "3,9,4"]


def test_the_log_is_of_all_batches_of_a_step(folders, tmp_path, monkeypatch):
    losses = []
    forward = TrainingStep.forward

    def heard(*arguments):
        value, pieces = forward(*arguments)
        losses.append(float(value.detach()))
        return value, pieces

    monkeypatch.setattr(TrainingStep, "forward", heard)
    out = tmp_path / "run"
    assert run(folders, out, "--max-steps", "2", "--accumulate", "3", "--validation-minutes", "0") == 0
    with open(out / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1 and len(losses) == 6 and float(rows[0]["loss"]) == pytest.approx(np.mean(losses), rel=1e-5)


def test_a_run_goes_on_from_exported_weights_and_grows_from_them(folders, tmp_path, capsys):
    first, model = tmp_path / "first", tmp_path / "model.safetensors"
    assert run(folders, first, "--max-steps", "3") == 0
    assert export.main([str(first / "checkpoint.pt"), str(model)]) == 0
    second = tmp_path / "second"
    assert run(folders, second, "--max-steps", "1", "--lr", "0", "--resume", str(model)) == 0
    saved, weights = torch.load(second / "checkpoint.pt", weights_only=True), checkpoint.weights(model)
    assert all(torch.equal(saved["raw"][k], v) for k, v in weights["network"].items())

    larger = ["--inner-dilations", "4", "8", "16", "--outer-dilations", "1", "2", "4"]
    arguments = options.arguments(["--speech", "x", "--noise", "x", "--out", "x", "--learned-tokens", *larger])
    grown = checkpoint.grown(weights, arguments)
    small, large = (ScoreNetwork(NetworkConfiguration(**w["configuration"])) for w in (weights, grown))
    small.load_state_dict(weights["network"]), large.load_state_dict(grown["network"])
    assert len(large.band_blocks) == 3 and len(large.up_blocks) == 3
    x, y = torch.randn(2, 1, 30, 160, 2).unbind()
    reference = torch.rand(1, 40, 160)
    outputs = [net(x, y, torch.ones(1), net.encode(reference)) for net in (small, large)]
    assert torch.allclose(*outputs, atol=1e-5), "the added blocks begin as nothing"
    assert large.learned_mark is not None and large.learned_mark.eq(0).all() and small.learned_mark is None
    outputs[1].square().sum().backward()
    assert large.band_blocks[2].gru_out.weight.grad.abs().max() > 0, "and learn"

    assert run(folders, second, "--resume", str(model), "--inner-dilations", "8", "4", "2") == 1
    assert "must begin with those of the checkpoint, [4, 8]" in capsys.readouterr().err
    foreign = tmp_path / "foreign.pt"
    for content in ({"configuration": {"base": 32}, "network": {}}, {"network": {}}):
        torch.save(content, foreign)
        assert run(folders, second, "--resume", str(foreign), "--learned-tokens") == 1
        assert "a checkpoint of another trainer" in capsys.readouterr().err
    model.write_bytes(b"nothing")
    assert run(folders, second, "--resume", str(model)) == 1
    assert "not a checkpoint or weights file" in capsys.readouterr().err


def test_two_processes_stop_together(folders, tmp_path):
    """Each process once went by its own clock: one could stop while the other waited for it."""
    out = tmp_path / "run"
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m",
        "training.train", "--speech", str(folders / "LibriSpeech"), "--noise", str(folders / "noise"),
        "--out", str(out), "--channels", "8", "8", "--batch", "2", "--seconds", "0.6", "--workers", "0",
        "--no-compile", "--minutes", "0.05",
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(train.__file__).parents[1])}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr[-2000:]
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] > 0


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, capsys):
    (tmp_path / "x.pt").write_bytes(b"nothing")
    assert export.main([str(tmp_path / "x.pt"), str(tmp_path / "y.safetensors")]) == 1
    assert "not a checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "y.safetensors").exists()


def test_scores_that_are_no_json_file_are_refused(folders, tmp_path, capsys):
    assert run(folders, tmp_path, "--max-steps", "1") == 0
    (tmp_path / "scores.json").write_text("PESQ: 2.8")
    for scores in ("{}", str(tmp_path / "scores.json")):
        assert export.main([str(tmp_path / "checkpoint.pt"), str(tmp_path / "y.safetensors"), "--scores", scores]) == 1
        assert "is not a JSON file that can be read" in capsys.readouterr().err
        assert not (tmp_path / "y.safetensors").exists()


def test_without_augmentation_the_mixture_is_speech_and_noise_of_the_corpora(tmp_path, monkeypatch):
    for name, samples in {"speech/a.wav": voice(8, 120), "noise/b.wav": 0.1 * np.random.default_rng(0).standard_normal(99_000)}.items():
        (tmp_path / name).parent.mkdir()
        soundfile.write(tmp_path / name, samples.clip(-1, 1), 16_000)
    speech, noise = (Corpus([tmp_path / n], n, tmp_path) for n in ("speech", "noise"))
    for part in ("noise", "colouring", "equalise", "reverberate", "intrusions", "coloured"):
        monkeypatch.setattr(augmentation, part, lambda *_: pytest.fail("augmentation"))
    plain = Augmentation.plain()
    components = iter(Components(speech, noise, 4, 1.0, 0, plain))
    for _ in range(10):
        batch = mixing.mix(next(components), plain)
        assert all(torch.isfinite(batch[k].float()).all() for k in range(3))
        assert not batch.heard.any() and not batch.removes.any()


def test_a_share_of_the_augmentation_is_changed_by_name_and_refused_in_a_sentence(tmp_path, capsys):
    changed = Augmentation.with_shares(["second_voice=0.12", "largest_offset=0.3"])
    assert (changed.second_voice, changed.largest_offset) == (0.12, 0.3)
    assert replace(changed, second_voice=0.35, largest_offset=0.15) == Augmentation()
    assert Augmentation.with_shares(["clipped=0.5"], Augmentation.plain()).second_voice == 0
    base = ["--speech", "a", "--noise", "b", "--out", str(tmp_path), "--augmentation"]
    for wrong, said in {"second_voice": "write second_voice=0.2", "second=1": "'second' is no share", "clipped=1.5": "out of range",
                        "level=1": "'level' is no share", "clipped=nan": "out of range"}.items():  # fmt: skip
        with pytest.raises(SystemExit) as stop:
            options.arguments([*base, wrong])
        assert stop.value.code == 2 and said in capsys.readouterr().err


def test_options_out_of_range_are_one_clear_sentence(tmp_path, capsys):
    common = ["--speech", "s", "--noise", "n", "--out", str(tmp_path)]
    for wrong in (["--warmup", "-1"], ["--decay", "2"], ["--minutes", "0"], ["--seconds", "0"], ["--workers", "-1"],
                  ["--channels", "18", "18"], ["--lr", "-1"], ["--validation-items", "3"]):  # fmt: skip
        with pytest.raises(SystemExit):
            options.arguments([*common, *wrong])
        assert f"{wrong[0]} {' '.join(wrong[1:])} is out of range; give" in capsys.readouterr().err
    options.arguments([*common, "--warmup", "0", "--decay", "0"])
    assert schedule(0.9, 0, 0, 0.0) == 1


def test_voices_of_games_are_no_noise_whenever_the_shard_was_made(tmp_path):
    names = ["base.wz/audio/memressp/a.ogg", "sounds/archer_ack1.wav", "sounds/hall.ogg", "sounds/scratch.ogg"]
    soundfile.write(tmp_path / "noise-debian-0.flac", 0.1 * np.ones(4 * 16_000), 16_000)
    items = [{"set": "debian sounds", "speaker": "game", "file": n, "start": 16_000 * k, "length": 16_000} for k, n in enumerate(names)]
    (tmp_path / "noise-debian-0.json").write_text(json.dumps({"samples": 64_000, "items": items}))
    corpus = Corpus([tmp_path / "noise-debian-0.json"], "noise", tmp_path / "cache")
    assert [item.start // 16_000 for item in corpus.items] == [2, 3]


def test_where_a_set_names_no_speakers_every_file_is_somebody(tmp_path):
    soundfile.write(tmp_path / "speech-0.flac", 0.1 * np.ones(3 * 16_000), 16_000)
    items = [
        {"set": "intent", "speaker": "intent", "file": f"{k}.wav", "start": 16_000 * k, "length": 16_000} for k in range(2)
    ] + [{"set": "nemo", "speaker": "a", "file": "2.wav", "start": 32_000, "length": 16_000}]
    (tmp_path / "speech-0.json").write_text(json.dumps({"samples": 48_000, "items": items}))
    corpus = Corpus([tmp_path / "speech-0.json"], "speech", tmp_path / "cache")
    assert [item.group for item in corpus.items] == ["intent/0.wav", "intent/1.wav", "nemo/a"]


def test_held_out_groups_are_drawn_alike_however_large_they_are():
    corpus = object.__new__(Corpus)
    corpus._hold([Item(np.zeros(1), 0, 100 * (1 + 99 * (k < 50)), "large" if k < 50 else f"small {k}") for k in range(60)], evenly=True)
    random = np.random.default_rng(1)
    drawn = [corpus.draw(random).group for _ in range(4000)]
    assert 250 < drawn.count("large") < 480 and len(set(drawn)) == 11


def test_the_quiet_before_a_word_is_not_made_as_loud_as_the_word(tmp_path):
    """Utterances of 1 s of hiss and 1 s of a tone, of which a crop of 1.2 s may hold only a beginning."""
    random = np.random.default_rng(1)
    one = np.concatenate([1e-4 * random.standard_normal(16_000), 0.3 * np.sin(np.arange(16_000) / 5)]).astype(np.float32)
    shard = (np.tile(one, 20) * 32767).astype(np.int16)
    speech = object.__new__(Corpus)
    speech._hold([Item(shard, 32_000 * k, 32_000, f"speaker {k // 2}") for k in range(20)])
    made = Components(speech, None, 1, 1.2, 0, Augmentation.plain())
    for _ in range(60):
        track, _ = made.wanted(random)
        quiet = np.abs(np.fft.rfft(track[: len(track) // 320 * 320].reshape(-1, 320) * np.hanning(320)))
        hiss = quiet[:, 80:].max(1)  # above 4 kHz there is no tone
        assert hiss.max() < 0.3 * np.abs(np.fft.rfft(np.sin(np.arange(320) / 5) * np.hanning(320))).max()
    lead, voice = made.voice(random, speech.items[0], 8_000, 8_000)
    assert np.sqrt(np.mean(np.concatenate([lead, voice]) ** 2)) < 1.6


def test_opus_beyond_full_scale_is_clipped_and_does_not_wrap(tmp_path):
    """libsndfile's Opus, read as integers, turned what is above 1 into its negative: clicks in clean voices."""
    random = np.random.default_rng(1)
    loud = np.sign(np.sin(np.arange(32_000) / 7)) * (0.9 + 0.1 * random.random(32_000))
    soundfile.write(tmp_path / "speech-0.opus", loud, 16_000, format="OGG", subtype="OPUS")
    (tmp_path / "speech-0.json").write_text(
        json.dumps({"samples": 32_000, "items": [{"set": "s", "speaker": "a", "file": "1.wav", "start": 0, "length": 32_000}]})
    )
    item = Corpus([tmp_path / "speech-0.json"], "speech", tmp_path / "cache").items[0]
    expected, _ = soundfile.read(tmp_path / "speech-0.opus", dtype="float32")
    assert np.abs(expected).max() > 1.01, "otherwise it tells nothing"
    assert np.abs(item.read(0, 32_000) - expected[: item.length].clip(-1, 1)).max() < 1e-4


def test_short_noises_return_after_pauses_or_are_looped():
    """A game's sound of 0.3 s was heard every 0.3 s, to the sample."""
    sound = np.sin(np.arange(4800) * 0.3).astype(np.float32)
    corpus = object.__new__(Corpus)
    corpus._hold([Item((sound * 32767).astype(np.int16), 0, 4800, "one")])
    random = np.random.default_rng(1)
    quiet = []
    for _ in range(40):
        made = augmentation.from_corpus(random, corpus, 80_000)
        assert len(made) == 80_000 and np.isfinite(made).all()
        assert np.abs(made[:3000]).max() > 0.3, "it begins at once"
        frames = np.abs(made.reshape(-1, 160)).max(1)
        quiet.append((frames < 1e-6).mean())
    looped = [q == 0 for q in quiet]
    assert 8 < sum(looped) < 32
    assert 0.2 < np.mean([q for q in quiet if q > 0]) < 0.8


def test_the_average_of_trained_weights_is_as_long_as_asked_for():
    """It was a ninth of the steps whatever was asked for, as if there were a random start to forget."""
    net = torch.nn.Linear(1, 1, bias=False)
    for trained, expected in ((True, 0.99**100), (False, 0.0)):
        torch.nn.init.ones_(net.weight)
        average = Average(net, 0.99, trained)
        with torch.no_grad():
            net.weight.zero_()
        for _ in range(100):
            average.update(net)
        assert abs(average.shadow["weight"].item() - expected) < 1e-4
