"""The tables of the offline system for RESULTS.md: the document's figures, ours at each scale beside them."""

import csv
import re
import tomllib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
LABEL = re.compile(r"^(small|full) (\S+)(?: w=(\S+) seed=(\d+) steps=(\d+))?$")
HEAD = {
    "small": "Small scale: NCSN++ of about 1 M parameters, hop 256, reference of 0.5 s, output divided by σ, crops of 1 s, batch 1, "
             "one core a run; 20 files of 3 s a set, 10 reverse steps (`offline_experiment.py`). Its figures are "
             "not to be held against the document's, only which way the comparisons lean.",
    "full": "Full scale: as the document has it.",
}  # fmt: skip

# Pairs of (experiment, w, seed; None: the mean over all seeds): the first less the second, file by file.
COMPARISONS = {
    "dropout of the condition, p = 0.2 against none": (("run/CFG-02", 1, None), ("run/baseline", 1, None)),
    "p = 0.2 against 0.1": (("run/CFG-02", 1, None), ("run/CFG-01", 1, None)),
    "guidance, w = 3 against 1, p = 0.1": (("run/CFG-01", 3, None), ("run/CFG-01", 1, None)),
    "guidance, w = 3 against 1, p = 0.2": (("run/CFG-02", 3, None), ("run/CFG-02", 1, None)),
    "guidance, w = 3 against 1, CLAP": (("run/CLAP-CFG-0.1", 3, None), ("run/CLAP-CFG-0.1", 1, None)),
    "CLAP, p = 0.1, against global pooling": (("run/CLAP-CFG-0.1", 1, None), ("run/baseline", 1, None)),
    "CLAP, p = 0.1, against global pooling, p = 0.2": (("run/CLAP-CFG-0.1", 1, None), ("run/CFG-02", 1, None)),
    "PANNs against global pooling": (("plan/PANNs-01", 1, None), ("run/baseline", 1, None)),
    "cross-attention against global pooling": (("run/XAttn-01", 1, None), ("run/baseline", 1, None)),
    "cross-attention, p = 0.2, against global pooling, p = 0.2": (("run/XAttn-CFG", 1, None), ("run/CFG-02", 1, None)),
    "guidance, w = 3 against 1, cross-attention": (("run/XAttn-CFG", 3, None), ("run/XAttn-CFG", 1, None)),
    "one seed against another, p = 0.2": (("run/CFG-02", 1, 1), ("run/CFG-02", 1, 0)),
    "one seed against another, cross-attention": (("run/XAttn-01", 1, 1), ("run/XAttn-01", 1, 0)),
}  # fmt: skip


def read(folder: Path) -> dict:
    """{scale: {(experiment, w, seed, steps): {set: (files, 3) array}}}"""
    found: dict = {}
    for path in sorted(folder.glob("*.csv")):
        with open(path, newline="") as rows:
            table = sorted(csv.DictReader(rows), key=lambda row: row["name"])
        match = LABEL.match(table[0]["enhancer"]) if table else None
        if not match:
            continue
        scale, name, weight, seed, steps = match.groups()
        key = (name, float(weight) if weight else None, int(seed) if seed else None, int(steps) if steps else None)
        values = np.array([[float(row[m]) for m in ("pesq", "estoi", "si_sdr_db")] for row in table])
        found.setdefault(scale, {}).setdefault(key, {})[table[0]["set"]] = values
    return found


def cell(values: np.ndarray) -> str:
    mean, spread = values.mean(0), values.std(0, ddof=1) if len(values) > 1 else np.zeros(3)
    return f"{mean[0]:.2f} ± {spread[0]:.2f} / {mean[1]:.2f} ± {spread[1]:.2f} / {mean[2]:.1f} ± {spread[2]:.1f}"


def document() -> dict:
    """{(experiment, w): {set: figures}}"""
    figures: dict = {}
    for path in sorted(FOLDER.glob("experiments/*/*.toml")):
        name = f"{path.parent.name}/{path.stem}"
        for entry in tomllib.loads(path.read_text()).get("document", []):
            text = f"{entry['pesq']} / {entry['estoi']} / {entry['si_sdr_db']}"
            figures.setdefault((name, entry["cfg_scale"]), {})[entry["set"]] = text
    return figures


