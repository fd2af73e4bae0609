"""The blocks of NCSN++ (Song et al. 2021, appendix H) on (B, C, F, T), and those that hear the noise reference.

Parameters have the names of the public checkpoints, so that these load as they are.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

TAPS = (1.0, 3.0, 3.0, 1.0)  # of the filter around resampling, in each direction


def initialise(weight: torch.Tensor, scale: float = 1.0) -> None:
    """Uniform with variance scale / mean of fan in and out; a `scale` of 0 means nearly nothing, so that a block begins as none."""
    nn.init.xavier_uniform_(weight, gain=math.sqrt(scale or 1e-10))


def convolution(inputs: int, outputs: int, taps: int = 3, scale: float = 1.0) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, taps, padding=taps // 2)
    initialise(layer.weight, scale)
    nn.init.zeros_(layer.bias)
    return layer


def linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    initialise(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def group_norm(channels: int) -> nn.GroupNorm:
    """At most 32 groups, of four channels or more."""
    return nn.GroupNorm(max(1, min(channels // 4, 32)), channels, eps=1e-6)


def _filter(x: torch.Tensor, gain: float) -> torch.Tensor:
    """(C, 1, 4, 4) for a convolution channel by channel."""
    taps = torch.tensor(TAPS, dtype=x.dtype, device=x.device)
    square = torch.outer(taps, taps)
    return (gain * square / square.sum()).expand(x.shape[1], 1, -1, -1)


def halve(x: torch.Tensor) -> torch.Tensor:
    """Every other position in both directions, after the filter."""
    return F.conv2d(x, _filter(x, 1.0), stride=2, padding=1, groups=x.shape[1])


def double(x: torch.Tensor) -> torch.Tensor:
    """Zeros between the positions in both directions, then the filter with four times the gain."""
    return F.conv_transpose2d(x, _filter(x, 4.0), stride=2, padding=1, groups=x.shape[1])


class FourierFeatures(nn.Module):
    """ln t (B) -> sines and cosines at random frequencies (B, 2·nf), which are drawn once and stay."""

    def __init__(self, count: int, scale: float):
        super().__init__()
        self.W = nn.Parameter(torch.randn(count) * scale, requires_grad=False)

    def forward(self, logarithm):
        phase = 2 * math.pi * logarithm[:, None] * self.W
        return torch.cat([phase.sin(), phase.cos()], -1)


class Pointwise(nn.Module):
    """A linear layer at every position: (B, C, F, T) -> (B, C', F, T)."""

    def __init__(self, inputs: int, outputs: int, scale: float = 0.1):
        super().__init__()
        self.W = nn.Parameter(torch.empty(inputs, outputs))
        self.b = nn.Parameter(torch.zeros(outputs))
        initialise(self.W, scale)

    def forward(self, x):
        return torch.einsum("bift,io->boft", x, self.W) + self.b[:, None, None]


class SelfAttention(nn.Module):
    """Every position attends to all others, with one head; (x + …)/√2."""

    def __init__(self, channels: int):
        super().__init__()
        self.GroupNorm_0 = group_norm(channels)
        self.NIN_0 = Pointwise(channels, channels)  # queries
        self.NIN_1 = Pointwise(channels, channels)  # keys
        self.NIN_2 = Pointwise(channels, channels)  # values
        self.NIN_3 = Pointwise(channels, channels, 0.0)  # out

    def forward(self, x):
        h = self.GroupNorm_0(x)
        query, key, value = (layer(h).flatten(2).transpose(1, 2) for layer in (self.NIN_0, self.NIN_1, self.NIN_2))
        h = F.scaled_dot_product_attention(query[:, None], key[:, None], value[:, None])[:, 0]
        return (x + self.NIN_3(h.transpose(1, 2).reshape(x.shape))) * math.sqrt(0.5)


class ResidualBlock(nn.Module):
    """BigGAN's residual block: norm, SiLU, resampling, 3×3, the time's embedding added, norm, SiLU, 3×3; (x + …)/√2.

    `resample` is `halve`, `double` or None. With a `condition`, its dimension, the second norm's output is scaled and shifted by the
    noise reference's embedding z (FiLM, Perez et al. 2018); both begin as nothing.
    """

    def __init__(self, inputs: int, outputs: int, embedding: int, resample=None, condition: int = 0):
        super().__init__()
        self.resample = resample
        self.GroupNorm_0 = group_norm(inputs)
        self.Conv_0 = convolution(inputs, outputs)
        self.Dense_0 = linear(embedding, outputs)
        self.GroupNorm_1 = group_norm(outputs)
        self.Conv_1 = convolution(outputs, outputs, scale=0.0)
        self.Conv_2 = convolution(inputs, outputs, 1) if inputs != outputs or resample else None
        self.Film_0 = nn.Linear(condition, 2 * outputs) if condition else None
        if self.Film_0 is not None:
            nn.init.zeros_(self.Film_0.weight)
            nn.init.zeros_(self.Film_0.bias)

    def forward(self, x, embedding, z=None):
        h = F.silu(self.GroupNorm_0(x))
        if self.resample:
            h, x = self.resample(h), self.resample(x)
        h = self.GroupNorm_1(self.Conv_0(h) + self.Dense_0(F.silu(embedding))[:, :, None, None])
        if self.Film_0 is not None:
            scale, shift = self.Film_0(z)[:, :, None, None].chunk(2, 1)
            h = h * (1 + scale) + shift
        h = self.Conv_1(F.silu(h))
        if self.Conv_2 is not None:
            x = self.Conv_2(x)
        return (x + h) * math.sqrt(0.5)


class Combine(nn.Module):
    """Adds the input at this level's size, by a 1×1 convolution."""

    def __init__(self, inputs: int, channels: int):
        super().__init__()
        self.Conv_0 = convolution(inputs, channels, 1)

    def forward(self, pyramid, h):
        return self.Conv_0(pyramid) + h


class ResBlockWithCrossAttention(nn.Module):
    """A residual block whose positions attend to the tokens of the noise reference, as the document of the offline system has it.

    x (B, C, F, T), tokens (B, L, D) -> (B, C, F, T). Its last convolution begins as nearly nothing, as NCSN++'s do.
    """

    def __init__(self, channels: int, context: int, heads: int = 8):
        super().__init__()
        self.norm1 = group_norm(channels)
        self.conv1 = convolution(channels, channels)
        self.cross_attn = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.context_proj = nn.Linear(context, channels)
        self.norm2 = group_norm(channels)
        self.conv2 = convolution(channels, channels, scale=0.0)

    def forward(self, x, tokens):
        h = self.conv1(F.silu(self.norm1(x)))
        context = self.context_proj(tokens)
        heard, _ = self.cross_attn(h.flatten(2).transpose(1, 2), context, context, need_weights=False)
        h = h + heard.transpose(1, 2).reshape(h.shape)
        return x + self.conv2(F.silu(self.norm2(h)))
