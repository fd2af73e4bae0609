"""Puts the speaker network into a weights file: `python -m training.speaker.export CHECKPOINT WEIGHTS OUT`.

Its tensors are named `speaker.…`, in bfloat16, and its sizes stand in the metadata under `speaker`; everything else of the
weights file stays as it is.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .network import SpeakerConfiguration, SpeakerNetwork

PREFIX = "speaker."


def tensors(network: SpeakerNetwork) -> dict[str, torch.Tensor]:
    """As the file has them: scale and bias of the agreement in one."""
    state = {k: v.detach().float() for k, v in network.state_dict().items()}
    state["agreement"] = torch.stack([state.pop("scale"), state.pop("bias")])
    return {PREFIX + k: v.to(torch.bfloat16).contiguous() for k, v in state.items()}


def load(path: Path) -> SpeakerNetwork | None:
    """The speaker network of a weights file, in float32; None: it has none."""
    with safe_open(path, "pt") as file:
        stated = json.loads((file.metadata() or {}).get("limpid", "{}")).get("speaker")
        if stated is None:
            return None
        state = {k.removeprefix(PREFIX): file.get_tensor(k).float() for k in file.keys() if k.startswith(PREFIX)}
    state["scale"], state["bias"] = state.pop("agreement")
    network = SpeakerNetwork(SpeakerConfiguration(**stated))
    network.load_state_dict(state)
    return network.eval()


def export(network: SpeakerNetwork, weights: Path, out: Path) -> None:
    with safe_open(weights, "pt") as file:
        metadata = file.metadata()
        kept = {k: file.get_tensor(k) for k in file.keys() if not k.startswith(PREFIX)}
    limpid = json.loads(metadata["limpid"])
    limpid["speaker"] = network.configuration.as_dict()
    temporary = out.with_suffix(".tmp")
    save_file(kept | tensors(network), temporary, metadata | {"limpid": json.dumps(limpid)})
    temporary.rename(out)


@torch.no_grad()
def golden(network: SpeakerNetwork, path: Path, frames: int = 120, heard: int = 90) -> None:
    """Inputs and outputs of this very network, in float64, for the Swift program to be held against: magnitudes (frames, 160) of
    a stream and (2, heard, 160) of learned sounds; their embeddings (2, embedding) and logits of being voices (2); the logits
    that the likeliest of both is active, one a step."""
    network = network.double()
    generator = torch.Generator().manual_seed(3)
    stream = (0.3 * torch.rand(1, frames, 160, generator=generator)).double()
    learned = (0.3 * torch.rand(2, heard, 160, generator=generator)).double()
    learned[1] *= torch.linspace(1, 0.2, 160, dtype=torch.float64)
    pooled = network.pooled(learned)
    embeddings = torch.nn.functional.normalize(network.embedding(pooled), dim=-1)
    c = network.configuration
    queries = torch.nn.functional.normalize(network.query(network.trunk(stream)).unflatten(-1, (c.slots, c.embedding)), dim=-1)
    logits = network.activity(queries, embeddings)[0].amax(-1)
    save_file({
        "stream": stream[0].float().contiguous(), "learned": learned.float().contiguous(), "embeddings": embeddings.float().contiguous(),
        "voices": network.voice(pooled)[:, 0].float().contiguous(), "logits": logits.float().contiguous(),
    }, path)  # fmt: skip


def main(argv=None) -> int:
    p = argparse.ArgumentParser(prog="python -m training.speaker.export", description=__doc__.splitlines()[0])
    p.add_argument("checkpoint", type=Path, help="of training.speaker.train")
    p.add_argument("weights", type=Path, help="a weights file of the score network, or one that has a speaker network already")
    p.add_argument("out", type=Path, help="the same with this speaker network; may be the same file")
    p.add_argument("--golden", type=Path, help="also write golden vectors of this network here (.safetensors)")
    args = p.parse_args(argv)
    try:
        saved = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
        network = SpeakerNetwork(SpeakerConfiguration(**saved["configuration"]))
        network.load_state_dict(saved["network"])
    except Exception as error:  # torch.load has no error of its own
        print(f"export: error: {args.checkpoint} is no checkpoint of training.speaker.train ({type(error).__name__})", file=sys.stderr)
        return 1
    try:
        export(network, args.weights, args.out)
        if args.golden:
            golden(load(args.out), args.golden)
    except (OSError, SafetensorError, KeyError) as error:
        print(f"export: error: {args.weights} is no weights file that can be read ({error}); name one of presets/models", file=sys.stderr)
        return 1
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
