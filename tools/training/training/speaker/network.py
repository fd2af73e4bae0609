"""The speaker network: a recurrent trunk, the embedding of a learned voice, and whether such a voice was just heard.

It hears what the score network hears: compressed magnitudes (B, T, 160), the noisy signal's at the level gain's level, a
learned sound's at a level of their own. `STRIDE` frames are one step. After every step it says for each learned voice whether
it spoke in the last `HOLD` seconds. One trunk serves both, so that a voice is embedded as the signal is heard.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from ..features import BINS, HOP, SAMPLE_RATE
from ..gru import gru

HOLD = 2.5  # seconds for which a voice counts as active after it was last heard
STRIDE = 4  # frames of a step
STEP_RATE = SAMPLE_RATE / HOP / STRIDE  # steps a second


@dataclass
class SpeakerConfiguration:
    """Sizes, written into the weights file."""

    format: int = 1
    bins: int = BINS
    stride: int = STRIDE
    width: int = 192
    embedding: int = 96
    slots: int = 4  # voices that a step may tell apart

    def as_dict(self):
        return asdict(self)


class SpeakerNetwork(nn.Module):
    def __init__(self, configuration: SpeakerConfiguration | None = None):
        super().__init__()
        c = self.configuration = configuration or SpeakerConfiguration()
        self.stem = nn.Linear(c.stride * c.bins, c.width)
        with torch.no_grad():
            self.stem.weight.mul_(6)  # compressed magnitudes are small
        self.gru1 = nn.GRU(c.width, c.width)
        self.gru2 = nn.GRU(c.width, c.width)
        self.attention = nn.Linear(c.width, 1)  # how much a step says of the voice
        self.embedding = nn.Linear(2 * c.width, c.embedding)
        self.voice = nn.Linear(2 * c.width, 1)  # whether it is one
        self.query = nn.Linear(2 * c.width, c.slots * c.embedding)
        self.scale = nn.Parameter(torch.tensor(10.0))
        self.bias = nn.Parameter(torch.tensor(-5.0))

    def trunk(self, magnitudes: torch.Tensor) -> torch.Tensor:
        """(B, T, bins) -> (B, T // stride, 2·width)."""
        b, t, f = magnitudes.shape
        stride = self.configuration.stride
        x = magnitudes[:, : t // stride * stride].reshape(b, t // stride, stride * f)
        x = F.silu(self.stem(x)).transpose(0, 1)
        one = gru(self.gru1, x)
        two = gru(self.gru2, one)
        return torch.cat([one, two], -1).transpose(0, 1)

    def pooled(self, magnitudes: torch.Tensor) -> torch.Tensor:
        """Of learned sounds (J, S, bins), at least one step -> (J, 2·width): the steps' mean, weighed by attention."""
        h = self.trunk(magnitudes)
        weight = self.attention(h[..., h.shape[-1] // 2 :]).float().softmax(1)
        return (weight * h).sum(1)

    def embed(self, pooled: torch.Tensor) -> torch.Tensor:
        """(J, 2·width) -> (J, embedding), of length 1."""
        return F.normalize(self.embedding(pooled).float(), dim=-1)

    def queries(self, h: torch.Tensor) -> torch.Tensor:
        """Steps of the trunk (B, K, 2·width) -> (B, K, slots, embedding), each of length 1."""
        c = self.configuration
        return F.normalize(self.query(h).float().unflatten(-1, (c.slots, c.embedding)), dim=-1)

    def activity(self, queries: torch.Tensor, embeddings: torch.Tensor) -> torch.Tensor:
        """(B, K, slots, embedding) by (J, embedding) -> (B, K, J) logits: the agreement of the best slot."""
        return self.scale * torch.einsum("bkse,je->bkjs", queries, embeddings).amax(-1) + self.bias
