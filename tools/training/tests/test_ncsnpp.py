"""The offline system: SDE, spectrogram, sampler, crops, training, enhancement."""

import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from training import diffusion
from training.corpora import Corpus, CorpusError
from training.ncsnpp import checkpoint, data, enhance, logs, options, train
from training.ncsnpp.configuration import NCSNppConfiguration
from training.ncsnpp.model import ScoreModel
from training.ncsnpp.sampler import sample, times
from training.ncsnpp.sde import OrnsteinUhlenbeckSDE
from training.ncsnpp.spectrogram import Spectrogram
from training.ncsnpp.step import ScoreMatchingStep

FOLDER = Path(__file__).parents[1]
TINY = dict(nf=8, ch_mult=[1, 1], num_res_blocks=1, n_fft=62, hop_length=16, condition_dimension=8, encoder_channels=[4, 4, 8, 8],
            num_frames=32, cross_resolutions=[16])  # fmt: skip
WORDS = ["--nf", "8", "--ch_mult", "1", "1", "--num_res_blocks", "1", "--n_fft", "62", "--hop_length", "16", "--num_frames", "32",
         "--condition_dimension", "8", "--encoder_channels", "4", "4", "8", "8", "--cross_resolutions", "16", "--batch_size", "2",
         "--num_workers", "0", "--nolog"]  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Four pairs as the document's --base_dir has them."""
    root, random = tmp_path_factory.mktemp("pairs"), np.random.default_rng(0)
    time = np.arange(6_000) / 16_000
    for index in range(4):
        clean = 0.1 * np.sin(2 * np.pi * (200 + 50 * index) * time) * (np.sin(20 * time) > 0)
        for side, samples in (("clean", clean), ("noisy", clean + 0.05 * random.standard_normal(6_000))):
            path = root / "train" / side / f"p{index}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, 16_000, subtype="FLOAT")
    return root


def test_pairs_are_told_by_their_folders_too(tmp_path):
    for side in ("clean", "noisy"):
        for speaker in ("p226", "p227"):
            path = tmp_path / side / speaker / ("001.wav" if side == "clean" else "001.flac")
            path.parent.mkdir(parents=True)
            soundfile.write(path, np.zeros(100), 16_000)
    folder = data.PairFolder(tmp_path, 16_000)
    assert [(a.parent.name, b.parent.name) for a, b in folder.pairs] == [("p226", "p226"), ("p227", "p227")]
    soundfile.write(tmp_path / "clean/p226/001.flac", np.zeros(100), 16_000)
    with pytest.raises(CorpusError, match="are one name"):
        data.PairFolder(tmp_path, 16_000)


def test_the_sde_is_that_of_the_streaming_network():
    sde, t = OrnsteinUhlenbeckSDE(), torch.linspace(0.03, 1, 7, dtype=torch.float64)
    assert torch.allclose(sde.marginal_deviation(t), diffusion.marginal_deviation(t))
    assert float(sde.marginal_deviation(torch.tensor([1.0]))) == pytest.approx(0.3890, abs=1e-4)
    x, y = (torch.randn(7, 3, 2, dtype=torch.complex128) for _ in range(2))
    assert torch.allclose(sde.marginal_mean(x, y, t), diffusion.marginal_mean(x, y, t[:, None, None]))


def test_the_marginal_solves_the_sde():
    """d mean/dt = θ(y − mean) and d var/dt = −2θ var + g², by differences."""
    sde, t, h = OrnsteinUhlenbeckSDE(2.0, 0.1, 1.0), torch.tensor([0.4], dtype=torch.float64), 1e-5
    variance = [float(sde.marginal_deviation(t + s) ** 2) for s in (-h, 0.0, h)]
    assert (variance[2] - variance[0]) / (2 * h) == pytest.approx(-4.0 * variance[1] + float(sde.diffusion(t) ** 2), rel=1e-6)
    x, y = torch.ones(1, 1, 1, dtype=torch.complex128), 3 * torch.ones(1, 1, 1, dtype=torch.complex128)
    mean = [sde.marginal_mean(x, y, t + s) for s in (-h, 0.0, h)]
    assert torch.allclose((mean[2] - mean[0]) / (2 * h), sde.drift(mean[1], y), rtol=1e-6)


