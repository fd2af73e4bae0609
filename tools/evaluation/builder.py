"""Makes evaluation sets from public corpora: speech in noise never trained on, and noise that changes.

`unseen`: an utterance and one noise, at each of the given SNRs in turn. `non-stationary`: sentences of one speaker with
pauses; the noise changes its kind every 4 to 8 s, its level drifts by up to 12 dB, sudden events fall in. Both are
determined by the seed and the files: the same call makes the same set.

`clean`, `quiet`, `clipped`, `narrow` and `reverberant` are the pairs of other sets (`--of`) through another microphone or room:
the clean speech as input; 30 dB quieter; cut off 12 dB below the peak; below 3.4 kHz; in a room of 0.4 s.

`voices`: two talkers, the second of whom is heard alone for 3 s before (lead/); the first is 0, 5, 10 dB louder (--sir), a light
noise lies 20 dB below (--snr). both/ is what stays without a profile, other/ a third talker of about the second's pitch, or
of the second's sex where --sexes says it; mixed-lead/ has a second of the first talker in the lead.
`recurring`: speech throughout, and a noise that returns after pauses of more than 10 s; lead/ is its first sound.
Both take --speech and --noise, or other evaluation sets (--of): their speakers, and noisy less clean as noise.

`music`, `laughter`: sounds to keep (--sounds, folders or packed shards with their .json), alone or with a light noise (--noise).

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

from . import kept, material, recurring, voices
from .errors import EvaluationError
from .material import RATE, Noise, Speaker, Utterance, active_power, looped
from .microphones import MICROPHONES
from .pairs import EXTENSIONS, Pair, pairs
from .progress import Progress

ESC50 = re.compile(r"^(\d)-\d+-[A-Z]-(\d+)$")
HUMAN = range(20, 30)  # crying, sneezing, clapping, breathing, coughing, footsteps, laughing, brushing teeth, snoring, drinking
TALKERS, UTTERANCES, NOISES = 100, 20, 500  # of large corpora for voices and recurring: so many are drawn


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
    its = [path for path in speech if speaker(path) == speaker(first)]
    clean, said, position = np.zeros(count), [], int(random.uniform(0.2, 1.5) * RATE)
    while position < count - RATE // 2:
        path = its[random.integers(len(its))]
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
PROFILED = ("voices", "recurring")  # sets with something to learn in lead/
PAIR = ("clean", "noisy")
COLUMNS = ("snr_db", "speech", "noise")


def made(kind: str, speech: list[Path], noise: list[Path], count: int, snrs, seconds, seed: int):
    """The pairs of a set of corpora, one by one: ({side: samples}, the columns of index.csv after name and seconds)."""
    for index in range(count):
        random = np.random.default_rng([seed, index])  # a pair does not change when more are asked for
        clean, noisy, snr, said, heard = KINDS[kind](random, speech, noise, index, snrs, seconds)
        yield dict(zip(PAIR, (clean, noisy))), [f"{snr:g}", "|".join(said), "|".join(heard)]


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
        yield dict(zip(PAIR, (clean * scale, noisy * scale))), ["", pair.name, ""]


def chosen(random, items: list, most: int) -> list:
    """All, or `most` drawn, in their order."""
    return items if len(items) <= most else [items[n] for n in sorted(random.permutation(len(items))[:most])]


def corpora(speech: list[Path], noise: list[Path], seed: int) -> tuple[list[Speaker], list[Noise]]:
    """Speakers and noises out of folders' files."""
    random = np.random.default_rng([seed, 1 << 30])
    by_speaker: dict[str, list[Path]] = {}
    for path in speech:
        who = material.speaker_name(path.stem)  # one person, though each chapter of LibriSpeech has a folder
        by_speaker.setdefault(who if who in path.parts else speaker(path), []).append(path)
    speakers = []
    for who in chosen(random, sorted(by_speaker), TALKERS):
        paths = chosen(random, by_speaker[who], UTTERANCES)
        speakers.append(Speaker(who, material.utterances((path.stem, read(path)) for path in paths)))
    return speakers, [Noise(path.stem, read(path)) for path in chosen(random, noise, NOISES)]


def sexes(path: Path | None) -> dict[str, str]:
    """F or M by speaker, from lines `SPEAKER,F` or LibriSpeech's SPEAKERS.TXT (`SPEAKER | F | …`, comments after ;)."""
    if path is None:
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: cannot be read ({error})") from error
    found = {}
    for line in lines:
        words = [word.strip() for word in re.split(r"[|,]", line)]
        if len(words) >= 2 and not line.startswith(";") and words[1].upper() in ("F", "M"):
            found[words[0]] = words[1].upper()
    if not found:
        raise EvaluationError(f"{path}: has no line SPEAKER,F or SPEAKER,M")
    return found


