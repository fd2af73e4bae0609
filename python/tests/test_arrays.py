"""Which arrays are taken, and how they come back."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import limpid
from conftest import assert_same_bits, noisy

RATE = 16_000
# Whichever network hears it, the array is taken the same way.
enhance = functools.partial(limpid.enhance, preset="live", model="light")


def test_float64_and_float16_are_taken_as_float32() -> None:
    sound = noisy(1.0, RATE, 2)
    assert_same_bits(enhance(sound.astype(np.float64), RATE), enhance(sound, RATE))
    half = sound.astype(np.float16)
    assert_same_bits(enhance(half, RATE), enhance(half.astype(np.float32), RATE))


def test_lists_of_floats_are_taken() -> None:
    sound = noisy(0.2, RATE, 1)
    assert_same_bits(enhance([float(x) for x in sound], RATE), enhance(sound, RATE))


def test_any_layout_in_memory_is_taken() -> None:
    sound = noisy(1.0, RATE, 2)
    whole = enhance(sound, RATE)
    assert_same_bits(enhance(np.asfortranarray(sound), RATE), whole)
    assert_same_bits(enhance(np.repeat(sound, 3, axis=0)[::3], RATE), whole)
    assert_same_bits(enhance(sound.astype(">f4"), RATE), whole)
    frozen = sound.copy()
    frozen.flags.writeable = False
    assert_same_bits(enhance(frozen, RATE), whole)


def test_one_channel_keeps_its_shape() -> None:
    sound = noisy(1.0, RATE, 1)
    column = enhance(sound[:, np.newaxis], RATE)
    assert column.shape == (len(sound), 1)
    assert_same_bits(column[:, 0].copy(), enhance(sound, RATE))


def test_nothing_gives_nothing() -> None:
    assert enhance(np.zeros(0, np.float32), RATE).shape == (0,)
    assert enhance(np.zeros((0, 2), np.float32), RATE).shape == (0, 2)
    assert enhance([], RATE).shape == (0,)
    with limpid.Stream(RATE, 2) as stream:
        assert stream.process(np.zeros((0, 2), np.float32)).shape == (0, 2)


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.uint8, np.complex64, np.bool_, object, "U4"])
def test_other_types_are_refused(kind: object) -> None:
    with pytest.raises(TypeError, match="give floats, full scale -1 to 1"):
        enhance(np.zeros(RATE).astype(kind), RATE)
    with limpid.Stream(RATE) as stream, pytest.raises(TypeError, match="give floats"):
        stream.process(np.zeros(480).astype(kind))


def test_other_shapes_are_refused() -> None:
    for shape in [(), (10, 2, 2)]:
        with pytest.raises(limpid.InvalidValueError, match=r"give \(samples,\) or \(samples, channels\)"):
            enhance(np.zeros(shape, np.float32), RATE)
    with pytest.raises(limpid.InvalidValueError, match=r"48000 channels.*array\.T"):
        enhance(np.zeros((2, 48_000), np.float32), RATE)
    with pytest.raises(limpid.InvalidValueError, match="0 channels are not supported; 1 to 32 are"):
        enhance(np.zeros((480, 0), np.float32), RATE)
    with limpid.Stream(RATE, 2) as stream:
        for shape in [(480,), (480, 1), (2, 480), (480, 3)]:
            with pytest.raises(limpid.InvalidValueError):
                stream.process(np.zeros(shape, np.float32))


@pytest.mark.parametrize("rate", [0, -48_000, 7_999, 192_001, 2**31 - 1])
def test_rates_out_of_range_are_refused_in_the_librarys_words(rate: int) -> None:
    with pytest.raises(limpid.InvalidValueError, match=f"the sample rate {rate} Hz is not supported") as caught:
        enhance(np.zeros(100, np.float32), rate)
    assert caught.value.status is limpid.Status.UNSUPPORTED_FORMAT
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("rate", [2**32 + 48_000, -(2**40), 10**30])
def test_rates_beyond_the_range_of_c_do_not_wrap_into_it(rate: int) -> None:
    with pytest.raises(limpid.InvalidValueError, match="out of range"):
        enhance(np.zeros(100, np.float32), rate)
    with pytest.raises(limpid.InvalidValueError, match="out of range"):
        limpid.Stream(48_000, rate)


@pytest.mark.parametrize("rate", [48_000.0, "48000", None, np.float64(48_000)])
def test_rates_that_are_no_whole_numbers_are_refused(rate: object) -> None:
    with pytest.raises(TypeError, match="give a whole number"):
        enhance(np.zeros(100, np.float32), rate)


def test_rates_of_numpy_are_taken() -> None:
    sound = noisy(0.2, RATE, 1)
    assert_same_bits(enhance(sound, np.int64(RATE)), enhance(sound, RATE))


def test_values_beyond_float32_are_taken_as_zero() -> None:
    sound = noisy(0.5, RATE, 1).astype(np.float64)
    sound[100] = 1e300
    zero = sound.copy()
    zero[100] = 0
    assert_same_bits(enhance(sound, RATE), enhance(zero, RATE))
