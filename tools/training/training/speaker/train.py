"""Trains the speaker network: `python -m training.speaker.train --speech … --noise … --out DIR`.

Minutes on two cores: everything is mixed as spectra in memory. `speaker.pt` has the averaged weights, for
`training.speaker.export` and for `--resume`.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError

from .. import augmentation, gru
from ..components import Components
from ..corpora import Corpus, CorpusError
from ..features import HOP, SAMPLE_RATE
from ..options import positive
from ..run import room_responses
from . import export
from .data import Bank, Maker, spectra
from .losses import Centres, area, losses, weighed
from .network import HOLD, STEP_RATE, SpeakerConfiguration, SpeakerNetwork

SECONDS = 6.0
CHECKS = 8  # batches of held-out speakers
AVERAGE = 0.998


class Stream(torch.utils.data.IterableDataset):
    """An endless stream of `Scenes`, repeatable for a seed and a number of workers."""

    def __init__(self, bank: Bank, noises: torch.Tensor, voices: int, seed: int):
        self.arguments = bank, noises, voices, int(SECONDS * SAMPLE_RATE / HOP), int(HOLD * STEP_RATE)
        self.seed = seed

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        maker = Maker(*self.arguments, seed=self.seed + (worker.id if worker else 0))
        while True:
            yield maker.next()


def several(text: str) -> int:
    """Every voice is mixed with two others."""
    if positive(text) < 3:
        raise argparse.ArgumentTypeError(f"{text} is fewer than 3")
    return int(text)


def noise_bank(noise: Corpus, speech: Corpus, rooms: list[np.ndarray], count: int, seed: int) -> torch.Tensor:
    """(count, frames, 160) spectra of noises from the whole augmentation set."""
    made = Components(speech, noise, 1, SECONDS, seed, rooms=rooms)
    random = np.random.default_rng(seed)
    frames = int(SECONDS * SAMPLE_RATE / HOP)
    sounds = (augmentation.normalise(made.noises(random, (frames + 1) * HOP)) for _ in range(count))
    return torch.from_numpy(np.stack([spectra(x) for x in sounds]))


def arguments(argv=None):
    p = argparse.ArgumentParser(prog="python -m training.speaker.train", description=__doc__.splitlines()[0])
    p.add_argument("--speech", nargs="+", type=Path, required=True, help="folders, or shard indices (.json), with speakers told apart")
    p.add_argument("--noise", nargs="+", type=Path, required=True, help="folders, or shard indices (.json)")
    p.add_argument("--rooms", nargs="*", type=Path, default=[], help="measured room responses (.npz)")
    p.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the cache")
    p.add_argument("--minutes", type=float, default=60, help="length of the run, after the spectra are made (default 60)")
    p.add_argument("--max-steps", type=positive, help="length of the run in steps, not minutes")
    p.add_argument("--hours", type=float, default=12, help="of speech that are held in memory, 0.25 GB each (default 12)")
    p.add_argument("--noises", type=positive, default=600, help="that are drawn from, 6 s each (default 600)")
    p.add_argument("--voices", type=several, default=32, help="of a batch, 3 or more; twice as many scenes (default 32)")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--resume", type=Path, help="speaker.pt or a weights file (.safetensors) to go on from, with a new clock")
    p.add_argument("--processes", type=positive, default=2, help="that make the spectra (default 2)")
    p.add_argument("--workers", type=int, default=1, help="processes that make scenes (default 1)")
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args(argv)


class Run:
    def __init__(self, args):
        self.args = args
        torch.manual_seed(args.seed)
        parts = {role: Corpus(getattr(args, role), role, args.out / "cache").split() for role in ("speech", "noise")}
        rooms = room_responses(args.rooms) if args.rooms else []
        begin = time.time()
        banks, noises = [], []
        for number, held in enumerate((False, True)):
            speech, noise = (p[1] if held and p[1] else p[0] for p in parts.values())
            banks.append(Bank(speech, rooms, args.processes, args.hours, args.seed + number))
            noises.append(noise_bank(noise, speech, rooms, max(1, args.noises // 10) if held else args.noises, args.seed + number))
        print(
            f"{len(banks[0].speakers)} speakers, those of other speeds counted, {len(banks[0].frames) * HOP / SAMPLE_RATE / 3600:.1f} h; "
            f"{len(banks[1].speakers)} held out; spectra made in {time.time() - begin:.0f} s", flush=True
        )  # fmt: skip
        self.stream = iter(torch.utils.data.DataLoader(
            Stream(banks[0], noises[0], args.voices, args.seed), batch_size=None, num_workers=args.workers,
            prefetch_factor=4 if args.workers else None,
        ))  # fmt: skip
        held = iter(Stream(banks[1], noises[1], min(24, args.voices), 77))
        self.checks = [next(held) for _ in range(CHECKS)]
        self.net = SpeakerNetwork()
        self.centres = Centres(self.net.configuration.embedding, max(banks[0].speakers) + 1)
        if args.resume:
            self.resume(args.resume)
        self.averaged = {k: v.clone() for k, v in self.net.state_dict().items()}
        parameters = [*self.net.parameters(), *self.centres.parameters()]
        self.optimiser = torch.optim.AdamW(parameters, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.01)
        self.step = self.skipped = 0
        self.sums: dict[str, list[float]] = {}

    def resume(self, path: Path):
        if path.suffix == ".safetensors":  # as it is shipped: without the centres, which are soon found anew
            try:
                net = export.load(path)
            except (OSError, ValueError, KeyError, SafetensorError):
                net = None
            if net is None:
                raise CorpusError(f"{path} has no speaker network; --resume takes weights that have one, or a speaker.pt")
            self.net = net.train()
            return
        try:
            saved = torch.load(path, weights_only=True)
            self.net = SpeakerNetwork(SpeakerConfiguration(**saved["configuration"]))
            self.net.load_state_dict(saved["network"])
            centres = saved["centres"]
        except Exception:  # torch.load has no error of its own
            raise CorpusError(f"{path} is no checkpoint of training.speaker.train; --resume takes a speaker.pt") from None
        if centres["centres"].shape == self.centres.centres.shape:  # else other corpora: they are soon found anew
            self.centres.load_state_dict(centres)

    def train(self):
        start = last = time.time()
        while (done := self.done(start)) < 1:
            for group in self.optimiser.param_groups:
                group["lr"] = self.args.lr * min(1, (self.step + 1) / 200) * min(1, 1.5 * (1 - done))
            self.advance(next(self.stream))
            if time.time() - last > 120:
                last = time.time()
                self.report(start)
        self.report(start)

    def done(self, start: float) -> float:
        if self.args.max_steps:
            return self.step / self.args.max_steps
        return (time.time() - start) / 60 / self.args.minutes

    def advance(self, scenes):
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            parts, *_ = losses(self.net, scenes, self.centres)
        self.optimiser.zero_grad()
        weighed(parts).backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.step += 1
        if not norm.isfinite():  # one such step would end the run
            self.skipped += 1
            return
        self.optimiser.step()
        decay = min(AVERAGE, self.step / (self.step + 20))
        for name, value in self.net.state_dict().items():
            self.averaged[name].lerp_(value, 1 - decay)
        for name, value in parts.items():
            self.sums.setdefault(name, []).append(value.item())

    def report(self, start: float):
        """Scores the averaged weights on speakers who are held out, and keeps them."""
        current = {k: v.clone() for k, v in self.net.state_dict().items()}
        self.net.load_state_dict(self.averaged)
        with torch.no_grad():
            results = [losses(self.net, check) for check in self.checks]
        speaking, silent = (torch.cat([r[i] for r in results]) for i in (1, 2))
        row = {
            "step": self.step, "minutes": (time.time() - start) / 60, "skipped": self.skipped, **{k: sum(v) / len(v) for k, v in self.sums.items()},
            **{f"held_{k}": float(sum(r[0][k] for r in results) / len(results)) for k in results[0][0]}, "area": area(speaking, silent),
        }  # fmt: skip
        print("  ".join(f"{k} {v:.4g}" for k, v in row.items()), flush=True)
        saved = {"network": self.net.state_dict(), "centres": self.centres.state_dict(), "configuration": self.net.configuration.as_dict(), "row": row}
        if not all(v.isfinite().all() for v in self.net.state_dict().values()):
            raise CorpusError("the weights are no numbers any more; go on from speaker.pt with --resume and a lower --lr")
        temporary = self.args.out / "speaker.tmp"
        torch.save(saved, temporary)
        temporary.rename(self.args.out / "speaker.pt")
        self.net.load_state_dict(current)
        self.sums = {}


def main(argv=None):
    args = arguments(argv)
    torch.set_num_threads(1)
    gru.prepare()
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        Run(args).train()
    except CorpusError as error:
        print(f"training: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