def write(out: Path, rows, count: int, sides=PAIR, columns=COLUMNS) -> None:
    """The folder of a set, under its name only when it is whole."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise EvaluationError(f"{out}: is there already; name another folder or remove it")
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for side in sides:
            (partial / side).mkdir(parents=True)
        with open(partial / "index.csv", "w", newline="") as file, Progress(count) as progress:
            table = csv.writer(file)
            table.writerow(["name", "seconds", *columns])
            for index, (sounds, row) in enumerate(rows):
                name = f"{out.name}-{index:03d}"
                for side in sides:
                    soundfile.write(partial / side / f"{name}.flac", sounds[side], RATE, subtype="PCM_16")
                table.writerow([name, f"{len(sounds['clean']) / RATE:.2f}", *row])
                progress.advance()
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def profiled(args) -> None:
    """Makes `voices` or `recurring`."""
    if args.of:
        speakers, noises = material.of_sets(args.of)
    else:
        paths = files(args.speech, "speech", args.folds), files(args.noise, "noise", args.folds)
        speakers, noises = corpora(*paths, args.seed)
    if args.kind == "voices":
        known = sexes(args.sexes)
        plan = voices.Plan(args.sir, (args.snr or [20])[0], args.seconds or 8, known, args.lead or 3)
        rows, kind = voices.made(speakers, noises, args.pairs, plan, args.seed), voices
    else:
        plan = recurring.Plan(args.snr or [0, 5, 10], args.seconds or 30)
        rows, kind = recurring.made(speakers, noises, args.pairs, plan, args.seed), recurring
    write(args.out, rows, args.pairs, kind.SIDES, kind.COLUMNS)


def sounded(args) -> int:
    """Makes `music` or `laughter`; how many pairs there are."""
    noises = files(args.noise, "noise", args.folds) if args.noise else []
    items = kept.items(args.sounds, args.match or kept.MATCHES[args.kind])
    count = min(args.pairs, len(items))
    noise_of = lambda random: (lambda path: (path.stem, read(path)))(noises[random.integers(len(noises))])  # noqa: E731
    rows = kept.made(items, noise_of if noises else None, count, (args.snr or [20])[0], args.seconds or 10, args.seed)
    write(args.out, rows, count, PAIR, COLUMNS)
    return count


def run(arguments: list[str]) -> None:
    p = argparse.ArgumentParser(
        prog="build-set", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("kind", choices=[*KINDS, *PROFILED, *kept.MATCHES, *MICROPHONES])
    p.add_argument("out", type=Path, help="folder to make: clean/, noisy/, index.csv (and lead/, …), for tools/evaluate")
    p.add_argument("--speech", type=Path, nargs="+", help="folders of clean speech (of speakers held out)")
    p.add_argument("--noise", type=Path, nargs="+", help="folders of noise, ESC-50 for one")
    p.add_argument("--of", type=Path, nargs="+", metavar="SET", help="evaluation sets: pairs for clean, quiet and the other microphones, speakers and noises for voices and recurring")
    p.add_argument("--folds", type=int, nargs="+", default=[1, 2], help="folds of ESC-50 (default 1 2)")
    p.add_argument("--pairs", type=int, default=90, help="how many (default 90)")
    p.add_argument("--snr", type=float, nargs="+", help="dB against active speech (default 0 5 10; of a light noise 20)")
    p.add_argument("--sir", type=float, nargs="+", default=[0, 5, 10], help="dB of the first voice over the second (default 0 5 10)")
    p.add_argument("--sexes", type=Path, metavar="FILE", help="for voices: lines SPEAKER,F or SPEAKER,M, or LibriSpeech's SPEAKERS.TXT")
    p.add_argument("--sounds", type=Path, nargs="+", help="for music and laughter: folders, or packed shards' .json files")
    p.add_argument("--match", metavar="REGEX", help="which of the --sounds: in path, set or file (default: by the kind)")
    p.add_argument(
        "--seconds", type=float,
        help="longest utterance of unseen, longest sound (10), length of non-stationary (20), voices (8), recurring (30)",
    )  # fmt: skip
    p.add_argument("--lead", type=float, metavar="SECONDS", help="for voices: how much of a voice is heard before (default 3)")
    p.add_argument("--seed", type=int, default=0)
    args = p.parse_args(arguments)
    if args.pairs < 1 or args.seconds is not None and args.seconds < 2:
        p.error("--pairs takes 1 or more, --seconds 2 or more")
    if args.kind != "voices" and (args.sexes or args.sir != p.get_default("sir")):
        p.error("--sir and --sexes are for voices")
    if args.lead is not None and (args.kind != "voices" or not 3 <= args.lead <= 60):
        p.error("--lead is for voices, and takes 3 to 60 s")
    if args.kind in kept.MATCHES and (not args.sounds or args.speech or args.of):
        p.error(f"{args.kind} takes --sounds, and neither --speech nor --of")
    if args.kind not in kept.MATCHES and (args.sounds or args.match):
        p.error("--sounds and --match are for music and laughter")
    if args.kind in ("voices", *kept.MATCHES) and len(args.snr or []) > 1:
        p.error(f"{args.kind} takes one --snr: that of a light noise")
    if args.kind == "recurring" and args.seconds is not None and args.seconds < 14:
        p.error("recurring takes 14 --seconds or more: the noise returns after more than 10")
    if args.kind in MICROPHONES:
        if not args.of or args.speech or args.noise:
            p.error(f"{args.kind} takes the sets whose pairs it changes: --of SET, and neither --speech nor --noise")
        sources = [pair for folder in args.of for pair in pairs(folder)]
        count = len(sources)
        write(args.out, changed(args.kind, sources), count)
    elif args.kind in PROFILED:
        if bool(args.of) == bool(args.speech and args.noise) or args.of and (args.speech or args.noise):
            p.error(f"{args.kind} takes --speech and --noise, or --of SET")
        count = args.pairs
        profiled(args)
    elif args.kind in kept.MATCHES:
        count = sounded(args)
    else:
        if args.of or not args.speech or not args.noise:
            p.error(f"{args.kind} takes --speech and --noise, and no --of")
        spoken, noises = files(args.speech, "speech", args.folds), files(args.noise, "noise", args.folds)
        count = args.pairs
        write(args.out, made(args.kind, spoken, noises, count, args.snr or [0, 5, 10], args.seconds, args.seed), count)
    print(f"{args.out}: {count} pairs")
