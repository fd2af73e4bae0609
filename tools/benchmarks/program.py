"""The whole program: frames, files, start and memory; and the levels' results together in one JSON file.

    python tools/benchmarks/program.py LIMPID STEPBENCHMARK WEIGHTS OUT.json [--rounds N] [--seconds S]

Everything runs on one core unless the row says otherwise. Where rows are compared, their runs take turns.
"""

import argparse
import json
import math
import os
import random
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))


def run(command, cores=1, **options):
    """Runs a command on the first cores; returns its output."""
    chosen = set(CORES[:cores])
    done = subprocess.run(
        [str(c) for c in command], check=True, capture_output=True,
        preexec_fn=lambda: os.sched_setaffinity(0, chosen), **options)  # fmt: skip
    return done.stdout


def write_noise(path: Path, seconds: int) -> None:
    """Tones that come and go, in noise: 48 kHz, one channel, 16 bits."""
    rate, generator = 48000, random.Random(1)
    second = bytearray()
    for i in range(rate):
        voice = 0.1 * math.sin(2 * math.pi * 140 * i / rate) * (math.sin(2 * math.pi * 3 * i / rate) > 0)
        second += struct.pack("<h", int(32767 * (voice + generator.gauss(0, 0.05))))
    size = seconds * len(second)
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, rate,
                               2 * rate, 2, 16, b"data", size))  # fmt: skip
        for _ in range(seconds):
            file.write(second)


def kernels(benchmark, weights):
    """GFLOP/s, and the share of what OpenBLAS reaches in the same run with the kernel for this processor."""
    flags = Path("/proc/cpuinfo").read_text()
    core = "SkylakeX" if "avx512f" in flags else "Haswell" if "avx2" in flags else ""
    environment = os.environ | ({"OPENBLAS_CORETYPE": core} if core else {})
    rows = json.loads(run([benchmark, weights, "--part", "kernels", "--json"], env=environment))
    rows += json.loads(run([benchmark, weights, "--part", "all", "--json"]))
    rows += json.loads(run([benchmark, weights, "--part", "frames", "--json"]))
    # The peak is the best run's: what else the machine does must not make our share larger.
    peak = rows[0]["gflops"] * rows[0]["median"] / rows[0]["best"]
    rows[0] |= {"name": "sgemm 768, best run", "gflops": peak}
    for row in rows:
        if "gflops" in row:
            row["share_of_peak"] = row["gflops"] / peak
    return rows


def files(limpid, folder, rounds, seconds):
    """Real-time factors of one file, rounds taking turns; then a folder by one job on one core and by two on two."""
    source, out = folder / "in.wav", folder / "out.wav"
    write_noise(source, seconds)
    kinds = {
        "live, wide band": ["--preset", "live", "--band", "wide"],
        "live": ["--preset", "live"],
        "quality": ["--preset", "quality"],
    }
    factors = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, options in kinds.items():
            report = run([limpid, "enhance", source, "-o", out, "--force", "--json", *options])
            factors[kind].append(json.loads(report)["files"][0]["realTimeFactor"])
    many = folder / "many"
    many.mkdir()
    for i in range(8):
        (many / f"{i}.wav").symlink_to(source)
    wall = {1: [], 2: []}
    for _ in range(max(1, rounds // 2)):
        for cores in wall:
            start = time.monotonic()
            run([limpid, "enhance", many, "-o", folder / "done", "--force", "--json", "--jobs", cores], cores=cores)
            wall[cores].append((time.monotonic() - start) / (8 * seconds))
    return ({k: statistics.median(v) for k, v in factors.items()},
            {f"{cores} job{'s' * (cores > 1)}": statistics.median(v) for cores, v in wall.items()})  # fmt: skip


def memory(limpid, folder):
    """Peak resident kilobytes of `enhance` on one minute, on thirty, on many files, and of `enhance --realtime`."""
    peaks = {}
    two = ["--jobs", "2"]
    for name, seconds, copies, options in [
        ("1 min", 60, 1, []), ("30 min", 1800, 1, []), ("50 files of 6 s, 2 jobs", 6, 50, two),
        ("2 files of 6 s, 2 jobs", 6, 2, two), ("live worker", 3, 1, ["--realtime"]),
    ]:  # fmt: skip
        source, out = folder / "memory.wav", folder / "out.wav"
        write_noise(source, seconds)
        if copies > 1:
            source, out = folder / f"{copies}", folder / f"{copies}-done"
            source.mkdir()
            for i in range(copies):
                (source / f"{i}.wav").symlink_to(folder / "memory.wav")
        command = [str(limpid), "enhance", str(source), "-o", str(out), "--force", "--json", *options]
        with open(os.devnull, "wb") as nothing:
            child = subprocess.Popen(command, stdout=nothing, stderr=nothing)
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"program.py: error: {' '.join(command)} ended with {child.returncode}")
        peaks[name] = usage.ru_maxrss
    return peaks


def start(limpid, rounds):
    """Milliseconds from the start of the program to its first output, raw PCM fed as fast as it is read."""
    times = []
    sound = struct.pack("<4800h", *(random.Random(2).randrange(-2000, 2000) for _ in range(4800)))
    for _ in range(rounds):
        begin = time.monotonic()
        child = subprocess.Popen(
            [str(limpid), "enhance", "-", "-o", "-", "--raw", "s16le"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)  # fmt: skip
        child.stdin.write(sound * 5)  # half a second, and the pipe stays open
        first = child.stdout.read(2)
        times.append((time.monotonic() - begin) * 1000)
        child.stdin.close()
        child.stdout.read()
        if child.wait() != 0 or not first:
            raise SystemExit("program.py: error: limpid enhance - gave no output")
    return statistics.median(times)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("limpid", "benchmark", "weights", "out"):
        p.add_argument(name, type=Path)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=20, help="of sound in a file")
    args = p.parse_args()
    results = {"processor_cores": len(CORES), "levels": kernels(args.benchmark, args.weights)}
    print(f"{'kernels, step, refresh, frames of live':44}median µs   p99 µs  GFLOP/s  of the peak")
    for row in results["levels"]:
        rate = f"{row['gflops']:9.0f}{100 * row['share_of_peak']:11.0f} %" if "gflops" in row else ""
        print(f"{row['name']:44}{row['median']:9.2f}{row['p99']:9.2f}{rate}")

    results["frames"] = json.loads(run([args.limpid, "bench", "--json", "--seconds", "20"]))
    print(f"\n{'frames at 48 kHz, ms':44}   median      p99    p99.9  encoder")
    for row in results["frames"]["rows"]:
        name = f"{row['name']}, w = {row['guidance']:.4g}"
        print(f"{name:44}{row['median']:9.3f}{row['p99']:9.3f}{row['p999']:9.3f}{row['encoder']:9.3f}")

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        single, many = files(args.limpid, folder, args.rounds, args.seconds)
        results["real_time_factor"], results["folder_of_8"] = single, many
        results["peak_kilobytes"] = memory(args.limpid, folder)
    results["first_output_ms"] = start(args.limpid, args.rounds)
    print("\nreal-time factor, one file, one core: " + ", ".join(f"{k} {v:.3f}" for k, v in single.items()))
    print("seconds per second of sound, 8 files: " + ", ".join(f"{k} {v:.3f}" for k, v in many.items()))
    print("peak memory, MB: " + ", ".join(f"{k} {v / 1024:.0f}" for k, v in results["peak_kilobytes"].items()))
    print(f"start to first output: {results['first_output_ms']:.0f} ms")
    args.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
