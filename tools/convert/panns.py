"""PANNs CNN14: batch norms folded into the convolutions before them, the classifier left out."""

from .checkpoint import affine, check_filters, take
from .layout import PANNS, PANNS_16K, ConversionError


def convert(tensors: dict, source: str, spectrogram: dict | None = None) -> tuple[dict, dict]:
    """The public checkpoint's tensors -> (configuration, our tensors); sizes follow from the tensors."""
    result = {}
    result["input.scale"], result["input.shift"] = affine(tensors, "bn0", source)
    channels = []
    while f"conv_block{len(channels) + 1}.conv1.weight" in tensors:
        i = len(channels)
        for n in (1, 2):
            weight = take(tensors, f"conv_block{i + 1}.conv{n}.weight", source)
            scale, shift = affine(tensors, f"conv_block{i + 1}.bn{n}", source)
            if weight.shape[2:] != (3, 3):
                raise ConversionError(f"{source}: convolutions of {weight.shape[2:]}, expected (3, 3): not CNN14")
            result[f"blocks.{i}.conv{n}.weight"] = weight * scale[:, None, None, None]
            result[f"blocks.{i}.conv{n}.bias"] = shift
        channels.append(weight.shape[0])
    if not channels:
        raise ConversionError(f"{source}: tensor conv_block1.conv1.weight is missing: not CNN14")
    result["linear.weight"] = take(tensors, "fc1.weight", source)
    result["linear.bias"] = take(tensors, "fc1.bias", source)
    sizes = {"channels": channels, "embedding": len(result["linear.bias"]), "mel_bins": len(result["input.scale"])}
    # The transform tells the published 16 kHz network from the 32 kHz one.
    transform = tensors.get("spectrogram_extractor.stft.conv_real.weight")
    published = PANNS_16K if transform is not None and transform.shape[-1] == PANNS_16K["fft_length"] else PANNS
    configuration = published | (spectrogram or {}) | sizes
    check_filters(tensors, "", configuration, source)
    return configuration, result
