"""Steps of lnln-bench and of plain PyTorch, turn by turn in one run: medians of paired ratios.

    python benchmarks/perf/train/compare.py PATH/TO/train_side [--pairs 7] [--compile] [--json FILE]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


class Side:
    def __init__(self, *command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.process.args} ended: exit {self.process.wait()}")
        return float(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def pairs(ours, theirs, what, count, their_what=None):
    """Median seconds of both and of the ratios, after one turn each that is not counted."""
    turns = []
    for _ in range(count + 1):
        turns.append((ours.ask(what), theirs.ask(their_what or what)))
    turns = turns[1:]
    ratios = [a / b for a, b in turns]
    return {
        "ours": statistics.median(a for a, _ in turns),
        "theirs": statistics.median(b for _, b in turns),
        "ratio": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
    }


def setting(binary, encoder, batch, threads, count, compiled):
    both = [encoder, str(batch), str(threads)]
    extra = ["compile"] if compiled else []
    ours = Side(binary, *both)
    theirs = Side(sys.executable, str(HERE / "side.py"), *both, *extra)
    yield "train", pairs(ours, theirs, "train", count)
    memory = ours.ask("memory"), theirs.ask("memory")
    yield "train, peak GiB", {
        "ours": memory[0] / 2**30,
        "theirs": memory[1] / 2**30,
        "ratio": memory[0] / memory[1],
    }
    if not compiled:
        yield "evaluate ten rates", pairs(ours, theirs, "evaluate", count)
        one = pairs(ours, theirs, "evaluate", count, "evaluate one by one")
        yield "evaluate, theirs clip by clip", one
    ours.close()
    theirs.close()


def cached(binary, batch, threads, count):
    """Our step with the encoder's states at hand against our step that runs BERT."""
    sides = [Side(binary, encoder, str(batch), str(threads)) for encoder in ("states", "bert")]
    row = pairs(*sides, "train", count)
    for side in sides:
        side.close()
    return row


def show(name, what, row):
    spread = f" ({row['lowest']:.2f} to {row['highest']:.2f})" if "lowest" in row else ""
    print(
        f"{name:9} {what:34} ours {row['ours']:7.3f}  theirs {row['theirs']:7.3f}"
        f"  ratio {row['ratio']:.2f}{spread}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--encoders", nargs="+", default=["states", "bert", "bert-full"])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    results = {}
    for encoder in args.encoders:
        for batch in args.batches:
            options = args.binary, encoder, batch, args.threads, args.pairs, args.compile
            for what, row in setting(*options):
                show(encoder, f"batch {batch:2}  {what}", row)
                results.setdefault(f"{encoder} {batch}", {})[what] = row
    for batch in args.batches if not args.compile else []:
        row = cached(args.binary, batch, args.threads, args.pairs)
        show("cached", f"batch {batch:2}  train, theirs: our BERT", row)
        results[f"cached {batch}"] = row
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
