"""Trains the score network: `python -m training.train --help`.

Runs on a CPU, on one GPU (bfloat16), or on many by `torchrun`. The learning rate follows the clock: it warms
up, stays, and falls to zero over the last part of `--minutes`, so a run fits the time there is. A checkpoint
is written every few minutes; `--resume` goes on from one, with its clock or, with `--restart-clock`, as a new
run from its weights. It takes an exported weights file too (`presets/models/*.safetensors`), always as a new run.
"""

import argparse
import contextlib
import csv
import json
import math
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch.utils.data import DataLoader

from . import features, gru, network, towers
from .corpora import Corpus, CorpusError
from .data import Mixtures
from .diffusion import GRID, circular_noise, marginal_deviation, marginal_mean, next_state
from .losses import EnhancementLoss
from .network import NetworkConfiguration, ScoreNetwork, multiply_adds
from .optimiser import optimisers


class TrainingStep(torch.nn.Module):
    """From a batch of waves to the loss: features, the diffused state, the network, the loss."""

    def __init__(
        self, net: ScoreNetwork, loss: EnhancementLoss, dropout: float, prior_share: float, own_steps: int = 1
    ):
        super().__init__()
        self.net, self.loss, self.dropout, self.prior_share = net, loss, dropout, prior_share
        self.own_steps = own_steps

    @torch.no_grad()
    def prepare(self, noisy, clean, reference, empty, start):
        """Waves -> (y, x0, gain, reference magnitudes)."""
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
    def own(self, y, z, tokens, drop):
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
        part = slice(batch - count, batch)
        tokens = tokens[part] if tokens is not None else None
        for n in range(1, int(torch.randint(2, self.own_steps + 1, ()))):
            # Without autocast's cache: what it keeps from here has no gradient, and the step proper would find it.
            with torch.autocast(y.device.type, enabled=torch.is_autocast_enabled(y.device.type), cache_enabled=False):
                estimate = self.net(x[part], y[part], t[part], tokens, drop[part]).float()
            x[part] = next_state(x[part], y[part], estimate, GRID[n - 1], GRID[n])
            t[part] = GRID[n]
        return x, t

    def forward(self, noisy, clean, reference, empty, start):
        y, x0, gain, magnitudes = self.prepare(noisy, clean, reference, empty, start)
        batch = len(y)
        with torch.no_grad():
            z = circular_noise(y)
            # A share of the items starts where the sampler starts, at t = 1 from y alone; the rest draw t
            # over the grid's range, evenly in ln t as the grid is, from the marginal.
            t = 0.03 ** torch.rand(batch, device=y.device)
            prior = torch.rand(batch, device=y.device) < self.prior_share
            t = torch.where(prior, torch.ones_like(t), t)
            tb = t[:, None, None, None]
            mean = torch.where(prior[:, None, None, None], y, marginal_mean(x0, y, tb))
            x = mean + marginal_deviation(tb) * z
            drop = empty | (torch.rand(batch, device=y.device) < self.dropout)
        tokens = self.net.encode(magnitudes)
        if self.own_steps > 1:
            x, t = self.own(y, z, tokens, drop)
        estimate = self.net(x, y, t, tokens, drop)
        with torch.autocast(y.device.type, enabled=False):
            return self.loss(estimate.float(), x0, gain, clean)


def schedule(progress: float, step: int, warmup: int, decay: float) -> float:
    """Learning rate factor: linear warm-up in steps, a plateau, a linear fall to 0 over the last `decay`."""
    fall = min(1.0, max(0.0, (1 - progress) / decay))
    return min(1.0, (step + 1) / warmup) * fall


class Average:
    """Exponential moving average of the weights, with a decay that grows with the number of steps."""

    def __init__(self, net, decay=0.999):
        self.decay, self.steps = decay, 0
        self.shadow = {k: v.detach().clone() for k, v in net.state_dict().items()}

    @torch.no_grad()
    def update(self, net):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for k, v in net.state_dict().items():
            self.shadow[k].lerp_(v, 1 - decay) if v.is_floating_point() else self.shadow[k].copy_(v)


