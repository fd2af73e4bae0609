"""Golden vectors of the single layers: python tools/golden/layers.py [OUT_FOLDER]

Weights, inputs and outputs of every case from PyTorch and tools/training's own modules, evaluated in float64 on
float32 weights, stored as float32 tensors in one safetensors file; a manifest beside it. Sizes are odd on purpose:
no vector width divides them.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "training"))
from training import network  # noqa: E402

SEED = 2
TOLERANCE_DB = -110.0  # float32 against float64; at most -80 is required
tensors: dict[str, torch.Tensor] = {}


def keep(case: str, **values):
    for name, value in values.items():
        tensors[f"{case}.{name}"] = value.detach().float().contiguous()


def randomised(module: nn.Module) -> nn.Module:
    """Every parameter random and held in float32 precision, the module in float64."""
    with torch.no_grad():
        for p in module.parameters():
            fan = p[0].numel() if p.dim() > 1 else 4
            p.copy_(torch.randn_like(p) * fan**-0.5)
    return module.float().double()


def noise(*shape):
    return torch.randn(*shape).float().double()


def convolutions():
    cases = {
        # inputs, outputs, taps, dilation, stride, bands, frames
        "dilated": (5, 7, (2, 3), 3, 1, 9, 9),
        "dilated_wide": (17, 33, (2, 3), 2, 1, 11, 6),
        "three_taps": (3, 4, (3, 5), 2, 1, 6, 7),
        "strided": (6, 12, (1, 8), 1, 4, 20, 2),
        "odd_stride": (6, 10, (1, 6), 1, 3, 21, 2),
        "sub_pixel": (9, 10, (1, 3), 1, 1, 7, 2),
    }
    for name, (inputs, outputs, taps, dilation, stride, bands, frames) in cases.items():
        conv = randomised(network.CausalConv(inputs, outputs, taps, dilation, stride))
        x = noise(1, frames, bands, inputs)
        keep(
            f"conv_{name}", input=x[0], weight=conv.weight, bias=conv.bias, output=conv(x)[0],
            geometry=torch.tensor([dilation, stride]),
        )


def norms():
    for channels in (5, 24, 35):
        x, scale, shift = noise(4, channels), noise(channels), noise(channels)
        keep(
            f"norm_{channels}", input=x, plain=network.rms_norm(x), scale=1 + scale, shift=shift,
            scaled=network.scaled_norm(x, scale, shift),
        )


def recurrent():
    for units, bands in ((7, 3), (20, 5)):
        gru = randomised(nn.GRU(units, units))
        x = noise(6, bands, units)
        keep(f"gru_{units}", input=x, output=gru(x)[0], **dict(gru.named_parameters()))


def attention():
    def parts(a):
        return {name.replace(".", "_"): p for name, p in a.named_parameters()}

    for d, heads, bands in ((12, 3, 7), (34, 2, 18)):
        a = randomised(network.Attention(d, heads))
        x = 2 * noise(1, bands, d)
        keep(f"self_{d}", input=x[0], output=a(x, x)[0], **parts(a))
    for d, heads, bands, tokens, width in ((12, 3, 7, 5, 7), (18, 2, 3, 1, 5), (32, 4, 5, 16, 9)):
        a = randomised(network.Attention(d, heads, width))
        x, memory = 2 * noise(1, bands, d), noise(1, tokens, width)
        keep(f"cross_{d}", input=x[0], tokens=memory[0], output=a(x, memory)[0], **parts(a))


def encoder():
    for inputs, outputs, stride, frames, bands in ((1, 5, 2, 9, 10), (3, 6, 1, 8, 7)):
        block = randomised(network.EncoderBlock(inputs, outputs, stride))
        x = noise(1, frames, bands, inputs)
        keep(
            f"encoder_{inputs}", input=x[0], weight=block.weight, bias=block.bias, scale=block.scale,
            output=block(x)[0], stride=torch.tensor([stride]),
        )
    for frames, bands in ((7, 10), (50, 10), (33, 5), (1, 3)):
        x = noise(1, 3, frames, bands)
        y = F.adaptive_avg_pool2d(x, (16, 4))
        keep(f"pool_{frames}", input=x[0].permute(1, 2, 0), output=y[0].permute(1, 2, 0))


def functions():
    x = torch.cat([torch.linspace(-100, 100, 601), torch.logspace(-7, 2, 180), -torch.logspace(-7, 2, 180)])
    x = x.float().double()
    keep(
        "functions", input=x, exponential=x.clamp(-87, 88).exp(), sigmoid=x.sigmoid(), tanh=x.tanh(),
        silu=F.silu(x),
    )


def main():
    torch.manual_seed(SEED)
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Tests" / "NeuralLayersTests" / "Fixtures"
    # They draw from one random stream: a new part goes last, so that the others' vectors stay as they are.
    for part in (convolutions, norms, recurrent, attention, encoder, functions):
        part()
    save_file(tensors, out / "layers.safetensors", {"format": "pt"})
    manifest = {
        "command": "python tools/golden/layers.py",
        "reference": "tools/training/training/network.py and torch.nn, float64 on float32 weights",
        "torch": torch.__version__.split("+")[0],
        "seed": SEED,
        "tolerance_db": TOLERANCE_DB,
        "tensors": len(tensors),
    }
    (out / "layers.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
