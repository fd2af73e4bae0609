"""Second voices, what was learned, microphones' defects, made voices, and the validation set."""

import math
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from scipy.signal import welch
from training import augmentation, features, mixing, voices
from training.augmentation_options import Augmentation
from training.components import LEAD, Components, Parts
from training.corpora import Corpus
from training.losses import EnhancementLoss
from training.network import NetworkConfiguration, ScoreNetwork
from training.step import TrainingStep, learned_magnitudes
from training.validation import KINDS, Validation

RATE = 16_000


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Speakers who are tones of their own, two utterances each; white noise."""
    root = tmp_path_factory.mktemp("voices")
    time = np.arange(6 * RATE) / RATE
    for speaker in range(6):
        for utterance in range(2):
            path = root / f"speech/p{100 + speaker}_{utterance}.wav"
            path.parent.mkdir(exist_ok=True)
            tone = np.sin(2 * np.pi * (300 + 400 * speaker + 100 * utterance) * time)
            soundfile.write(path, 0.1 * tone * (0.6 + 0.4 * np.sin(12 * time)), RATE)
    (root / "noise").mkdir()
    soundfile.write(root / "noise/white.wav", 0.05 * np.random.default_rng(0).standard_normal(9 * RATE), RATE)
    return tuple(Corpus([root / role], role, root) for role in ("speech", "noise"))


def only(**chosen) -> Augmentation:
    quiet = Augmentation.plain()
    return Augmentation(**{**quiet.as_dict(), "other_speed": 0.0, "nobody": 0.0, "nearly_clean": 0.0, "empty": 0.0, "leaking": 0.0, **chosen})


def first(corpora, options, count=8, seconds=4.0):
    parts = next(iter(Components(*corpora, count, seconds, 3, options)))
    torch.manual_seed(0)
    return parts, mixing.mix(parts, options)


def tones(x: torch.Tensor) -> set[int]:
    """The tones of (N) samples that hold at least a tenth of the loudest one's power."""
    power = torch.fft.rfft(x * torch.hann_window(len(x))).abs().square()
    band = torch.stack([power[int(len(x) * (f - 30) / RATE) : int(len(x) * (f + 30) / RATE)].sum() for f in range(300, 2500, 100)])
    return {300 + 100 * int(k) for k in (band > 0.1 * band.max()).nonzero()}


