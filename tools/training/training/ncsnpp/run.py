"""A training run of the offline system: the trainer's (training.run), with this network, these crops and this loss."""

import torch
from torch.utils.data import DataLoader

from .. import towers
from ..checkpoint import CheckpointError
from ..run import Run
from . import logs
from .checkpoint import configuration
from .configuration import NCSNppConfiguration
from .data import Crops, source
from .model import ScoreModel
from .step import ScoreMatchingStep


class OfflineRun(Run):
    def corpora(self):
        self.augmentation, self.source = None, source(self.args.base_dir, self.args.cache, 16_000)

    def new_network(self) -> tuple[ScoreModel, dict | None]:
        args = self.args
        options, tower = {}, None
        if args.noise_encoder_type in towers.TOWERS:
            options, tower = towers.options(args.noise_encoder_type, args.tower, args.fine_tune_tower)
        self.configuration = NCSNppConfiguration(
            backbone=args.backbone, nf=args.nf, ch_mult=args.ch_mult, num_res_blocks=args.num_res_blocks,
            attn_resolutions=args.attn_resolutions, encoder=args.noise_encoder_type,
            condition_dimension=args.condition_dimension, encoder_channels=args.encoder_channels,
            cross_attention=args.cross_attention, cross_resolutions=args.cross_resolutions,
            reference_seconds=args.ref_length_sec, n_fft=args.n_fft, hop_length=args.hop_length,
            num_frames=args.num_frames, spec_factor=args.spec_factor, spec_abs_exponent=args.spec_abs_exponent,
            theta=args.theta, sigma_min=args.sigma_min, sigma_max=args.sigma_max, t_eps=args.t_eps,
            network_scaling=None if args.network_scaling == "none" else args.network_scaling, **options,
        )  # fmt: skip
        return ScoreModel(self.configuration).laid_out(self.device), tower

    def saved_network(self, saved: dict) -> ScoreModel:
        try:
            self.configuration = configuration(saved["configuration"])
        except (KeyError, TypeError, ValueError):
            raise CheckpointError(f"{self.args.resume} is no checkpoint of an offline model") from None
        return ScoreModel(self.configuration).laid_out(self.device)

    def grown(self, saved: dict) -> dict:
        return saved

    def training_step(self):
        return ScoreMatchingStep(self.net, self.args.dropout)

    def make_optimisers(self):
        return (torch.optim.Adam([p for p in self.net.parameters() if p.requires_grad], lr=self.args.lr),)

    def validation_set(self):
        return None

    def summary(self) -> str:
        size = sum(p.numel() for p in self.net.parameters())
        c = self.configuration
        kind = f"{c.backbone}, encoder {c.encoder}{' with cross-attention' if c.cross_attention else ''}"
        return f"{kind}: {size / 1e6:.3f} M parameters; {self.source}; {self.device}, {'bfloat16' if self.half else 'float32'}"

    def make_board(self):
        return logs.board(self.args.wandb_name, self.args.out, {k: str(v) for k, v in vars(self.args).items()}, not self.args.nolog)

    def batches(self):
        args = self.args
        data = Crops(self.source, self.configuration, args.batch, self.draws(), args.noise_augmentation)
        self.crop_samples = data.count
        loader = DataLoader(
            data, batch_size=None, num_workers=args.workers, prefetch_factor=4 if args.workers else None,
            pin_memory=self.device.type == "cuda",
        )  # fmt: skip
        for batch in loader:
            yield [x.to(self.device, non_blocking=True) for x in batch]

    def update(self):
        norm = super().update()
        interval = self.args.save_ckpt_interval
        if self.rank == 0 and interval and self.step % interval == 0:
            self.save(f"step={self.step}.ckpt")
        return norm
