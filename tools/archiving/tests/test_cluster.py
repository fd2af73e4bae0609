"""A cluster of two nodes on this machine, one of which is killed: as `tools/archive` meets it."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ray = pytest.importorskip("ray", reason="Ray is not installed: .venv-archive/bin/pip install -e 'tools[archive]'")
from ray.cluster_utils import Cluster  # noqa: E402  (only where Ray is)

from .conftest import contents  # noqa: E402

TOOLS = Path(__file__).resolve().parents[2]
OPTIONS = ["--model", "light"]


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # Busy machines have little free memory, which is no reason to kill tasks here.
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "0")
    # A dead node is known after seconds, not after half a minute.
    monkeypatch.setenv("RAY_health_check_period_ms", "500")
    monkeypatch.setenv("RAY_health_check_timeout_ms", "2000")
    monkeypatch.setenv("RAY_health_check_failure_threshold", "3")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made
    made.shutdown()


def archive(cluster, limpid, folder, output, report, *more) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, TOOLS / "archive", folder, "-o", output, "--address", cluster.address, "--program", limpid,
         "--report", report, *more, "--", *OPTIONS],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def made(output: Path) -> int:
    manifest = output / ".limpid-manifest.jsonl"
    return manifest.read_bytes().count(b'"output":') if manifest.exists() else 0


def wait_for(what: str, condition, process, seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"it ended before {what}: {process.communicate()[1]}"
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def test_a_node_killed_twice_and_a_damaged_file_lose_no_other_file(cluster, limpid, record, one_process, tmp_path, request):
    count = request.config.getoption("--files")
    for n in range(count):
        record(tmp_path / f"in/{n % 7}/{n:05}.wav", n)
    damaged = tmp_path / "in/3/damaged.wav"
    damaged.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt nothing of a sound")
    cluster.add_node(num_cpus=1)
    mortal = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    process = archive(cluster, limpid, tmp_path / "in", tmp_path / "out", tmp_path / "report.json")
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(process.stderr))
    reader.start()
    for share in (0.2, 0.5):
        wait_for(f"{share:.0%} of the files", lambda: made(tmp_path / "out") >= share * count, process)
        # Raylet and workers end by SIGKILL, in the middle of a file.
        cluster.remove_node(mortal, allow_graceful=False)
        mortal = cluster.add_node(num_cpus=1)
    table = process.stdout.read()
    process.wait()
    reader.join()
    assert process.returncode == 1, "".join(errors)

    report = json.loads((tmp_path / "report.json").read_text())
    print(table)
    failed = [result for result in report["results"] if result["status"] == "failed"]
    assert [(result["name"], result["attempts"]) for result in failed] == [("3/damaged.wav", 1)]
    assert report["files"] == count + 1 and report["enhanced"] + report["skipped"] == count
    assert table.startswith("files ") and "x real time" in table and "\nfailed: 3/damaged.wav: " in table
    assert "".join(errors).count("is gone; its files are begun anew") == 2, "".join(errors)
    outputs = contents(tmp_path / "out")
    left = [name for name in outputs if name.endswith(".tmp")]
    outputs = {name: data for name, data in outputs.items() if name not in left}
    assert len(left) <= 2, "of each kill one half file may be left"
    assert outputs == one_process(tmp_path / "in", *OPTIONS), "to the bit"
    assert len(outputs) == count

    # What was left goes with the next run, which has nothing else to do.
    again = archive(cluster, limpid, tmp_path / "in", tmp_path / "out", tmp_path / "again.json")
    assert again.wait() == 1
    assert json.loads((tmp_path / "again.json").read_text())["skipped"] == count
    assert contents(tmp_path / "out") == outputs


def test_an_interrupted_run_goes_on(cluster, limpid, record, one_process, tmp_path):
    for n in range(12):
        record(tmp_path / f"in/{n}.wav", n, seconds=2)
    cluster.add_node(num_cpus=2)
    process = archive(cluster, limpid, tmp_path / "in", tmp_path / "out", tmp_path / "1.json")
    wait_for("three files", lambda: made(tmp_path / "out") >= 3, process)
    process.send_signal(2)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "goes on from here" in errors, errors
    whole = one_process(tmp_path / "in", *OPTIONS)
    done = {name: data for name, data in contents(tmp_path / "out").items() if not name.endswith(".tmp")}
    assert 0 < len(done) < 12 and done.items() <= whole.items()
    second = archive(cluster, limpid, tmp_path / "in", tmp_path / "out", tmp_path / "2.json")
    assert second.wait(timeout=300) == 0, second.stderr.read()
    report = json.loads((tmp_path / "2.json").read_text())
    assert report["skipped"] >= len(done) and report["enhanced"] + report["skipped"] == 12
    assert contents(tmp_path / "out") == whole


def test_spans_of_a_long_file_are_shared_and_joined(cluster, limpid, record, tmp_path):
    """To the bit what the program gives when its spans are made one after the other here."""
    record(tmp_path / "in/deep/long.wav", 1, seconds=190)
    record(tmp_path / "in/short.wav", 2)
    cluster.add_node(num_cpus=2)
    process = archive(cluster, limpid, tmp_path / "in", tmp_path / "out", tmp_path / "1.json", "--span", "1")
    assert process.wait(timeout=300) == 0, process.stderr.read()
    outputs = contents(tmp_path / "out")
    assert sorted(outputs) == ["deep/long.wav", "short.wav"], "no span is left"

    def enhance(output: Path, *more: str) -> None:
        subprocess.run(
            [limpid, "enhance", tmp_path / "in", "--files-from", "-", "-o", f"{output}/", "--skip-done", *OPTIONS,
             "--span-length", "60", *more], input=b"deep/long.wav\n", check=True,
        )  # fmt: skip

    for number in range(3):
        enhance(tmp_path / "spans" / str(number), "--span", str(number))
    enhance(tmp_path / "here", "--join-spans", str(tmp_path / "spans"))
    assert outputs["deep/long.wav"] == contents(tmp_path / "here")["deep/long.wav"]
    again = archive(cluster, limpid, tmp_path / "in", tmp_path / "out", tmp_path / "2.json", "--span", "1")
    assert again.wait(timeout=300) == 0
    assert json.loads((tmp_path / "2.json").read_text())["skipped"] == 2
    assert contents(tmp_path / "out") == outputs


def test_wrong_use_is_one_sentence(limpid, tmp_path):
    (tmp_path / "in").mkdir()
    for arguments, words in [
        ([tmp_path / "none", "-o", tmp_path / "out"], "no such folder"),
        ([tmp_path / "in", "-o", tmp_path / "out", "--program", limpid], "no sound files"),
        ([tmp_path / "in", "-o", tmp_path / "out", "--program", "./no-limpid"], "cannot be started"),
        ([tmp_path / "in", "-o", tmp_path / "out", "--program", limpid, "--files-from", tmp_path / "x"], "cannot be read"),
    ]:
        done = subprocess.run([sys.executable, TOOLS / "archive", *arguments], capture_output=True, text=True)
        last = done.stderr.splitlines()[-1]
        assert done.returncode == 1 and last.startswith("archive: error: ") and words in last, done.stderr
        assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path / "in") == []
