"""The masks of one large split in NumPy: numpy_way.py each|once CLIPS T_TEXT,T_AUDIO,T_VISION full|half

`each` is what loaders in use do: for every seed and rate anew, the generator seeded before each
modality, a number for every position, a comparison, a product. `once` draws the numbers of a seed
once and compares them with every rate, as masks nest.

The clock runs until a mask exists, int64 as the loaders hold it; one level of a seed is held at a
time. Prints one line of JSON like the program beside it.
"""

import json
import resource
import sys
import time
import zlib

import numpy as np

SEEDS = [1111, 1112, 1113]
RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def field(seed, shape):
    np.random.seed(seed)
    return np.random.uniform(size=shape)


def above(field, rates, valid):
    """Kept positions, shape (N, T): drawn above the sample's rate, and valid."""
    return (field > rates.reshape(-1, 1)) * valid


def keep_ends(kept, valid):
    """CLS and SEP stay."""
    lengths = np.argmin(valid, axis=1)
    kept[:, 0] = 1
    kept[np.arange(len(kept)), lengths - 1] = 1
    return kept


def lengths(kind, clips, steps):
    if kind == "full":
        return np.full(clips, steps)
    return 2 + np.arange(clips) * 7919 % (steps - 1)


def main():
    way, clips, steps, kind = sys.argv[1:]
    clips, steps = int(clips), [int(n) for n in steps.split(",")]
    valid = [
        (np.arange(n) < lengths(kind, clips, n)[:, None]).astype(np.int64) for n in steps
    ]
    seconds, processor, counts, crcs, peak = 0.0, 0.0, [], [], 0
    for seed in SEEDS:
        fields = None
        for rate in RATES:
            started, used = time.perf_counter(), time.process_time()
            if fields is None and way == "once":
                fields = [field(seed, v.shape) for v in valid]
            rates = np.full(clips, rate)
            kept = []
            for which, v in enumerate(valid):
                drawn = field(seed, v.shape) if way == "each" else fields[which]
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
