"""Whether a voice that was learned speaks: a small network that hears the noisy signal beside the score network.

What the field calls personal voice activity detection (Ding et al. 2020), of any number of voices at once.
"""
