"""A training run: corpora, network and optimisers put together, and the loop over steps."""

import contextlib
import csv
import itertools
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from . import checkpoint, features, gru, network, towers
from .augmentation_options import Augmentation
from .components import Components, Parts
from .corpora import Corpus, CorpusError
from .losses import EnhancementLoss
from .mixing import mix
from .network import NetworkConfiguration, ScoreNetwork, multiply_adds
from .optimiser import optimisers
from .schedule import Average, schedule
from .step import TrainingStep
from .validation import Validation


class RunError(Exception):
    """Why a run cannot go on; one sentence with the remedy."""


def multiplies_bfloat16() -> bool:
    """Whether this processor has products of bfloat16; where it has not, they cost more than float32's."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def room_responses(paths: list[Path]) -> list[np.ndarray]:
    try:
        return [np.asarray(x, np.float32) for path in paths for x in np.load(path).values()]
    except (OSError, ValueError) as error:
        raise CorpusError(f"{error}; --rooms takes .npz files of room responses") from error


def append(path: Path, row: dict):
    """Adds a row to a CSV file. One with other columns, as of a run with another loss, is kept as NAME-1, NAME-2 …, and a new one begun."""
    if path.exists():
        with open(path, newline="") as file:
            columns = next(csv.reader(file), [])
        if columns != list(row):
            number = next(n for n in itertools.count(1) if not path.with_stem(f"{path.stem}-{n}").exists())
            path.rename(path.with_stem(f"{path.stem}-{number}"))
    new = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


class Run:
    """One process of a run; rank 0 writes and prints."""

    def __init__(self, args):
        self.args = args
        self.world, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
        torch.manual_seed(args.seed * 1000 + self.rank)  # of a new network's weights
        args.out.mkdir(parents=True, exist_ok=True)
        self.corpora()
        saved = self.start()
        if self.world > 1:
            torch.distributed.init_process_group("nccl" if cuda else "gloo")
        if not args.no_compile:
            self.compile()
        self.step_module = self.training_step()
        parallel = torch.nn.parallel.DistributedDataParallel
        self.parallel = parallel(self.step_module) if self.world > 1 else self.step_module
        self.half = args.precision == "bfloat16" or (args.precision == "auto" and (cuda or multiplies_bfloat16()))
        self.optimisers = self.make_optimisers()
        self.average = Average(self.net, args.ema)
        self.step, self.elapsed, self.heard, self.best = 0, 0.0, 0.0, math.inf
        if saved:
            self.go_on(saved)
        torch.manual_seed(self.draws())
        self.validation = self.validation_set()
        if self.rank == 0:
            print(self.summary(), flush=True)

    # What is trained, on what: another network, its crops and its loss take the place of these (training.ncsnpp.run)

    def corpora(self):
        args = self.args
        self.augmentation = Augmentation.with_shares(
            args.augmentation, Augmentation.plain() if args.no_augmentation else Augmentation()
        )
        self.speech, self.noise = (Corpus(getattr(args, role), role, args.out / "cache") for role in ("speech", "noise"))
        self.rooms = room_responses(args.rooms)

    def new_network(self) -> tuple[torch.nn.Module, dict | None]:
        """A network as the options say, and its tower's tensors."""
        args = self.args
        tower_options, tower = towers.options(args.encoder, args.tower, args.fine_tune_tower)
        self.configuration = NetworkConfiguration(
            channels=args.channels,
            encoder=args.encoder,
            inner_dilations=args.inner_dilations or [4, 8],
            outer_dilations=args.outer_dilations or [1, 2],
            learned_tokens=args.learned_tokens,
            **tower_options,
        )
        return ScoreNetwork(self.configuration), tower

    def saved_network(self, saved: dict) -> torch.nn.Module:
        try:
            self.configuration = NetworkConfiguration(**saved["configuration"])
        except (KeyError, TypeError):
            raise RunError(f"{self.args.resume} is a checkpoint of another trainer; give one of training.train with --resume") from None
        return ScoreNetwork(self.configuration)

    def grown(self, saved: dict) -> dict:
        return checkpoint.grown(saved, self.args)

    def training_step(self) -> torch.nn.Module:
        """From a batch to the loss and its parts."""
        args = self.args
        loss = EnhancementLoss(
            args.complex, args.magnitude, args.waveform, args.perceptual, args.snr, args.intelligibility
        ).to(self.device)
        return TrainingStep(self.net, loss, args.dropout, args.prior_share, args.own_steps, self.partner(), args.partner_share)

    def partner(self) -> ScoreNetwork | None:
        """The network of --partner, which learns nothing."""
        if self.args.partner is None:
            return None
        saved = checkpoint.load(self.args.partner)
        try:
            net = ScoreNetwork(NetworkConfiguration(**saved["configuration"]))
            net.load_state_dict(saved["network"])
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise checkpoint.CheckpointError(f"{self.args.partner} holds no streaming network; --partner takes weights of one") from None
        if net.hears_samples or self.net.hears_samples:
            raise RunError("--partner takes two networks without a tower: they hear the same reference; leave it out with clap and panns")
        return net.to(self.device).requires_grad_(False)

    def make_optimisers(self):
        return optimisers(self.net, self.args.lr)

    def validation_set(self) -> Validation | None:
        args = self.args
        if args.validation_minutes <= 0:
            return None
        (self.speech, held_speech), (self.noise, held_noise) = self.speech.split(), self.noise.split()
        if not held_speech or not held_noise:
            return None
        return Validation.make(
            held_speech, held_noise, self.augmentation, self.rooms, args.validation_items, self.rank, self.world
        )

    def summary(self) -> str:
        size = sum(p.numel() for p in self.net.parameters())
        return (
            f"{size / 1e6:.3f} M parameters, {multiply_adds(self.configuration) / 1e6:.2f} M multiply-adds a frame; "
            f"speech {self.speech.hours:.2f} h, noise {self.noise.hours:.2f} h; {self.device}, "
            f"{'bfloat16' if self.half else 'float32'}"
        )

    def make_board(self):
        """Where the figures go besides the CSV files: TensorBoard where it is installed."""
        with contextlib.suppress(ImportError):
            from torch.utils.tensorboard import SummaryWriter

            return SummaryWriter(self.args.out / "tensorboard")

    def draws(self) -> int:
        """The seed of all that is drawn from here on: another one wherever a run goes on, or it would hear the same sounds again."""
        return self.args.seed * 77 + self.rank + 1000 * round(self.heard * 3600)

    def batches(self):
        """What the training step takes, batch by batch; `crop_samples` are in an item."""
        args = self.args
        data = Components(self.speech, self.noise, args.batch, args.seconds, self.draws(), self.augmentation, self.rooms)
        self.crop_samples = data.count
        loader = DataLoader(
            data, batch_size=None, num_workers=args.workers, prefetch_factor=4 if args.workers else None,
            pin_memory=self.device.type == "cuda",
        )  # fmt: skip
        for parts in loader:
            yield mix(Parts(*(p.to(self.device, non_blocking=True) for p in parts)), self.augmentation)

    # Preparation

    def start(self) -> dict | None:
        """The network, new or as it was saved, and the checkpoint that the run goes on from."""
        args = self.args
        saved, tower = None, None
        if args.resume:
            before = checkpoint.load(args.resume)
            if checkpoint.hears_backwards(before) and self.augmentation.backwards < 1:
                raise RunError(f"{args.resume} hears sound from its end; add backwards=1 to --augmentation, or go on from another")
            saved = self.grown(before)
            args.restart_clock |= args.resume.suffix == ".safetensors" or saved is not before
            net = self.saved_network(saved)
        else:
            net, tower = self.new_network()
        self.net = net.to(self.device)
        if tower:
            self.net.encoder.tower.load_state_dict(tower)
        return saved

    def compile(self):
        cuda = self.device.type == "cuda"
        if not cuda and self.rank == 0:
            gru.prepare()
        if self.world > 1:
            torch.distributed.barrier()  # the others then find it compiled
        if not cuda and self.rank > 0:
            gru.prepare()
        network.scaled_norm = torch.compile(network.scaled_norm, dynamic=False)
        network.rms_norm = torch.compile(network.rms_norm, dynamic=False)
        torch._dynamo.config.cache_size_limit = 64

    def go_on(self, saved: dict):
        self.net.load_state_dict(saved["raw"])
        self.average.shadow = {k: v.to(self.device) for k, v in saved["network"].items()}
        self.average.steps, self.heard = saved["step"], saved["hours"]
        self.average.trained = self.args.restart_clock or saved.get("trained", False)
        if self.args.restart_clock:
            self.net.load_state_dict(saved["network"])
            return
        self.step, self.elapsed, self.best = saved["step"], saved["elapsed"], saved.get("best", math.inf)
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)

    # What is written

    def save(self, name: str):
        checkpoint.write({
            "configuration": self.configuration.as_dict(),
            "network": self.average.shadow,
            "raw": self.net.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "step": self.step,
            "elapsed": self.elapsed,
            "hours": self.heard,
            "best": self.best,
            "trained": self.average.trained,
            "augmentation": self.augmentation.as_dict() if self.augmentation else None,
            "arguments": {k: str(v) for k, v in vars(self.args).items()},
        }, self.args.out / name)  # fmt: skip

    def record(self, name: str, row: dict):
        """A line on the terminal, one in `name`, and TensorBoard where it is installed."""
        print("  ".join(f"{k} {v:.4g}" for k, v in row.items()), flush=True)
        path = self.args.out / name
        append(path, row)
        if self.board:
            for k, v in row.items():
                if k not in ("step", "minutes", "hours"):
                    self.board.add_scalar(f"{path.stem}/{k}", v, self.step)

    def validate(self):
        """Scores the averaged weights, and keeps them where they are the best."""
        scores = self.validation.score(self.step_module, self.average.shadow, self.device, self.half)
        better = scores["loss"] < self.best
        self.best = min(self.best, scores["loss"])
        if self.rank == 0:
            self.record("validation.csv", {"step": self.step, "minutes": self.elapsed / 60, "hours": self.heard, **scores})
            if better:
                self.save("best.pt")

    # The loop

    def progress(self) -> float:
        args = self.args
        return self.step / args.max_steps if args.max_steps else self.elapsed / (args.minutes * 60)

    def go(self):
        args = self.args
        self.board = self.make_board() if self.rank == 0 else None
        if self.validation and self.best == math.inf:
            self.validate()
        last = saved_at = validated_at = time.monotonic()
        before = self.elapsed
        window: dict[str, float] = {}
        counted = skipped = 0
        step: dict[str, float] = {}  # of the batches of a step, their means
        terminal = sys.stderr.isatty()
        for index, batch in enumerate(self.batches()):
            if index == 2:  # the clock starts when decoding and compiling are over
                self.elapsed, last = before, time.monotonic()
            if self.world > 1:  # one clock for all, or one would stop before the others, and learning rates differ
                clock = torch.tensor([self.elapsed], dtype=torch.float64, device=self.device)
                torch.distributed.broadcast(clock, 0)
                self.elapsed = clock.item()
            if self.progress() >= 1:
                break
            rate = self.set_rate(clear=index % args.accumulate == 0)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
                value, pieces = self.parallel(*batch)
            (value / args.accumulate).backward()
            for k, v in {"loss": value, **pieces}.items():
                step[k] = step.get(k, 0.0) + float(v.detach()) / args.accumulate
            self.heard += self.world * args.batch * self.crop_samples / features.SAMPLE_RATE / 3600
            if (index + 1) % args.accumulate:
                continue
            norm = self.update()
            means, step = step | {"norm": float(norm)}, {}
            now = time.monotonic()
            self.elapsed, last = self.elapsed + now - last, now
            if torch.isfinite(norm):
                for k, v in means.items():
                    window[k] = window.get(k, 0.0) + v
                counted, skipped = counted + 1, 0
            else:  # left out by `update`, the same on all ranks
                skipped += 1
                if skipped == 50:
                    raise RunError("no gradient has been finite for 50 steps; lower --lr")
            if self.rank == 0 and terminal:
                filled = int(30 * min(1, self.progress()))
                print(f"\r[{'#' * filled:<30}] step {self.step} loss {window.get('loss', 0.0) / max(1, counted):.4f}", end="", file=sys.stderr)
            if counted == 50:
                self.record_means(window, counted, rate)
                window, counted = {}, 0
            if self.rank == 0 and now - saved_at > args.checkpoint_minutes * 60:
                self.save("checkpoint.pt")
                saved_at = now
            if self.validation and self.step % 10 == 0 and self.agreed(now - validated_at > args.validation_minutes * 60):
                self.validate()
                validated_at = last = time.monotonic()
        if counted:
            self.record_means(window, counted, rate)
        self.end()

    def record_means(self, sums: dict[str, float], count: int, rate: float):
        """A row of the means over the last steps; the last row of a run may hold fewer steps than the others."""
        means = {k: v / count for k, v in sums.items()}
        if not math.isfinite(means["loss"]):
            raise RunError("the loss is not finite; lower --lr")
        if self.rank == 0:
            self.record("log.csv", {"step": self.step, "minutes": self.elapsed / 60, "hours": self.heard, "lr": rate, **means})

    def agreed(self, wish: bool) -> bool:
        """What rank 0 wishes."""
        if self.world == 1:
            return wish
        flag = torch.tensor([float(wish)], device=self.device)
        torch.distributed.broadcast(flag, 0)
        return flag.item() > 0

    def set_rate(self, clear: bool) -> float:
        rate = self.args.lr * schedule(self.progress(), self.step, self.args.warmup, self.args.decay)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * group.get("scale", 1.0)
            if clear:
                optimiser.zero_grad(set_to_none=True)
        return rate

    def update(self) -> torch.Tensor:
        """Takes the step, unless the gradient is no number; its norm."""
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.args.clip)
        if torch.isfinite(norm):
            for optimiser in self.optimisers:
                optimiser.step()
            self.average.update(self.net)
        self.step += 1
        return norm

    def end(self):
        if self.validation:
            self.validate()
        if self.rank == 0:
            self.save("checkpoint.pt")
            print(f"\ndone: {self.step} steps, {self.heard:.2f} hours of audio, {self.args.out / 'checkpoint.pt'}", flush=True)
        if self.world > 1:
            torch.distributed.barrier()  # none is gone while another still writes or waits
            torch.distributed.destroy_process_group()
