"""From the noise reference to tokens (B, L, D): one for `global`, `clap` and `panns`, several where blocks attend to them.

`global` and `sequence` see the reference's spectrogram, complex (B, F, T); `clap` and `panns` hear its samples (B, n).
"""

import torch
import torch.nn.functional as F
from torch import nn

from ..towers import TOWERS, TowerError
from .blocks import convolution, group_norm, linear
from .configuration import NCSNppConfiguration

HEIGHT = 4  # of the pooled spectrogram


class Convolutions(nn.Module):
    """Four 3×3 convolutions of stride 2 with norm and SiLU: real and imaginary parts -> (B, C, F/16, T/16)."""

    def __init__(self, widths: list[int]):
        super().__init__()
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        for inputs, outputs in zip([2, *widths[:-1]], widths, strict=True):
            layer = convolution(inputs, outputs)
            layer.stride = (2, 2)
            self.convolutions.append(layer)
            self.norms.append(group_norm(outputs))

    def forward(self, reference):
        h = torch.stack([reference.real, reference.imag], 1)
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            h = F.silu(norm(layer(h)))
        return h


class GlobalNoiseEncoder(nn.Module):
    """The reference's mean over time, in four bands, through two linear layers: one token."""

    def __init__(self, c: NCSNppConfiguration):
        super().__init__()
        self.convolutions = Convolutions(c.encoder_channels)
        self.linear1 = linear(HEIGHT * c.encoder_channels[-1], c.condition_dimension)
        self.linear2 = linear(c.condition_dimension, c.condition_dimension)

    def forward(self, reference):
        h = F.adaptive_avg_pool2d(self.convolutions(reference), (HEIGHT, 1)).flatten(1)
        return self.linear2(F.silu(self.linear1(h)))[:, None]


class SequenceNoiseEncoder(nn.Module):
    """Tokens in the order of time, each the mean of its share of it, in four bands.

    A reference of 0.25 s has 32 frames, two columns after the convolutions: its sixteen tokens are then eight of one and eight of the
    other. From 2 s on all differ.
    """

    def __init__(self, c: NCSNppConfiguration):
        super().__init__()
        self.convolutions, self.tokens = Convolutions(c.encoder_channels), c.tokens
        self.projection = linear(HEIGHT * c.encoder_channels[-1], c.condition_dimension)

    def forward(self, reference):
        h = F.adaptive_avg_pool2d(self.convolutions(reference), (HEIGHT, self.tokens))
        return self.projection(h.permute(0, 3, 1, 2).flatten(2))


class TowerNoiseEncoder(nn.Module):
    """A pre-trained tower (training.towers), its embedding at unit length, two linear layers; one token, or several.

    The tower is frozen unless `fine_tune_tower` says otherwise. All its parameters take part in every step, so that
    DistributedDataParallel finds none unused.
    """

    def __init__(self, c: NCSNppConfiguration):
        super().__init__()
        if c.tower is None or c.tower.get("kind") != c.encoder:
            raise TowerError(f"the encoder {c.encoder} needs a tower of its kind; give one with --tower")
        self.tower = TOWERS[c.encoder](c.tower)
        self.frozen = not c.fine_tune_tower
        self.tower.requires_grad_(not self.frozen)
        self.tokens = c.tokens if c.cross_attention else 1
        self.linear1 = linear(c.tower["embedding"], c.condition_dimension)
        self.linear2 = linear(c.condition_dimension, self.tokens * c.condition_dimension)

    def forward(self, samples):
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            embedding = F.normalize(self.tower(samples), dim=-1)
        return self.linear2(F.silu(self.linear1(embedding))).unflatten(-1, (self.tokens, -1))


def noise_encoder(c: NCSNppConfiguration) -> nn.Module | None:
    kinds = {"global": GlobalNoiseEncoder, "sequence": SequenceNoiseEncoder}
    return None if c.encoder == "none" else kinds.get(c.encoder, TowerNoiseEncoder)(c)
