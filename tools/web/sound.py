"""A JACK client that plays a sound in a circle into limpid and listens to what comes out."""

import threading
import wave

import jack
import numpy


def read(path):
    with wave.open(path) as file:
        assert file.getnchannels() == 1 and file.getsampwidth() == 2 and file.getframerate() == 48000
        return numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16).astype(numpy.float32) / 32768


class Player:
    def __init__(self, server, sound, client):
        self.sound = sound
        self.place = 0
        self.blocks = []
        self.lock = threading.Lock()
        self.client = jack.Client("ends", servername=server, no_start_server=True)
        self.out = self.client.outports.register("sound")
        self.heard = self.client.inports.register("heard")
        self.client.set_process_callback(self.process)
        self.client.activate()
        self.client.connect(self.out, f"{client}:in_1")
        self.client.connect(f"{client}:out_1", self.heard)

    def process(self, count):
        at = (self.place + numpy.arange(count)) % len(self.sound)
        self.out.get_array()[:] = self.sound[at]
        self.place += count
        block = self.heard.get_array().copy()
        with self.lock:
            self.blocks.append(block)
            del self.blocks[: max(0, len(self.blocks) - 2000)]

    def level(self, seconds):
        """RMS of the newest seconds of the output, dB of full scale."""
        with self.lock:
            samples = numpy.concatenate(self.blocks)[-int(seconds * 48000):]
        return 10 * numpy.log10(numpy.mean(numpy.square(samples, dtype=numpy.float64)) + 1e-12)

    def close(self):
        self.client.deactivate()
        self.client.close()
