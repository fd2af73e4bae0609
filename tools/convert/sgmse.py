"""Public SGMSE+ checkpoints, as PyTorch Lightning writes them, to the offline system's file.

Such a file holds `state_dict` (`dnn.` and the backbone's names), `ema` with the averaged weights as a list in the order of the
parameters, and `hyper_parameters`, in which classes of the program that trained it are named. Nothing but tensors, numbers and
containers is made of the pickle: for every other name an object that does nothing stands in.
"""

import io
import json
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from training.ncsnpp.checkpoint import METADATA
from training.ncsnpp.configuration import NCSNppConfiguration
from training.ncsnpp.model import ScoreModel

from .checkpoint import numpy_values
from .layout import ConversionError


class Inert:
    """Stands for whatever the pickle names that is neither tensor, number nor container."""

    def __init__(self, *arguments, **options):
        pass

    def __setstate__(self, state):
        pass

    def __call__(self, *arguments, **options):
        return Inert()

    def __setitem__(self, key, value):
        pass

    def append(self, value):
        pass

    def extend(self, values):
        pass


def latin1(text: str, _encoding: str) -> bytes:
    """Bytes, as pickles of protocol 2 hold them."""
    return text.encode("latin1")


def allowed() -> dict[tuple[str, str], object]:
    makers = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
        ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
        ("_codecs", "encode"): latin1,
        ("torch", "Size"): torch.Size,
        ("torch", "device"): torch.device,
    }
    for entry in numpy_values():
        value, name = entry if isinstance(entry, tuple) else (entry, f"{entry.__module__}.{entry.__qualname__}")
        makers[tuple(name.rsplit(".", 1))] = value
    return makers


class Careful:
    """What torch.load takes as its `pickle_module`."""

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            return allowed().get((module, name), Inert)

    UnpicklingError = pickle.UnpicklingError

    @classmethod
    def load(cls, file, **options):
        return cls.Unpickler(file, **options).load()

    @classmethod
    def loads(cls, data, **options):
        return cls.load(io.BytesIO(data), **options)


def read(path: Path) -> dict:
    if not path.is_file():
        raise ConversionError(f"{path}: there is no such file; tools/convert/README.md says where to fetch it")
    try:
        content = torch.load(path, map_location="cpu", weights_only=False, pickle_module=Careful)
    except Exception as error:  # bytes that are no pickle can end in any of a dozen exceptions
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise ConversionError(f"{path}: not a checkpoint that can be read ({reason}); fetch it again") from None
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        raise ConversionError(f"{path}: has no state_dict; give a checkpoint of SGMSE+")
    return content


def plain(value, kind, name: str, source: str):
    """A setting of the checkpoint as a number or text of the kind that is expected."""
    try:
        if kind is list:
            return [int(v) for v in value]
        return kind(value)
    except (TypeError, ValueError):
        raise ConversionError(f"{source}: its {name} cannot be read; this is another checkpoint than expected") from None


