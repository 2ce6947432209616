"""Recomputes the further numbers of a report from stored predictions: `questions.py RUNS REPORT DATA`.

Plainly, by the definitions of docs/questions.md and docs/selection-gap.md: Shapley values over all orders, positions
of blocks from the keys of masks, intervals by leaving each sample out. Prints how many numbers of each kind agree.
"""

import functools
import itertools
import json
import pathlib
import sys

import h5py
import numpy as np
import polars as pl
from scipy.stats import t as student

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs/examples"))
from recompute_masks import key, uniforms  # noqa: E402

RUNS, REPORT, DATA = map(pathlib.Path, sys.argv[1:])
MODALITIES = ("text", "audio", "vision")
COMPLETE, NOTHING = (0.0,) * 3, (1.0,) * 3


def corr(truth, guess):
    return np.nan if np.ptp(guess) == 0 else np.corrcoef(guess, truth)[0, 1]


def acc7(truth, guess):
    return np.mean(np.round(np.clip(guess, -3, 3)) == np.round(np.clip(truth, -3, 3)))


METRICS = {"mae": lambda truth, guess: np.abs(guess - truth).mean(), "corr": corr, "acc7": acc7}


@functools.cache
def points(data, modality, seed, ids):
    """Where the blocks of samples are: the share of what is kept that comes before."""
    scope = ("block", 2, data, "test", seed)
    return np.array([uniforms(key(scope, modality, one), 1)[0] for one in ids])


class Run:
    """A training on one data set's test split; samples in the order of their ids."""

    def __init__(self, name):
        own, *elsewhere = name.split("@")
        self.manifest = json.loads((RUNS / own / "manifest.json").read_text())
        self.data = "@".join(elsewhere[:-1]) or self.manifest["dataset"]["name"]
        self.passes = {}
        for folder in sorted((RUNS / own / "evaluations").iterdir()):
            frame = pl.read_parquet(folder / "predictions.parquet").filter(pl.col("dataset") == self.data)
            if "epoch" not in frame.columns:
                frame = frame.with_columns(epoch=pl.lit(0))
            keys = ["epoch", "mask_protocol", "rate_text", "rate_audio", "rate_vision", "mask_seed"]
            for (epoch, protocol, *rates, seed), part in frame.group_by(keys, maintain_order=True):
                part = part.sort("id")
                self.ids = part["id"].to_list()
                self.truth = part["truth"].to_numpy().astype(float)
                at = self.passes.setdefault((epoch, protocol, tuple(rates)), {})
                at[seed] = part["prediction"].to_numpy().astype(float)

    def at(self, protocol, rates, metric="mae", rule=0):
        """Predictions by mask seed, by the weights that a rule chose for a metric."""
        selections = [self.manifest["selection"], *self.manifest.get("other_selections", [])]
        # A constant has the same weights by every rule.
        chosen = selections[rule if rule < len(selections) else 0].get("chosen", {})
        return self.passes[chosen.get(metric, chosen.get("mae", 0)), protocol, rates]

    def rates(self, protocol):
        return sorted({rates for _, own, rates in self.passes if own == protocol})

    def score(self, metric, weights, keep, rule=0):
        """Weighted sum of the metric over (mask protocol, rates), each the mean over mask seeds."""
        total = 0.0
        for (protocol, rates), weight in weights.items():
            passes = self.at(protocol, rates, metric, rule).values()
            scores = [METRICS[metric](self.truth[keep], one[keep]) for one in passes]
            total += weight * np.mean(scores)
        return total


load = functools.cache(Run)


def half_width(parts):
    """Of an interval from (variance, degrees of freedom) of seeds and of samples."""
    return np.sqrt(sum(student.isf(0.025, df) ** 2 * variance for variance, df in parts if variance != 0))


def jackknife(samples, number):
    """Pseudo-values of the mean over seeds; `number` gives each seed's value on some samples."""
    n, full = len(samples), np.mean(number(samples))
    return [n * full - (n - 1) * np.mean(number(np.delete(samples, i))) for i in range(n)]


def interval(samples, number):
    full = np.array(number(samples))
    pseudo = np.array(jackknife(samples, number))
    n, seeds = len(samples), len(full)
    half = half_width([(full.var(ddof=1) / seeds, seeds - 1), (pseudo.var(ddof=1) / n, n - 1)])
    return full.mean(), full.mean() - half, full.mean() + half


