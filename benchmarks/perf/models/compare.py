"""Training steps of every model, in turns with its plain PyTorch form: see README.md.

    python benchmarks/perf/models/compare.py PATH/TO/lnln-bench PATH/TO/train_side [--json results.json]

Processor seconds of one thread, so that other work on the machine weighs less.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "train"))
from compare import Side, medians  # noqa: E402

# Those whose default computes something else than the published form, which the plain one has.
COMPAT = ["cenet", "dmd", "ef_lstm", "emt_dlfr", "misa", "mmim", "niat", "p_rmf", "tetfn", "tf_mamba", "tfr_net"]
# Those that read neither ready-made states nor frames that are not aligned.
WITH_ENCODER = ["bert_mag", "cenet"]
UNTRAINED = ["constant"]

class Turns:
    """One program and the seconds of its main thread, as Linux's scheduler counts them in nanoseconds."""

    def __init__(self, *command):
        self.side = Side(*map(str, command), patience=3600)

    def seconds(self):
        tasks = pathlib.Path(f"/proc/{self.side.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def steps(self, count):
        before = self.seconds()
        for _ in range(count):
            self.side.ask("train")
        return (self.seconds() - before) / count


def trained(program):
    """Names of all models that learn, by the program's own list."""
    listed = subprocess.run([program, "list", "models", "--json"], capture_output=True, text=True, check=True)
    names = [model["name"] for model in json.loads(listed.stdout)["models"]]
    return [name for name in names if ":" not in name and name not in UNTRAINED]


def measure(args, name):
    rows = str(args.rows)
    encoder = "tiny" if name in WITH_ENCODER else "states"
    form = f"{name}:compat" if name in COMPAT else name
    sides = [
        Turns(args.side, encoder, rows, 1, args.size, form),
        Turns(sys.executable, HERE / "plain.py", name, rows, 1, args.size),
    ]
    # What lasts is made in the first steps, which are not counted.
    *_, step = [side.steps(3) for side in sides]
    count = max(2, math.ceil(args.seconds / step))
    turns = [[side.steps(count) for side in sides] for _ in range(args.pairs)]
    for side in sides:
        side.side.__exit__()
    return {"model": form, "encoder": encoder, "size": args.size, "steps a turn": count} | medians(turns)


def show(row):
    side = lambda seconds: f"{seconds * 1e3:.1f} | {1 / seconds:.2f}"
    ratio = f"{row['ratio']:.2f} ({row['lowest']:.2f} to {row['highest']:.2f})"
    print(f"| `{row['model']}` | {side(row['ours'])} | {side(row['theirs'])} | {ratio} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("side")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a turn of the plain form")
    parser.add_argument("--size", choices=["mosi", "aligned"], default="aligned")
    parser.add_argument("--models", nargs="+", help="these alone")
    parser.add_argument("--json", help="where the rows go, rewritten after each")
    args = parser.parse_args()
    print("| model | ours, ms | steps/s | PyTorch, ms | steps/s | ratio (lowest to highest) |\n|---|--:|--:|--:|--:|---|")
    rows = []
    for name in args.models or trained(args.program):
        rows.append(measure(args, name))
        show(rows[-1])
        if args.json:
            text = json.dumps({"rows": args.rows, "threads": 1, "models": rows}, indent=1)
            pathlib.Path(args.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
