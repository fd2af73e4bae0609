"""The one error of this package."""


class EvaluationError(Exception):
    """Something outside went wrong. The message is one sentence, with the file and, where there is one, the remedy."""
