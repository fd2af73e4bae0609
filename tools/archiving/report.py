"""What a run came to: a table for people, JSON for programs."""

import json
import os
import tempfile
from collections import Counter
from pathlib import Path

from .program import Result


def totals(results: list[Result], taken: float) -> dict:
    """`taken`: seconds of the whole run."""
    ways = Counter(result.status for result in results)
    made = [result for result in results if result.status == "enhanced"]
    hours = sum(result.seconds for result in made) / 3600
    return {
        "files": len(results),
        "enhanced": ways["enhanced"],
        "skipped": ways["skipped"],
        "failed": ways["failed"],
        "hours": hours,
        "timesRealTime": hours * 3600 / taken if taken > 0 else 0.0,
        "filesAnHour": len(made) / taken * 3600 if taken > 0 else 0.0,
        "secondsTaken": taken,
        "nodes": dict(sorted(Counter(result.node for result in made).items())),
    }


def table(results: list[Result], taken: float) -> str:
    sums = totals(results, taken)
    rows = [
        ("files", f"{sums['files']}"),
        ("enhanced", f"{sums['enhanced']}"),
        ("done before", f"{sums['skipped']}"),
        ("failed", f"{sums['failed']}"),
        ("hours of sound", f"{sums['hours']:.2f}"),
        ("x real time", f"{sums['timesRealTime']:.1f}"),
        ("files an hour", f"{sums['filesAnHour']:.0f}"),
        ("took", f"{taken:.0f} s"),
    ]
    rows += [(f"node {node}", f"{count} files") for node, count in sums["nodes"].items()]
    width = max(len(label) for label, _ in rows)
    lines = [f"{label:<{width}}  {value:>8}" for label, value in rows]
    lines += [f"failed: {r.name.decode('utf-8', 'replace')}: {r.error}" for r in results if r.status == "failed"]
    return "\n".join(lines)


def write(path: Path, results: list[Result], taken: float) -> None:
    """Whole, or not at all."""
    report = totals(results, taken) | {"results": [result.as_json() for result in results]}
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(report, file, indent=1)
            file.write("\n")
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
