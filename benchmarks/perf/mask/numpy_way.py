"""The masks of one large split as loaders in use draw them: for every seed and rate anew, the
generator seeded before each modality, a number for every position, a comparison, a product.

Prints one line of JSON like the program beside it.
"""

import json
import resource
import sys
import time

import numpy as np

SEEDS = [1111, 1112, 1113]
RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def draw(valid, rates, seed):
    """Kept positions, shape (N, T): drawn above the sample's rate, and valid."""
    np.random.seed(seed)
    field = np.random.uniform(size=valid.shape)
    return (field > rates.reshape(-1, 1)) * valid


def keep_ends(kept, valid):
    """CLS and SEP stay."""
    lengths = np.argmin(valid, axis=1)
    kept[:, 0] = 1
    kept[np.arange(len(kept)), lengths - 1] = 1
    return kept


def main():
    clips = int(sys.argv[1])
    steps = [int(n) for n in sys.argv[2].split(",")]
    valid = [np.ones((clips, n), dtype=np.int64) for n in steps]
    seconds, processor, counts = 0.0, 0.0, []
    for seed in SEEDS:
        for rate in RATES:
            started, used = time.perf_counter(), time.process_time()
            rates = np.full(clips, rate)
            kept = [draw(v, rates, seed) for v in valid]
            kept[0] = keep_ends(kept[0], valid[0])
            seconds += time.perf_counter() - started
            processor += time.process_time() - used
            counts.append([int(k.sum()) for k in kept])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    record = {"seconds": seconds, "processor_seconds": processor, "peak_mib": peak, "kept": counts}
    print(json.dumps(record))


main()
