"""One file through the program, with no cluster: what is tried again, what is not, and what is kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archiving import listing, program, report
from archiving.errors import ArchiveError
from archiving.program import Result, Work

from .conftest import contents

TOOLS = Path(__file__).resolve().parents[2]


def work(limpid, tmp_path, **more) -> Work:
    return Work(limpid, os.fsencode(tmp_path / "in"), os.fsencode(tmp_path / "out"), ["--method", "wiener"], pause=0.01, **more)


def test_a_file_is_enhanced_once_and_keeps_its_place(limpid, record, one_process, tmp_path):
    record(tmp_path / "in/deep/a b.wav", 1)
    first = program.enhance(work(limpid, tmp_path), b"deep/a b.wav")
    assert (first.status, first.attempts, first.error) == ("enhanced", 1, "")
    assert first.seconds == pytest.approx(0.5, abs=0.01)
    assert program.enhance(work(limpid, tmp_path), b"deep/a b.wav").status == "skipped"
    assert contents(tmp_path / "out") == one_process(tmp_path / "in", "--method", "wiener")


def test_names_are_bytes(limpid, record, tmp_path):
    record(tmp_path / "in/x.wav", 1)
    name = b"caf\xe9\n%.wav"
    os.rename(tmp_path / "in/x.wav", os.fsencode(tmp_path / "in") + b"/" + name)
    assert listing.files(limpid, os.fsencode(tmp_path / "in"), os.fsencode(tmp_path / "out")) == [name]
    result = program.enhance(work(limpid, tmp_path), name)
    assert result.status == "enhanced"
    assert os.listdir(os.fsencode(tmp_path / "out")).count(name) == 1
    assert result.as_json()["name"] == "caf\ufffd\n%.wav"


def test_a_damaged_file_fails_once_for_good(limpid, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.wav").write_text("no sound")
    result = program.enhance(work(limpid, tmp_path), b"a.wav")
    assert (result.status, result.attempts) == ("failed", 1)
    assert "not a sound file" in result.error
    assert contents(tmp_path / "out") == {}


def test_what_may_pass_is_tried_again_with_pauses(limpid, record, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr(program.time, "sleep", pauses.append)
    (tmp_path / "in").mkdir()
    gone = program.enhance(work(limpid, tmp_path, attempts=4), b"a.wav")
    assert (gone.status, gone.attempts) == ("failed", 4) and "no such file" in gone.error
    assert len(pauses) == 3 and pauses[0] < pauses[1] < pauses[2] * 2 and pauses[2] >= 0.04
    # It comes while the pause lasts.
    monkeypatch.setattr(program.time, "sleep", lambda _: record(tmp_path / "in/a.wav", 1))
    come = program.enhance(work(limpid, tmp_path), b"a.wav")
    assert (come.status, come.attempts) == ("enhanced", 2)


@pytest.mark.parametrize(
    "script, words", [("kill -SEGV $$", "SIGSEGV"), ("echo nonsense; exit 70", "said nothing"), ("echo oh >&2; exit 1", "oh")]
)
def test_a_crash_is_a_result(tmp_path, script, words):
    stand_in = tmp_path / "limpid"
    stand_in.write_text(f"#!/bin/bash\n{script}\n")
    stand_in.chmod(0o755)
    result = program.enhance(work(str(stand_in), tmp_path, attempts=2), b"a.wav")
    assert (result.status, result.attempts) == ("failed", 2) and words in result.error


def test_the_program_dies_with_its_worker(limpid, record, tmp_path):
    """As setpriv has it: an orphan would hold its claim until it has done."""
    record(tmp_path / "in/long.wav", 1, seconds=60)
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from archiving.program import *\n"
        "enhance(Work(sys.argv[2], os.fsencode(sys.argv[3]), os.fsencode(sys.argv[4]), ['--model', 'wide']), b'long.wav')"
    )
    worker = subprocess.Popen([sys.executable, "-c", script, TOOLS, limpid, tmp_path / "in", tmp_path / "out"])
    wait_for(lambda: list((tmp_path / "out").glob(".long*.tmp")))
    worker.kill()
    worker.wait()
    result = program.enhance(work(limpid, tmp_path), b"long.wav")
    assert result.status == "enhanced"
    assert list(contents(tmp_path / "out")) == ["long.wav"], "what the dead left is gone"


def wait_for(condition, seconds: float = 60):
    import time

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_the_sums_of_a_run():
    results = [
        Result(b"a", "enhanced", seconds=3600, node="n1"), Result(b"b", "skipped", seconds=60),
        Result(b"c\xe9", "failed", error="it is damaged"),
    ]  # fmt: skip
    sums = report.totals(results, 100)
    assert (sums["files"], sums["enhanced"], sums["skipped"], sums["failed"]) == (3, 1, 1, 1)
    assert (sums["hours"], sums["timesRealTime"], sums["filesAnHour"]) == (1, 36, 36)
    assert report.table(results, 100).endswith("failed: c\ufffd: it is damaged")


def test_lists(tmp_path):
    assert listing.listed(b"a\nb c\n\na\n", null=False) == [b"a", b"b c"]
    assert listing.listed(b"a\nb\0c", null=True) == [b"a\nb", b"c"]
    with pytest.raises(ArchiveError, match="no file"):
        listing.listed(b"\n", null=False)


def test_without_ray_it_says_what_to_install(tmp_path):
    for part in ("environment.py", "archive", "archiving", "evaluation"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        os.symlink(TOOLS / part, tmp_path / "tools" / part)
    copy = tmp_path / "tools/environment.py"
    copy.unlink()
    copy.write_bytes((TOOLS / "environment.py").read_bytes())
    archive = tmp_path / "tools/archive"
    archive.unlink()
    archive.write_bytes((TOOLS / "archive").read_bytes())
    done = subprocess.run([sys.executable, "-S", "-E", archive, "x"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.endswith("python3 -m venv .venv-archive && .venv-archive/bin/pip install -e 'tools[archive]'\n")
