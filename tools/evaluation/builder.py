"""Makes evaluation sets from public corpora: speech in noise never trained on, and noise that changes.

`unseen`: an utterance and one noise, at each of the given SNRs in turn. `non-stationary`: sentences of one speaker with
pauses; the noise changes its kind every 4 to 8 s, its level drifts by up to 12 dB, sudden events fall in. Both are
determined by the seed and the files: the same call makes the same set.

`clean`, `quiet`, `clipped`, `narrow` and `reverberant` are the pairs of other sets (`--of`) through another microphone or room:
the clean speech as input; 30 dB quieter; cut off 12 dB below the peak; below 3.4 kHz; in a room of 0.4 s.

The noise may be ESC-50 as downloaded: its folds are chosen by the first number of a file's name, and the
human sounds (targets 20 to 29) are left out. Any other folder is taken whole.
"""

import argparse
import csv
import re
import shutil
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .errors import EvaluationError
from .microphones import MICROPHONES
from .pairs import EXTENSIONS, Pair, pairs
from .progress import Progress

RATE = 16_000
ESC50 = re.compile(r"^(\d)-\d+-[A-Z]-(\d+)$")
HUMAN = range(20, 30)  # crying, sneezing, clapping, breathing, coughing, footsteps, laughing, brushing teeth, snoring, drinking
BLOCK = 160


def files(folders: list[Path], role: str, folds: list[int]) -> list[Path]:
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise EvaluationError(f"{folder}: there is no such folder; --{role} takes folders of audio")
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in EXTENSIONS:
                continue
            esc = ESC50.match(path.stem)
            if role == "noise" and esc and (int(esc[2]) in HUMAN or int(esc[1]) not in folds):
                continue
            found.append(path)
    if not found:
        raise EvaluationError(f"{folders[0]}: has no sound files for --{role}")
    return found


