"""Draws the masks of the keyed families anew from their recipe (docs/masks.md) and compares them with
stored ones:

    python recompute_masks.py data/mosi.h5 data/mosi.masks.h5

Nothing of this tool is used, so that the recipe can be written again in any language.
"""

import sys

import blake3
import h5py
import numpy as np

MODALITIES = ("text", "audio", "vision")


def number(value, size):
    return int(value).to_bytes(size, "little")


def text(value):
    """A text behind its length in bytes."""
    value = value.encode()
    return number(len(value), 8) + value


def key(family, version, dataset, split, modality, seed, clip):
    """The 32 bytes that decide a clip's numbers in one modality, for evaluation."""
    hasher = blake3.blake3(derive_key_context="lnln-bench mask key 1")
    for part in ("field", family, dataset, split, modality):
        hasher.update(text(part))
    moment, epoch = 0, 0  # evaluation; training is moment 1 and the number of the draw
    hasher.update(number(seed, 8) + number(version, 4) + number(moment, 4) + number(epoch, 4))
    hasher.update(text(clip))
    return hasher.digest()


def chacha8(key, blocks):
    """Words of the ChaCha stream with eight rounds, nonce 0, counting from block 0."""
    state = np.zeros((16, blocks), np.uint32)
    state[:4] = np.frombuffer(b"expand 32-byte k", "<u4")[:, None]
    state[4:12] = np.frombuffer(key, "<u4")[:, None]
    state[12] = np.arange(blocks)  # words 13 to 15 are 0
    x = state.copy()

    def quarter(a, b, c, d):
        for target, source, turned, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[target] += x[source]
            x[turned] ^= x[target]
            x[turned] = x[turned] << np.uint32(turn) | x[turned] >> np.uint32(32 - turn)

    for _ in range(4):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return (x + state).T.reshape(-1)  # block after block


def uniforms(key, count):
    """The first numbers of a stream, each of (0, 1): two words, the low one first."""
    words = chacha8(key, -(-2 * count // 16)).astype(np.uint64)
    bits = words[1::2] << np.uint64(32) | words[0::2]
    return ((bits >> np.uint64(12)).astype(np.float64)[:count] + 0.5) / 2.0**52


def times(length, modality):
    """Relative time of each valid position; CLS and SEP, which have none, get 0 and stay anyway."""
    if modality != "text":
        return (np.arange(length) + 0.5) / length
    words = max(int(length) - 2, 0)
    inner = (np.arange(words) + 0.5) / max(words, 1)
    return np.concatenate([[0.0], inner, [0.0]])[:length]


def field(family, scope, clip, length, modality):
    """The number of each valid position of a clip in one modality."""
    dataset, split, seed, version = scope
    shared = "all" if family == "temporal" else modality
    own = key(family, version, dataset, split, shared, seed, clip)
    if family == "temporal":
        return uniforms(own, 50)[(times(length, modality) * 50).astype(int)]
    if family == "block":
        (point,) = uniforms(own, 1)
        at = times(length, modality)
        distance = np.where(at < point, (point - at) / point, (at - point) / (1 - point))
        return np.maximum(distance, np.finfo(np.float64).tiny)
    if family == "modality":
        return np.repeat(uniforms(own, 1), length)
    return uniforms(own, length)  # random, mixed


def kept(fields, lengths, rate, modality):
    """Positions that stay at a rate, bool (clip, position)."""
    mask = np.zeros(fields.shape, bool)
    for row, length in enumerate(lengths):
        mask[row, :length] = fields[row, :length] > rate
        if modality == "text" and length:
            mask[row, [0, length - 1]] = True  # CLS and SEP
    return mask


def digest(family, version, dataset, split, seed, level, masks):
    """The hash of the masks of text, audio and vision at one level."""
    hasher = blake3.blake3(derive_key_context="lnln-bench mask 2")
    for part in (family, dataset, split, level):
        hasher.update(text(part))
    hasher.update(number(version, 4) + number(seed, 8))
    for mask in masks:
        hasher.update(number(mask.shape[0], 8) + number(mask.shape[1], 8))
        hasher.update(np.packbits(mask.reshape(-1), bitorder="little").tobytes())
    return hasher.hexdigest()[:32]


def compare(split, data, group, dataset):
    family, version, seed = (group.attrs[name] for name in ("family", "version", "seed"))
    clips, scope = data["id"].asstr()[:], (dataset, split, seed, version)
    fields, lengths = {}, {}
    for modality in MODALITIES:
        lengths[modality] = data[f"{modality}_lengths"][:]
        fields[modality] = np.zeros((len(clips), int(group[modality].attrs["steps"])))
        for row, (clip, length) in enumerate(zip(clips, lengths[modality])):
            fields[modality][row, :length] = field(family, scope, clip, length, modality)
    for level, stored, rates in zip(group.attrs["levels"], group.attrs["hashes"], group["nominal"]):
        masks = [kept(fields[m], lengths[m], rate, m) for m, rate in zip(MODALITIES, rates)]
        found = digest(family, version, dataset, split, seed, level, masks)
        name = f"{family} {split} {seed} {level}"
        assert found == stored, f"{name}: {stored} is stored, the recipe gives {found}"
        print(name, found, "kept", [int(mask.sum()) for mask in masks])


if __name__ == "__main__":
    with h5py.File(sys.argv[1]) as data, h5py.File(sys.argv[2]) as masks:
        for family in masks:
            # The two `reference` families have no key: their numbers are NumPy's own.
            if not family.startswith("reference"):
                for seed in masks[family]:
                    for split in masks[family][seed]:
                        compare(split, data[split], masks[family][seed][split], masks.attrs["dataset"])
