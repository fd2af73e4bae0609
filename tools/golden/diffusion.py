#!/usr/bin/env python3
"""Golden vectors of Tests/DiffusionTests: the reverse samplers, written from the papers in float64.

Independent of the Swift code: complex numbers, scores and textbook updates, no folded coefficients. The equations are
those of sp-uhh/sgmse @ae690e8 (`sdes.py` OUVESDE, `sampling/predictors.py` ReverseDiffusionPredictor,
`sampling/correctors.py` AnnealedLangevinDynamics, `sampling/__init__.py` pc_sampler); the few-step sampler is DDIM
carried over to the OUVE marginals. Noise is part of the vectors.

    python tools/golden/diffusion.py          # rewrites Tests/DiffusionTests/Fixtures/diffusion.{json,bin}
"""

import json
import platform
from pathlib import Path

import numpy as np

SEED = 20240611
FRAMES, BINS, MAXIMUM_STEPS = 3, 16, 8
THETA, SIGMA_MIN, SIGMA_MAX = 1.5, 0.05, 0.5
FIXTURES = Path(__file__).resolve().parents[2] / "Tests/DiffusionTests/Fixtures"


# --- The process, in the form of sgmse's sdes.py -------------------------------------------------------------------


class OUVESDE:
    """sgmse OUVESDE @ae690e8. Its docstring says dx = -theta (y-x) dt; its code, which counts, theta (y-x)."""

    logsig = np.log(SIGMA_MAX / SIGMA_MIN)

    def sde(self, x, t, y):
        drift = THETA * (y - x)
        sigma = SIGMA_MIN * (SIGMA_MAX / SIGMA_MIN) ** t
        diffusion = sigma * np.sqrt(2 * self.logsig)
        return drift, diffusion

    def mean(self, x0, t, y):
        exp_interp = np.exp(-THETA * t)
        return exp_interp * x0 + (1 - exp_interp) * y

    def std(self, t):
        return np.sqrt(
            (SIGMA_MIN**2 * np.exp(-2 * THETA * t) * (np.exp(2 * (THETA + self.logsig) * t) - 1) * self.logsig)
            / (THETA + self.logsig)
        )


SDE = OUVESDE()
# The product's grid is single precision; its points are inputs here, so they are rounded first.
GRID = np.float32(0.03 ** (np.arange(MAXIMUM_STEPS) / (MAXIMUM_STEPS - 1))).astype(np.float64)


# --- Predictors of x0 ----------------------------------------------------------------------------------------------


class LinearToy:
    """Linear in x, y and a memory of its own for every slot and lane: tells slots, lanes and frames apart."""

    def __init__(self):
        self.memory = np.zeros((2, 2 * MAXIMUM_STEPS, BINS), np.complex128)

    def __call__(self, slot, t, x, y):
        self.memory[0, slot] = 0.75 * self.memory[0, slot] + 0.25 * x
        self.memory[1, slot] = 0.5 * self.memory[1, slot] + 0.5 * x
        gain = 1 / (1 + 2 * t)
        conditional = gain * x + 0.3 * y + 0.2 * self.memory[0, slot]
        unconditional = 0.5 * gain * x + 0.2 * y - 0.1 * self.memory[1, slot]
        return conditional, unconditional


class GaussianPosterior:
    """x0 ~ CN(m, v) with m = 0.5 y, v = 0.05^2 (unconditional: 0.2 y, 0.1^2): E[x0 | x_t] is known exactly."""

    def __call__(self, slot, t, x, y):
        return self.posterior(t, x, y, 0.5 * y, 0.05**2), self.posterior(t, x, y, 0.2 * y, 0.1**2)

    @staticmethod
    def posterior(t, x, y, m, v):
        a = np.exp(-THETA * t)
        return m + a * v / (a * a * v + SDE.std(t) ** 2) * (x - SDE.mean(m, t, y))


# --- The samplers --------------------------------------------------------------------------------------------------


def sample(kind, predictor, steps, w, final, y, noise, eta=0.0, snr=0.5):
    """One frame. `noise` yields one z per draw, in order of use."""
    times = GRID[:steps]

    def clean(slot, t, x):
        conditional, unconditional = predictor(slot, t, x, y)
        return unconditional + w * (conditional - unconditional)

    def score(slot, t, x):
        return (SDE.mean(clean(slot, t, x), t, y) - x) / SDE.std(t) ** 2

    x = y + SDE.std(times[0]) * next(noise)
    for n, t in enumerate(times):
        last = n == steps - 1
        step = t if last else t - times[n + 1]
        if kind == "few-step":
            estimate = clean(n, t, x)
            if last:
                return estimate
            direction = (x - SDE.mean(estimate, t, y)) / SDE.std(t)
            x = SDE.mean(estimate, times[n + 1], y) + SDE.std(times[n + 1]) * np.sqrt(1 - eta**2) * direction
            if eta > 0:
                x = x + SDE.std(times[n + 1]) * eta * next(noise)
            continue
        if kind == "predictor-corrector":
            epsilon = (snr * SDE.std(t)) ** 2 * 2
            x = x + epsilon * score(MAXIMUM_STEPS + n, t, x) + np.sqrt(epsilon * 2) * next(noise)
        if last and final == "posterior-mean":
            return clean(n, t, x)
        drift, diffusion = SDE.sde(x, t, y)
        f, G = drift * step, diffusion * np.sqrt(step)
        if kind == "probability-flow":
            x = x - (f - 0.5 * G**2 * score(n, t, x))
        else:
            x_mean = x - (f - G**2 * score(n, t, x))
            x = x_mean if last else x_mean + G * next(noise)
    return x


