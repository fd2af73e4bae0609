"""Makes packed shards of the sounds that Debian's games and voice prompts carry: `python -m training.debian_corpus OUT`.

Noise: machines, weather, animals, weapons, footsteps, doors, crowds, keys, alarms, and music at a lower weight (`music` in its
set's name; corpora.SHARD_WEIGHTS). Speech: telephone prompts in five languages, the dialogues of Fish Fillets in two, sentences of a
Russian reader, and the words, letters and syllables of games for children in some thirty, where they are clean enough. Each
package's licence is free by Debian's rules; the shards are for training and are not to be passed on as they are.

Needs apt-get, dpkg-deb and, for the prompts, ffmpeg. Writes OUT/noise-debian-K and OUT/speech-debian-K (.json, .flac), which
`python -m training.train` takes beside any others.
"""

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .corpora import VOICES
from .features import SAMPLE_RATE

PACKAGES = """
0ad-data colobot-common-sounds endless-sky-data extremetuxracer-data flightgear-data-base freedroidrpg-data glob2-data
hydrogen-drumkits lincity-ng-data megaglest-data minetest-data neverball-data openarena-data pingus-data
redeclipse-data simutrans-pak64 sonic-pi-samples starfighter-data supertux-data supertuxkart-data torcs-data
trackballs-data tuxpaint-stamps-default ufoai-music ufoai-sound unknown-horizons warmux-data warzone2100-data
wesnoth-1.16-data widelands-data xmoto-data ardentryst boswars-data btanks-data bucklespring-data bzflag-data
caveexpress-data crrcsim-data cube2-data flare-game freedink-data freetennis-common frozen-bubble-data krank
lomiri-sounds lugaru-data marsshooter-data micropolis-data minetest-mod-homedecor minetest-mod-mesecons
mirrormagic-data netpanzer-data oxygen-sounds pinball-data plee-the-bear-data qabcs-data scorched3d-data scratch
searchandrescue-data sound-theme-freedesktop triplea ukui-media yaru-theme-sound asterisk-core-sounds-en-g722
asterisk-core-sounds-es-g722 asterisk-core-sounds-fr-g722 asterisk-core-sounds-it-g722 asterisk-core-sounds-ru-g722
festvox-ru kajongg fillets-ng-data-cs fillets-ng-data-nl klettres-data ktuberling-data
""".split()
AUDIO = {".wav", ".ogg", ".flac", ".mp3", ".opus", ".oga"}
ARCHIVES = {".zip", ".pk3", ".wz"}
# Where what sounds was recorded rather than made for a game: heard more often.
RECORDINGS = {"bucklespring-data", "qabcs-data", "scratch"}
# The sets of speech: which files of which package; what the groups match names the speaker.
SPEECH = {
    "prompts": r"^asterisk-core-sounds-(\w+)-",
    "sentences": r"^(festvox-ru): ",
    "dialogues": r"^fillets-ng-data-(?:cs|nl): .*/(cs|nl)/[^/]*?(?:-(m|v)-[^/]*)?$",  # the small fish, the big one, others
    "words": r"_desc_(\w+)\.ogg$|^(?:klettres|ktuberling)-data: \w+/(?:sounds/)?(\w+)/|^qabcs-data: .*/(\w+)/sounds/|"
    r"^kajongg: .*?/voices/(\w+(?:/\w+)?)/",
}
SHORTEST, LONGEST = 0.15, 45.0  # seconds of an item
SHARD = 2 * 3600 * SAMPLE_RATE
CLEAN = 32.0  # dB that speech must lie above its own quiet


