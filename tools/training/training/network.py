"""The score network: a frame-causal U-Net over frequency that predicts the clean spectrum x̂0.

Every tensor is (B, T, F, C), channels last, as the Swift program lays a frame out: (F, C). Time is never
strided; convolutions over time see the past only; every norm looks at one position of one frame; so running
frame by frame with cached state gives what the whole recording at once gives.
"""

import math
from dataclasses import asdict, dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from .features import BINS
from .gru import gru
from .towers import TowerNoiseEncoder


@dataclass
class NetworkConfiguration:
    """Sizes of the backbone and its noise encoder; written as JSON into the weights file."""

    format: int = 1
    bins: int = BINS
    channels: list[int] = field(default_factory=lambda: [48, 64])  # of the outer and the inner level
    strides: list[int] = field(default_factory=lambda: [4, 2])  # in frequency: 160 -> 40 -> 20 bands
    outer_dilations: list[int] = field(default_factory=lambda: [1, 2])  # one residual block each, per side
    inner_dilations: list[int] = field(default_factory=lambda: [4, 8])  # one residual + band block each
    heads: int = 4
    feed_forward: int = 128
    embedding: int = 96
    time_frequencies: int = 16
    encoder: str = "sequence"  # none | global | sequence | clap | panns
    encoder_channels: list[int] = field(default_factory=lambda: [16, 32, 48, 64])
    encoder_time_strides: list[int] = field(default_factory=lambda: [2, 2, 1, 1])
    tokens: int = 16
    token_dimension: int = 64
    learned_tokens: bool = False  # whether learned noise is a set of tokens of its own beside the rolling reference's
    tower: dict | None = None  # sizes of the tower of clap and panns, as its file states them
    fine_tune_tower: bool = False  # whether training changes the tower

    def as_dict(self):
        """Without the tower's fields where there is no tower, and without that of learned noise where it has no tokens."""
        absent = set() if self.tower else {"tower", "fine_tune_tower"}
        absent |= set() if self.learned_tokens else {"learned_tokens"}
        return {k: v for k, v in asdict(self).items() if k not in absent}


def rms_norm(x: torch.Tensor) -> torch.Tensor:
    """x / rms over the channels of one position."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


def scaled_norm(x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """rms_norm(x)·(1 + scale) + shift; training compiles this function into one pass over memory."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * (1 + scale) + shift


def plain_norm(x: torch.Tensor) -> torch.Tensor:
    """rms_norm for the noise encoders, never compiled: the length of the reference changes every batch."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


class CausalConv(nn.Module):
    """Convolution over (time, frequency): past frames only, zero padding in frequency.

    weight is (out, in, time taps, frequency taps); the last time tap is the newest frame.
    """

    def __init__(self, inputs, outputs, taps=(1, 3), dilation=1, stride=1):
        super().__init__()
        self.taps, self.dilation, self.stride = taps, dilation, stride
        self.weight = nn.Parameter(torch.empty(outputs, inputs, *taps))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))

    def forward(self, x):
        x = x.permute(0, 3, 1, 2)  # a channels-last (B, C, T, F) view
        past = (self.taps[0] - 1) * self.dilation
        if past:
            x = F.pad(x, (0, 0, past, 0))
        side = (self.taps[1] - self.stride + 1) // 2
        y = F.conv2d(
            x.contiguous(memory_format=torch.channels_last),
            self.weight,
            self.bias,
            stride=(1, self.stride),
            padding=(0, side),
            dilation=(self.dilation, 1),
        )
        return y.permute(0, 2, 3, 1)


class Condition(nn.Module):
    """Scale and shift of a normalised input, from the time embedding with the mean noise token in it."""

    def __init__(self, channels, embedding):
        super().__init__()
        self.linear = nn.Linear(embedding, 2 * channels)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x, embedding):
        scale, shift = self.linear(embedding)[:, None, None].chunk(2, -1)
        return scaled_norm(x, scale, shift)


class ResidualBlock(nn.Module):
    """x + conv(1×3)(SiLU(conv(2×3, dilated in time)(condition(norm(x)))))."""

    def __init__(self, channels, dilation, embedding):
        super().__init__()
        self.condition = Condition(channels, embedding)
        self.conv1 = CausalConv(channels, channels, (2, 3), dilation)
        self.conv2 = CausalConv(channels, channels, (1, 3))
        with torch.no_grad():
            self.conv2.weight.mul_(0.5)

    def forward(self, x, embedding):
        h = self.condition(x, embedding)
        return x + self.conv2(F.silu(self.conv1(h)))


def full(x: torch.Tensor) -> torch.Tensor:
    """At least float32: what autocast made half of is made whole, float64 stays."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def plain_attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask=None) -> torch.Tensor:
    """softmax(q·kᵀ/√d + mask)·v in full precision. PyTorch's fused attention is made for long sequences: over 20 bands, and backward in
    bfloat16 above all, a CPU takes several times as long with it."""
    with torch.autocast("cpu", enabled=False):
        scores = full(query) @ full(key).transpose(-1, -2) * query.shape[-1] ** -0.5
        return (scores if mask is None else scores + mask).softmax(-1) @ full(value)


