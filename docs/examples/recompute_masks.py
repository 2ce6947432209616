"""Draws the masks of the five keyed mask protocols from their definition (docs/masks.md) and compares
them with stored ones:

    python recompute_masks.py data/mosi.h5 data/mosi.masks.h5

Needs blake3, h5py and numpy from PyPI and nothing of lnln-bench. Import `draws`, `kept` and
`half_complete` to make the training noise of a run in your own training loop.
"""

import sys

import blake3
import h5py
import numpy as np

MODALITIES = ("text", "audio", "vision")
KEY_VERSION = 1  # of the draws of all five protocols; masks have versions of their own
CLS, SEP = 101, 102


def number(value, size):
    return int(value).to_bytes(size, "little")


def text(value):
    """A text, preceded by its length in bytes."""
    value = value.encode()
    return number(len(value), 8) + value


def key(scope, modality, sample, draw=None, purpose="field"):
    """The 32 bytes that seed a sample's stream in one modality.

    `scope` is (mask protocol, version, data set, split, seed). `draw` is None for evaluation. In
    training it is the number of the draw: the epoch, counted from 0, for `fresh`; epoch % K for
    `cycle:K`; 0 for `fixed`.
    """
    protocol, _, dataset, split, seed = scope
    hasher = blake3.blake3(derive_key_context="lnln-bench mask key 1")
    for part in (purpose, protocol, dataset, split, modality):
        hasher.update(text(part))
    phase = 0 if draw is None else 1
    hasher.update(number(seed, 8))
    hasher.update(number(KEY_VERSION, 4) + number(phase, 4) + number(draw or 0, 4))
    hasher.update(text(sample))
    return hasher.digest()


def chacha8(key, blocks):
    """Words of the ChaCha stream with eight rounds, nonce 0, from block 0."""
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
    """The first numbers of a stream, each in (0, 1), of two words each, the low word first."""
    words = chacha8(key, -(-2 * count // 16)).astype(np.uint64)
    bits = words[1::2] << np.uint64(32) | words[0::2]
    return ((bits >> np.uint64(12)).astype(np.float64)[:count] + 0.5) / 2.0**52


def special(split, modality):
    """Whether each sample has CLS first and SEP last: two truth values, False without token ids.

    `split` is a group of the prepared file."""
    lengths = split[f"{modality}_lengths"][:]
    if modality != "text" or "text_bert" not in split:
        return [(False, False)] * len(lengths)
    tokens = split["text_bert"][:, 0]
    rows = zip(tokens, lengths)
    return [(bool(n and ids[0] == CLS), bool(n and ids[n - 1] == SEP)) for ids, n in rows]


def times(length, special):
    """Relative time of each valid position; CLS and SEP, which are always kept, get 0."""
    cls, sep = special
    words = max(int(length) - cls - sep, 0)
    inner = (np.arange(words) + 0.5) / max(words, 1)
    return np.concatenate([[0.0] * cls, inner, [0.0] * sep])[:length]


def draws(scope, modality, sample, length, special, draw=None):
    """The uniform draw of each valid position of a sample in one modality."""
    protocol = scope[0]
    own = key(scope, "all" if protocol in ("temporal", "modality-random") else modality, sample, draw)
    if protocol == "temporal":
        return uniforms(own, 50)[(times(length, special) * 50).astype(int)]
    if protocol == "block":
        (point,) = uniforms(own, 1)
        at = times(length, special)
        distance = np.where(at < point, (point - at) / point, (at - point) / (1 - point))
        return np.maximum(distance, np.finfo(np.float64).tiny)
    if protocol == "modality":
        return np.repeat(uniforms(own, 1), length)
    if protocol == "modality-random":
        numbers = uniforms(own, 3)
        number = numbers[MODALITIES.index(modality)]
        return np.repeat(2.0 if number == numbers.max() else number, length)
    return uniforms(own, length)  # random, mixed


def kept(draws, lengths, special, rates):
    """Kept positions, bool (samples, positions); `rates` is one rate, or one per sample."""
    mask = np.zeros(draws.shape, bool)
    rates = np.broadcast_to(rates, len(lengths))
    for row, (length, (cls, sep), rate) in enumerate(zip(lengths, special, rates)):
        mask[row, :length] = draws[row, :length] > rate
        if cls:
            mask[row, 0] = True
        if sep:
            mask[row, length - 1] = True
    return mask


def half_complete(scope, modality, samples, draw):
    """Missing rates of the training samples in one modality: half of them 0, the rest uniform."""
    numbers = [uniforms(key(scope, modality, sample, draw, "rate"), 2) for sample in samples]
    order = sorted(range(len(samples)), key=lambda i: (numbers[i][0], samples[i].encode()))
    complete = set(order[: len(samples) // 2])
    return np.array([0.0 if i in complete else numbers[i][1] for i in range(len(samples))])


def digest(scope, condition, masks):
    """The hash of the masks of text, audio and vision at one condition."""
    protocol, version, dataset, split, seed = scope
    hasher = blake3.blake3(derive_key_context="lnln-bench mask 2")
    for part in (protocol, dataset, split, condition):
        hasher.update(text(part))
    hasher.update(number(version, 4) + number(seed, 8))
    for mask in masks:
        hasher.update(number(mask.shape[0], 8) + number(mask.shape[1], 8))
        hasher.update(np.packbits(mask.reshape(-1), bitorder="little").tobytes())
    return hasher.hexdigest()[:32]


def compare(split, data, group, dataset):
    protocol, version, seed = (group.attrs[name] for name in ("mask_protocol", "version", "seed"))
    scope, samples = (protocol, version, dataset, split, seed), data["id"].asstr()[:]
    drawn, lengths, ends = {}, {}, {}
    for modality in MODALITIES:
        lengths[modality], ends[modality] = data[f"{modality}_lengths"][:], special(data, modality)
        drawn[modality] = np.zeros((len(samples), int(group[modality].attrs["steps"])))
        for row, (sample, length) in enumerate(zip(samples, lengths[modality])):
            drawn[modality][row, :length] = draws(scope, modality, sample, length, ends[modality][row])
    stored = zip(group.attrs["conditions"], group.attrs["hashes"], group["nominal"])
    for condition, expected, rates in stored:
        masks = [kept(drawn[m], lengths[m], ends[m], rate) for m, rate in zip(MODALITIES, rates)]
        found = digest(scope, condition, masks)
        name = f"{protocol} {split} {seed} {condition}"
        assert found == expected, f"{name}: {expected} is stored, the definition gives {found}"
        print(name, found, "kept", [int(mask.sum()) for mask in masks])


if __name__ == "__main__":
    with h5py.File(sys.argv[1]) as data, h5py.File(sys.argv[2]) as masks:
        for protocol in masks:
            # The two `reference` protocols have no key: their draws are NumPy's own.
            if not protocol.startswith("reference"):
                for seed in masks[protocol]:
                    for split in masks[protocol][seed]:
                        compare(split, data[split], masks[protocol][seed][split], masks.attrs["dataset"])
