"""The offline system of SGMSE+ with a noise reference: NCSN++, noise encoders, the OUVE SDE and its sampler.

It stands beside the streaming network (`training.network`) behind the same trainer. What it is, and what each name of its options
means: README.md, "The offline system".
"""
