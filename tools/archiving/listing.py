"""Which files a run has, as the program itself lists them."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from .errors import ArchiveError


def version(program: str) -> str:
    """What the program calls itself."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True)
    except OSError as error:
        raise ArchiveError(
            f"{program}: cannot be started ({error.strerror}); build it with swift build -c release --product limpid, "
            "or name it with --program"
        ) from error
    if done.returncode != 0:
        raise ArchiveError(f"{program} --version failed: {done.stderr.strip()}")
    return done.stdout.strip()


def files(program: str, folder: bytes, output: bytes) -> list[bytes]:
    """Names below the folder, the largest file first: what takes long does not begin last."""
    done = subprocess.run([program, "enhance", folder, "-o", output + b"/", "--list", "--null"], capture_output=True)
    if done.returncode != 0:
        raise ArchiveError(done.stderr.decode("utf-8", "replace").strip().removeprefix("limpid: error: "))
    # What is left out (notes) is of interest here.
    os.write(2, done.stderr)
    names = [name[len(folder) :].lstrip(b"/") for name in done.stdout.split(b"\0") if name]
    return largest_first(folder, names)


def listed(text: bytes, null: bool) -> list[bytes]:
    """Names of a list; `limpid enhance --files-from` says how each is meant."""
    names = [name for name in text.split(b"\0" if null else b"\n") if name]
    if not names:
        raise ArchiveError("the list names no file; give one a line")
    return list(dict.fromkeys(names))


def below(folder: bytes, given: bytes, name: bytes) -> bytes:
    """A list's name as one below the folder, as `limpid enhance` takes it: `find interviews` says interviews/a.wav, and
    `cd interviews && find` ./a.wav. `folder` is absolute, `given` the same as it was typed."""
    inner, is_below = name, not os.path.isabs(name)
    for above in (folder.rstrip(b"/") + b"/", given.rstrip(b"/") + b"/"):
        if name.startswith(above) and (os.path.exists(name) or not os.path.exists(os.path.join(folder, name))):
            inner, is_below = name[len(above) :], True
            break
    parts = [part for part in inner.split(b"/") if part not in (b"", b".")]
    if not is_below or not parts or b".." in parts:
        shown, where = (text.decode("utf-8", "replace") for text in (name, given))
        raise ArchiveError(f"{shown} does not lie in {where}; list files of that folder")
    return b"/".join(parts)


# Kinds whose spans are to the bit what was enhanced, and that are decoded in no time.
LOSSLESS = {b"wav", b"wave", b"w64", b"rf64", b"aif", b"aiff", b"aifc", b"flac", b"caf", b"au"}


def long_files(program: str, folder: bytes, names: list[bytes], seconds: int) -> dict[bytes, int]:
    """How many spans the files have that have more than one. A span is the program's `SpanLayout`: the last takes what is left."""

    def spans(name: bytes) -> int:
        path = os.path.join(folder, name)
        if name.rpartition(b".")[2].lower() not in LOSSLESS or not os.path.isfile(path) or os.path.getsize(path) < 1 << 20:
            return 1
        told = subprocess.run([program, "info", path], capture_output=True).stdout
        # Their blocks are written whole: a span of them is longer than it should be, and is not joined.
        if re.search(rb"^encoding .*(ADPCM|GSM)", told, re.MULTILINE):
            return 1
        length = re.search(rb"^length +(\d+)\.(\d{3}) s$", told, re.MULTILINE)
        return max(1, int(length[1] + length[2]) // (1000 * seconds)) if length else 1

    with ThreadPoolExecutor() as pool:
        return {name: count for name, count in zip(names, pool.map(spans, names)) if count > 1}


def largest_first(folder: bytes, names: list[bytes]) -> list[bytes]:
    def size(name: bytes) -> int:
        try:
            return os.stat(os.path.join(folder, name)).st_size
        except OSError:
            return 0

    return sorted(names, key=size, reverse=True)
