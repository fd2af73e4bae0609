#!/usr/bin/env python3
"""Enhances a 16-bit WAV file. Usage: enhance.py LIBLIMPID.so MODEL.safetensors IN.wav OUT.wav"""
import array, ctypes, sys, wave

if len(sys.argv) != 5: sys.exit(__doc__)
library, weights, source, target = sys.argv[1:]
try:
    with wave.open(source) as file: format, frames = file.getparams(), file.readframes(file.getnframes())
except (wave.Error, EOFError, OSError) as reason: sys.exit(f"{source}: {reason}; give a 16-bit WAV")
if format.sampwidth != 2: sys.exit(f"{source}: {8 * format.sampwidth} bits a sample; give a 16-bit WAV")

limpid = ctypes.CDLL(library)
limpid.limpid_last_error.restype = ctypes.c_char_p
model, enhancer, latency = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()

def call(name, *arguments):
    if getattr(limpid, name)(*arguments): sys.exit(limpid.limpid_last_error().decode())

call("limpid_model_open", weights.encode(), None, ctypes.byref(model))
call("limpid_create", model, ctypes.byref(enhancer))
call("limpid_set_text", enhancer, b"noise-selection", b"residual")
call("limpid_set_text", enhancer, b"passes", b"2")
call("limpid_set_text", enhancer, b"post-filter", b"2")
call("limpid_prepare", enhancer, format.framerate, format.nchannels)
call("limpid_latency", enhancer, ctypes.byref(latency))
late = latency.value * format.nchannels  # a tail of zeros brings out what the latency held back
noisy = [sample / 32768 for sample in array.array("h", frames)] + [0.0] * late
block = (ctypes.c_float * len(noisy))(*noisy)
call("limpid_process_interleaved", enhancer, block, block, ctypes.c_size_t(len(noisy) // format.nchannels))
clean = array.array("h", (max(-32768, min(32767, round(sample * 32768))) for sample in block[late:]))
with wave.open(target, "wb") as file: file.setparams(format), file.writeframes(clean.tobytes())
