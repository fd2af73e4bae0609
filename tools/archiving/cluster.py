"""Tasks on a Ray cluster: a file is a task. Ray runs them, and runs them again where a node or a worker dies."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator

import archiving

from . import program
from .errors import ArchiveError
from .program import Result, Work

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
import ray  # noqa: E402  (it reads the variable)
from ray import cloudpickle  # noqa: E402

# The other machines need Ray and limpid, not this checkout: what runs there travels with the task.
cloudpickle.register_pickle_by_value(archiving)


def connect(address: str | None) -> None:
    """Joins a cluster (`auto`, HOST:PORT, ray://HOST:PORT), or starts one of this machine's cores."""
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=True)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        first = str(error).strip().splitlines()[0]
        raise ArchiveError(f"no cluster at {address}: {first}; start one with ray start --head, or leave --address out")


def processors() -> int:
    return int(ray.cluster_resources().get("CPU", 0))


def here(result: Result) -> Result:
    result.node = ray.get_runtime_context().get_node_id()[:8]
    return result


def enhance(work: Work, name: bytes) -> Result:
    """A task's work. Done twice, it is done once: the program leaves out what is done, and waits for who is at it."""
    return here(program.enhance(work, name))


def look(work: Work, seconds: int, name: bytes) -> Result:
    return here(program.look(work, seconds, name))


def span(work: Work, seconds: int, number: int, name: bytes) -> Result:
    return here(program.enhance(program.of_spans(work, seconds, number), name))


def join(work: Work, seconds: int, name: bytes, *spans: Result) -> Result:
    """Ray begins it when all spans are there."""
    return here(program.join(work, seconds, name, list(spans)))


class Nodes:
    """Tells of machines that come and go, in a line each; Ray's own words are pages of its logs, on standard output."""

    def __init__(self, say: Callable[[str], None]):
        self.say = say
        self.alive = self.now()
        self.looked = time.monotonic()

    @staticmethod
    def now() -> set[str]:
        return {node["NodeID"][:8] for node in ray.nodes() if node["Alive"]}

    def look(self) -> None:
        """At most once a second."""
        if time.monotonic() - self.looked < 1:
            return
        self.looked = time.monotonic()
        now = self.now()
        for node in sorted(self.alive - now):
            self.say(f"node {node} is gone; its files are begun anew")
        for node in sorted(now - self.alive):
            self.say(f"node {node} has come")
        self.alive = now


class Submission:
    """Tasks of files on the cluster."""

    def __init__(self, work: Work, retries: int, seconds: int, long: dict[bytes, int]):
        """`long`: how many spans of so many seconds a file has; the others are one task."""
        self.work = ray.put(work)
        self.seconds = seconds
        self.long = dict(long)
        self.remote = ray.remote(num_cpus=1, max_retries=retries)

    def begin(self, name: bytes):
        if name in self.long:
            return self.remote(look).remote(self.work, self.seconds, name)
        return self.remote(enhance).remote(self.work, name)

    def go_on(self, name: bytes, reference):
        """The next task of a file whose last one ended; None: that was all of it."""
        count = self.long.pop(name, 0)
        if count == 0 or self.is_done(reference):
            return None
        one = self.remote(span)
        spans = [one.remote(self.work, self.seconds, number, name) for number in range(count)]
        return self.remote(join).remote(self.work, self.seconds, name, *spans)

    @staticmethod
    def is_done(reference) -> bool:
        try:
            return ray.get(reference).status != "failed"
        except ray.exceptions.RayError:
            return False


def run(
    work: Work,
    names: list[bytes],
    retries: int,
    told: Callable[[Result], None],
    say: Callable[[str], None],
    seconds: int = 0,
    long: dict[bytes, int] | None = None,
) -> list[Result]:
    """All files; results in the order in which they end. `told` hears of each, `say` of what else happens."""
    submission = Submission(work, retries, seconds, long or {})
    results = []
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        for name, reference in pending(submission, names, Nodes(say)):
            try:
                result = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                result = Result(name, "failed", error=f"the task itself failed ({error.cause!r})")
            except ray.exceptions.RayError as error:
                # Its workers died, `retries` times more than once: it is let be.
                first = str(error).strip().splitlines()[0]
                result = Result(name, "failed", attempts=retries + 1, error=f"its worker died each time ({first})")
            results.append(result)
            told(result)
    return results


def pending(submission: Submission, names: list[bytes], nodes: Nodes) -> Iterator[tuple[bytes, object]]:
    """Submits the files and yields each as it ends.

    Ray's pattern against too many pending tasks: so many wait that every core has its next one, also of a cluster that grows.
    """
    waiting: dict = {}
    rest = iter(names)
    left = True
    while left or waiting:
        room = max(16, 4 * processors())
        while left and len(waiting) < room:
            name = next(rest, None)
            if name is None:
                left = False
                break
            waiting[submission.begin(name)] = name
        if waiting:
            ended, _ = ray.wait(list(waiting), num_returns=1, timeout=1)
            nodes.look()
            for reference in ended:
                name = waiting.pop(reference)
                following = submission.go_on(name, reference)
                if following is None:
                    yield name, reference
                else:
                    waiting[following] = name
