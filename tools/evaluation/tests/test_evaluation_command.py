"""tools/evaluate as a user calls it."""

import contextlib
import csv
import io
import os
import shlex
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile

from evaluation import report
from evaluation.__main__ import main
from evaluation.errors import EvaluationError
from evaluation.guard import guarded
from evaluation.pairs import Pair
from evaluation.progress import Progress
from evaluation.scoring import Score

EVALUATE = Path(__file__).resolve().parents[2] / "evaluate"
PYTHON = shlex.quote(sys.executable)


def evaluate(*arguments) -> subprocess.CompletedProcess:
    """The command in this process, which has the slow imports behind it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as exit:  # argparse
            code = exit.code
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def script(tmp_path: Path, body: str) -> str:
    """An enhancer command that runs `body` with `source` and `target`, paths from the command line."""
    path = tmp_path / "enhancer.py"
    path.write_text(f"import sys\nimport numpy as np, soundfile\nsource, target = sys.argv[1:3]\n{body}\n")
    return f"{PYTHON} {shlex.quote(str(path))} {{in}} {{out}}"


# --- What comes out ------------------------------------------------------------------------------------------------


def test_noisy_files_get_a_table_and_a_row_each(make_set, tmp_path):
    result = evaluate("--enhancer", "none", "--csv", tmp_path / "s.csv", "--markdown", tmp_path / "s.md", make_set())
    assert result.returncode == 0 and result.stderr == ""
    assert result.stdout == (tmp_path / "s.md").read_text()
    assert "| noisy | synthetic | 2 | " in result.stdout and " ± " in result.stdout
    assert "noisy, synthetic: 0 samples (0.0 ms)." in result.stdout
    table = rows(tmp_path / "s.csv")
    assert [r["name"] for r in table] == ["file 0", "file 1"]
    for row in table:
        assert float(row["si_sdr_db"]) == pytest.approx(10, abs=0.3)
        assert 1 < float(row["pesq"]) < 4.6 and 0 < float(row["estoi"]) < 1 and row["delay_samples"] == "0"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.csv", "s.md", "synthetic"]


@pytest.mark.parametrize("command", ["cp {in} {out}", "cp -r {indir}/. {outdir}"])
def test_a_copying_command_equals_the_noisy_files(make_set, tmp_path, command):
    folder = make_set()
    result = evaluate("--enhancer", command, "--noisy", "--name", "copy | cp", "--csv", tmp_path / "s.csv", folder)
    assert result.returncode == 0, result.stderr
    assert "| copy \\| cp | synthetic | 2 |" in result.stdout
    table = rows(tmp_path / "s.csv")
    assert [r.pop("enhancer") for r in table] == ["noisy", "noisy", "copy | cp", "copy | cp"]
    assert table[:2] == table[2:]


def test_a_delay_is_reported_and_does_not_cost(make_set, tmp_path):
    body = "x, r = soundfile.read(source)\nsoundfile.write(target, np.r_[np.zeros(319), x], r, subtype='FLOAT')"
    result = evaluate("--enhancer", script(tmp_path, body), "--noisy", "--csv", tmp_path / "s.csv", make_set())
    assert result.returncode == 0, result.stderr
    assert "319 samples (19.9 ms)" in result.stdout
    table = rows(tmp_path / "s.csv")
    for noisy, delayed in zip(table[:2], table[2:]):
        assert delayed["delay_samples"] == "319"
        for name in ("pesq", "estoi", "si_sdr_db"):
            assert float(delayed[name]) == pytest.approx(float(noisy[name]), abs=1e-4)


def test_other_rates_are_resampled(make_set, tmp_path):
    body = (
        "from scipy.signal import resample_poly\nx, r = soundfile.read(source)\n"
        "soundfile.write(target, resample_poly(x, 3, 1), 48000, subtype='FLOAT')"
    )
    result = evaluate("--enhancer", script(tmp_path, body), "--csv", tmp_path / "s.csv", make_set(files=1))
    assert result.returncode == 0, result.stderr
    assert float(rows(tmp_path / "s.csv")[0]["si_sdr_db"]) > 9.5


def test_two_sets_keep_their_order_and_jobs_do_not_change_a_digit(make_set, tmp_path):
    sets = [make_set("b", files=3), make_set("a", files=1)]
    for jobs in ("1", "3"):
        result = evaluate("--enhancer", "none", "--jobs", jobs, "--csv", tmp_path / f"{jobs}.csv", *sets)
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "1.csv").read_text() == (tmp_path / "3.csv").read_text()
    assert [r["set"] for r in rows(tmp_path / "1.csv")] == ["b", "b", "b", "a"]


def test_mean_and_standard_deviation_by_hand():
    def score(pesq: float, delay: int) -> Score:
        pair = Pair("set", "name", Path("clean"), Path("noisy"))
        return Score("x", pair, 1.0, delay, {"pesq": pesq, "estoi": 0.5, "si_sdr_db": -1.25})

    text = report.markdown([score(1.0, 0), score(2.0, 0), score(3.0, 16)])
    assert "| x | set | 3 | 2.00 ± 1.00 | 0.500 ± 0.000 | -1.2 ± 0.0 |" in text
    assert "0 samples (0.0 ms) in the median, from 0 to 16, 1 of 3 files off the median" in text
    assert "| x | set | 1 | 1.00 | 0.500 | -1.2 |" in report.markdown([score(1.0, 0)])


def test_the_progress_bar_is_for_terminals_only():
    class Stream:
        def __init__(self, terminal):
            self.terminal, self.text = terminal, ""

        def isatty(self):
            return self.terminal

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    for terminal in (True, False):
        stream = Stream(terminal)
        with Progress(2, stream) as progress:
            progress.advance()
            progress.advance()
        assert ("2 of 2 files" in stream.text) == terminal
        assert terminal or stream.text == ""


# --- What goes wrong: one sentence, exit code 1, nothing written ----------------------------------------------------


def fails(tmp_path: Path, *arguments) -> str:
    before = sorted(tmp_path.rglob("*"))
    result = evaluate("--csv", tmp_path / "s.csv", "--markdown", tmp_path / "s.md", *arguments)
    assert result.returncode == 1, result.stdout
    assert result.stdout == "" and "Traceback" not in result.stderr
    assert result.stderr.startswith("evaluate: ")
    assert sorted(tmp_path.rglob("*")) == before
    return result.stderr


@pytest.mark.parametrize(
    "body, sentence",
    [
        ("sys.exit('first line\\nno model')", "file 0: the enhancer ended with exit code 1, saying: no model"),
        ("import os; os.kill(os.getpid(), 9)", "file 0: the enhancer ended with signal 9"),
        ("pass", "file 0: the enhancer ended well but wrote no output file"),
        ("open(target, 'w').write('text')", "file 0.wav: cannot be read as audio"),
        ("soundfile.write(target, np.zeros(0), 16000)", "file 0.wav: is empty"),
        ("soundfile.write(target, np.zeros((48000, 2)), 16000)", "file 0.wav: has 2 channels"),
        ("soundfile.write(target, np.full(9, np.nan), 16000, subtype='FLOAT')", "has 9 samples that are not finite"),
        ("soundfile.write(target, np.ones(16000), 16000)", "the output is 1.00 s long, the clean file 3.00 s"),
        ("soundfile.write(target, np.zeros(48000), 16000)", "PESQ has no value"),
    ],
)
def test_a_failing_enhancer_is_reported(make_set, tmp_path, body, sentence):
    folder, command = make_set(), script(tmp_path, body)
    said = fails(tmp_path, "--enhancer", command, folder)
    assert sentence in said
    assert "2 of 2 files have no scores, so nothing was written" in said


def test_one_bad_file_of_many_keeps_the_results_back(make_set, tmp_path):
    folder = make_set(files=3)
    body = "import shutil\nif '1' in source.split('/')[-1]: sys.exit(3)\nshutil.copy(source, target)"
    said = fails(tmp_path, "--enhancer", script(tmp_path, body), folder)
    assert "1 of 3 files have no scores" in said and "synthetic/file 1: the enhancer ended with exit code 3" in said


def test_a_folder_command_that_leaves_files_out_is_reported(make_set, tmp_path):
    folder = make_set()
    said = fails(tmp_path, "--enhancer", "cp {indir}/file\\ 0.wav {outdir}", folder)
    assert "left 1 of 2 files out, the first is file 1" in said
    assert "exit code 1" in fails(tmp_path, "--enhancer", "cp {indir}/missing {outdir}", folder)


@pytest.mark.parametrize(
    "command, sentence",
    [
        ("cp {in}", "must have both {in} and {out}"),
        ("cp {in} {outdir}", "must have both {in} and {out}"),
        ("cp a b", "must have both {in} and {out}"),
        ("", "must have both {in} and {out}"),
        ("no-such-program {in} {out}", "the enhancer program no-such-program was not found"),
        ("cp '{in} {out}", "cannot be split"),
    ],
)
def test_a_bad_command_template_is_reported(make_set, tmp_path, command, sentence):
    assert sentence in fails(tmp_path, "--enhancer", command, make_set())


def test_bad_sets_are_reported(make_set, tmp_path):
    assert "there is no such folder" in fails(tmp_path, "--enhancer", "none", tmp_path / "missing")
    folder = make_set()
    assert "same name" in fails(tmp_path, "--enhancer", "none", folder, folder)
    (folder / "noisy" / "file 1.wav").rename(folder / "noisy" / "other.wav")
    assert "has no partner for file 1.wav" in fails(tmp_path, "--enhancer", "none", folder)
    (folder / "noisy" / "other.wav").rename(folder / "noisy" / "file 1.wav")
    soundfile.write(folder / "clean" / "file 1.flac", np.zeros(100), 16000)
    assert "one name, one file" in fails(tmp_path, "--enhancer", "none", folder)
    for path in (folder / "clean").iterdir():
        path.unlink()
    assert "has no sound files" in fails(tmp_path, "--enhancer", "none", folder)


def test_unwritable_tables_are_reported_before_the_work(make_set, tmp_path):
    result = evaluate("--enhancer", "none", "--csv", tmp_path / "no" / "s.csv", make_set())
    assert result.returncode == 1 and "its folder does not exist" in result.stderr
    result = evaluate("--enhancer", "none", "--csv", tmp_path / "s", "--markdown", tmp_path / "s", make_set("b"))
    assert result.returncode == 1 and "name the same file" in result.stderr


def test_tables_appear_whole_or_not_at_all(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(EvaluationError, match="cannot be written"):
        report.write_all({tmp_path / "folder": "cannot replace a folder", tmp_path / "a.csv": "new"})
    assert (tmp_path / "a.csv").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "folder"]


def test_wrong_arguments_are_refused(make_set):
    for arguments in (["--jobs", "0"], ["--jobs", "two"], ["--unknown"]):
        result = evaluate("--enhancer", "none", *arguments, make_set(f"set{arguments[-1]}"))
        assert result.returncode == 2 and "usage:" in result.stderr


def test_an_interrupt_leaves_nothing(make_set, tmp_path):
    folder = make_set()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = [sys.executable, EVALUATE, "--enhancer", "", "--csv", tmp_path / "s.csv", folder]
    words[3] = f"{PYTHON} -c 'import time; time.sleep(60)' {{in}} {{out}}"
    process = subprocess.Popen(
        [str(w) for w in words],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    deadline = time.monotonic() + 120  # imports are slow where the machine is busy
    while not any(scratch.rglob("0")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert any(scratch.rglob("0")), "no enhancer was started"
    os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C on a terminal does
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said == "evaluate: interrupted; nothing was written\n"
    assert not (tmp_path / "s.csv").exists() and not any(scratch.iterdir())


def test_an_interrupt_that_python_swallows_is_one_all_the_same(monkeypatch, capsys):
    """Once in a while the enhancer's own end by Ctrl-C was reported as a failure, with exit code 1."""
    module = types.ModuleType("evaluation.swallowing")

    def run(arguments):
        with contextlib.suppress(KeyboardInterrupt):  # as a finaliser would
            signal.raise_signal(signal.SIGINT)
        raise EvaluationError("the enhancer ended with signal 2")

    module.run = run
    monkeypatch.setitem(sys.modules, "evaluation.swallowing", module)
    before = signal.getsignal(signal.SIGINT)
    assert guarded("evaluate", "swallowing", []) == 130
    assert capsys.readouterr().err == "evaluate: interrupted; nothing was written\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_the_script_and_python_dash_m_are_the_same_command(make_set):
    folder = make_set(files=1)
    said = [
        subprocess.run(
            [sys.executable, *words, "--enhancer", "none", folder], cwd=EVALUATE.parent, capture_output=True, text=True
        )
        for words in ([EVALUATE], ["-m", "evaluation"])
    ]
    assert [result.returncode for result in said] == [0, 0]
    assert said[0].stdout == said[1].stdout and "| noisy | synthetic | 1 |" in said[0].stdout


def test_a_missing_package_is_reported_with_the_remedy(tmp_path):
    (tmp_path / "pesq.py").write_text("raise ModuleNotFoundError(name='pesq')\n")
    result = subprocess.run(
        [sys.executable, EVALUATE, "--help"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr == (
        "evaluate: the Python package pesq is missing; install with: pip install -e 'tools[evaluation]'\n"
    )
