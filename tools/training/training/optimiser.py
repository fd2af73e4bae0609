"""Muon for matrices, AdamW for the rest.

Muon (Jordan et al. 2024): Nesterov momentum, orthogonalised by five Newton-Schulz iterations; scaled so that
the update's RMS matches AdamW's (Liu et al. 2025), which lets both share a learning rate.
"""

import torch

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalise(matrices: torch.Tensor, iterations: int = 5) -> torch.Tensor:
    """(K, M, N), each matrix by itself; in bfloat16 on a GPU."""
    a, b, c = NEWTON_SCHULZ
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    x = x.bfloat16() if x.is_cuda else x
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if wide else x.mT).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """For weights of two and more dimensions; (out, in, …) is seen as (out, in·…), GRU gates one by one. Matrices of one
    shape are orthogonalised together."""

    def __init__(self, parameters, lr=2e-3, momentum=0.95, weight_decay=0.01, gates=()):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.gates = set(gates)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes: dict[tuple, list[torch.Tensor]] = {}
            updates: dict[torch.Tensor, list[torch.Tensor]] = {}
            for p in group["params"]:
                if p.grad is None:
                    continue
                buffer = self.state[p].setdefault("momentum", torch.zeros_like(p))
                buffer.lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(buffer, group["momentum"]).flatten(1)
                updates[p] = list(update.chunk(3) if p in self.gates else (update,))
                for part in updates[p]:
                    shapes.setdefault(tuple(part.shape), []).append(part)
            for shape, parts in shapes.items():
                for part, result in zip(parts, orthogonalise(torch.stack(parts)), strict=True):
                    part.copy_(result * 0.2 * max(shape) ** 0.5)
            for p, parts in updates.items():
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(torch.cat(parts).view_as(p), alpha=-group["lr"])


TOWER_RATE = 0.05  # learning rate of a pre-trained tower that is fine-tuned, against that of the rest


def optimisers(network: torch.nn.Module, lr: float, weight_decay: float = 0.01):
    """(Muon, AdamW) over the parameters of the score network; a group's `scale` is a factor on its learning rate."""
    matrices, others, gates, tower = [], [], [], []
    for name, p in network.named_parameters():
        if name.startswith("encoder.tower."):
            if p.requires_grad:
                tower.append(p)
            continue
        edge = name.startswith(("stem", "out", "null_tokens")) or "position" in name
        if p.ndim >= 2 and not edge and p.flatten(1).shape[1] >= 16:
            matrices.append(p)
            if ".gru." in name:
                gates.append(p)
        else:
            others.append(p)
    return (
        Muon(matrices, lr=lr, weight_decay=weight_decay, gates=gates),
        torch.optim.AdamW(
            [{"params": others}] + [{"params": tower, "scale": TOWER_RATE}] * bool(tower),
            lr=lr, betas=(0.9, 0.98), weight_decay=0.0,
        ),
    )