def read(path: Path) -> np.ndarray:
    """Mono at 16 kHz, without the digital silence at its ends."""
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise EvaluationError(f"{path}: cannot be read as audio ({error}); remove it or convert it") from error
    mono = samples.mean(1)
    if rate != RATE:
        divisor = np.gcd(rate, RATE)
        mono = resample_poly(mono, RATE // divisor, rate // divisor)
    heard = np.flatnonzero(np.abs(mono) > 1e-4)
    if len(heard) < RATE // 4:
        raise EvaluationError(f"{path}: holds less than a quarter of a second of sound; remove it")
    return mono[heard[0] : heard[-1] + 1]


def active_power(x: np.ndarray) -> float:
    """Mean power of the blocks of 10 ms within 30 dB of the loudest: pauses do not count."""
    power = np.square(x[: len(x) // BLOCK * BLOCK].reshape(-1, BLOCK)).mean(1)
    return float(power[power > 1e-3 * power.max()].mean())


def looped(x: np.ndarray, count: int) -> np.ndarray:
    """The first `count` samples of x, repeated with a cross-fade where it is shorter; unit power."""
    if len(x) < count:
        fade = min(len(x) // 4, 800)
        ramp = np.linspace(0, 1, fade)
        piece = x[: len(x) - fade].copy()
        piece[:fade] = x[:fade] * ramp + x[len(x) - fade :] * (1 - ramp)
        x = np.tile(piece, count // len(piece) + 1)
    x = x[:count]
    return x / np.sqrt(np.square(x).mean() + 1e-12)


def together(clean: np.ndarray, noise: np.ndarray, snr: float) -> tuple[np.ndarray, np.ndarray]:
    """(clean, noisy), the noise at `snr` dB below the active speech, both scaled to a peak of 0.9 of full scale."""
    noise = noise * np.sqrt(active_power(clean) / np.square(noise).mean() / 10 ** (snr / 10))
    noisy = clean + noise
    scale = 0.9 / max(np.abs(noisy).max(), np.abs(clean).max())
    return clean * scale, noisy * scale


def unseen(random, speech: list[Path], noise: list[Path], index: int, snrs: list[float], seconds: float):
    """One pair: (clean, noisy, SNR, names of the speech, names of the noises)."""
    said, heard = speech[random.integers(len(speech))], noise[random.integers(len(noise))]
    clean = read(said)
    if seconds:
        clean = clean[: int(seconds * RATE)]
    snr = snrs[index % len(snrs)]
    return *together(clean, looped(read(heard), len(clean)), snr), snr, [said.stem], [heard.stem]


def speaker(path: Path) -> str:
    """The folder a file stands in, or the part of its name before the first dash, underscore or its last four digits."""
    stem = re.split(r"[-_]", path.stem)[0]
    return f"{path.parent}/{stem[:-4] if stem.isdigit() and len(stem) > 6 else stem}"


def non_stationary(random, speech: list[Path], noise: list[Path], index: int, snrs: list[float], seconds: float):
    count = int((seconds or 20) * RATE)
    snr = snrs[index % len(snrs)]
    first = speech[random.integers(len(speech))]
    voices = [path for path in speech if speaker(path) == speaker(first)]
    clean, said, position = np.zeros(count), [], int(random.uniform(0.2, 1.5) * RATE)
    while position < count - RATE // 2:
        path = voices[random.integers(len(voices))]
        part = read(path)[: count - position]
        clean[position : position + len(part)] = part / np.sqrt(active_power(part))
        said.append(path.stem)
        position += len(part) + int(random.uniform(0.3, 1.5) * RATE)

    bed, heard, position = np.zeros(count), [], 0
    while position < count:  # kinds of noise, each fading into the next
        length = min(int(random.uniform(4, 8) * RATE), count - position)
        fade = int(random.uniform(0.05, 0.5) * RATE)
        path = noise[random.integers(len(noise))]
        piece = looped(read(path), min(length + fade, count - position))
        if position:
            piece[:fade] *= np.linspace(0, 1, fade)[: len(piece)]
        if len(piece) > length:
            piece[length:] *= np.linspace(1, 0, len(piece) - length)
        bed[position : position + len(piece)] += piece
        heard.append(path.stem)
        position += length
    knots = random.uniform(-6, 6, max(3, count // (3 * RATE)))
    bed *= 10 ** (np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots) / 20)

    events = np.zeros(count)
    for _ in range(random.integers(1, 5)):
        path = noise[random.integers(len(noise))]
        piece = looped(read(path), int(random.uniform(0.2, 1) * RATE))
        piece *= np.minimum(1, np.minimum(np.arange(len(piece)) / 80, np.arange(len(piece))[::-1] / (0.3 * len(piece))))
        start = random.integers(0, count - len(piece))
        events[start : start + len(piece)] += piece * 10 ** (random.uniform(0, 10) / 20)
        heard.append(f"event:{path.stem}")
    # Events lie against the speech, whatever the SNR of the bed is.
    clean_out, bed_out = clean, bed * np.sqrt(active_power(clean) / np.square(bed).mean() / 10 ** (snr / 10))
    noisy = clean_out + bed_out + events * np.sqrt(active_power(clean))
    scale = 0.9 / max(np.abs(noisy).max(), np.abs(clean).max())
    return clean_out * scale, noisy * scale, snr, said, heard


KINDS = {"unseen": unseen, "non-stationary": non_stationary}


def made(kind: str, speech: list[Path], noise: list[Path], count: int, snrs, seconds, seed: int):
    """The pairs of a set of corpora, one by one: (clean, noisy, the other columns of index.csv)."""
    for index in range(count):
        random = np.random.default_rng([seed, index])  # a pair does not change when more are asked for
        clean, noisy, snr, said, heard = KINDS[kind](random, speech, noise, index, snrs, seconds)
        yield clean, noisy, [f"{snr:g}", "|".join(said), "|".join(heard)]


def changed(kind: str, sources: list[Pair]):
    """The pairs of other sets through another microphone, one by one."""
    for pair in sources:
        sides = []
        for path in (pair.clean, pair.noisy):
            try:
                samples, rate = soundfile.read(path, dtype="float64")
            except (soundfile.LibsndfileError, RuntimeError) as error:
                raise EvaluationError(f"{path}: cannot be read as audio ({error}); remove it or convert it") from error
            if rate != RATE or samples.ndim != 1:
                raise EvaluationError(f"{path}: is not 16 kHz mono; {kind} takes the pairs of evaluation sets")
            sides.append(samples)
        clean, noisy = MICROPHONES[kind](*sides)
        scale = 0.9 / max(0.9, np.abs(clean).max(), np.abs(noisy).max())  # only where it would not fit
        yield clean * scale, noisy * scale, ["", pair.name, ""]


def write(out: Path, rows, count: int) -> None:
    """The folder of a set, under its name only when it is whole."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise EvaluationError(f"{out}: is there already; name another folder or remove it")
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for side in ("clean", "noisy"):
            (partial / side).mkdir(parents=True)
        with open(partial / "index.csv", "w", newline="") as file, Progress(count) as progress:
            table = csv.writer(file)
            table.writerow(["name", "seconds", "snr_db", "speech", "noise"])
            for index, (clean, noisy, columns) in enumerate(rows):
                name = f"{out.name}-{index:03d}"
                for side, samples in (("clean", clean), ("noisy", noisy)):
                    soundfile.write(partial / side / f"{name}.flac", samples, RATE, subtype="PCM_16")
                table.writerow([name, f"{len(clean) / RATE:.2f}", *columns])
                progress.advance()
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def run(arguments: list[str]) -> None:
    p = argparse.ArgumentParser(
        prog="build-set", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("kind", choices=[*KINDS, *MICROPHONES])
    p.add_argument("out", type=Path, help="folder to make: clean/, noisy/, index.csv, for tools/evaluate")
    p.add_argument("--speech", type=Path, nargs="+", help="folders of clean speech (of speakers held out)")
    p.add_argument("--noise", type=Path, nargs="+", help="folders of noise, ESC-50 for one")
    p.add_argument("--of", type=Path, nargs="+", metavar="SET", help="evaluation sets, for clean, quiet and the other microphones")
    p.add_argument("--folds", type=int, nargs="+", default=[1, 2], help="folds of ESC-50 (default 1 2)")
    p.add_argument("--pairs", type=int, default=90, help="how many (default 90)")
    p.add_argument("--snr", type=float, nargs="+", default=[0, 5, 10], help="dB against active speech (default 0 5 10)")
    p.add_argument("--seconds", type=float, help="longest utterance of unseen, length of non-stationary (default 20)")
    p.add_argument("--seed", type=int, default=0)
    args = p.parse_args(arguments)
    if args.pairs < 1 or args.seconds is not None and args.seconds < 2:
        p.error("--pairs takes 1 or more, --seconds 2 or more")
    if args.kind in MICROPHONES:
        if not args.of or args.speech or args.noise:
            p.error(f"{args.kind} takes the sets whose pairs it changes: --of SET, and neither --speech nor --noise")
        sources = [pair for folder in args.of for pair in pairs(folder)]
        count, rows = len(sources), changed(args.kind, sources)
    else:
        if args.of or not args.speech or not args.noise:
            p.error(f"{args.kind} takes --speech and --noise, and no --of")
        voices, noises = files(args.speech, "speech", args.folds), files(args.noise, "noise", args.folds)
        count, rows = args.pairs, made(args.kind, voices, noises, args.pairs, args.snr, args.seconds, args.seed)
    write(args.out, rows, count)
    print(f"{args.out}: {count} pairs")
