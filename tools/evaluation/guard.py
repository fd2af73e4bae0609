"""What every command of this package does with an error: one sentence on standard error and an exit code."""

import importlib
import signal
import sys
import threading

from .errors import EvaluationError


def guarded(program: str, module: str, arguments: list[str] | None) -> int:
    """Imports `module` of this package, calls its `run(arguments)`, and returns the exit code.

    The import is inside, for the sake of a missing package and of an interrupt while it goes on.
    """
    interrupts: list[int] = []

    def interrupt(number, frame):
        interrupts.append(number)
        raise KeyboardInterrupt

    # Python swallows an interrupt that comes inside a finaliser or a callback; the enhancer, interrupted too, then looks
    # like one that failed. So what came is remembered.
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, interrupt) if is_main else None
    try:
        return attempt(program, module, sys.argv[1:] if arguments is None else arguments, interrupts)
    finally:
        if is_main:
            signal.signal(signal.SIGINT, before)


def attempt(program: str, module: str, arguments: list[str], interrupts: list[int]) -> int:
    try:
        importlib.import_module(f"{__package__}.{module}").run(arguments)
    except ModuleNotFoundError as error:
        print(
            f"{program}: the Python package {error.name} is missing; install with: pip install -e 'tools[evaluation]'",
            file=sys.stderr,
        )
        return 1
    except EvaluationError as error:
        if not interrupts:
            print(f"{program}: {error}", file=sys.stderr)
            return 1
        print(f"{program}: interrupted; nothing was written", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print(f"{program}: interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0
