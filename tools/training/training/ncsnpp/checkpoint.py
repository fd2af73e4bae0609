"""A trained offline model from its file: a checkpoint of the trainer (.pt, .ckpt) or a converted one (.safetensors)."""

import json
import pickle
from dataclasses import fields
from pathlib import Path

import torch

from .configuration import NCSNppConfiguration
from .model import ScoreModel

METADATA = "limpid_ncsnpp"  # of a .safetensors file: {"configuration": …, "source": …}


class OfflineModelError(Exception):
    """What is wrong with a file and what to do about it, in one sentence."""


def configuration(saved: dict) -> NCSNppConfiguration:
    known = {f.name for f in fields(NCSNppConfiguration)}
    unknown = sorted(set(saved) - known)
    if unknown or "backbone" not in saved:
        raise ValueError("configuration")
    return NCSNppConfiguration(**saved)


def load(path: Path, device="cpu") -> ScoreModel:
    """The model with its averaged weights, ready to enhance."""
    try:
        if path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, "pt") as file:
                saved = json.loads(file.metadata()[METADATA])["configuration"]
                tensors = {name: file.get_tensor(name) for name in file.keys()}
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
            saved, tensors = content["configuration"], content["network"]
        model = ScoreModel(configuration(saved))
        model.load_state_dict(tensors)
    except FileNotFoundError:
        raise OfflineModelError(f"{path}: there is no such file; train a model with train_noise_cond.py") from None
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise OfflineModelError(
            f"{path} is no offline model that can be read; give a checkpoint of train_noise_cond.py, or a public one after "
            "tools/convert sgmse"
        ) from None
    except Exception as error:  # safetensors has an exception of its own
        raise OfflineModelError(f"{path} is no offline model that can be read ({type(error).__name__})") from None
    return model.laid_out(torch.device(device)).eval().requires_grad_(False)