# --- Philox4x32-10 and Box-Muller, for the noise -------------------------------------------------------------------


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def counter_noise(seed, frame, step, bins):
    key = (seed & 0xFFFFFFFF, seed >> 32)
    words = [philox((frame & 0xFFFFFFFF, frame >> 32, step, pair), key) for pair in range((bins + 1) // 2)]
    u, v = np.array(words, np.float64).reshape(-1, 2).T
    return (np.sqrt(-np.log((u + 0.5) / 2**32)) * np.exp(2j * np.pi * v / 2**32))[:bins]


def main():
    rng = np.random.default_rng(SEED)

    def complex_normal(*shape):
        z = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)
        return z.astype(np.complex64).astype(np.complex128)  # exactly what the fixture holds

    values, entries = [], {}

    def put(name, array):
        entries[name] = {"offset": sum(v.size for v in values), "shape": [*array.shape, 2]}
        values.append(np.ascontiguousarray(array.astype(np.complex64)).view(np.float32).ravel())

    y = (0.3 * complex_normal(FRAMES, BINS)).astype(np.complex64).astype(np.complex128)
    z = complex_normal(FRAMES, 2 * MAXIMUM_STEPS, BINS)
    put("noisy", y)
    put("noise", z)

    cases = []
    kinds = [("few-step", {"eta": e}, "posterior-mean") for e in (0.0, 0.5, 1.0)]
    for final in ("posterior-mean", "euler"):
        kinds += [("reverse-diffusion", {}, final), ("predictor-corrector", {"snr": 0.5}, final)]
        kinds += [("probability-flow", {}, final)]
    for predictor in ("linear-toy", "gaussian-posterior"):
        for kind, parameters, final in kinds:
            for steps in (1, 2, 4, 8):
                for w in (1.0, 1.5):
                    network = LinearToy() if predictor == "linear-toy" else GaussianPosterior()
                    frames = [
                        sample(kind, network, steps, w, final, y[f], iter(z[f]), **parameters)
                        for f in range(FRAMES)
                    ]
                    label = "".join(f" {k} {v:g}" for k, v in parameters.items())
                    name = f"{predictor}, {kind}{label}, N {steps}, w {w:g}, ends {final}"
                    put(name, np.array(frames))
                    case = {"name": name, "predictor": predictor, "kind": kind, "steps": steps, "guidance": w}
                    cases.append({**case, "final": final, **parameters})

    draws = [(0, 0, 0), (0, 1, 0), (0, 0, 1), (0x0123456789ABCDEF, 2**32 + 5, 7), (2**64 - 1, 123456, 15)]
    noises = []
    for seed, frame, step in draws:
        name = f"counter noise, seed {seed}, frame {frame}, step {step}"
        put(name, counter_noise(seed, frame, step, 160))
        noises.append({"name": name, "seed": str(seed), "frame": frame, "step": step})

    x, y0 = -0.35, 0.8
    sde = [
        {"time": t, "meanWeight": np.exp(-THETA * t), "deviation": SDE.std(t), "diffusion": SDE.sde(x, t, y0)[1]}
        | {"state": x, "noisy": y0, "drift": SDE.sde(x, t, y0)[0], "mean": SDE.mean(x, t, y0)}
        for t in [0.001, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]
    ]

    FIXTURES.mkdir(parents=True, exist_ok=True)
    (FIXTURES / "diffusion.bin").write_bytes(np.concatenate(values).astype("<f4").tobytes())
    manifest = {
        "command": "python tools/golden/diffusion.py",
        "reference": "float64 NumPy; equations of sp-uhh/sgmse @ae690e8 and DDIM on the OUVE marginals",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "seed": SEED,
        "dtype": "little-endian float32, complex interleaved, in diffusion.bin at offset (counted in floats)",
        "tolerance": {
            "samplers": 1e-6,
            "samplersMeaning": "largest difference over the largest magnitude of the case; float32 against float64",
            "counterNoise": 2.4e-7,
            "counterNoiseMeaning": "absolute: half a unit of the last place at |z| below 4, rounded once",
            "sde": 1e-12,
            "sdeMeaning": "relative, float64 against float64 by another formula",
        },
        "sde": sde,
        "grid": GRID.tolist(),
        "frames": FRAMES,
        "bins": BINS,
        "maximumSteps": MAXIMUM_STEPS,
        "cases": cases,
        "counterNoise": noises,
        "arrays": entries,
    }
    (FIXTURES / "diffusion.json").write_text(json.dumps(manifest, indent=1) + "\n")
    size = sum(v.size for v in values) * 4
    print(f"{len(cases)} sampler cases, {len(noises)} noise cases, {size} bytes in {FIXTURES}")


if __name__ == "__main__":
    main()
