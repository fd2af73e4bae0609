"""What every command of this package does with an error: one sentence on standard error and an exit code."""

import importlib
import sys

from .errors import EvaluationError


def guarded(program: str, module: str, arguments: list[str] | None) -> int:
    """Imports `module` of this package, calls its `run(arguments)`, and returns the exit code.

    The import is inside, for the sake of a missing package and of an interrupt while it goes on.
    """
    try:
        importlib.import_module(f"{__package__}.{module}").run(sys.argv[1:] if arguments is None else arguments)
    except ModuleNotFoundError as error:
        print(
            f"{program}: the Python package {error.name} is missing; install with: pip install -e 'tools[evaluation]'",
            file=sys.stderr,
        )
        return 1
    except EvaluationError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{program}: interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0
