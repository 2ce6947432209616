"""Writes mask cases of seeds and shapes that no stored case has: python mask_cases.py FOLDER.

Everything is drawn by NumPy's and Python's own generators, as the published loader draws it.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np


def save(path, tensors):
    header, payload = {}, b""
    for name, array in tensors.items():
        array = np.ascontiguousarray(array)
        kind = {"f": "F64", "i": "I64"}[array.dtype.kind]
        span = [len(payload), len(payload) + array.nbytes]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": span}
        payload += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + payload)


def field(seed, shape):
    np.random.seed(seed)
    return np.random.uniform(size=shape)


def masked(tensors, prefix, seed, rates, valid, text, frames):
    for name, v in valid.items():
        keep = (field(seed, v.shape) > rates.reshape(-1, 1)).astype(np.int64) * v
        if name == "text":
            # A row without padding has its first 0 nowhere: argmin is 0, and -1 the last place.
            keep[:, 0] = 1
            keep[np.arange(len(keep)), np.argmin(v, axis=1) - 1] = 1
            erased = np.where(v == 1, np.where(keep == 1, text[:, 0], 100), 0)
            tensors[f"{prefix}.text_m"] = np.stack([erased, text[:, 1], text[:, 2]], axis=1).astype(float)
        else:
            tensors[f"{prefix}.{name}_m"] = frames[name] * keep[:, :, None]
        tensors[f"{prefix}.{name}_keep"] = keep


def fields_and_masks(folder, seed, n, steps):
    draw = np.random.default_rng(seed)
    lengths = {name: draw.integers(min(2, t), t + 1, n) for name, t in zip(("text", "audio", "vision"), steps)}
    lengths["text"][0] = steps[0]
    valid = {
        name: (np.arange(t) < lengths[name][:, None]).astype(np.int64)
        for name, t in zip(("text", "audio", "vision"), steps)
    }
    ids = draw.integers(1000, 20000, (n, steps[0])) * valid["text"]
    text = np.stack([ids, valid["text"], np.zeros_like(ids)], axis=1)
    frames = {
        "audio": draw.standard_normal((n, steps[1], 3)).astype(np.float32).astype(float),
        "vision": draw.standard_normal((n, steps[2], 2)).astype(np.float32).astype(float),
    }
    rates = draw.uniform(size=n)
    tensors = {"in.text": text.astype(float), "in.per_sample_rate": rates}
    for name in ("audio", "vision"):
        tensors[f"in.{name}"] = frames[name]
        tensors[f"in.{name}_len"] = lengths[name].astype(np.int64)
    for name, v in valid.items():
        tensors[f"uniform.{name}"] = field(seed, v.shape)
        if name != "text":
            tensors[f"out.{name}_valid"] = v
    tensors["out.text_argmin_len"] = np.argmin(valid["text"], axis=1)
    for rate in ("0.0", "0.25", "0.7", "1.0"):
        masked(tensors, f"out.rate_{rate}", seed, np.full(n, float(rate)), valid, text, frames)
    masked(tensors, "out.rate_per_sample", seed, rates, valid, text, frames)
    save(folder / f"seed_{seed}.safetensors", tensors)


def train_rates(folder, cases):
    tensors = {}
    for seed, n in cases:
        np.random.seed(seed)
        random.seed(seed)
        uniform = [np.random.uniform(size=(n, 1)).reshape(-1) for _ in "lav"]
        zeroed = [random.sample(range(n), n // 2) for _ in "lav"]
        for letter, u, zero in zip("lav", uniform, zeroed):
            prefix = f"seed_{seed}.n_{n}."
            rate = u.copy()
            rate[zero] = 0
            tensors[prefix + f"uniform_{letter}"] = u
            tensors[prefix + f"zeroed_{letter}"] = np.array(zero, dtype=np.int64)
            tensors[prefix + f"rate_{letter}"] = rate
    save(folder / "train_rates.safetensors", tensors)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for seed, n, steps in [(0, 1, (2, 1, 1)), (5, 9, (11, 40, 3)), (4294967295, 33, (39, 70, 55))]:
        fields_and_masks(folder, seed, n, steps)
    train_rates(folder, [(3, 7), (11111, 64), (4294967295, 2001), (42, 16326)])


main()
