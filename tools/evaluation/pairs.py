"""Folders of pairs: SET/clean/NAME.* and SET/noisy/NAME.*, and where a set has them, SET/lead/NAME.* and others beside."""

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
    lead: Path | None = None  # the sound to learn before

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


def pairs(folder: Path, target: str = "clean", lead: str | None = None) -> list[Pair]:
    """The pairs of a set, in the order of their names. Every file must have its partner.

    `target` is the folder that the output is compared with, `lead` the one of the sounds to learn, where they are wanted.
    """
    for part in (target, lead):
        if part not in (None, "clean") and not (folder / part).is_dir():
            raise EvaluationError(
                f"{folder}: has no folder {part}; `tools/build-set voices` makes sets with both, lead, other and mixed-lead"
            )
    clean, noisy = sounds(folder / target), sounds(folder / "noisy")
    leads = sounds(folder / lead) if lead else {}
    if not clean:
        raise EvaluationError(f"{folder / target}: has no sound files")
    partners = [(clean, noisy, "noisy"), (noisy, clean, target), *([(noisy, leads, lead)] if lead else [])]
    for mine, other, missing in partners:
        lonely = sorted(mine.keys() - other.keys())
        if lonely:
            more = f" and {len(lonely) - 1} more" if len(lonely) > 1 else ""
            raise EvaluationError(f"{folder / missing}: has no partner for {mine[lonely[0]].name}{more}")
    return [Pair(folder.resolve().name, name, clean[name], noisy[name], leads.get(name)) for name in clean]
