"""The options of train_noise_cond.py: the document's and SGMSE+'s names."""

import argparse
from pathlib import Path

from ..towers import TOWERS
from .configuration import BACKBONES, ENCODERS


def positive(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return value


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is out of range; give 0 to 1")
    return value


def found_tower(encoder: str) -> Path | None:
    """A tower file where none is named: ENCODER.safetensors here or in towers/."""
    return next((p for p in (Path(f"{encoder}.safetensors"), Path("towers") / f"{encoder}.safetensors") if p.is_file()), None)


def arguments(argv=None):
    p = argparse.ArgumentParser(prog="train_noise_cond.py", description="Trains NCSN++ with a noise reference.")
    p.add_argument("--base_dir", type=Path, required=True,
                   help="train/clean and train/noisy (pairs); or train/clean and train/noise, or shards speech-*, noise-*, mixed on the fly")  # fmt: skip
    p.add_argument("--backbone", choices=BACKBONES, default="ncsnpp_v2_cond", help="ncsnpp and ncsnpp_v2 have no condition")
    p.add_argument("--batch_size", type=positive, default=8, help="of each process (default 8)")
    p.add_argument("--accumulate_grad_batches", type=positive, default=1)
    p.add_argument("--devices", "--gpus", type=positive, default=1, help="processes, one a GPU or a core: starts torchrun")
    p.add_argument("--max_steps", type=positive, default=50_000, help="length of the whole run (default 50000)")
    p.add_argument("--lr", type=float, default=1e-4, help="of Adam, the same in all steps (default 1e-4)")
    p.add_argument("--ema_decay", type=float, default=0.999)

    condition = p.add_argument_group("condition")
    condition.add_argument("--noise_encoder_type", choices=ENCODERS, default="global", help="sequence comes with cross-attention")
    condition.add_argument("--cond_drop_prob", type=share, default=0.0, help="share of items with the null condition (default 0)")
    condition.add_argument("--ref_length_sec", type=float, default=0.25, help="length of the noise reference (default 0.25)")
    condition.add_argument("--ref_num_frames", type=positive, help="the same in frames")
    condition.add_argument("--cross_attention", action="store_true", help="several tokens, and blocks that attend to them")
    condition.add_argument("--tower", type=Path, help="tower file of tools/convert (default: clap.safetensors or panns.safetensors here or in towers/)")
    condition.add_argument("--freeze_clap", action="store_true", help="the tower of clap or panns stays as it is; without: it is trained too")
    condition.add_argument("--return_ref_waveform", action="store_true", help="the encoder hears samples, as those with a tower always do")
    condition.add_argument("--noise_augmentation", action="store_true", help="the document's solution D: mixed, synthetic, stretched, changing noise")

    size = p.add_argument_group("sizes")
    size.add_argument("--nf", type=positive, default=128)
    size.add_argument("--ch_mult", type=positive, nargs="+", default=[1, 1, 2, 2, 2, 2, 2])
    size.add_argument("--num_res_blocks", type=positive, default=2)
    size.add_argument("--attn_resolutions", type=int, nargs="+", default=[16])
    size.add_argument("--cross_resolutions", type=int, nargs="+", default=[32, 16, 8, 4], help="heights (bins) at which blocks attend to tokens")
    size.add_argument("--condition_dimension", type=positive, default=512)
    size.add_argument("--encoder_channels", type=positive, nargs=4, default=[64, 128, 256, 512])
    size.add_argument("--num_frames", type=positive, default=256, help="of a crop (default 256, 2 s)")
    size.add_argument("--n_fft", type=positive, default=510)
    size.add_argument("--hop_length", type=positive, default=128)
    size.add_argument("--spec_factor", type=float, default=0.15)
    size.add_argument("--spec_abs_exponent", type=float, default=0.5)
    size.add_argument("--network_scaling", choices=["none", "1/sigma", "1/t"], default="none", help="what the network's output is multiplied by to be the score")
    size.add_argument("--theta", type=float, default=1.5)
    size.add_argument("--sigma-min", "--sigma_min", type=float, default=0.05)
    size.add_argument("--sigma-max", "--sigma_max", type=float, default=0.5)
    size.add_argument("--t_eps", type=float, default=0.03)

    run = p.add_argument_group("run")
    run.add_argument("--wandb_name", help="of the run, in W&B where it is installed, and of its folder in logs/")
    run.add_argument("--nolog", "--no_wandb", action="store_true", help="no W&B; TensorBoard where it is installed")
    run.add_argument("--save_ckpt_interval", type=positive, help="steps between checkpoints that are kept, step=N.ckpt")
    run.add_argument("--out", type=Path, help="folder of the run (default logs/WANDB_NAME)")
    run.add_argument("--cache", type=Path, help="where shards are decoded to (default: cache/ in the run's folder); runs may share it")
    run.add_argument("--ckpt", "--resume", "--resume_from_checkpoint", type=Path, dest="resume", help="checkpoint to go on from")
    run.add_argument("--checkpoint-minutes", type=float, default=5, help="between writes of checkpoint.pt (default 5)")
    run.add_argument("--num_workers", type=int, default=1)
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="float32")
    args = p.parse_args(argv)

    if args.backbone != "ncsnpp_v2_cond":
        args.noise_encoder_type = "none"
    tower = args.noise_encoder_type in TOWERS
    for option in ("freeze_clap", "return_ref_waveform", "tower"):
        if getattr(args, option) and not tower:
            p.error(f"--{option} belongs to an encoder with a tower, and '{args.noise_encoder_type}' has none; leave it out")
    if tower and not args.resume:
        args.tower = args.tower or found_tower(args.noise_encoder_type)
        if args.tower is None:
            kind = args.noise_encoder_type
            p.error(f"the encoder {kind} needs a tower; make {kind}.safetensors with tools/convert {kind}, and name it with --tower")
    if args.cross_attention and args.noise_encoder_type in ("none", "global"):
        p.error("--cross_attention needs tokens; give --noise_encoder_type sequence, clap or panns")
    if not 0 <= args.ema_decay < 1:
        p.error(f"--ema_decay {args.ema_decay} is out of range; give 0 to below 1")
    if args.n_fft % 2 or (args.n_fft // 2 + 1) % 2 ** (len(args.ch_mult) - 1):
        p.error(f"--n_fft {args.n_fft} has {args.n_fft // 2 + 1} bins, which {len(args.ch_mult)} levels cannot halve; give 510")
    if args.num_frames % 2 ** (len(args.ch_mult) - 1):
        p.error(f"--num_frames {args.num_frames} is no multiple of {2 ** (len(args.ch_mult) - 1)}, which the levels need")
    if args.ref_num_frames:
        args.ref_length_sec = (args.ref_num_frames - 1) * args.hop_length / 16_000
    if not 0.02 <= args.ref_length_sec <= 30:
        p.error(f"a noise reference of {args.ref_length_sec:g} s is out of range; give 0.02 to 30")
    if args.out is None:
        args.out = Path("logs") / (args.wandb_name or "offline")
    args.cache = args.cache or args.out / "cache"
    # What the trainer calls its settings.
    args.batch, args.accumulate, args.ema, args.workers = args.batch_size, args.accumulate_grad_batches, args.ema_decay, args.num_workers
    args.dropout, args.fine_tune_tower = args.cond_drop_prob, tower and not args.freeze_clap
    args.warmup, args.decay, args.clip = 1, 1e-9, float("inf")  # SGMSE+ has neither a schedule nor clipping
    args.minutes, args.restart_clock, args.validation_minutes, args.no_compile = 0, False, 0, True
    return args