def comparisons(rows: dict, figures: dict, names: list[str], interval) -> list[str]:
    """Differences of pairs with 95 % intervals over files, the document's differences of means beside them."""

    def seeds(key, name: str) -> dict:
        return {
            seed: sets[name] for (run, weight, seed, _), sets in rows.items()
            if (run, weight) == key[:2] and key[2] in (None, seed) and name in sets
        }  # fmt: skip

    def pair(keys, name: str) -> list:
        """Scores of both, means over seeds; of one experiment over the seeds that both have."""
        found = [seeds(key, name) for key in keys]
        if keys[0][0] == keys[1][0] and keys[0][2] is None:
            found = [{s: x for s, x in scores.items() if s in found[0] and s in found[1]} for scores in found]
        lengths = {len(x) for scores in found for x in scores.values()}
        return [np.mean(list(scores.values()), 0) for scores in found] if all(found) and len(lengths) == 1 else []

    def theirs(keys, name: str) -> str:
        texts = [figures.get(key[:2], {}).get(name) for key in keys]
        if None in texts or keys[0][:2] == keys[1][:2]:
            return ""
        pairs = [[float(part.split("±")[0]) for part in text.split("/")] for text in texts]
        return "{:+.2f} / {:+.1f}".format(*(pairs[0][m] - pairs[1][m] for m in (0, 2)))

    lines = ["", f"| PESQ / SI-SDR (dB), first less second | {' | '.join(names)} | the document, VB-DEMAND | the document, ESC-50 at 0 dB |",
             "|---" * (len(names) + 3) + "|"]  # fmt: skip
    for what, keys in COMPARISONS.items():
        cells = []
        for name in names:
            both = pair(keys, name)
            if not both:
                cells.append("")
                continue
            difference = both[0] - both[1]
            cells.append(" / ".join(
                "{:+.{d}f} [{:+.{d}f}, {:+.{d}f}]".format(x.mean(), *interval(x), d=d)
                for x, d in ((difference[:, 0], 2), (difference[:, 2], 1))
            ))  # fmt: skip
        if any(cells):
            lines.append("| " + " | ".join([what, *cells, theirs(keys, "VB-DEMAND"), theirs(keys, "ESC-50, 0 dB")]) + " |")
    return lines


def tables(interval) -> list[str]:
    """Markdown. `interval` gives the bounds of a mean (results.interval)."""
    figures, measured = document(), read(FOLDER / "results/offline")
    lines = ["", "## The offline system (NCSN++ with a noise reference)", "",
             "The experiments of the document that Limpid descends from (`experiments/plan`, `experiments/run`). PESQ / ESTOI / SI-SDR in dB, mean ± "
             "standard deviation over files; w is the weight of guidance."]  # fmt: skip
    for scale in ("full", "small"):
        rows = measured.get(scale)
        lines += ["", f"### {scale.capitalize()} scale", "", HEAD[scale]]
        if not rows:
            lines += ["", "Not run."]
            continue
        names = sorted({name for sets in rows.values() for name in sets})
        lines += ["", f"| experiment | w | seed | steps | {' | '.join(names)} | the document, VB-DEMAND | the document, ESC-50 at 0 dB |",
                  "|---" * (len(names) + 6) + "|"]  # fmt: skip
        for key in sorted(rows, key=lambda k: (k[1] is not None, k[0], k[1] or 0, k[2] or 0)):
            name, weight, seed, steps = key
            theirs = figures.get((name, weight), {})
            cells = [cell(rows[key][s]) if s in rows[key] else "" for s in names]
            cells += [theirs.get("VB-DEMAND", ""), theirs.get("ESC-50, 0 dB", "")]
            start = [name, "" if weight is None else f"{weight:g}", "" if seed is None else str(seed), "" if steps is None else str(steps)]
            lines.append("| " + " | ".join([*start, *cells]) + " |")
        lines += comparisons(rows, figures, names, interval)
    lines += ["", "### The document's figures", "", "50 000 steps of 4, one GPU; what it has not run is not here.", "",
              "| experiment | w | VB-DEMAND | ESC-50 at 0 dB |", "|---|---|---|---|"]  # fmt: skip
    for (name, weight), sets in sorted(figures.items()):
        if name.startswith("run/"):
            first = sets.get("VB-DEMAND") or (f"{sets['VB-DEMAND (paper)']} (the paper's)" if "VB-DEMAND (paper)" in sets else "")
            lines.append(f"| {name} | {weight:g} | {first} | {sets.get('ESC-50, 0 dB', '')} |")
    return lines
