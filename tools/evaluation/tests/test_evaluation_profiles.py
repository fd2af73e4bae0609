"""Sets with something to learn: who speaks where, at what levels, and what tools/evaluate does with them."""

import csv

import numpy as np
import pytest
import soundfile
from evaluation import material, pitch
from evaluation.guard import guarded

RATE = 16_000
TALKERS = {"a1": 110, "b1": 120, "c1": 230, "d1": 240}  # two low voices, two high ones


def voice(frequency: float, seconds: float, number: int) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * frequency * (time + 0.01 * np.sin(2 * np.pi * (0.5 + 0.1 * number) * time))
    harmonics = sum(np.sin(k * phase + k * number) / k for k in range(1, 15))
    return 0.1 * harmonics * (np.sin(2 * np.pi * 2 * time + number) > -0.8)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    for name, frequency in TALKERS.items():
        for n in range(8):
            path = folder / f"speech/{name}/{name}_{n}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, voice(frequency, 2.5, n), RATE)
    (folder / "noise").mkdir()
    for n in range(4):
        soundfile.write(folder / f"noise/n{n}.wav", 0.1 * np.random.default_rng(n).standard_normal(5 * RATE), RATE)
    return folder


def build(corpora, kind, out, *more):
    places = ["--speech", str(corpora / "speech"), "--noise", str(corpora / "noise")]
    assert guarded("build-set", "builder", [kind, str(out), *places, *more]) == 0
    with open(out / "index.csv", newline="") as file:
        return list(csv.DictReader(file))


def read(folder, side, row):
    return soundfile.read(folder / side / f"{row['name']}.flac")[0]


def decibels(x, y):
    return 10 * np.log10(material.active_power(x) / material.active_power(y))


def who(names):
    return {name.split("_")[0] for name in names.split("|")}


def test_pitch_of_voices():
    for frequency in (100, 150, 230, 380):
        assert pitch.median(voice(frequency, 2, 1)) == pytest.approx(frequency, rel=0.06)
    assert pitch.median(np.random.default_rng(0).standard_normal(RATE)) == 0


def test_two_talkers_at_their_ratio_and_no_utterance_of_a_lead_in_the_mixture(corpora, tmp_path):
    rows = build(corpora, "voices", tmp_path / "voices", "--pairs", "12")
    assert [float(row["sir_db"]) for row in rows] == [0, 5, 10] * 4
    assert who("|".join(row["speech"] for row in rows)) == set(TALKERS)
    for row in rows:
        first, second, other = (who(row[key]) for key in ("speech", "second", "other"))
        assert len(first) == len(second) == len(other) == 1 and first != second and other not in (first, second)
        assert who(row["lead"]) == second and not set(row["lead"].split("|")) & set(row["second"].split("|"))
        assert who(row["mixed"]) == first and not set(row["mixed"].split("|")) & set(row["speech"].split("|"))
        clean, noisy, both, lead, unrelated, mixed = (
            read(tmp_path / "voices", side, row) for side in ("clean", "noisy", "both", "lead", "other", "mixed-lead")
        )
        assert len(clean) == 8 * RATE and len(lead) == len(unrelated) == len(mixed) == 3 * RATE
        assert decibels(clean, both - clean) == pytest.approx(float(row["sir_db"]), abs=0.1)
        noise = noisy - both
        ratio = 10 * np.log10(material.active_power(clean) / np.square(noise).mean())
        assert ratio == pytest.approx(20, abs=0.1) == pytest.approx(float(row["snr_db"]), abs=0.1)
        for heard in (lead, unrelated):
            assert decibels(heard, both - clean) == pytest.approx(0, abs=1.5)
        added = np.flatnonzero(np.abs(mixed - lead) > 1e-3)
        assert 0.8 * RATE < added[-1] - added[0] <= RATE
        assert added[0] == pytest.approx(float(row["mixed_at_s"]) * RATE, abs=0.15 * RATE)
        # The third talker is the nearest in pitch of the two that are left.
        left = set(TALKERS) - first - second
        nearest = min(left, key=lambda s: abs(np.log(TALKERS[s] / TALKERS[next(iter(second))])))
        assert other == {nearest}


