#!/usr/bin/env python3
"""Times `score` against pandas and scikit-learn on predictions of the size of CMU-MOSEI's test split, pair by pair.

  compare.py                                    # 4659 samples, eleven rates, three seeds, five pairs
  compare.py --models 10 --pairs 1 --binary target/release/lnln-bench

The input is made once: a data set of random features that carry the label, and predictions of ridges on what the
masks leave, as CSV. Both sides read the CSV and give MAE, Corr, Acc-2 and F1 (Non0, Has0), Acc-5 and Acc-7 of each model,
seed and rate, which must agree; `score` checks the predictions and writes them as runs besides. The order changes from
pair to pair. Linux; needs numpy, pandas and scikit-learn.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).resolve().parent
SPLITS = {"train": 16326, "valid": 1871, "test": 4659}
SHAPES = {"text": (30, 8), "audio": (30, 4), "vision": (30, 4)}
RATES = [tenth / 10 for tenth in range(11)]
SPEC = '[[dataset]]\nname = "big"\ntitle = "Big"\nlanguage = "en"\nprotocol = "mosi"\nlabel_range = [-3.0, 3.0]\n'


def arrays():
    """Labels in thirds, videos of seven samples, features of which the first follows the label."""
    rng, out = np.random.default_rng(0), {}
    for split, n in SPLITS.items():
        video = rng.normal(size=n // 7 + 1)[np.arange(n) // 7]
        labels = np.clip(np.round(3 * (0.5 * video + 0.9 * rng.normal(size=n))) / 3, -3, 3)
        out[f"{split}/ids"] = np.array([f"{split}{i // 7:05d}$_${i % 7}" for i in range(n)])
        out[f"{split}/labels"] = labels
        for modality, (steps, width) in SHAPES.items():
            features = rng.normal(size=(n, steps, width)).astype("f4")
            features[:, :, 0] += 0.3 * labels[:, None]
            lengths = rng.integers(4, steps + 1, n)
            features[np.arange(steps) >= lengths[:, None]] = 0
            out[f"{split}/{modality}"], out[f"{split}/{modality}_lengths"] = features, lengths
    return out


def masked_sums(data, masks, split, rate):
    """(N, 16): the features of each modality, summed over what the mask leaves."""
    kept = [data[f"{split}/{m}"] * (masks[f"{split}_{m}"][rate] != 0)[:, :, None] for m in SHAPES]
    return np.hstack([features.sum(1) for features in kept])


def predictions(data, masks, models):
    """Ridges on random functions of masked sums, one set of functions and one part of train for each model and seed."""
    train = [masked_sums(data, masks, "train", rate) for rate in range(0, 8, 2)]
    inputs, targets = np.vstack(train), np.tile(data["train/labels"], len(train))
    test, rows = [masked_sums(data, masks, "test", rate) for rate in range(len(RATES))], []
    for model in range(models):
        for seed in (1111, 1112, 1113):
            rng = np.random.default_rng([model, seed])
            weights = rng.normal(size=(inputs.shape[1], 64)) / 5
            chosen = rng.choice(len(targets), len(targets) // 4)
            hidden = np.tanh(inputs[chosen] @ weights)
            fit = np.linalg.solve(hidden.T @ hidden + 10 * np.eye(64), hidden.T @ targets[chosen])
            for rate, features in zip(RATES, test):
                columns = {"model": f"model-{model}", "seed": seed, "rate": rate, "id": data["test/ids"]}
                rows.append(pd.DataFrame({**columns, "prediction": (np.tanh(features @ weights) @ fit).astype("f4")}))
    return pd.concat(rows)


def make(folder, binary, models):
    data = arrays()
    np.savez(folder / "big.npz", **data)
    (folder / "datasets.toml").write_text(SPEC)
    for command in ("prepare big.npz --dataset big", "mask export data/big.h5 --rates 0:1:0.1 --out masks.npz"):
        subprocess.run([binary, *command.split()], cwd=folder, check=True, capture_output=True)
    predictions(data, np.load(folder / "masks.npz"), models).to_csv(folder / "mine.csv", index=False)


def by_hand(folder):
    """What a notebook does: one line of metrics for each model, seed and rate."""
    from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error

    source = np.load(folder / "big.npz")
    labels = pd.Series(source["test/labels"], source["test/ids"])
    table, lines = pd.read_csv(folder / "mine.csv"), []
    for key, rows in table.groupby(["model", "seed", "rate"]):
        predicted, truth = rows["prediction"].to_numpy(), labels[rows["id"]].to_numpy()
        counted, line = truth != 0, {"mae": mean_absolute_error(truth, predicted)}
        line["corr"] = np.corrcoef(predicted, truth)[0, 1] if predicted.std() > 0 else 0.0
        for name, (t, p) in {
            "n": (truth[counted] > 0, predicted[counted] > 0),
            "h": (truth >= 0, predicted >= 0),
        }.items():
            line[f"acc2_{name}"], line[f"f1_{name}"] = accuracy_score(t, p), f1_score(t, p, average="weighted")
        for classes, end in (("acc5", 2), ("acc7", 3)):
            cut = [np.round(np.clip(values, -end, end)) for values in (truth, predicted)]
            line[classes] = accuracy_score(*cut)
        lines.append(dict(zip(("model", "seed", "rate"), key), **line))
    pd.DataFrame(lines).to_csv(folder / "by_hand.csv", index=False)


def ours(folder):
    """MAE of every run and rate, least first."""
    files = folder.glob("runs/*/evaluations/*/scores.csv")
    return np.sort(np.concatenate([pd.read_csv(f, comment="#").pipe(lambda t: t[t["metric"] == "mae"])["value"] for f in files]))


def timed(command, folder):
    """Wall seconds, processor seconds, largest memory in MiB."""
    start = time.monotonic()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit status {child.returncode}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/lnln-bench")
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--by-hand", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.by_hand:
        return by_hand(pathlib.Path(options.by_hand))
    with tempfile.TemporaryDirectory() as name:
        folder, binary = pathlib.Path(name), pathlib.Path(options.binary).resolve()
        make(folder, binary, options.models)
        ways = {
            "score": lambda pair: [binary, "score", "mine.csv", "--data", "data/big.h5", "--runs", f"{pair}/runs"],
            "by hand": lambda _: [sys.executable, HERE / "compare.py", "--by-hand", folder],
        }
        figures = {way: [] for way in ways}
        for pair in range(options.pairs):
            for way in list(ways) if pair % 2 else reversed(ways):
                figures[way].append(timed(ways[way](pair), folder))
        check(folder)
        for way, each in figures.items():
            wall, processor, memory = (statistics.median(column) for column in zip(*each))
            print(f"{way:8} wall {wall:.2f} s, processor {processor:.2f} s, memory {memory:.0f} MiB")
        ratios = sorted(hand[0] / mine[0] for mine, hand in zip(figures["score"], figures["by hand"]))
        print(f"score is {statistics.median(ratios):.2f} times as fast ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def check(folder):
    """Both sides give the same MAE of every model, seed and rate."""
    theirs = np.sort(pd.read_csv(folder / "by_hand.csv")["mae"])
    mine = ours(folder / "0")
    if len(mine) != len(theirs) or np.abs(mine - theirs).max() > 1e-6:
        sys.exit(f"the two sides differ: {len(mine)} and {len(theirs)} conditions")


if __name__ == "__main__":
    main()
