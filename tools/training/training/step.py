"""One training step up to its loss: features, the diffused state, the network, the loss."""

import torch

from . import features
from .diffusion import GRID, circular_noise, marginal_deviation, marginal_mean, next_state
from .losses import EnhancementLoss
from .mixing import Batch
from .network import ScoreNetwork


def learned_magnitudes(frames: torch.Tensor) -> torch.Tensor:
    """Frames (B, S, 320) of what was learned -> magnitudes (B, S, 160) as the network sees them, at a level of their own: their
    mean energy is brought to the level that speech has. So it does not matter how loud it was learned."""
    windowed = frames * features.window(frames.device)
    energy = 2 * windowed.square().mean((1, 2))
    gain = torch.sqrt(10 ** (features.TARGET_LEVEL / 10) / (energy + 1e-12))
    magnitudes = torch.fft.rfft(windowed, dim=-1)[..., : features.BINS].abs()
    return features.FACTOR * (magnitudes * gain[:, None, None] + 1e-12).sqrt()


class TrainingStep(torch.nn.Module):
    """From a batch of waves to the loss.

    With a `partner`, a network that stays as it is, the loss is `partner_share` that of the mean of both estimates, which is
    what the program makes of two networks, and for the rest that of the network's own, which has to stand alone where
    there is no time for two. So it learns what the partner does not know, not what both know.
    """

    def __init__(
        self, net: ScoreNetwork, loss: EnhancementLoss, dropout: float, prior_share: float, own_steps: int = 1,
        partner: ScoreNetwork | None = None, partner_share: float = 0.7,
    ):  # fmt: skip
        super().__init__()
        self.net, self.loss, self.dropout, self.prior_share = net, loss, dropout, prior_share
        self.own_steps = own_steps
        self.partner, self.partner_share = partner, partner_share

    @torch.no_grad()
    def prepare(self, noisy, clean, reference, start):
        """Waves -> (y, x0, gain, reference magnitudes or samples)."""
        spectrum = features.stft(noisy)
        energy = features.frame_energy(noisy)
        # NaN means the level has long settled: near the upper tail of the frames' levels.
        settled = torch.quantile(10 * torch.log10(energy + 1e-12), 0.95, dim=1)
        gain, _ = features.level_gain(energy, torch.where(start.isnan(), settled, start))
        y = features.compress(spectrum[..., : features.BINS] * gain[..., None])
        x0 = features.compress(features.stft(clean)[..., : features.BINS] * gain[..., None])
        window = features.window(reference.device)
        taken = torch.randint(gain.shape[1] // 2, gain.shape[1], (len(gain), 1), device=gain.device)
        if self.net.hears_samples:
            return y, x0, gain, features.overlap_add(reference) * gain.gather(1, taken)
        magnitudes = torch.fft.rfft(reference * window, dim=-1)[..., : features.BINS].abs()
        magnitudes = features.FACTOR * (magnitudes * gain.gather(1, taken)[..., None]).sqrt()
        return y, x0, gain, magnitudes

    @torch.no_grad()
    def own(self, y, z, condition: dict):
        """States as the sampler meets them: all items start at t_1 from y alone, and those beyond the prior share have
        come from there to t_2 … t_n by the network's own estimates, n ≤ own_steps. So the last step is trained on what
        those before it give it, not on the marginal, which holds clean signal that no sampler has."""
        batch = len(y)
        x = y + marginal_deviation(torch.ones((), device=y.device)) * z
        t = torch.ones(batch, device=y.device)
        # As a whole number of items that is right on average: a batch has no more than two sizes.
        count = int((1 - self.prior_share) * batch + torch.rand(()).item())
        if count == 0:
            return x, t
        part = torch.randperm(batch)[:count].to(y.device)
        condition = {k: v[part].detach() for k, v in condition.items() if v is not None}
        for n in range(1, int(torch.randint(2, self.own_steps + 1, ()))):
            # Without autocast's cache: what it keeps from here has no gradient, and the step proper would find it.
            with torch.autocast(y.device.type, enabled=torch.is_autocast_enabled(y.device.type), cache_enabled=False):
                estimate = self.net(x[part], y[part], t[part], **condition).float()
            x[part] = next_state(x[part], y[part], estimate, GRID[n - 1], GRID[n])
            t[part] = GRID[n]
        return x, t

    def state(self, x0, y, z, condition: dict):
        """(x_t, t) of every item."""
        if self.own_steps > 1:
            return self.own(y, z, condition)
        # A share of the items starts where the sampler starts, at t = 1 from y alone; the rest draw t
        # over the grid's range, evenly in ln t as the grid is, from the marginal.
        t = 0.03 ** torch.rand(len(y), device=y.device)
        prior = torch.rand(len(y), device=y.device) < self.prior_share
        t = torch.where(prior, torch.ones_like(t), t)
        tb = t[:, None, None, None]
        mean = torch.where(prior[:, None, None, None], y, marginal_mean(x0, y, tb))
        return mean + marginal_deviation(tb) * z, t

    def forward(self, *batch: torch.Tensor):
        """The fields of a `Batch` -> (loss, its parts)."""
        batch = Batch(*batch)
        y, x0, gain, magnitudes = self.prepare(batch.noisy, batch.clean, batch.reference, batch.start)
        z = circular_noise(y)
        drop = batch.empty | (torch.rand(len(y), device=y.device) < self.dropout)
        condition = self.condition(self.net, magnitudes, drop, batch)
        x, t = self.state(x0, y, z, condition)
        estimate = self.net(x, y, t, **condition).float()
        if self.partner is not None:
            with torch.no_grad():
                other = self.partner(x, y, t, **self.condition(self.partner, magnitudes, drop, batch)).float()
        with torch.autocast(y.device.type, enabled=False):
            if self.partner is None:
                return self.loss(estimate, x0, gain, batch.clean)
            alone, own = self.loss(estimate, x0, gain, batch.clean)
            both, parts = self.loss((estimate + other) / 2, x0, gain, batch.clean)
            share = self.partner_share
            return share * both + (1 - share) * alone, {**parts, "both": both, **{f"own_{k}": v for k, v in own.items()}}

    @staticmethod
    def condition(net: ScoreNetwork, magnitudes, drop, batch: Batch) -> dict:
        """What a network hears of the noise."""
        condition = {"tokens": net.encode(magnitudes), "drop": drop}
        if net.learned_mark is not None:
            condition["learned"] = net.encode_learned(learned_magnitudes(batch.learned))
            condition["heard"] = batch.heard
        return condition
