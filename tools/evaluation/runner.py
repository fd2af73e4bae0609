"""All pairs of all sets, over processes."""

import tempfile
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from .enhancers import Enhancer
from .errors import EvaluationError
from .pairs import Pair, pairs
from .progress import Progress
from .scoring import Score, score, start_worker


def evaluate(
    enhancers: list[tuple[str, Enhancer]],
    folders: list[Path],
    jobs: int,
    dnsmos_model: Path | None = None,
    target: str = "clean",
    lead: str | None = None,
    measures_level: bool = False,
) -> list[Score]:
    """Scores every pair with every enhancer, in the order of enhancers, sets and names.

    `target` is the sets' folder that outputs are compared with, `lead` the one of profiles for enhancers that take them.
    All failures are collected; if there is one, EvaluationError tells the first ones and there are no scores.
    """
    sets = [(folder, pairs(folder, target, lead)) for folder in folders]
    total = len(enhancers) * sum(len(members) for _, members in sets)
    scores: dict[int, Score] = {}
    failures: dict[int, str] = {}
    with tempfile.TemporaryDirectory(prefix="limpid-evaluation-") as scratch:
        pool = ProcessPoolExecutor(jobs, initializer=start_worker, initargs=(dnsmos_model, measures_level))
        try:
            with Progress(total) as progress:
                waiting: dict[Future[Score], int] = {}
                # Folder commands run one after another: each is one process and may use all cores itself.
                position = 0
                for label, enhancer in enhancers:
                    for index, (folder, members) in enumerate(sets):
                        outputs: dict[str, Path] | None = None
                        if enhancer.is_batch:
                            outputs = enhanced_folder(enhancer, folder, members, Path(scratch) / f"set-{index}")
                        for pair in members:
                            enhanced = outputs[pair.name] if outputs is not None else None
                            place = Path(scratch) / f"{position}"
                            waiting[pool.submit(score, label, enhancer, pair, enhanced, place)] = position
                            position += 1
                for future in as_completed(waiting):
                    try:
                        scores[waiting[future]] = future.result()
                    except EvaluationError as error:
                        failures[waiting[future]] = str(error)
                    progress.advance()
        except BrokenProcessPool:
            raise EvaluationError("a worker process ended unexpectedly; try fewer --jobs if memory ran out") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if failures:
        raise EvaluationError(summary([failures[position] for position in sorted(failures)], total))
    return [scores[position] for position in sorted(scores)]


def enhanced_folder(enhancer: Enhancer, folder: Path, members: list[Pair], output: Path) -> dict[str, Path]:
    """What the folder command made, with a file for every pair."""
    try:
        outputs = enhancer.enhance_folder(folder / "noisy", output)
    except EvaluationError as error:
        raise EvaluationError(f"{folder}: {error}") from None
    missing = [pair.name for pair in members if pair.name not in outputs]
    if missing:
        raise EvaluationError(
            f"{folder}: the enhancer ended well but left {len(missing)} of {len(members)} files out, "
            f"the first is {missing[0]}"
        )
    return outputs


def summary(failures: list[str], total: int) -> str:
    shown = 5
    text = "\n".join(failures[:shown])
    if len(failures) > shown:
        text += f"\nand {len(failures) - shown} more"
    return f"{len(failures)} of {total} files have no scores, so nothing was written:\n{text}"
