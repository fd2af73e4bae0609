"""The noise augmentation set: synthetic noises, babble, mixing, other speeds, time stretching, concatenation, rooms."""

from functools import cache
from math import gcd

import numpy as np
from scipy.signal import fftconvolve, firwin, lfilter, resample_poly

from .augmentation_options import Augmentation
from .corpora import Corpus
from .features import SAMPLE_RATE

Random = np.random.Generator


def normalise(x: np.ndarray) -> np.ndarray:
    """To unit RMS (silence stays silence)."""
    return x / (np.sqrt(np.mean(np.square(x))) + 1e-7)


def coloured(random: Random, count: int, exponent: float) -> np.ndarray:
    """Noise with power spectrum 1/f^exponent: 0 white, 1 pink, 2 brown; flat below 20 Hz."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    return normalise(np.fft.irfft(spectrum * np.maximum(frequency, 20.0) ** (-exponent / 2), count))


def envelope(random: Random, count: int, depth: float) -> np.ndarray:
    """A slow random level curve, up to ±depth dB, from knots half a second to two seconds apart."""
    knots = max(2, int(count / SAMPLE_RATE / random.uniform(0.5, 2)) + 2)
    curve = np.interp(np.linspace(0, knots - 1, count), np.arange(knots), random.uniform(-depth, depth, knots))
    return 10 ** (curve / 20)


def hum(random: Random, count: int) -> np.ndarray:
    """Mains hum, engines and fans: harmonics of a slowly wandering fundamental over soft noise."""
    fundamental = random.choice([50.0, 60.0, random.uniform(25, 400)])
    wander = 1 + random.uniform(0, 0.03) * np.cumsum(random.standard_normal(count // 400 + 2)) / 20
    drift = np.interp(np.arange(count), np.arange(len(wander)) * 400, wander)
    phase = 2 * np.pi * np.cumsum(fundamental * drift) / SAMPLE_RATE
    out = np.zeros(count)
    tilt = random.uniform(0.4, 1.6)
    for harmonic in range(1, int(random.integers(3, 20))):
        if harmonic * fundamental < 7500:
            out += harmonic**-tilt * random.uniform(0.2, 1) * np.sin(harmonic * phase + random.uniform(0, 6))
    return normalise(normalise(out) + random.uniform(0.1, 1.5) * coloured(random, count, random.uniform(0, 2)))


def events(random: Random, count: int) -> np.ndarray:
    """Sudden sounds: bursts, knocks, clicks, chirps and siren-like sweeps over a quiet bed."""
    out = 0.02 * coloured(random, count, random.uniform(0, 2))
    kind = random.integers(4)
    rate = random.uniform(0.5, 8)
    for _ in range(max(1, random.poisson(rate * count / SAMPLE_RATE))):
        length = int(SAMPLE_RATE * (random.uniform(0.005, 0.1) if kind == 0 else random.uniform(0.05, 0.8)))
        start = int(random.integers(0, max(1, count - length)))
        length = min(length, count - start)
        if length < 32:
            continue
        time = np.arange(length) / SAMPLE_RATE
        shape = np.exp(-time * random.uniform(3, 60)) * np.minimum(1, time * random.uniform(50, 2000))
        if kind in (0, 1):
            pole = random.uniform(0.0, 0.95)
            turn = np.cos(2 * np.pi * random.uniform(100, 6000) / SAMPLE_RATE)
            sound = lfilter([1], [1, -2 * pole * turn, pole * pole], random.standard_normal(length))
        else:
            start_hz, end_hz = random.uniform(150, 4000, 2)
            sweep = start_hz + (end_hz - start_hz) * time / time[-1]
            if kind == 3:
                sweep *= 1 + 0.05 * np.sin(2 * np.pi * random.uniform(3, 20) * time)
            phase = 2 * np.pi * np.cumsum(sweep) / SAMPLE_RATE
            sound = sum(h**-1.2 * np.sin(h * phase) * (h * sweep < 7600) for h in range(1, random.integers(2, 8)))
            if random.random() < 0.5:
                shape = np.sin(np.pi * np.arange(length) / length) ** 0.5
        out[start : start + length] += random.uniform(0.2, 1) * normalise(sound) * shape
    return normalise(out)


def from_corpus(random: Random, corpus: Corpus, count: int) -> np.ndarray:
    """A random crop of a random item. A shorter item is looped with a cross-fade, or, as a sound that returns does, heard again
    after pauses and at other levels: nothing in a room repeats itself to the sample."""
    item = corpus.draw(random)
    offset = int(random.integers(0, max(1, item.length - count + 1)))
    crop = item.read(offset, count)
    if len(crop) < count and random.random() < 0.5:
        crop = returning(random, crop, count)
    elif len(crop) < count:
        fade = min(len(crop) // 4, 800)
        piece = crop.copy()
        if fade:
            ramp = np.linspace(0, 1, fade, dtype=np.float32)
            piece[:fade] = crop[:fade] * ramp + crop[-fade:] * (1 - ramp)
            piece = piece[: len(crop) - fade]
        crop = np.tile(piece, count // len(piece) + 1)[:count]
    return normalise(crop)


def returning(random: Random, sound: np.ndarray, count: int) -> np.ndarray:
    """A short sound (N,), N > 0, over and over: pauses of 0.4 s on the mean between, up to 9 dB quieter; the first is heard at once."""
    fade = min(len(sound) // 4, 80)
    sound = sound.copy()
    if fade:
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        sound[:fade] *= ramp
        sound[-fade:] *= ramp[::-1]
    out, start = np.zeros(count, np.float32), 0
    while start < count:
        level = 10 ** (-random.uniform(0, 9) / 20) if start else 1
        part = sound[: count - start]
        out[start : start + len(part)] = level * part
        start += len(sound) + int(random.exponential(0.4) * SAMPLE_RATE)
    return out


@cache
def _unlimited(up: int, down: int) -> np.ndarray:
    """The filter of `at_speed`, up and down without a common divisor: what the longer of both sounds can hold passes."""
    return firwin(64 * max(up, down) + 1, min(1 / down, 0.999), window=("kaiser", 8.0))


def at_speed(sound: np.ndarray, up: int, down: int) -> np.ndarray:
    """`sound` at down/up of its speed, pitch with it. Slowed down its band would end below 8 kHz, which would teach that nothing
    of a voice is there: what lies above is filled with the mirror of what lies below that edge."""
    if up == down:
        return sound
    up, down = up // gcd(up, down), down // gcd(up, down)
    return resample_poly(sound, up, down, window=_unlimited(up, down)).astype(np.float32)


def varied(random: Random, corpus: Corpus, count: int, options: Augmentation) -> np.ndarray:
    """As `from_corpus`, some of them played at half to twice their speed, pitch with it, some from their end: what a corpus
    of few sources lacks is other sources, and a slowed engine is another engine."""
    up, down = (int(k) for k in random.permutation(np.arange(5, 11))[:2]) if random.random() < options.other_speed_noise else (1, 1)
    out = from_corpus(random, corpus, count if up == down else count * down // up + 1)
    if up != down:
        out = normalise(at_speed(out, up, down)[:count])
    return out[::-1] if random.random() < options.backwards_noise else out


def babble(random: Random, speech: Corpus, count: int) -> np.ndarray:
    """Four to twelve voices at once, each at its own level."""
    voices = [
        random.uniform(0.3, 1) * from_corpus(random, speech, count) for _ in range(random.integers(4, 13))
    ]
    return normalise(np.sum(voices, 0))


def stretch(x: np.ndarray, rate: float, size: int = 512) -> np.ndarray:
    """Time stretching by a phase vocoder: `rate` 2 is twice as fast, the pitch stays."""
    hop = size // 4
    window = np.hanning(size + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, (size, size)), size)[::hop]
    spectrum = np.fft.rfft(frames * window, axis=1)
    position = np.arange(0, len(spectrum) - 1, rate)
    index = position.astype(int)
    share = (position - index)[:, None]
    magnitude = (1 - share) * np.abs(spectrum[index]) + share * np.abs(spectrum[index + 1])
    phase = np.angle(spectrum)
    advance = np.angle(np.exp(1j * (phase[index + 1] - phase[index] - 2 * np.pi * np.arange(size // 2 + 1) / 4)))
    advance = advance + 2 * np.pi * np.arange(size // 2 + 1) / 4
    turned = phase[0] + np.concatenate([np.zeros((1, size // 2 + 1)), np.cumsum(advance[:-1], 0)])
    pieces = np.fft.irfft(magnitude * np.exp(1j * turned), axis=1) * window
    out = np.zeros(len(pieces) * hop + size)
    for k, piece in enumerate(pieces):
        out[k * hop : k * hop + size] += piece
    return out[int(size / rate) : int(size / rate) + int(len(x) / rate)] / 1.5


def noise(random: Random, noises: Corpus, speech: Corpus, count: int, options: Augmentation) -> np.ndarray:
    """`count` samples of noise at unit RMS, drawn from the whole augmentation set."""

    def single(count: int) -> np.ndarray:
        choice = random.random()
        if choice < 0.56:
            if random.random() < 0.15:
                rate = random.uniform(0.75, 1.3)
                out = stretch(varied(random, noises, int(count * rate) + 1024, options), rate)[:count]
                out = np.pad(out, (0, count - len(out)))
            else:
                out = varied(random, noises, count, options)
        elif choice < 0.68:
            out = coloured(random, count, random.choice([0.0, 1.0, 2.0, random.uniform(-0.5, 2.5)]))
            if random.random() < 0.5:
                out = out * envelope(random, count, random.uniform(0, 12))
        elif choice < 0.77:
            out = hum(random, count)
        elif choice < 0.90:
            out = events(random, count)
        else:
            out = babble(random, speech, count)
        return normalise(out)

    choice = random.random()
    if choice < 0.6:
        out = single(count)
    elif choice < 0.8:  # mixing
        share = random.uniform(0.3, 0.7)
        out = share * single(count) + (1 - share) * single(count)
    else:  # concatenation of different noises, with short cross-fades; beyond 6 s another every 4 s on average
        out = single(count)
        pieces = 2 + random.poisson(max(0.0, count / SAMPLE_RATE - 6) / 4)
        for piece in range(1, pieces):
            cut = int((piece + random.uniform(-0.5, 0.5)) / pieces * count)
            fade = int(random.uniform(0.01, 0.3) * SAMPLE_RATE)
            step = np.clip((np.arange(count) - cut) / fade, 0, 1)
            out = out * (1 - step) + single(count) * step * 10 ** (random.uniform(-8, 8) / 20)
    if random.random() < 0.4:
        out = out * envelope(random, count, random.uniform(0, 6))
    if random.random() < 0.4:
        out = equalise(random, out)
    return normalise(out).astype(np.float32)


def intrusions(random: Random, noises: Corpus, count: int, options: Augmentation) -> np.ndarray:
    """One to four sudden sounds over silence: pieces of the corpus or synthetic events, 0.15 to 2 s each, with a fast
    onset; the loudest 0.1 s of each lies between −12 and +14 dB against unit RMS, so a slammed door can drown speech."""
    out = np.zeros(count)
    for _ in range(int(random.integers(1, 5))):
        length = min(count, int(random.uniform(0.15, 2) * SAMPLE_RATE))
        sound = varied(random, noises, length, options) if random.random() < 0.7 else events(random, length)
        block = SAMPLE_RATE // 10
        loudest = max(np.square(sound[k : k + block]).mean() for k in range(0, length, block))
        onset, release = int(random.uniform(0.001, 0.05) * SAMPLE_RATE), int(random.uniform(0.02, 0.5) * length) + 1
        fade = np.minimum(1, np.minimum(np.arange(length) / onset, np.arange(length)[::-1] / release))
        start = int(random.integers(0, count - length + 1))
        level = 10 ** (random.uniform(-12, 14) / 20)
        out[start : start + length] += level * sound * fade / np.sqrt(loudest + 1e-9)
    return out.astype(np.float32)


def colouring(random: Random) -> tuple[np.ndarray, np.ndarray]:
    """(b, a) of a random second-order filter, as microphones and rooms colour."""
    b = np.array([1, *random.uniform(-0.375, 0.375, 2)])
    return b, np.array([1, *random.uniform(-0.375, 0.375, 2)])


def equalise(random: Random, x: np.ndarray) -> np.ndarray:
    return lfilter(*colouring(random), x)


def room(random: Random) -> np.ndarray:
    """A room impulse response: direct sound, a few early reflections, a diffuse tail, unit energy first."""
    decay = random.uniform(0.08, 0.5)  # RT60 in seconds
    count = int(decay * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    tail = random.standard_normal(count) * 10 ** (-3 * time / decay)
    tail[: int(0.002 * SAMPLE_RATE)] = 0
    response = tail / np.sqrt(np.sum(tail**2) + 1e-9) * 10 ** (random.uniform(-22, -5) / 20)
    response[0] = 1
    for _ in range(random.integers(0, 6)):
        response[int(random.uniform(0.001, 0.03) * SAMPLE_RATE) % count] += random.uniform(-0.4, 0.4)
    return response


def reverberate(x: np.ndarray, response: np.ndarray) -> np.ndarray:
    return fftconvolve(x, response)[: len(x)].astype(np.float32)
