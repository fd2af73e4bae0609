"""Experiments of the offline system, for tools/experiment: trains, enhances and scores them, at full length or at the small scale.

The small scale is for two cores: NCSN++ of 0.9 to 1.2 M parameters (16 channels, one residual block a level), crops of 1 s, 1200 steps of
one, learning rate 2e-3, average over 200 steps; 20 files of 3 s a set, 10 reverse steps. The hop is 256, which halves the time, and the
reference 0.5 s, so that it has as many frames as the document's. The network's output is divided by σ, so that it need not learn how
large a score is: at 300 steps the loss is half of what it is otherwise. It tells whether the parts work and, at the most, which way a
comparison leans, not how good the system is.
"""

import argparse
import csv
import os
import re
import shlex
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TOOLS = FOLDER.parent
SMALL_STEPS = 1200
SMALL = {
    "nf": [16], "num_res_blocks": [1], "hop_length": [256], "num_frames": [64], "condition_dimension": [64],
    "encoder_channels": [16, 32, 48, 64], "batch_size": [1], "devices": [1], "lr": [0.002], "ema_decay": [0.995], "num_workers": [1],
    "network_scaling": ["1/sigma"], "ref_length_sec": [0.5],
}  # fmt: skip
SMALL_FILES, SMALL_SECONDS, SMALL_REVERSE_STEPS, FULL_REVERSE_STEPS = 20, 3.0, 10, 30
SMALL_WEIGHTS = (1.0, 3.0)
# Towers where the user has none: of random numbers, narrower than the published ones, so that they cost little.
SMALL_TOWERS = {"clap": ["width=24"], "panns": ["channels=16,32,64,128,256,512", "embedding=512"]}
# What the small-scale table holds: experiments, seeds, weights of guidance.
TABLE = [
    ("run/baseline", [0], [1.0]), ("run/CFG-01", [0], [1.0, 3.0]), ("run/CFG-02", [0, 1], [1.0, 3.0]), ("run/CLAP-CFG-0.1", [0], [1.0]),
    ("run/XAttn-01", [0, 1], [1.0]), ("run/XAttn-CFG", [0], [1.0]), ("plan/PANNs-01", [0], [1.0]),
]  # fmt: skip


class OfflineError(Exception):
    """Something outside went wrong; the message is one sentence with the remedy."""


def words_of(command: str) -> list[str]:
    """The options of a training command, without what comes before them."""
    words = shlex.split(command.replace("\\\n", " "))
    return words[words.index("train_noise_cond.py") + 1 :]


def replaced(words: list[str], changes: dict[str, list]) -> list[str]:
    """The options with others' values: {"nf": [16]} puts --nf 16 in place of what is there; [] takes an option out."""
    groups: list[list[str]] = []
    for word in words:
        if word.startswith("--"):
            groups.append([word])
        else:
            groups[-1].append(word)
    kept = [g for g in groups if g[0].removeprefix("--") not in changes]
    for name, values in changes.items():
        if values:
            kept.append([f"--{name}", *map(str, values)])
    return [word for group in kept for word in group]


def load(experiments: Path, name: str) -> dict:
    return tomllib.loads((experiments / f"{name}.toml").read_text())


def failure(words: list, code: int) -> str:
    """What to say of a part, `python -m MODULE …` or `python SCRIPT …`, that failed and has said why."""
    part = words[2] if words[1] == "-m" else Path(str(words[1])).name
    return f"{part} ended with exit code {code}; mend what it says above and begin again: what is done is not made again"


def call(words: list, **more) -> None:
    code = subprocess.run([str(w) for w in words], **more).returncode
    if code:
        raise OfflineError(failure(words, code))


def steps_of(words: list[str]) -> int:
    return int(words[words.index("--max_steps") + 1])


