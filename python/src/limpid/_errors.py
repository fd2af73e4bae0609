"""What is thrown: the library's sentence, and its status."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Why a call failed, as in limpid.h."""

    BAD_ARGUMENT = 1
    UNKNOWN_KEY = 2
    BAD_VALUE = 3
    UNSUPPORTED_FORMAT = 4
    NO_FILE = 5
    BAD_MODEL = 6
    BAD_SOUND = 7
    WRONG_STATE = 8
    TOO_SLOW = 9
    BUSY = 10
    SYSTEM = 11
    STOPPED = 12


class LimpidError(Exception):
    """Prints as one sentence: what is wrong, and what helps.

    ``status`` says the same to programs.
    """

    status: Status

    def __init__(self, sentence: str, status: Status) -> None:
        super().__init__(sentence)
        self.status = status

    def __reduce__(self) -> tuple[type[LimpidError], tuple[str, Status]]:
        # So that it comes back whole from another process.
        return type(self), (str(self), self.status)


class InvalidValueError(LimpidError, ValueError):
    """A setting, a rate, a shape or a sound that cannot be used."""


class ModelError(LimpidError):
    """A file that is no model, or a model that cannot do what is asked."""


class NotFoundError(LimpidError):
    """A file that is not there or cannot be read."""


class StateError(LimpidError, RuntimeError):
    """Not now: the stream is closed, or the setting is fixed while it runs."""


_CLASSES: dict[Status, type[LimpidError]] = {
    Status.BAD_ARGUMENT: InvalidValueError,
    Status.UNKNOWN_KEY: InvalidValueError,
    Status.BAD_VALUE: InvalidValueError,
    Status.UNSUPPORTED_FORMAT: InvalidValueError,
    Status.BAD_SOUND: InvalidValueError,
    Status.NO_FILE: NotFoundError,
    Status.BAD_MODEL: ModelError,
    Status.WRONG_STATE: StateError,
}


def error(number: int, sentence: str) -> LimpidError:
    """The exception for a status that is not LIMPID_OK; newer libraries may have more of them."""
    status = Status(number) if number in Status.__members__.values() else Status.SYSTEM
    return _CLASSES.get(status, LimpidError)(sentence, status)
