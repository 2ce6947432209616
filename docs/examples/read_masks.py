import sys

import h5py
import numpy as np


def kept(group, modality, level):
    """Positions that stay at a level, bool (clip, position); padding is False."""
    packed = group[modality]
    bits, steps = int(packed.attrs["bits"]), int(packed.attrs["steps"])
    places = range(0, 8, bits)  # within a byte the first position lies lowest
    ranks = np.stack([packed[:] >> place & (2**bits - 1) for place in places], axis=-1)
    ranks = ranks.reshape(len(packed), -1)[:, :steps]
    levels = list(group.attrs["levels"])
    rate = group["nominal"][levels.index(level), ["text", "audio", "vision"].index(modality)]
    return ranks > np.searchsorted(packed.attrs["rates"], rate)


with h5py.File(sys.argv[1]) as file:
    print("masks of", file.attrs["dataset"], "for data", file.attrs["content_hash"])
    for family in file:
        for seed in file[family]:
            test = file[family][seed]["test"]
            for row, level in enumerate(test.attrs["levels"]):
                count = [int(kept(test, m, level).sum()) for m in ("text", "audio", "vision")]
                rates = np.round(test["realised"][row], 3).tolist()
                print(family, seed, level, test.attrs["hashes"][row], "kept", count, "lost", rates)
