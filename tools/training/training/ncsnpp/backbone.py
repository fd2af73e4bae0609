"""NCSN++ (Song et al. 2021) as SGMSE+ has it (Richter et al. 2023): a U-Net over the complex spectrogram.

Seven levels, each half as high and wide as the one before; the input goes in at every level of the way down, and the output is
summed over those of the way up. (B, 4, F, T) in, real and imaginary parts of x_t and y; (B, 2, F, T) out.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .blocks import (
    Combine, FourierFeatures, ResBlockWithCrossAttention, ResidualBlock, SelfAttention, convolution, double, group_norm,
    halve, linear,
)  # fmt: skip
from .configuration import NCSNppConfiguration

SIGNALS = 4  # real and imaginary parts of x_t and y


@dataclass
class Level:
    """The modules of one level on one way; each residual block may be followed by attention."""

    blocks: list
    cross: nn.Module | None = None  # after the last block
    combine: nn.Module | None = None  # way down: the input at the next level's size
    norm: nn.Module | None = None  # way up: of the output of this level
    output: nn.Module | None = None
    resample: nn.Module | None = None  # to the next level


class NCSNpp(nn.Module):
    """`all_modules` holds the modules in the order of the public checkpoints, `cross_modules` what these do not have."""

    def __init__(self, configuration: NCSNppConfiguration):
        super().__init__()
        c = self.configuration = configuration
        self.output_layer = nn.Conv2d(SIGNALS, 2, 1)
        embedding = 4 * c.nf
        film = c.condition_dimension if c.encoder != "none" else 0
        modules, crossings = [], []

        def add(module):
            modules.append(module)
            return module

        def residual(inputs, outputs=None, resample=None):
            return add(ResidualBlock(inputs, outputs or inputs, embedding, resample, film))

        def attends(level):
            return c.bins >> level in c.attn_resolutions

        def crossing(level, channels):
            if not c.cross_attention or c.bins >> level not in c.cross_resolutions:
                return None
            crossings.append(ResBlockWithCrossAttention(channels, c.condition_dimension, c.cross_heads))
            return crossings[-1]

        # Lists, which nn.Module does not register: a module has one name, that in all_modules.
        self.time = [
            add(FourierFeatures(c.nf, c.fourier_scale)), add(linear(2 * c.nf, embedding)), add(linear(embedding, embedding)),
        ]  # fmt: skip
        self.stem = [add(convolution(SIGNALS, c.nf))]
        last = len(c.ch_mult) - 1

        channels, skips, self.down = c.nf, [c.nf], []
        for index, factor in enumerate(c.ch_mult):
            level = Level([])
            for _ in range(c.num_res_blocks):
                block = residual(channels, c.nf * factor)
                channels = c.nf * factor
                level.blocks.append((block, add(SelfAttention(channels)) if attends(index) else None))
                skips.append(channels)
            level.cross = crossing(index, channels)
            if index != last:
                level.resample = residual(channels, resample=halve)
                level.combine = add(Combine(SIGNALS, channels))
                skips.append(channels)
            self.down.append(level)

        self.middle = [residual(channels), add(SelfAttention(channels)), residual(channels)]

        self.up = []
        for index in reversed(range(len(c.ch_mult))):
            level = Level([])
            for _ in range(c.num_res_blocks + 1):
                block = residual(channels + skips.pop(), c.nf * c.ch_mult[index])
                channels = c.nf * c.ch_mult[index]
                level.blocks.append((block, None))
            if attends(index):  # on the way up after the last block alone
                level.blocks[-1] = (level.blocks[-1][0], add(SelfAttention(channels)))
            level.cross = crossing(index, channels)
            level.norm = add(group_norm(channels))
            level.output = add(convolution(channels, SIGNALS, scale=0.0))
            if index != 0:
                level.resample = residual(channels, resample=double)
            self.up.append(level)

        self.all_modules = nn.ModuleList(modules)
        self.cross_modules = nn.ModuleList(crossings)

    def forward(self, x, y, t, tokens=None):
        """x, y: complex (B, F, T), T a multiple of `configuration.divisor`. t: (B). tokens: (B, L, D), or None where the network
        has no condition. Returns the network's output F, complex (B, F, T)."""
        signals = torch.stack([x.real, x.imag, y.real, y.imag], 1)
        fourier, linear1, linear2 = self.time
        # The times of the grid lie close together at high frequencies: in full precision.
        with torch.autocast(signals.device.type, enabled=False):
            features = fourier(torch.log(t))
        embedding = linear2(F.silu(linear1(features)))
        z = tokens.mean(1) if tokens is not None else None

        pyramid, h = signals, self.stem[0](signals)
        skips = [h]
        for level in self.down:
            for block, attention in level.blocks:
                h = block(h, embedding, z)
                h = attention(h) if attention else h
                skips.append(h)
            if level.cross:
                h = skips[-1] = level.cross(h, tokens)
            if level.resample:
                pyramid = halve(pyramid)
                h = level.combine(pyramid, level.resample(h, embedding, z))
                skips.append(h)

        first, attention, second = self.middle
        h = second(attention(first(h, embedding, z)), embedding, z)

        output = None
        for level in self.up:
            for block, attention in level.blocks:
                h = block(torch.cat([h, skips.pop()], 1), embedding, z)
                h = attention(h) if attention else h
            if level.cross:
                h = level.cross(h, tokens)
            part = level.output(F.silu(level.norm(h)))
            output = part if output is None else double(output) + part
            if level.resample:
                h = level.resample(h, embedding, z)
        if self.configuration.backbone == "ncsnpp":  # the first version divides here, and by t
            output = output / t[:, None, None, None]
        pair = self.output_layer(output)
        pair = pair.float() if pair.dtype in (torch.bfloat16, torch.float16) else pair
        return torch.complex(pair[:, 0].contiguous(), pair[:, 1].contiguous())
