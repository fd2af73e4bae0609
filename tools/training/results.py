"""Makes RESULTS.md from results/*.csv and the ledger's learning curve: `python results.py`, in tools/training."""

import csv
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
MEASURES = {"pesq": 2, "estoi": 3, "si_sdr_db": 1}
# LEDGER.md: hours heard, then PESQ, ESTOI, SI-SDR of each set. One run continued, its settings changed between rows.
CURVE = {
    "voicebank-demand-p232": {19.6: (2.63, 0.848, 16.3), 21.8: (2.65, 0.849, 16.5), 47.5: (2.70, 0.857, 17.4)},
    "esc50-unseen": {19.6: (2.07, 0.719, 10.1), 21.8: (2.09, 0.721, 10.2), 47.5: (2.21, 0.743, 11.8)},
    "non-stationary": {19.6: (1.78, 0.688, 7.7), 21.8: (1.80, 0.691, 7.9), 47.5: (1.86, 0.719, 9.5)},
}
BASE = "steps steps-1"


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
        lines += ["", f"## {name}", "", "| experiment | files | PESQ | ESTOI | SI-SDR (dB) | PESQ minus N = 1, w = 1 |",
                  "|---|---|---|---|---|---|"]  # fmt: skip
        for run, files in runs.items():
            table = np.array([files[f] for f in sorted(files)])
            cells = []
            for column, digits in enumerate(MEASURES.values()):
                x = table[:, column]
                low, high = interval(x)
                cells.append(f"{x.mean():.{digits}f} ± {x.std(ddof=1):.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]")
            base = runs.get(BASE, {})
            difference = "not run"
            if run == BASE:
                difference = "–"
            elif set(base) == set(files):
                d = np.array([files[f][0] - base[f][0] for f in sorted(files)])
                difference = "{:+.3f} [{:+.3f}, {:+.3f}]".format(d.mean(), *interval(d))
            lines.append(f"| {run} | {len(files)} | " + " | ".join(cells) + f" | {difference} |")
    return lines


def curve() -> list[str]:
    """A straight line through PESQ over log2(hours) of three rows; its residual says little with one degree left."""
    lines = ["", "## Learning curve", "", "![PESQ against hours heard](figures/learning-curve.png)", "", "| set | 19.6 h | 21.8 h | 47.5 h | PESQ a doubling (fit) | at 190 h, if it went on |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for name, rows in CURVE.items():
        x, y = np.log2(list(rows)), np.array([v[0] for v in rows.values()])
        slope, offset = np.polyfit(x, y, 1)
        cells = [" / ".join(map(str, v)) for v in rows.values()]
        lines.append(f"| {name} | {' | '.join(cells)} | {slope:+.3f} | {offset + slope * np.log2(190):.2f} |")
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
    axes.set_xticks([20, 30, 40, 50], ["20", "30", "40", "50"], minor=False)
    axes.minorticks_off()
    axes.legend(fontsize="small")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=100)


def main() -> None:
    draw(FOLDER / "figures/learning-curve.png")
    text = (FOLDER / "RESULTS.in.md").read_text().rstrip().split("\n")
    (FOLDER / "RESULTS.md").write_text("\n".join([*text, *tables(read(FOLDER / "results")), *curve()]) + "\n")


if __name__ == "__main__":
    main()
