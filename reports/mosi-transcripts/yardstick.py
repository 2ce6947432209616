#!/usr/bin/env python3
"""A yardstick for this report: ridge regression on the mean of the frozen encoder's token states.

It reads the prepared file and the cached encodings of the run, fits on every cached view of the
training split, and tests on the test split under the reference masks (seed 1111). The masks are made
here by NumPy itself, so a hit in the cache also says that ours equal NumPy's.

  pip install numpy h5py blake3
  yardstick.py DATA        # the --data folder of the run
"""
import glob
import os
import sys

import blake3
import h5py
import numpy as np

UNKNOWN, SEED, RIDGE = 100, 1111, 1000.0


def text_hash(ids):
    digest = blake3.blake3()
    for size in ids.shape:
        digest.update(int(size).to_bytes(8, "little"))
    digest.update(ids.astype("<i4").tobytes())
    return digest.hexdigest()[:16]


def masked(ids, rate):
    valid = ids[:, 1] != 0
    length = valid.sum(1)
    np.random.seed(SEED)
    keep = (np.random.uniform(size=valid.shape) > rate) & valid
    keep[:, 0] = True
    keep[np.arange(len(length)), length - 1] = True
    out = ids.copy()
    out[:, 0] = np.where(keep, ids[:, 0], np.where(valid, UNKNOWN, 0))
    return out


def main():
    data = sys.argv[1]
    cache = {os.path.basename(p)[:-3].split("-")[-1]: p for p in glob.glob(f"{data}/encodings/*.h5")}

    def mean_state(path):
        with h5py.File(path) as file:
            return file["states"][:].mean(1)

    with h5py.File(f"{data}/mosi.h5") as file:
        columns = {s: (file[s]["text_bert"][:], file[s]["regression_labels"][:]) for s in ("train", "test")}
    (train_ids, train_y), (test_ids, test_y) = columns["train"], columns["test"]
    views = [mean_state(p) for p in cache.values() if h5py.File(p)["states"].shape[0] == len(train_ids)]
    x, y = np.concatenate(views), np.tile(train_y, len(views))
    centre, scale = x.mean(0), x.std(0) + 1e-6
    z = (x - centre) / scale
    weights = np.linalg.solve(z.T @ z + RIDGE * len(views) * np.eye(z.shape[1]), z.T @ (y - y.mean()))
    print(f"{len(views)} views of the training split")
    print("rate  Non0 Acc-2  Corr")
    for rate in (0.0, 0.5, 1.0):
        states = mean_state(cache[text_hash(masked(test_ids, rate))])
        predicted = (states - centre) / scale @ weights + y.mean()
        some = test_y != 0
        accuracy = 100 * np.mean((predicted[some] > 0) == (test_y[some] > 0))
        print(f"{rate:4}  {accuracy:10.1f}  {np.corrcoef(predicted, test_y)[0, 1]:.3f}")


if __name__ == "__main__":
    main()
