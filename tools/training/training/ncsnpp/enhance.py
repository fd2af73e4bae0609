"""Enhances files and folders with an offline model: tools/enhance-reference, enhancement_noise_cond.py."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly

from ..corpora import AUDIO
from .checkpoint import OfflineModelError, load
from .model import ScoreModel
from .sampler import sample


class EnhancementError(Exception):
    """What is wrong and what to do about it, in one sentence."""


@torch.no_grad()
def enhance(
    model: ScoreModel, noisy: np.ndarray, reference: np.ndarray | None = None, count: int = 30, cfg_scale: float = 1.0,
    snr: float = 0.5, corrector_steps: int = 1, seed: int = 0, progress=None,
) -> np.ndarray:  # fmt: skip
    """noisy (n) samples at the model's rate, reference (m) of the same level or None: the null condition. -> (n).

    2·count evaluations of the network with one corrector step; as many again, in the same batches, where cfg_scale is neither 0 nor 1.
    """
    peak = np.abs(noisy).max()
    if peak < 1e-8:
        return noisy
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)

    def tensor(x):
        return torch.from_numpy(np.ascontiguousarray(x / peak, np.float32))[None].to(device)

    spectrogram = model.spectrogram.forward(tensor(noisy))
    y = model.spectrogram.padded(spectrogram)
    tokens = model.encode(tensor(reference) if reference is not None else None)
    estimate = sample(
        lambda x, t: model.guided_score(x, y, t, tokens, cfg_scale), model.sde, y, count, model.configuration.t_eps, snr,
        corrector_steps, generator, progress,
    )  # fmt: skip
    wave = model.spectrogram.inverse(estimate[..., : spectrogram.shape[-1]], len(noisy))
    return peak * wave[0].cpu().numpy()


def resampled(samples: np.ndarray, before: int, after: int) -> np.ndarray:
    divisor = np.gcd(before, after)
    return samples if before == after else resample_poly(samples, after // divisor, before // divisor, axis=0)


def read(path: Path, rate: int) -> tuple[np.ndarray, soundfile._SoundFileInfo]:
    """(n, channels) at `rate`, and what the file was."""
    try:
        info = soundfile.info(path)
        samples, own = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        raise EnhancementError(f"{path}: cannot be read as audio ({error}); remove it or convert it") from None
    if len(samples) < 1 or not np.isfinite(samples).all():
        raise EnhancementError(f"{path}: holds no sound that can be enhanced; remove it")
    return resampled(samples, own, rate), info


def write(path: Path, samples: np.ndarray, info) -> None:
    """Under its name only when it is whole; at the rate and in the form of the noisy file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(handle)
    try:
        kind = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".opus": "OGG", ".aiff": "AIFF", ".aif": "AIFF", ".mp3": "MP3"}
        target = kind.get(path.suffix.lower(), "WAV")
        subtype = info.subtype if target == info.format else None
        soundfile.write(name, samples if subtype in ("FLOAT", "DOUBLE") else samples.clip(-1, 1), info.samplerate, subtype, format=target)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except (soundfile.LibsndfileError, ValueError) as error:
        raise EnhancementError(f"{path}: cannot be written ({error}); give a name that ends with .wav or .flac") from None
    finally:
        Path(name).unlink(missing_ok=True)


