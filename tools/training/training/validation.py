"""The validation set: held-out speakers and noises, always the same mixtures, scored with the averaged weights.

Three kinds, the same number of items of each: `noise` (nothing learned), `learned` (a second voice that was learned and must
go), `other` (a second voice stays, since another's was learned).
"""

from dataclasses import dataclass

import torch

from .augmentation_options import Augmentation
from .components import Components
from .corpora import Corpus
from .mixing import Batch, mix
from .step import TrainingStep

KINDS = ("noise", "learned", "other")
SECONDS, BATCH = 6.4, 4


@dataclass
class Validation:
    batches: list[tuple[str, Batch]]

    @classmethod
    def make(cls, speech: Corpus, noise: Corpus, options: Augmentation, rooms, items: int, rank: int, world: int, seed=20):
        """`items` of each kind, shared out over the processes."""
        batches = []
        for number, kind in enumerate(KINDS):
            part = options.validation(kind)
            made = iter(Components(speech, noise, BATCH, SECONDS, seed + number, part, rooms))
            for index in range(items // BATCH):
                place = number * (items // BATCH) + index
                parts = next(made)
                with torch.random.fork_rng():  # the GPUs', too: manual_seed sets them all
                    torch.manual_seed(seed + 1000 * number + index)
                    batch = mix(parts, part)
                if place % world == rank:
                    batches.append((kind, batch))
        return cls(batches)

    @torch.no_grad()
    def score(self, step: TrainingStep, averaged: dict, device, half: bool) -> dict[str, float]:
        """Means over all processes: `loss` over all kinds, and the parts of the loss of each kind by name."""
        net = step.net
        current = {k: v.detach().clone() for k, v in net.state_dict().items()}
        net.load_state_dict(averaged)
        options = step.dropout, step.prior_share
        step.dropout, step.prior_share = 0.0, 1.0
        sums: dict[str, torch.Tensor] = {}
        try:
            for index, (kind, batch) in enumerate(self.batches):
                with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
                    torch.manual_seed(index)
                    with torch.autocast(device.type, torch.bfloat16, enabled=half, cache_enabled=False):
                        value, pieces = step(*(x.to(device) for x in batch))
                for name, x in {"loss": value, f"{kind}_loss": value, **{f"{kind}_{k}": v for k, v in pieces.items()}}.items():
                    sums[name] = sums.get(name, torch.zeros(2, dtype=torch.float64)) + torch.tensor([float(x), 1.0], dtype=torch.float64)
        finally:
            step.dropout, step.prior_share = options
            net.load_state_dict(current)
        names = sorted(sums)
        if torch.distributed.is_initialized():  # a process may have none of a kind, or none at all
            everywhere: list = [None] * torch.distributed.get_world_size()
            torch.distributed.all_gather_object(everywhere, names)
            names = sorted(set().union(*everywhere))
        table = torch.stack([sums.get(n, torch.zeros(2, dtype=torch.float64)) for n in names]).to(device)
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(table)
        return {n: float(a / b) for n, (a, b) in zip(names, table, strict=True) if b > 0}
