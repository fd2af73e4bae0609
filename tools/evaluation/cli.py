"""The command line of tools/evaluate."""

import argparse
import os
from pathlib import Path

from . import metrics, report
from .enhancers import Enhancer
from .errors import EvaluationError
from .runner import evaluate

DESCRIPTION = """\
Measures an enhancer on sets of pairs SET/clean/NAME.*, SET/noisy/NAME.*:
PESQ (wide band), ESTOI, SI-SDR, each after the output's delay was taken out."""

EXAMPLES = """\
examples:
  tools/evaluate --enhancer none SET...
  tools/evaluate --enhancer '.build/release/limpid enhance {in} -o {out}' --noisy SET
  tools/evaluate --enhancer '.build/release/limpid enhance {indir} -o {outdir} --preset live' \\
      --name live --csv scores.csv --markdown scores.md SET...
  tools/evaluate --enhancer '.build/release/limpid enhance {in} -o {out} --remove {lead}' VOICES
  tools/evaluate --enhancer '...' --lead other --target both VOICES

The command is not run by a shell. With {in} and {out} it runs once a file, in
parallel; with {indir} and {outdir} once a set. {lead} is the sound to learn for
this file, SET/lead/NAME.* or of the folder that --lead names; it goes with {in}
and {out} only: a command that runs once a set cannot take a profile a file. If a file or a measure fails,
the sentence says which, the exit code is 1 and nothing is written."""


def positive(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return value


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="evaluate",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("sets", metavar="SET", nargs="+", type=Path, help="a folder with the folders clean and noisy")
    p.add_argument("--enhancer", required=True, metavar="COMMAND", help="command template, or none for the noisy files")
    p.add_argument("--name", help="what to call the enhancer in the tables (default: the program's name)")
    p.add_argument(
        "--lead", choices=["lead", "other", "mixed-lead"], help="the folder that {lead} comes from (default lead)"
    )
    p.add_argument(
        "--target", choices=["clean", "both"], default="clean", help="the folder to compare with (default clean)"
    )
    p.add_argument(
        "--level", action="store_true",
        help="add the gain of the target's signal and the output's level against the target's, in dB",
    )  # fmt: skip
    p.add_argument("--noisy", action="store_true", help="measure the noisy files too, as rows above")
    p.add_argument("--csv", type=Path, metavar="FILE", help="write a row for every file")
    p.add_argument("--markdown", type=Path, metavar="FILE", help="write the table, which is printed in any case")
    p.add_argument("--dnsmos", type=Path, metavar="ONNX", help="add DNSMOS P.835 by this sig_bak_ovr.onnx")
    p.add_argument(
        "--jobs", type=positive, default=os.cpu_count() or 1, metavar="N", help="processes (default: all cores)"
    )
    return p


def run(arguments: list[str]) -> None:
    options = parser().parse_args(arguments)
    enhancer = Enhancer(options.enhancer)
    enhancers = [(options.name or enhancer.label, enhancer)]
    if options.lead and not enhancer.takes_lead:
        raise EvaluationError("--lead says which folder {lead} comes from, but the enhancer command has no {lead}")
    lead = (options.lead or "lead") if enhancer.takes_lead else None
    if options.noisy and not enhancer.is_none:
        enhancers.insert(0, ("noisy", Enhancer("none")))
    for path in (options.csv, options.markdown):
        if path is not None and not path.resolve().parent.is_dir():
            raise EvaluationError(f"{path}: its folder does not exist")
    if options.csv is not None and options.markdown is not None and options.csv.resolve() == options.markdown.resolve():
        raise EvaluationError("--csv and --markdown name the same file")
    names = [folder.resolve().name for folder in options.sets]
    if len(set(names)) != len(names):
        raise EvaluationError("two sets have the same name; the tables could not tell them apart")
    if options.dnsmos is not None:
        metrics.DNSMOS(options.dnsmos)  # a bad model is reported before any work
    scores = evaluate(enhancers, options.sets, options.jobs, options.dnsmos, options.target, lead, options.level)
    table = report.markdown(scores)
    texts = {}
    if options.csv is not None:
        texts[options.csv] = report.csv_text(scores)
    if options.markdown is not None:
        texts[options.markdown] = table
    report.write_all(texts)
    print(table, end="")
