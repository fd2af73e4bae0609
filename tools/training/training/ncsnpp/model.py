"""The score model: backbone, noise encoder, and how the score follows from the network's output."""

import torch
from torch import nn

from .backbone import NCSNpp
from .configuration import NCSNppConfiguration
from .noise_encoders import noise_encoder
from .sde import OrnsteinUhlenbeckSDE
from .spectrogram import Spectrogram


class ScoreModel(nn.Module):
    """Everything complex is (B, F, T), compressed, of waves whose noisy one has a peak of 1."""

    def __init__(self, configuration: NCSNppConfiguration):
        super().__init__()
        c = self.configuration = configuration
        self.sde = OrnsteinUhlenbeckSDE(c.theta, c.sigma_min, c.sigma_max)
        self.spectrogram = Spectrogram(c)
        self.encoder = noise_encoder(c)
        self.dnn = NCSNpp(c)

    def laid_out(self, device: torch.device) -> "ScoreModel":
        """Itself on a device, the weights in the order in which its convolutions are fastest: on CPUs with the channels last (with 16
        channels 0.79 of a forward pass's time, 0.88 of a training step's; the same to rounding)."""
        self.to(device)
        return self.to(memory_format=torch.channels_last) if device.type == "cpu" else self

    @property
    def token_shape(self) -> tuple[int, int]:
        return (self.configuration.tokens if self.configuration.cross_attention else 1, self.configuration.condition_dimension)

    def encode(self, reference: torch.Tensor | None, batch: int = 1) -> torch.Tensor | None:
        """The noise reference's samples (B, n) -> its tokens; None gives the null condition, zeros. None without an encoder."""
        if self.encoder is None:
            return None
        if reference is None:
            return next(self.parameters()).new_zeros(batch, *self.token_shape)
        heard = reference if self.configuration.hears_samples else self.spectrogram.forward(reference)
        return self.encoder(heard)

    def score(self, x, y, t, tokens=None):
        """∇_x ln p_t(x | y, noise reference), complex (B, F, T). Richter et al. 2023 and 2024 (eq. 7), by the configuration."""
        c = self.configuration
        if c.backbone == "ncsnpp":
            return -self.dnn(x, y, t)
        sigma = self.sde.marginal_deviation(t)[:, None, None]
        data = c.sigma_data
        total = torch.sqrt(sigma**2 + data**2)
        scale_in = 1 / total if c.c_in == "edm" else 1.0
        output = self.dnn(scale_in * x, scale_in * y, t, tokens)
        if c.network_scaling == "1/sigma":
            output = output / sigma
        elif c.network_scaling == "1/t":
            output = output / t[:, None, None]
        if c.loss_type == "denoiser":
            return (output - x) / sigma**2
        scale_out = {"1": 1.0, "sigma": sigma, "1/sigma": 1 / sigma, "edm": sigma * data / total}[c.c_out]
        score = scale_out * output
        return score + data**2 / total**2 * x if c.c_skip == "edm" else score

    def guided_score(self, x, y, t, tokens, weight: float):
        """Classifier-free guidance (Ho & Salimans 2022): null + w·(conditional − null). w = 1 is one evaluation of the network, as is
        w = 0; any other weight is two, in one batch."""
        if tokens is None or weight == 1:
            return self.score(x, y, t, tokens)
        null = torch.zeros_like(tokens)
        if weight == 0:
            return self.score(x, y, t, null)
        both = self.score(*(torch.cat([v, v]) for v in (x, y, t)), torch.cat([null, tokens]))
        without, conditional = both.chunk(2)
        return without + weight * (conditional - without)