def test_the_second_voice_goes_where_it_was_learned_and_another_utterance_of_it_was(corpora):
    options = only(second_voice=1.0, learned_own=1.0, voice_ratio=(0.0, 0.0), signal_to_noise=(60.0, 60.0))
    parts, batch = first(corpora, options)
    assert batch.heard.all() and batch.removes.all()
    for k in range(8):
        second = tones(parts.voice[k, LEAD:])
        learned = tones(parts.learned[k])
        assert second.isdisjoint(learned), "another utterance"
        assert {(f - 300) // 400 for f in second} == {(f - 300) // 400 for f in learned}, "of the same speaker"
        assert second.isdisjoint(tones(batch.clean[k])) and second <= tones(batch.noisy[k] - batch.clean[k])


def test_the_second_voice_stays_where_anothers_was_learned(corpora):
    options = only(second_voice=1.0, learned_other=1.0, voice_ratio=(0.0, 0.0), signal_to_noise=(60.0, 60.0))
    parts, batch = first(corpora, options)
    assert batch.heard.all() and not batch.removes.any()
    for k in range(8):
        second, learned = ({(f - 300) // 400 for f in tones(x)} for x in (parts.voice[k, LEAD:], parts.learned[k]))
        assert second.isdisjoint(learned) and tones(parts.voice[k, LEAD:]) <= tones(batch.clean[k])


def test_the_wanted_voice_may_be_in_what_was_learned_as_its_smaller_part(corpora):
    parts = next(iter(Components(*corpora, 8, 4.0, 3, only(second_voice=1.0, learned_own=1.0, learned_wanted=1.0))))
    for k in range(8):
        spectrum = torch.stft(parts.learned[k], 1600, 1600, window=torch.hann_window(1600), center=False, return_complex=True)
        speakers = ((spectrum.abs().argmax(0) * 10 - 280) // 400).tolist()  # the loudest tone of each 0.1 s
        second, wanted = ({(f - 300) // 400 for f in tones(x)} for x in (parts.voice[k, LEAD:], parts.clean[k]))
        share = sum(s in wanted for s in speakers) / len(speakers)
        assert 0.02 < share < 0.4 and sum(s in second for s in speakers) > 0.5 * len(speakers), (k, speakers, second, wanted)


def test_the_microphone_s_offset_and_rumble_are_in_the_mixture_and_not_in_the_target(corpora):
    for name, low, high in (("offset", 0, 2), ("rumble", 2, 31)):
        _, batch = first(corpora, only(**{name: 1.0, "largest_offset": 0.1, "rumble_ratio": (10.0, 10.0)}), seconds=8)
        spectra = [torch.fft.rfft(x * torch.hann_window(x.shape[1])).abs().square() for x in (batch.noisy, batch.clean)]
        part = slice(int(low * 8), int(high * 8))
        assert (spectra[0][:, part].sum(1) > 100 * spectra[1][:, part].sum(1)).all(), name


def test_learned_noise_is_of_before_and_not_the_mixture_s_own(corpora):
    """It was the mixture's noise itself, which nobody who learns a sound has."""
    parts = next(iter(Components(*corpora, 4, 1.5, 3, only(learned_noise=1.0))))
    for learned, noise in zip(parts.learned, parts.noise, strict=True):
        size = 1 << 18
        product = torch.fft.irfft(torch.fft.rfft(learned, size).conj() * torch.fft.rfft(noise, size), size)
        assert learned.abs().max() > 0 and product.abs().max() < 0.2 * learned.norm() * noise.norm()


def test_the_rolling_reference_is_of_what_is_not_wanted():
    """Noise, and the voice that is removed; of the wanted one what leaks; offset with them."""
    count = 4 * RATE
    time = torch.arange(LEAD + count) / RATE
    noise, voice, clean = (math.sqrt(2) * torch.sin(2 * torch.pi * f * time).repeat(4, 1) for f in (1000, 2000, 500))
    removes = torch.tensor([True, True, False, False])
    parts = Parts(clean[:, LEAD:], noise, torch.zeros_like(noise), voice, torch.ones(4, 5 * RATE), removes, torch.zeros(4))

    def heard(batch):  # (B, 3): dB of each against the noise
        spectra = torch.fft.rfft(batch.reference * torch.hann_window(320)).abs().square().mean(1)[:, [20, 40, 10]]
        return 10 * torch.log10(spectra[:, 1:] / spectra[:, :1] + 1e-12)

    torch.manual_seed(0)
    levels = heard(mixing.mix(parts, only(voice_ratio=(0.0, 0.0))))
    assert (levels[:2, 0].abs() < 1).all(), "the voice that is removed is noise"
    assert (levels[2:, 0] < -60).all(), "the one that stays is not"
    assert (levels[:, 1] < -60).all(), "nothing leaks"
    leaking = only(voice_ratio=(0.0, 0.0), leaking=1.0, leak=(-10.0, -10.0))
    of_wanted = torch.stack([heard(mixing.mix(parts, leaking))[:, 1] for _ in range(8)])
    assert of_wanted.max() < -9 and (of_wanted > -30).any(), "as much of the wanted voice as is stated, from within the crop alone"
    for _ in range(4):
        batch = mixing.mix(parts, only(offset=1.0, largest_offset=0.1))
        stated = (batch.noisy - batch.clean).mean(1)
        assert (batch.reference.mean((1, 2)) - stated).abs().max() < 0.1 * stated.abs().max()


def test_backwards_is_the_same_mixture_from_its_end(corpora):
    options = only(second_voice=1.0, learned_own=1.0, leaking=1.0, leak=(-20.0, -20.0))
    parts, batch = first(corpora, options)
    torch.manual_seed(0)
    turned = mixing.mix(parts, replace(options, backwards=1.0))
    for name in ("noisy", "clean"):
        assert torch.equal(getattr(turned, name), getattr(batch, name).flip(1)), name
    # What was learned is heard from its end: its frames are not those of before in another order.
    assert turned.learned.shape == batch.learned.shape and not torch.equal(turned.learned, batch.learned)
    frames = mixing.heard_frames(parts.learned.flip(1), batch.learned.shape[1])
    assert torch.equal(turned.learned, frames)
    # The reference is of the same noise, and what comes before the crop is none of what follows in it.
    track = torch.arange(12.0)[None]
    chosen = torch.ones(1, 1, dtype=torch.bool)
    assert mixing.backwards(track, chosen, 4).tolist() == [[3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 5, 4]]
    assert mixing.backwards(track, ~chosen, 4).tolist() == track.tolist()
    half = mixing.mix(parts, replace(options, backwards=0.5))
    assert half.noisy.isfinite().all()


def test_the_level_does_not_hear_offset_and_rumble():
    time = torch.arange(48_000) / RATE
    wave = 0.05 * torch.sin(2 * torch.pi * 300 * time)[None]
    plain = features.frame_energy(wave)[:, 100:]
    shaken = features.frame_energy(wave + 0.1 + 0.1 * torch.sin(2 * torch.pi * 8 * time))[:, 100:]
    assert (10 * torch.log10(shaken / plain)).abs().max() < 1.0
    raw = (wave + 0.1).square().mean() / wave.square().mean()
    assert 10 * torch.log10(raw) > 8, "without the high-pass it would"


def test_the_high_pass_is_scipys():
    from scipy.signal import butter, lfilter

    wave = torch.randn(2, 5000, generator=torch.Generator().manual_seed(0))
    expected = lfilter(*butter(2, 40, "highpass", fs=RATE), wave.double().numpy())
    assert np.abs(features.high_pass(wave).numpy() - expected).max() < 1e-5


def test_how_loud_a_voice_was_learned_does_not_matter():
    frames = torch.randn(2, 80, 320)
    quiet = learned_magnitudes(0.003 * frames)
    torch.testing.assert_close(learned_magnitudes(frames), quiet, rtol=1e-3, atol=1e-4)
    energy = (quiet / features.FACTOR).pow(4).mean()
    assert energy > 0 and torch.isfinite(learned_magnitudes(torch.zeros(1, 60, 320))).all()


def test_frames_that_are_heard_come_in_their_order():
    track = torch.zeros(1, 100 * 160)
    track[0, 20 * 160 : 40 * 160] = 1 + torch.arange(20 * 160) / 1e6
    frames = mixing.heard_frames(track, 15)
    assert (frames.square().mean(-1) > 0.3).all()
    assert (frames.amax(-1).diff() >= 0).all()
    assert mixing.heard_frames(track, 60).shape == (1, 60, 320), "and quiet ones where they are too few"


def test_a_network_that_never_learned_computes_what_it_did_and_learned_tokens_matter():
    torch.manual_seed(0)
    net = ScoreNetwork(NetworkConfiguration(channels=[16, 16], learned_tokens=True))
    x, y = torch.randn(2, 3, 12, 160, 2).unbind()
    tokens, t = net.encode(torch.rand(3, 40, 160)), torch.ones(3)
    learned = net.encode_learned(torch.rand(3, 60, 160))
    plain = net(x, y, t, tokens)
    heard = torch.tensor([True, False, True])
    mixed = net(x, y, t, tokens, learned=learned, heard=heard)
    assert torch.allclose(mixed[1], plain[1], atol=1e-5)
    assert (mixed[0] - plain[0]).abs().max() > 1e-6
    assert torch.allclose(mixed[0], net(x[:1], y[:1], t[:1], tokens[:1], learned=learned[:1])[0], atol=1e-5)
    mixed.square().sum().backward()
    assert net.learned_mark.grad.abs().sum() > 0


def syllables(seconds=3.0, pitch=120):
    time = np.arange(int(seconds * RATE)) / RATE
    pulses = sum(np.cos(2 * np.pi * pitch * h * time) for h in range(1, 50))
    from scipy.signal import lfilter

    for f in (700, 1200, 2600):
        pulses = lfilter([1], [1, -2 * 0.97 * np.cos(2 * np.pi * f / RATE), 0.97**2], pulses)
    return (pulses / np.abs(pulses).max() * np.maximum(0, np.sin(2 * np.pi * 1.5 * time))).astype(np.float32)


def harmonicity(x, lowest, highest):
    """The largest autocorrelation at a pitch between the two, over 0.1 s where it is loudest."""
    k = max(range(0, len(x) - 1600, 800), key=lambda k: np.square(x[k : k + 1600]).sum())
    part = x[k : k + 1600] - x[k : k + 1600].mean()
    correlation = np.correlate(part, part, "full")[1599:] / np.square(part).sum()
    return correlation[RATE // highest : RATE // lowest].max()


def test_a_whisper_has_the_formants_and_no_pitch():
    x = syllables()
    y = voices.whispered(np.random.default_rng(0), x)
    assert y.shape == x.shape and np.isfinite(y).all()
    assert harmonicity(x, 100, 300) > 0.8 > 0.6 > harmonicity(y, 100, 300)
    power = np.abs(np.fft.rfft(y)) ** 2
    band = lambda low, high: power[int(low * len(y) / RATE) : int(high * len(y) / RATE)].mean()  # noqa: E731
    assert band(600, 800) > 3 * band(1600, 2000), "the first formant"
    loud, quiet = (np.square(y[int(a * RATE) : int((a + 0.1) * RATE)]).mean() for a in (0.12, 0.45))
    assert loud > 10 * quiet, "its pauses"


def test_song_holds_notes_between_150_and_800_hz():
    pitches = []
    for seed in range(12):
        y = voices.sung(np.random.default_rng(seed), syllables())
        assert np.isfinite(y).all() and harmonicity(y, 140, 850) > 0.5
        k = max(range(0, len(y) - 3200, 800), key=lambda k: np.square(y[k : k + 3200]).sum())
        correlation = np.correlate(y[k : k + 3200], y[k : k + 3200], "full")[3199:]
        lag = RATE // 850 + int(np.argmax(correlation[RATE // 850 : RATE // 140]))
        pitches.append(RATE / lag)
    assert min(pitches) < 350 and max(pitches) > 380, pitches


def test_the_validation_set_is_the_same_every_time_and_has_every_kind(corpora):
    made = [Validation.make(*corpora, only(), [], 4, 0, 1) for _ in range(2)]
    assert [k for k, _ in made[0].batches] == list(KINDS)
    for (_, a), (_, b) in zip(made[0].batches, made[1].batches, strict=True):
        assert all(torch.equal(x.nan_to_num(), y.nan_to_num()) for x, y in zip(a, b, strict=True))
    learned = dict(made[0].batches)
    assert learned["learned"].removes.all() and not learned["other"].removes.any() and not learned["noise"].heard.any()

    torch.manual_seed(0)
    net = ScoreNetwork(NetworkConfiguration(channels=[8, 8], learned_tokens=True))
    step = TrainingStep(net, EnhancementLoss(snr=0.1), 0.2, 0.5)
    averaged = {k: v + 0.01 for k, v in net.state_dict().items()}
    before = {k: v.clone() for k, v in net.state_dict().items()}
    scores = [made[0].score(step, averaged, torch.device("cpu"), False) for _ in range(2)]
    assert scores[0] == scores[1] and scores[0]["loss"] == pytest.approx(np.mean([scores[0][f"{k}_loss"] for k in KINDS]))
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items()), "the network goes on as it was"
    assert (step.dropout, step.prior_share) == (0.2, 0.5)


def test_held_out_speakers_are_in_no_training_item(tmp_path):
    for k in range(400):
        soundfile.write(tmp_path / f"p{100 + k}_0.wav", np.zeros(4000) + 0.01, RATE)
    whole = Corpus([tmp_path], "speech", tmp_path)
    kept, held = whole.split()
    assert held and set(kept.groups).isdisjoint(held.groups) and len(kept.items) + len(held.items) == 400
    assert 8 <= len(held.groups) <= 40


def test_another_speed_takes_no_band_away():
    """Up to 7.5 kHz as loud as at 1 to 4 kHz, so that no edge tells what was played slower."""
    noise = np.random.default_rng(3).standard_normal(80000).astype(np.float32)
    for up, down in [(8, 7), (11, 10), (7, 8), (10, 5), (5, 10), (9, 6)]:
        sound = augmentation.at_speed(noise, up, down)
        assert abs(len(sound) - 80000 * up / down) <= 1
        frequency, power = welch(sound, 16000, nperseg=512)
        level = 10 * np.log10(power / power[(frequency > 1000) & (frequency < 4000)].mean())
        assert np.abs(level[(frequency > 6500) & (frequency < 7500)]).max() < 1.5, (up, down)