class Attention(nn.Module):
    """Multi-head attention, (N, Q, D) queries over (N, K, D') keys and values."""

    def __init__(self, dimension, heads, keys=None):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dimension, dimension)
        self.key_value = nn.Linear(keys or dimension, 2 * dimension)
        self.out = nn.Linear(dimension, dimension)

    def forward(self, x, memory, mask=None):
        """`mask`, (N, 1, 1, K) or None, is added to the scores: 0, or −∞ for what is not there."""
        n, q, d = x.shape
        k = memory.shape[1]
        query = self.query(x).view(n, q, self.heads, -1).transpose(1, 2)
        key, value = self.key_value(memory).view(n, k, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        if x.device.type == "cpu":
            y = plain_attention(query, key, value, mask)
        else:
            mask = None if mask is None else mask.to(query.dtype)
            y = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(y.transpose(1, 2).reshape(n, q, d))


class BandBlock(nn.Module):
    """A GRU along time shared by all bands, attention across bands, cross-attention to the noise tokens,
    and a feed-forward layer; each on a normalised copy, added back."""

    def __init__(self, bands, dimension, heads, feed_forward, embedding, token_dimension):
        super().__init__()
        self.position = nn.Parameter(torch.randn(bands, dimension) * 0.02)
        self.gru_condition = Condition(dimension, embedding)
        self.gru = nn.GRU(dimension, dimension)
        self.gru_out = nn.Linear(dimension, dimension)
        self.self_attention = Attention(dimension, heads)
        self.cross_attention = Attention(dimension, heads, token_dimension)
        self.feed_forward_condition = Condition(dimension, embedding)
        self.feed_forward_in = nn.Linear(dimension, feed_forward)
        self.feed_forward_out = nn.Linear(feed_forward, dimension)

    def forward(self, x, embedding, tokens, mask=None):
        b, t, f, c = x.shape
        h = self.gru_condition(x, embedding)
        h = gru(self.gru, h.permute(1, 0, 2, 3).reshape(t, b * f, c))
        x = x + self.gru_out(h).view(t, b, f, c).permute(1, 0, 2, 3)
        h = (rms_norm(x) + self.position).reshape(b * t, f, c)
        x = x + self.self_attention(h, h).view(b, t, f, c)
        h = rms_norm(x).reshape(b, t * f, c)
        x = x + self.cross_attention(h, tokens, mask).view(b, t, f, c)
        h = self.feed_forward_condition(x, embedding)
        return x + self.feed_forward_out(F.silu(self.feed_forward_in(h)))


class TimeEmbedding(nn.Module):
    """Diffusion time t in (0, 1] -> embedding: sines and cosines of ln t, then two linear layers."""

    def __init__(self, frequencies, embedding):
        super().__init__()
        # ln t runs from −3.5 to 0; angular frequencies from 0.25 to 16, geometrically.
        scale = 0.25 * (64.0 ** (torch.arange(frequencies) / (frequencies - 1)))
        self.register_buffer("scale", scale)
        self.linear1 = nn.Linear(2 * frequencies, embedding)
        self.linear2 = nn.Linear(embedding, embedding)

    def forward(self, t):
        phase = torch.log(t)[:, None] * self.scale
        features = torch.cat([phase.sin(), phase.cos()], -1)
        return self.linear2(F.silu(self.linear1(features)))


class EncoderBlock(nn.Module):
    """3×3 convolution (frequency stride 2, time stride 1 or 2, zero padding), norm, SiLU; (B, T, F, C)."""

    def __init__(self, inputs, outputs, time_stride):
        super().__init__()
        self.time_stride = time_stride
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = nn.Parameter(torch.ones(outputs))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))

    def forward(self, x):
        y = F.conv2d(x.permute(0, 3, 1, 2), self.weight, self.bias, stride=(self.time_stride, 2), padding=1)
        return F.silu(plain_norm(y.permute(0, 2, 3, 1)) * self.scale)


