"""tools/convert sgmse on checkpoints of the public form at random weights."""

import json
import pickle
import sys
import types

import numpy as np
import pytest
import torch
from convert.__main__ import main
from safetensors import safe_open
from training.ncsnpp import checkpoint
from training.ncsnpp.configuration import NCSNppConfiguration
from training.ncsnpp.model import ScoreModel

SIZES = dict(nf=8, ch_mult=[1, 2], num_res_blocks=1, n_fft=30)


def public(tmp_path, backbone="ncsnpp", **settings):
    """A file as Lightning writes it, with a class in it that is not there when it is read; and the averaged network."""
    torch.manual_seed(0)
    raw, average = (ScoreModel(NCSNppConfiguration(backbone=backbone, **SIZES)) for _ in range(2))
    module = types.ModuleType("sgmse.data_module")
    module.SpecsDataModule = type("SpecsDataModule", (), {"__module__": "sgmse.data_module"})
    sys.modules["sgmse"], sys.modules["sgmse.data_module"] = types.ModuleType("sgmse"), module
    hyper = {"backbone": backbone, "sde": "ouve", "theta": 1.5, "sigma_min": 0.05, "sigma_max": 0.5, "lr": 1e-4,
             "data_module_cls": module.SpecsDataModule, "instance": module.SpecsDataModule(), "spec_factor": 0.15,
             "spec_abs_exponent": 0.5, "numpy": np.float64(1.0), **SIZES, **settings}  # fmt: skip
    content = {
        "state_dict": raw.state_dict(), "hyper_parameters": hyper, "epoch": 115,
        "ema": {"decay": 0.999, "num_updates": 5, "shadow_params": [p.detach() for p in average.parameters()]},
    }  # fmt: skip
    path = tmp_path / "public.ckpt"
    try:
        torch.save(content, path)
    finally:
        del sys.modules["sgmse"], sys.modules["sgmse.data_module"]
    return path, average


@pytest.mark.parametrize("backbone", ["ncsnpp", "ncsnpp_v2"])
def test_the_averaged_weights_are_what_enhances(tmp_path, backbone):
    path, average = public(tmp_path, backbone)
    assert main(["sgmse", str(path), str(tmp_path / "model.safetensors")]) == 0
    model = checkpoint.load(tmp_path / "model.safetensors")
    x, y = (torch.randn(1, 16, 4, dtype=torch.complex64) for _ in range(2))
    t = torch.tensor([0.4])
    with torch.no_grad():
        # Not to the bit: how tensors from a file are aligned decides which of oneDNN's kernels multiply them.
        torch.testing.assert_close(model.score(x, y, t), average.score(x, y, t))
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        assert json.loads(file.metadata()[checkpoint.METADATA])["source"] == "public.ckpt"


def test_the_versions_differ_in_sign_and_scale(tmp_path):
    """The first version's score is −F(x, y)/t before the last layer; the second's is F."""
    first = ScoreModel(NCSNppConfiguration(backbone="ncsnpp", **SIZES)).double()
    second = ScoreModel(NCSNppConfiguration(backbone="ncsnpp_v2", **SIZES)).double()
    second.load_state_dict(first.state_dict())
    with torch.no_grad():
        for net in (first, second):
            net.dnn.output_layer.bias.zero_()
            for p in net.dnn.all_modules[-1].parameters():
                p.fill_(0.3)
    x, y = (torch.randn(1, 16, 4, dtype=torch.complex128) for _ in range(2))
    t = torch.tensor([0.4], dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(first.score(x, y, t), -second.score(x, y, t) / 0.4)


def test_a_list_without_what_is_not_trained_is_taken(tmp_path):
    path, average = public(tmp_path)
    content = torch.load(path, weights_only=False, pickle_module=__import__("convert.sgmse", fromlist=["Careful"]).Careful)
    order = [n for n, _ in average.named_parameters()]
    content["ema"]["shadow_params"].pop(order.index("dnn.all_modules.0.W"))
    content["hyper_parameters"] = {k: v for k, v in content["hyper_parameters"].items() if k not in ("data_module_cls", "instance")}
    torch.save(content, path)
    assert main(["sgmse", str(path), str(tmp_path / "model.safetensors")]) == 0


@pytest.mark.parametrize(
    "settings, words",
    [({"sde": "sbve"}, "SDE is sbve"), ({"backbone": "dcunet"}, "backbone is dcunet"), ({"loss_type": "data_prediction", "backbone": "ncsnpp_v2"}, "data_prediction"),
     ({"ch_mult": [1, 1]}, "expected"), ({"ch_mult": "x"}, "ch_mult"), ({"transform_type": "log"}, "transform")],
)  # fmt: skip
def test_what_cannot_be_converted_says_why(tmp_path, capsys, settings, words):
    backbone = settings.pop("backbone", "ncsnpp")
    path, _ = public(tmp_path, "ncsnpp" if backbone == "dcunet" else backbone, **settings)
    if backbone == "dcunet":
        content = {"state_dict": {}, "hyper_parameters": {"backbone": "dcunet"}, "ema": {"shadow_params": []}}
        torch.save(content, path)
    assert main(["sgmse", str(path), str(tmp_path / "out.safetensors")]) == 1
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and not (tmp_path / "out.safetensors").exists()


def test_no_code_in_the_file_runs(tmp_path, capsys):
    class Evil:
        def __reduce__(self):
            return (print, ("EVIL CODE RAN",))

    path = tmp_path / "evil.ckpt"
    torch.save({"state_dict": {"dnn.x": torch.zeros(1)}, "evil": Evil()}, path)
    assert main(["sgmse", str(path), str(tmp_path / "out.safetensors")]) == 1
    assert "EVIL" not in capsys.readouterr().out
    path.write_bytes(pickle.dumps(Evil()))
    assert main(["sgmse", str(path), str(tmp_path / "out.safetensors")]) == 1
    assert "EVIL" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04broken"])
def test_bad_files_are_one_sentence(tmp_path, capsys, content):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(content)
    assert main(["sgmse", str(path), str(tmp_path / "out.safetensors")]) == 1
    assert main(["sgmse", str(tmp_path / "nothing.ckpt"), str(tmp_path / "out.safetensors")]) == 1
    assert capsys.readouterr().err.count("convert: error:") == 2


def test_averaged_weights_must_be_there(tmp_path, capsys):
    path = tmp_path / "x.ckpt"
    net = ScoreModel(NCSNppConfiguration(backbone="ncsnpp", **SIZES))
    torch.save({"state_dict": net.state_dict(), "hyper_parameters": SIZES}, path)
    assert main(["sgmse", str(path), str(tmp_path / "out.safetensors")]) == 1
    assert "averaged weights" in capsys.readouterr().err
