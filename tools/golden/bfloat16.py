"""Golden vectors of the network in bfloat16: python tools/golden/bfloat16.py

What the precision bfloat16 of the Swift program rounds is rounded here: the weights of the convolutions, GRUs, feed-forward
layers and of self-attention's projections, and what is multiplied with them; everything else, sums included, is float64 on
float32 weights. Weights and inputs are the fixtures that layers.py and score_model.py wrote, and the shipped weights with the
inputs of export's golden vectors. Written: layers-bfloat16.safetensors and golden-bfloat16.safetensors beside those.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "training"))
from training import network  # noqa: E402

LAYERS = ROOT / "Tests" / "NeuralLayersTests" / "Fixtures"
NETWORKS = ROOT / "Tests" / "ScoreModelTests" / "Fixtures"
SHIPPED = ROOT / "presets" / "models" / "limpid-sequence.safetensors"


def rounded(x: torch.Tensor) -> torch.Tensor:
    """To the nearest bfloat16, ties to even; by way of float32, which is what the program has."""
    return x.float().bfloat16().to(x.dtype)


def gru(module: nn.GRU, x: torch.Tensor) -> torch.Tensor:
    """(T, N, D) -> (T, N, H). The state stays as it is; a product takes a rounded copy."""
    state = x.new_zeros(x.shape[1], module.hidden_size)
    states = []
    for frame in x:
        i = F.linear(rounded(frame), rounded(module.weight_ih_l0), module.bias_ih_l0).chunk(3, -1)
        h = F.linear(rounded(state), rounded(module.weight_hh_l0), module.bias_hh_l0).chunk(3, -1)
        r, z = (i[0] + h[0]).sigmoid(), (i[1] + h[1]).sigmoid()
        state = (1 - z) * (i[2] + r * h[2]).tanh() + z * state
        states.append(state)
    return torch.stack(states)


def round_products(module: nn.Module) -> nn.Module:
    """Rounds the weights of every convolution and linear layer in a module, and from now on what goes into them."""
    for part in module.modules():
        if isinstance(part, (network.CausalConv, nn.Linear)):
            part.weight.copy_(rounded(part.weight))
            part.register_forward_pre_hook(lambda _, inputs: (rounded(inputs[0]),))
    return module


def round_network(net: network.ScoreNetwork) -> network.ScoreNetwork:
    """Conditioning, noise encoder and cross-attention keep float32."""
    for part in net.modules():
        if isinstance(part, network.CausalConv):
            round_products(part)
    for block in net.band_blocks:
        for part in (block.gru_out, block.self_attention, block.feed_forward_in, block.feed_forward_out):
            round_products(part)
    network.gru = gru
    return net


def load_network(path: Path) -> network.ScoreNetwork:
    with safe_open(path, "pt") as file:
        configuration = json.loads(file.metadata()["limpid"])["configuration"]
    net = network.ScoreNetwork(network.NetworkConfiguration(**configuration))
    net.load_state_dict(load_file(path))
    return net.double().eval()


def fill(module: nn.Module, given: dict, case: str) -> nn.Module:
    for name, p in module.double().named_parameters():
        p.copy_(given[f"{case}.{name if f'{case}.{name}' in given else name.replace('.', '_')}"])
    return module


def layers() -> dict:
    given = {k: v.double() for k, v in load_file(LAYERS / "layers.safetensors").items()}
    result = {}
    for name in ("dilated", "dilated_wide", "three_taps", "strided", "odd_stride", "sub_pixel"):
        case = f"conv_{name}"
        outputs, inputs, taps, width = given[f"{case}.weight"].shape
        dilation, stride = given[f"{case}.geometry"].int().tolist()
        conv = fill(network.CausalConv(inputs, outputs, (taps, width), dilation, stride), given, case)
        result[f"{case}.output"] = round_products(conv)(given[f"{case}.input"][None])[0]
    for units in (7, 20):
        case = f"gru_{units}"
        result[f"{case}.output"] = gru(fill(nn.GRU(units, units), given, case), given[f"{case}.input"])
    for dimension, heads in ((12, 3), (34, 2)):
        case = f"self_{dimension}"
        attention = round_products(fill(network.Attention(dimension, heads), given, case))
        x = given[f"{case}.input"][None]
        result[f"{case}.output"] = attention(x, x)[0]
    return result


def decibels(x: torch.Tensor, reference: torch.Tensor) -> float:
    return (10 * torch.log10((x.double() - reference).square().sum() / reference.square().sum())).item()


def networks() -> tuple[dict, dict]:
    """Both estimates at t = 1, and how far PyTorch's in float32 with the same roundings are from them, in dB.

    That is as close as anybody can come: an operand near the middle between two bfloat16 goes the one way or the other by
    the last bit of a sum, and what comes of it moves operands after it. In the small networks that happens rarely.
    """
    result, spread = {}, {}
    for name, weights in (
        ("odd", NETWORKS / "tiny-odd.safetensors"), ("none", NETWORKS / "tiny-none.safetensors"),
        ("sequence", NETWORKS / "tiny-sequence.safetensors"), ("shipped", SHIPPED),
    ):
        given = load_file(NETWORKS / f"golden-{name}.safetensors")
        level, frames = ("", 12) if name == "shipped" else ("-6", 4)
        net = round_network(load_network(weights))
        for kind in ("conditional", "unconditional"):
            estimates = []
            for number in (torch.float64, torch.float32):
                net = net.to(number)
                x, y = (given[key + level][None, :frames].to(number) for key in "xy")
                tokens = given["tokens"][None].to(number) if "tokens" in given and kind == "conditional" else None
                estimates.append(net(x, y, torch.ones(1, dtype=number), tokens)[0])
            result[f"{name}.{kind}"] = estimates[0]
            spread[f"{name}.{kind}"] = round(decibels(estimates[1], estimates[0]), 1)
    return result, spread


@torch.no_grad()
def main():
    for path, tensors, metadata in (
        (LAYERS / "layers-bfloat16.safetensors", layers(), {}),
        (NETWORKS / "golden-bfloat16.safetensors", *networks()),
    ):
        save_file({k: v.float().contiguous() for k, v in tensors.items()}, path, {"golden": json.dumps(metadata)})


if __name__ == "__main__":
    main()
