"""CNN14 as its paper has it (Kong et al. 2020, "PANNs", table II), in PyTorch: what ours is measured against.

Names are those of the public checkpoint. Spectrograms go in: the log-mel is computed by whoever calls.
"""

import torch
import torch.nn.functional as F
from torch import nn


class ConvBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class Cnn14(nn.Module):
    """Log-mel in dB (B, T, mel) -> the embedding before the classifier (B, E)."""

    def __init__(self, channels=(64, 128, 256, 512, 1024, 2048), embedding=2048, mel_bins=64, classes=527):
        super().__init__()
        self.count = len(channels)
        self.bn0 = nn.BatchNorm2d(mel_bins)
        inputs = 1
        for i, outputs in enumerate(channels):
            setattr(self, f"conv_block{i + 1}", ConvBlock(inputs, outputs))
            inputs = outputs
        self.fc1 = nn.Linear(inputs, embedding)
        self.fc_audioset = nn.Linear(embedding, classes)

    def forward(self, mel):
        x = self.bn0(mel[:, None].transpose(1, 3)).transpose(1, 3)
        for i in range(self.count):
            x = getattr(self, f"conv_block{i + 1}")(x)
            if i + 1 < self.count:
                x = F.avg_pool2d(x, 2)
        x = x.mean(3)
        return F.relu(self.fc1(x.amax(2) + x.mean(2)))


def randomise(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """Random numbers everywhere, batch norms' statistics included, so that no part is left out of a comparison."""
    with torch.no_grad():
        for name, value in [*network.named_parameters(), *network.named_buffers()]:
            if not value.is_floating_point():
                continue
            noise = torch.randn(value.shape, generator=generator, dtype=value.dtype)
            first = name.startswith(("bn0.", "audio_model.audio_encoder.batch_norm."))  # these see decibels
            if name.endswith("running_mean"):
                value.copy_(-45 + 8 * noise if first else 0.3 * noise)
            elif name.endswith("running_var"):
                value.copy_((15 + 2 * noise).square() if first else 1 + 0.3 * noise.abs())
            elif "relative_position_bias" in name:
                value.copy_(0.5 * noise)
            elif value.dim() == 1:
                value.copy_(0.1 * noise + (name.endswith("weight")))
            else:
                value.copy_(noise * ((2.0 if value.dim() == 4 else 1.0) / value[0].numel()) ** 0.5)
    return network
