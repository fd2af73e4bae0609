"""A progress bar on a terminal, nothing on a pipe."""

import sys
import time


class Progress:
    """Counts to `total` on standard error. Use as a context; the line is cleared at the end."""

    WIDTH = 30

    def __init__(self, total: int, stream=None):
        self.total = total
        self.done = 0
        self.stream = stream or sys.stderr
        self.visible = self.stream.isatty()
        self.start = time.monotonic()

    def __enter__(self) -> "Progress":
        self.draw()
        return self

    def __exit__(self, *_) -> None:
        if self.visible:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def advance(self) -> None:
        self.done += 1
        self.draw()

    def draw(self) -> None:
        if not self.visible:
            return
        filled = self.WIDTH * self.done // max(self.total, 1)
        left = ""
        if self.done:
            seconds = round((time.monotonic() - self.start) / self.done * (self.total - self.done))
            left = f", {seconds // 60}:{seconds % 60:02d} left"
        bar = "#" * filled + "-" * (self.WIDTH - filled)
        self.stream.write(f"\r\x1b[K[{bar}] {self.done} of {self.total} files{left}")
        self.stream.flush()
