"""Models, presets, settings and sounds that cannot be used: an exception with one sentence and the remedy."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import limpid
from conftest import assert_same_bits, noisy, voice

SILENCE = np.zeros(1600, np.float32)


def test_models(tmp_path: Path) -> None:
    with pytest.raises(limpid.NotFoundError, match="there is no such file") as caught:
        limpid.Model(tmp_path / "nowhere.safetensors")
    assert caught.value.status is limpid.Status.NO_FILE
    words = tmp_path / "words.safetensors"
    words.write_text("these are no weights")
    with pytest.raises(limpid.ModelError, match="words.safetensors") as caught:
        limpid.enhance(SILENCE, 16_000, model=words)
    assert caught.value.status is limpid.Status.BAD_MODEL
    with pytest.raises(limpid.InvalidValueError, match="the precision 'float8' is not known; give auto, float32 or bfloat16"):
        limpid.Model("light", "float8")
    with pytest.raises(limpid.InvalidValueError, match="zero byte"):
        limpid.Model("li\0ght")
    with pytest.raises(limpid.LimpidError):
        limpid.Model(os.fsdecode(b"\xff.safetensors"))


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"steps": 99}, "99 steps"),
        ({"steps": 1.5}, "steps '1.5'"),
        ({"mix": float("nan")}, "mix"),
        ({"guidance": float("inf")}, "guidance"),
        ({"seed": -1}, "seed"),
        ({"band": "narrow"}, "band"),
        ({"sampler": "few-step", "corrector_snr": 0.3}, "belongs to the sampler predictor-corrector"),
        ({"loudness": 3}, "'loudness' is not a setting; the settings are method, steps"),
        ({"band": "fu\0ll"}, "zero byte"),
    ],
)
def test_settings(settings: dict, sentence: str) -> None:
    for call in (lambda: limpid.enhance(SILENCE, 16_000, **settings), lambda: limpid.Stream(16_000, **settings)):
        with pytest.raises(limpid.InvalidValueError, match=sentence):
            call()


def test_settings_of_another_type() -> None:
    with pytest.raises(TypeError, match="steps is"):
        limpid.Stream(16_000, steps=[1])


@pytest.mark.parametrize("warm_up", [-1, 11, float("nan"), True, "2"])
def test_warm_up(warm_up: object) -> None:
    with pytest.raises(limpid.InvalidValueError, match="give 0 to 10 seconds"):
        limpid.enhance(SILENCE, 16_000, warm_up=warm_up)


def test_networks_of_the_other_direction() -> None:
    backward = Path(limpid.__file__).parent / "presets" / "models" / "limpid-wide-backward.safetensors"
    for call in (
        lambda: limpid.enhance(SILENCE, 16_000, model=backward),
        lambda: limpid.Stream(16_000, model=backward),
    ):
        with pytest.raises(limpid.ModelError, match="hears recordings from their end"):
            call()
    with pytest.raises(limpid.ModelError, match="no model that hears recordings from their end"):
        limpid.enhance(SILENCE, 16_000, backward_model=backward.with_name("limpid-wide.safetensors"))


def test_presets(tmp_path: Path) -> None:
    with pytest.raises(limpid.InvalidValueError, match="there is no preset 'loud'; give one of fast, gentle, live, quality"):
        limpid.Stream(16_000, preset="loud")
    with pytest.raises(limpid.NotFoundError, match="the preset cannot be read"):
        limpid.Stream(16_000, preset=tmp_path / "mine.toml")
    mine = tmp_path / "mine.toml"
    mine.write_text("steps = [")
    with pytest.raises(limpid.InvalidValueError, match="mine.toml: the preset is not TOML"):
        limpid.Stream(16_000, preset=mine)
    mine.write_text("attenuation-limit = 6.0\npasses = 2\npost-filter = 2.0\nnoise-selection = 'residual'\n")
    sound = noisy(1.0, 16_000, 1)
    assert_same_bits(
        limpid.enhance(sound, 16_000, preset=mine),
        limpid.enhance(sound, 16_000, preset="live", model="light", attenuation_limit=6),
    )
    mine.write_text("model = 'models/absent.safetensors'\n")
    with pytest.raises(limpid.NotFoundError, match="absent.safetensors"):
        limpid.Stream(16_000, preset=mine)


def test_sounds_that_nothing_can_be_learned_from() -> None:
    with pytest.raises(limpid.InvalidValueError, match="at least 0.6 s are needed") as caught:
        limpid.learn(voice(0.4, 16_000), 16_000)
    assert caught.value.status is limpid.Status.BAD_SOUND
    for silent in (np.zeros(32_000), np.zeros(0), np.zeros((32_000, 2)), np.zeros((32_000, 0))):
        with pytest.raises(limpid.InvalidValueError, match="are heard"):
            limpid.learn(silent, 16_000)
    damaged = voice(2.0, 16_000)
    damaged[7] = np.nan
    with pytest.raises(limpid.InvalidValueError, match="no numbers; record it again"):
        limpid.learn(damaged, 16_000)
    for rate in (-1, 0, 4000, 200_000):
        with pytest.raises(limpid.InvalidValueError, match="cannot be learned from; give 8000 to 192000"):
            limpid.learn(voice(2.0, 16_000), rate)
    with pytest.raises(TypeError, match="give floats"):
        limpid.learn(np.ones(32_000, np.int16), 16_000)


def test_models_and_methods_that_cannot_remove_it() -> None:
    learned = limpid.learn(voice(2.0, 16_000), 16_000)
    with pytest.raises(limpid.ModelError, match="cannot remove what was learned; choose one that can, such as wide"):
        limpid.enhance(SILENCE, 16_000, model="light", remove=learned)
    with pytest.raises(limpid.InvalidValueError, match="the method wiener removes nothing that was learned"):
        limpid.enhance(SILENCE, 16_000, method="wiener", remove=[learned])
    with pytest.raises(TypeError, match="give what limpid.learn returned"):
        limpid.enhance(SILENCE, 16_000, model="wide", remove=["tv"])


def test_files_that_hold_nothing_learned(tmp_path) -> None:
    with pytest.raises(limpid.NotFoundError):
        limpid.SavedSound(tmp_path / "absent.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"12345678{}")
    with pytest.raises(limpid.LimpidError):
        limpid.SavedSound(tmp_path / "damaged.safetensors")
    with pytest.raises(limpid.LimpidError):
        limpid.learn(voice(2.0, 16_000), 16_000).save(tmp_path / "no" / "folder.safetensors")


def test_what_was_learned_keeps_its_sound_and_can_be_pickled() -> None:
    sound = voice(2.0, 16_000).astype(np.float32)
    learned = limpid.learn(sound, 16_000)
    before = sound.copy()
    sound[:] = 0
    assert_same_bits(learned.samples, before)
    assert not learned.samples.flags.writeable
    copy = pickle.loads(pickle.dumps(learned))
    noise = noisy(1.0, 16_000, 1)
    assert_same_bits(
        limpid.enhance(noise, 16_000, model="wide", remove=copy),
        limpid.enhance(noise, 16_000, model="wide", remove=learned),
    )
    # Of more than a minute the first is kept.
    assert len(limpid.learn(np.tile(before, 40), 16_000).samples) == 60 * 16_000


def test_a_learned_sound_of_ones_own_is_one_channel_of_floats() -> None:
    sound = voice(2.0, 16_000)
    assert_same_bits(limpid.LearnedSound(sound[::-1], 16_000).samples, sound[::-1].astype(np.float32))
    with pytest.raises(TypeError, match="int8 cannot be enhanced"):
        limpid.LearnedSound(np.ones(32_000, np.int8), 16_000)
    with pytest.raises(limpid.InvalidValueError, match="not one channel"):
        limpid.LearnedSound(np.ones((32_000, 2), np.float32), 16_000)
    with pytest.raises(TypeError, match="whole number"):
        limpid.LearnedSound(sound, 16_000.5)  # type: ignore[arg-type]
    # repr once divided by it.
    for rate in (0, -1):
        with pytest.raises(ValueError, match=f"{rate} Hz cannot be learned from; give 8000 to 192000") as caught:
            limpid.LearnedSound(sound, rate)
        assert caught.value.status is limpid.Status.UNSUPPORTED_FORMAT
    assert repr(limpid.LearnedSound(sound, 16_000)) == "<limpid.LearnedSound of 2.0 s at 16000 Hz>"


def test_names_of_what_was_learned_are_found_by_xdgs_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    learned = limpid.learn(voice(2.0, 16_000), 16_000)
    for data, folder in (("relative", ".local/share"), ("", ".local/share"), (str(tmp_path / "data"), "data")):
        monkeypatch.setenv("XDG_DATA_HOME", data)
        profiles = tmp_path / folder / "limpid/profiles"
        profiles.mkdir(parents=True, exist_ok=True)
        learned.save(profiles / "tv.safetensors")
        assert limpid.SavedSound("tv").path == str(profiles / "tv.safetensors")


def test_errors_come_back_whole_from_another_process() -> None:
    with pytest.raises(limpid.InvalidValueError) as caught:
        limpid.Stream(1)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is limpid.InvalidValueError
    assert (str(copy), copy.status) == (str(caught.value), limpid.Status.UNSUPPORTED_FORMAT)
