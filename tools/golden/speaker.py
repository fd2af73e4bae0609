"""Golden vectors of the speaker network: python tools/golden/speaker.py

From tools/training's network, evaluated in float64 on the weights as the file has them (bfloat16). Written into
Tests/ScoreModelTests/Fixtures: tiny-speaker.safetensors, a score network with small random weights and a speaker network beside
it, and golden-speaker.safetensors, inputs and outputs of the latter.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "training"))
from score_model import CONFIGURATIONS, FIXTURES, SEED, randomise  # noqa: E402
from training.network import NetworkConfiguration, ScoreNetwork, multiply_adds  # noqa: E402
from training.speaker.export import golden, load, tensors  # noqa: E402
from training.speaker.network import SpeakerConfiguration, SpeakerNetwork  # noqa: E402
from weights_file import save_weights  # noqa: E402

# Nothing is a multiple of a vector.
TINY = SpeakerConfiguration(stride=3, width=11, embedding=7, slots=3)


def main():
    torch.manual_seed(SEED)
    sizes = CONFIGURATIONS["sequence"].as_dict() | {"learned_tokens": True}
    score = randomise(ScoreNetwork(NetworkConfiguration(**sizes)))
    speaker = SpeakerNetwork(TINY)
    with torch.no_grad():
        speaker.stem.bias.normal_()
        speaker.attention.weight.mul_(-6)  # unequal steps
    metadata = {
        "configuration": score.configuration.as_dict(), "speaker": TINY.as_dict(), "name": "tiny-speaker",
        "parameters": sum(p.numel() for net in (score, speaker) for p in net.parameters()),
        "multiply_adds_per_frame": multiply_adds(score.configuration), "hours": 0, "data": ["random numbers"], "scores": {},
        "licence": "GPL-3.0-or-later",
    }  # fmt: skip
    path = FIXTURES / "tiny-speaker.safetensors"
    state = {k: v.detach().float().contiguous() for k, v in score.state_dict().items()}
    save_weights(state | tensors(speaker), path, {"format": "pt", "limpid": json.dumps(metadata)})
    golden(load(path), FIXTURES / "golden-speaker.safetensors")
    network, given = load(path), load_file(FIXTURES / "golden-speaker.safetensors")["learned"]
    scores = network.attention(network.trunk(given)[..., TINY.width :])[..., 0]
    assert (scores.argmax(1) > 0).any(), "a softmax that is summed step by step has to meet a greater score later"


if __name__ == "__main__":
    main()