def test_a_longer_lead_fills_every_side_that_is_learned(corpora, tmp_path):
    for row in build(corpora, "voices", tmp_path / "v", "--pairs", "3", "--lead", "8", "--seconds", "4"):
        sides = {side: read(tmp_path / "v", side, row) for side in ("clean", "lead", "other", "mixed-lead")}
        assert {side: len(samples) / RATE for side, samples in sides.items()} == {"clean": 4, "lead": 8, "other": 8, "mixed-lead": 8}
        assert not set(row["lead"].split("|")) & set(row["second"].split("|"))
        # A voice to its end, not the light noise alone.
        assert 3 > decibels(sides["lead"][-2 * RATE :], sides["lead"][: 2 * RATE]) > -3
    for words in (["voices", "--lead", "2"], ["recurring", "--lead", "8"]):
        with pytest.raises(SystemExit):
            guarded("build-set", "builder", [words[0], str(tmp_path / "no"), "--of", str(corpora), *words[1:]])


def test_sexes_decide_over_pitch(corpora, tmp_path):
    (tmp_path / "sexes.csv").write_text("a1,F\nc1,F\nb1,M\nd1,M\n")
    for row in build(corpora, "voices", tmp_path / "v", "--pairs", "8", "--sexes", str(tmp_path / "sexes.csv")):
        first, second, other = (next(iter(who(row[key]))) for key in ("speech", "second", "other"))
        partner = {"a1": "c1", "c1": "a1", "b1": "d1", "d1": "b1"}[second]
        assert other == partner or first == partner


