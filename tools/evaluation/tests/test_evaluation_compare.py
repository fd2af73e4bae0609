import numpy as np
import soundfile

from evaluation.compare import main

from .signals import RATE, speech_like


def test_each_file_gets_a_row(tmp_path, capsys):
    clean = speech_like(3, 0)
    noise = 0.02 * np.random.default_rng(0).standard_normal(len(clean))
    for name, samples in (("clean", clean), ("noisy", clean + noise), ("late", np.r_[np.zeros(99), clean])):
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE, subtype="FLOAT")
    assert main([str(tmp_path / f"{name}.wav") for name in ("clean", "noisy", "late")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["PESQ", "(wb)", "ESTOI", "SI-SDR", "(dB)"]
    assert [line.split()[0] for line in lines[1:]] == ["noisy", "late"]
    assert lines[2].split()[1:] == ["4.64", "1.000", "100.0"]
    assert len({len(line) for line in lines}) == 1


def test_what_goes_wrong_is_one_sentence(tmp_path, capsys):
    soundfile.write(tmp_path / "clean.wav", speech_like(3, 0), RATE)
    soundfile.write(tmp_path / "short.wav", speech_like(1, 0), RATE)
    for name, sentence in (("missing", "there is no such file"), ("short", "short.wav: the output is 1.00 s long")):
        assert main([str(tmp_path / "clean.wav"), str(tmp_path / f"{name}.wav")]) == 1
        result = capsys.readouterr()
        assert sentence in result.err and result.err.count("\n") == 1 and result.out == ""