def tower(args, kind: str, folder: Path) -> Path:
    given = args.tower if args.tower and args.tower.is_file() else None
    if args.tower and args.tower.is_dir() and (args.tower / f"{kind}.safetensors").is_file():
        given = args.tower / f"{kind}.safetensors"
    if given:
        return given.resolve()
    if not args.small:
        raise OfflineError(f"this needs a tower; make {kind}.safetensors with tools/convert {kind} and name it with --tower")
    target = folder / f"{kind}-random.safetensors"
    if not target.is_file():
        sizes = [word for size in SMALL_TOWERS[kind] for word in ("--set", size)]
        call([sys.executable, TOOLS / "convert", "random", kind, target, *sizes])
    return target.resolve()


def train(args, experiments: Path, name: str, seed: int) -> tuple[Path, int]:
    """The trained model and its steps; a run that was cut off goes on from its checkpoint, a finished one is not repeated."""
    experiment = load(experiments, name)
    scale = "small" if args.small else "full"
    run = args.out / scale / f"{name.replace('/', '-')}-{seed}"
    words = words_of(experiment["command"])
    kind = words[words.index("--noise_encoder_type") + 1] if "--noise_encoder_type" in words else None
    changes = {"seed": [seed], "out": [run.resolve()], "save_ckpt_interval": []} if args.small else {"seed": [seed], "out": [run.resolve()]}
    if args.small:
        changes |= SMALL | {"max_steps": [args.steps or SMALL_STEPS]}
    elif args.steps:
        changes["max_steps"] = [args.steps]
    if args.base_dir is None:
        raise OfflineError(f"{name} trains a model; name its data with --base-dir")
    changes |= {"base_dir": [args.base_dir.resolve()], "cache": [(args.out / "cache").resolve()]}
    run.mkdir(parents=True, exist_ok=True)
    if kind in SMALL_TOWERS:
        changes["tower"] = [tower(args, kind, args.out / scale)]
    words = replaced(words, changes)
    checkpoint, done = run / "checkpoint.pt", run / "done"
    steps = steps_of(words)
    if not done.is_file() or int(done.read_text()) < steps:
        if checkpoint.is_file():
            words += ["--ckpt", str(checkpoint.resolve())]
        environment = os.environ | ({"OMP_NUM_THREADS": "1"} if args.small else {})
        call([sys.executable, FOLDER / "train_noise_cond.py", *words], env=environment)
        done.write_text(f"{steps}\n")
    return checkpoint.resolve(), int(done.read_text())


def loudest(clean, rate: int):
    """Where the 3 s with the most speech begin."""
    import numpy as np

    count = int(SMALL_SECONDS * rate)
    if len(clean) <= count:
        return 0
    energy = np.cumsum(np.concatenate([[0.0], np.square(clean)]))
    return int(np.argmax(energy[count:] - energy[:-count]))


def small_set(folder: Path, out: Path) -> Path:
    """The first 20 pairs of a set (of one with an index, those at 0 dB first), 3 s each."""
    import soundfile

    target = out / f"{folder.resolve().name}-3s"
    if target.is_dir():
        return target
    names = sorted(p for p in (folder / "noisy").iterdir() if not p.name.startswith("."))
    index = folder / "index.csv"
    if index.is_file():
        with open(index, newline="") as rows:
            ratios = {row["name"]: row["snr_db"] for row in csv.DictReader(rows)}
        names.sort(key=lambda p: ratios.get(p.stem) != "0")
    partial = out / f".{target.name}.partial"
    for path in names[:SMALL_FILES]:
        clean, rate = soundfile.read(next((folder / "clean").glob(f"{path.stem}.*")))
        noisy, _ = soundfile.read(path)
        start = loudest(clean, rate)
        for side, samples in (("clean", clean), ("noisy", noisy)):
            (partial / side).mkdir(parents=True, exist_ok=True)
            soundfile.write(partial / side / f"{path.stem}.wav", samples[start : start + int(SMALL_SECONDS * rate)], rate)
    partial.rename(target)
    return target