def shapley(modality, subsets):
    """Weights of the subsets: the mean change over all orders in which modalities are added."""
    weights = {}
    for order in itertools.permutations(MODALITIES):
        missing = dict.fromkeys(MODALITIES, 1.0)
        for added in order:
            before = tuple(missing.values())
            missing[added] = 0.0
            after = tuple(missing.values())
            if added == modality:
                weights[subsets(after)] = weights.get(subsets(after), 0) + 1 / 6
                weights[subsets(before)] = weights.get(subsets(before), 0) - 1 / 6
    return weights


def contribution(line, runs):
    part = line["aggregate"].removeprefix("contribution_")

    def subsets(rates):
        ends = rates in (COMPLETE, NOTHING)
        return ("random" if ends else line["mask_protocol"], rates)

    if part == "together":
        weights = {subsets(COMPLETE): 1.0, subsets(NOTHING): -1.0}
    else:
        weights = shapley(part, subsets)
    samples = np.arange(len(runs[0].ids))
    return samples, lambda keep: [run.score(line["metric"], weights, keep) for run in runs]


def averaged(run, protocol, name):
    """Weights of an aggregate over a run's conditions."""
    rates = run.rates(protocol)
    if name == "mean":
        return {(protocol, one): 1 / len(rates) for one in rates}
    if name == "auc":
        grid = np.array([one[0] for one in rates])
        widths = np.diff(grid) / (grid[-1] - grid[0]) / 2
        return {(protocol, one): w for one, w in zip(rates, np.append(widths, 0) + np.append(0, widths))}
    return {(protocol, next(one for one in rates if one == (float(name),) * 3)): 1.0}


def change(line, runs):
    name = line["aggregate"].removeprefix("change_")
    if line["mask_protocol"] == "modality" and name != "mean":
        return None
    trained = [load(run.manifest["id"]) for run in runs]
    shared = sorted(set(runs[0].ids) & set(trained[0].ids))
    assert 0 < len(shared) < len(trained[0].ids), "some samples are in one of both alone"
    weights = averaged(runs[0], line["mask_protocol"], name)

    def number(keep):
        values = []
        for here, there in zip(runs, trained):
            sides = [[side.ids.index(shared[i]) for i in keep] for side in (here, there)]
            values.append(
                here.score(line["metric"], weights, sides[0]) - there.score(line["metric"], weights, sides[1])
            )
        return values

    return np.arange(len(shared)), number


def block(line, runs):
    """`block[_rise]_MODALITY_N_of_5[_at_RATE]`"""
    rise = "rise" in line["aggregate"]
    modality, fifth, _, _, *at = line["aggregate"].removeprefix("block_").removeprefix("rise_").split("_")
    inner = [rates for rates in runs[0].rates("block") if 0 < rates[0] < 1]
    lengths = [(float(at[1]),) * 3] if at else inner
    places = {}
    for seed in runs[0].at("block", lengths[0]):
        places[seed] = np.floor(points(runs[0].data, modality, seed, tuple(runs[0].ids)) * 5) == int(fifth) - 1

    def error(run, lengths, keep):
        errors = []
        for rates in lengths:
            for seed, guess in run.at("block", rates).items():
                errors.extend(np.abs(guess - run.truth)[keep][places[seed][keep]])
        return np.mean(errors) if errors else np.nan

    def number(keep):
        return [error(run, lengths, keep) - (error(run, [COMPLETE], keep) if rise else 0) for run in runs]

    return np.arange(len(runs[0].ids)), number


def agree(line, names, expected):
    for name, value in zip(names, expected):
        found = line[name]
        if found is None:
            assert np.isnan(value), (name, line, expected)
        else:
            assert abs(found - value) < 1e-8, (name, line, expected)


def gap(line, runs):
    """Checks a line of the selection gap: rules are named in the configuration."""
    rule = ["valid:mae", "paper"].index(line["configuration"].split("selected by ")[1])
    name = line["aggregate"] or line["condition"]
    weights = averaged(runs[0], line["mask_protocol"], name)
    samples = np.arange(len(runs[0].ids))
    scores = [run.score(line["metric"], weights, samples, rule) for run in runs]
    agree(line, ["mean"], [np.mean(scores)])
    if rule == 0:
        return

    def number(keep):
        metric = line["metric"]
        return [run.score(metric, weights, keep, rule) - run.score(metric, weights, keep) for run in runs]

    agree(line, ["difference", "difference_low", "difference_high"], interval(samples, number))


