"""Causality, conditioning and sizes of the network."""

import pytest
import torch
from training.network import NetworkConfiguration, ScoreNetwork

TINY = {"channels": [8, 12], "feed_forward": 16, "embedding": 12, "encoder_channels": [4, 4, 6, 6],
        "token_dimension": 8, "heads": 2}  # fmt: skip


def tiny(**changes):
    torch.manual_seed(1)
    net = ScoreNetwork(NetworkConfiguration(**{**TINY, **changes}))
    with torch.no_grad():  # away from the zeros that conditioning starts from
        for p in net.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return net.eval()


@pytest.mark.parametrize("encoder", ["none", "global", "sequence"])
def test_output_never_depends_on_later_frames(encoder):
    net = tiny(encoder=encoder)
    x, y, t = torch.randn(1, 40, 160, 2), torch.randn(1, 40, 160, 2), torch.tensor([0.4])
    tokens = net.encode(torch.rand(1, 60, 160))
    before = net(x, y, t, tokens)
    x[:, 25:] += 1
    y[:, 25:] -= 1
    after = net(x, y, t, tokens)
    assert torch.equal(before[:, :25], after[:, :25])
    assert not torch.allclose(before[:, 25:], after[:, 25:])


def test_the_condition_matters_and_dropping_it_is_the_null_condition():
    net = tiny()
    x, y, t = torch.randn(2, 8, 160, 2), torch.randn(2, 8, 160, 2), torch.tensor([0.4, 1.0])
    tokens = net.encode(torch.rand(2, 60, 160))
    with_tokens, null = net(x, y, t, tokens), net(x, y, t)
    dropped = net(x, y, t, tokens, torch.tensor([False, True]))
    assert (with_tokens - null).abs().max() > 1e-3
    torch.testing.assert_close(dropped[0], with_tokens[0])
    torch.testing.assert_close(dropped[1], null[1])


@pytest.mark.parametrize("frames", [25, 61, 200])
def test_any_length_of_reference_gives_sixteen_tokens(frames):
    assert tiny().encode(torch.rand(1, frames, 160)).shape == (1, 16, 8)
