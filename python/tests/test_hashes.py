"""Hashes and random numbers against other implementations, and against the hashes that the Rust tests freeze."""

from __future__ import annotations

import json
import re
import struct
import sys
import unittest

import blake3
import h5py
import numpy as np
from support import PROTOCOLS, ROOT, folder

import lnln_bench
from lnln_bench import _blake3, _noise, _protocols, _streams

sys.path.insert(0, str(ROOT / "docs" / "examples"))
import recompute_masks


class Blake3(unittest.TestCase):
    def test_messages_of_all_sizes(self) -> None:
        for size in (0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 7000, 100_000):
            message = bytes(i % 251 for i in range(size))
            self.assertEqual(_blake3.digest(message), blake3.blake3(message).digest(), size)
            key = _blake3.context_key("a context")
            expected = blake3.blake3(message, derive_key_context="a context").digest()
            self.assertEqual(_blake3.digest(message, key), expected, size)

    def test_many_rows(self) -> None:
        ids = ["", "a", "v$_$1", "日本$_$3", "x" * 900, "y" * 3000] * 3
        scope = _streams.Scope("random", "mosi", "train", 2**63 + 5, 7)
        keys = scope.keys(_streams.Ids.of(ids), "audio")
        for sample, key in zip(ids, keys):
            named = ("random", 2, "mosi", "train", 2**63 + 5)
            expected = recompute_masks.key(named, "audio", sample, 7)
            self.assertEqual(key.astype("<u4").tobytes(), expected, sample[:9])


class Streams(unittest.TestCase):
    def test_numbers_are_those_of_the_example_in_the_docs(self) -> None:
        ids, counts = [f"v$_${i}" for i in range(40)], np.arange(40)
        keys = _streams.Scope("random", "toy", "test", 3).keys(_streams.Ids.of(ids), "text")
        found = _streams.uniforms(keys, counts, 45)
        for row, (key, count) in enumerate(zip(keys, counts)):
            expected = recompute_masks.uniforms(key.tobytes(), max(int(count), 1))
            self.assertTrue((found[row, :count] == expected[:count]).all())
            self.assertTrue((found[row, count:] == 0).all())


class Frozen(unittest.TestCase):
    """`FROZEN` of src/mask/properties.rs: masks of 50 samples with token ids, and without."""

    def toy(self, tokens: bool) -> lnln_bench.Data:
        path = folder() / f"toy-{tokens}.h5"
        lengths = np.array([1 + i % 40 for i in range(50)], np.int32)
        with h5py.File(path, "w") as file:
            file.attrs.update(format_version=1, complete=1, dataset="toy", content_hash="0", label_range=[-3.0, 3.0])
            for split in ("train", "valid", "test"):
                group = file.create_group(split)
                group["id"] = [f"video{i // 7}$_${i % 7}" for i in range(50)]
                for modality in ("text", "audio", "vision"):
                    group[f"{modality}_lengths"] = lengths
                    group[modality] = np.zeros((50, 40, 1), np.float32)
                if tokens:
                    ids = np.zeros((50, 3, 40), np.int32)
                    ids[:, 0, 0] = 101
                    rows = np.flatnonzero(lengths > 1)
                    ids[rows, 0, lengths[rows] - 1] = 102
                    group["text_bert"] = ids
        return lnln_bench.open(path)

    def test_masks(self) -> None:
        source = (ROOT / "src" / "mask" / "properties.rs").read_text()
        entry = r'name: "([^"]+)",\s+versions: \[(\d+), (\d+)\],\s+draws: \[[^\]]*\],\s+masks: \[\s*"(\w+)",\s*"(\w+)",?\s*\]'
        frozen = re.findall(entry, source)
        self.assertEqual([name for name, *_ in frozen], list(PROTOCOLS))
        data = {tokens: self.toy(tokens) for tokens in (True, False)}
        for name, version, key_version, *hashes in frozen:
            self.assertEqual(_protocols.find(name).version, int(version))
            self.assertEqual(_streams.KEY_VERSION, int(key_version))
            kinds = {"rate": 0.5, "subset": "LA", "mixed": "l=0.2,a=0.7,v=0.4"}
            condition = kinds[_protocols.find(name).kinds[0]]
            for tokens, expected in zip((True, False), hashes):
                self.assertEqual(data[tokens].test.under(name, condition, seed=7).hash, expected, (name, tokens))


class Published(unittest.TestCase):
    """The stored states of the published loader, tests/golden/masks."""

    def test_rates_after_every_refresh(self) -> None:
        for seed in (1111, 1113):
            stored = safetensors(f"loader_seed_{seed}")
            train = stored["in.train.vision"].shape[:2]
            test = stored["in.test.vision"].shape[:2]
            for refreshes in range(4):
                rates = _noise.published_rates(seed, 1111, train, test, refreshes)
                state = "initial" if refreshes == 0 else f"refresh{refreshes}"
                for modality, letter in (("text", "l"), ("audio", "a"), ("vision", "v")):
                    expected = stored[f"out.train.{state}.rate_{letter}"].reshape(-1)
                    self.assertTrue((rates[modality] == expected).all(), (seed, state, modality))


def safetensors(name: str) -> dict[str, np.ndarray]:
    """The arrays of a stored case."""
    content = (ROOT / "tests" / "golden" / "masks" / f"{name}.safetensors").read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    types = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}
    arrays = {}
    for key, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(content[8 + size + start : 8 + size + end], types[entry["dtype"]])
        arrays[key] = values.reshape(entry["shape"])
    return arrays


if __name__ == "__main__":
    unittest.main()
