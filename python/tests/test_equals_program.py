"""`limpid.enhance` gives what the program `limpid enhance` gives, to the bit."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import limpid
from limpid import _library
from conftest import assert_same_bits, noisy, voice

# Long enough for a noise reference (0.25 s) whose tokens have their effect (0.1 s later), several times.
SECONDS = 1.2


@pytest.mark.parametrize(
    "preset, rate, channels",
    [("live", rate, channels) for rate in (16_000, 44_100, 48_000) for channels in (1, 2)]
    + [("quality", 44_100, 2), ("gentle", 48_000, 1), ("fast", 48_000, 2)],
)
def test_every_preset(program, preset: str, rate: int, channels: int) -> None:
    sound = noisy(SECONDS, rate, channels)
    before = sound.copy()
    result = limpid.enhance(sound, rate, preset=preset)
    assert_same_bits(result, program(sound, rate, "--preset", preset))
    assert_same_bits(sound, before)
    # It is enhanced: in the pauses of the second half, 20 ms of the quietest, the noise is at least 6 dB lower.
    assert quietest(result, rate) < 0.25 * quietest(sound, rate)


def quietest(sound: np.ndarray, rate: int) -> float:
    """The least mean square of 20 ms in the second half."""
    length = rate // 50
    starts = range(len(sound) // 2, len(sound) - length, length)
    return float(min(np.square(sound[start : start + length]).mean() for start in starts))


@pytest.mark.parametrize("rate", [8_000, 22_050, 96_000])
def test_the_standard_preset_is_that_of_files(program, rate: int) -> None:
    sound = noisy(2.3, rate, 1)  # longer than the 2 s that it hears beforehand
    assert_same_bits(limpid.enhance(sound, rate), program(sound, rate))


def test_a_recording_shorter_than_the_warm_up_and_than_the_latency(program) -> None:
    for count in (1, 100, 1000, 4801):
        sound = noisy(SECONDS, 48_000, 2)[:count]
        assert_same_bits(limpid.enhance(sound, 48_000), program(sound, 48_000))


def test_a_recording_of_two_windows_of_the_way_back(program) -> None:
    sound = noisy(37.5, 8_000, 1)
    result = limpid.enhance(sound, 8_000, preset="fast")
    assert_same_bits(result, program(sound, 8_000, "--preset", "fast"))
    assert not np.array_equal(result, limpid.enhance(sound, 8_000, preset="fast", backward_model="none"))


@pytest.mark.parametrize("rate, channels", [(44_100, 1), (11_025, 1), (48_000, 2)])
def test_the_way_back_of_a_network_that_is_named(program, rate: int, channels: int) -> None:
    sound = noisy(1.2, rate, channels)
    result = limpid.enhance(sound, rate, model="light", backward_model="wide")
    assert_same_bits(result, program(sound, rate, "--model", "light", "--backward-model", "wide"))
    alone = limpid.enhance(sound, rate, model="light")
    assert_same_bits(alone, program(sound, rate, "--model", "light"))
    assert not np.array_equal(result, alone)


def test_two_networks_of_the_way_back(program) -> None:
    sound = noisy(1.2, 16_000, 1)
    models = Path(limpid.__file__).parent / "presets" / "models"
    back = limpid.Model(models / "limpid-wide-backward.safetensors", second=models / "limpid-sequence-backward.safetensors")
    result = limpid.enhance(sound, 16_000, model="light", backward_model=back)
    options = "--model", "light", "--backward-model", "wide", "--backward-second-model", "light"
    assert_same_bits(result, program(sound, 16_000, *options))
    alone = limpid.enhance(sound, 16_000, model="light", backward_model="wide")
    assert not np.array_equal(alone, result)


@pytest.mark.parametrize(
    "text",
    [
        'model = "wide"\nsecond-model = "light"\nbackward-model = "light"\nbackward-second-model = "wide"\n',
        'second-model = "none"\nbackward-model = "models/limpid-wide-backward.safetensors"\n',
        '\ufeffattenuation-limit = "off"\n',
    ],
)
def test_a_preset_of_ones_own_names_networks_as_the_program_has_it(program, tmp_path: Path, text: str) -> None:
    (tmp_path / "own.toml").write_text(text + "passes = 1\n")
    sound = noisy(1.2, 16_000, 1)
    expected = program(sound, 16_000, "--preset", str(tmp_path / "own.toml"))
    assert_same_bits(limpid.enhance(sound, 16_000, preset=tmp_path / "own.toml"), expected)


def test_what_was_learned_goes_on_the_way_back_too(program) -> None:
    sound, lead = noisy(1.5, 16_000, 1), voice(2.0, 16_000, pitch=210.0).astype(np.float32)
    learned = limpid.learn(lead, 16_000)
    result = limpid.enhance(sound, 16_000, remove=[learned])
    assert_same_bits(result, program(sound, 16_000, remove=(lead, 16_000)))
    # Which of two voices speaks is not heard on the way back, so there is none.
    options = "--model", "wide", "--backward-model", "wide", "--learned-voices", "heard"
    heard = limpid.enhance(
        sound, 16_000, model="wide", backward_model="wide", remove=iter([learned]), learned_voices="heard"
    )
    assert_same_bits(heard, program(sound, 16_000, *options, remove=(lead, 16_000)))
    assert_same_bits(heard, limpid.enhance(sound, 16_000, model="wide", remove=learned, learned_voices="heard"))
    # Both networks are heard while the voice is not.
    both = limpid.enhance(sound, 16_000, remove=learned, learned_voices="heard")
    assert_same_bits(both, program(sound, 16_000, "--learned-voices", "heard", remove=(lead, 16_000)))
    assert not np.array_equal(both, heard)


@pytest.fixture(scope="module")
def without_settings() -> tuple[np.ndarray, np.ndarray]:
    """A sound, and what comes of it."""
    sound = noisy(0.8, 48_000, 2)
    return sound, limpid.enhance(sound, 48_000)


@pytest.mark.parametrize(
    "options, settings",
    [
        (["--attenuation-limit", "7.3"], {"attenuation_limit": 7.3}),
        (["--attenuation-limit", "none", "--preset", "gentle"], {"attenuation_limit": None, "preset": "gentle"}),
        (["--steps", "2", "--guidance", "1.5", "--seed", "18446744073709551615"],
         {"steps": np.int32(2), "guidance": np.float32(1.5), "seed": 2**64 - 1}),
        (["--sampler", "predictor-corrector", "--corrector-snr", "0.2"],
         {"corrector_snr": 0.2, "sampler": "predictor-corrector"}),
        (["--method", "wiener"], {"method": "wiener"}),
        (["--band", "wide", "--mix", "0.7"], {"band": "wide", "mix": 0.7}),
        (["--independent-channels", "--noise-selection", "spp", "--reference-length", "0.5", "--start-level", "-40"],
         {"independent_channels": np.True_, "noise_selection": "spp", "reference_length": 0.5, "start_level": -40}),
        (["--warm-up", "0.7"], {"warm_up": 0.7}),
        (["--model", "wide"], {"model": "wide"}),
        (["--model", "wide", "--second-model", "light"], {"model": limpid.Model("wide", second="light")}),
    ],
)  # fmt: skip
def test_settings(program, without_settings: tuple[np.ndarray, np.ndarray], options: list[str], settings: dict) -> None:
    sound, plain = without_settings
    result = limpid.enhance(sound, 48_000, **settings)
    assert_same_bits(result, program(sound, 48_000, *options))
    assert not np.array_equal(result, plain), "the settings change nothing"


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_what_was_learned_is_removed(program, rate: int, channels: int) -> None:
    other = np.stack([voice(2.5, 44_100, 210.0), 0.5 * voice(2.5, 44_100, 210.0)], axis=1).astype(np.float32)
    other = other if channels == 2 else other[:, 0].copy()
    sound = noisy(SECONDS, rate, channels)
    learned = limpid.learn(other, 44_100)
    result = limpid.enhance(sound, rate, preset="live", model="wide", remove=learned)
    expected = program(sound, rate, "--preset", "live", "--model", "wide", remove=(other, 44_100))
    assert_same_bits(result, expected)
    assert not np.array_equal(result, limpid.enhance(sound, rate, preset="live", model="wide")), "it changes nothing"


def test_what_was_learned_is_removed_by_the_network_that_can() -> None:
    learned = limpid.learn(voice(2.5, 16_000, 210.0), 16_000)
    sound = noisy(SECONDS, 16_000, 1)
    there = limpid.enhance(sound, 16_000, remove=learned, backward_model="none")
    assert_same_bits(there, limpid.enhance(sound, 16_000, model="wide", remove=learned))


def test_presets_hear_two_networks() -> None:
    sound = noisy(SECONDS, 48_000, 2)
    light, wide = (limpid.enhance(sound, 48_000, model=model) for model in ("light", "wide"))
    both = limpid.enhance(sound, 48_000, backward_model="none")
    mean = (light + wide) / 2
    # Their mean before the amplitudes are expanded is near that of the outputs, and none of the three.
    assert 0 < np.square(both - mean).sum() < 0.02 * np.square(mean).sum()
    twice = limpid.Model("light", second="light")
    assert_same_bits(limpid.enhance(sound, 48_000, model=twice), light)


def test_what_was_saved_is_removed_as_what_was_learned(program, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    learned = limpid.learn(voice(2.5, 16_000, 210.0), 16_000)
    sound = noisy(SECONDS, 16_000, 1)
    expected = limpid.enhance(sound, 16_000, model="wide", remove=learned)
    path = tmp_path / "limpid" / "profiles" / "tv.safetensors"
    path.parent.mkdir(parents=True)
    learned.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    by_name = limpid.SavedSound("tv")
    assert by_name.path == str(path)
    assert_same_bits(limpid.enhance(sound, 16_000, model="wide", remove=by_name), expected)
    copy = pickle.loads(pickle.dumps(limpid.SavedSound(path)))
    assert_same_bits(limpid.enhance(sound, 16_000, model="wide", remove=[copy]), expected)


def test_samples_that_are_not_finite(program) -> None:
    sound = noisy(SECONDS, 48_000, 1)
    sound[[5, 20_000, 57_590]] = [np.nan, np.inf, -np.inf]
    zeros = sound.copy()
    zeros[~np.isfinite(sound)] = 0
    result = limpid.enhance(sound, 48_000)
    assert np.isfinite(result).all()
    assert_same_bits(result, program(sound, 48_000))
    assert_same_bits(result, limpid.enhance(zeros, 48_000))


def test_ctrl_c_ends_it_and_the_library_goes_on_working(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = noisy(60, 48_000, 2)
    statuses = []
    check = _library._check
    monkeypatch.setattr(_library, "_check", lambda status: (statuses.append(status), check(status)))
    # Tests that run behind a shell's & are begun with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        # As the terminal does it, from outside; and somebody is impatient.
        for seconds in (0.5, 0.51):
            threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            limpid.enhance(sound, 48_000)
    finally:
        signal.signal(signal.SIGINT, before)
    assert statuses[-1] == limpid.Status.STOPPED, "it went on to its end"
    short = sound[:4_800]
    assert_same_bits(limpid.enhance(short, 48_000), limpid.enhance(short, 48_000))


def test_an_exception_at_any_moment_leaves_nothing_in_use_and_nothing_running() -> None:
    """A timer's handler raises 1 to 3 ms after a call began: some of it before the library's thread is waited for."""
    program = """
import os, signal, time, numpy, limpid
def handler(*_): raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
sound = numpy.random.default_rng(1).standard_normal(600 * 48_000).astype(numpy.float32)
limpid.enhance(sound[:4_800], 48_000, warm_up=0)
def threads(): return len(os.listdir("/proc/self/task"))
before = threads()
for k in range(120):
    try:
        # Once more after half a second: Python ignores an exception in a destructor, and the handler may come in the middle of one.
        signal.setitimer(signal.ITIMER_REAL, 0.0005 + 0.0025 * (k % 30) / 30, 0.5)
        limpid.enhance(sound, 48_000, warm_up=0)
        assert False, "it was not interrupted"
    except KeyboardInterrupt:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    # Ten minutes of sound take longer than this wherever its thread goes on.
    deadline = time.monotonic() + 10
    while threads() > before:
        assert time.monotonic() < deadline, "its thread goes on"
        time.sleep(0.001)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
