"""The one error of this package."""


class ArchiveError(Exception):
    """Nothing could be begun. The message is one sentence with the remedy."""