@pytest.mark.parametrize("count", [200, 4_000, 4_001])
def test_the_spectrogram_comes_back(count):
    spectrogram = Spectrogram(NCSNppConfiguration())
    wave = torch.randn(2, count, dtype=torch.float64)
    seen = spectrogram.forward(wave)
    assert seen.shape == (2, 256, 1 + count // 128) and spectrogram.padded(seen).shape[-1] % 64 == 0
    assert torch.allclose(spectrogram.inverse(seen, count), wave, atol=1e-6)
    plain = torch.stft(wave, 510, 128, window=torch.hann_window(510, dtype=torch.float64), pad_mode="reflect" if count > 255 else "constant", return_complex=True)
    assert torch.allclose(seen.abs(), 0.15 * plain.abs().sqrt(), atol=1e-6)


def test_the_sampler_finds_the_signal_by_the_true_score():
    """With the exact score of one clean signal the samples come to it; the times are even, the last step goes to 0."""
    assert times(30, 0.03)[0] == 1 and times(30, 0.03)[-1] == pytest.approx(0.03) and len(times(30, 0.03)) == 30
    sde, generator = OrnsteinUhlenbeckSDE(), torch.Generator().manual_seed(1)
    x0, y = (torch.randn(2, 16, 20, dtype=torch.complex128, generator=generator) for _ in range(2))
    seen = []

    def score(x, t):
        seen.append(float(t[0]))
        return -(x - sde.marginal_mean(x0, y, t)) / sde.marginal_deviation(t)[:, None, None] ** 2

    far = (y - x0).abs().square().mean()
    near = [(sample(score, sde, y, n, generator=generator) - x0).abs().square().mean() / far for n in (10, 60)]
    assert len(seen) == 2 * (10 + 60), "2N evaluations"
    assert near[1] < near[0] < 0.1 and near[1] < 0.01, near


def test_guidance_is_the_two_scores_and_one_weight():
    torch.manual_seed(0)
    model = ScoreModel(NCSNppConfiguration(encoder="global", **TINY))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.3 * torch.randn(p.shape))
        x, y, t = torch.randn(1, 32, 8, dtype=torch.complex64), torch.randn(1, 32, 8, dtype=torch.complex64), torch.tensor([0.5])
        tokens = model.encode(torch.randn(1, 4_000))
        conditional, null = model.score(x, y, t, tokens), model.score(x, y, t, torch.zeros_like(tokens))
        assert (conditional - null).abs().max() > 1e-3
        for weight in (0.0, 1.0, 3.0):
            expected = null + weight * (conditional - null)
            assert torch.allclose(model.guided_score(x, y, t, tokens, weight), expected, atol=1e-4)


@pytest.mark.parametrize("encoder", ["global", "sequence"])
def test_the_loss_is_score_matching_and_every_parameter_learns(encoder):
    torch.manual_seed(0)
    model = ScoreModel(NCSNppConfiguration(encoder=encoder, **TINY))
    step = ScoreMatchingStep(model, dropout=1.0)
    loss, parts = step(torch.randn(4, 496), torch.randn(4, 496), torch.randn(4, 4_000))
    loss.backward()
    # Nearly no score at first: ½·E|z|² a bin is a half. All conditions dropped, and still every parameter has a gradient.
    assert float(parts["per_bin"]) == pytest.approx(0.5, abs=0.1)
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


def test_on_a_cpu_the_channels_lie_last_and_the_score_is_the_same():
    torch.manual_seed(0)
    model = ScoreModel(NCSNppConfiguration(encoder="global", **TINY)).double()
    for parameter in model.parameters():  # its last layers begin as nearly nothing
        torch.nn.init.normal_(parameter, std=0.2)
    x, y = (torch.randn(2, 32, 32, dtype=torch.complex128) for _ in range(2))
    call = (x, y, torch.tensor([0.1, 0.9], dtype=torch.float64), torch.randn(2, 1, 8, dtype=torch.float64))
    before = model.score(*call)
    assert torch.allclose(model.laid_out(torch.device("cpu")).score(*call), before, rtol=1e-9)
    last = torch.channels_last
    weights = [p for p in model.dnn.parameters() if p.ndim == 4 and p.shape[1] > 1 and p.shape[2] > 1]
    assert weights and all(p.is_contiguous(memory_format=last) and not p.is_contiguous() for p in weights)


