"""The towers by others' programs, at any size, with random weights: what ours is measured against.

CLAP is `transformers`' ClapAudioModelWithProjection and its ClapFeatureExtractor; CNN14 is cnn14_reference.py on
`transformers`' spectrogram (bit-exact with librosa's mel filters); rates are raised by SciPy. All in float64 on float32
weights. Needs `transformers` beside PyTorch (pip install transformers).
"""

import numpy as np
import scipy.signal
import torch
from transformers import ClapAudioConfig, ClapAudioModelWithProjection, ClapFeatureExtractor
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

from . import clap, panns
from .cnn14_reference import Cnn14, randomise

SPECTROGRAM = ("sample_rate", "fft_length", "hop_length", "minimum_frequency", "maximum_frequency")


class Reference:
    """A tower as others compute it: `tensors` as its checkpoint would hold them, `embed` from 16 kHz samples."""

    def __init__(self, configuration: dict, seed: int):
        c = self.configuration = configuration
        generator = torch.Generator().manual_seed(seed)
        if c["kind"] == "panns":
            model = Cnn14(c["channels"], c["embedding"], c["mel_bins"], classes=5)
        else:
            model = ClapAudioModelWithProjection(self.clap_configuration())
        self.model = randomise(model, generator).double().eval()
        self.tensors = {
            k: v.double().numpy() for k, v in self.model.state_dict().items() if v.is_floating_point()
        }

    def clap_configuration(self) -> ClapAudioConfig:
        c = self.configuration
        return ClapAudioConfig(
            window_size=c["window"], num_mel_bins=c["mel_bins"], spec_size=c["image"], patch_size=c["patch"],
            patch_stride=[c["patch"], c["patch"]], hidden_size=c["width"] << (len(c["depths"]) - 1),
            projection_dim=c["embedding"], depths=c["depths"], num_attention_heads=c["heads"],
            patch_embeds_hidden_size=c["width"], num_hidden_layers=len(c["depths"]),
            mlp_ratio=float(c["feed_forward_factor"]), enable_fusion=False, hidden_dropout_prob=0.0,
        )  # fmt: skip

    def convert(self) -> tuple[dict, dict]:
        """Our configuration and tensors, through the converters themselves."""
        c = self.configuration
        heard = {k: c[k] for k in SPECTROGRAM}
        if c["kind"] == "panns":
            return panns.convert(self.tensors, "reference", heard | {"minimum_samples": c["minimum_samples"]})
        files = {"config.json": {"audio_config": {"spec_size": c["image"], "enable_fusion": False}}}
        return clap.convert(self.tensors, "reference", files, heard | {"clip_samples": c["clip_samples"]})

    def upsample(self, samples: np.ndarray) -> np.ndarray:
        """16 kHz -> the tower's rate."""
        factor = self.configuration["sample_rate"] // 16_000
        return scipy.signal.resample_poly(samples.astype(np.float64), factor, 1)

    def log_mel(self, wave: np.ndarray) -> np.ndarray:
        """Samples at the tower's rate -> (frames, mel bins) in dB, as the tower's own preprocessing gives it."""
        c = self.configuration
        if c["kind"] == "clap":
            extractor = ClapFeatureExtractor(
                feature_size=c["mel_bins"], sampling_rate=c["sample_rate"], hop_length=c["hop_length"],
                fft_window_size=c["fft_length"], frequency_min=c["minimum_frequency"],
                frequency_max=c["maximum_frequency"], truncation="rand_trunc", padding="repeatpad",
            )  # fmt: skip
            features = extractor(
                wave, sampling_rate=c["sample_rate"], max_length=c["clip_samples"], return_tensors="np"
            )
            return features["input_features"][0, 0]
        bank = mel_filter_bank(
            c["fft_length"] // 2 + 1, c["mel_bins"], c["minimum_frequency"], c["maximum_frequency"],
            c["sample_rate"], norm="slaney", mel_scale="slaney",
        )  # fmt: skip
        if len(wave) < c["minimum_samples"]:
            wave = np.resize(wave, c["minimum_samples"])  # repeats
        window = window_function(c["fft_length"], "hann")
        result = spectrogram(
            wave, window, c["fft_length"], c["hop_length"], power=2.0, mel_filters=bank, log_mel="dB",
            dtype=np.float64,
        )  # fmt: skip
        return result.T

    @torch.no_grad()
    def embed(self, samples: np.ndarray) -> np.ndarray:
        """16 kHz samples -> the embedding."""
        mel = torch.from_numpy(self.log_mel(self.upsample(samples)).astype(np.float64))
        if self.configuration["kind"] == "panns":
            return self.model(mel[None])[0].numpy()
        return self.model(input_features=mel[None, None]).audio_embeds[0].numpy()


def noises(count: int, seed: int) -> np.ndarray:
    """16 kHz: brown-ish noise with a hum and a knock in it, about −26 dBFS; float32."""
    random = np.random.default_rng(seed)
    white = random.standard_normal(count)
    x = scipy.signal.lfilter([1.0], [1.0, -0.9], white) + 0.2 * white
    time = np.arange(count) / 16_000
    x += np.sin(2 * np.pi * 100 * time) + 0.5 * np.sin(2 * np.pi * 300 * time + 1)
    x[count // 3 : count // 3 + 40] += 8 * random.standard_normal(min(40, count - count // 3))
    return (x * 0.05 / np.sqrt(np.square(x).mean())).astype(np.float32)


def error_in_decibels(values: np.ndarray, expected: np.ndarray) -> float:
    """RMS of the difference over RMS of the expected, in dB."""
    difference = np.square(np.asarray(values, np.float64) - expected).sum()
    return 10 * np.log10(max(difference, 1e-300) / np.square(expected).sum())
