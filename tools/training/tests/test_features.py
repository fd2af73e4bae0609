"""Features against NumPy and against their definitions."""

import numpy as np
import torch
from training import diffusion, features


def test_stft_is_numpys_and_inverts():
    wave = torch.randn(2, 1600)
    spectrum = features.stft(wave)
    padded = np.concatenate([np.zeros(160), wave[1].numpy()])
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(320) / 320))
    expected = np.fft.rfft(padded[3 * 160 : 3 * 160 + 320] * window)
    assert spectrum.shape == (2, 10, 161)
    np.testing.assert_allclose(spectrum[1, 3].numpy(), expected, atol=1e-4)
    np.testing.assert_allclose(features.istft(spectrum), wave[:, :1440], atol=1e-5)


def test_compression_inverts_and_has_the_stated_magnitude():
    spectrum = torch.randn(3, 160, dtype=torch.complex64) * 7
    pair = features.compress(spectrum)
    magnitude = pair.square().sum(-1).sqrt()
    torch.testing.assert_close(magnitude, 0.15 * spectrum.abs().sqrt(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(features.expand(pair), spectrum, rtol=1e-3, atol=1e-3)


def test_level_gain_follows_a_step_of_40_db_as_stated():
    quiet, loud = 1e-6, 1e-2  # -60 and -20 dBFS
    energy = torch.tensor([[quiet] * 50 + [loud] * 100])
    gain, _ = features.level_gain(energy, torch.tensor([-60.0]))
    decibels = 20 * torch.log10(gain[0])
    assert abs(decibels[49] - 40) < 0.1
    assert abs(decibels[50] - 40) < 0.1, "the gain of a frame comes from the frames before it"
    assert abs(decibels[60] - 30) < 0.1, "1 dB a frame upwards"
    assert abs(decibels[149] - 0) < 0.1
    down, _ = features.level_gain(torch.full((1, 101), quiet), torch.tensor([-20.0]))
    assert abs(20 * torch.log10(down[0, 100]) - 3.0) < 0.1, "0.03 dB a frame downwards"


def test_silence_holds_the_level():
    gain, level = features.level_gain(torch.zeros(1, 500), torch.tensor([-30.0]))
    assert level.item() == -30 and (gain == gain[0, 0]).all()


def test_marginal_deviation_has_the_papers_values():
    t = torch.tensor([0.03, 0.5, 1.0])
    torch.testing.assert_close(
        diffusion.marginal_deviation(t), torch.tensor([0.0188, 0.1217, 0.3890]), atol=6e-5, rtol=0
    )
