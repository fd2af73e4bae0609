"""Sets made from corpora: what they hold, that they repeat, and what is refused."""

import csv

import numpy as np
import pytest
import soundfile
from evaluation import builder, microphones
from evaluation.guard import guarded
from evaluation.pairs import pairs


@pytest.fixture
def corpora(tmp_path):
    random = np.random.default_rng(0)
    time = np.arange(32_000) / 16_000
    for speaker in ("p1", "p2"):
        for n in range(3):
            path = tmp_path / f"speech/{speaker}/{speaker}_{n}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.3 * np.sin(900 * time * (n + 1)) * (np.sin(9 * time) > 0), 16_000)
    (tmp_path / "noise").mkdir()
    for name in ("1-10-A-5", "2-11-A-6", "1-12-A-24", "3-13-A-7"):  # the third is a human sound, the fourth of fold 3
        sound = np.concatenate([0.1 * random.standard_normal(60_000), np.zeros(30_000)])
        soundfile.write(tmp_path / f"noise/{name}.wav", sound, 44_100)
    return tmp_path


def call(corpora, kind, out, *more):
    places = ["--speech", str(corpora / "speech"), "--noise", str(corpora / "noise")]
    return guarded("build-set", "builder", [kind, str(corpora / out), *places, *more])


def test_unseen_noise_is_at_the_stated_ratio_and_never_a_human_or_of_other_folds(corpora):
    assert call(corpora, "unseen", "set", "--pairs", "9") == 0
    with open(corpora / "set/index.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["snr_db"]) for row in rows] == [0, 5, 10] * 3
    assert {row["noise"] for row in rows} == {"1-10-A-5", "2-11-A-6"}
    for row, pair in zip(rows, pairs(corpora / "set"), strict=True):
        clean, noisy = (soundfile.read(path)[0] for path in (pair.clean, pair.noisy))
        ratio = 10 * np.log10(builder.active_power(clean) / np.square(noisy - clean).mean())
        assert ratio == pytest.approx(float(row["snr_db"]), abs=0.1)
        assert np.abs(noisy).max() <= 0.901


def test_noise_changes_and_one_voice_speaks(corpora):
    assert call(corpora, "non-stationary", "moving", "--pairs", "4") == 0
    with open(corpora / "moving/index.csv", newline="") as file:
        for row in csv.DictReader(file):
            kinds = row["noise"].split("|")
            assert sum(not k.startswith("event:") for k in kinds) >= 3 and any(k.startswith("event:") for k in kinds)
            assert len({name.split("_")[0] for name in row["speech"].split("|")}) == 1
            assert float(row["seconds"]) == 20
    quiet = 0
    for pair in pairs(corpora / "moving"):
        clean, noisy = (soundfile.read(path)[0] for path in (pair.clean, pair.noisy))
        power = np.square(noisy - clean).reshape(-1, 16_000).mean(1)
        assert power.max() > 4 * power.min(), "the level moves"
        quiet += (np.square(clean).reshape(-1, 1600).mean(1) < 1e-8).mean()
    assert quiet / 4 > 0.1, "there are pauses"


def test_the_same_call_makes_the_same_set_and_more_pairs_change_none(corpora):
    for out, count in (("one", "3"), ("two", "5")):
        (corpora / out).mkdir()
        assert call(corpora, "unseen", f"{out}/a", "--pairs", count) == 0
    for n in range(3):
        name = f"noisy/a-{n:03d}.flac"
        assert (corpora / "one/a" / name).read_bytes() == (corpora / "two/a" / name).read_bytes()


def test_what_cannot_be_used_is_one_sentence_and_leaves_nothing(corpora, capsys):
    (corpora / "full").mkdir()
    (corpora / "full/x").write_text("mine")
    assert call(corpora, "unseen", "full") == 1 and "is there already" in capsys.readouterr().err
    assert (corpora / "full/x").read_text() == "mine"
    (corpora / "speech/p1/broken.wav").write_bytes(b"nothing")
    for n in range(3):
        (corpora / f"speech/p1/p1_{n}.wav").unlink()
        (corpora / f"speech/p2/p2_{n}.wav").unlink()
    assert call(corpora, "unseen", "gone") == 1 and "cannot be read as audio" in capsys.readouterr().err
    assert not (corpora / "gone").exists() and not (corpora / ".gone.partial").exists()
    assert call(corpora, "unseen", "gone", "--folds", "4") == 1 and "no sound files for --noise" in capsys.readouterr().err


def test_the_pairs_of_a_set_through_other_microphones(corpora):
    assert call(corpora, "unseen", "set", "--pairs", "3") == 0

    def through(kind):
        assert guarded("build-set", "builder", [kind, str(corpora / kind), "--of", str(corpora / "set")]) == 0
        return [[soundfile.read(path)[0] for path in (pair.clean, pair.noisy)] for pair in pairs(corpora / kind)]

    before = [[soundfile.read(path)[0] for path in (pair.clean, pair.noisy)] for pair in pairs(corpora / "set")]
    for (clean, noisy), (kept, silent) in zip(before, through("quiet"), strict=True):
        assert np.abs(kept - clean).max() < 1e-4
        assert 20 * np.log10(np.std(noisy) / np.std(silent)) == pytest.approx(30, abs=0.1)
    for (clean, _), (kept, same) in zip(before, through("clean"), strict=True):
        assert np.array_equal(kept, same) and np.abs(kept - clean).max() < 1e-4
    for _, cut in through("clipped"):
        assert (np.abs(cut) > 0.899).mean() > 0.02
    hiss = np.random.default_rng(1).standard_normal(16_000)  # the voices of this test have nothing up there
    for clean, noisy in [*through("narrow"), microphones.narrow(hiss, hiss)]:
        for x in (clean, noisy):
            power = np.square(np.abs(np.fft.rfft(x * np.hanning(len(x)))))
            assert power[int(len(power) * 6 / 8) :].sum() < 1e-3 * power.sum()
    for (clean, noisy), (wet, heard) in zip(before, through("reverberant"), strict=True):
        ends = np.flatnonzero(np.diff((np.abs(clean) > 1e-3).astype(int)) < 0)
        assert np.abs(wet - clean).max() > 0.05 and len(ends)
        scale = np.std(heard - wet) / np.std(noisy - clean)
        assert np.abs((heard - wet) - scale * (noisy - clean)).max() < 2e-4 and scale <= 1.001


def test_microphones_take_sets_and_corpora_make_them(corpora, capsys):
    for arguments in (["quiet", "x", "--speech", str(corpora)], ["quiet", "x"], ["unseen", "x", "--of", str(corpora)]):
        with pytest.raises(SystemExit) as ended:
            guarded("build-set", "builder", arguments)
        assert ended.value.code == 2
    assert guarded("build-set", "builder", ["quiet", str(corpora / "x"), "--of", str(corpora / "nowhere")]) != 0
    assert "there is no such folder" in capsys.readouterr().err and not (corpora / "x").exists()