def multiplies_bfloat16() -> bool:
    """Whether this processor has products of bfloat16; where it has not, they cost more than float32's."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def weights(path: Path) -> dict:
    """An exported weights file as a checkpoint without a clock and without the optimisers' state."""
    with safe_open(path, "pt") as file:
        metadata = json.loads(file.metadata()["limpid"])
        tensors = {k: file.get_tensor(k) for k in file.keys()}
    return {
        "configuration": metadata["configuration"], "network": tensors, "raw": tensors,
        "step": metadata["steps"], "hours": metadata["hours"],
    }  # fmt: skip


def grown(saved: dict, args) -> dict:
    """The checkpoint with the blocks added that --inner-dilations and --outer-dilations ask for beyond its own.

    The last layer of each addition is zero, so that the network computes what it did, and learns from there. Raises
    ValueError where the dilations do not go on from those of the checkpoint.
    """
    asked = {"inner_dilations": args.inner_dilations, "outer_dilations": args.outer_dilations}
    asked = {k: v for k, v in asked.items() if v and v != saved["configuration"][k]}
    if not asked:
        return saved
    for key, dilations in asked.items():
        have = saved["configuration"][key]
        if dilations[: len(have)] != have:
            raise ValueError(f"--{key.replace('_', '-')} must begin with those of the checkpoint, {have}")
    configuration = saved["configuration"] | asked
    tensors = ScoreNetwork(NetworkConfiguration(**configuration)).state_dict()
    last = ("conv2", "gru_out", "self_attention.out", "cross_attention.out", "feed_forward_out")
    for name, tensor in tensors.items():
        if name in saved["network"]:
            tensors[name] = saved["network"][name]
        elif any(f".{part}." in name for part in last):
            tensors[name] = torch.zeros_like(tensor)
    return saved | {"configuration": configuration, "network": tensors, "raw": tensors}


