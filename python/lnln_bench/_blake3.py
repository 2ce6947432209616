"""Computes BLAKE3 with NumPy, many short messages at a time.

The definition is https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf. The tests compare it with the
package `blake3` of its authors, which is not needed here.
"""

from __future__ import annotations

import numpy as np

from ._arrays import Array, rotate_right

_IV = np.array(
    [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19],
    np.uint32,
)
_PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
_START, _END, _PARENT, _ROOT, _CONTEXT, _MATERIAL = 1, 2, 4, 8, 32, 64
CHUNK, BLOCK = 1024, 64
# Lanes computed together, few enough for a core's cache.
_LANES = 4096


def _compress(chain: Array, words: Array, counter: int | Array, length: int | Array, flags: int | Array) -> Array:
    """Chaining values (8, lanes) after a block of words (16, lanes)."""
    lanes = chain.shape[1]
    a, b = chain[:4].copy(), chain[4:].copy()
    c = np.repeat(_IV[:4, None], lanes, axis=1)
    d = np.empty((4, lanes), np.uint32)
    d[0], d[1], d[2], d[3] = counter, 0, length, flags  # no message here reaches 2^32 chunks

    def mix(x: Array, turns: tuple[int, int]) -> None:
        nonlocal a, b, c, d
        a += b
        a += x
        d = rotate_right(d ^ a, turns[0])
        c += d
        b = rotate_right(b ^ c, turns[1])

    order = list(range(16))
    for _ in range(7):
        m = words[order]
        for half, diagonal in ((m[:8], False), (m[8:], True)):
            if diagonal:
                b, c, d = b[[1, 2, 3, 0]], c[[2, 3, 0, 1]], d[[3, 0, 1, 2]]
            mix(half[0::2], (16, 12))
            mix(half[1::2], (8, 7))
            if diagonal:
                b, c, d = b[[3, 0, 1, 2]], c[[2, 3, 0, 1]], d[[1, 2, 3, 0]]
        order = [order[k] for k in _PERMUTATION]
    return np.concatenate([a ^ c, b ^ d])


def _chunks(rows: Array, lengths: Array, key: Array, flags: int, counters: Array, root: bool) -> Array:
    """Chaining values (8, rows) of one chunk each; `rows` is uint8 (rows, bytes), zero behind `lengths`."""
    count, width = rows.shape
    padded = -(-max(width, 1) // BLOCK) * BLOCK
    full = np.zeros((count, padded), np.uint8)
    full[:, :width] = rows
    words = full.view("<u4").reshape(count, -1, 16)
    blocks = np.maximum(-(-lengths // BLOCK), 1)
    result = np.repeat(key[:, None], count, axis=1)
    for block in range(int(blocks.max(initial=0))):
        for start in range(0, count, _LANES):
            active = start + np.flatnonzero(blocks[start : start + _LANES] > block)
            if len(active) == 0:
                continue
            last = blocks[active] == block + 1
            bits = np.full(len(active), flags | (_START if block == 0 else 0), np.uint32)
            bits[last] |= _END | (_ROOT if root else 0)
            size = np.minimum(lengths[active] - block * BLOCK, BLOCK).astype(np.uint32)
            m = np.ascontiguousarray(words[active, block].T)
            result[:, active] = _compress(result[:, active], m, counters[active], size, bits)
    return result


def _hash(message: bytes, key: Array, flags: int) -> Array:
    """The first 8 words of the hash of one message of any length."""
    count = max(-(-len(message) // CHUNK), 1)
    full = np.zeros(count * CHUNK, np.uint8)
    full[: len(message)] = np.frombuffer(message, np.uint8)
    lengths = np.full(count, CHUNK)
    lengths[-1] = len(message) - (count - 1) * CHUNK
    counters = np.arange(count, dtype=np.uint32)
    values = _chunks(full.reshape(count, CHUNK), lengths, key, flags, counters, root=count == 1)
    while values.shape[1] > 1:
        pairs = values.shape[1] // 2
        joined = np.concatenate([values[:, 0 : 2 * pairs : 2], values[:, 1 : 2 * pairs : 2]])
        root = _ROOT if values.shape[1] == 2 else 0
        chain = np.repeat(key[:, None], pairs, axis=1)
        parents = _compress(chain, joined, 0, BLOCK, flags | _PARENT | root)
        values = np.concatenate([parents, values[:, 2 * pairs :]], axis=1)
    return values[:, 0]


def context_key(context: str) -> Array:
    """The key of BLAKE3's key derivation mode for a context: 8 words."""
    return _hash(context.encode(), _IV, _CONTEXT)


def digest(message: bytes, key: Array | None = None) -> bytes:
    """The 32 bytes of a message's hash: in key derivation mode with a key of `context_key`, else plain."""
    words = _hash(message, _IV, 0) if key is None else _hash(message, key, _MATERIAL)
    return words.astype("<u4").tobytes()


def digests(prefix: bytes, rows: Array, lengths: Array, key: Array) -> Array:
    """Hashes in key derivation mode of `prefix` followed by each row: uint32 (rows, 8).

    `rows` is uint8 (rows, bytes), zero behind `lengths` (rows).
    """
    full = np.zeros((len(rows), len(prefix) + rows.shape[1]), np.uint8)
    full[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    full[:, len(prefix) :] = rows
    sizes = lengths + len(prefix)
    result = np.empty((len(rows), 8), np.uint32)
    short = sizes <= CHUNK
    counters = np.zeros(int(short.sum()), np.uint32)
    result[short] = _chunks(full[short, :CHUNK], sizes[short], key, _MATERIAL, counters, root=True).T
    for row in np.flatnonzero(~short):
        result[row] = _hash(full[row, : sizes[row]].tobytes(), key, _MATERIAL)
    return result
