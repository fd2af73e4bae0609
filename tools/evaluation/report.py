"""Scores as CSV, one row a file, and as Markdown, one row a set: mean ± standard deviation."""

import csv
import io
import os
import statistics
import tempfile
from pathlib import Path

from .audio import SAMPLE_RATE
from .errors import EvaluationError
from .scoring import COLUMNS, DNSMOS_COLUMNS, LEVEL_COLUMNS, Score

HEADINGS = {
    "pesq": ("PESQ (wb)", 2),
    "estoi": ("ESTOI", 3),
    "si_sdr_db": ("SI-SDR (dB)", 1),
    "gain_db": ("gain (dB)", 1),
    "level_db": ("level (dB)", 1),
    "dnsmos_sig": ("DNSMOS SIG", 2),
    "dnsmos_bak": ("BAK", 2),
    "dnsmos_ovrl": ("OVRL", 2),
}


def columns(scores: list[Score]) -> list[str]:
    return [name for name in COLUMNS + LEVEL_COLUMNS + DNSMOS_COLUMNS if name in scores[0].values]


def csv_text(scores: list[Score]) -> str:
    names = columns(scores)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["enhancer", "set", "name", "seconds", *names, "delay_samples"])
    for s in scores:
        values = [f"{s.values[name]:.6g}" for name in names]
        writer.writerow([s.enhancer, s.pair.set, s.pair.name, f"{s.seconds:.3f}", *values, s.delay])
    return text.getvalue()


def markdown(scores: list[Score]) -> str:
    """A table with a row for every enhancer and set, in the order of their first appearance, then the delays."""
    names = columns(scores)
    groups: dict[tuple[str, str], list[Score]] = {}
    for s in scores:
        groups.setdefault((s.enhancer, s.pair.set), []).append(s)
    lines = [
        "| enhancer | set | files | " + " | ".join(HEADINGS[name][0] for name in names) + " |",
        "|---|---|---|" + "---|" * len(names),
    ]
    notes = []
    for (enhancer, set_name), group in groups.items():
        cells = [spread([s.values[name] for s in group], HEADINGS[name][1]) for name in names]
        enhancer = enhancer.replace("|", "\\|")
        lines.append(f"| {enhancer} | {set_name} | {len(group)} | " + " | ".join(cells) + " |")
        notes.append(f"{enhancer}, {set_name}: {delays([s.delay for s in group])}")
    lines += ["", "Mean ± standard deviation over files. Delay taken out, found by cross-correlation within ±100 ms:"]
    return "\n".join([*lines, "; ".join(notes) + "."]) + "\n"


def spread(values: list[float], digits: int) -> str:
    mean = f"{statistics.fmean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def delays(values: list[int]) -> str:
    low, high = min(values), max(values)
    if low == high:
        return f"{low} samples ({1000 * low / SAMPLE_RATE:.1f} ms)"
    middle = statistics.median_low(values)
    differing = sum(value != middle for value in values)
    return (
        f"{middle} samples ({1000 * middle / SAMPLE_RATE:.1f} ms) in the median, "
        f"from {low} to {high}, {differing} of {len(values)} files off the median"
    )


def write_all(texts: dict[Path, str]) -> None:
    """Writes all files under temporary names beside their places, then renames them; on failure none is left."""
    waiting: list[tuple[str, Path]] = []
    try:
        for path, text in texts.items():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            waiting.append((name, path))
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(name, 0o666 & ~current_umask())
        while waiting:
            os.replace(*waiting[0])
            waiting.pop(0)
    except OSError as error:
        raise EvaluationError(f"{error.filename2 or path}: cannot be written ({error.strerror})") from None
    finally:
        for name, _ in waiting:
            Path(name).unlink(missing_ok=True)


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
