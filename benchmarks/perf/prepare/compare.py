#!/usr/bin/env python3
"""Times `prepare` against baseline.py, pair by pair.

  compare.py                          # mosi, sims and mosei: needs 16 GB of disk, 12 GB of memory
  compare.py mosi --runs 7
  compare.py mosei --share 0.25 --binary target/release/lnln-bench

Per data set the two run in turn, after one run of each that is not counted; which goes first
changes from pair to pair. CPU seconds are the kernel's own account of the finished process;
resident and anonymous memory (without the pages of the mapped pickle) are the largest VmHWM and
RssAnon that /proc showed, looked at every 5 ms. Printed are medians and the median, least and largest ratio
of a pair. Linux; needs numpy and h5py.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import time

import make_input

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
FIGURES = (("wall", "s"), ("cpu", "s"), ("resident", "MiB"), ("anonymous", "MiB"))


def watch(pid, peak, done):
    """The largest RssAnon and VmHWM of a process until it is done, in MiB. Not ru_maxrss: that
    begins with the size of the process that started it."""
    while not done.wait(0.005):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        for line in status.splitlines():
            name, _, value = line.partition(":")
            if name in peak:
                peak[name] = max(peak[name], int(value.split()[0]) / 1024)


def measure(command, out):
    """One run that starts without its output and is not charged for removing it."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak, done = {"RssAnon": 0.0, "VmHWM": 0.0}, threading.Event()
    watcher = threading.Thread(target=watch, args=(child.pid, peak, done))
    watcher.start()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    done.set()
    watcher.join()
    if child.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed with {child.returncode}")
    size = sum(path.stat().st_size for path in out.iterdir())
    shutil.rmtree(out)
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "resident": peak["VmHWM"],
        "anonymous": peak["RssAnon"],
        "output": size / 2**20,
    }


def compare(dataset, args, work):
    source = work / f"{dataset}.pkl"
    if not source.exists():
        make_input.write(dataset, source, args.share)
    out = work / "out"
    prepare = [args.binary, "--quiet", "prepare", source, "--data", out, "--rates", "0", *args.options]
    commands = {
        "prepare": [*prepare, "--dataset", dataset],
        "python": [sys.executable, HERE / "baseline.py", source, out / "out.h5"],
    }
    runs = {name: [] for name in commands}
    for pair in range(args.runs + 1):
        order = sorted(commands, reverse=pair % 2 == 1)
        for name in order:
            figures = measure(commands[name], out)
            if pair:
                runs[name].append(figures)
    result = {"dataset": dataset, "input": source.stat().st_size / 2**20, "runs": runs}
    if not args.keep:
        source.unlink()
    return result


def table(result):
    runs = result["runs"]
    lines = [f"{result['dataset']}: {result['input']:.0f} MiB, {len(runs['prepare'])} pairs"]
    lines.append(f"  {'':10} {'prepare':>10} {'python':>10} {'ratio':>7}   {'least':>6} {'most':>6}")
    for figure, unit in FIGURES:
        ours, theirs = ([run[figure] for run in runs[name]] for name in ("prepare", "python"))
        ratios = [a / b for a, b in zip(ours, theirs)]
        lines.append(
            f"  {figure:10} {statistics.median(ours):10.2f} {statistics.median(theirs):10.2f} "
            f"{statistics.median(ratios):7.3f}   {min(ratios):6.3f} {max(ratios):6.3f}  {unit}"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=list(make_input.SHAPES), metavar="DATASET")
    parser.add_argument("--runs", type=int, default=5, help="pairs that count")
    parser.add_argument("--share", type=float, default=1.0, help="of the clips")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/lnln-bench")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/perf-prepare")
    parser.add_argument("--options", nargs="*", default=[], help="more flags of prepare, without dashes")
    parser.add_argument("--keep", action="store_true", help="leave the inputs where they are")
    parser.add_argument("--json", type=pathlib.Path, help="every run, to this file")
    args = parser.parse_args()
    args.options = [f"--{option}" for option in args.options]
    args.work.mkdir(parents=True, exist_ok=True)
    results = []
    for dataset in args.datasets:
        results.append(compare(dataset, args, args.work))
        print(table(results[-1]), flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