def positive(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return value


def base_folder(base: Path, refuse) -> tuple[list[Path], list[Path]]:
    """Speech and noise of the seed's --base_dir.

    Mixtures are made on the fly, so its noisy files are not used: noise comes from train/noise (or noise) beside
    train/clean (or clean).
    """
    speech, noise = sorted(base.glob("speech-*.json")), sorted(base.glob("noise-*.json"))
    if speech and noise:
        return speech, noise
    for root in (base / "train", base):
        if (root / "clean").is_dir():
            if not (root / "noise").is_dir():
                refuse(f"{root} has clean but no noise; mixtures are made on the fly: put noise alone into {root}/noise")
            return [root / "clean"], [root / "noise"]
    refuse(f"{base} has neither train/clean and train/noise nor shards speech-*.json and noise-*.json")


def arguments(argv=None):
    p = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.splitlines()[0])
    p.add_argument("--speech", nargs="+", type=Path, help="folders, or shard indices (.json)")
    p.add_argument("--noise", nargs="+", type=Path, help="folders, or shard indices (.json)")
    p.add_argument(
        "--base_dir",
        type=Path,
        help="instead of --speech and --noise: a folder with train/clean and train/noise, or shards speech-*, noise-*",
    )
    p.add_argument("--out", type=Path, required=True, help="folder for checkpoints, logs and the cache")
    p.add_argument("--resume", type=Path, help="checkpoint or weights file to go on from")
    p.add_argument("--restart-clock", action="store_true", help="take the weights only, begin a new run")
    p.add_argument("--minutes", type=float, default=60, help="length of the whole run (default 60)")
    p.add_argument("--max-steps", "--max_steps", type=positive, help="length of the whole run in steps, not minutes")
    p.add_argument("--devices", type=positive, default=1, help="processes, one a GPU or a core: starts torchrun")
    p.add_argument(
        "--encoder", "--noise_encoder_type", choices=["none", "global", "sequence", "clap", "panns"], default="sequence"
    )
    p.add_argument("--tower", type=Path, help="tower file of tools/convert, for the encoders clap and panns")
    p.add_argument("--fine-tune-tower", action="store_true", help="train the tower too (default: frozen)")
    p.add_argument("--channels", type=int, nargs=2, default=[48, 64], help="outer and inner width")
    p.add_argument(
        "--inner-dilations", type=int, nargs="+",
        help="one inner block each (default 4 8); longer than those of --resume: blocks that begin as nothing are added",
    )  # fmt: skip
    p.add_argument("--outer-dilations", type=int, nargs="+", help="one outer block each (default 1 2), the same")
    p.add_argument("--batch", type=positive, default=8)
    p.add_argument("--accumulate", type=positive, default=1, help="batches whose gradients make one step")
    p.add_argument("--ema", type=float, default=0.999, help="decay of the averaged weights (default 0.999)")
    p.add_argument("--seconds", type=float, default=2.56, help="length of a crop")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--warmup", type=int, default=100, help="steps")
    p.add_argument("--decay", type=float, default=0.4, help="share of the run over which lr falls to 0")
    p.add_argument("--dropout", "--cond_drop_prob", type=float, default=0.2, help="share of items with the null condition")
    p.add_argument("--prior-share", type=float, default=0.5, help="share of items at t = 1 from y + σ(1)z")
    p.add_argument(
        "--own-steps", type=positive, default=1, metavar="N",
        help="the items beyond --prior-share come to t_2 … t_N by the network's own estimates (default 1: by the marginal)",
    )  # fmt: skip
    p.add_argument("--perceptual", type=float, default=0.0, help="weight of the PESQ disturbance")
    p.add_argument("--snr", type=float, default=0.0, help="weight of the error in dB")
    p.add_argument("--intelligibility", type=float, default=0.0, help="weight of what is missing from an ESTOI of 1")
    p.add_argument("--waveform", type=float, default=0.5, help="weight of the waveform term")
    p.add_argument("--clip", type=float, default=1.0, help="gradient norm")
    p.add_argument(
        "--no-augmentation", action="store_true", help="the corpora as they are: nothing synthetic, filtered, in a room"
    )
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--checkpoint-minutes", type=float, default=5)
    p.add_argument(
        "--precision",
        choices=["auto", "float32", "bfloat16"],
        default="auto",
        help="of products; auto takes bfloat16 where the processor multiplies it (GPUs, AVX512_BF16, AMX)",
    )
    p.add_argument("--no-compile", action="store_true", help="neither torch.compile nor gru.cpp")
    for option, meaning in {
        "--freeze_clap": "the tower stays as it is, which is the default",
        "--return_ref_waveform": "the encoder hears the reference's samples, as those with a tower always do",
    }.items():
        p.add_argument(option, action="store_true", help=f"the seed's name: {meaning}")
    args = p.parse_args(argv)
    for option in ("freeze_clap", "return_ref_waveform"):
        if getattr(args, option) and args.encoder not in towers.TOWERS:
            p.error(f"--{option} belongs to an encoder with a tower, and '{args.encoder}' has none; leave it out")
    if args.freeze_clap and args.fine_tune_tower:
        p.error("--freeze_clap and --fine-tune-tower exclude each other; leave one out")
    if args.base_dir:
        if args.speech or args.noise:
            p.error("--base_dir takes the place of --speech and --noise; leave one or the other out")
        args.speech, args.noise = base_folder(args.base_dir, p.error)
    if not args.speech or not args.noise:
        p.error("name the corpora with --speech and --noise, or both by --base_dir")
    if not 0 <= args.ema < 1:
        p.error(f"--ema {args.ema} is out of range; give 0 to below 1")
    if args.own_steps > len(GRID):
        p.error(f"--own-steps {args.own_steps} is out of range; the grid has {len(GRID)}")
    if not 0 <= args.dropout <= 1:
        p.error(f"--dropout {args.dropout} is out of range; give 0 to 1")
    return args


