"""Metric cases computed by scikit-learn and SciPy in float64, for `selftest --golden`.

    pip install scikit-learn scipy
    python make.py                      # the committed files: 40 random and 50 degenerate vectors each
    python make.py --random 10000 --out FOLDER

Every vector is exactly float32. A value is null where it does not exist: where scikit-learn or SciPy
refuse the input, return NaN, or nothing is left to score.
"""

import argparse
import json
import math
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn import metrics as sk

PLACES = [0.1, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0]  # bin edges of both protocols


def random_case(rng, protocol):
    n = int(rng.integers(1, 60))
    span = 3.0 if protocol == "mosi" else 1.0
    truth = rng.uniform(-span, span, n)
    if rng.random() < 0.7:  # the labels of the corpora are steps
        truth = np.round(truth * 5) / 5
    pred = truth * rng.uniform(-0.5, 1.2) + rng.normal(0, rng.uniform(0.05, 2), n)
    if rng.random() < 0.2:
        pred = np.round(pred * 2) / 2  # ties at the edges of the classes
    return pred, truth


def degenerate_cases(rng):
    """Fifty vectors on which implementations go wrong."""
    edges = np.array([s * p for p in PLACES for s in (-1, 1)] + [0.0, -0.0])
    yield from ((np.full(n, c), rng.uniform(-3, 3, n)) for n in (2, 9) for c in (-0.0, 0.0, 0.1, -3, 9))
    yield from ((rng.uniform(-3, 3, n), np.full(n, c)) for n in (2, 9) for c in (-0.0, 0.0, 0.1, 1.0, -1))
    yield from ((np.array([p]), np.array([t])) for p, t in ((1, 1), (0, 0), (0.5, -0.5), (-0.0, 0.0), (2.5, 3)))
    yield from ((np.abs(rng.normal(0, 1, 8)), s * np.abs(rng.normal(0, 1, 8))) for s in (1, -1))
    yield from ((rng.permutation(edges), edges) for _ in range(4))
    yield from ((edges, rng.permutation(edges)) for _ in range(3))
    yield edges, edges
    yield np.nextafter(edges.astype("f4"), np.float32(9)), edges
    yield np.nextafter(edges.astype("f4"), np.float32(-9)), edges
    yield np.array([]), np.array([])
    for bad in (math.nan, math.inf, -math.inf):
        yield np.array([bad, 1.0, -1.0]), np.array([0.5, 1.0, -1.0])
        yield np.array([0.5, 1.0, -1.0]), np.array([bad, 1.0, -1.0])
    yield np.array([1e-30, 2e-30, 3e-30]), np.array([1.0, 2.0, 2.5])
    yield np.array([1e30, -1e30, 2e30]), np.array([1.0, -1.0, 2.0])
    yield np.array([1.0, 1.0, 1.0 + 2**-23]), np.array([1.0, 2.0, 3.0])
    yield np.array([0.2] * 7 + [0.4]), np.array([0.0] * 7 + [1.0])
    yield np.array([-1.0, -2.0]), np.array([1.0, 2.0])
    yield np.array([1.0, 2.0]), np.array([-1.0, -2.0])


def integers(values, limit):
    return np.round(np.clip(values, -limit, limit)).astype(int)  # half to even


def bins(values, edges):
    # pandas-like right-closed bins; a float32 value is compared with a float32 edge
    return np.searchsorted(np.array(edges, "f4"), values, side="left")


def concordance(p, t):
    p, t = p.astype("f8"), t.astype("f8")
    return 2 * np.mean((p - p.mean()) * (t - t.mean())) / (p.var() + t.var() + (p.mean() - t.mean()) ** 2)