class SequenceNoiseEncoder(nn.Module):
    """Reference magnitudes (B, T, 160) -> 16 tokens in time order (B, 16, D)."""

    frequency_positions = 4

    def __init__(self, configuration):
        super().__init__()
        widths = [1, *configuration.encoder_channels]
        self.blocks = nn.ModuleList(
            EncoderBlock(a, b, s)
            for a, b, s in zip(widths[:-1], widths[1:], configuration.encoder_time_strides, strict=True)
        )
        self.tokens = configuration.tokens
        self.projection = nn.Linear(self.frequency_positions * widths[-1], configuration.token_dimension)
        self.position = nn.Parameter(torch.randn(configuration.tokens, configuration.token_dimension) * 0.02)

    def forward(self, magnitudes):
        x = magnitudes[..., None]
        for block in self.blocks:
            x = block(x)
        x = F.adaptive_avg_pool2d(x.permute(0, 3, 1, 2), (self.tokens, self.frequency_positions))
        x = x.permute(0, 2, 3, 1).flatten(2)  # (B, 16, 4·C): frequency-major, channels last
        return self.projection(x) + self.position


class GlobalNoiseEncoder(nn.Module):
    """The global-pool baseline: convolutions, mean over time and frequency, two linear layers, one token."""

    def __init__(self, configuration):
        super().__init__()
        widths = [1, *configuration.encoder_channels]
        self.blocks = nn.ModuleList(
            EncoderBlock(a, b, s)
            for a, b, s in zip(widths[:-1], widths[1:], configuration.encoder_time_strides, strict=True)
        )
        self.linear1 = nn.Linear(widths[-1], configuration.token_dimension)
        self.linear2 = nn.Linear(configuration.token_dimension, configuration.token_dimension)

    def forward(self, magnitudes):
        x = magnitudes[..., None]
        for block in self.blocks:
            x = block(x)
        return self.linear2(F.silu(self.linear1(x.mean((1, 2)))))[:, None]


ENCODERS = {
    "sequence": SequenceNoiseEncoder, "global": GlobalNoiseEncoder, "clap": TowerNoiseEncoder,
    "panns": TowerNoiseEncoder,
}  # fmt: skip


