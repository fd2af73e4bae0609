"""What the speaker network learns by."""

import torch
import torch.nn.functional as F

from .data import Scenes
from .network import SpeakerNetwork

EVERY = 4  # a step in so many is scored
WEIGHTS = {"active": 1.0, "absent": 0.5, "hard": 0.5, "near": 0.5, "voice": 0.3, "centres": 0.15}


class Centres(torch.nn.Module):
    """Whose embedding is whose: what embeddings are shaped by, and no part of the network that is kept. A cross entropy with a margin
    on the cosine (Wang et al. 2018, "CosFace")."""

    def __init__(self, width: int, count: int):
        super().__init__()
        self.centres = torch.nn.Parameter(F.normalize(torch.randn(count, width), dim=-1))

    def forward(self, embeddings, speakers, margin=0.15, scale=24.0):
        cosine = embeddings @ F.normalize(self.centres, dim=-1).t()
        return F.cross_entropy(scale * (cosine - margin * F.one_hot(speakers, len(self.centres))), speakers)


def agreement(a: torch.Tensor, b: torch.Tensor, speakers: torch.Tensor, scale=16.0) -> torch.Tensor:
    """Each voice's two embeddings are nearer to each other than to other speakers' (a cross entropy)."""
    cosine = scale * a @ b.t()
    others = (speakers[:, None] == speakers[None]) & ~torch.eye(len(a), dtype=torch.bool)
    cosine = cosine.masked_fill(others, -1e4)
    target = torch.arange(len(a))
    return (F.cross_entropy(cosine, target) + F.cross_entropy(cosine.t(), target)) / 2


def losses(net: SpeakerNetwork, scenes: Scenes, centres: Centres | None = None) -> tuple[dict, torch.Tensor, torch.Tensor]:
    """The parts of the loss by name, and the scores of voices that speak and of those that do not."""
    queries = net.queries(net.trunk(scenes.noisy)[:, EVERY - 1 :: EVERY])
    pooled = net.pooled(scenes.learned)
    embeddings, alone = net.embed(pooled), net.embed(net.pooled(scenes.alone))
    scores = net.activity(queries, embeddings)  # (B, K, V)
    active = scenes.active[:, EVERY - 1 :: EVERY]
    # The same speaker's other track is neither one nor the other.
    absent = ~active & ~(scenes.same[:, None] & ~active.any(1, keepdim=True))
    cost = F.softplus(scores)
    parts = {
        "active": F.softplus(-scores)[active].mean(),
        "absent": cost[absent].mean(),
        "hard": cost.masked_fill(~absent, 0.0).topk(min(3, cost.shape[-1]), -1).values.mean(),  # strangers who are most alike
        "near": agreement(embeddings, alone, scenes.speakers),
        "voice": F.softplus(-net.voice(pooled)).mean() + F.softplus(net.voice(net.pooled(scenes.noise))).mean(),
    }
    if centres is not None:
        parts["centres"] = centres(embeddings, scenes.speakers) + centres(alone, scenes.speakers)
    return parts, scores[active], scores[absent]


def weighed(parts: dict) -> torch.Tensor:
    return sum(WEIGHTS[name] * value for name, value in parts.items())


def area(positive: torch.Tensor, negative: torch.Tensor) -> float:
    """Under the receiver's curve: how often a voice that speaks scores higher than one that does not."""
    ranks = torch.cat([positive, negative]).argsort().argsort().double() + 1
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
