"""NCSN++ against a reference in NumPy that shares no code with it, layer by layer, at random weights, in float64."""

import ncsnpp_reference
import numpy as np
import pytest
import torch
from training.ncsnpp.backbone import NCSNpp
from training.ncsnpp.configuration import NCSNppConfiguration
from training.ncsnpp.model import ScoreModel

LIMIT = -80.0  # dB


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    return 10 * np.log10(np.square(np.abs(ours - theirs)).sum() / np.square(np.abs(theirs)).sum() + 1e-40)


def randomised(net: torch.nn.Module, seed: int) -> None:
    """Every weight as large as matters: those that begin as nothing too, else their layers would not be compared."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in net.named_parameters():
            noise = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            if name.endswith("all_modules.0.W"):
                p.copy_(16 * noise)
            elif p.ndim > 1:
                fan = p[0].numel() if not name.endswith(".W") else p.shape[0]
                p.copy_(noise / fan**0.5)
            else:
                p.copy_(0.2 * noise + (1.0 if "Norm" in name and name.endswith("weight") else 0.0))


CASES = {
    "seven levels": dict(nf=8, ch_mult=[1, 1, 2, 2, 2, 2, 2], num_res_blocks=2, n_fft=510, frames=64),
    "more groups than 32": dict(nf=160, ch_mult=[1, 2], num_res_blocks=1, n_fft=30, frames=6),
    "the first version": dict(nf=8, ch_mult=[1, 2, 1], num_res_blocks=1, n_fft=62, frames=12, backbone="ncsnpp"),
}


@pytest.mark.parametrize("name", CASES)
def test_every_layer_is_the_papers(name):
    case = {"backbone": "ncsnpp_v2"} | CASES[name]
    frames = case.pop("frames")
    configuration = NCSNppConfiguration(**case)
    net = NCSNpp(configuration).double()
    randomised(net, 1)
    outputs = {}
    for number, module in enumerate(net.all_modules):
        module.register_forward_hook(lambda _m, _i, out, number=number: outputs.update({number: out[0].detach().numpy()}))
    random = np.random.default_rng(2)
    x, y = (random.standard_normal((2, configuration.bins, frames)) for _ in range(2))
    x, y = x[0] + 1j * x[1], y[0] + 1j * y[1]
    t = 0.37
    with torch.no_grad():
        ours = net(torch.from_numpy(x)[None], torch.from_numpy(y)[None], torch.tensor([t], dtype=torch.float64))[0].numpy()

    parameters = {k: v.detach().numpy() for k, v in net.named_parameters()}
    reference = ncsnpp_reference.Reference(
        parameters, configuration.nf, configuration.ch_mult, configuration.num_res_blocks, configuration.attn_resolutions,
        configuration.bins, configuration.backbone == "ncsnpp",
    )  # fmt: skip
    theirs = reference(x, y, t)
    assert set(outputs) == set(reference.trace) == set(range(len(net.all_modules)))
    measured = {number: distance(outputs[number], reference.trace[number]) for number in outputs}
    worst = max(measured, key=measured.get)
    assert measured[worst] < LIMIT, f"module {worst}: {measured[worst]:.1f} dB"
    assert distance(ours, theirs) < LIMIT
    print(f"{name}: worst module {worst}, {measured[worst]:.1f} dB; output {distance(ours, theirs):.1f} dB")


def test_a_wrong_filter_would_be_found():
    """The comparison can fail: a filter of another shape is far off."""
    net = NCSNpp(NCSNppConfiguration(nf=8, ch_mult=[1, 1], num_res_blocks=1, n_fft=30, backbone="ncsnpp_v2")).double()
    randomised(net, 1)
    parameters = {k: v.detach().numpy() for k, v in net.named_parameters()}
    x = np.random.default_rng(0).standard_normal((16, 4)) + 0j
    reference = ncsnpp_reference.Reference(parameters, 8, [1, 1], 1, [16], 16)
    right = reference(x, x, 0.5)
    original, ncsnpp_reference.fir = ncsnpp_reference.fir, lambda line, axis: np.take(
        line, range(1, line.shape[axis] - 2), axis=axis
    )
    try:
        wrong = ncsnpp_reference.Reference(parameters, 8, [1, 1], 1, [16], 16)(x, x, 0.5)
    finally:
        ncsnpp_reference.fir = original
    assert distance(wrong, right) > -40


def test_the_published_size():
    """647 tensors, 65.6 M numbers: what the public checkpoints hold."""
    with torch.device("meta"):
        net = NCSNpp(NCSNppConfiguration(backbone="ncsnpp_v2"))
    assert len(list(net.parameters())) == 647 and len(net.all_modules) == 77
    assert sum(p.numel() for p in net.parameters()) == 65_590_822


def test_cross_attention_is_that_of_the_document():
    """ResBlockWithCrossAttention by hand, head by head."""
    from training.ncsnpp.blocks import ResBlockWithCrossAttention

    block = ResBlockWithCrossAttention(16, 12, heads=8).double()
    randomised(block, 3)
    p = {k: v.detach().numpy() for k, v in block.named_parameters()}
    random = np.random.default_rng(4)
    x, tokens = random.standard_normal((16, 4, 3)), random.standard_normal((5, 12))
    with torch.no_grad():
        ours = block(torch.from_numpy(x)[None], torch.from_numpy(tokens)[None])[0].numpy()
    ref = ncsnpp_reference
    h = ref.conv(ref.swish(ref.normalise_groups(x, p["norm1.weight"], p["norm1.bias"])), p["conv1.weight"], p["conv1.bias"])
    context = tokens @ p["context_proj.weight"].T + p["context_proj.bias"]
    weights, biases = np.split(p["cross_attn.in_proj_weight"], 3), np.split(p["cross_attn.in_proj_bias"], 3)
    places = h.reshape(16, -1).T
    query, key, value = (v @ w.T + b for v, w, b in zip((places, context, context), weights, biases, strict=True))
    heard = np.zeros_like(places)
    for head in range(8):
        part = slice(2 * head, 2 * head + 2)
        scores = np.exp(query[:, part] @ key[:, part].T / np.sqrt(2))
        heard[:, part] = scores / scores.sum(1, keepdims=True) @ value[:, part]
    heard = heard @ p["cross_attn.out_proj.weight"].T + p["cross_attn.out_proj.bias"]
    h = h + heard.T.reshape(h.shape)
    h = ref.conv(ref.swish(ref.normalise_groups(h, p["norm2.weight"], p["norm2.bias"])), p["conv2.weight"], p["conv2.bias"])
    assert distance(ours, x + h) < LIMIT


def test_without_a_condition_the_conditional_backbone_begins_as_the_other():
    torch.manual_seed(5)
    c = dict(nf=8, ch_mult=[1, 1, 2], num_res_blocks=1, n_fft=62, condition_dimension=8, encoder_channels=[4, 4, 4, 8], cross_resolutions=[16, 8])
    conditional = ScoreModel(NCSNppConfiguration(encoder="sequence", **c)).double()
    plain = ScoreModel(NCSNppConfiguration(backbone="ncsnpp_v2", **c)).double()
    randomised(plain, 6)
    missing, unexpected = conditional.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected and all("Film_0" in n or "cross_modules" in n or n.startswith("encoder") for n in missing)
    x, y = (torch.randn(2, 32, 8, dtype=torch.complex128) for _ in range(2))
    t = torch.tensor([0.2, 0.9], dtype=torch.float64)
    with torch.no_grad():
        tokens = conditional.encode(torch.randn(2, 4000, dtype=torch.float64))
        assert tokens.shape == (2, 16, 8)
        with_tokens = conditional.score(x, y, t, tokens)
        assert distance(with_tokens.numpy(), plain.score(x, y, t).numpy()) < LIMIT
