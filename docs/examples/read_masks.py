import sys

import h5py
import numpy as np

MODALITIES = ("text", "audio", "vision")


def kept(group, modality, condition):
    """Kept positions at a condition, bool (samples, positions); False on padding."""
    packed = group[modality]
    bits, steps = int(packed.attrs["bits"]), int(packed.attrs["steps"])
    shifts = range(0, 8, bits)  # the first position is in the lowest bits of a byte
    index = np.stack([packed[:] >> shift & (2**bits - 1) for shift in shifts], axis=-1)
    index = index.reshape(len(packed), -1)[:, :steps]
    row = list(group.attrs["conditions"]).index(condition)
    rate = group["nominal"][row, MODALITIES.index(modality)]
    return index > np.searchsorted(packed.attrs["rates"], rate)


with h5py.File(sys.argv[1]) as file:
    print("masks of", file.attrs["dataset"], "for data", file.attrs["content_hash"])
    for protocol in file:
        for seed in file[protocol]:
            test = file[protocol][seed]["test"]
            for row, condition in enumerate(test.attrs["conditions"]):
                count = [int(kept(test, m, condition).sum()) for m in MODALITIES]
                rates = np.round(test["realized"][row], 3).tolist()
                print(protocol, seed, condition, test.attrs["hashes"][row], "kept", count, "masked", rates)
