"""Folders of pairs: SET/clean/NAME.* and SET/noisy/NAME.*."""

from dataclasses import dataclass
from pathlib import Path

from .errors import EvaluationError

EXTENSIONS = {".wav", ".flac", ".ogg", ".opus", ".aiff", ".aif", ".mp3"}


@dataclass(frozen=True)
class Pair:
    set: str
    name: str
    clean: Path
    noisy: Path

    def __str__(self) -> str:
        return f"{self.set}/{self.name}"


def sounds(folder: Path) -> dict[str, Path]:
    """The sound files of a folder by their names without extension."""
    if not folder.is_dir():
        raise EvaluationError(f"{folder}: there is no such folder; a set has the folders clean and noisy")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in EXTENSIONS or path.name.startswith("."):
            continue
        if path.stem in found:
            raise EvaluationError(f"{folder}: has both {found[path.stem].name} and {path.name}; one name, one file")
        found[path.stem] = path
    return found


def pairs(folder: Path) -> list[Pair]:
    """The pairs of a set, in the order of their names. Every file must have its partner."""
    clean, noisy = sounds(folder / "clean"), sounds(folder / "noisy")
    if not clean:
        raise EvaluationError(f"{folder / 'clean'}: has no sound files")
    for mine, other, missing in ((clean, noisy, "noisy"), (noisy, clean, "clean")):
        lonely = sorted(mine.keys() - other.keys())
        if lonely:
            more = f" and {len(lonely) - 1} more" if len(lonely) > 1 else ""
            raise EvaluationError(f"{folder / missing}: has no partner for {mine[lonely[0]].name}{more}")
    return [Pair(folder.resolve().name, name, clean[name], noisy[name]) for name in clean]