@pytest.mark.parametrize(("scaling", "scale"), [("1/sigma", lambda sigma, t: 1 / sigma), ("1/t", lambda sigma, t: 1 / t)])
def test_the_option_scales_the_networks_output(pairs, tmp_path, scaling, scale):
    base = ["--base_dir", str(pairs), "--out", str(tmp_path), "--max_steps", "1", *WORDS]
    assert train.main([*base, "--network_scaling", scaling]) == 0
    model = checkpoint.load(tmp_path / "checkpoint.pt")
    assert model.configuration.network_scaling == scaling
    x, y, t = torch.randn(1, 32, 32, dtype=torch.complex64), torch.randn(1, 32, 32, dtype=torch.complex64), torch.tensor([0.4])
    scaled = model.score(x, y, t, model.encode(None))
    model.configuration.network_scaling = None
    sigma = float(model.sde.marginal_deviation(t))
    assert torch.allclose(scaled, model.score(x, y, t, model.encode(None)) * scale(sigma, 0.4), rtol=1e-4, atol=1e-9)


def test_the_noise_of_a_pair_is_what_the_noisy_file_has_besides(pairs, tmp_path):
    source = data.source(pairs, tmp_path, 16_000)
    clean, noise = source.draw(np.random.default_rng(0), 5_000)
    assert clean.shape == noise.shape == (5_000,) and 0.03 < noise.std() < 0.07
    c = NCSNppConfiguration()
    for augment in (False, True):
        noisy, clean, reference = next(iter(data.Crops(source, c, 3, 0, augment)))
        assert noisy.shape == clean.shape == (3, 255 * 128) and reference.shape == (3, 4_000)
        assert torch.allclose(noisy.abs().amax(1), torch.ones(3))
    assert data.crop(np.random.default_rng(0), np.ones(10), count=30)[0].sum() == 10


def test_what_is_held_out_trains_nothing(tmp_path):
    for side in ("clean", "noise"):
        for index in range(60):
            path = tmp_path / "train" / side / f"{index:02d}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, np.full(8_000, (index + 1) / 100), 16_000)
    corpora, random = data.source(tmp_path, tmp_path / "cache", 16_000), np.random.default_rng(0)
    values = {held: set() for held in (False, True)}
    for corpora.held_out in values:
        values[corpora.held_out] |= {round(float(corpora.draw(random, 8_000)[0].max()) * 100) for _ in range(200)}
    assert values[True] == {25, 50} and not values[True] & values[False] and len(values[False]) > 30


def test_a_base_that_cannot_be_used_is_one_sentence(tmp_path):
    with pytest.raises(CorpusError, match="has neither"):
        data.source(tmp_path, tmp_path, 16_000)
    for side in ("clean", "noisy"):
        (tmp_path / "train" / side).mkdir(parents=True)
    with pytest.raises(CorpusError, match="no audio"):
        data.source(tmp_path, tmp_path, 16_000)
    soundfile.write(tmp_path / "train/clean/a.wav", np.zeros(16_000), 16_000)
    with pytest.raises(CorpusError, match="its partner"):
        data.source(tmp_path, tmp_path, 16_000)


