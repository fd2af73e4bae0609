"""Streams: blocks of any size, latency, state, threads."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import limpid
from conftest import assert_same_bits, noisy, voice


def in_blocks(stream: limpid.Stream, sound: np.ndarray, sizes: list[int]) -> np.ndarray:
    parts, done, turn = [], 0, 0
    while done < len(sound):
        size = sizes[turn % len(sizes)]
        parts.append(stream.process(sound[done : done + size]))
        done, turn = done + size, turn + 1
    parts.append(stream.flush())
    return np.concatenate(parts)[stream.latency :]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_odd_blocks_equal_the_whole(rate: int, channels: int) -> None:
    sound = noisy(0.7, rate, channels)
    whole = limpid.enhance(sound, rate, preset="live")
    with limpid.Stream(rate, channels) as stream:
        for sizes in ([1, 479, 441, 4096, 7, 0, 1024, 333], [127], [len(sound)]):
            # flush begins anew, so that the same stream gives the same again.
            assert_same_bits(in_blocks(stream, sound, sizes), whole)


@pytest.mark.parametrize("rate, latency", [(16_000, 319), (44_100, 1109), (48_000, 1197)])
def test_the_latency_is_stated_and_true(rate: int, latency: int) -> None:
    """README's table; and in bypass the output is the input, so many samples later."""
    sound = noisy(0.5, rate, 2)
    with limpid.Stream(rate, 2, bypass=True) as stream:
        assert stream.latency == latency
        result = stream.process(sound)
    assert_same_bits(result[latency:].copy(), sound[:-latency].copy())
    assert not result[:latency].any()


def test_a_sound_shorter_than_the_latency() -> None:
    sound = noisy(0.5, 48_000, 1)[:100]
    with limpid.Stream(48_000) as stream:
        result = np.concatenate([stream.process(sound), stream.flush()])[stream.latency :]
    assert_same_bits(result, limpid.enhance(sound, 48_000, preset="live"))


def test_reset_forgets_what_was_heard_and_keeps_what_was_set() -> None:
    sound = noisy(1.0, 16_000, 1)
    with limpid.Stream(16_000) as stream:
        first = stream.process(sound)
        again = stream.process(sound)
        assert not np.array_equal(first, again)
        stream.reset()
        assert_same_bits(stream.process(sound), first)
        stream.set(mix=0.5)
        stream.reset()
        assert not np.array_equal(stream.process(sound), first)


def test_settings_change_while_it_runs() -> None:
    sound = noisy(2.0, 16_000, 1)
    limit = 6.0
    with limpid.Stream(16_000) as stream:
        first = stream.process(sound[:16_000])
        stream.set(attenuation_limit=limit)
        second = stream.process(sound[16_000:])
    with limpid.Stream(16_000) as stream:
        assert_same_bits(stream.process(sound[:16_000]), first)
        assert not np.array_equal(stream.process(sound[16_000:]), second)
    with limpid.Stream(16_000) as stream:
        with pytest.raises(limpid.StateError, match="'seed' is fixed while the enhancer is prepared"):
            stream.set(seed=1)
        with pytest.raises(limpid.InvalidValueError, match="mix"):
            stream.set(mix=2)
        assert_same_bits(stream.process(sound[:16_000]), first)


def test_learns_and_forgets_between_blocks() -> None:
    sound = noisy(1.0, 16_000, 1)
    learned = limpid.learn(voice(2.0, 16_000, 210.0), 16_000)
    with limpid.Stream(16_000, model="wide") as plain, limpid.Stream(16_000, model="wide") as stream:
        assert_same_bits(stream.process(sound), plain.process(sound))
        stream.learn(learned)
        assert not np.array_equal(stream.process(sound), plain.process(sound))
        stream.forget()
        stream.reset()
        plain.reset()
        assert_same_bits(stream.process(sound), plain.process(sound))


def test_a_closed_stream_refuses_everything() -> None:
    stream = limpid.Stream(16_000)
    stream.close()
    stream.close()
    for call in (
        lambda: stream.process(np.zeros(10, np.float32)), stream.flush, stream.reset, stream.forget,
        lambda: stream.set(mix=1), lambda: stream.learn(limpid.learn(voice(2.0, 16_000), 16_000)),
    ):  # fmt: skip
        with pytest.raises(limpid.StateError, match="the stream is closed; make a new one"):
            call()
    assert "closed" in repr(stream)


def test_several_streams_at_once_give_each_its_own() -> None:
    """Eight threads, different rates, channels and settings, blocks interleaved by the machine."""
    model = limpid.Model("light")

    def task(number: int) -> tuple[np.ndarray, np.ndarray]:
        rate, channels = [16_000, 44_100, 48_000, 22_050][number % 4], 1 + number % 2
        sound = noisy(0.6, rate, channels, seed=number)
        with limpid.Stream(rate, channels, model=model, seed=number) as stream:
            result = in_blocks(stream, sound, [100 + 37 * number, 480])
        return result, sound

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(task, range(8)))
    for number, (result, sound) in enumerate(results):
        rate = [16_000, 44_100, 48_000, 22_050][number % 4]
        assert_same_bits(result, limpid.enhance(sound, rate, preset="live", model="light", seed=number))


