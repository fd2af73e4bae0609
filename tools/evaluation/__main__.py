"""`python -m evaluation`: the same as tools/evaluate."""

import sys


def main(arguments: list[str] | None = None) -> int:
    from .errors import EvaluationError

    try:
        from .cli import run
    except ModuleNotFoundError as error:
        print(
            f"evaluate: the Python package {error.name} is missing; install with: "
            "pip install -e 'tools[evaluation]'",
            file=sys.stderr,
        )
        return 1
    try:
        run(sys.argv[1:] if arguments is None else arguments)
    except EvaluationError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("evaluate: interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
