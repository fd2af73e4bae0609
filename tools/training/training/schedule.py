"""How the learning rate goes, and the average of the weights."""

import torch


def schedule(progress: float, step: int, warmup: int, decay: float) -> float:
    """Learning rate factor: linear warm-up in steps, a plateau, a linear fall to 0 over the last `decay`."""
    fall = min(1.0, max(0.0, (1 - progress) / decay)) if decay > 0 else 1.0
    return min(1.0, (step + 1) / max(1, warmup)) * fall


class Average:
    """Exponential moving average of the weights. After a random start, which is to be forgotten, its decay grows with the number
    of steps; `trained` weights are a part of it like any others."""

    def __init__(self, net, decay=0.999, trained=False):
        self.decay, self.steps, self.trained = decay, 0, trained
        self.shadow = {k: v.detach().clone() for k, v in net.state_dict().items()}

    @torch.no_grad()
    def update(self, net):
        self.steps += 1
        decay = self.decay if self.trained else min(self.decay, (1 + self.steps) / (10 + self.steps))
        for k, v in net.state_dict().items():
            self.shadow[k].lerp_(v, 1 - decay) if v.is_floating_point() else self.shadow[k].copy_(v)