def in_distribution(base: Path, out: Path) -> Path:
    """20 mixtures of 3 s of the training's own corpora, of items that it leaves out."""
    import numpy as np
    import soundfile

    sys.path.insert(0, str(FOLDER))
    from training.ncsnpp.data import Corpora, source

    target = out / "in-distribution-3s"
    if target.is_dir():
        return target
    corpora = source(base, out.parent / "cache", 16_000)
    if not isinstance(corpora, Corpora):
        raise OfflineError(f"{base} holds pairs, of which none are held out; name a test set with --sets, and leave the set in-distribution out")
    corpora.held_out = True
    partial = out / f".{target.name}.partial"
    for index in range(SMALL_FILES):
        for attempt in range(1000):
            random = np.random.default_rng([7 + attempt, index])
            clean, noise = corpora.draw(random, int(SMALL_SECONDS * 16_000))
            if np.square(clean).mean() >= 1e-7:  # no pause
                break
        else:
            raise OfflineError(f"{base} holds hardly any sound in what is held out; give another with --base-dir")
        scale = 0.9 / max(np.abs(clean + noise).max(), np.abs(clean).max())
        for side, samples in (("clean", clean), ("noisy", clean + noise)):
            (partial / side).mkdir(parents=True, exist_ok=True)
            soundfile.write(partial / side / f"in-{index:02d}.wav", samples * scale, 16_000)
    partial.rename(target)
    return target


def sets(args) -> list[Path]:
    if not args.small:
        return args.sets
    out = args.out / "small-sets"
    out.mkdir(parents=True, exist_ok=True)
    return [in_distribution(args.base_dir.resolve(), out), *(small_set(folder, out) for folder in args.sets)]


def evaluate(args, enhancer: str, label: str, folder: Path) -> None:
    """A CSV with a row a file; one that is there is not made again."""
    target = args.results / "offline" / f"{re.sub(r'[^A-Za-z0-9.=-]+', '_', label)}.{folder.name}.csv"
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    call([sys.executable, TOOLS / "evaluate", "--enhancer", enhancer, "--name", label, "--jobs", 1 if args.small else args.jobs,
          "--csv", target, folder], env=os.environ | ({"OMP_NUM_THREADS": "1"} if args.small else {}))  # fmt: skip
    print(target, flush=True)


def run(args, experiments: Path, name: str, seeds: list[int]) -> None:
    experiment = load(experiments, name)
    scale = "small" if args.small else "full"
    model_name = experiment.get("model", name)
    weights = args.cfg_scale or experiment["evaluate"]["cfg_scale"]
    if args.small and not args.cfg_scale:
        weights = [w for w in weights if w in SMALL_WEIGHTS]
    steps = SMALL_REVERSE_STEPS if args.small else FULL_REVERSE_STEPS
    for seed in seeds:
        model, trained = train(args, experiments, model_name, seed)
        for weight in weights:
            for folder in sets(args):
                words = [sys.executable, TOOLS / "enhance-reference", "{indir}", "-o", "{outdir}", "--ckpt", model, "--N", steps]
                if "--backbone ncsnpp_v2 " not in load(experiments, model_name)["command"]:
                    words += ["--oracle_noise", "--clean_dir", folder.resolve() / "clean", "--cfg_scale", weight]
                evaluate(args, shlex.join(map(str, words)), f"{scale} {name} w={weight:g} seed={seed} steps={trained}", folder)


def table(args, experiments: Path) -> None:
    """All of the small-scale table, with the noisy files and Limpid's live network (where it is built) beside.

    --jobs runs are trained and evaluated at once, each on one core: that is faster than one run on several, whose network is small.
    """
    args.small = True
    for folder in sets(args):
        evaluate(args, "none", "small noisy", folder)
        if args.limpid.is_file():
            words = [args.limpid.resolve(), "enhance", "{indir}", "-o", "{outdir}", "--preset", "live"]
            evaluate(args, shlex.join(map(str, words)), "small limpid-live", folder)
    with ThreadPoolExecutor(args.jobs) as pool:
        runs = [
            pool.submit(run, argparse.Namespace(**vars(args) | {"cfg_scale": weights}), experiments, name, [seed])
            for name, seeds, weights in TABLE for seed in seeds
        ]  # fmt: skip
        for done in as_completed(runs):
            if error := done.exception():
                pool.shutdown(cancel_futures=True)
                raise error
