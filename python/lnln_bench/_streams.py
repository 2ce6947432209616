"""Draws the random numbers of many samples at a time: ChaCha with eight rounds, keyed by BLAKE3 (docs/masks.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from . import _blake3
from ._arrays import Array, rotate_right

# Of the draws of all protocols; masks have versions of their own.
KEY_VERSION = 1
_KEY_CONTEXT = _blake3.context_key("lnln-bench mask key 1")
_CONSTANT = np.frombuffer(b"expand 32-byte k", "<u4")
# Blocks computed together, few enough for a core's cache.
_LANES = 4096
# Numbers in a block: 16 words, two each.
_NUMBERS = 8


def number(value: int, size: int) -> bytes:
    """A number of so many bytes, little-endian."""
    return int(value).to_bytes(size, "little")


def text(value: str) -> bytes:
    """A text, preceded by its length in bytes."""
    encoded = value.encode()
    return number(len(encoded), 8) + encoded


@dataclass(frozen=True)
class Ids:
    """Sample ids as they enter a key: bytes (samples, width), zero behind `lengths`."""

    rows: Array
    lengths: Array

    @classmethod
    def of(cls, ids: Sequence[str]) -> Ids:
        texts = [text(one) for one in ids]
        lengths = np.array([len(one) for one in texts], np.int64)
        rows = np.zeros((len(texts), int(lengths.max(initial=0))), np.uint8)
        for row, one in zip(rows, texts):
            row[: len(one)] = np.frombuffer(one, np.uint8)
        return cls(rows, lengths)


@dataclass(frozen=True)
class Scope:
    """Everything that decides a stream but the sample. `draw` is None in evaluation, else the draw's number."""

    protocol: str
    dataset: str
    split: str
    seed: int
    draw: int | None = None

    def keys(self, ids: Ids, modality: str, purpose: str = "field") -> Array:
        """The keys of all samples, uint32 (samples, 8)."""
        prefix = b"".join(text(part) for part in (purpose, self.protocol, self.dataset, self.split, modality))
        prefix += number(self.seed, 8) + number(KEY_VERSION, 4)
        prefix += number(0 if self.draw is None else 1, 4) + number(self.draw or 0, 4)
        return _blake3.digests(prefix, ids.rows, ids.lengths, _KEY_CONTEXT)


def blocks(keys: Array, counters: Array) -> Array:
    """Words of one ChaCha block per key: uint32 (blocks, 16) of keys (blocks, 8), nonce 0."""
    lanes = len(keys)
    start = np.zeros((16, lanes), np.uint32)
    start[:4] = _CONSTANT[:, None]
    start[4:12] = keys.T
    start[12] = counters
    a, b, c, d = (start[row : row + 4].copy() for row in (0, 4, 8, 12))
    for _ in range(4):
        for diagonal in (False, True):
            if diagonal:
                b, c, d = b[[1, 2, 3, 0]], c[[2, 3, 0, 1]], d[[3, 0, 1, 2]]
            for first, second in ((16, 20), (24, 25)):
                a += b
                d = rotate_right(d ^ a, first)
                c += d
                b = rotate_right(b ^ c, second)
            if diagonal:
                b, c, d = b[[3, 0, 1, 2]], c[[2, 3, 0, 1]], d[[1, 2, 3, 0]]
    return (np.concatenate([a, b, c, d]) + start).T


def uniforms(keys: Array, counts: Array, width: int) -> Array:
    """The first `counts` numbers of every stream, each in (0, 1): float64 (samples, width), 0 behind them."""
    per_sample = -(-counts // _NUMBERS)
    most = -(-width // _NUMBERS)
    result = np.zeros((len(keys), most, _NUMBERS))
    sample = np.repeat(np.arange(len(keys)), per_sample)
    block = np.arange(len(sample)) - np.repeat(np.cumsum(per_sample) - per_sample, per_sample)
    for start in range(0, len(sample), _LANES):
        rows, columns = sample[start : start + _LANES], block[start : start + _LANES]
        words = np.ascontiguousarray(blocks(keys[rows], columns)).view("<u8")
        result[rows, columns] = ((words >> np.uint64(12)).astype(np.float64) + 0.5) / 2.0**52
    result = result.reshape(len(keys), -1)[:, :width]
    result[np.arange(width) >= counts[:, None]] = 0.0
    return result


def order(samples: int, seed: int, epoch: int) -> Array:
    """The order in which `run` reads the training samples in an epoch, counted from 0: int64 (samples)."""
    # The program counts epochs from 1 here.
    message = b"lnln-bench/train/seed/v1" + number(seed, 8) + number(epoch + 1, 4) + b"order"
    state, key = int.from_bytes(_blake3.digest(message)[:8], "little"), []
    for _ in range(8):  # PCG32, by which rand makes a key of a 64-bit seed
        state = (state * 6364136223846793005 + 11634580027462260723) % 2**64
        mixed, turns = ((state >> 18 ^ state) >> 27) % 2**32, state >> 59
        key.append((mixed >> turns | mixed << (32 - turns)) % 2**32)
    words = _words(np.array([key], np.uint32), samples)
    result = np.arange(samples)
    for i in range(samples - 1, 0, -1):
        bound = i + 1
        limit = 2**64 - 1 - (2**64 - 1) % bound
        word = next(words)
        while word >= limit:
            word = next(words)
        other = word % bound
        result[i], result[other] = result[other], result[i]
    return result


def _words(key: Array, at_least: int) -> Iterator[int]:
    """The 64-bit words of a stream without end."""
    counter, size = 0, -(-max(at_least, 1) // _NUMBERS)
    while True:
        counters = np.arange(counter, counter + size, dtype=np.uint32)
        found = np.ascontiguousarray(blocks(np.repeat(key, size, axis=0), counters)).view("<u8")
        yield from found.reshape(-1).tolist()
        counter += size
