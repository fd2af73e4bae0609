"""Makes RESULTS.md from results/*.csv and the ledger's learning curve: `python results.py`, in tools/training."""

import csv
from pathlib import Path

import numpy as np
import offline_results

FOLDER = Path(__file__).resolve().parent
MEASURES = {"pesq": 2, "estoi": 3, "si_sdr_db": 1}
# LEDGER.md: hours heard, then PESQ, ESTOI, SI-SDR of each set. One run continued, its settings changed between rows.
CURVE = {
    "voicebank-demand-p232": {
        19.6: (2.63, 0.848, 16.3), 21.8: (2.65, 0.849, 16.5), 47.5: (2.70, 0.857, 17.4), 76.4: (2.75, 0.864, 18.3),
        96.1: (2.77, 0.862, 18.3), 131.3: (2.77, 0.864, 18.9), 158.8: (2.81, 0.866, 18.9),
        198.1: (2.82, 0.870, 18.9), 218.2: (2.83, 0.868, 19.0),
    },
    "esc50-unseen": {
        19.6: (2.07, 0.719, 10.1), 21.8: (2.09, 0.721, 10.2), 47.5: (2.21, 0.743, 11.8), 76.4: (2.27, 0.753, 12.5),
        96.1: (2.32, 0.755, 12.7), 131.3: (2.34, 0.759, 13.0), 158.8: (2.37, 0.777, 13.4),
        198.1: (2.41, 0.781, 13.4), 218.2: (2.42, 0.783, 13.5),
    },
    "non-stationary": {
        19.6: (1.78, 0.688, 7.7), 21.8: (1.80, 0.691, 7.9), 47.5: (1.86, 0.719, 9.5), 76.4: (1.90, 0.728, 10.0),
        96.1: (1.95, 0.731, 10.4), 131.3: (1.91, 0.734, 10.6), 158.8: (2.01, 0.755, 11.4),
        198.1: (2.03, 0.760, 11.6), 218.2: (2.05, 0.762, 11.5),
    },
}  # fmt: skip
# What the runs of an experiment are compared with, file by file: the default, or the model without a condition of the same seed.
BASES = {
    "steps": "steps steps-1", "guidance": "guidance guidance-1", "reference-length": "reference-length reference_length-2.0",
    "reference-mode": "reference-mode reference-rolling",
    "dropout-": "dropout-0.2 guidance-1.0 seed-{seed}", "augmentation-off": "dropout-0.2 guidance-1.0 seed-{seed}",
    "condition-": "condition-none guidance-1.0 reference-rolling seed-{seed}",
    "taught-reference": "taught-reference reference-rolling", "taught-guidance": "taught-guidance guidance-1 reference-learned",
    "taught-steps": "taught-steps steps-1 reference-learned",
}  # fmt: skip


def base_of(run: str) -> str | None:
    pattern = next((b for start, b in BASES.items() if run.startswith(start)), None)
    return pattern and pattern.format(seed=run.rsplit("-", 1)[-1])


def read(folder: Path) -> dict:
    """{set: {experiment: {file: (pesq, estoi, si_sdr_db)}}}"""
    scores: dict = {}
    for path in sorted(folder.glob("*.csv")):
        with open(path, newline="") as rows:
            for row in csv.DictReader(rows):
                files = scores.setdefault(row["set"], {}).setdefault(row["enhancer"], {})
                files[row["name"]] = tuple(float(row[m]) for m in MEASURES)
    return scores


def interval(values: np.ndarray, rounds: int = 10_000) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean over files."""
    picks = np.random.default_rng(0).integers(0, len(values), (rounds, len(values)))
    low, high = np.percentile(values[picks].mean(1), [2.5, 97.5])
    return float(low), float(high)


def tables(scores: dict) -> list[str]:
    lines = []
    for name, runs in scores.items():
        lines += ["", f"## {name}", "",
                  "| experiment | files | PESQ | ESTOI | SI-SDR (dB) | PESQ minus the base's | SI-SDR minus the base's |",
                  "|---|---|---|---|---|---|---|"]  # fmt: skip
        for run, files in runs.items():
            table = np.array([files[f] for f in sorted(files)])
            cells = []
            for column, digits in enumerate(MEASURES.values()):
                x = table[:, column]
                low, high = interval(x)
                cells.append(f"{x.mean():.{digits}f} ± {x.std(ddof=1):.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]")
            base = base_of(run)
            differences = ["not run", "not run"]
            if run == base:
                differences = ["–", "–"]
            elif base and set(runs.get(base, {})) == set(files):
                pairs = table - np.array([runs[base][f] for f in sorted(files)])
                differences = [
                    "{:+.{d}f} [{:+.{d}f}, {:+.{d}f}]".format(x.mean(), *interval(x), d=d)
                    for x, d in ((pairs[:, 0], 3), (pairs[:, 2], 2))
                ]
            lines.append(f"| {run} | {len(files)} | " + " | ".join(cells + differences) + " |")
    return lines


def curve() -> list[str]:
    """A straight line through PESQ over log2(hours), and its residual."""
    hours = list(next(iter(CURVE.values())))
    far = 2 * hours[-1]
    lines = ["", "## Learning curve", "", "![PESQ against hours heard](figures/learning-curve.png)", "",
             "PESQ / ESTOI / SI-SDR; the line is a least-squares fit of PESQ over log2(hours).", "",
             "| set | " + " | ".join(f"{h:g} h" for h in hours) + f" | PESQ a doubling | residual (sd) | at {far:.0f} h, if it went on |",
             "|---" * (len(hours) + 4) + "|"]  # fmt: skip
    for name, rows in CURVE.items():
        x, y = np.log2(hours), np.array([v[0] for v in rows.values()])
        slope, offset = np.polyfit(x, y, 1)
        residual = np.std(y - slope * x - offset, ddof=2)
        cells = [f"{p:.2f} / {e:.3f} / {s:.1f}" for p, e, s in rows.values()]
        lines.append(f"| {name} | {' | '.join(cells)} | {slope:+.3f} | {residual:.3f} | {offset + slope * np.log2(far):.2f} |")
    return lines


def draw(path: Path) -> None:
    """The learning curve as a picture, where matplotlib is there."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.add_subplot(xlabel="hours heard", ylabel="PESQ (wide band)", xscale="log")
    for name, rows in CURVE.items():
        axes.plot(list(rows), [v[0] for v in rows.values()], marker="o", label=name)
    axes.set_xticks([20, 40, 80, 160], ["20", "40", "80", "160"], minor=False)
    axes.minorticks_off()
    axes.set_ylim(1.6, 3.3)
    axes.legend(fontsize="small", loc="upper left")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100)


def main() -> None:
    draw(FOLDER / "figures/learning-curve.png")
    text = (FOLDER / "RESULTS.in.md").read_text().rstrip().split("\n")
    (FOLDER / "RESULTS.md").write_text("\n".join([*text, *tables(read(FOLDER / "results")), *curve(), *offline_results.tables(interval)]) + "\n")


if __name__ == "__main__":
    main()