KINDS = {"contribution": contribution, "change": change, "block": block}
compared = dict.fromkeys([*KINDS, "selection_gap", "train_rate", "changed"], 0)
manifest = json.loads((REPORT / "manifest.json").read_text())


def row(number):
    """The runs of a set."""
    return [load(name) for name in manifest["sets"][number]]


summary = pl.read_csv(REPORT / "summary.csv", infer_schema_length=None, schema_overrides={"condition": pl.String})
summary = summary.filter(pl.col("metric").is_in(list(METRICS)))
for line in summary.iter_rows(named=True):
    kind = (line["aggregate"] or "").split("_")[0]
    if line["runs"] is None or line["title"].startswith("Best constant"):
        continue
    if kind in KINDS:
        found = KINDS[kind](line, row(line["runs"]))
        if found is not None:
            agree(line, ["mean", "low", "high"], interval(*found))
            compared[kind] += 1
    elif "selected by" in (line["configuration"] or ""):
        gap(line, row(line["runs"]))
        compared["selection_gap"] += 1


def matrix(table):
    """Checks the cells of a table of training rates against test rates."""
    protocol = table["masks"].split()[0]
    for line in table["rows"]:
        for name, (text, number) in line["cells"].items():
            if number is None or not name[0].isdigit():
                continue
            runs = row(manifest["origins"][number]["sets"][0])
            weights = {(protocol, (float(name),) * 3): 1.0}
            scores = [run.score("mae", weights, np.arange(len(run.ids))) for run in runs]
            mean, spread = (float(part.rstrip("†*")) for part in text.split(" ± "))
            assert abs(mean - np.mean(scores)) < 5.1e-4, (line, name, scores)
            assert abs(spread - np.std(scores, ddof=1)) < 5.1e-4, (line, name, scores)
            compared["train_rate"] += 1
        text, number = line["cells"]["complete_change"]
        if number is None:
            continue
        own, base = (row(one) for one in manifest["origins"][number]["sets"])
        complete = {(protocol, COMPLETE): 1.0}
        samples = np.arange(len(own[0].ids))

        def numbers(runs):
            return lambda keep: [run.score("mae", complete, keep) for run in runs]

        a, b = (np.array(numbers(runs)(samples)) for runs in (own, base))
        gaps = np.subtract(*(jackknife(samples, numbers(runs)) for runs in (own, base)))
        va, vb = (side.var(ddof=1) / len(side) for side in (a, b))
        welch = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
        half = half_width([(va + vb, welch), (gaps.var(ddof=1) / len(gaps), len(gaps) - 1)])
        difference = a.mean() - b.mean()
        expected = {"change": difference, "low": difference - half, "high": difference + half}
        for name, value in expected.items():
            assert abs(float(line["cells"][f"complete_{name}"][0]) - value) < 5.1e-4, (line, expected)
            compared["train_rate"] += 1


for name, table in manifest["tables"].items():
    if name.endswith("-train-rate"):
        matrix(table)


def changed(path):
    """Checks the samples that change most, and their words."""
    lines = pl.read_csv(path, infer_schema_length=None)
    for (dataset, title, protocol), part in lines.group_by(["dataset", "title", "mask_protocol"]):
        same = (pl.col("dataset") == dataset, pl.col("title") == title, pl.col("mask_protocol") == protocol)
        runs = row(summary.filter(*same, pl.col("aggregate") == "mean")["runs"][0])
        ends = ((float(part[name][0]),) * 3 for name in ("condition_from", "condition_to"))
        start, end = (
            np.mean([one for run in runs for one in run.at(protocol, rates).values()], axis=0) for rates in ends
        )
        order = np.argsort(-np.abs(end - start), kind="stable")[:10]
        assert part["id"].to_list() == [runs[0].ids[i] for i in order], (path, title)
        for name, value in {
            "truth": runs[0].truth,
            "prediction_from": start,
            "prediction_to": end,
            "change": end - start,
        }.items():
            assert np.allclose(part[name].to_numpy(), value[order], rtol=0, atol=1e-6), (path, title, name)
        with h5py.File(DATA / f"{dataset}.h5") as file:
            texts = {column: file["test"][column].asstr()[:] for column in ("id", "raw_text")}
        words = dict(zip(texts["id"], texts["raw_text"]))
        assert part["words"].to_list() == [words[one] for one in part["id"]], (path, title)
        compared["changed"] += len(part)


for path in sorted((REPORT / "tables").glob("*-changed.csv")):
    changed(path)
print(json.dumps(compared))
