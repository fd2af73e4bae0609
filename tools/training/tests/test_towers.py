"""The towers in PyTorch against others' programs (golden vectors), and the encoders that they make."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from training import export, features, towers, train
from training.network import NetworkConfiguration, ScoreNetwork
from training.optimiser import optimisers

from test_network import TINY
from test_training import folders, run  # noqa: F401

FIXTURES = Path(__file__).parents[3] / "Tests" / "PretrainedEncodersTests" / "Fixtures"


def decibels(values, expected):
    return 10 * torch.log10((values - expected).square().sum() / expected.square().sum()).item()


@pytest.mark.parametrize("name", ["panns", "panns-odd", "clap", "clap-wide"])
@torch.no_grad()
def test_a_tower_equals_others_programs(name):
    configuration, tensors = towers.read(FIXTURES / f"tower-{name}.safetensors")
    tower = towers.TOWERS[configuration["kind"]](configuration)
    tower.load_state_dict(tensors)
    golden = load_file(FIXTURES / f"golden-{name}.safetensors")
    samples = golden["samples"][None]
    raised = towers.raise_rate(samples, configuration["sample_rate"] // 16_000)
    assert raised.shape[1] == samples.shape[1] * configuration["sample_rate"] // 16_000
    assert decibels(raised[0, :4000], golden["raised"]) < -110
    assert decibels(tower(samples)[0], golden["long"]) < -80
    both = torch.cat([samples[:, :2000], samples[:, 2000:4000]])  # windows of two items do not mix
    assert decibels(tower(both)[0], golden["short"]) < -80


def tiny(name, **changes):
    configuration, _ = towers.read(FIXTURES / f"tower-{name}.safetensors")
    torch.manual_seed(1)
    return ScoreNetwork(NetworkConfiguration(**TINY, encoder=name, tower=configuration, **changes))


@pytest.mark.parametrize("name", ["clap", "panns"])
def test_a_frozen_tower_gets_no_gradient_and_a_fine_tuned_one_a_slow_rate(name):
    for fine_tune in (False, True):
        net = tiny(name, fine_tune_tower=fine_tune)
        net.encode(0.1 * torch.randn(2, 4000)).square().sum().backward()
        assert net.encoder.linear1.weight.grad.abs().sum() > 0
        inner = [p.grad for p in net.encoder.tower.parameters()]
        assert any(g is not None and g.abs().sum() > 0 for g in inner) == fine_tune
        groups = [g for o in optimisers(net, 1e-3) for g in o.param_groups]
        assert [g["scale"] for g in groups if "scale" in g] == ([0.05] if fine_tune else [])


def test_overlap_added_frames_are_the_sound_itself():
    wave = torch.randn(2, 1600)
    frames = wave.unfold(-1, 320, 160)
    torch.testing.assert_close(features.overlap_add(frames), wave[:, 160:-160], atol=1e-5, rtol=0)


def test_a_run_with_a_tower_trains_and_exports(folders, tmp_path):  # noqa: F811
    tower = FIXTURES / "tower-panns.safetensors"
    assert run(folders, tmp_path, "--encoder", "panns", "--tower", str(tower), "--minutes", "0.05") == 0
    checkpoint = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    configuration, tensors = towers.read(tower)
    assert checkpoint["configuration"]["tower"] == configuration
    for name, value in tensors.items():
        torch.testing.assert_close(checkpoint["network"][f"encoder.tower.{name}"], value, rtol=1e-5, atol=1e-7)
    resume = ["--resume", str(tmp_path / "checkpoint.pt"), "--minutes", "0.1"]
    assert run(folders, tmp_path, *resume) == 0, "the checkpoint has the tower in it"
    again = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert again["step"] > checkpoint["step"] and again["configuration"] == checkpoint["configuration"]
    out, golden = tmp_path / "model.safetensors", tmp_path / "golden.safetensors"
    assert export.main([str(tmp_path / "checkpoint.pt"), str(out), "--golden", str(golden)]) == 0
    assert "encoder.tower.linear.weight" in load_file(out)
    assert load_file(golden)["tokens"].isfinite().all()


@pytest.mark.parametrize(("options", "words"), [
    (["--encoder", "clap"], "needs --tower"),
    (["--tower", str(FIXTURES / "tower-clap.safetensors")], "are for the encoders clap and panns"),
    (["--encoder", "clap", "--tower", str(FIXTURES / "tower-panns.safetensors")], "holds panns"),
    (["--encoder", "clap", "--tower", str(FIXTURES / "golden-clap.safetensors")], "no tower"),
    (["--encoder", "clap", "--tower", "nowhere.safetensors"], "no tower"),
])  # fmt: skip
def test_a_wrong_tower_is_one_clear_sentence(options, words, folders, tmp_path, capsys):  # noqa: F811
    assert run(folders, tmp_path, *options) == 1
    message = capsys.readouterr().err
    assert words in message and message.count("\n") == 1


def test_a_tower_that_disagrees_with_its_configuration_is_refused(tmp_path):
    configuration, tensors = towers.read(FIXTURES / "tower-panns.safetensors")
    path = tmp_path / "x.safetensors"
    save_file(tensors, path, {"limpid_tower": json.dumps(configuration | {"channels": [1, 2, 3]})})
    with pytest.raises(towers.TowerError, match="do not agree"):
        towers.options("panns", path, False)
