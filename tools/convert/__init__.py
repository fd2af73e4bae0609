"""From public checkpoints of CLAP and PANNs to Limpid's tower files; see __main__.py."""