def test_a_noise_returns_after_more_than_ten_seconds_and_its_first_sound_is_apart(corpora, tmp_path):
    for row in build(corpora, "recurring", tmp_path / "r", "--pairs", "6"):
        clean, noisy, lead = (read(tmp_path / "r", side, row) for side in ("clean", "noisy", "lead"))
        assert len(clean) == 30 * RATE and len(lead) == 3 * RATE
        assert len({row["noise"], row["bed"], row["other"]}) == 3
        noise, silent_until = noisy - clean, 0.0
        spans = [tuple(map(float, span.split("-"))) for span in row["returns_s"].split("|")]
        assert len(spans) == 2
        level = material.active_power(clean)
        for start, end in spans:
            assert start - silent_until > 10
            sounding = noise[int((start + 0.1) * RATE) : int((end - 0.1) * RATE)]
            quiet = noise[int((silent_until + 0.1) * RATE) : int((start - 0.1) * RATE)]
            assert 10 * np.log10(level / np.square(sounding).mean()) == pytest.approx(float(row["snr_db"]), abs=0.7)
            assert 10 * np.log10(level / np.square(quiet).mean()) == pytest.approx(25, abs=1.5)
            silent_until = end
            piece = lead[RATE // 2 : RATE]  # no sample of the lead returns: white noise would show it
            match = np.abs(np.correlate(sounding, piece, "valid")).max() / (
                np.linalg.norm(piece) * np.sqrt(np.square(sounding).mean() * len(piece))
            )
            assert match < 0.3
        blocks = np.square(clean[: 30 * RATE]).reshape(-1, RATE // 1).mean(1)
        assert blocks.min() > 0, "speech throughout"


def test_utterances_in_which_nothing_is_heard_are_left_out():
    tone = np.sin(np.arange(RATE))
    said = [("silent", np.zeros(RATE)), ("tone", tone), ("short", tone[:100])]
    assert [u.name for u in material.utterances(said)] == ["tone"]


def test_speakers_and_noises_out_of_a_set_and_the_same_call_makes_the_same(corpora, tmp_path):
    places = ["--speech", str(corpora / "speech"), "--noise", str(corpora / "noise")]
    assert guarded("build-set", "builder", ["unseen", str(tmp_path / "u"), *places, "--pairs", "40"]) == 0
    assert guarded("build-set", "builder", ["non-stationary", str(tmp_path / "n"), *places, "--pairs", "2"]) == 0
    speakers, noises = material.of_sets([tmp_path / "u", tmp_path / "n"])
    assert {s.name for s in speakers} == set(TALKERS) and len(noises) == 40
    for out, pairs in (("one", "2"), ("two", "4")):
        (tmp_path / out).mkdir()
        call = ["voices", str(tmp_path / out / "v"), "--of", str(tmp_path / "u"), "--pairs", pairs]
        assert guarded("build-set", "builder", call) == 0
    for side in ("noisy", "both", "lead", "other", "mixed-lead"):
        name = f"{side}/v-001.flac"
        assert (tmp_path / "one/v" / name).read_bytes() == (tmp_path / "two/v" / name).read_bytes()


def test_sounds_to_keep_alone_and_with_noise(corpora, tmp_path):
    (tmp_path / "sounds").mkdir()
    for name in ("music1", "song2", "speech3"):
        soundfile.write(tmp_path / f"sounds/{name}.wav", voice(300, 12, 1), RATE)
    for out, more in (("m", []), ("n", ["--noise", str(corpora / "noise")])):
        call = ["music", str(tmp_path / out), "--sounds", str(tmp_path / "sounds"), *more]
        assert guarded("build-set", "builder", call) == 0
        with open(tmp_path / out / "index.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["speech"] for row in rows} == {"music1.wav", "song2.wav"}
        for row in rows:
            clean, noisy = (read(tmp_path / out, side, row) for side in ("clean", "noisy"))
            assert len(clean) == 10 * RATE
            if more:
                assert 10 * np.log10(material.active_power(clean) / np.square(noisy - clean).mean()) == pytest.approx(20, abs=0.1)
            else:
                assert np.array_equal(clean, noisy)


def test_evaluate_gives_each_file_its_profile(corpora, tmp_path, capsys):
    build(corpora, "voices", tmp_path / "v", "--pairs", "2")

    def evaluate(*more):
        code = guarded("evaluate", "cli", [*map(str, more), str(tmp_path / "v")])
        return code, capsys.readouterr()

    script = tmp_path / "enhancer.sh"
    script.write_text(f'#!/bin/sh\ncp "$1" "$2"\necho "$1 $3" >> {tmp_path}/log\n')
    script.chmod(0o755)
    for more, folder in (((), "lead"), (("--lead", "other"), "other"), (("--lead", "mixed-lead"), "mixed-lead")):
        (tmp_path / "log").unlink(missing_ok=True)
        code, said = evaluate("--enhancer", f"{script} {{in}} {{out}} {{lead}}", *more)
        assert code == 0, said.err
        lines = sorted((tmp_path / "log").read_text().splitlines())
        assert lines == [f"{tmp_path}/v/noisy/v-00{n}.flac {tmp_path}/v/{folder}/v-00{n}.flac" for n in range(2)]
    means = []
    for target in ("clean", "both"):
        path = tmp_path / f"{target}.csv"
        assert evaluate("--enhancer", "none", "--target", target, "--level", "--csv", path)[0] == 0
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
        means.append(np.mean([float(row["si_sdr_db"]) for row in rows]))
        assert all(abs(float(row["gain_db"])) < 0.6 and float(row["level_db"]) > 0 for row in rows)
    assert means[1] > means[0] + 10  # SIR 0 and 5 against SNR 20

    code, said = evaluate("--enhancer", "cp -r {indir} {outdir} {lead}")
    assert code == 1 and "runs once a folder" in said.err
    code, said = evaluate("--enhancer", "none", "--lead", "other")
    assert code == 1 and "has no {lead}" in said.err
    (tmp_path / "v/lead/v-001.flac").unlink()
    code, said = evaluate("--enhancer", f"{script} {{in}} {{out}} {{lead}}")
    assert code == 1 and "no partner for v-001.flac" in said.err
    for folder in ("lead", "both"):
        for path in (tmp_path / "v" / folder).iterdir():
            path.unlink()
        (tmp_path / "v" / folder).rmdir()
    code, said = evaluate("--enhancer", f"{script} {{in}} {{out}} {{lead}}")
    assert code == 1 and "has no folder lead" in said.err
    code, said = evaluate("--enhancer", "none", "--target", "both")
    assert code == 1 and "has no folder both" in said.err
