"""Sizes and constants of one offline model; written as JSON into its checkpoint."""

from dataclasses import asdict, dataclass, field

BACKBONES = ("ncsnpp", "ncsnpp_v2", "ncsnpp_v2_cond")
ENCODERS = ("none", "global", "sequence", "clap", "panns")


@dataclass
class NCSNppConfiguration:
    """The defaults are those of SGMSE+ (Richter et al. 2023): 65.6 M parameters without a condition."""

    format: int = 1
    backbone: str = "ncsnpp_v2_cond"
    nf: int = 128  # channels of the widest level
    ch_mult: list[int] = field(default_factory=lambda: [1, 1, 2, 2, 2, 2, 2])  # of the levels, each half the size of the one before
    num_res_blocks: int = 2  # a level, on the way down; one more on the way up
    attn_resolutions: list[int] = field(default_factory=lambda: [16])  # heights (bins) at which positions attend to each other
    fourier_scale: float = 16.0

    encoder: str = "global"  # of ncsnpp_v2_cond; none for the others
    condition_dimension: int = 512  # of the embedding z of the noise reference
    encoder_channels: list[int] = field(default_factory=lambda: [64, 128, 256, 512])
    tokens: int = 16
    cross_attention: bool = False  # tokens instead of one embedding, and blocks that attend to them
    cross_resolutions: list[int] = field(default_factory=lambda: [32, 16, 8, 4])  # heights at which they do
    cross_heads: int = 8
    reference_seconds: float = 0.25
    tower: dict | None = None  # sizes of the tower of clap and panns, as its file states them
    fine_tune_tower: bool = False

    sample_rate: int = 16_000
    n_fft: int = 510  # 256 bins
    hop_length: int = 128
    num_frames: int = 256  # of a training crop
    spec_factor: float = 0.15
    spec_abs_exponent: float = 0.5

    theta: float = 1.5
    sigma_min: float = 0.05
    sigma_max: float = 0.5
    t_eps: float = 0.03

    # How the score follows from the network's output F (of converted checkpoints; the defaults are score matching's).
    loss_type: str = "score_matching"  # or denoiser: F is the estimate of the mean
    network_scaling: str | None = None  # F / this: None, "1/sigma", "1/t"
    c_in: str = "1"  # of x and y: "1", "edm"
    c_out: str = "1"  # of F: "1", "sigma", "1/sigma", "edm"
    c_skip: str = "0"  # of x: "0", "edm"
    sigma_data: float = 0.1

    def __post_init__(self):
        if self.backbone != "ncsnpp_v2_cond":
            self.encoder, self.cross_attention = "none", False
        if self.encoder == "sequence":
            self.cross_attention = True

    @property
    def bins(self) -> int:
        return self.n_fft // 2 + 1

    @property
    def divisor(self) -> int:
        """Frames come in multiples of it: every level but the last halves them."""
        return 2 ** (len(self.ch_mult) - 1)

    @property
    def reference_samples(self) -> int:
        return int(self.reference_seconds * self.sample_rate)

    @property
    def hears_samples(self) -> bool:
        """Whether the noise encoder takes the reference's samples instead of its spectrogram."""
        return self.encoder in ("clap", "panns")

    def as_dict(self) -> dict:
        return asdict(self)
