"""Checks and compares the lines that `run` collects: a name, then JSON.

    compare.py LINES SAMPLES T_TEXT,T_AUDIO,T_VISION full|half
"""

import json
import math
import statistics
import sys

SEEDS, RATES = 3, [k / 10 for k in range(11)]
TITLES = {
    "numpy-each": "NumPy, as loaders do",
    "numpy-once": "NumPy, one draw per seed",
    "random-prepare": "`random`, `prepare`",
    "random-run": "`random`, `run`, drawn",
    "random-run-stored": "`random`, `run`, stored",
    "reference-prepare": "`reference`, `prepare`",
    "reference-run": "`reference`, `run`, drawn",
}


def valid_positions(samples, steps, kind):
    if kind == "full":
        return samples * steps
    return sum(2 + i * 7919 % (steps - 1) for i in range(samples))


def check_random(record, samples, steps, kind):
    """Kept positions are binomial: within 5 standard deviations, a bound that one of two million
    correct masks breaks."""
    for index, kept in enumerate(record["kept"]):
        rate = RATES[index % len(RATES)]
        for modality, (count, n) in enumerate(zip(kept, steps)):
            valid = valid_positions(samples, n, kind)
            ends = 2 * samples if modality == 0 else 0
            mean = ends + (valid - ends) * (1 - rate)
            bound = 5 * math.sqrt((valid - ends) * rate * (1 - rate)) + 1e-3
            assert abs(count - mean) <= bound, (index, modality, count, mean)
    assert len({tuple(crcs) for crcs in record["crc"]}) == len(record["crc"]) - 2 * (SEEDS - 1), (
        "masks of different seeds are equal at other rates than 0 and 1")


def ratios(theirs, ours, figure):
    pairs = sorted(a[figure] / b[figure] for a, b in zip(theirs, ours))
    return f"{statistics.median(pairs):.1f} ({pairs[0]:.1f} to {pairs[-1]:.1f})"


def main():
    lines, samples, steps, kind = sys.argv[1:]
    samples, steps = int(samples), [int(n) for n in steps.split(",")]
    runs = {name: [] for name in TITLES}
    for line in open(lines):
        name, record = line.split(" ", 1)
        runs[name].append(json.loads(record))
    first = runs["numpy-each"][0]
    for name in ("numpy-each", "numpy-once", "reference-prepare", "reference-run"):
        for run in runs[name]:
            same = run["kept"] == first["kept"] and run["crc"] == first["crc"]
            assert same, f"{name} keeps different positions"
    for name in ("random-prepare", "random-run", "random-run-stored"):
        for run in runs[name]:
            check_random(run, samples, steps, kind)
            assert run["crc"] == runs["random-prepare"][0]["crc"], f"{name} differs from random-prepare"

    each, once = runs["numpy-each"], runs["numpy-once"]
    print(f"{samples} samples of {steps} positions, lengths {kind}: medians; ratios in pairs, least to most\n")
    print("| | wall s | processor s | peak MiB | times faster than NumPy, as loaders do | in processor seconds "
          "| than NumPy, one draw per seed |")
    print("|---|---|---|---|---|---|---|")
    for name, title in TITLES.items():
        own = runs[name]
        wall, processor = (statistics.median(run[figure] for run in own)
                           for figure in ("seconds", "processor_seconds"))
        peak = max(run["peak_mib"] for run in own)
        shown = ["", "", ""]
        if name != "numpy-each":
            shown[:2] = [ratios(each, own, figure) for figure in ("seconds", "processor_seconds")]
        if not name.startswith("numpy"):
            shown[2] = ratios(once, own, "seconds")
        print(f"| {title} | {wall:.3f} | {processor:.3f} | {peak:.0f} | {' | '.join(shown)} |")
    print("\nchecked: `reference` and NumPy keep the same positions at every rate and seed; `random` keeps as "
          "many as a binomial draw does, drawn and stored masks alike")


main()
