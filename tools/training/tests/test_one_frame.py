"""The one-frame graph, in PyTorch and in ONNX Runtime, gives what the network gives over a whole recording."""

from pathlib import Path

import pytest
import torch

from training.export_onnx import export_onnx, load_network, main
from training.one_frame import OneFrame, Stream

WEIGHTS = Path(__file__).parents[3] / "presets/models/limpid-sequence.safetensors"
FRAMES = 100


@pytest.fixture(scope="module")
def case():
    network = load_network(WEIGHTS)
    generator = torch.Generator().manual_seed(3)
    y = 0.3 * torch.randn(FRAMES, 160, 2, generator=generator)
    x = y + 0.27 * torch.randn(y.shape, generator=generator)
    tokens = network.encode(torch.rand(1, 100, 160, generator=generator) * 0.3)
    return network, x, y, tokens


def whole(network, x, y, tokens):
    return network(x[None], y[None], torch.tensor([0.5]), tokens)[0]


def check(stream, x, y, expected):
    for i in range(FRAMES):
        difference = (stream(x[i], y[i]) - expected[i]).abs().max().item()
        assert difference < 2e-5, f"frame {i} differs by {difference}"


@pytest.mark.parametrize("condition", ["tokens", "null"])
def test_one_frame_in_pytorch_equals_the_network(case, condition):
    network, x, y, tokens = case
    tokens = tokens if condition == "tokens" else None
    frame = OneFrame(network)
    check(Stream(frame, frame.condition(0.5, tokens), frame), x, y, whole(network, x, y, tokens))


def test_one_frame_in_onnx_runtime_equals_the_network(case, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    network, x, y, tokens = case
    path = tmp_path / "step.onnx"
    export_onnx(network, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    frame = OneFrame(network)
    assert names == ["x", "y", *frame.state_names(), *frame.condition_names()]

    def step(*tensors):
        results = session.run(None, {n: t.numpy() for n, t in zip(names, tensors, strict=True)})
        return [torch.from_numpy(r) for r in results]

    check(Stream(frame, frame.condition(0.5, tokens), step), x, y, whole(network, x, y, tokens))


def test_a_file_without_weights_is_one_sentence(tmp_path, capsys):
    path = tmp_path / "no.safetensors"
    path.write_bytes(b"nothing")
    assert main([str(path), str(tmp_path / "out.onnx")]) == 1
    assert main([str(tmp_path / "missing.pt"), str(tmp_path / "out.onnx")]) == 1
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 2 and all("error:" in line for line in errors)
    assert not (tmp_path / "out.onnx").exists()
