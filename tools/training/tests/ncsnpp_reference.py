"""NCSN++ in NumPy, float64, written from the papers: what training.ncsnpp is measured against. No code is shared with it.

Song et al. 2021, "Score-based generative modeling through SDEs", appendix H (BigGAN blocks, FIR resampling with 1-3-3-1, skip
connections divided by √2, residual input and summed output pyramids); Richter et al. 2023, section III (seven levels, real and
imaginary parts of x_t and y as channels, attention at 16 bins and in the middle, time through Fourier features of ln t).
`parameters` are arrays under the names of the public checkpoints.
"""

import numpy as np

ROOT2 = np.sqrt(2.0)


def swish(v):
    return v / (1.0 + np.exp(-v))


def conv(image, weight, bias):
    """(C, H, W) by (O, C, k, k), zeros around, as a sum over the taps."""
    k = weight.shape[-1]
    side = k // 2
    _, height, width = image.shape
    wide = np.zeros((image.shape[0], height + 2 * side, width + 2 * side))
    wide[:, side : side + height, side : side + width] = image
    out = np.zeros((weight.shape[0], height, width))
    for i in range(k):
        for j in range(k):
            out += np.tensordot(weight[:, :, i, j], wide[:, i : i + height, j : j + width], axes=(1, 0))
    return out + bias[:, None, None]


def normalise_groups(image, weight, bias):
    channels = image.shape[0]
    groups = min(channels // 4, 32)
    parts = image.reshape(groups, -1)
    parts = (parts - parts.mean(1, keepdims=True)) / np.sqrt(parts.var(1, keepdims=True) + 1e-6)
    return parts.reshape(image.shape) * weight[:, None, None] + bias[:, None, None]


def fir(line, axis):
    """Along one axis, 1-3-3-1 over 8, the output as long as what it is given less 3."""
    n = line.shape[axis] - 3
    take = lambda k: np.take(line, range(k, k + n), axis=axis)  # noqa: E731
    return (take(0) + 3 * take(1) + 3 * take(2) + take(3)) / 8


def smaller(image):
    for axis in (1, 2):
        pad = [(0, 0)] * 3
        pad[axis] = (1, 1)
        image = fir(np.pad(image, pad), axis)
        image = np.take(image, range(0, image.shape[axis], 2), axis=axis)
    return image


def larger(image):
    for axis in (1, 2):
        shape = list(image.shape)
        shape[axis] *= 2
        sparse = np.zeros(shape)
        index = [slice(None)] * 3
        index[axis] = slice(0, None, 2)
        sparse[tuple(index)] = image
        pad = [(0, 0)] * 3
        pad[axis] = (2, 1)
        image = 2 * fir(np.pad(sparse, pad), axis)
    return image


class Reference:
    """`trace` gets the output of every module of the list, in its order, under its number."""

    def __init__(self, parameters, nf, multipliers, blocks, attention, heights, first_version=False):
        self.p, self.nf, self.multipliers, self.blocks = parameters, nf, multipliers, blocks
        self.attention, self.heights, self.first_version = attention, heights, first_version
        self.trace, self.number = {}, 0

    def get(self, *names):
        return [self.p[f"all_modules.{self.number}.{n}"] for n in names]

    def done(self, value):
        self.trace[self.number] = value
        self.number += 1
        return value

    def pair(self, layer):
        prefix = f"{layer}." if layer else ""
        return self.get(f"{prefix}weight", f"{prefix}bias")

    def res(self, image, time, change=None):
        h = swish(normalise_groups(image, *self.pair("GroupNorm_0")))
        if change is not None:
            h, image = change(h), change(image)
        h = conv(h, *self.pair("Conv_0"))
        weight, bias = self.pair("Dense_0")
        h = h + (weight @ swish(time) + bias)[:, None, None]
        h = swish(normalise_groups(h, *self.pair("GroupNorm_1")))
        h = conv(h, *self.pair("Conv_1"))
        if f"all_modules.{self.number}.Conv_2.weight" in self.p:
            image = conv(image, *self.pair("Conv_2"))
        return self.done((image + h) / ROOT2)

    def attend(self, image):
        channels = image.shape[0]
        h = normalise_groups(image, *self.pair("GroupNorm_0")).reshape(channels, -1)
        q, k, v = ((w.T @ h) + b[:, None] for w, b in (self.get(f"NIN_{i}.W", f"NIN_{i}.b") for i in range(3)))
        weights = q.T @ k / np.sqrt(channels)
        weights = np.exp(weights - weights.max(1, keepdims=True))
        weights /= weights.sum(1, keepdims=True)
        w, b = self.get("NIN_3.W", "NIN_3.b")
        h = w.T @ (v @ weights.T) + b[:, None]
        return self.done((image + h.reshape(image.shape)) / ROOT2)

    def __call__(self, x, y, t):
        """x, y complex (F, T) -> complex (F, T)."""
        (frequencies,) = self.get("W")
        angles = 2 * np.pi * frequencies * np.log(t)
        time = self.done(np.concatenate([np.sin(angles), np.cos(angles)]))
        weight, bias = self.pair("")
        time = self.done(weight @ time + bias)
        weight, bias = self.pair("")
        time = self.done(weight @ swish(time) + bias)

        signals = np.stack([x.real, x.imag, y.real, y.imag])
        levels = len(self.multipliers)
        memory = [self.done(conv(signals, *self.pair("")))]
        pyramid = signals
        for level in range(levels):
            for _ in range(self.blocks):
                h = self.res(memory[-1], time)
                if self.heights >> level in self.attention:
                    h = self.attend(h)
                memory.append(h)
            if level < levels - 1:
                h = self.res(h, time, smaller)
                pyramid = smaller(pyramid)
                h = self.done(conv(pyramid, *self.pair("Conv_0")) + h)
                memory.append(h)

        h = self.res(self.attend(self.res(memory[-1], time)), time)

        total = None
        for level in range(levels - 1, -1, -1):
            for _ in range(self.blocks + 1):
                h = self.res(np.concatenate([h, memory.pop()]), time)
            if self.heights >> level in self.attention:
                h = self.attend(h)
            normal = self.done(normalise_groups(h, *self.pair("")))
            part = self.done(conv(swish(normal), *self.pair("")))
            total = part if total is None else larger(total) + part
            if level > 0:
                h = self.res(h, time, larger)
        if self.first_version:
            total = total / t
        out = conv(total, self.p["output_layer.weight"], self.p["output_layer.bias"])
        return out[0] + 1j * out[1]
