"""Makes tower files for Limpid's noise encoders `clap` and `panns`, and models for tools/enhance-reference of SGMSE+'s.

  python tools/convert panns Cnn14_mAP=0.431.pth cnn14.safetensors
  python tools/convert clap 630k-audioset-best.pt clap.safetensors
  python tools/convert clap clap-htsat-unfused/ clap.safetensors
  python tools/convert sgmse train_vb_29nqe0uh_epoch=115.ckpt sgmse-vb.safetensors
  python tools/convert random panns small.safetensors --set channels=8,16 --set embedding=32

Needs PyTorch and safetensors (pip install -e 'tools[training]'). Where the checkpoints are: tools/convert/README.md.
"""

import argparse
import sys
from pathlib import Path

if __package__ in (None, ""):  # run as a folder: python tools/convert
    tools = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(tools), str(tools / "training")]
    __package__ = "convert"


def assignment(text: str):
    """`KEY=WHOLE NUMBER[,WHOLE NUMBER…]`, as a configuration has it."""
    key, _, value = text.partition("=")
    try:
        numbers = [int(n) for n in value.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=NUMBER or KEY=NUMBER,NUMBER,…") from None
    return key, numbers if key in ("channels", "depths", "heads") else numbers[0]


def arguments(argv=None):
    p = argparse.ArgumentParser(
        prog="tools/convert", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = p.add_subparsers(dest="command", required=True, metavar="clap|panns|sgmse|random")
    for name, text in (
        ("clap", "LAION-CLAP's audio tower without fusion: LAION's .pt, or a folder of transformers"),
        ("panns", "PANNs CNN14: its .pth"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("checkpoint", type=Path)
        command.add_argument("out", type=Path, help="the tower file to write (.safetensors)")
    text = "SGMSE+ with the backbone ncsnpp or ncsnpp_v2: its .ckpt; the averaged weights are taken"
    command = commands.add_parser("sgmse", help=text, description=text)
    command.add_argument("checkpoint", type=Path)
    command.add_argument("out", type=Path, help="the model file to write (.safetensors), for tools/enhance-reference")
    text = "a tower of random numbers, of the published sizes or any other: for tests"
    command = commands.add_parser("random", help=text, description=text)
    command.add_argument("kind", choices=["clap", "panns"])
    command.add_argument("out", type=Path, help="the tower file to write (.safetensors)")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--set", type=assignment, action="append", default=[], metavar="KEY=NUMBER[,…]", dest="changes",
        help="a size other than the published one; may be given again",
    )  # fmt: skip
    return p.parse_args(argv)


def main(argv=None) -> int:
    args = arguments(argv)
    if argv is None:  # as a command, not in a test
        import environment

        environment.use("convert", "training", "torch", "safetensors")
    try:
        from . import checkpoint, clap, layout, panns, sgmse
    except ImportError as error:
        print(f"convert: error: {error.name} is not installed; pip install -e 'tools[training]'", file=sys.stderr)
        return 1
    try:
        if args.command == "sgmse":
            configuration, tensors = sgmse.convert(args.checkpoint)
            count = sgmse.save(args.out, configuration, tensors, args.checkpoint.name)
            print(f"{args.out}: {configuration.backbone}, {count} parameters, {configuration.sample_rate} Hz")
            return 0
        if args.command == "random":
            configuration = dict(layout.CLAP if args.kind == "clap" else layout.PANNS)
            for key, value in args.changes:
                if key not in configuration or key in ("format", "kind"):
                    known = ", ".join(k for k in configuration if k not in ("format", "kind"))
                    raise layout.ConversionError(f"--set {key}: no such size; {args.kind} has {known}")
                configuration[key] = value
            tensors, source = layout.random_tensors(configuration, args.seed), f"random numbers, seed {args.seed}"
        else:
            tensors, files = checkpoint.read(args.checkpoint)
            source = args.checkpoint.name
            if args.command == "clap":
                configuration, tensors = clap.convert(tensors, source, files)
            else:
                configuration, tensors = panns.convert(tensors, source)
        count = layout.save(args.out, configuration, tensors, source)
    except layout.ConversionError as error:
        print(f"convert: error: {error}", file=sys.stderr)
        return 1
    print(f"{args.out}: {configuration['kind']}, {count} parameters, embedding of {configuration['embedding']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
