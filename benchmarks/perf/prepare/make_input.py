#!/usr/bin/env python3
"""Write a pickle with the shapes, types and padding of an MMSA file; everything in it is made up.

  make_input.py mosi out.pkl      # unaligned, 0.55 GB
  make_input.py sims out.pkl      # unaligned, 1.2 GB
  make_input.py mosei out.pkl     # aligned, 4.6 GB
  make_input.py mosei out.pkl --share 0.1

Arrays are written a thousand clips at a time, so that memory stays small; the same seed gives the
same bytes. Needs numpy.
"""
import argparse
import pickle
import pickletools
import struct

import numpy as np

# clips, text steps, audio (T, d), vision (T, d), aligned
SHAPES = {
    "mosi": ((1284, 229, 686), 50, (375, 5), (500, 20), False),
    "sims": ((1368, 456, 457), 39, (400, 33), (55, 709), False),
    "mosei": ((16326, 1871, 4659), 50, (50, 74), (50, 35), True),
}
BLOCK = 1000


class Stream:
    """A pickle of protocol 4 without memo and frames."""

    def __init__(self, file):
        self.file = file
        file.write(b"\x80\x04")

    def text(self, text):
        raw = text.encode()
        self.file.write(b"X" + struct.pack("<I", len(raw)) + raw)

    def integer(self, value):
        self.file.write(b"J" + struct.pack("<i", value))

    def array(self, shape, code, blocks):
        """Payload from an iterable of arrays that together fill `shape`."""
        write = self.file.write
        for name in ("numpy.core.multiarray", "_reconstruct"):
            self.text(name)
        write(b"\x93")
        for name in ("numpy", "ndarray"):
            self.text(name)
        write(b"\x93")
        self.integer(0)
        write(b"\x85C\x01b\x87R(")
        self.integer(1)
        write(b"(")
        for size in shape:
            self.integer(size)
        write(b"t")
        self.dtype(code)
        length = int(np.prod(shape)) * np.dtype(code).itemsize
        write(b"\x89\x8e" + struct.pack("<Q", length))
        for block in blocks:
            raw = np.ascontiguousarray(block, dtype=code).tobytes()
            length -= len(raw)
            write(raw)
        assert length == 0, "blocks do not fill the shape"
        write(b"tb")

    def dtype(self, code):
        """The call and the state of a dtype, by numpy's own hand."""
        raw = pickletools.optimize(pickle.dumps(np.dtype(code), protocol=2))
        self.file.write(raw[2:-1])  # without PROTO and STOP

    def texts(self, texts):
        array = np.array(texts)
        self.array(array.shape, array.dtype.str, [array])

    def counts(self, counts):
        self.file.write(b"](")
        for count in counts:
            self.integer(int(count))
        self.file.write(b"e")


def blocks(rng, lengths, steps, width, dtype, spoil):
    """Noise with zeros past each length, some clips at a time."""
    for start in range(0, len(lengths), BLOCK):
        part = lengths[start : start + BLOCK]
        noise = rng.standard_normal((len(part), steps, width), dtype=dtype)
        noise[np.arange(steps)[None, :] >= part[:, None]] = 0
        yield spoil(noise)


def split(stream, rng, name, clips, shape):
    _, text, audio, vision, aligned = shape
    tokens = rng.integers(5, text + 1, clips)
    frames = {}
    for modality, (steps, _) in (("audio", audio), ("vision", vision)):
        frames[modality] = tokens if aligned else rng.integers(steps // 4, steps + 1, clips)
    bert = np.zeros((clips, 3, text), np.int64)
    for clip, length in enumerate(tokens):
        bert[clip, 0, :length] = [101, *rng.integers(1000, 30000, length - 2), 102]
        bert[clip, 1, :length] = 1

    def infinite(noise):  # as COVAREP leaves it
        noise[(noise != 0) & (rng.random(noise.shape) < 1e-4)] = -np.inf
        return noise

    labels = rng.integers(-5, 6, clips) / 5
    keep = lambda noise: noise
    stream.text("raw_text"), stream.texts([f"{'word ' * int(n)}." for n in tokens])
    stream.text("id"), stream.texts([f"{name}{i // 10}$_${i % 10}" for i in range(clips)])
    stream.text("text_bert"), stream.array(bert.shape, "<i8", [bert])
    for column, code, lengths, (steps, width), spoil in (
        ("audio", "<f8", frames["audio"], audio, infinite),
        ("vision", "<f8", frames["vision"], vision, keep),
        ("text", "<f4", tokens, (text, 768), keep),
    ):
        stream.text(column)
        parts = blocks(rng, lengths, steps, width, np.dtype(code).type, spoil)
        stream.array((clips, steps, width), code, parts)
    if not aligned:
        for modality in ("audio", "vision"):
            stream.text(f"{modality}_lengths"), stream.counts(frames[modality])
    stream.text("regression_labels"), stream.array(labels.shape, "<f8", [labels])


def write(dataset, path, share=1.0, seed=0):
    shape = SHAPES[dataset]
    with open(path, "wb", buffering=1 << 20) as file:
        stream = Stream(file)
        file.write(b"}(")
        for index, (name, clips) in enumerate(zip(("train", "valid", "test"), shape[0])):
            rng = np.random.default_rng([seed, index])
            stream.text(name)
            file.write(b"}(")
            split(stream, rng, name, max(4, round(clips * share)), shape)
            file.write(b"u")
        file.write(b"u.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=SHAPES)
    parser.add_argument("out")
    parser.add_argument("--share", type=float, default=1.0, help="of the clips")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    write(args.dataset, args.out, args.share, args.seed)
