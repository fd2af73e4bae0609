"""Which files a run has, as the program itself lists them."""

import os
import subprocess

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


def largest_first(folder: bytes, names: list[bytes]) -> list[bytes]:
    def size(name: bytes) -> int:
        try:
            return os.stat(os.path.join(folder, name)).st_size
        except OSError:
            return 0

    return sorted(names, key=size, reverse=True)
