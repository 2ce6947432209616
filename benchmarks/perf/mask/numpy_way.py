"""Makes the masks of one large split in NumPy: numpy_way.py each|once SAMPLES T_TEXT,T_AUDIO,T_VISION full|half

`each` does what published loaders do: for every seed and rate, seed the generator before each modality,
draw a number for every position, compare, multiply with the valid positions. `once` draws the numbers
of a seed once and compares them with every rate, since masks nest.

The clock runs until a mask exists, int64 as in the loaders; one condition of a seed is held at a time.
Prints one line of JSON, as main.rs does.
"""

import json
import resource
import sys
import time
import zlib

import numpy as np

SEEDS = [1111, 1112, 1113]
RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def draws(seed, shape):
    np.random.seed(seed)
    return np.random.uniform(size=shape)


def above(drawn, rates, valid):
    """Kept positions, shape (N, T): drawn above the sample's rate, and valid."""
    return (drawn > rates.reshape(-1, 1)) * valid


def keep_ends(kept, valid):
    """CLS and SEP stay."""
    lengths = np.argmin(valid, axis=1)
    kept[:, 0] = 1
    kept[np.arange(len(kept)), lengths - 1] = 1
    return kept


def lengths(kind, samples, steps):
    if kind == "full":
        return np.full(samples, steps)
    return 2 + np.arange(samples) * 7919 % (steps - 1)


def main():
    way, samples, steps, kind = sys.argv[1:]
    samples, steps = int(samples), [int(n) for n in steps.split(",")]
    valid = [
        (np.arange(n) < lengths(kind, samples, n)[:, None]).astype(np.int64) for n in steps
    ]
    seconds, processor, counts, crcs, peak = 0.0, 0.0, [], [], 0
    for seed in SEEDS:
        drawn_once = None
        for rate in RATES:
            started, used = time.perf_counter(), time.process_time()
            if drawn_once is None and way == "once":
                drawn_once = [draws(seed, v.shape) for v in valid]
            rates = np.full(samples, rate)
            kept = []
            for which, v in enumerate(valid):
                drawn = draws(seed, v.shape) if way == "each" else drawn_once[which]
                kept.append(above(drawn, rates, v))
            kept[0] = keep_ends(kept[0], valid[0])
            seconds += time.perf_counter() - started
            processor += time.process_time() - used
            peak = max(peak, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            counts.append([int(k.sum()) for k in kept])
            bits = [np.packbits(k.astype(bool).reshape(-1), bitorder="little") for k in kept]
            crcs.append([zlib.crc32(b.tobytes()) for b in bits])
            del kept, bits, drawn
    record = {"seconds": seconds, "processor_seconds": processor, "peak_mib": peak}
    print(json.dumps(record | {"kept": counts, "crc": crcs}))


main()
