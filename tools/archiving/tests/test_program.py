"""One file through the program, with no cluster: what is tried again, what is not, and what is kept."""

import os
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from archiving import cli, listing, program, report
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


def test_names_of_a_list_are_made_relative_to_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "interviews/a").mkdir(parents=True)
    (tmp_path / "interviews/a/b.wav").touch()
    folder = os.fsencode(tmp_path / "interviews")
    for given in (b"interviews", b"interviews/", folder):
        for name in (b"a/b.wav", b"./a//b.wav", b"interviews/a/b.wav", folder + b"/a/b.wav", folder + b"//a/b.wav"):
            if given != folder or not name.startswith(b"interviews/"):
                assert listing.below(folder, given, name) == b"a/b.wav", (given, name)
    assert listing.below(os.fsencode(tmp_path), b".", b"./interviews/a/b.wav") == b"interviews/a/b.wav"
    # What is missing is the program's to name; what is there as it stands is not looked for elsewhere.
    assert listing.below(folder, b"interviews", b"interviews/none.wav") == b"none.wav"
    (tmp_path / "interviews/interviews").mkdir()
    (tmp_path / "interviews/interviews/c.wav").touch()
    assert listing.below(folder, b"interviews", b"interviews/c.wav") == b"interviews/c.wav"
    for name in (os.fsencode(tmp_path / "x.wav"), folder, b"../x.wav", b"a/../../x.wav", b"interviews/../x.wav", b"./", b".."):
        with pytest.raises(ArchiveError, match="does not lie in interviews"):
            listing.below(folder, b"interviews", name)


def test_the_list_of_the_example_is_taken_each_file_once(limpid, record, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "interviews/a.wav", 1)
    (tmp_path / "list").write_bytes(b"interviews/a.wav\na.wav\n" + os.fsencode(tmp_path / "interviews/a.wav") + b"\n")
    taken = []

    def run(work, names, retries, told, say, seconds, long):
        taken.extend(names)
        told(program.enhance(work, names[0]))

    monkeypatch.setitem(sys.modules, "archiving.cluster", SimpleNamespace(connect=lambda address: None, run=run))
    monkeypatch.delattr("archiving.cluster", raising=False)
    arguments = ["interviews/", "-o", "clean/", "--program", limpid, "--files-from", "list", "--", "--method", "wiener"]
    assert cli.main(arguments) == 0, capsys.readouterr().err
    assert taken == [b"a.wav"] and list(contents(tmp_path / "clean")) == ["a.wav"]


def joiner(tmp_path: Path) -> Work:
    """A stand-in that is content with everything, and three spans of in/deep/a.wav that lie there."""
    stand_in = tmp_path / "limpid"
    stand_in.write_text("#!/bin/bash\necho '{\"status\": \"skipped\"}'\n")
    stand_in.chmod(0o755)
    for place in ("in", "out/.limpid-spans/0", "out/.limpid-spans/1", "out/.limpid-spans/2"):
        (tmp_path / place / "deep").mkdir(parents=True)
        (tmp_path / place / "deep/a.wav").write_text("sound")
    return work(str(stand_in), tmp_path)


@pytest.mark.parametrize("end", [program.look, lambda *arguments: program.join(*arguments, [])])
def test_spans_are_gone_once_they_are_joined_whoever_joins_them(tmp_path, end):
    of = joiner(tmp_path)
    assert end(of, 60, b"deep/a.wav").status == "skipped"
    assert list(contents(tmp_path / "out")) == []
    assert list(contents(tmp_path / "in")) == ["deep/a.wav"]
    # And where there never was one.
    assert end(work(of.program, tmp_path / "other"), 60, b"a.wav").status == "skipped"


def test_what_else_lies_among_the_spans_is_no_hindrance(tmp_path):
    of = joiner(tmp_path)
    (tmp_path / "out/.limpid-spans/.nfs0001").write_text("a file system's own")
    program.remove_spans(of, b"deep/a.wav")
    assert [name for name in contents(tmp_path / "out") if name.endswith("a.wav")] == []


def test_no_name_leads_out_of_the_spans(tmp_path):
    of = joiner(tmp_path)
    before = contents(tmp_path)
    for name in (os.path.join(of.folder, b"deep/a.wav"), b"../../../in/deep/a.wav", b"deep/../../../../in/deep/a.wav"):
        with pytest.raises(ValueError, match="no name below a folder"):
            program.remove_spans(of, name)
    assert contents(tmp_path) == before


def test_files_of_blocks_are_left_whole(limpid, tmp_path):
    """ADPCM's last block is padded: the spans of one are longer than they should be, and were never joined."""

    def wave(name: str, tag: int, block: int, bits: int, more: bytes, seconds: int, rate: int, factor: int) -> None:
        size = seconds * rate * factor // 2 // block * block
        form = struct.pack("<HHIIHH", tag, 1, rate, rate * factor // 2, block, bits) + more
        head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size)
        with open(tmp_path / name, "wb") as file:
            file.write(b"RIFF" + struct.pack("<I", len(head) + size) + head)
            file.truncate(8 + len(head) + size)

    wave("pcm.wav", 1, 2, 16, b"", 300, 8000, 4)
    # Blocks of 256 bytes hold 505 samples, of 65 bytes 320.
    wave("ima.wav", 0x11, 256, 4, struct.pack("<HH", 2, 505), 300, 8000, 1)
    wave("gsm.wav", 0x31, 65, 0, struct.pack("<HH", 2, 320), 900, 8000, 1)
    names = [b"pcm.wav", b"ima.wav", b"gsm.wav"]
    for name in names:
        told = subprocess.run([limpid, "info", tmp_path / os.fsdecode(name)], capture_output=True, text=True).stdout
        assert "length " in told and os.path.getsize(tmp_path / os.fsdecode(name)) >= 1 << 20, told
    assert listing.long_files(limpid, os.fsencode(tmp_path), names, 60) == {b"pcm.wav": 5}


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
