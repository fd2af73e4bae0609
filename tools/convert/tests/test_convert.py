"""The converters: the same tower from every form of checkpoint, and clear words for what is none."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
safetensors = pytest.importorskip("safetensors", reason="safetensors is not installed")

from convert import __main__ as command  # noqa: E402
from convert import layout  # noqa: E402
from convert.cnn14_reference import Cnn14, randomise  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from training.towers import mel_filters  # noqa: E402

CLAP = layout.CLAP | {
    "width": 8, "depths": [2, 1], "heads": [2, 4], "window": 4, "feed_forward_factor": 2, "embedding": 12,
}  # fmt: skip
# Our part of a block -> LAION's and transformers' names.
NAMES = {
    "norm1": ("norm1", "layernorm_before"), "out": ("attn.proj", "attention.output.dense"),
    "norm2": ("norm2", "layernorm_after"), "feed_forward_in": ("mlp.fc1", "intermediate.dense"),
    "feed_forward_out": ("mlp.fc2", "output.dense"),
    "query_key_value": ("attn.qkv", None),
    "position_bias": ("attn.relative_position_bias_table", "attention.self.relative_position_bias_table"),
}  # fmt: skip


def tower(path):
    with safe_open(path, "np") as file:
        return json.loads(file.metadata()["limpid_tower"]), {k: file.get_tensor(k) for k in file.keys()}


def public(tensors: dict, form: int) -> dict:
    """Our tensors by LAION's (0) or transformers' (1) names, with the parts that the converter leaves out."""
    prefix = ("module.audio_branch.", "audio_model.audio_encoder.")[form]
    result = {}
    for name, value in tensors.items():
        parts = name.split(".")
        value = torch.from_numpy(value.copy())
        if name.startswith("input."):
            continue
        if parts[0] == "stages" and parts[2] == "blocks":
            theirs = NAMES[parts[4]][form]
            block = f"{prefix}layers.{parts[1]}.blocks.{parts[3]}."
            if theirs is None:
                for n, piece in zip(("query", "key", "value"), value.chunk(3), strict=True):
                    result[f"{block}attention.self.{n}.{parts[5]}"] = piece.contiguous()
            else:
                result[".".join([block + theirs, *parts[5:]])] = value
        elif parts[0] == "stages":
            part = {"merge": "reduction", "merge_norm": "norm"}[parts[2]]
            result[f"{prefix}layers.{parts[1]}.downsample.{part}.{parts[3]}"] = value
        elif parts[0].startswith("projection"):
            n = int(parts[0][-1])
            place = f"module.audio_projection.{2 * n - 2}" if form == 0 else f"audio_projection.linear{n}"
            result[f"{place}.{parts[1]}"] = value
        else:
            theirs = {"patch": "patch_embed.proj", "patch_norm": "patch_embed.norm", "norm": "norm"}[parts[0]]
            result[f"{prefix}{theirs}.{parts[1]}"] = value
    norm = prefix + ("bn0", "batch_norm")[form]
    mean = torch.full((64,), -40.0)
    variance = torch.full((64,), 225.0)
    scale = torch.from_numpy(tensors["input.scale"].copy())
    shift = torch.from_numpy(tensors["input.shift"].copy())
    result[f"{norm}.weight"] = scale * (variance + 1e-5).sqrt()
    result[f"{norm}.bias"] = shift + mean * scale
    result[f"{norm}.running_mean"], result[f"{norm}.running_var"] = mean, variance
    result[f"{norm}.num_batches_tracked"] = torch.tensor(3)
    result[prefix + "tscam_conv.weight"] = torch.zeros(3, 2)
    return result


@pytest.mark.parametrize("form", ["laion", "transformers"])
def test_clap_of_either_form_gives_the_same_tower(form, tmp_path, capsys):
    expected = layout.random_tensors(CLAP, 1)
    if form == "laion":
        source = tmp_path / "laion.pt"
        # An epoch and a score, as LAION's files hold them: NumPy scalars, which a careful reader refuses at first.
        content = {"epoch": 3, "score": np.float64(0.5), "state_dict": public(expected, 0)}
        torch.save(content, source)
    else:
        source = tmp_path / "model"
        source.mkdir()
        save_file(public(expected, 1), source / "model.safetensors")
        (source / "config.json").write_text('{"audio_config": {"spec_size": 256, "enable_fusion": false}}')
        (source / "preprocessor_config.json").write_text('{"frequency_min": 50, "hop_length": 480}')
    out = tmp_path / "out.safetensors"
    assert command.main(["clap", str(source), str(out)]) == 0, capsys.readouterr().err
    configuration, tensors = tower(out)
    assert configuration == CLAP
    assert tensors.keys() == expected.keys()
    for name, value in tensors.items():
        np.testing.assert_allclose(value, expected[name], rtol=2e-5, atol=2e-6, err_msg=name)


def test_folded_batch_norms_give_cnn14s_embedding(tmp_path, capsys):
    model = randomise(Cnn14([5, 7], 9), torch.Generator().manual_seed(2)).eval()
    # PANNs' files hold the state of a sampler, with an array of NumPy's, too.
    torch.save({"model": model.state_dict(), "sampler": {"indexes": np.arange(3), "pointer": 1}}, tmp_path / "x.pth")
    out = tmp_path / "out.safetensors"
    assert command.main(["panns", str(tmp_path / "x.pth"), str(out)]) == 0, capsys.readouterr().err
    configuration, t = tower(out)
    assert (configuration["channels"], configuration["embedding"]) == ([5, 7], 9)
    t = {k: torch.from_numpy(v) for k, v in t.items()}
    mel = -40 + 15 * torch.randn(1, 20, 64, generator=torch.Generator().manual_seed(3))
    x = (mel * t["input.scale"] + t["input.shift"])[:, None]
    for i in range(2):
        for n in (1, 2):
            name = f"blocks.{i}.conv{n}"
            x = torch.relu(torch.conv2d(x, t[f"{name}.weight"], t[f"{name}.bias"], padding=1))
        x = torch.nn.functional.avg_pool2d(x, 2) if i == 0 else x
    x = x.mean(3)
    embedding = torch.relu((x.amax(2) + x.mean(2)) @ t["linear.weight"].T + t["linear.bias"])
    torch.testing.assert_close(embedding, model(mel), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("published", [layout.PANNS, layout.PANNS_16K])
def test_the_transform_tells_the_rate_and_other_mel_filters_are_refused(published, tmp_path, capsys):
    state = randomise(Cnn14([5, 7], 9), torch.Generator().manual_seed(2)).state_dict()
    half = published["fft_length"] // 2 + 1
    state["spectrogram_extractor.stft.conv_real.weight"] = torch.zeros(half, 1, published["fft_length"])
    state["logmel_extractor.melW"] = mel_filters(published).float()
    torch.save({"model": state}, tmp_path / "x.pth")
    out = tmp_path / "out.safetensors"
    assert command.main(["panns", str(tmp_path / "x.pth"), str(out)]) == 0, capsys.readouterr().err
    configuration, _ = tower(out)
    assert configuration == published | {"channels": [5, 7], "embedding": 9}
    out.unlink()
    state["logmel_extractor.melW"] = mel_filters(published | {"minimum_frequency": 0}).float()  # another variant
    torch.save({"model": state}, tmp_path / "x.pth")
    assert command.main(["panns", str(tmp_path / "x.pth"), str(out)]) == 1
    assert "its mel filters are not 64 of 50 to" in capsys.readouterr().err and not out.exists()


def test_what_is_no_tower_is_refused_in_one_sentence(tmp_path, capsys):
    (tmp_path / "text.pt").write_text("hello")
    torch.save({"state_dict": {"a": torch.zeros(2)}}, tmp_path / "other.pt")
    torch.save({"state_dict": public(layout.random_tensors(CLAP, 1), 0)
                | {"audio_branch.patch_embed.mel_conv2d.weight": torch.zeros(2)}}, tmp_path / "fused.pt")  # fmt: skip
    incomplete = public(layout.random_tensors(CLAP, 1), 0)
    del incomplete["module.audio_branch.norm.bias"]
    torch.save(incomplete, tmp_path / "incomplete.pt")
    out = tmp_path / "out.safetensors"
    for kind, name, words in [
        ("clap", "nowhere.pt", "no such file"), ("clap", "text.pt", "cannot|not a checkpoint"),
        ("panns", "other.pt", "not CNN14|bn0"), ("clap", "other.pt", "no HTSAT"),
        ("clap", "fused.pt", "fusion"), ("clap", "incomplete.pt", "norm.bias is missing"),
        ("clap", ".", "neither"),
    ]:  # fmt: skip
        assert command.main([kind, str(tmp_path / name), str(out)]) == 1
        message = capsys.readouterr().err
        assert message.startswith("convert: error: ") and message.count("\n") == 1, message
        assert any(word in message for word in words.split("|")), message
        assert not out.exists()
    assert command.main(["random", "clap", str(out), "--set", "depth=3"]) == 1
    assert "no such size" in capsys.readouterr().err


def test_random_towers_repeat_by_seed_and_hold_any_size(tmp_path):
    files = [tmp_path / f"{i}.safetensors" for i in range(3)]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        sizes = ["--set", "channels=3,4", "--set", "embedding=5"]
        assert command.main(["random", "panns", str(file), "--seed", str(seed), *sizes]) == 0
    weights = [tower(file)[1]["linear.weight"] for file in files]
    assert (weights[0] == weights[1]).all() and (weights[0] != weights[2]).all()
    assert weights[0].shape == (5, 4)
