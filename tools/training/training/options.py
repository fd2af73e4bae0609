"""The trainer's options."""

import argparse
from pathlib import Path

from . import towers
from .augmentation_options import Augmentation
from .diffusion import GRID
from .validation import BATCH


def positive(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return value


def base_folder(base: Path, refuse) -> tuple[list[Path], list[Path]]:
    """Speech and noise of --base_dir, as the document calls it.

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
    p = argparse.ArgumentParser(prog="python -m training.train", description="Trains the score network.")
    p.add_argument("--speech", nargs="+", type=Path, help="folders, or shard indices (.json)")
    p.add_argument("--noise", nargs="+", type=Path, help="folders, or shard indices (.json)")
    p.add_argument(
        "--base_dir",
        type=Path,
        help="instead of --speech and --noise: a folder with train/clean and train/noise, or shards speech-*, noise-*",
    )
    p.add_argument("--rooms", nargs="*", type=Path, default=[], help="measured room responses (.npz), for noises and second voices")
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
    p.add_argument(
        "--learned-tokens", action="store_true", help="learned noise as tokens of its own beside the rolling reference's"
    )
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
    p.add_argument("--complex", type=float, default=1.0, help="weight of the error of the compressed spectrum")
    p.add_argument("--magnitude", type=float, default=1.0, help="weight of the error of its magnitudes")
    p.add_argument("--waveform", type=float, default=0.5, help="weight of the waveform term")
    p.add_argument(
        "--partner", type=Path, metavar="WEIGHTS",
        help="a network that stays as it is: the loss is that of the mean of both estimates, which the program makes of two",
    )  # fmt: skip
    p.add_argument("--partner-share", type=float, default=0.7, help="of the mean in the loss; the rest is the network's alone (default 0.7)")
    p.add_argument("--clip", type=float, default=1.0, help="gradient norm")
    p.add_argument(
        "--no-augmentation", action="store_true", help="the corpora as they are: nothing synthetic, filtered, in a room, learned"
    )
    p.add_argument(
        "--augmentation", nargs="+", default=[], metavar="NAME=VALUE",
        help="other shares than those of training/augmentation_options.py: second_voice=0.2",
    )  # fmt: skip
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--checkpoint-minutes", type=float, default=5)
    p.add_argument(
        "--validation-minutes", type=float, default=15,
        help="the averaged weights are scored on held-out voices and noises every so many minutes; the best are best.pt (default 15; 0: never)",
    )  # fmt: skip
    p.add_argument("--validation-items", type=positive, default=16, help="of each of three kinds, 6.4 s each (default 16)")
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
        p.add_argument(option, action="store_true", help=f"the document's name: {meaning}")
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
    try:
        Augmentation.with_shares(args.augmentation)
    except ValueError as error:
        p.error(f"--augmentation: {error}")
    for option, wrong, range_ in (
        ("minutes", args.minutes <= 0, "more than 0"), ("seconds", args.seconds < 0.1, "0.1 or more"),
        ("warmup", args.warmup < 0, "0 or more"), ("decay", not 0 <= args.decay <= 1, "0 to 1"),
        ("workers", args.workers < 0, "0 or more"), ("lr", args.lr < 0, "0 or more"),
        ("channels", min(args.channels) < 1 or args.channels[1] % 4, "two positive numbers, the second a multiple of 4"),
        ("validation-items", args.validation_items < BATCH, f"{BATCH} or more"),
    ):  # fmt: skip
        if wrong:
            given = getattr(args, option.replace("-", "_"))
            value = " ".join(f"{v:g}" for v in (given if isinstance(given, list) else [given]))
            p.error(f"--{option} {value} is out of range; give {range_}")
    if not 0 <= args.ema < 1:
        p.error(f"--ema {args.ema} is out of range; give 0 to below 1")
    if args.own_steps > len(GRID):
        p.error(f"--own-steps {args.own_steps} is out of range; the grid has {len(GRID)}")
    if not 0 <= args.partner_share <= 1:
        p.error(f"--partner-share {args.partner_share} is out of range; give 0 to 1")
    if not 0 <= args.dropout <= 1:
        p.error(f"--dropout {args.dropout} is out of range; give 0 to 1")
    return args
