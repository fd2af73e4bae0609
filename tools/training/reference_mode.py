"""limpid enhance on a folder of an evaluation set, with another noise reference than the rolling one.

`python reference_mode.py MODE limpid enhance SET/noisy -o OUT [OPTIONS]`; MODE is
- rolling: the engine's own, as it comes;
- empty: the null condition all the way (--guidance 0);
- oracle: the last 2 s of the file's true noise, noisy less clean (SET/clean must be there), known from the start;
- stale: the same of another file of the set, so another room's;
- learned: what SET/lead has of the file, learned beside the rolling reference (--remove);
- other: the same of SET/other, which is not in the file.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

BAD_DATA = 65  # limpid's exit code for sound that it cannot use
LEARNED = {"learned": "lead", "other": "other"}  # the folder of what is learned


def profile(command: list[str], noisy: Path, folder: Path) -> Path:
    """The reference of a file's true noise, saved by limpid."""
    target = folder / f"{noisy.stem}.safetensors"
    if not target.exists():
        samples, rate = soundfile.read(noisy)
        clean, _ = soundfile.read(noisy.parents[1] / "clean" / noisy.name)
        noise = folder / "noise.wav"
        soundfile.write(noise, (samples - clean).clip(-1, 1), rate, subtype="FLOAT")
        words = [*command[:2], noise, "-o", folder / "out.wav", "--force", *command[5:], "--save-noise-profile", target]
        subprocess.run(list(map(str, words)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target


def main(mode: str, command: list[str]) -> int:
    if mode in ("rolling", "empty"):
        return subprocess.run(command + ["--guidance", "0"] * (mode == "empty")).returncode
    if mode not in ("oracle", "stale", *LEARNED):
        print(f"reference_mode: '{mode}' is not rolling, empty, oracle, stale, learned or other", file=sys.stderr)
        return 2
    files = sorted(Path(command[2]).iterdir())
    output = Path(command[4])
    output.mkdir(parents=True, exist_ok=True)
    without = []
    with tempfile.TemporaryDirectory() as scratch:
        for index, file in enumerate(files):
            source = file if mode == "oracle" else files[index - 1]
            words = [*command[:2], str(file), "-o", str(output / file.name), *command[5:]]
            try:
                if mode in LEARNED:
                    words += ["--remove", str(file.parents[1] / LEARNED[mode] / file.name)]
                else:
                    words += ["--noise-profile", str(profile(command, source, Path(scratch)))]
            except subprocess.CalledProcessError:
                without.append(source.name)  # limpid judged no frame of it noise; the reference stays rolling
            code = subprocess.run(words, stdout=subprocess.DEVNULL).returncode
            if code == BAD_DATA and mode in LEARNED:  # too little of it is heard to learn from
                without.append(file.name)
                code = subprocess.run(words[:-2], stdout=subprocess.DEVNULL).returncode
            if code:
                return 1
    if without:
        print(f"reference_mode: no reference could be had of {', '.join(without)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
