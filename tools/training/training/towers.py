"""The pre-trained towers of the noise encoders `clap` and `panns`, from 16 kHz samples to an embedding.

Names and shapes are those of the tower files that tools/convert writes; Sources/PretrainedEncoders computes the same in
the Swift program. Batch norms are folded, so a tower that is fine-tuned keeps their statistics.
"""

import json
import math

import torch
import torch.nn.functional as F
from torch import nn

SAMPLE_RATE = 16_000


def raise_rate(x: torch.Tensor, factor: int) -> torch.Tensor:
    """(B, N) -> (B, factor·N): scipy.signal.resample_poly with its own filter, a sinc under a Kaiser window of β = 5."""
    if factor == 1:
        return x
    half = 10 * factor
    n = torch.arange(-half, half + 1, dtype=torch.float64)
    window = torch.kaiser_window(2 * half + 1, periodic=False, beta=5.0, dtype=torch.float64)
    taps = torch.sinc(n / factor) * window
    taps = (taps * (factor / taps.sum())).to(x)[None, None]
    return F.conv_transpose1d(x[:, None], taps, stride=factor, padding=half, output_padding=factor - 1)[:, 0]


def mel_filters(c: dict) -> torch.Tensor:
    """(fft_length/2 + 1, mel_bins): triangles of unit area on Slaney's mel scale, as librosa.filters.mel has them."""
    knee, step = 15.0, math.log(6.4) / 27

    def mel(hertz):
        return 3 * hertz / 200 if hertz < 1000 else knee + math.log(hertz / 1000) / step

    low, high = mel(c["minimum_frequency"]), mel(c["maximum_frequency"])
    mels = torch.linspace(low, high, c["mel_bins"] + 2, dtype=torch.float64)
    edges = torch.where(mels < knee, 200 * mels / 3, 1000 * torch.exp(step * (mels - knee)))
    bins = torch.linspace(0, c["sample_rate"] / 2, c["fft_length"] // 2 + 1, dtype=torch.float64)[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    triangles = torch.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)).clamp(min=0)
    return triangles * 2 / (upper - lower)


class LogMel(nn.Module):
    """(B, N) samples at the tower's rate -> (B, T, mel_bins) in dB, then a scale and a shift for every bin."""

    def __init__(self, c: dict):
        super().__init__()
        self.fft_length, self.hop_length = c["fft_length"], c["hop_length"]
        self.scale = nn.Parameter(torch.ones(c["mel_bins"]))
        self.shift = nn.Parameter(torch.zeros(c["mel_bins"]))
        self.register_buffer("filters", mel_filters(c).float(), persistent=False)
        self.register_buffer("window", torch.hann_window(c["fft_length"], dtype=torch.float64).float(), persistent=False)

    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            spectrum = torch.stft(
                x, self.fft_length, self.hop_length, window=self.window, pad_mode="reflect", return_complex=True
            )
            power = torch.view_as_real(spectrum).square().sum(-1).transpose(1, 2)
            mel = 10 * torch.log10((power @ self.filters).clamp(min=1e-10))
            return mel * self.scale + self.shift


class CNN14Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class CNN14(nn.Module):
    """PANNs CNN14 (Kong et al. 2020) up to its embedding; short stretches are repeated to `minimum_samples`."""

    def __init__(self, c: dict):
        super().__init__()
        self.factor, self.minimum = c["sample_rate"] // SAMPLE_RATE, c["minimum_samples"]
        self.input = LogMel(c)
        widths = [1, *c["channels"]]
        self.blocks = nn.ModuleList(CNN14Block(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.linear = nn.Linear(widths[-1], c["embedding"])

    def forward(self, samples):
        x = raise_rate(samples, self.factor)
        if x.shape[1] < self.minimum:
            x = x.repeat(1, math.ceil(self.minimum / x.shape[1]))[:, : self.minimum]
        x = self.input(x)[:, None]
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i + 1 < len(self.blocks):
                x = F.avg_pool2d(x, 2)
        x = x.mean(3)
        return F.relu(self.linear(x.amax(2) + x.mean(2)))


class WindowBlock(nn.Module):
    """Attention within windows (rolled by `shift` first), then a feed-forward layer; each on a normalised copy."""

    def __init__(self, c: dict, side: int, channels: int, heads: int, shift: int):
        super().__init__()
        self.side, self.heads, self.window, self.shift = side, heads, c["window"], shift
        self.norm1 = nn.LayerNorm(channels)
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.position_bias = nn.Parameter(torch.zeros((2 * self.window - 1) ** 2, heads))
        self.out = nn.Linear(channels, channels)
        self.norm2 = nn.LayerNorm(channels)
        self.feed_forward_in = nn.Linear(channels, c["feed_forward_factor"] * channels)
        self.feed_forward_out = nn.Linear(c["feed_forward_factor"] * channels, channels)
        place = torch.cartesian_prod(torch.arange(self.window), torch.arange(self.window))
        offset = place[:, None] - place[None] + self.window - 1
        self.register_buffer("offset", offset[..., 0] * (2 * self.window - 1) + offset[..., 1], persistent=False)
        self.register_buffer("mask", self.seams(), persistent=False)

    def seams(self) -> torch.Tensor | None:
        """(windows, 1, window², window²): −100 between places that only the roll brought together."""
        if self.shift == 0:
            return None
        i = torch.arange(self.side)
        part = (i >= self.side - self.window).long() + (i >= self.side - self.shift).long()
        parts = self.windows((3 * part[:, None] + part)[None, ..., None].float())[..., 0]
        return -100.0 * (parts[:, None, :, None] != parts[:, None, None, :]).float()

    def windows(self, x):
        """(B, side, side, C) -> (B·windows, window², C)."""
        b, n, w = len(x), self.side // self.window, self.window
        return x.view(b, n, w, n, w, -1).transpose(2, 3).reshape(b * n * n, w * w, -1)

    def forward(self, x):
        b, n, w = len(x), self.side // self.window, self.window
        h = torch.roll(self.norm1(x), (-self.shift, -self.shift), (1, 2))
        h = self.windows(h)
        query, key, value = self.query_key_value(h).view(len(h), w * w, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        bias = self.position_bias[self.offset].permute(2, 0, 1)[None]
        if self.mask is not None:
            bias = bias + self.mask.repeat(b, 1, 1, 1)
        h = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        h = self.out(h.transpose(1, 2).reshape(len(h), w * w, -1))
        h = h.view(b, n, n, w, w, -1).transpose(2, 3).reshape(x.shape)
        x = x + torch.roll(h, (self.shift, self.shift), (1, 2))
        return x + self.feed_forward_out(F.gelu(self.feed_forward_in(self.norm2(x))))


class HTSATStage(nn.Module):
    def __init__(self, c: dict, i: int):
        super().__init__()
        side, channels = c["image"] // c["patch"] >> i, c["width"] << i
        shifted = c["window"] // 2 if side > c["window"] else 0
        self.blocks = nn.ModuleList(
            WindowBlock(c, side, channels, c["heads"][i], shifted * (j % 2)) for j in range(c["depths"][i])
        )
        self.last = i + 1 == len(c["depths"])
        if not self.last:
            self.merge_norm = nn.LayerNorm(4 * channels)
            self.merge = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        if self.last:
            return x
        x = torch.cat([x[:, row::2, column::2] for column in range(2) for row in range(2)], -1)
        return self.merge(self.merge_norm(x))


class HTSAT(nn.Module):
    """CLAP's audio tower without fusion (Chen et al. 2022, Wu et al. 2023), before the embedding is normalised."""

    def __init__(self, c: dict):
        super().__init__()
        self.factor, self.clip = c["sample_rate"] // SAMPLE_RATE, c["clip_samples"]
        self.folds, self.image = c["image"] // c["mel_bins"], c["image"]
        self.input = LogMel(c)
        self.patch = nn.Conv2d(1, c["width"], c["patch"], c["patch"])
        self.patch_norm = nn.LayerNorm(c["width"])
        self.stages = nn.ModuleList(HTSATStage(c, i) for i in range(len(c["depths"])))
        channels = c["width"] << (len(c["depths"]) - 1)
        self.norm = nn.LayerNorm(channels)
        self.projection1 = nn.Linear(channels, c["embedding"])
        self.projection2 = nn.Linear(c["embedding"], c["embedding"])

    def forward(self, samples):
        x = raise_rate(samples, self.factor)
        x = x[:, -self.clip :]
        x = x.repeat(1, self.clip // x.shape[1])  # as often as it fits; zeros after it
        x = self.input(F.pad(x, (0, self.clip - x.shape[1])))[:, None]
        length = self.image * self.folds
        if x.shape[2] != length:
            x = F.interpolate(x, (length, x.shape[3]), mode="bicubic", align_corners=True)
        b, _, _, bins = x.shape
        x = x.view(b, self.folds, self.image, bins).transpose(2, 3).reshape(b, 1, self.folds * bins, self.image)
        x = self.patch_norm(self.patch(x).permute(0, 2, 3, 1))
        for stage in self.stages:
            x = stage(x)
        return self.projection2(F.relu(self.projection1(self.norm(x).mean((1, 2)))))


TOWERS = {"clap": HTSAT, "panns": CNN14}


class TowerError(Exception):
    """What is wrong with a tower file and what to do about it, in one sentence."""


class TowerNoiseEncoder(nn.Module):
    """The reference's samples (B, N) -> tokens (B, tokens, D): a tower, and two linear layers on its embedding.

    The tower is frozen unless the configuration says `fine_tune_tower`.
    """

    def __init__(self, configuration):
        super().__init__()
        c = configuration
        if c.tower is None or c.tower.get("kind") != c.encoder:
            raise TowerError(f"the encoder {c.encoder} needs a tower of its kind; give one with --tower")
        self.tower = TOWERS[c.encoder](c.tower)
        self.frozen = not c.fine_tune_tower
        self.tower.requires_grad_(not self.frozen)
        self.tokens = c.tokens
        self.linear1 = nn.Linear(c.tower["embedding"], c.token_dimension)
        self.linear2 = nn.Linear(c.token_dimension, c.tokens * c.token_dimension)

    def forward(self, samples):
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            x = self.tower(samples)
        x = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
        return self.linear2(F.silu(self.linear1(x))).unflatten(-1, (self.tokens, -1))


def read(path) -> tuple[dict, dict]:
    """A tower file of tools/convert: configuration and tensors."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            configuration = json.loads((file.metadata() or {})["limpid_tower"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}
            return configuration, tensors
    except (OSError, SafetensorError, KeyError, ValueError):
        raise TowerError(f"{path} is no tower that can be read; make one with tools/convert") from None


def options(encoder: str, path, fine_tune: bool) -> tuple[dict, dict | None]:
    """What NetworkConfiguration takes for an encoder, and the tower's tensors; for encoders without one, nothing."""
    if encoder not in TOWERS:
        if path or fine_tune:
            raise TowerError(f"--tower and --fine-tune-tower are for the encoders clap and panns, not {encoder}")
        return {}, None
    if path is None:
        raise TowerError(f"--encoder {encoder} needs --tower PATH, a file that tools/convert makes")
    configuration, tensors = read(path)
    if configuration.get("kind") != encoder:
        raise TowerError(f"{path} holds {configuration.get('kind')}; give --encoder {configuration.get('kind')}")
    try:
        TOWERS[encoder](configuration).load_state_dict(tensors)
    except (RuntimeError, KeyError, TypeError, ValueError, IndexError):
        raise TowerError(f"{path}: tensors and configuration do not agree; convert it again") from None
    return {"tower": configuration, "fine_tune_tower": fine_tune}, tensors