def mosi(p, t):
    kept = t != 0
    a, b = (t >= 0).astype(int), (p >= 0).astype(int)
    c, d = (t > 0)[kept].astype(int), (p > 0)[kept].astype(int)
    weighted = lambda x, y: sk.f1_score(x, y, average="weighted", zero_division=0)
    macro = lambda x, y: sk.f1_score(x, y, average="macro", zero_division=0)
    return {
        "acc7": lambda: sk.accuracy_score(integers(t, 3), integers(p, 3)),
        "acc5": lambda: sk.accuracy_score(integers(t, 2), integers(p, 2)),
        "acc3": lambda: sk.accuracy_score(integers(t, 1), integers(p, 1)),
        "acc2_has0": lambda: sk.accuracy_score(a, b),
        "acc2_non0": lambda: sk.accuracy_score(c, d),
        "f1_has0": lambda: weighted(a, b),
        "f1_non0": lambda: weighted(c, d),
        "f1_swapped_has0": lambda: weighted(b, a),
        "f1_swapped_non0": lambda: weighted(d, c),
        "f1_macro_has0": lambda: macro(a, b),
        "f1_macro_non0": lambda: macro(c, d),
        "f1_macro7": lambda: macro(integers(t, 3), integers(p, 3)),
        **numbers(p, t),
    }


def sims(p, t):
    two, three, five = [0.0], [-0.1, 0.1], [-0.7, -0.1, 0.1, 0.7]
    clip = lambda v: np.clip(v, np.float32(-1), np.float32(1))
    p, t = clip(p), clip(t)
    f1 = lambda x, y, e, average: sk.f1_score(bins(x, e), bins(y, e), average=average, zero_division=0)
    return {
        "acc5": lambda: sk.accuracy_score(bins(t, five), bins(p, five)),
        "acc3": lambda: sk.accuracy_score(bins(t, three), bins(p, three)),
        "acc2": lambda: sk.accuracy_score(bins(t, two), bins(p, two)),
        "f1": lambda: f1(t, p, two, "weighted"),
        "f1_swapped": lambda: f1(p, t, two, "weighted"),
        "f1_macro": lambda: f1(t, p, two, "macro"),
        "f1_macro5": lambda: f1(t, p, five, "macro"),
        **numbers(p, t),
    }


def numbers(p, t):
    p, t = p.astype("f8"), t.astype("f8")
    return {
        "mae": lambda: sk.mean_absolute_error(t, p),
        "corr": lambda: stats.pearsonr(p, t).statistic,
        "spearman": lambda: stats.spearmanr(p, t).statistic,
        "concordance": lambda: concordance(p, t) if len(p) > 1 else math.nan,
    }


def value(compute, finite):
    if not finite:
        return None
    try:
        result = float(compute())
    except ValueError:
        return None
    return result if math.isfinite(result) else None


def case(protocol, name, pred, truth):
    pred, truth = np.asarray(pred, "f4"), np.asarray(truth, "f4")
    finite = len(pred) > 0 and np.isfinite(pred).all() and np.isfinite(truth).all()
    plain = lambda v: [float(x) if math.isfinite(x) else None for x in v]
    scores = (mosi if protocol == "mosi" else sims)(pred, truth)
    values = {name: value(compute, finite) for name, compute in scores.items()}
    return {"name": name, "pred": plain(pred), "truth": plain(truth), "unrounded": values}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    args.add_argument("--random", type=int, default=40)
    args.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for protocol in ("mosi", "sims"):
        rng = np.random.default_rng(20240929)
        pairs = list(degenerate_cases(rng))
        assert len(pairs) == 50, len(pairs)
        cases = [case(protocol, f"degenerate_{i}", *pair) for i, pair in enumerate(pairs)]
        for i in range(args.random):
            cases.append(case(protocol, f"random_{i}", *random_case(rng, protocol)))
        head = {"protocol": protocol, "arithmetic": "float64", "source": "scikit-learn, SciPy; make.py"}
        lines = ",\n".join(json.dumps(c) for c in cases)
        text = json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n"
        (args.out / f"{protocol}.json").write_text(text)


if __name__ == "__main__":
    main()
