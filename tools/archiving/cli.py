"""The command line of tools/archive."""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from evaluation.progress import Progress

from . import listing, report
from .errors import ArchiveError
from .program import Result, Work

DESCRIPTION = """\
Enhances a folder of recordings over the machines of a Ray cluster: a task a file.

It can be run again at any time: what is done, by content and settings, is left
out. A node that dies loses no file, and a file that cannot be enhanced is named
at the end and keeps no other from being done."""

EXAMPLES = """\
examples:
  tools/archive interviews/ -o clean/                       # this machine's cores
  tools/archive interviews/ -o clean/ --address auto        # the cluster of `ray start`
  tools/archive interviews/ -o clean/ --address ray://head:10001 --report report.json -- --preset gentle
  find interviews -newer stamp -name '*.flac' | tools/archive interviews/ -o clean/ --files-from -

Options behind -- are those of `limpid enhance`. Both folders and the program
are the same on every machine (a network folder). Machines whose processors have
other instructions give results that differ in their last bits."""

CHECKOUT = Path(__file__).resolve().parents[2]


def whole(least: int):
    def number(text: str) -> int:
        value = int(text) if text.isascii() and text.isdigit() else -1
        if value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return value

    return number


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="archive", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("folder", help="a folder of recordings; its tree is kept")
    p.add_argument("-o", "--output", required=True, help="the folder for the outputs")
    p.add_argument("--files-from", metavar="LIST", help="only these files of the folder, one a line; - for standard input")
    p.add_argument("-0", "--null", action="store_true", help="a zero byte is behind each name of the list")
    p.add_argument(
        "--address", help="the cluster: auto, HOST:PORT or ray://HOST:PORT (default: one of this machine's cores)"
    )
    p.add_argument("--program", default=default_program(), help="limpid, where every machine has it (default: %(default)s)")
    p.add_argument(
        "--attempts", type=whole(1), default=3, metavar="N",
        help="tries of a file whose failure may pass, the pause doubling between them (default 3)",
    )  # fmt: skip
    p.add_argument(
        "--retries", type=whole(0), default=5, metavar="N",
        help="how often a file is begun anew where its machine dies (default 5)",
    )  # fmt: skip
    p.add_argument(
        "--span", type=whole(1), metavar="MINUTES",
        help="share the spans of so many minutes of longer lossless files among the cores; each hears the 60 s before it, and fades "
        "into the next: nearly what the whole gives, not to the bit (default: a file is whole)",
    )  # fmt: skip
    p.add_argument("--report", type=Path, metavar="FILE", help="write all results as JSON")
    return p


def default_program() -> str:
    built = CHECKOUT / ".build/release/limpid"
    return str(built) if built.exists() else shutil.which("limpid") or "limpid"


def read_list(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise ArchiveError(f"{path}: the list cannot be read ({error.strerror}); check its name") from error


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    cut = given.index("--") if "--" in given else len(given)
    args = parser().parse_args(given[:cut])
    try:
        return archive(args, given[cut + 1 :])
    except ArchiveError as error:
        print(f"archive: error: {error}", file=sys.stderr)
        return 1


def archive(args: argparse.Namespace, options: list[str]) -> int:
    if not os.path.isdir(args.folder):
        raise ArchiveError(f"{args.folder}: there is no such folder; check its name")
    if args.report and not args.report.absolute().parent.is_dir():
        raise ArchiveError(f"{args.report.parent}: there is no such folder; make it, or name another --report")
    program = os.path.abspath(args.program) if "/" in args.program else args.program
    print(f"archive: {listing.version(program)}", file=sys.stderr)
    folder, output = (os.fsencode(os.path.abspath(path)) for path in (args.folder, args.output))
    os.makedirs(output, exist_ok=True)
    if args.files_from:
        given = os.fsencode(args.folder)
        wanted = (listing.below(folder, given, name) for name in listing.listed(read_list(args.files_from), args.null))
        names = listing.largest_first(folder, list(dict.fromkeys(wanted)))
    else:
        names = listing.files(program, folder, output)
    seconds = 60 * (args.span or 0)
    long = listing.long_files(program, folder, names, seconds) if seconds else {}
    work = Work(program, folder, output, options, args.attempts)

    from . import cluster  # Ray takes a second: not before the arguments are right

    cluster.connect(args.address)
    start = time.monotonic()
    results: list[Result] = []
    try:
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        with Progress(len(names)) as progress:

            def say(sentence: str) -> None:
                # Above the bar, which the next file draws again.
                print(f"{clear}archive: {sentence}", file=sys.stderr)

            def told(result: Result) -> None:
                results.append(result)
                for remark in result.remarks:
                    say(remark)
                if result.status == "failed":
                    say(f"failed: {result.name.decode('utf-8', 'replace')}: {result.error}")
                progress.advance()

            cluster.run(work, names, args.retries, told, say, seconds, long)
    except KeyboardInterrupt:
        print("archive: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    finally:
        taken = time.monotonic() - start
        print(report.table(results, taken))
        if args.report:
            report.write(args.report, results, taken)
    return 1 if any(result.status == "failed" for result in results) else 0
