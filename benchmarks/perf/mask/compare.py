"""Medians of paired ratios from the lines that `run` collects: a name, then JSON."""

import json
import statistics
import sys

runs = {"numpy": [], "random": [], "reference": []}
for line in open(sys.argv[1]):
    name, record = line.split(" ", 1)
    runs[name].append(json.loads(record))

first = runs["numpy"][0]["kept"]
for run in runs["numpy"] + runs["reference"]:
    assert run["kept"] == first, "`reference` and NumPy keep different positions"

print(f"{'':22}{'median s':>10}{'peak MiB':>10}{'times faster (median, range over pairs)':>42}")
for name, title in [("numpy", "NumPy's way"), ("random", "random"), ("reference", "reference")]:
    seconds = statistics.median(run["seconds"] for run in runs[name])
    peak = max(run["peak_mib"] for run in runs[name])
    pairs = zip(runs["numpy"], runs[name])
    ratios = sorted(theirs["seconds"] / ours["seconds"] for theirs, ours in pairs)
    shown = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
    print(f"{title:22}{seconds:10.3f}{peak:10.0f}{'' if name == 'numpy' else shown:>42}")
print("`reference` keeps the very positions that NumPy's way keeps, at every rate and seed")
