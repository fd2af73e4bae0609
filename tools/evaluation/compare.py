"""`python -m evaluation.compare CLEAN FILE...`: measures a few files against one clean file."""

import sys

from .guard import guarded


def main(arguments: list[str] | None = None) -> int:
    return guarded("compare", "comparison", arguments)


if __name__ == "__main__":
    sys.exit(main())
