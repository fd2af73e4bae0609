"""How enhanced files come to be: the noisy file itself, one command a file, or one command a folder."""

import shlex
import shutil
import subprocess
from pathlib import Path

from .errors import EvaluationError
from .pairs import sounds

FILE = ("{in}", "{out}")
FOLDER = ("{indir}", "{outdir}")
LEAD = "{lead}"


class Enhancer:
    """A command line template, split once by the rules of a shell; no shell runs it, so paths need no quoting.

    With {in} and {out}, and {lead} where it takes a profile, it is called for each file, with {indir} and {outdir} once for a whole folder, and must leave
    NAME with any usual extension there. `none` is the noisy input itself.
    """

    def __init__(self, template: str):
        self.template = template
        self.is_none = template.strip() == "none"
        try:
            self.words = [] if self.is_none else shlex.split(template)
        except ValueError as error:
            raise EvaluationError(f"the enhancer command {template!r} cannot be split ({error})") from None
        used = {mark for mark in (*FILE, *FOLDER, LEAD) if any(mark in word for word in self.words)}
        self.takes_lead = LEAD in used
        used.discard(LEAD)
        if self.takes_lead and used & set(FOLDER):
            raise EvaluationError(
                f"the enhancer command {template!r} runs once a folder, but {{lead}} is another file for each; use {{in}} "
                "and {out} with {lead}"
            )
        if not self.is_none and used not in (set(FILE), set(FOLDER)):
            raise EvaluationError(
                f"the enhancer command {template!r} must have both {{in}} and {{out}}, or both {{indir}} and "
                "{outdir}, or be none"
            )
        self.is_batch = used == set(FOLDER)
        if self.words and shutil.which(self.words[0]) is None:
            raise EvaluationError(f"the enhancer program {self.words[0]} was not found or may not be run")

    @property
    def label(self) -> str:
        return "noisy" if self.is_none else Path(self.words[0]).name

    def enhance_file(self, noisy: Path, output: Path, lead: Path | None = None) -> None:
        """Calls the command for one file. Raises EvaluationError if it fails or leaves no `output`."""
        self._call({"{in}": noisy, "{out}": output} | ({LEAD: lead} if self.takes_lead and lead else {}))
        if not output.is_file():
            raise EvaluationError("the enhancer ended well but wrote no output file")

    def enhance_folder(self, noisy: Path, output: Path) -> dict[str, Path]:
        """Calls the command for a folder and returns what it left there, by name."""
        output.mkdir(parents=True)
        self._call({"{indir}": noisy, "{outdir}": output})
        return sounds(output)

    def _call(self, paths: dict[str, Path]) -> None:
        words = []
        for word in self.words:
            for mark, path in paths.items():
                word = word.replace(mark, str(path))
            words.append(word)
        try:
            result = subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, errors="replace"
            )
        except OSError as error:
            raise EvaluationError(f"the enhancer could not be started ({error.strerror})") from None
        if result.returncode != 0:
            how = f"exit code {result.returncode}" if result.returncode > 0 else f"signal {-result.returncode}"
            lines = [line for line in result.stderr.splitlines() if line.strip()]
            said = f", saying: {lines[-1].strip()}" if lines else ""
            raise EvaluationError(f"the enhancer ended with {how}{said}")
