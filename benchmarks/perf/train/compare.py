"""Steps of lnln-bench and of plain PyTorch, turn by turn in one run: medians of paired ratios.

    python benchmarks/perf/train/compare.py PATH/TO/train_side [--json results.json]
    python benchmarks/perf/train/compare.py PATH/TO/train_side --models tetfn mmim:compat [--json models.json]

The first compares LNLN, twenty minutes at most on two quiet cores; `--size small --pairs 1` tries the program
in one. The second compares other models in processor seconds of one thread.
"""

import argparse
import json
import os
import pathlib
import select
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent

# Seconds that one turn may take, compilation included.
PATIENCE = 240

# Models with a plain form in plain_models.py, and their published batch sizes.
BATCHES = {"tetfn": 64, "tfr_net": 24, "mmim": 32}


class Ended(Exception):
    """The other program has ended."""


class Side:
    """A program with a model in memory; None where it cannot do what it is asked."""

    def __init__(self, *command, patience=PATIENCE):
        self.patience = patience
        pipe = subprocess.PIPE
        self.name = " ".join(map(str, command[1:]))
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def ask(self, what):
        try:
            self.process.stdin.write(what + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        ready, _, _ = select.select([self.process.stdout], [], [], self.patience)
        if not ready:
            self.process.kill()
            raise Ended(f"{self.name}: no answer within {self.patience} s when asked to {what}")
        answer = self.process.stdout.readline()
        if not answer:
            raise Ended(f"{self.name}: exit {self.process.wait()} when asked to {what}")
        return float(answer)

    def processor(self, what):
        """Processor seconds of three turns, as Linux counts them, in hundredths."""
        seconds = lambda: sum(map(int, self.stat().split()[11:13])) / os.sysconf("SC_CLK_TCK")
        before = seconds()
        for _ in range(3):
            self.ask(what)
        return (seconds() - before) / 3

    def stat(self):
        # The name, in parentheses, may hold spaces.
        return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def pairs(ours, theirs, what, count, their_what=None):
    """Median seconds of both and of the ratios, after one turn each that is not counted."""
    turns = [(ours.ask(what), theirs.ask(their_what or what)) for _ in range(count + 1)][1:]
    return medians(turns)


def medians(turns):
    ratios = [a / b for a, b in turns]
    return {
        "ours": statistics.median(a for a, _ in turns),
        "theirs": statistics.median(b for _, b in turns),
        "ratio": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "pairs": len(turns),
    }


def against(args, encoder, batch, attention, compiled):
    """Our program beside theirs, with this attention and with or without torch.compile."""
    both = [encoder, str(batch), str(args.threads), args.size]
    extra = [attention] + (["compile"] if compiled else [])
    ours = Side(args.binary, *both, "lnln")
    theirs = Side(sys.executable, str(HERE / "side.py"), *both, *extra)
    # Steps without BERT are short and many; those with it are long.
    count = args.pairs * (2 if encoder == "states" else 1)
    with ours, theirs:
        yield "step", pairs(ours, theirs, "train", count)
        peaks = ours.ask("memory"), theirs.ask("memory")
        yield "peak GiB", {
            "ours": peaks[0] / 2**30,
            "theirs": peaks[1] / 2**30,
            "ratio": peaks[0] / peaks[1],
        }
        if not compiled:
            yield "evaluation of ten rates", pairs(ours, theirs, "evaluate", count)
            one = pairs(ours, theirs, "evaluate", count, "evaluate one by one")
            yield "evaluation, theirs clip by clip", one


def plain(args, name):
    """A model beside its plain form, both on one thread, whatever else the machine does."""
    base = name.partition(":")[0]
    rows, plain_models = str(args.rows or BATCHES[base]), str(HERE / "plain_models.py")
    ours = Side(args.binary, "states", rows, "1", "mosi", name, patience=3600)
    theirs = Side(sys.executable, plain_models, base, rows, "1", patience=3600)
    with ours, theirs:
        ours.ask("train"), theirs.ask("train")
        turns = [(ours.processor("train"), theirs.processor("train")) for _ in range(args.pairs)]
        return {"rows": int(rows)} | medians(turns)


def cached(args, batch):
    """Our epoch with the encoder's states at hand against an epoch that runs BERT, ours and theirs."""
    rest = str(batch), str(args.threads), args.size
    count = max(1, args.pairs // 2)
    theirs = Side(sys.executable, str(HERE / "side.py"), "bert", *rest, "eager")
    ours = [Side(args.binary, encoder, *rest, "lnln") for encoder in ("states", "bert")]
    with ours[0] as states, ours[1] as runs, theirs:
        yield "epoch, theirs: our BERT", pairs(states, runs, "epoch", count)
        yield "epoch, theirs: eager BERT", pairs(states, theirs, "epoch", count)


def show(label, what, row):
    spread = f" ({row['lowest']:.2f} to {row['highest']:.2f})" if "lowest" in row else ""
    print(
        f"{label:26} {what:32} ours {row['ours']:7.3f}  theirs {row['theirs']:7.3f}"
        f"  ratio {row['ratio']:.2f}{spread}",
        flush=True,
    )


def settings(args):
    """(encoder, batch, attention, compiled); without BERT its attention does not matter."""
    for encoder in args.encoders:
        attentions = ["eager"] if encoder == "states" else ["eager", "sdpa"]
        for batch in args.batches:
            for attention in attentions:
                yield encoder, batch, attention, False
    for encoder in args.encoders if args.compile else []:
        yield encoder, args.batches[0], "eager" if encoder == "states" else "sdpa", True


def fastest(results):
    """Per encoder and batch the step against whichever of their ways was faster."""
    best = {}
    for row in results:
        key = row["encoder"], row["batch"]
        if row["what"] == "step" and (key not in best or row["theirs"] < best[key]["theirs"]):
            best[key] = row
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--encoders", nargs="*", default=["states", "bert"],
                        help="states, bert (texts of MOSI's lengths), bert-full (all 50 tokens)")
    parser.add_argument("--size", choices=["mosi", "small"], default="mosi")
    parser.add_argument("--no-cached", dest="cached", action="store_false")
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--models", nargs="+", default=[], help="these alone: tetfn, tfr_net, mmim; of "
                        "ours with a variant, as tfr_net:compat")
    parser.add_argument("--rows", type=int, help="of a batch of --models; the published batch by default")
    parser.add_argument("--json", help="where the rows go, rewritten after each")
    args = parser.parse_args()
    results, failed, started = [], [], time.time()

    def add(label, encoder, batch, way, what, row):
        show(label, what, row)
        results.append({"encoder": encoder, "batch": batch, "way": way, "what": what} | row)
        if args.json:
            facts = {"size": args.size, "threads": args.threads, "rows": results, "failed": failed}
            pathlib.Path(args.json).write_text(json.dumps(facts, indent=1) + "\n")

    for name in args.models:
        row = plain(args, name)
        add(name, "states", row["rows"], "eager", "step", row)
    if args.models:
        return
    for encoder, batch, attention, compiled in settings(args):
        way = "compile" if compiled else attention
        label = f"{encoder} {batch} {way}"
        try:
            for what, row in against(args, encoder, batch, attention, compiled):
                add(label, encoder, batch, way, what, row)
        except Ended as error:
            # torch.compile works with some compilers and not with others.
            failed.append(f"{label}: {error}")
            print(f"{label:26} failed: {error}", flush=True)
            if not compiled:
                raise SystemExit(1) from error
    for batch in args.batches if args.cached else []:
        for what, row in cached(args, batch):
            add(f"cached {batch}", "cached", batch, "epoch", what, row)
    for (encoder, batch), row in fastest(results).items():
        show(f"{encoder} {batch}, their fastest", f"step, {row['way']}", row)
    print(f"{time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
