"""torch.nn.GRU over time, faster on a CPU: the steps in C++ (`gru.cpp`), everything else as large products.

`prepare` compiles it once (a minute; PyTorch keeps the result); without a compiler, and on a GPU, PyTorch's own runs.
"""

import os
import subprocess
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

_compiled = None
LANES = 16  # the hidden size must be a multiple of this


def prepare() -> bool:
    """Compiles `gru.cpp`; says so in one sentence where that cannot be, and trains without it."""
    global _compiled
    try:
        from torch.utils.cpp_extension import load

        # ninja stands beside the Python of an environment, which need not be on the PATH.
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        source = Path(__file__).with_suffix(".cpp")
        _compiled = load("limpid_gru", [str(source)], extra_cflags=["-Ofast", "-march=native"])
    except (RuntimeError, ImportError, OSError, subprocess.SubprocessError) as error:
        print(f"training: PyTorch's own GRU is used, as gru.cpp was not compiled ({str(error).splitlines()[0]})", file=sys.stderr)
    return _compiled is not None


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx, gates, weight, bias):
        h, saved = _compiled.forward(gates.contiguous(), weight.t().contiguous(), bias)
        ctx.save_for_backward(h, saved, weight)
        return h

    @staticmethod
    def backward(ctx, gradient):
        h, saved, weight = ctx.saved_tensors
        of_gates, of_product = _compiled.backward(gradient.contiguous(), h, saved, weight.contiguous())
        steps, rows, width = h.shape
        flat = of_product.view(steps * rows, -1)
        # Every step's product read the state of the step before.
        of_weight = product(flat[rows:].t(), h.view(steps * rows, width)[:-rows])
        return of_gates, of_weight, flat.sum(0)


def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a · b, in bfloat16 under autocast as every other weight's gradient is there."""
    if torch.is_autocast_enabled("cpu"):
        return (a.bfloat16() @ b.bfloat16()).float()
    return a @ b


def gru(module: torch.nn.GRU, x: torch.Tensor) -> torch.Tensor:
    """(T, N, D) -> (T, N, H) from a zero state: what `module(x)[0]` is."""
    if _compiled is None or x.device.type != "cpu" or x.dtype == torch.float64 or module.hidden_size % LANES:
        return module(x)[0]
    gates = F.linear(x, module.weight_ih_l0, module.bias_ih_l0).float()
    return _Recurrence.apply(gates, module.weight_hh_l0, module.bias_hh_l0)
