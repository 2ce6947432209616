"""Compares training noises, from the runs of `run`: compare.py RUNS

A row per noise: mean MAE over the tested rates and the sentiment loss of the last epoch, mean and standard
deviation over seeds, and the p value of a paired t test of each against `reference`, seed by seed.
"""

import csv
import json
import math
import statistics
import sys
from pathlib import Path

FIRST = "reference"


def noise(manifest):
    stored = manifest["training"]["noise"]
    number = stored.get("processes") or stored.get("copies")
    return stored["kind"] + (f":{number}" if number else "")


def mae(run):
    """Mean over the conditions of the run's only evaluation and mask seed."""
    (scores,) = run.glob("evaluations/*/scores.csv")
    with open(scores) as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return statistics.mean(float(row["value"]) for row in rows if row["metric"] == "mae")


def loss(run):
    last = (run / "metrics.jsonl").read_text().splitlines()[-1]
    return json.loads(last)["losses"]["l_sp"]


def two_sided(t, freedom):
    """P(|T| >= t) of Student's distribution, by Simpson's rule over its density."""
    scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2) / math.sqrt(freedom * math.pi)
    density = lambda x: scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
    steps, width = 2000, abs(t) / 2000
    inner = sum((4 if k % 2 else 2) * density(k * width) for k in range(1, steps))
    return 1 - 2 * width / 3 * (density(0) + inner + density(abs(t)))


def paired(one, other):
    """p of a paired t test over the seeds that both have."""
    differences = [one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())]
    if len(differences) < 2 or len(set(differences)) == 1:
        return None
    spread = statistics.stdev(differences) / math.sqrt(len(differences))
    return two_sided(statistics.mean(differences) / spread, len(differences) - 1)


def main():
    found = {}
    for path in sorted(Path(sys.argv[1]).glob("*/manifest.json")):
        if not (path.parent / "DONE").exists():
            continue
        manifest = json.loads(path.read_text())
        values = found.setdefault(noise(manifest), {"mae": {}, "loss": {}})
        for name, value in (("mae", mae(path.parent)), ("loss", loss(path.parent))):
            # Two runs of a noise and a seed would be different settings, whose mean says nothing.
            assert manifest["seed"] not in values[name], f"{path}: a second run of its noise and seed"
            values[name][manifest["seed"]] = value
    print("| noise | seeds | MAE | p | training l_sp | p |")
    print("|---|---|---|---|---|---|")
    first = found.get(FIRST)
    for name, values in sorted(found.items(), key=lambda item: item[0] != FIRST):
        cells = [f"`{name}`", str(len(values["mae"]))]
        for quantity in ("mae", "loss"):
            numbers = list(values[quantity].values())
            spread = f" +- {statistics.stdev(numbers):.3f}" if len(numbers) > 1 else ""
            cells.append(f"{statistics.mean(numbers):.3f}{spread}")
            p = paired(values[quantity], first[quantity]) if first and name != FIRST else None
            cells.append("" if p is None else f"{p:.3f}")
        print("| " + " | ".join(cells) + " |")


main()
