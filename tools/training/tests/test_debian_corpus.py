"""Shards from a package made here: noise, music and archives go in; voices and silence do not; prompts must be clean."""

import io
import json
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
import soundfile
from training import debian_corpus
from training.corpora import Corpus

pytestmark = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg-deb is Debian's")


def encoded(samples, rate, kind):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind)
    return file.getvalue()


def package(folder, name, files):
    root = folder / f"root-{name}"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: a test\n"
    )
    for path, content in files.items():
        target = root / "usr/share" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    subprocess.run(["dpkg-deb", "--build", root, folder / f"{name}_1_all.deb"], check=True, stdout=subprocess.DEVNULL)


def test_sounds_become_shards(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: name)
    random = np.random.default_rng(0)
    noise = 0.1 * random.standard_normal(44_100)
    word = np.concatenate([np.zeros(8_000), 0.5 * np.sin(np.arange(16_000) / 10), np.zeros(4_000)])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("audio/wind.ogg", encoded(noise, 44_100, "OGG"))
    package(tmp_path, "game", {
        "game/bang.wav": encoded(noise, 44_100, "WAV"), "game/public.zip": archive.getvalue(),
        "game/music/tune.wav": encoded(noise, 44_100, "WAV"), "game/voice/hello.wav": encoded(noise, 44_100, "WAV"),
        "game/crossing.wav": encoded(noise, 44_100, "WAV"), "game/atc/tower.wav": encoded(noise, 44_100, "WAV"),
        "game/silence.wav": encoded(np.zeros(44_100), 44_100, "WAV"), "game/broken.wav": b"not a sound",
        "stamps/cat_desc_fr.ogg": encoded(word, 16_000, "OGG"), "stamps/dog_desc_fr.ogg": encoded(noise, 44_100, "OGG"),
    })  # fmt: skip
    package(tmp_path, "fillets-ng-data-nl", {
        "games/fillets-ng/sound/wreck/nl/pot-m-dik.ogg": encoded(word, 22_050, "OGG"),
        "games/fillets-ng/sound/share/nl/intro.ogg": encoded(word, 22_050, "OGG"),
    })  # fmt: skip
    package(tmp_path, "klettres-data", {
        "klettres/pt_BR/alpha/a.ogg": encoded(word, 22_050, "OGG"), "klettres/pt_BR/alpha/b.ogg": encoded(noise, 44_100, "OGG"),
    })  # fmt: skip
    package(tmp_path, "qabcs-data", {
        "qabcs/abcs/all/noises/train.ogg": encoded(noise, 44_100, "OGG"), "qabcs/abcs/uk/sounds/words/on.ogg": encoded(word, 22_050, "OGG"),
    })  # fmt: skip
    package(tmp_path, "scratch", {"scratch/Media/Sounds/Animal/Cat.wav": encoded(noise, 44_100, "WAV")})
    spoken = ["fillets-ng-data-nl", "klettres-data", "qabcs-data", "scratch"]
    arguments = [str(tmp_path / "out"), "--packages", "game", *spoken, "no-such-package-at-all", "--debs", str(tmp_path)]
    assert debian_corpus.main(arguments) == 0
    assert "no-such-package-at-all could not be downloaded" in capsys.readouterr().err
    index = json.loads((tmp_path / "out/noise-debian-0.json").read_text())
    found = {item["file"].rsplit("/", 1)[-1]: item for item in index["items"]}
    assert set(found) == {"bang.wav", "wind.ogg", "tune.wav", "crossing.wav", "train.ogg", "Cat.wav"}
    assert found["tune.wav"]["set"] == "debian music" and found["bang.wav"]["set"] == "debian sounds"
    assert found["train.ogg"]["set"] == found["Cat.wav"]["set"] == "debian recordings"
    assert abs(found["bang.wav"]["length"] - 16_000) <= 1

    noises = Corpus([tmp_path / "out/noise-debian-0.json"], "noise", tmp_path / "cache")
    loudest = max(np.abs(item.read(0, item.length)).max() for item in noises.items)
    assert loudest == pytest.approx(0.7, abs=0.01)
    assert min(item.weight for item in noises.items) == 0.1, "music is drawn less often"
    speech = json.loads((tmp_path / "out/speech-debian-0.json").read_text())
    said = {item["file"].rsplit("/", 1)[-1]: (item["set"], item["speaker"]) for item in speech["items"]}
    assert said == {
        "cat_desc_fr.ogg": ("words", "fr"), "pot-m-dik.ogg": ("dialogues", "nl-m"), "intro.ogg": ("dialogues", "nl"),
        "a.ogg": ("words", "pt_BR"), "on.ogg": ("words", "uk"),
    }  # fmt: skip


def test_an_interrupted_shard_is_not_there(tmp_path, monkeypatch):
    shards = debian_corpus.Shards(tmp_path, "noise-debian")
    shards.add("sounds", "game", "bang.wav", np.ones(1600, np.float32))
    (tmp_path / "noise-debian-0.json").write_text("of an older run, for an older sound")

    def cut(file, *_, **__):
        file.write_bytes(b"fLaC, and no more")
        raise KeyboardInterrupt

    monkeypatch.setattr(soundfile, "write", cut)
    with pytest.raises(KeyboardInterrupt):
        shards.write()
    assert not list(tmp_path.glob("noise-debian-*"))
