"""Training beside a second network, whose estimate is averaged with the first one's."""

import pytest
import torch
from test_training import folders, run  # noqa: F401  (a fixture)
from training import checkpoint, export
from training.mixing import Batch
from training.network import NetworkConfiguration, ScoreNetwork
from training.step import TrainingStep


class Squares(torch.nn.Module):
    """A loss whose value says whose estimate it was given: the mean square of what is wrong."""

    def forward(self, estimate, clean, gain, wave):
        error = (estimate - clean).square().mean()
        return error, {"error": error}


def networks(**options) -> list[ScoreNetwork]:
    torch.manual_seed(0)
    return [ScoreNetwork(NetworkConfiguration(channels=[8, 8], **o)) for o in ({}, options)]


def batch() -> Batch:
    torch.manual_seed(1)
    clean, noise = (0.1 * torch.randn(2, 2, 3200)).unbind()
    no = torch.zeros(2, dtype=torch.bool)
    return Batch(
        noisy=clean + noise, clean=clean, reference=0.1 * torch.randn(2, 40, 320), empty=no, start=torch.full((2,), -20.0),
        learned=0.1 * torch.randn(2, 60, 320), heard=no, removes=no,
    )  # fmt: skip


def loss(net, **options) -> tuple[torch.Tensor, dict]:
    torch.manual_seed(2)
    return TrainingStep(net, Squares(), dropout=0.0, prior_share=1.0, **options)(*batch())


def test_the_loss_is_that_of_the_mean_and_of_the_network_alone():
    net, partner = networks(learned_tokens=True)
    alone, _ = loss(net)
    value, parts = loss(net, partner=partner, partner_share=0.7)
    assert parts["own_error"].item() == pytest.approx(alone.item())
    assert value.item() == pytest.approx(0.7 * parts["both"].item() + 0.3 * alone.item())
    # The mean of a network and itself is itself; that of two is neither.
    assert loss(net, partner=net)[0].item() == pytest.approx(alone.item())
    other, _ = loss(partner)
    assert parts["both"].item() < (alone.item() + other.item()) / 2 and parts["both"] != alone


def test_the_partner_stays_as_it_is(folders, tmp_path, capsys):  # noqa: F811
    first, model = tmp_path / "first", tmp_path / "model.safetensors"
    assert run(folders, first, "--max-steps", "1") == 0 and export.main([str(first / "checkpoint.pt"), str(model)]) == 0
    before = model.read_bytes()
    out = tmp_path / "second"
    assert run(folders, out, "--max-steps", "3", "--partner", str(model), "--lr", "0.01") == 0
    saved = torch.load(out / "checkpoint.pt", weights_only=True)
    assert set(saved["raw"]) == set(checkpoint.weights(model)["network"]), "the checkpoint holds one network"
    assert model.read_bytes() == before
    header, row = (out / "log.csv").read_text().splitlines()
    assert {"both", "own_complex"} <= set(header.split(","))

    torch.save({"configuration": {"backbone": "ncsnpp_v2"}, "network": {}}, tmp_path / "offline.pt")
    assert run(folders, out, "--max-steps", "1", "--partner", str(tmp_path / "offline.pt")) == 1
    assert "holds no streaming network" in capsys.readouterr().err
    model.write_bytes(b"nothing")
    assert run(folders, out, "--max-steps", "1", "--partner", str(model)) == 1
    assert "not a checkpoint or weights file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(folders, out, "--partner", str(model), "--partner-share", "1.5")
    assert "--partner-share 1.5 is out of range" in capsys.readouterr().err


def test_a_network_with_a_tower_has_no_partner(folders, tmp_path, capsys, monkeypatch):  # noqa: F811
    first = tmp_path / "first"
    assert run(folders, first, "--max-steps", "1") == 0
    monkeypatch.setattr(ScoreNetwork, "hears_samples", True)
    assert run(folders, tmp_path / "second", "--max-steps", "1", "--partner", str(first / "checkpoint.pt")) == 1
    assert "without a tower" in capsys.readouterr().err


def test_only_the_network_learns():
    net, partner = networks()
    partner.requires_grad_(False)
    loss(net, partner=partner)[0].backward()
    assert all(p.grad is None for p in partner.parameters())
    assert net.up.weight.grad.abs().max() > 0
