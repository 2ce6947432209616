"""Checks and compares the lines that `run` collects: a name, then JSON.

    compare.py LINES CLIPS T_TEXT,T_AUDIO,T_VISION full|half
"""

import json
import math
import statistics
import sys

SEEDS, RATES = 3, [k / 10 for k in range(11)]
TITLES = {
    "numpy-each": "NumPy's way",
    "numpy-once": "NumPy, one draw per seed",
    "random-bits": "random, a bit a position",
    "random-bytes": "random, a byte a position",
    "reference-bits": "reference, a bit a position",
}


def valid_positions(clips, steps, kind):
    if kind == "full":
        return clips * steps
    return sum(2 + i * 7919 % (steps - 1) for i in range(clips))


def check_random(record, clips, steps, kind):
    """Kept positions are binomial: within 5 standard deviations, a bound that one of two million
    sound masks breaks."""
    for place, kept in enumerate(record["kept"]):
        rate = RATES[place % len(RATES)]
        for modality, (count, n) in enumerate(zip(kept, steps)):
            valid = valid_positions(clips, n, kind)
            ends = 2 * clips if modality == 0 else 0
            mean = ends + (valid - ends) * (1 - rate)
            bound = 5 * math.sqrt((valid - ends) * rate * (1 - rate)) + 1e-3
            assert abs(count - mean) <= bound, (place, modality, count, mean)
    assert len({tuple(crcs) for crcs in record["crc"]}) == len(record["crc"]) - 2 * (SEEDS - 1), (
        "masks of different seeds are alike at other rates than 0 and 1")


def check_memory(runs, clips, steps):
    """All masks as bits and one seed's ranks, beside the program with its libraries and 16 MiB."""
    positions = clips * sum(steps)
    bound = (positions * SEEDS * len(RATES) / 8 + positions) / 2**20 + 16
    for run in runs["random-bits"] + runs["reference-bits"]:
        grown = run["peak_mib"] - run["start_mib"]
        assert grown < bound, f"{grown:.0f} MiB more than at the start, expected less than {bound:.0f}"


def ratios(theirs, ours, figure):
    pairs = sorted(a[figure] / b[figure] for a, b in zip(theirs, ours))
    return f"{statistics.median(pairs):.1f} ({pairs[0]:.1f} to {pairs[-1]:.1f})"


def main():
    lines, clips, steps, kind = sys.argv[1:]
    clips, steps = int(clips), [int(n) for n in steps.split(",")]
    runs = {name: [] for name in TITLES}
    for line in open(lines):
        name, record = line.split(" ", 1)
        runs[name].append(json.loads(record))
    first = runs["numpy-each"][0]
    for name in ("numpy-each", "numpy-once", "reference-bits"):
        for run in runs[name]:
            same = run["kept"] == first["kept"] and run["crc"] == first["crc"]
            assert same, f"{name} keeps different positions"
    for run in runs["random-bits"] + runs["random-bytes"]:
        check_random(run, clips, steps, kind)
        assert run["crc"] == runs["random-bits"][0]["crc"], "bits and bytes differ"
    check_memory(runs, clips, steps)

    each, once = runs["numpy-each"], runs["numpy-once"]
    print(f"{clips} clips of {steps} positions, lengths {kind}: medians; ratios in pairs, least to most\n")
    print("| | wall s | processor s | peak MiB | times faster than NumPy's way | in processor seconds "
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
    print("\nchecked: `reference` and NumPy keep the very same positions at every rate and seed; `random` "
          "keeps as many as it should; memory is bounded")


main()