def configuration(settings: dict, tensors: dict, source: str) -> NCSNppConfiguration:
    """Sizes from the tensors' shapes and what SGMSE+ calls its settings; what a checkpoint does not state has SGMSE+'s default."""
    backbone, sde = settings.get("backbone", "ncsnpp"), settings.get("sde", "ouve")
    if backbone not in ("ncsnpp", "ncsnpp_v2"):
        raise ConversionError(f"{source}: its backbone is {backbone}; ncsnpp and ncsnpp_v2 can be converted")
    if sde != "ouve":
        raise ConversionError(f"{source}: its SDE is {sde}; checkpoints with ouve can be converted")
    loss = settings.get("loss_type", "score_matching")
    if backbone == "ncsnpp_v2" and loss not in ("score_matching", "denoiser"):
        raise ConversionError(f"{source}: it was trained with {loss}; score_matching and denoiser can be converted")
    if settings.get("transform_type", "exponent") != "exponent":
        raise ConversionError(f"{source}: its spectrogram transform is {settings['transform_type']}; exponent can be converted")
    if settings.get("centered", True) is False or settings.get("scale_by_sigma", True) is False:
        raise ConversionError(f"{source}: it is not centred, or not divided by t, as the published ones are; it cannot be converted")
    defaults = NCSNppConfiguration(backbone=backbone)
    names = {
        "ch_mult": list, "num_res_blocks": int, "attn_resolutions": list, "n_fft": int, "hop_length": int, "num_frames": int,
        "spec_factor": float, "spec_abs_exponent": float, "theta": float, "sigma_min": float, "sigma_max": float,
        "t_eps": float, "sigma_data": float,
    }  # fmt: skip
    values = {n: plain(settings[n], kind, n, source) for n, kind in names.items() if settings.get(n) is not None}
    if settings.get("sr"):
        values["sample_rate"] = plain(settings["sr"], int, "sr", source)
    if backbone == "ncsnpp_v2":
        values["loss_type"] = loss
        for name in ("network_scaling", "c_in", "c_out", "c_skip"):
            if settings.get(name) is not None and str(settings[name]) != "None":
                values[name] = str(settings[name])
    if "all_modules.0.W" not in tensors:
        raise ConversionError(f"{source}: tensor dnn.all_modules.0.W is missing; this is another network than expected")
    return NCSNppConfiguration(**({"backbone": backbone, "nf": len(tensors["all_modules.0.W"])} | values | {"encoder": defaults.encoder}))


def averaged(content: dict, tensors: dict, source: str) -> dict:
    """The averaged weights under the names of the network's, in whose order the list is; older files leave out what is not trained."""
    average = content.get("ema")
    shadow = average.get("shadow_params") if isinstance(average, dict) else None
    if not isinstance(shadow, list):
        raise ConversionError(f"{source}: has no averaged weights (ema); give a checkpoint as SGMSE+ writes it")
    names = list(tensors)
    if len(shadow) == len(names) - 1:
        names.remove("all_modules.0.W")
    if len(shadow) < len(names) or any(a.shape != tensors[n].shape for n, a in zip(names, shadow)):  # what follows is the loss's
        raise ConversionError(f"{source}: its averaged weights and its network do not agree")
    return tensors | {n: a for n, a in zip(names, shadow)}


def convert(path: Path) -> tuple[NCSNppConfiguration, dict[str, torch.Tensor]]:
    source, content = path.name, read(path)
    tensors = {
        name.removeprefix("dnn."): value for name, value in content["state_dict"].items()
        if name.startswith("dnn.") and isinstance(value, torch.Tensor)
    }  # fmt: skip
    settings = content.get("hyper_parameters")
    settings = settings if isinstance(settings, dict) else {}
    result = configuration(settings, tensors, source)
    tensors = averaged(content, tensors, source)
    tensors = {f"dnn.{n}": t.detach().float().contiguous().clone() for n, t in tensors.items()}
    try:
        with torch.device("meta"):
            wanted = {n: t.shape for n, t in ScoreModel(result).state_dict().items()}
    except (ValueError, IndexError, ZeroDivisionError, RuntimeError):
        raise ConversionError(f"{source}: its settings make no network") from None
    for name, shape in wanted.items():
        if name not in tensors:
            raise ConversionError(f"{source}: tensor {name} is missing; this is another network than expected")
        if tensors[name].shape != shape:
            raise ConversionError(f"{source}: tensor {name} is {tuple(tensors[name].shape)}, expected {tuple(shape)}")
    if extra := sorted(tensors.keys() - wanted.keys()):
        raise ConversionError(f"{source}: tensor {extra[0]} belongs to another network than expected")
    if not all(np.isfinite(t.numpy()).all() for t in tensors.values()):
        raise ConversionError(f"{source}: holds numbers that are not finite; fetch it again")
    return result, tensors


def save(path: Path, result: NCSNppConfiguration, tensors: dict, source: str) -> int:
    """Under its name only when it is whole; the count of numbers."""
    metadata = {METADATA: json.dumps({"configuration": result.as_dict(), "source": source})}
    partial = path.with_name(f".{path.name}.partial")
    try:
        save_file(tensors, partial, metadata)
        partial.replace(path)
    except OSError as error:
        raise ConversionError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        partial.unlink(missing_ok=True)
    return sum(t.numel() for t in tensors.values())
