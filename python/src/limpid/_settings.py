"""Settings: those of presets and of the options of `limpid enhance`, as keyword arguments."""

from __future__ import annotations

import numbers
import os
import sys
from pathlib import Path
from typing import Any, Literal, Mapping, TypedDict

import numpy as np

from ._errors import InvalidValueError, NotFoundError, Status
from ._library import FOLDER
from ._model import in_preset

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Settings(TypedDict, total=False):
    """What may be given to ``enhance`` and ``Stream`` by keyword; what is not given is the preset's.

    Those marked * may also change while a stream runs (``Stream.set``).
    """

    method: Literal["score", "wiener"]
    steps: int  #: * reverse steps a frame, 1 to 8
    maximum_steps: int | None  #: what steps may rise to while a stream runs
    networks: Literal["both", "first", "second"]  #: * which are heard of a model of two
    passes: int  #: over the sound, half a frame's step apart, of which the mean is heard: 1, or 2 for twice the work
    post_filter: float  #: at most so many dB more are taken from what is mostly noise, 0 to 6
    guidance: float  #: * 0 to 10; 1: none
    sampler: Literal["few-step", "reverse-diffusion", "predictor-corrector", "probability-flow"]
    eta: float  #: of the sampler few-step, 0 to 1
    corrector_snr: float  #: of the sampler predictor-corrector, above 0, to 1
    attenuation_limit: float | None  #: * noise is lowered by at most so many dB, 0 to 200
    mix: float  #: * 0: the input, 1: the enhanced signal
    bypass: bool  #: * the output is the delayed input
    seed: int  #: names the sampler's noise
    noise_selection: Literal["spp", "residual"]
    reference_length: float  #: seconds of noise that the rolling reference holds, 0.25 to 2
    start_level: float  #: level assumed before anything was heard, dB, -75 to 10
    band: Literal["full", "wide"]  #: what is above 8 kHz is kept and denoised, or left out
    independent_channels: bool  #: every channel by itself, no stereo image
    learned_voices: Literal["always", "heard"]  #: when a learned voice is removed: all the time, or while it speaks
    resampler_quality: int  #: 0 to 10


def _text(key: str, value: object) -> str:
    """As limpid_set_text takes it."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    raise TypeError(f"{key} is {value!r}; give a number, a text, True, False or None")


def texts(settings: Mapping[str, Any]) -> dict[str, str]:
    """By the library's keys."""
    return {key.replace("_", "-"): _text(key, value) for key, value in settings.items()}


class Preset:
    """A TOML file of settings: `quality`, `fast`, `live`, `gentle`, or a file."""

    def __init__(self, name: str | os.PathLike[str]) -> None:
        path = Path(name)
        if isinstance(name, str) and "/" not in name and not name.endswith(".toml"):
            path = FOLDER / "presets" / f"{name}.toml"
            if "\0" in name or not path.exists():
                known = ", ".join(sorted(file.stem for file in path.parent.glob("*.toml")))
                raise InvalidValueError(
                    f"there is no preset {name!r}; give one of {known}, or a .toml file", Status.BAD_VALUE
                )
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as reason:
            if isinstance(reason, OSError):
                sentence = f"{path}: the preset cannot be read ({reason.strerror}); check that the file is there"
                raise NotFoundError(sentence, Status.NO_FILE) from reason
            sentence = f"{path}: the preset is not TOML ({reason}); correct it"
            raise InvalidValueError(sentence, Status.BAD_VALUE) from reason
        table.pop("description", None)
        folder = path.parent
        #: The weights file. None: there is none.
        self.model = in_preset(table.pop("model", "light"), folder)
        #: Weights of a second network, of which and the first the mean is heard. None: none.
        self.second_model = in_preset(table.pop("second-model", None), folder)
        #: Weights of a network that hears recordings from their end. None: there is none.
        self.backward_model = in_preset(table.pop("backward-model", None), folder, backward=True)
        #: Weights of a second one, of which and the first the mean is heard. None: there is none.
        self.backward_second_model = in_preset(table.pop("backward-second-model", None), folder, backward=True)
        self.precision = str(table.pop("precision", "auto"))
        #: Seconds of a recording's beginning that are heard before it is enhanced.
        self.warm_up: object = table.pop("warm-up", 0)
        # As the program takes it.
        if table.get("attenuation-limit") == "off":
            table["attenuation-limit"] = "none"
        self.settings = table