def main(argv=None) -> int:
    args = arguments(argv)
    if args.devices > 1 and "WORLD_SIZE" not in os.environ:
        given = sys.argv[1:] if argv is None else argv
        return subprocess.run([
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(args.devices),
            "-m", "training.train", *given,
        ]).returncode  # fmt: skip
    world, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
    if world > 1:
        torch.distributed.init_process_group("nccl" if cuda else "gloo")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    torch.manual_seed(args.seed * 1000 + rank)

    args.out.mkdir(parents=True, exist_ok=True)
    try:
        speech = Corpus(args.speech, "speech", args.out / "cache")
        noise = Corpus(args.noise, "noise", args.out / "cache")
    except CorpusError as error:
        print(f"training: error: {error}", file=sys.stderr)
        return 1

    saved = None
    if args.resume:
        exported = args.resume.suffix == ".safetensors"
        try:
            saved = weights(args.resume) if exported else torch.load(args.resume, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, SafetensorError, ValueError, KeyError, TypeError):
            print(f"training: error: {args.resume} is not a checkpoint or weights file that can be read", file=sys.stderr)
            return 1
        args.restart_clock |= exported
    tower = None
    if saved:
        try:
            before, saved = saved, grown(saved, args)
        except ValueError as error:
            print(f"training: error: {error}", file=sys.stderr)
            return 1
        args.restart_clock |= saved is not before
        configuration = NetworkConfiguration(**saved["configuration"])
    else:
        try:
            tower_options, tower = towers.options(args.encoder, args.tower, args.fine_tune_tower)
        except towers.TowerError as error:
            print(f"training: error: {error}", file=sys.stderr)
            return 1
        configuration = NetworkConfiguration(
            channels=args.channels,
            encoder=args.encoder,
            inner_dilations=args.inner_dilations or [4, 8],
            outer_dilations=args.outer_dilations or [1, 2],
            **tower_options,
        )
    net = ScoreNetwork(configuration).to(device)
    if tower:
        net.encoder.tower.load_state_dict(tower)
    if not args.no_compile:
        if not cuda and rank == 0:
            gru.prepare()
        if world > 1:
            torch.distributed.barrier()  # the others then find it compiled
        if not cuda and rank > 0:
            gru.prepare()
        network.scaled_norm = torch.compile(network.scaled_norm, dynamic=False)
        network.rms_norm = torch.compile(network.rms_norm, dynamic=False)
        torch._dynamo.config.cache_size_limit = 64
    loss = EnhancementLoss(
        waveform_weight=args.waveform, perceptual=args.perceptual, snr=args.snr, intelligibility=args.intelligibility
    ).to(device)
    step_module = TrainingStep(net, loss, args.dropout, args.prior_share, args.own_steps)
    parallel = torch.nn.parallel.DistributedDataParallel(step_module) if world > 1 else step_module
    half = args.precision == "bfloat16" or (args.precision == "auto" and (cuda or multiplies_bfloat16()))
    parts = optimisers(net, args.lr)
    average = Average(net, args.ema)
    step, elapsed, heard = 0, 0.0, 0.0
    if saved:
        net.load_state_dict(saved["raw"])
        average.shadow = {k: v.to(device) for k, v in saved["network"].items()}
        average.steps, heard = saved["step"], saved["hours"]
        if args.restart_clock:  # the average forgets the old run as fast as a new one forgets its random start
            average.steps = 0
            net.load_state_dict(saved["network"])
        else:
            step, elapsed = saved["step"], saved["elapsed"]
            for optimiser, state in zip(parts, saved["optimisers"], strict=True):
                optimiser.load_state_dict(state)

    if rank == 0:
        size = sum(p.numel() for p in net.parameters())
        print(
            f"{size / 1e6:.3f} M parameters, {multiply_adds(configuration) / 1e6:.2f} M multiply-adds a frame; "
            f"speech {speech.hours:.2f} h, noise {noise.hours:.2f} h; {device}, {'bfloat16' if half else 'float32'}",
            flush=True,
        )
    data = Mixtures(speech, noise, args.batch, args.seconds, args.seed * 77 + rank + 1000 * step, not args.no_augmentation)
    loader = DataLoader(
        data, batch_size=None, num_workers=args.workers, prefetch_factor=4 if args.workers else None, pin_memory=cuda
    )
    log_path = args.out / "log.csv"
    board = None
    if rank == 0:
        with contextlib.suppress(ImportError):
            from torch.utils.tensorboard import SummaryWriter

            board = SummaryWriter(args.out / "tensorboard")

    def save(path: Path):
        content = {
            "configuration": configuration.as_dict(),
            "network": average.shadow,
            "raw": net.state_dict(),
            "optimisers": [o.state_dict() for o in parts],
            "step": step,
            "elapsed": elapsed,
            "hours": heard,
            "arguments": {k: str(v) for k, v in vars(args).items()},
        }
        temporary = path.with_suffix(".tmp")
        torch.save(content, temporary)
        temporary.rename(path)

    total = args.minutes * 60
    last = saved_at = time.monotonic()
    elapsed_before = elapsed
    window: dict[str, float] = {}
    counted = 0
    terminal = sys.stderr.isatty()
    for index, batch in enumerate(loader):
        if index == 2:  # the clock starts when decoding and compiling are over
            elapsed, last = elapsed_before, time.monotonic()
        if world > 1:  # one clock for all, or one process would stop before the others, and learning rates differ
            clock = torch.tensor([elapsed], dtype=torch.float64, device=device)
            torch.distributed.broadcast(clock, 0)
            elapsed = clock.item()
        progress = step / args.max_steps if args.max_steps else elapsed / total
        if progress >= 1:
            break
        factor = schedule(progress, step, args.warmup, args.decay)
        for optimiser in parts:
            for group in optimiser.param_groups:
                group["lr"] = args.lr * factor * group.get("scale", 1.0)
            if index % args.accumulate == 0:
                optimiser.zero_grad(set_to_none=True)
        batch = [b.to(device, non_blocking=True) for b in batch]
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            value, pieces = parallel(*batch)
        (value / args.accumulate).backward()
        heard += world * args.batch * data.count / features.SAMPLE_RATE / 3600
        if (index + 1) % args.accumulate:
            continue
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), args.clip)
        if torch.isfinite(norm):
            for optimiser in parts:
                optimiser.step()
            average.update(net)
        step += 1
        now = time.monotonic()
        elapsed, last = elapsed + now - last, now

        pieces = {"loss": value.detach(), "norm": norm, **{k: v.detach() for k, v in pieces.items()}}
        for k, v in pieces.items():
            window[k] = window.get(k, 0.0) + float(v)
        counted += 1
        if rank == 0 and terminal:
            filled = int(30 * min(1, progress))
            print(f"\r[{'#' * filled:<30}] step {step} loss {window['loss'] / counted:.4f}", end="", file=sys.stderr)
        if counted == 50:
            means = {k: v / counted for k, v in window.items()}
            window, counted = {}, 0
            if not math.isfinite(means["loss"]):
                print("training: error: the loss is not finite; lower --lr", file=sys.stderr)
                return 1
            if rank == 0:
                row = {"step": step, "minutes": elapsed / 60, "hours": heard, "lr": args.lr * factor, **means}
                print("  ".join(f"{k} {v:.4g}" for k, v in row.items()), flush=True)
                new = not log_path.exists()
                with open(log_path, "a", newline="") as file:
                    writer = csv.DictWriter(file, row, extrasaction="ignore")
                    if new:
                        writer.writeheader()
                    writer.writerow(row)
                if board:
                    for k, v in means.items():
                        board.add_scalar(k, v, step)
        if rank == 0 and now - saved_at > args.checkpoint_minutes * 60:
            save(args.out / "checkpoint.pt")
            saved_at = now
    if rank == 0:
        save(args.out / "checkpoint.pt")
        print(f"\ndone: {step} steps, {heard:.2f} hours of audio, {args.out / 'checkpoint.pt'}", flush=True)
    if world > 1:
        torch.distributed.barrier()  # none is gone while another still writes or waits
        torch.distributed.destroy_process_group()
    return 0


if __name__ == "__main__":
    sys.exit(main())