def members(package: Path):
    """(path, bytes) of every audio file in a Debian package, archives in it included."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as tar:
            for member in tar:
                suffix = PurePosixPath(member.name).suffix.lower()
                if not member.isfile() or suffix not in AUDIO | ARCHIVES | {".g722"}:
                    continue
                content = tar.extractfile(member).read()
                if suffix not in ARCHIVES:
                    yield member.name, content
                    continue
                try:
                    with zipfile.ZipFile(io.BytesIO(content)) as archive:
                        for name in archive.namelist():
                            if PurePosixPath(name).suffix.lower() in AUDIO:
                                yield f"{member.name}/{name}", archive.read(name)
                except zipfile.BadZipFile:
                    continue


def decode(name: str, content: bytes) -> np.ndarray | None:
    """Mono float samples at 16 kHz; None for what cannot be read or has a lower rate than 11 kHz."""
    if name.endswith(".g722"):
        command = ["ffmpeg", "-v", "error", "-f", "g722", "-i", "-", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-"]
        raw = subprocess.run(command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return np.frombuffer(raw, np.int16).astype(np.float32) / 32768
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate = file.samplerate
            file.seek(max(0, (file.frames - int(LONGEST * rate)) // 2))  # the middle of a long one
            samples = file.read(int(LONGEST * rate), dtype="float32", always_2d=True).mean(1)
    except (soundfile.LibsndfileError, RuntimeError):
        return None
    if rate < 11_025:
        return None
    divisor = np.gcd(rate, SAMPLE_RATE)
    return resample_poly(samples, SAMPLE_RATE // divisor, rate // divisor).astype(np.float32)


def clearance(samples: np.ndarray) -> float:
    """dB between the loud and the quiet blocks of 20 ms; the quiet of 16-bit silence counts as −80 dB."""
    count = len(samples) // 320
    if count < 10:
        return 0.0
    power = 10 * np.log10(np.square(samples[: count * 320].reshape(count, 320)).mean(1) + 1e-8)
    return float(np.percentile(power, 90) - np.percentile(power, 8))


def clear() -> str:
    """What takes the progress bar off the line, where there is a terminal."""
    return "\r\x1b[K" if sys.stdout.isatty() else ""


def show(done: int, of: int, package: str) -> None:
    """The progress bar on a terminal, a line a package elsewhere."""
    if not sys.stdout.isatty():
        print(f"[{done}/{of}] {package}", flush=True)
        return
    filled = 30 * done // of
    print(f"{clear()}[{'#' * filled}{'-' * (30 - filled)}] {done} of {of} packages: {package}", end="", flush=True)


class Shards:
    """Items one after another with 160 zero samples between, as the other packed shards have them."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name, self.number = folder, name, 0
        self.items, self.parts, self.length = [], [], 0

    def add(self, group: str, speaker: str, file: str, samples: np.ndarray):
        samples = (samples * (0.7 * 32767 / np.abs(samples).max())).astype(np.int16)
        self.items.append(
            {"set": group, "speaker": speaker, "file": file, "start": self.length, "length": len(samples)}
        )
        self.parts += [samples, np.zeros(160, np.int16)]
        self.length += len(samples) + 160
        if self.length >= SHARD:
            self.write()

    def write(self):
        if not self.items:
            return
        path = self.folder / f"{self.name}-{self.number}"
        sound, index = path.with_suffix(".flac"), path.with_suffix(".json")
        index.unlink(missing_ok=True)  # an older one must not name the places in the new sound
        for target, write in {
            sound: lambda file: soundfile.write(
                file, np.concatenate(self.parts), SAMPLE_RATE, format="FLAC", subtype="PCM_16"
            ),
            index: lambda file: file.write_text(json.dumps({"samples": self.length, "items": self.items})),
        }.items():
            unfinished = target.with_name(f".{target.name}.part")
            write(unfinished)
            unfinished.rename(target)
        print(f"{clear()}{index}: {len(self.items)} items, {self.length / SAMPLE_RATE / 3600:.2f} h", flush=True)
        self.number, self.items, self.parts, self.length = self.number + 1, [], [], 0


def place(package: str, name: str, samples: np.ndarray, noise: Shards, speech: Shards) -> None:
    """Puts one sound where it belongs, or nowhere."""
    seconds = len(samples) / SAMPLE_RATE
    if not SHORTEST <= seconds <= LONGEST + 1 or np.sqrt(np.square(samples).mean()) < 1e-3 or not np.isfinite(samples).all():
        return
    inner = re.sub(r"^\./usr/share/", "", name)
    spoken = next(((k, m) for k, pattern in SPEECH.items() if (m := re.search(pattern, f"{package}: {inner}"))), None)
    if spoken:
        kind, found = spoken
        if seconds >= 0.5 and "silence" not in name and clearance(samples) >= CLEAN:
            speech.add(kind, "-".join(g for g in found.groups() if g), inner, samples)
        return
    if VOICES.search(inner):
        return
    kind = "recordings" if package in RECORDINGS else "sounds"
    if re.search(r"music|drumkit|sonic-pi|soundtrack", inner + package, re.IGNORECASE):
        kind = "music"
    noise.add(f"debian {kind}", package, inner, samples)


def main(argv=None) -> int:
    p = argparse.ArgumentParser(prog="python -m training.debian_corpus", description=__doc__.splitlines()[0])
    p.add_argument("out", type=Path, help="folder for the shards")
    p.add_argument("--packages", nargs="+", default=PACKAGES, help="instead of the usual ones")
    p.add_argument("--debs", type=Path, help="folder with the packages, downloaded there unless they are there already")
    args = p.parse_args(argv)
    missing = [tool for tool in ("apt-get", "dpkg-deb", "ffmpeg") if not shutil.which(tool)]
    if missing:
        print(f"debian_corpus: error: {', '.join(missing)} not found; this runs on Debian with ffmpeg installed", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    noise, speech = Shards(args.out, "noise-debian"), Shards(args.out, "speech-debian")
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.debs or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for index, package in enumerate(args.packages, 1):
            found = sorted(folder.glob(f"{package}_*.deb"))
            if not found:
                got = subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, stderr=subprocess.DEVNULL)
                found = sorted(folder.glob(f"{package}_*.deb"))
                if got.returncode or not found:
                    print(f"{clear()}{package} could not be downloaded; it is left out", file=sys.stderr)
                    continue
            show(index, len(args.packages), package)
            for name, content in members(found[-1]):
                samples = decode(name, content)
                if samples is not None and len(samples):
                    place(package, name, samples, noise, speech)
            if not args.debs:
                found[-1].unlink()
    noise.write()
    speech.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