def quietest(noisy: np.ndarray, count: int) -> np.ndarray:
    """The stretch of `count` samples with the least energy, not counting digital silence."""
    if len(noisy) <= count:
        return noisy
    energy = np.convolve(np.square(noisy), np.ones(count), "valid")[:: max(1, count // 8)]
    energy[energy < 1e-9 * count] = np.inf
    start = int(np.argmin(energy)) * max(1, count // 8) if np.isfinite(energy).any() else 0
    return noisy[start : start + count]


def sounds(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in AUDIO and not p.name.startswith("."))


def partner(folder: Path, name: Path) -> Path:
    """The file of the same name, whatever its extension."""
    found = [p for p in sorted((folder / name.parent).glob(f"{name.stem}.*")) if p.suffix.lower() in AUDIO]
    if not found:
        raise EnhancementError(f"{folder}: has no {name.stem}; every noisy file needs its own")
    return found[0]


def arguments(argv=None):
    p = argparse.ArgumentParser(
        prog="tools/enhance-reference",
        description="Enhances files with NCSN++ and a noise reference, by predictor and corrector.",
        epilog="tools/evaluate takes it: --enhancer 'tools/enhance-reference --ckpt MODEL {in} -o {out}', or with {indir}, {outdir}.",
    )
    p.add_argument("input", type=Path, nargs="?", help="a file, or a folder")
    p.add_argument("-o", "--output", type=Path, help="a file, or a folder")
    p.add_argument("--test_dir", type=Path, help="instead of the input: a folder, or one with the folder noisy")
    p.add_argument("--enhanced_dir", type=Path, help="instead of --output: a folder")
    p.add_argument("--ckpt", type=Path, required=True, help="checkpoint of train_noise_cond.py, or a file of tools/convert sgmse")
    reference = p.add_argument_group("noise reference (without any: the null condition)").add_mutually_exclusive_group()
    reference.add_argument("--noise_ref", type=Path, help="a recording of the noise, for all files")
    reference.add_argument("--noise_ref_dir", type=Path, help="a folder with one for each file, of its name")
    reference.add_argument("--oracle_noise", action="store_true", help="a piece of the true noise, noisy less clean; with --clean_dir")
    reference.add_argument("--quietest_noise", action="store_true", help="the quietest piece of the noisy file itself")
    p.add_argument("--clean_dir", type=Path, help="the clean files, for --oracle_noise alone")
    p.add_argument("--ref_duration", type=float, help="seconds of the reference (default: as the model was trained)")
    p.add_argument("--cfg_scale", "--guidance_scale", type=float, default=1.0, help="weight of guidance (default 1: none)")
    p.add_argument("--N", type=int, default=30, help="reverse steps (default 30)")
    p.add_argument("--snr", type=float, default=0.5, help="the corrector's r (default 0.5)")
    p.add_argument("--corrector", choices=["ald", "none"], default="ald")
    p.add_argument("--corrector_steps", type=int, default=1)
    p.add_argument("--t_eps", type=float, help="last time before 0 (default: the model's, 0.03)")
    p.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, … (default: a GPU where there is one)")
    p.add_argument("--seed", type=int, default=0, help="of the sampler's noise; the same for every file")
    p.add_argument("--force", action="store_true", help="replace outputs that are there already")
    args = p.parse_args(argv)
    args.input, args.output = args.input or args.test_dir, args.output or args.enhanced_dir
    if args.input is None or args.output is None:
        p.error("name what to enhance and where to put it: INPUT -o OUTPUT, or --test_dir and --enhanced_dir")
    if args.oracle_noise and args.clean_dir is None:
        p.error("--oracle_noise needs the clean files; name their folder with --clean_dir")
    if not 1 <= args.N <= 1000 or not 0 <= args.corrector_steps <= 10:
        p.error("--N takes 1 to 1000, --corrector_steps 0 to 10")
    if not np.isfinite([args.cfg_scale, args.snr]).all() or args.snr < 0 or args.ref_duration is not None and args.ref_duration < 0.02:
        p.error("--cfg_scale and --snr take finite numbers, --ref_duration 0.02 s or more")
    return args


def jobs(args) -> list[tuple[Path, Path, Path]]:
    """(noisy file, output, name within the folder)."""
    if not args.input.exists():
        raise EnhancementError(f"{args.input}: there is no such file or folder")
    if args.input.is_file():
        target = args.output / args.input.name if args.output.is_dir() else args.output
        found = [(args.input, target, Path(args.input.name))]
    else:
        root = args.input / "noisy" if (args.input / "noisy").is_dir() else args.input
        found = [(p, args.output / p.relative_to(root), p.relative_to(root)) for p in sounds(root)]
        if not found:
            raise EnhancementError(f"{root}: has no sound files")
    for _, target, _ in found:
        if target.exists() and not args.force:
            raise EnhancementError(f"{target}: is there already; name another place, or give --force")
    return found


def chosen_reference(args, name: Path, noisy: np.ndarray, model: ScoreModel) -> np.ndarray | None:
    rate = model.configuration.sample_rate
    count = int(args.ref_duration * rate) if args.ref_duration else model.configuration.reference_samples
    if args.oracle_noise:
        clean, _ = read(partner(args.clean_dir, name), rate)
        length = min(len(clean), len(noisy))
        noise = noisy[:length] - clean[:length].mean(1)
        start = np.random.default_rng([args.seed, length]).integers(0, max(1, len(noise) - count + 1))
        return noise[start : start + count]
    if args.quietest_noise:
        return quietest(noisy, count)
    if args.noise_ref or args.noise_ref_dir:
        path = args.noise_ref or partner(args.noise_ref_dir, name)
        return read(path, rate)[0].mean(1)[:count]
    return None


def main(argv=None) -> int:
    args = arguments(argv)
    try:
        work = jobs(args)
        device = ("cuda" if torch.cuda.is_available() else "cpu") if args.device == "auto" else args.device
        try:
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError) as error:
            raise EnhancementError(f"--device {device} cannot be used ({str(error).splitlines()[0]})") from None
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
        model = load(args.ckpt, device)
        if args.t_eps:
            model.configuration.t_eps = args.t_eps
        conditioned = args.oracle_noise or args.quietest_noise or args.noise_ref or args.noise_ref_dir
        if model.encoder is None and (conditioned or args.cfg_scale != 1):
            raise EnhancementError(f"{args.ckpt} has no noise encoder; leave the noise reference and --cfg_scale out")
        rate, terminal = model.configuration.sample_rate, sys.stderr.isatty()
        for number, (noisy_path, target, name) in enumerate(work):
            samples, info = read(noisy_path, rate)

            def show(step, number=number):
                if terminal:
                    print(f"\rfile {number + 1} of {len(work)}, step {step} of {args.N} ", end="", file=sys.stderr, flush=True)

            out = np.stack([
                enhance(model, channel, chosen_reference(args, name, channel, model), args.N, args.cfg_scale, args.snr,
                        args.corrector_steps if args.corrector == "ald" else 0, args.seed, show)
                for channel in samples.T
            ], 1)  # fmt: skip
            out = resampled(out, rate, info.samplerate)[: info.frames]
            write(target, np.pad(out, ((0, info.frames - len(out)), (0, 0))), info)
        if terminal:
            print(file=sys.stderr)
    except (EnhancementError, OfflineModelError) as error:
        print(f"enhance-reference: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
