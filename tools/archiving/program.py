"""One file through the program `limpid`, on the machine that this runs on; it knows no cluster.

The program, not the Python package: it keeps tags, chunks, encoding and length of every container, its output appears whole or not at
all, it knows what is done (`--skip-done`) and claims what it makes, and where a codec crashes a process of its own ends, not the worker.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field, replace

# The program's exit codes of which another try changes nothing: wrong use, a damaged file, an output that is not ours to replace, weights
# that cannot be used. Others may pass: a network folder that is away (66), a disk that was full (74), a crash.
PERMANENT = {64, 65, 73, 78}


@dataclass
class Work:
    """What is the same for all files of a run. Folders are the same on every machine; names are bytes."""

    program: str
    folder: bytes
    output: bytes
    options: list[str] = field(default_factory=list)
    attempts: int = 3
    """Tries of a file whose failure may pass."""
    pause: float = 1.0
    """Seconds before the second try; it doubles from try to try, up to a minute."""


@dataclass
class Result:
    """What became of one file."""

    name: bytes
    status: str
    """enhanced, skipped (it was done before) or failed."""
    seconds: float = 0.0
    """Of sound."""
    taken: float = 0.0
    """Of time, all tries together."""
    attempts: int = 1
    node: str = ""
    error: str = ""
    remarks: list[str] = field(default_factory=list)

    def as_json(self) -> dict:
        fields = asdict(self)
        fields["name"] = self.name.decode("utf-8", "replace")
        return fields


def of_spans(work: Work, seconds: int, number: int | None) -> Work:
    """The same for one span of a long file, or (None) for joining them. Spans lie in a hidden folder of the outputs, each of a number in
    one of its own."""
    place = spans_folder(work)
    more = ["--span-length", str(seconds)]
    if number is None:
        return replace(work, options=[*work.options, *more, "--join-spans", os.fsdecode(place)])
    return replace(work, output=os.path.join(place, b"%d" % number), options=[*work.options, *more, "--span", str(number)])


def spans_folder(work: Work) -> bytes:
    return os.path.join(work.output, b".limpid-spans")


def remove_spans(work: Work, name: bytes) -> None:
    """Of a file that is joined."""
    # Joined to a span's folder such a name would be another file's: the recording's own.
    if os.path.isabs(name) or b".." in name.split(b"/"):
        raise ValueError(f"{os.fsdecode(name)!r} is no name below a folder")
    place = spans_folder(work)
    if not os.path.isdir(place):
        return
    for number in os.listdir(place):
        # What else lies there, such as a file system's own notes, is no span.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(os.path.join(place, number, name))


def command(work: Work) -> list[bytes | str]:
    """Enhances what standard input names."""
    # Dies with the worker, which dies with its node: the next try need not wait for a claim of an orphan.
    with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    return [
        *with_us, work.program, "enhance", work.folder, "--files-from", "-", "--null", "-o", work.output + b"/",
        "--skip-done", "--json-lines", "--jobs", "1", *work.options,
    ]  # fmt: skip


def once(work: Work, name: bytes) -> tuple[Result, bool]:
    """One try, and whether a failure is for good."""
    try:
        done = subprocess.run(command(work), input=name + b"\0", capture_output=True)
    except OSError as error:
        return Result(name, "failed", error=f"{work.program}: cannot be started here ({error.strerror})"), True
    remarks = [
        line.removeprefix("limpid: ")
        for line in done.stderr.decode("utf-8", "replace").splitlines()
        if line.startswith(("limpid: warning: ", "limpid: note: "))
    ]
    try:
        line = json.loads(done.stdout.splitlines()[-1])
        result = Result(name, line["status"], float(line.get("durationInSeconds", 0)), remarks=remarks)
        result.error = line.get("error", "")
    except (IndexError, ValueError, KeyError, TypeError):
        result = Result(name, "failed", remarks=remarks)
    if result.status != "failed" and done.returncode == 0:
        return result, True
    result.status = "failed"
    if not result.error:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        result.error = said[-1] if said else "the program said nothing"
        if done.returncode < 0:
            result.error = f"the program was ended by {signal.Signals(-done.returncode).name}"
    return result, done.returncode in PERMANENT


def look(work: Work, seconds: int, name: bytes) -> Result:
    """Whether a file of spans is done, or its spans lie there to be joined; a failure says only that it is not."""
    result = enhance(replace(of_spans(work, seconds, None), attempts=1), name)
    if result.status != "failed":
        remove_spans(work, name)
    return result


def join(work: Work, seconds: int, name: bytes, spans: list[Result]) -> Result:
    """The spans of a file, all enhanced, to its output. The time of all is its own."""
    result = next((span for span in spans if span.status == "failed"), None)
    result = replace(result) if result else enhance(of_spans(work, seconds, None), name)
    if result.status != "failed":
        remove_spans(work, name)
    result.taken += sum(span.taken for span in spans)
    return result


def enhance(work: Work, name: bytes) -> Result:
    """All tries of one file. Never raises: a file that cannot be enhanced is a result."""
    start = time.monotonic()
    pause = work.pause
    for attempt in range(1, work.attempts + 1):
        result, is_final = once(work, name)
        if is_final or attempt == work.attempts:
            break
        # By chance up to twice as long: what a full disk has ended in many places at once does not come back all at once.
        time.sleep(pause * random.uniform(1, 2))
        pause = min(2 * pause, 60)
    result.attempts = attempt
    result.taken = time.monotonic() - start
    return result
