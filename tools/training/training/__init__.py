"""Training of Limpid's score network: features, corpora, network, diffusion, losses, export."""
