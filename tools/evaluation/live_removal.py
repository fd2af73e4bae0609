"""What is learned live removes what `limpid enhance --remove` does: a dummy JACK graph, pair by pair of a set of `tools/build-set voices`.

For every pair `limpid jack` learns from lead/NAME by `limpid ctl learn`, then hears noisy/NAME in freewheel, where no frame can be late. Its
output's SI-SDR against clean/NAME stands beside that of `limpid enhance --remove lead/NAME`, and of the same without what was learned.

Needs jackd2 (apt), JACK-Client and tools[evaluation] (pip).
Usage: python tools/evaluation/live_removal.py LIMPID SET [COUNT] [--model wide] [--tolerance DECIBELS]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import jack
import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from evaluation import alignment, metrics  # noqa: E402

LONGEST_DELAY = 16_384  # samples, the graph's and the program's
SERVER = f"limpid-removal-{os.getpid()}"
BLOCK = 256


class Player:
    """Plays one array at a time into the program and keeps what comes back of it, sample by sample."""

    def __init__(self):
        self.client = jack.Client("player", servername=SERVER, no_start_server=True)
        self.out = self.client.outports.register("out")
        self.back = self.client.inports.register("in")
        self.sound = np.zeros(0, np.float32)
        self.heard = np.zeros(0, np.float32)
        self.at = 0
        self.done = threading.Event()
        self.done.set()
        self.client.set_process_callback(self.process)
        self.client.activate()

    def process(self, frames):
        out, back = self.out.get_array(), self.back.get_array()
        out[:] = 0
        if self.done.is_set():
            return
        piece = self.sound[self.at : self.at + frames]
        out[: len(piece)] = piece
        self.heard[self.at : self.at + frames] = back[: len(self.heard) - self.at]
        self.at += frames
        if self.at >= len(self.heard):
            self.done.set()

    def play(self, sound, extra=0, freewheel=False):
        """Returns what came back while `sound` and `extra` samples of silence were played."""
        self.sound, self.at = sound.astype(np.float32), 0
        self.heard = np.zeros(-(-(len(sound) + extra) // BLOCK) * BLOCK, np.float32)
        if freewheel:
            self.client.set_freewheel(True)
        self.done.clear()
        if not self.done.wait(600):
            sys.exit("live_removal: the graph stands still")
        if freewheel:
            self.client.set_freewheel(False)
        return self.heard


class Program:
    """`limpid jack` beside the player."""

    def __init__(self, limpid, model, player, folder):
        self.socket = folder / "control"
        command = [limpid, "jack", "--server", SERVER, "--fresh", "--model", model, "--no-adapt", "--control", self.socket]
        self.limpid, self.player = limpid, player
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        for _ in range(600):
            inputs = player.client.get_ports("limpid.*", is_input=True, is_audio=True)
            outputs = player.client.get_ports("limpid.*", is_output=True, is_audio=True)
            if inputs and outputs and self.socket.exists():
                break
            if self.process.poll() is not None:
                sys.exit("live_removal: " + (folder / "log").read_text())
            time.sleep(0.1)
        for source, target in ((player.out, inputs[0]), (outputs[0], player.back)):
            # Ports are there a moment before their client runs.
            for attempt in range(50):
                try:
                    player.client.connect(source, target)
                    break
                except jack.JackErrorCode:
                    time.sleep(0.1)
        time.sleep(0.3)

    def ctl(self, *words):
        return subprocess.run([self.limpid, "ctl", self.socket, *words], capture_output=True, text=True, check=True).stdout

    def end(self):
        self.ctl("quit")
        self.process.wait(20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("limpid")
    parser.add_argument("set", type=Path)
    parser.add_argument("count", type=int, nargs="?", default=12)
    parser.add_argument("--model", default="wide")
    parser.add_argument("--tolerance", type=float, default=0.5)
    given = parser.parse_args()
    names = sorted(p.name for p in (given.set / "noisy").iterdir())
    names = names[:: max(1, len(names) // given.count)][: given.count]
    rate = soundfile.info(given.set / "noisy" / names[0]).samplerate
    server = subprocess.Popen(
        ["jackd", "--no-realtime", "-n", SERVER, "-d", "dummy", "-r", str(rate), "-p", str(BLOCK)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"})
    rows = []
    try:
        time.sleep(2)
        player = Player()
        for n, name in enumerate(names):
            print(f"\r{n}/{len(names)} {name} ", end="", file=sys.stderr, flush=True)
            rows.append(pair(given, player, name, rate))
    finally:
        server.terminate()
        server.wait()
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    print("SI-SDR, dB           null   file   live   live-file")
    for name, null, file, live in rows:
        print(f"{name:20} {null:5.2f}  {file:5.2f}  {live:5.2f}  {live - file:+.2f}")
    null, file, live = np.median([row[1:] for row in rows], axis=0)
    difference = np.mean([row[3] - row[2] for row in rows])
    print(f"{'median':20} {null:5.2f}  {file:5.2f}  {live:5.2f}  mean {difference:+.2f}")
    if abs(difference) > given.tolerance:
        sys.exit(f"live_removal: live differs by {difference:+.2f} dB, more than {given.tolerance}")


def pair(given, player, name, rate):
    """SI-SDR of one pair: without what was learned, with the file's, with what was learned live."""

    def read(kind):
        return soundfile.read(given.set / kind / name)[0]

    lead, noisy, clean = read("lead"), read("noisy"), read("clean")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)

        def offline(*more):
            output = folder / "output.wav"
            subprocess.run(
                [given.limpid, "enhance", given.set / "noisy" / name, "-o", output, "--force", "--model", given.model, *more],
                check=True, capture_output=True)
            return metrics.si_sdr(clean, soundfile.read(output)[0])

        null, file = offline(), offline("--remove", given.set / "lead" / name)
        program = Program(given.limpid, given.model, player, folder)
        program.ctl("learn", f"{len(lead) / rate:.2f}")
        player.play(lead, extra=rate)
        for _ in range(200):
            if json.loads(program.ctl("status"))["learned"]:
                break
            time.sleep(0.1)
        else:
            sys.exit("live_removal: nothing was learned in 20 s")
        heard = player.play(noisy, extra=rate, freewheel=True)
        program.end()
    late = alignment.delay(noisy, heard, LONGEST_DELAY)
    return name, null, file, metrics.si_sdr(*alignment.align(clean, heard, late))


if __name__ == "__main__":
    main()
