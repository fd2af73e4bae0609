"""Golden vectors of models whose noise encoder is a pre-trained tower: python tools/golden/tower_models.py

From tools/training's network in float64 on float32 weights, with the towers of tools/golden/towers.py in it (which are
held against others' programs there). Written to Tests/ScoreModelTests/Fixtures, for clap and panns:
- tiny-NAME.safetensors: a small random model with its tower;
- golden-tower-NAME.safetensors: samples of references, and the tokens made of them.
"""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
from score_model import FIXTURES, ROOT, SEED, TINY, counted, export, randomise, save  # noqa: E402
from training import towers  # noqa: E402
from training.network import NetworkConfiguration, ScoreNetwork  # noqa: E402

TOWERS = ROOT / "Tests" / "PretrainedEncodersTests" / "Fixtures"


@torch.no_grad()
def main():
    for name in ("clap", "panns"):
        configuration, tensors = towers.read(TOWERS / f"tower-{name}.safetensors")
        torch.manual_seed(SEED)
        net = randomise(ScoreNetwork(NetworkConfiguration(**TINY, encoder=name, tower=configuration, tokens=6)))
        net.encoder.tower.load_state_dict(tensors)
        export(net, FIXTURES / f"tiny-{name}.safetensors", f"tiny-{name}")
        net = net.double()
        golden = {}
        for hops in (24, 60, 199):
            samples = counted(hops, hops * 160) * np.float32(0.1)
            golden[f"tokens.{hops}"] = net.encode(torch.from_numpy(samples)[None].double())[0]
        save(f"golden-tower-{name}", golden)


if __name__ == "__main__":
    main()
