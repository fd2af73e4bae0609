"""One network step, side by side: Limpid, ONNX Runtime and PyTorch, one thread each, interleaved in rounds.

    python tools/benchmarks/step_comparison.py BENCHMARK WEIGHTS [--rounds N] [--frames N] [--json OUT]

BENCHMARK is the StepBenchmark program. Only the step is timed: what changes at a refresh of the noise tokens is an
input of the graph; ONNX Runtime reads and writes memory that is bound once, with no copies, and its rings of frames
turn by 16 bindings made beforehand. Medians and 99th percentiles are those of the median round.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Before the libraries start their threads.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

import onnxruntime  # noqa: E402
import torch  # noqa: E402
from training.export_onnx import UnreadableWeights, export_onnx, load_network  # noqa: E402
from training.one_frame import OneFrame, Stream  # noqa: E402

SPECTRA = 64


def spectra(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [0.3 * torch.randn(160, 2, generator=generator) for _ in range(SPECTRA)]


def timed(function, count: int) -> list[float]:
    """Microseconds of each of `count` calls of function(i)."""
    times = []
    for i in range(count):
        start = time.perf_counter_ns()
        function(i)
        times.append((time.perf_counter_ns() - start) / 1e3)
    return times


class OnnxRuntimeStep:
    """The exported graph with everything bound: 16 bindings, one per place of the frame in the rings."""

    def __init__(self, network, tokens):
        frame = OneFrame(network)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Denormals are flushed on our side too.
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "step.onnx"
            export_onnx(network, path)
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

        def value(tensor):
            return onnxruntime.OrtValue.ortvalue_from_numpy(tensor.numpy())

        self.x, self.y, self.estimate = value(torch.zeros(160, 2)), value(torch.zeros(160, 2)), None
        conditions = [value(c) for c in frame.condition(1.0, tokens)]
        state = frame.initial_state()
        # A block of dilation d reads the place d before the one that it writes; a GRU the one before.
        distances = frame.dilations + [1] * (len(state) - len(frame.dilations))
        self.places = math.lcm(*(2 * d for d in distances))
        rings = [[value(s.clone()) for _ in range(2 * d)] for s, d in zip(state, distances, strict=True)]
        self.estimate = value(torch.zeros(160, 2))
        self.bindings = []
        for place in range(self.places):
            binding = self.session.io_binding()
            binding.bind_ortvalue_input("x", self.x)
            binding.bind_ortvalue_input("y", self.y)
            binding.bind_ortvalue_output("estimate", self.estimate)
            for name, ring, d in zip(frame.state_names(), rings, distances, strict=True):
                binding.bind_ortvalue_input(name, ring[(place - d) % len(ring)])
                binding.bind_ortvalue_output(f"new_{name}", ring[place % len(ring)])
            for name, condition in zip(frame.condition_names(), conditions, strict=True):
                binding.bind_ortvalue_input(name, condition)
            self.bindings.append(binding)
        self.frame = 0

    def run(self, count: int) -> list[float]:
        run, bindings, places = self.session.run_with_iobinding, self.bindings, self.places
        first = self.frame
        self.frame += count
        return timed(lambda i: run(bindings[(first + i) % places]), count)

    def check(self, network, tokens) -> float:
        """The largest difference from the network over the first 40 frames: the bindings are right."""
        x, y = spectra(1)[:40], spectra(2)[:40]
        expected = network(torch.stack(x)[None], torch.stack(y)[None], torch.ones(1), tokens)[0]
        worst = 0.0
        for i in range(40):
            self.x.update_inplace(x[i].numpy())
            self.y.update_inplace(y[i].numpy())
            self.run(1)
            worst = max(worst, (torch.from_numpy(self.estimate.numpy()) - expected[i]).abs().max().item())
        return worst


class PyTorchStep:
    def __init__(self, network, tokens):
        frame = OneFrame(network)
        self.stream = Stream(frame, frame.condition(1.0, tokens), frame)
        self.x, self.y = spectra(1), spectra(2)

    def run(self, count: int) -> list[float]:
        return timed(lambda i: self.stream(self.x[i % SPECTRA], self.y[i % SPECTRA]), count)


def summary(times: list[float]) -> dict:
    ordered = sorted(times)
    return {"median": ordered[len(ordered) // 2], "p99": ordered[len(ordered) * 99 // 100]}


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("benchmark", type=Path)
    p.add_argument("weights", type=Path)
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--frames", type=int, default=2000, help="steps a round (a quarter of it for PyTorch)")
    p.add_argument("--json", type=Path, help="write the results here too")
    args = p.parse_args()
    if args.rounds < 1 or args.frames < 100:
        p.error("--rounds must be 1 or more, --frames 100 or more")
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    # One core for all three; what ran on another core is not compared.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        network = load_network(args.weights)
    except UnreadableWeights as error:
        print(f"step_comparison: error: {error}", file=sys.stderr)
        return 1
    rounds: dict[str, list[dict]] = {"limpid": [], "onnxruntime": [], "pytorch": []}
    with torch.inference_mode():
        tokens = network.encode(torch.rand(1, 100, 160, generator=torch.Generator().manual_seed(1)) * 0.3)
        ort, eager = OnnxRuntimeStep(network, tokens), PyTorchStep(network, tokens)
        difference = ort.check(network, tokens)
        if difference > 2e-5:
            print(f"step_comparison: error: ONNX Runtime's step differs by {difference}", file=sys.stderr)
            return 1
        ort.run(300), eager.run(100)  # warm
        for _ in range(args.rounds):
            command = [args.benchmark, args.weights, "--part", "step", "--frames", str(args.frames), "--json"]
            rounds["limpid"].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0])
            rounds["onnxruntime"].append(summary(ort.run(args.frames)))
            rounds["pytorch"].append(summary(eager.run(max(100, args.frames // 4))))
    ours = rounds["limpid"]
    results = {"onnxruntime_version": onnxruntime.__version__, "pytorch_version": torch.__version__, "rounds": rounds}
    print(f"{'':13}median µs   p99 µs   Limpid's median, p99 as a share (median of {args.rounds} rounds)")
    for name, rows in rounds.items():
        row = {key: statistics.median(r[key] for r in rows) for key in ("median", "p99")}
        for key in ("median", "p99"):
            row[f"limpid_{key}_ratio"] = statistics.median(a[key] / b[key] for a, b in zip(ours, rows, strict=True))
        results[name] = row
        print(f"{name:13}{row['median']:9.1f}{row['p99']:9.1f}"
              f"{row['limpid_median_ratio']:10.2f}{row['limpid_p99_ratio']:6.2f}")  # fmt: skip
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