def test_a_run_learns_resumes_and_enhances(pairs, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["--base_dir", str(pairs), "--out", str(out), "--noise_encoder_type", "sequence", "--cond_drop_prob", "0.2", "--lr", "0.003", *WORDS]
    assert train.main([*words, "--max_steps", "50", "--save_ckpt_interval", "20"]) == 0
    assert sorted(p.name for p in out.glob("*.ckpt")) == ["step=20.ckpt", "step=40.ckpt"]
    # Killed after step 40: what is there goes on from there, and the steps since are all that is lost.
    (out / "checkpoint.pt").unlink()
    assert train.main([*words, "--max_steps", "100", "--ckpt", str(out / "step=40.ckpt")]) == 0
    saved = torch.load(out / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 100 and saved["configuration"]["encoder"] == "sequence"
    state = saved["optimisers"][0]["state"]
    assert {float(s["step"]) for s in state.values()} == {100.0}
    rows = [row.split(",") for row in (out / "log.csv").read_text().splitlines()]
    assert [row[0] for row in rows] == ["step", "50", "90", "100"] and float(rows[2][4]) < float(rows[1][4])

    noisy = pairs / "train/noisy"
    ask = ["--ckpt", str(out / "checkpoint.pt"), "--N", "1"]
    assert enhance.main([str(noisy / "p0.wav"), "-o", str(tmp_path / "one.wav"), *ask, "--quietest_noise"]) == 0
    samples, rate = soundfile.read(tmp_path / "one.wav")
    assert samples.shape == (6_000,) and rate == 16_000 and np.isfinite(samples).all() and samples.std() > 0
    folder = ["--test_dir", str(pairs / "train"), "--oracle_noise", "--clean_dir", str(pairs / "train/clean"), *ask]
    assert enhance.main([*folder, "--enhanced_dir", str(tmp_path / "all"), "--cfg_scale", "3"]) == 0
    assert enhance.main([*folder, "--enhanced_dir", str(tmp_path / "again"), "--cfg_scale", "3"]) == 0
    names = sorted(p.name for p in (tmp_path / "all").iterdir())
    assert names == ["p0.wav", "p1.wav", "p2.wav", "p3.wav"]
    # Not byte by byte: libsndfile writes the time of day into WAV of floats.
    first, second = (soundfile.read(tmp_path / place / "p2.wav")[0] for place in ("all", "again"))
    assert np.array_equal(first, second) and first.std() > 0, "the seed decides"

    capsys.readouterr()
    for more, said in [
        (["--enhanced_dir", str(tmp_path / "all")], "is there already"),
        (["--enhanced_dir", str(tmp_path / "b"), "--clean_dir", str(tmp_path)], "needs its own"),
        (["--enhanced_dir", str(tmp_path / "b"), "--ckpt", str(noisy / "p0.wav")], "no offline model"),
        (["--enhanced_dir", str(tmp_path / "b"), "--device", "nonsense"], "--device nonsense"),
    ]:
        assert enhance.main([*folder, *more]) == 1
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1


def test_stereo_and_other_rates_come_back_as_they_were(pairs, tmp_path):
    model = ScoreModel(NCSNppConfiguration(backbone="ncsnpp_v2", **TINY))
    torch.save({"configuration": model.configuration.as_dict(), "network": model.state_dict()}, tmp_path / "m.pt")
    samples = 0.1 * np.random.default_rng(0).standard_normal((4_801, 2))
    samples[:, 1] = 0
    soundfile.write(tmp_path / "in.flac", samples, 48_000, subtype="PCM_24")
    assert enhance.main([str(tmp_path / "in.flac"), "-o", str(tmp_path / "out.flac"), "--ckpt", str(tmp_path / "m.pt"), "--N", "1"]) == 0
    info = soundfile.info(tmp_path / "out.flac")
    assert (info.frames, info.channels, info.samplerate, info.subtype) == (4_801, 2, 48_000, "PCM_24")
    assert (soundfile.read(tmp_path / "out.flac")[0][:, 1] == 0).all(), "silence stays silence"


def test_towers_are_frozen_or_trained(pairs, tmp_path):
    from convert.__main__ import main as convert

    sizes = {"clap": ["width=8", "embedding=16"], "panns": ["channels=4,8", "embedding=16"]}
    for kind, changes in sizes.items():
        tower = tmp_path / f"{kind}.safetensors"
        assert convert(["random", kind, str(tower), *(w for c in changes for w in ("--set", c))]) == 0
        for frozen in (True, False):
            out = tmp_path / f"{kind}-{frozen}"
            words = ["--base_dir", str(pairs), "--out", str(out), "--noise_encoder_type", kind, "--tower", str(tower), "--max_steps", "2",
                     "--return_ref_waveform", *(["--freeze_clap"] if frozen else []), *WORDS]  # fmt: skip
            assert train.main([*words, "--batch_size", "1"]) == 0
            saved = torch.load(out / "checkpoint.pt", weights_only=True)
            from safetensors.torch import load_file

            changed = [n for n, before in load_file(tower).items() if not torch.equal(saved["raw"][f"encoder.tower.{n}"], before)]
            assert bool(changed) != frozen, changed
            model = checkpoint.load(out / "checkpoint.pt")
            assert model.encode(torch.randn(1, 4_000)).shape == (1, 1, 8)


@pytest.mark.parametrize("encoder", ["global", "clap"])
def test_the_documents_command_runs_on_two_processes(pairs, tmp_path, encoder):
    """Fine-tuned CLAP under DistributedDataParallel is what the document had to leave out."""
    from convert.__main__ import main as convert

    (tmp_path / "towers").mkdir()
    assert convert(["random", "clap", str(tmp_path / "towers/clap.safetensors"), "--set", "width=8", "--set", "embedding=16"]) == 0
    words = ["--base_dir", str(pairs), "--backbone", "ncsnpp_v2_cond", "--devices", "2", "--max_steps", "3", "--cond_drop_prob", "0.9",
             "--wandb_name", "nc", "--noise_encoder_type", encoder, *(["--return_ref_waveform"] if encoder == "clap" else []), *WORDS]  # fmt: skip
    result = subprocess.run(
        [sys.executable, FOLDER / "train_noise_cond.py", *words], cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-3000:]
    assert torch.load(tmp_path / "logs/nc/checkpoint.pt", weights_only=True)["step"] == 3
    assert (tmp_path / "logs/nc/log.csv").read_text().splitlines()[1].startswith("3,")  # however short a run is, it leaves its figures


@pytest.mark.parametrize(
    "words, said",
    [
        (["--freeze_clap"], "--freeze_clap belongs to"),
        (["--noise_encoder_type", "clap"], "tools/convert clap"),
        (["--cross_attention"], "--cross_attention needs tokens"),
        (["--num_frames", "100"], "no multiple of 64"),
        (["--n_fft", "512"], "cannot halve"),
        (["--ema_decay", "1"], "out of range"),
        (["--ref_length_sec", "0"], "out of range"),
        (["--cond_drop_prob", "2"], "out of range"),
    ],
)
def test_options_that_do_not_go_together_say_so(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        options.arguments(["--base_dir", "x", *words])
    assert said in capsys.readouterr().err


def test_wandb_where_it_is_installed_else_tensorboard(tmp_path, monkeypatch):
    sent = []
    fake = types.ModuleType("wandb")
    fake.api = types.SimpleNamespace(api_key=None)
    fake.init = lambda **settings: sent.append(settings) or types.SimpleNamespace(log=lambda values, step: sent.append((values, step)))
    monkeypatch.setitem(sys.modules, "wandb", fake)
    board = logs.board("nc-cfg", tmp_path, {"a": "b"})
    board.add_scalar("log/loss", 0.5, 7)
    assert sent[0]["name"] == "nc-cfg" and sent[0]["mode"] == "offline" and sent[1] == ({"log/loss": 0.5}, 7)
    monkeypatch.setitem(sys.modules, "wandb", None)  # import fails
    board = logs.board("nc-cfg", tmp_path, {})
    assert board is None or hasattr(board, "add_scalar") and (tmp_path / "tensorboard").is_dir()


def test_corpora_are_named_in_the_first_line(pairs, tmp_path):
    assert str(data.source(pairs, tmp_path, 16_000)) == "4 pairs"
    assert "mixed on the fly" in str(data.Corpora(Corpus([pairs / "train/clean"], "speech", tmp_path), Corpus([pairs / "train/noisy"], "noise", tmp_path)))
