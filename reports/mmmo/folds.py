#!/usr/bin/env python3
"""The five folds of this report as NumPy archives, from the files of ICT-MMMO that come with MFN's code.

Of its 340 clips the 40 of `valid` and the 80 of `test` have word vectors. Every fold tests 24 of these 120, each
with its share of every label, and of the other 96 it takes 16 to choose the epoch by. Clips have 20 steps, one
per word, aligned. Some are padded at the front: what comes before the first step that any modality has is moved
to the end, and lengths go up to the last step that any has. Labels of 1 to 5 become -2 to 2.

  pip install numpy h5py
  folds.py MFN/new_data/mmmo OUT     # writes OUT/mmmo-0.npz to OUT/mmmo-4.npz
"""
import pathlib
import sys

import h5py
import numpy as np

FOLDS, INNER, SEED = 5, 6, 0


def read(folder, name, part):
    with h5py.File(folder / f"{name.format(part)}.h5") as file:
        return file["d1"][:]


def parts(labels, count, seed):
    """A number from 0 to count - 1 for every sample, each with its share of every label."""
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    number = np.empty(len(labels), int)
    number[order] = np.arange(len(labels)) % count
    return number


def padded_at_the_end(modalities):
    there = np.any([(frames != 0).any(2) for frames in modalities], axis=0)
    first, last = there.argmax(1), there.shape[1] - there[:, ::-1].argmax(1)
    moved = [np.stack([np.roll(x, -n, axis=0) for x, n in zip(frames, first)]) for frames in modalities]
    return moved, last - first


def main():
    source, out = map(pathlib.Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)

    def both(name):
        return np.concatenate([read(source, name, part) for part in ("valid", "test")])

    labels = both("y_{}") - 3.0
    ids = np.array([f"mmmo-{part}{i:03d}$_$1" for part, n in (("valid", 40), ("test", 80)) for i in range(n)])
    (text, audio, vision), lengths = padded_at_the_end([both("text_{}_emb"), both("audio_{}"), both("video_{}")])
    columns = {"ids": ids, "labels": labels, "classification_labels": np.sign(labels) + 1.0}
    columns |= {"text": text.astype(np.float32), "audio": audio, "vision": vision}
    columns |= {f"{name}_lengths": lengths for name in ("text", "audio", "vision")}
    fold = parts(labels, FOLDS, SEED)
    for k in range(FOLDS):
        rest = np.flatnonzero(fold != k)
        inner = parts(labels[rest], INNER, SEED + 1 + k)
        splits = {"train": rest[inner != 0], "valid": rest[inner == 0], "test": np.flatnonzero(fold == k)}
        arrays = {f"{split}/{name}": values[rows] for split, rows in splits.items() for name, values in columns.items()}
        np.savez(out / f"mmmo-{k}.npz", **arrays)


if __name__ == "__main__":
    main()
