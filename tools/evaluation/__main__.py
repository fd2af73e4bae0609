"""`python -m evaluation`: the same as tools/evaluate."""

import sys

from .guard import guarded


def main(arguments: list[str] | None = None) -> int:
    return guarded("evaluate", "cli", arguments)


if __name__ == "__main__":
    sys.exit(main())
