"""The tables of the offline system for RESULTS.md: the document's figures, ours at each scale beside them."""

import csv
import re
import tomllib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
LABEL = re.compile(r"^(small|full) (\S+)(?: w=(\S+) seed=(\d+) steps=(\d+))?$")
HEAD = {
    "small": "Small scale: NCSN++ of about 1 M parameters, crops of 1 s, batch 4, two cores; 20 files of 3 s a set, 10 reverse steps. Its figures are "
             "not to be held against the document's, only which way the comparisons lean.",
    "full": "Full scale: as the document has it.",
}  # fmt: skip


def read(folder: Path) -> dict:
    """{scale: {(experiment, w, seed, steps): {set: (files, 3) array}}}"""
    found: dict = {}
    for path in sorted(folder.glob("*.csv")):
        with open(path, newline="") as rows:
            table = list(csv.DictReader(rows))
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


def tables() -> list[str]:
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
    lines += ["", "### The document's figures", "", "50 000 steps of 4, one GPU; what it has not run is not here.", "",
              "| experiment | w | VB-DEMAND | ESC-50 at 0 dB |", "|---|---|---|---|"]  # fmt: skip
    for (name, weight), sets in sorted(figures.items()):
        if name.startswith("run/"):
            first = sets.get("VB-DEMAND") or (f"{sets['VB-DEMAND (paper)']} (the paper's)" if "VB-DEMAND (paper)" in sets else "")
            lines.append(f"| {name} | {weight:g} | {first} | {sets.get('ESC-50, 0 dB', '')} |")
    return lines
