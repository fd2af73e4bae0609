"""Where the figures of a run go: W&B where it is installed, TensorBoard otherwise, else the CSV file alone."""

from pathlib import Path


class WeightsAndBiases:
    def __init__(self, name: str | None, folder: Path, settings: dict):
        import wandb

        # Without a key nothing can be sent; the run is kept in the folder, for `wandb sync`.
        key = getattr(getattr(wandb, "api", None), "api_key", None)
        self.run = wandb.init(
            project="limpid-offline", name=name, dir=str(folder), config=settings, mode="online" if key else "offline"
        )

    def add_scalar(self, name: str, value: float, step: int):
        self.run.log({name: value}, step=step)


def board(name: str | None, folder: Path, settings: dict, wandb: bool = True):
    """Something with TensorBoard's add_scalar, or None."""
    if wandb:
        try:
            return WeightsAndBiases(name, folder, settings)
        except ImportError:
            pass
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(folder / "tensorboard")
