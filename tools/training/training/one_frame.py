"""The score network as a runtime sees it: one frame in, one frame out, all state and conditioning passed in.

What changes only when tokens change (scales and shifts of the norms, the cross-attention's keys and values
folded with its projections, as Sources/NeuralLayers/CrossAttention.swift folds them) is computed by `condition`
and is an input of the frame. A dilated convolution takes the frame it looks back to and returns the frame it
will look back to later; rings of frames belong to the caller, so no history is copied inside.

Layout (1, C, 1, F) in the convolutions, the layout that ONNX Runtime blocks for; (F, C) in the band blocks.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .network import ScoreNetwork


def norm(x: torch.Tensor, axis: int) -> torch.Tensor:
    """x / rms over one axis."""
    return x / torch.sqrt(x.square().mean(axis, keepdim=True) + 1e-6)


class OneFrame(nn.Module):
    """forward(x, y, *past, *hidden, *conditions) -> (x̂0, *present, *new hidden); x, y, x̂0 are (160, 2).

    past, present: (1, C, 1, F), one per residual block in order of execution; a block of dilation d gets as
    `past` what it returned as `present` d frames before, zeros at the start. hidden: (F, C), one per band block.
    """

    def __init__(self, network: ScoreNetwork):
        super().__init__()
        self.network = network
        c = network.configuration
        self.residual = [*network.down_blocks, *network.inner_blocks, *network.up_blocks]
        self.dilations = [block.conv1.dilation for block in self.residual]
        self.outer, self.inner = c.channels
        self.wide = c.bins // c.strides[0]
        self.narrow = self.wide // c.strides[1]
        # The two taps in time are one convolution over twice the channels: past, then present.
        self.joined = nn.ParameterList(
            nn.Parameter(torch.cat([b.conv1.weight[:, :, :1], b.conv1.weight[:, :, 1:]], 1), requires_grad=False)
            for b in self.residual
        )

    def initial_state(self) -> list[torch.Tensor]:
        """Zeros: past of every residual block, then hidden of every band block."""
        outer, inner = (1, self.outer, 1, self.wide), (1, self.inner, 1, self.narrow)
        inside = range(len(self.network.down_blocks), len(self.residual) - len(self.network.up_blocks))
        past = [torch.zeros(inner if i in inside else outer) for i in range(len(self.residual))]
        return past + [torch.zeros(self.narrow, self.inner) for _ in self.network.band_blocks]

    def state_names(self) -> list[str]:
        return [f"past{i}" for i in range(len(self.residual))] + [
            f"hidden{i}" for i in range(len(self.network.band_blocks))
        ]

    def condition_names(self) -> list[str]:
        names = [f"residual{i}_{kind}" for i in range(len(self.residual)) for kind in ("scale", "shift")]
        for i in range(len(self.network.band_blocks)):
            names += [f"band{i}_{part}" for part in ("gru_scale", "gru_shift", "keys", "key_bias", "values")]
            names += [f"band{i}_feed_forward_scale", f"band{i}_feed_forward_shift"]
        return names

    @torch.no_grad()
    def condition(self, t: float, tokens: torch.Tensor | None) -> list[torch.Tensor]:
        """The tensors of `condition_names` at diffusion time t under tokens (K, D), or the null condition."""
        n = self.network
        tokens = n.null_tokens if tokens is None else tokens
        tokens = tokens.reshape(-1, tokens.shape[-1])
        embedding = F.silu(n.time(torch.tensor([t])) + n.token_mean(tokens.mean(0, keepdim=True)))

        def scale_and_shift(condition):
            scale, shift = condition.linear(embedding)[0].chunk(2)
            return 1 + scale, shift

        result = []
        for block in self.residual:
            result += [v[None, :, None, None] for v in scale_and_shift(block.condition)]
        for block in n.band_blocks:
            result += scale_and_shift(block.gru_condition)
            a = block.cross_attention
            d = self.inner
            size = d // a.heads
            key, value = a.key_value(tokens).view(-1, 2, a.heads, size).permute(1, 2, 0, 3)  # (heads, K, size)
            query = a.query.weight.view(a.heads, size, d) / math.sqrt(size)
            out = a.out.weight.t().reshape(a.heads, size, d)
            bias = a.query.bias.view(a.heads, size, 1) / math.sqrt(size)
            result += [(key @ query).reshape(-1, d).t().contiguous(), (key @ bias).reshape(-1)]
            result += [(value @ out).reshape(-1, d)]
            result += scale_and_shift(block.feed_forward_condition)
        return [tensor.contiguous() for tensor in result]

    def residual_block(self, i, h, past, scale, shift):
        block = self.residual[i]
        present = norm(h, 1) * scale + shift
        inside = F.conv2d(torch.cat([past, present], 1), self.joined[i], block.conv1.bias, padding=(0, 1))
        return h + F.conv2d(F.silu(inside), block.conv2.weight, block.conv2.bias, padding=(0, 1)), present

    def gru(self, gru, x, hidden):
        """One step, gates r, z, n; two matrix products and no sequence, which runtimes do faster than their GRU."""
        i_r, i_z, i_n = F.linear(x, gru.weight_ih_l0, gru.bias_ih_l0).chunk(3, -1)
        h_r, h_z, h_n = F.linear(hidden, gru.weight_hh_l0, gru.bias_hh_l0).chunk(3, -1)
        n = torch.tanh(i_n + torch.sigmoid(i_r + h_r) * h_n)
        return n + torch.sigmoid(i_z + h_z) * (hidden - n)

    def band_block(self, block, h, hidden, gru_scale, gru_shift, keys, key_bias, values, scale, shift):
        bands, d = h.shape
        heads = block.self_attention.heads
        hidden = self.gru(block.gru, norm(h, -1) * gru_scale + gru_shift, hidden)
        h = h + block.gru_out(hidden)

        a = block.self_attention
        x = norm(h, -1) + block.position
        weight = torch.cat([a.query.weight / math.sqrt(d // heads), a.key_value.weight])
        bias = torch.cat([a.query.bias / math.sqrt(d // heads), a.key_value.bias])
        query, key, value = F.linear(x, weight, bias).view(bands, 3, heads, -1).permute(1, 2, 0, 3)
        mixed = torch.softmax(query @ key.transpose(1, 2), -1) @ value
        h = h + a.out(mixed.transpose(0, 1).reshape(bands, d))

        weights = torch.softmax((norm(h, -1) @ keys + key_bias).view(bands, heads, -1), -1)
        h = h + (weights.view(bands, -1) @ values + block.cross_attention.out.bias)

        x = block.feed_forward_in(norm(h, -1) * scale + shift)
        return h + block.feed_forward_out(F.silu(x)), hidden

    def forward(self, x, y, *rest):
        n = self.network
        residual, bands = len(self.residual), len(n.band_blocks)
        past, hidden = rest[:residual], rest[residual : residual + bands]
        conditions = rest[residual + bands :]
        scales = conditions[: 2 * residual]
        present, new_hidden = [], []

        def run(i, h):
            h, frame = self.residual_block(i, h, past[i], *scales[2 * i : 2 * i + 2])
            present.append(frame)
            return h

        magnitudes = [torch.sqrt(s.square().sum(-1, keepdim=True) + 1e-12) for s in (x, y)]
        h = torch.cat([x, y, *magnitudes], -1).t()[None, :, None]
        h = F.conv2d(h, n.stem.weight, n.stem.bias, stride=(1, n.stem.stride), padding=(0, padding(n.stem)))
        downs = len(n.down_blocks)
        for i in range(downs):
            h = run(i, h)
        skip = h
        h = F.conv2d(h, n.down.weight, n.down.bias, stride=(1, n.down.stride), padding=(0, padding(n.down)))
        for i, block in enumerate(n.band_blocks):
            h = run(downs + i, h)
            own = conditions[2 * residual + 7 * i : 2 * residual + 7 * i + 7]
            h, state = self.band_block(block, h[0, :, 0].t(), hidden[i], *own)
            new_hidden.append(state)
            h = h.t()[None, :, None]
        h = F.conv2d(h, n.up.weight, n.up.bias, padding=(0, 1))
        h = h[0, :, 0].t().reshape(self.wide, self.outer).t()[None, :, None] + skip
        for i in range(downs + bands, residual):
            h = run(i, h)
        h = F.conv2d(norm(h, 1) * n.out_scale[None, :, None, None], n.out.weight, n.out.bias, padding=(0, 1))
        h = h[0, :, 0].t().reshape(-1, 4)
        mask_re, mask_im, y_re, y_im = h[:, :1] + 1, h[:, 1:2], y[:, :1], y[:, 1:]
        masked = torch.cat([mask_re * y_re - mask_im * y_im, mask_re * y_im + mask_im * y_re], -1)
        return (masked + h[:, 2:], *present, *new_hidden)


def padding(convolution) -> int:
    return (convolution.taps[1] - convolution.stride + 1) // 2


class Stream:
    """Runs a one-frame function over frames, with the rings that belong to the caller.

    step: takes and returns what `OneFrame.forward` does, as a list.
    """

    def __init__(self, frame: OneFrame, conditions: list[torch.Tensor], step):
        self.step, self.conditions, self.dilations = step, conditions, frame.dilations
        state = frame.initial_state()
        count = len(self.dilations)
        self.rings = [[s] * d for s, d in zip(state[:count], self.dilations, strict=True)]
        self.hidden = state[count:]

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        past = [ring.pop(0) for ring in self.rings]
        estimate, *state = self.step(x, y, *past, *self.hidden, *self.conditions)
        for ring, frame in zip(self.rings, state, strict=False):
            ring.append(frame)
        self.hidden = state[len(self.rings) :]
        return estimate