class ScoreNetwork(nn.Module):
    """x̂0 from the diffused spectrum x_t, the noisy spectrum y, time t and noise tokens.

    x, y: (B, T, 160, 2), compressed, level-normalised. t: (B). tokens: (B, K, D) of the rolling reference or None for the
    null condition; drop: (B) bool, items whose condition is replaced by the null condition. learned: (B, K, D) tokens of
    noise that was learned, from `encode_learned`, or None; heard: (B) bool, the items that have them (None: all). Learned
    noise that is not there is left out of attention and mean alike: that is its null condition, so that a network that
    never heard of it computes what it did.
    """

    def __init__(self, configuration: NetworkConfiguration | None = None):
        super().__init__()
        c = self.configuration = configuration or NetworkConfiguration()
        outer, inner = c.channels
        bands = c.bins // c.strides[0] // c.strides[1]
        count = 1 if c.encoder in ("none", "global") else c.tokens
        self.null_tokens = nn.Parameter(torch.randn(count, c.token_dimension) * 0.02)
        self.encoder = ENCODERS[c.encoder](c) if c.encoder != "none" else None
        # Tells learned noise from the rolling reference; it begins as nothing.
        self.learned_mark = nn.Parameter(torch.zeros(c.token_dimension)) if c.learned_tokens else None
        self.time = TimeEmbedding(c.time_frequencies, c.embedding)
        self.token_mean = nn.Linear(c.token_dimension, c.embedding)
        self.stem = CausalConv(6, outer, (1, 2 * c.strides[0]), stride=c.strides[0])
        self.down_blocks = nn.ModuleList(ResidualBlock(outer, d, c.embedding) for d in c.outer_dilations)
        self.down = CausalConv(outer, inner, (1, 2 * c.strides[1]), stride=c.strides[1])
        self.inner_blocks = nn.ModuleList(ResidualBlock(inner, d, c.embedding) for d in c.inner_dilations)
        self.band_blocks = nn.ModuleList(
            BandBlock(bands, inner, c.heads, c.feed_forward, c.embedding, c.token_dimension)
            for _ in c.inner_dilations
        )
        self.up = CausalConv(inner, outer * c.strides[1], (1, 3))
        self.up_blocks = nn.ModuleList(ResidualBlock(outer, d, c.embedding) for d in c.outer_dilations)
        self.out_scale = nn.Parameter(torch.ones(outer))
        self.out = CausalConv(outer, 4 * c.strides[0], (1, 3))
        with torch.no_grad():
            self.out.weight.mul_(0.1)

    @property
    def hears_samples(self):
        """Whether `encode` takes the reference's samples (features.overlap_add) instead of its magnitudes."""
        return isinstance(self.encoder, TowerNoiseEncoder)

    def encode(self, reference):
        """Reference magnitudes (B, T, 160), or samples (B, N), -> tokens; None for the `none` encoder."""
        return self.encoder(reference) if self.encoder is not None else None

    def encode_learned(self, reference):
        """The same for noise that was learned: tokens of its own, marked as such."""
        return self.encode(reference) + self.learned_mark

    def forward(self, x, y, t, tokens=None, drop=None, learned=None, heard=None):
        b, frames, bins, _ = y.shape
        null = self.null_tokens.expand(b, -1, -1)
        if tokens is None:
            tokens = null
        elif drop is not None:
            tokens = torch.where(drop[:, None, None], null, tokens)
        mask, mean = None, tokens.mean(1)
        if learned is not None:
            count = tokens.shape[1]
            tokens = torch.cat([tokens, learned], 1)
            mean, both = tokens[:, :count].mean(1), tokens.mean(1)
            if heard is None:
                mean = both
            else:
                mean = torch.where(heard[:, None], both, mean)
                mask = torch.zeros(b, 1, 1, tokens.shape[1], device=y.device)
                mask[..., count:] = torch.where(heard, 0.0, -math.inf)[:, None, None, None]
        embedding = F.silu(self.time(t) + self.token_mean(mean))

        magnitudes = [(s.square().sum(-1, keepdim=True) + 1e-12).sqrt() for s in (x, y)]
        # The first and the last layer see the signal itself: they stay in float32 where the rest is in bfloat16.
        with torch.autocast(y.device.type, enabled=False):
            h = self.stem(torch.cat([x, y, *magnitudes], -1))
        for block in self.down_blocks:
            h = block(h, embedding)
        skip = h
        h = self.down(h)
        for residual, band in zip(self.inner_blocks, self.band_blocks, strict=True):
            h = band(residual(h, embedding), embedding, tokens, mask)
        h = self.up(h).reshape(b, frames, skip.shape[2], skip.shape[3]) + skip
        for block in self.up_blocks:
            h = block(h, embedding)
        with torch.autocast(y.device.type, enabled=False):
            h = self.out(rms_norm(full(h)) * self.out_scale).reshape(b, frames, bins, 4)
        # Complex mask on y (the first two outputs, 1 at the start) plus a complex residual.
        mask_re, mask_im, residual = h[..., 0] + 1, h[..., 1], h[..., 2:]
        y_re, y_im = y[..., 0], y[..., 1]
        masked = torch.stack([mask_re * y_re - mask_im * y_im, mask_re * y_im + mask_im * y_re], -1)
        return masked + residual


def multiply_adds(c: NetworkConfiguration) -> int:
    """Multiply-adds of one evaluation for one frame, conditioning aside (it changes only with the tokens)."""
    outer, inner = c.channels
    wide = c.bins // c.strides[0]
    narrow = wide // c.strides[1]
    d = inner
    count = wide * 2 * c.strides[0] * 6 * outer  # stem
    count += 2 * len(c.outer_dilations) * wide * outer * outer * 9
    count += narrow * 2 * c.strides[1] * outer * inner + narrow * 3 * inner * outer * c.strides[1]
    keys = 1 if c.encoder in ("none", "global") else c.tokens
    band = 6 * d * d + d * d + 4 * d * d + 2 * narrow * d + 2 * d * d + 2 * keys * d + 2 * d * c.feed_forward
    count += len(c.inner_dilations) * narrow * (inner * inner * 9 + band)
    count += wide * 3 * outer * 4 * c.strides[0]
    return count
