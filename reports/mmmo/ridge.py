#!/usr/bin/env python3
"""Ridge regression as a row of this report: what a linear model without any deep layer reaches on ICT-MMMO.

A modality is the mean of its frames that are kept and not zero, in units of the training split, and one column
says whether any is left. It is fitted on the training split complete and under the noise of three epochs of
`run --noise fresh`, with one penalty that nothing was tuned for, and tested under the masks of the report.

  pip install numpy h5py, and lnln_bench from the wheel or from ./python
  ridge.py DATA RUNS        # folder of the prepared folds, folder of runs to add to
"""
import pathlib
import sys

import lnln_bench
import numpy as np

SEEDS, EPOCHS, PENALTY = (1111, 1112, 1113), 3, 1000.0
LABELS = (-2, 2)
MODALITIES = ("text", "audio", "vision")
CONDITIONS = [("random", "0:1:0.1"), ("modality", "L,A,V,LA,LV,AV"), ("block", "0:1:0.1")]


def means(view):
    """Per modality: the mean over what is left (N, d), and whether anything is (N)."""
    out = []
    for name in MODALITIES:
        frames = view[name].astype(np.float64)
        left = (frames != 0).any(2)
        out.append((frames.sum(1) / np.maximum(left.sum(1), 1)[:, None], left.any(1)))
    return out


class Ridge:
    def __init__(self, split, seed):
        views = [split.complete()] + [split.noisy(seed, epoch) for epoch in range(EPOCHS)]
        self.scale = [(x[left].mean(0), x[left].std(0) + 1e-9) for x, left in means(views[0])]
        x = np.concatenate([self.columns(view) for view in views])
        y = np.tile(np.asarray(split.labels, np.float64), len(views))
        self.center, self.mean = x.mean(0), y.mean()
        x = x - self.center
        self.weights = np.linalg.solve(x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ (y - self.mean))

    def columns(self, view):
        blocks = []
        for (x, left), (mean, deviation) in zip(means(view), self.scale):
            blocks += [np.where(left[:, None], (x - mean) / deviation, 0.0), ~left[:, None]]
        return np.concatenate(blocks, axis=1)

    def predict(self, view):
        predicted = (self.columns(view) - self.center) @ self.weights + self.mean
        return predicted.clip(*LABELS)


def main():
    data, runs = sys.argv[1:3]
    for file in sorted(pathlib.Path(data).glob("mmmo@fold=?.h5")):
        fold = lnln_bench.open(file)
        models = {seed: Ridge(fold.train, seed) for seed in SEEDS}
        with lnln_bench.collect(fold, "ridge", title="Ridge", runs=runs) as rows:
            for protocol, rates in CONDITIONS:
                for view in fold.test.conditions(protocol, rates):
                    for seed, model in models.items():
                        rows.add(view, model.predict(view), seed=seed)
        print(file.name, len(rows.runs), "runs")


if __name__ == "__main__":
    main()
