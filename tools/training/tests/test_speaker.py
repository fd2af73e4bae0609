"""The network that tells whether a learned voice speaks: what it is shown, that it hears no future, that it learns and is exported."""

import json

import numpy as np
import pytest
import soundfile
import torch
from safetensors import safe_open
from training import checkpoint, features
from training.corpora import Corpus, Item
from training.export import export as export_score
from training.network import NetworkConfiguration, ScoreNetwork
from training.speaker import data, export, train
from training.speaker.network import STRIDE, SpeakerConfiguration, SpeakerNetwork

RATE = 16_000


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Speakers who are tones of their own, three utterances each, with pauses between; white noise."""
    root = tmp_path_factory.mktemp("voices")
    time = np.arange(2 * RATE) / RATE
    (root / "speech").mkdir()
    for speaker in range(6):
        for utterance in range(3):
            tone = np.sin(2 * np.pi * (300 + 400 * speaker) * time) * (np.sin(2 * np.pi * (2 + utterance) * time) > 0)
            soundfile.write(root / f"speech/p{100 + speaker}_{utterance}.wav", 0.1 * tone, RATE)
    (root / "noise").mkdir()
    soundfile.write(root / "noise/white.wav", 0.05 * np.random.default_rng(0).standard_normal(9 * RATE), RATE)
    return tuple(Corpus([root / role], role, root) for role in ("speech", "noise"))


@pytest.fixture(scope="module")
def maker(corpora):
    bank = data.Bank(corpora[0], [], processes=1, hours=1, seed=0)
    noises = torch.from_numpy(np.stack([data.spectra(np.random.default_rng(n).standard_normal(RATE * 4 + 160).astype(np.float32)) for n in range(3)]))
    return data.Maker(bank, noises, voices=8, frames=400, hold=10, seed=1)


def test_spectra_are_what_the_score_network_hears():
    """A sum of two sounds has, on the mean, the magnitudes of the sum of their spectra."""
    one, other = (torch.from_numpy(np.random.default_rng(n).standard_normal(64_000).astype(np.float32)) for n in range(2))
    a, b = (torch.from_numpy(data.spectra(x.numpy())).float() for x in (one, other))
    expected = features.compress(features.stft(one[None]))[0, 1:, :160].square().sum(-1).sqrt()
    assert torch.allclose(features.FACTOR * a[: len(expected)], expected[: len(a)], rtol=2e-3, atol=2e-3)
    made = data.Maker.add(type("M", (), {"generator": torch.Generator().manual_seed(0)}), a.pow(4), b.pow(4)).pow(0.25)
    true = torch.from_numpy(data.spectra((one + other).numpy())).float()
    assert abs(made.mean() / true.mean() - 1) < 0.01 and abs(made.std() / true.std() - 1) < 0.02


def test_a_voice_is_active_where_it_sounds_and_a_moment_after(maker):
    for _ in range(4):
        scenes = maker.next()
        assert scenes.noisy.shape == (16, 400, 160) and scenes.active.shape == (16, 100, 8)
        assert scenes.active.any(1).sum(1).max() <= 2, "a scene has two voices at most"
        assert not (scenes.active.any(1) & ~scenes.same).any(), "whoever is active is one of the scene's speakers"
        assert scenes.active.any() and not scenes.active.all()
        assert len(scenes.learned) == 8 and scenes.learned.isfinite().all() and (scenes.learned.mean((1, 2)) > 0.01).all()


def test_learned_sounds_have_a_level_of_their_own(maker):
    power = torch.rand(3, 50, 160)
    levelled = maker.levelled(power * torch.tensor([1e-4, 1.0, 1e4])[:, None, None])
    assert torch.allclose(levelled[0], levelled[1] * (power[0] / power[1]).pow(0.25) * (power[1].sum() / power[0].sum()).pow(0.25), rtol=1e-3)
    whole = (levelled / features.FACTOR).pow(4).sum((1, 2)) / 50 / data.NORM
    assert torch.allclose(10 * whole.log10(), torch.full((3,), features.TARGET_LEVEL), atol=0.01)


def test_silence_is_no_number_that_spoils_others():
    item = Item(np.zeros(2 * RATE, np.int16), 0, 2 * RATE, "nobody")
    data._jobs[:] = [(item, (1, 1), [], 1)]
    assert np.isfinite(data._item_spectra(0)).all()


def test_two_voices_are_too_few(capsys):
    with pytest.raises(SystemExit):
        train.arguments(["--speech", "x", "--noise", "x", "--out", "x", "--voices", "2"])
    assert "fewer than 3" in capsys.readouterr().err


def test_it_hears_no_future():
    torch.manual_seed(0)
    net = SpeakerNetwork(SpeakerConfiguration(width=16, embedding=8, slots=2)).eval()
    x = torch.rand(1, 80, 160)
    whole = net.trunk(x)
    assert whole.shape == (1, 80 // STRIDE, 32)
    assert torch.allclose(net.trunk(x[:, :41])[0], whole[0, : 41 // STRIDE], atol=1e-6)
    later = x.clone()
    later[:, 40:] += 1
    assert torch.allclose(net.trunk(later)[0, : 40 // STRIDE], whole[0, : 40 // STRIDE], atol=1e-6)


def test_a_run_learns_and_goes_on(corpora, tmp_path, capsys):
    root = corpora[0].items[0].source.parents[1]
    arguments = ["--speech", str(root / "speech"), "--noise", str(root / "noise"), "--workers", "0", "--voices", "6", "--processes", "1", "--noises", "20"]
    train.main([*arguments, "--out", str(tmp_path / "a"), "--max-steps", "40", "--lr", "3e-3"])
    train.main([*arguments, "--out", str(tmp_path / "b"), "--max-steps", "2", "--resume", str(tmp_path / "a/speaker.pt")])
    saved = [torch.load(tmp_path / run / "speaker.pt", weights_only=True)["row"] for run in "ab"]
    assert saved[0]["step"] == 40 and saved[1]["step"] == 2
    shipped = tmp_path / "shipped.safetensors"
    score = ScoreNetwork(NetworkConfiguration(channels=[8, 12], heads=2, feed_forward=20, embedding=16, inner_dilations=[1]))
    export_score({"configuration": score.configuration.as_dict(), "network": score.state_dict(), "hours": 1, "step": 2}, shipped, "score", [], {})
    last = [*arguments, "--out", str(tmp_path / "c"), "--max-steps", "1", "--lr", "1e-6", "--resume", str(shipped)]
    assert train.main(last) == 1 and "has no speaker network" in capsys.readouterr().err
    assert export.main([str(tmp_path / "a/speaker.pt"), str(shipped), str(shipped)]) == 0 and train.main(last) == 0
    resumed = torch.load(tmp_path / "c/speaker.pt", weights_only=True)["row"]
    assert abs(resumed["held_near"] / saved[0]["held_near"] - 1) < 0.2, "but for bfloat16 what was shipped"
    assert saved[1]["held_near"] < 1.2 * saved[0]["held_near"], "it went on from what it had learned"
    assert saved[0]["area"] > 0.6, "speakers who are tones are soon told apart"


def test_the_weights_file_has_it_beside_the_score_network(tmp_path):
    torch.manual_seed(1)
    score = ScoreNetwork(NetworkConfiguration(channels=[8, 12], heads=2, feed_forward=20, embedding=16, inner_dilations=[1]))
    path = tmp_path / "score.safetensors"
    export_score({"configuration": score.configuration.as_dict(), "network": score.state_dict(), "hours": 1, "step": 2}, path, "score", [], {})
    net = SpeakerNetwork(SpeakerConfiguration(width=16, embedding=8, slots=2))
    torch.save({"network": net.state_dict(), "configuration": net.configuration.as_dict()}, tmp_path / "speaker.pt")
    both = tmp_path / "both.safetensors"
    assert export.main([str(tmp_path / "speaker.pt"), str(path), str(both), "--golden", str(tmp_path / "golden.safetensors")]) == 0
    with safe_open(both, "pt") as file:
        assert json.loads(file.metadata()["limpid"])["speaker"]["width"] == 16
    # The trainer of the score network goes on from it; the speaker network is none of its tensors.
    assert set(checkpoint.load(both)["network"]) == set(score.state_dict())
    loaded = export.load(both)
    x = torch.rand(2, 40, 160)
    assert torch.allclose(loaded.embed(loaded.pooled(x)), net.embed(net.pooled(x)), atol=0.03), "but for bfloat16"
    assert export.load(path) is None
    # Again over itself: a newer one takes its place.
    assert export.main([str(tmp_path / "speaker.pt"), str(both), str(both)]) == 0
    assert export.main([str(path), str(path), str(both)]) == 1, "a weights file is no checkpoint"
    assert export.main([str(tmp_path / "speaker.pt"), str(tmp_path / "none"), str(both)]) == 1
