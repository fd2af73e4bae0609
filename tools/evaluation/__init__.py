"""Measures of an enhancer's output against clean speech: PESQ (wide band), ESTOI, SI-SDR, optionally DNSMOS.

Any program that reads a sound file and writes one can be measured; nothing here knows how Limpid works inside.
Audio is 16 kHz mono float64 in arrays of shape (samples,), full scale ±1.
"""
