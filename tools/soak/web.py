"""tools/soak/web: limpid jack --web in turns without pages and with four, one of which never reads."""

import base64
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

limpid, folder, minutes = sys.argv[1], pathlib.Path(sys.argv[2]), float(sys.argv[3])
server = f"limpid-soak-{os.getpid()}-web"
jobs = []


def start(command, name, **more):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=open(folder / f"{name}.out", "w"),
                               stderr=open(folder / f"{name}.log", "w"), **more)
    jobs.append(process)
    return process


def until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.2)
    raise SystemExit(f"error: waited in vain for {what}: {(folder / 'limpid.log').read_text()[-300:]}")


class Page(threading.Thread):
    """A page's connection: reads and answers pings, or reads nothing. Where it is closed it comes again."""

    def __init__(self, port, token, reads):
        super().__init__(daemon=True)
        self.port, self.token, self.reads = port, token, reads
        self.updates = self.times_dropped = 0
        self.is_ending = False

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), 5)
        own = f"127.0.0.1:{self.port}"
        self.socket.sendall((
            f"GET /live HTTP/1.1\r\nHost: {own}\r\nOrigin: http://{own}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: limpid, token.{self.token}\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise OSError("refused")
            head += byte
        if b" 101 " not in head:
            raise OSError(head.decode())

    def take(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise OSError("closed")
            data += part
        return data

    def run(self):
        while not self.is_ending:
            try:
                self.connect()
                while not self.is_ending:
                    if not self.reads:
                        # Its end is seen without reading: by what has become of the connection.
                        time.sleep(0.5)
                        if self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1:
                            raise OSError("closed")
                        continue
                    first, length = self.take(2)
                    if length == 126:
                        length = int.from_bytes(self.take(2), "big")
                    payload = self.take(length)
                    if first == 0x82:
                        self.updates += 1
                    if first == 0x89:
                        mask = os.urandom(4)
                        self.socket.sendall(bytes([0x8A, 0x80 | length]) + mask + bytes(b ^ mask[n % 4] for n, b in enumerate(payload)))
            except OSError:
                if not self.is_ending:
                    self.times_dropped += 1
                    time.sleep(0.2)
            finally:
                self.socket.close()

    def end(self):
        self.is_ending = True
        if self.reads:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.join(5)


def threads(job):
    """Seconds on a processor, by thread's name."""
    spent = {}
    for task in pathlib.Path(f"/proc/{job.pid}/task").iterdir():
        try:
            text = (task / "stat").read_text()
        except OSError:
            continue
        name = text[text.index("(") + 1:text.rindex(")")]
        fields = text[text.rindex(")") + 2:].split()
        spent[name] = spent.get(name, 0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def web_seconds(job):
    return sum(seconds for name, seconds in threads(job).items() if name.startswith("NIO-ELT"))


def memory(job):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{job.pid}/status").read_text())[1])


def report():
    lines = (folder / "limpid.out").read_text().splitlines()
    for line in reversed(lines):
        try:
            return json.loads(line)
        except ValueError:
            continue
    return None


def main():
    start(["jackd", "--no-realtime", "-n", server, "-d", "dummy", "-r", "48000", "-p", "256"], "jackd",
          env={**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"})
    time.sleep(1)
    job = start([limpid, "jack", "--server", server, "--no-start-server", "--web", "0", "--fresh", "--json", "--interval", "0.5"],
                "limpid", env={**os.environ, "XDG_STATE_HOME": str(folder)})
    found = until("the address", lambda: re.search(r"http://127\.0\.0\.1:(\d+)/#([0-9a-f]{32})", (folder / "limpid.log").read_text()))
    port, token = int(found[1]), found[2]
    until("limpid's first words", report)
    start([str(folder / "control"), "--server", server, "--name", "ends", "--feed", "limpid", "--gap", "1e9"], "control")
    time.sleep(3)

    turns = max(2, 2 * round(minutes / 4))  # of two minutes, or, in a short run, shorter
    length = minutes * 60 / turns
    keys = ("late", "reduced", "dry", "reference_late", "xruns", "overruns")
    sums = {False: dict.fromkeys(keys, 0), True: dict.fromkeys(keys, 0)}
    shares = {0: [], 1: [], 4: []}
    first_memory = None
    dropped = updates = 0
    for turn in range(turns):
        with_pages = turn % 2 == 1
        pages = []
        if with_pages:
            # One page alone first, for its share of a core.
            pages = [Page(port, token, True)]
            pages[0].start()
            time.sleep(1)
        part = min(30, length / 3)
        begin, spent, before = time.monotonic(), web_seconds(job), report()
        time.sleep(part)
        shares[1 if with_pages else 0].append((web_seconds(job) - spent) / (time.monotonic() - begin))
        if with_pages:
            pages += [Page(port, token, True), Page(port, token, True), Page(port, token, False)]
            for page in pages[1:]:
                page.start()
            begin, spent = time.monotonic(), web_seconds(job)
        time.sleep(length - part)
        if with_pages:
            shares[4].append((web_seconds(job) - spent) / (time.monotonic() - begin))
        after = report()
        for key in keys:
            sums[with_pages][key] += after[key] - before[key]
        for page in pages:
            page.end()
            updates += page.updates
            dropped += page.times_dropped if not page.reads else 0
            if page.reads and page.times_dropped:
                raise SystemExit(f"FAILS   a page that reads was dropped {page.times_dropped} times")
        time.sleep(1)
        now = memory(job)
        if turn == 1:
            first_memory = now
        print(f"turn {turn + 1} of {turns}, {'four pages' if with_pages else 'no page'}: "
              + ", ".join(f"{key} {after[key] - before[key]}" for key in keys) + f"; {now} kB", flush=True)
        if job.poll() is not None:
            raise SystemExit(f"FAILS   limpid ended by itself: {(folder / 'limpid.log').read_text()[-300:]}")
    failed = False

    def judge(holds, sentence):
        nonlocal failed
        failed |= not holds
        print(("holds   " if holds else "FAILS   ") + sentence)

    mean = {key: 100 * sum(values) / max(1, len(values)) for key, values in shares.items()}
    judge(mean[1] < 2, f"one page takes {mean[1]:.2f} % of a core, four {mean[4]:.2f} %")
    judge(mean[0] < 0.02, f"no page takes {mean[0]:.3f} %")
    # Either is what the machine lost at random moments: chance alone gives or takes about two roots of the sum.
    chance = 2 * (sums[True]["late"] + sums[False]["late"]) ** 0.5
    judge(sums[True]["late"] <= sums[False]["late"] + chance,
          f"late frames: {sums[True]['late']} with four pages, {sums[False]['late']} without; chance gives or takes {chance:.0f}")
    print(f"with pages {sums[True]}\nwithout    {sums[False]}")
    judge(dropped > 0 or length < 60, f"the page that never reads was dropped {dropped} times; the others saw {updates} updates")
    judge(memory(job) <= first_memory + 1024, f"memory: {first_memory} kB after the first turn with pages, {memory(job)} kB at the end")
    job.send_signal(signal.SIGTERM)
    judge(job.wait(30) == 0, "limpid ended well")
    return failed


try:
    code = main()
finally:
    for job in reversed(jobs):
        if job.poll() is None:
            job.terminate()
            try:
                job.wait(10)
            except subprocess.TimeoutExpired:
                job.kill()
    for left in pathlib.Path("/dev/shm").glob(f"jack_sem.*_{server}_*"):
        left.unlink(missing_ok=True)
sys.exit(code)