def test_the_interpreter_is_free_while_a_block_is_enhanced() -> None:
    """A counter in another thread goes on during one long call; with the interpreter held it would stand still."""
    sound = noisy(20.0, 48_000, 1)
    inside, ticks = threading.Event(), []
    stream = limpid.Stream(48_000, model="light")

    def enhance() -> None:
        inside.set()
        stream.process(sound)

    worker = threading.Thread(target=enhance)
    worker.start()
    inside.wait()
    while worker.is_alive():
        ticks.append(time.monotonic())
        time.sleep(0.001)
    worker.join()
    stream.close()
    assert len(ticks) > 20


def test_calls_of_several_threads_on_one_stream_wait_for_each_other() -> None:
    sound = noisy(0.5, 16_000, 1)
    with limpid.Stream(16_000) as stream, ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: stream.process(sound), range(8)))
        assert len({result.tobytes() for result in results}) == 8  # eight stretches of one stream
        stream.reset()
        # Whichever call came first heard what is heard after a reset.
        assert stream.process(sound).tobytes() in {result.tobytes() for result in results}


def test_closing_waits_for_the_block_under_way() -> None:
    sound = noisy(10.0, 48_000, 1)
    expected = limpid.enhance(sound, 48_000, preset="live", model="light")
    stream = limpid.Stream(48_000, model="light")
    result: list[np.ndarray] = []
    worker = threading.Thread(target=lambda: result.append(stream.process(sound)))
    worker.start()
    time.sleep(0.02)
    stream.close()
    worker.join()
    # The worker was first, unless this machine let it wait: then it was refused, and nothing was touched.
    if result:
        assert_same_bits(result[0][stream.latency :].copy(), expected[: -stream.latency].copy())


def test_errors_of_one_thread_are_not_those_of_another() -> None:
    def fail(number: int) -> str:
        with pytest.raises(limpid.InvalidValueError) as caught:
            limpid.Stream(1000 + number)
        return str(caught.value)

    with ThreadPoolExecutor(8) as pool:
        sentences = list(pool.map(fail, range(200)))
    assert all(f"{1000 + number} Hz" in sentence for number, sentence in enumerate(sentences))


def test_memory_goes_back() -> None:
    """Two hundred streams, each of some 3 MB, closed or dropped: the process does not grow by them."""

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    def make() -> None:
        limpid.Stream(48_000, 2).process(np.zeros((480, 2), np.float32))
        limpid.Stream(48_000, 2).close()

    for _ in range(10):
        make()
    gc.collect()
    before = resident()
    for _ in range(100):
        make()
    gc.collect()
    assert resident() - before < 30e6


def test_a_stream_is_not_pickled_a_model_is_by_name() -> None:
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(limpid.Stream(16_000))
    model = pickle.loads(pickle.dumps(limpid.Model("wide")))
    assert model.path.endswith("limpid-wide.safetensors")
    sound = noisy(0.5, 16_000, 1)
    assert_same_bits(limpid.enhance(sound, 16_000, model=model), limpid.enhance(sound, 16_000, model="wide"))
    both = pickle.loads(pickle.dumps(limpid.Model("light", second="wide")))
    assert both.second_path is not None and both.second_path.endswith("limpid-wide.safetensors")
    assert_same_bits(limpid.enhance(sound, 16_000, model=both), limpid.enhance(sound, 16_000, backward_model="none"))


def test_a_stream_of_two_networks_is_told_which_are_heard() -> None:
    sound = noisy(1.0, 16_000, 1)
    light = limpid.enhance(sound, 16_000, model="light")
    assert not np.array_equal(limpid.enhance(sound, 16_000), light)
    assert_same_bits(limpid.enhance(sound, 16_000, networks="first"), light)
    with limpid.Stream(16_000) as stream:
        stream.set(networks="second")
        with pytest.raises(limpid.InvalidValueError, match="both, first, second"):
            stream.set(networks="third")


def test_a_signals_handler_that_comes_in_the_middle_of_a_call_is_refused() -> None:
    stream = limpid.Stream(48_000, networks="first", passes=1)
    refused: list[limpid.StateError] = []
    sound = noisy(20, 48_000, 1)

    def handler(*_: object) -> None:
        try:
            stream.close()
        except limpid.StateError as error:
            refused.append(error)

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        # Python runs the handler as soon as the library's call is over, and the stream's is not.
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        stream.process(sound)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert "in the middle of a call of this very thread" in str(refused[0])
    assert len(stream.process(noisy(0.1, 48_000, 1))) == 4_800


@pytest.mark.parametrize(
    "work",
    ["while True: stream.process(block)", "while True: limpid.enhance(block, 48_000, preset='live', networks='first')"],
)
def test_the_interpreter_may_end_while_a_thread_is_in_the_middle_of_a_call(work: str) -> None:
    program = f"""
import threading, time, numpy, limpid
stream = limpid.Stream(48_000, networks="first")
block = numpy.full(48_000, 0.1, numpy.float32)
def run():
    {work}
threading.Thread(target=run, daemon=True).start()
time.sleep(0.5)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
