"""Masks of evaluation and of training against those that the program draws and stores."""

from __future__ import annotations

import re
import unittest

import h5py
import numpy as np
from support import CONDITIONS, PROTOCOLS, SEEDS, folder, opened, prepared, program

import lnln_bench
from lnln_bench import _conditions, _protocols

CORPORA = ("demo-film", "demo-talk", "words")


class Evaluation(unittest.TestCase):
    def test_every_stored_mask_is_drawn_bit_for_bit(self) -> None:
        for name in CORPORA:
            data, count = opened(name), 0
            with h5py.File(prepared(name).with_suffix(".masks.h5")) as file:
                self.assertEqual(sorted(file), sorted(f"{name}-v{one.version}" for name, one in _protocols.PROTOCOLS.items()))
                groups = [split for protocol in file.values() for seed in protocol.values() for split in seed.values()]
                for group in groups:
                    split = getattr(data, group.name.rsplit("/", 1)[1])
                    protocol, seed = group.attrs["mask_protocol"], int(group.attrs["seed"])
                    for condition, expected in zip(group.attrs["conditions"], group.attrs["hashes"]):
                        view = split.under(protocol, condition, seed=seed)
                        self.assertEqual(view.hash, expected, (name, group.name, condition))
                        count += 1
            # Six protocols of eleven rates, one of them with two mixed conditions, and six subsets under one seed.
            self.assertEqual(count, 3 * (2 * (6 * 11 + 2 + 2) + 6))

    def test_the_protocols_are_those_of_the_program(self) -> None:
        printed = program("list", "masks")
        listed = re.findall(r"^ ([a-z][a-z-]+) +(\d+) ", printed, re.MULTILINE)
        self.assertEqual(listed, [(name, str(one.version)) for name, one in _protocols.PROTOCOLS.items()])
        self.assertEqual(list(PROTOCOLS), list(_protocols.PROTOCOLS))

    def test_three_seeds_of_mmsa(self) -> None:
        data, seed = opened("demo-film"), 111001111011111
        flags = ["--masks", "reference-tfr", "--seed", seed, "--rates", "0.3,l=0.2,a=0.7,v=0.4"]
        path = folder() / "tfr.npz"
        program("mask", "export", data.path, *flags, "--out", path)
        with np.load(path) as file:
            for row, condition in enumerate(file["condition"]):
                view = data.valid.under("reference-tfr", str(condition), seed=seed)
                self.assertEqual(view.hash, file["valid_hash"][row])
                self.assertTrue((view.kept["vision"] == file["valid_vision"][row]).all())

    def test_several_conditions_in_one_export(self) -> None:
        data = opened("demo-talk")
        for name in ("several.npz", "several.h5"):
            program("mask", "export", data.path, "--rates", "0:1:0.1", "--seed", 7, "--out", folder() / name)
        views = list(data.test.conditions("random", "0:1:0.1", seeds=7))
        with np.load(folder() / "several.npz") as npz, h5py.File(folder() / "several.h5") as file:
            self.assertEqual(npz["condition"].tolist(), [str(view.condition) for view in views])
            self.assertEqual(file["condition"].asstr()[:].tolist(), npz["condition"].tolist())
            self.assertEqual(npz["mask"].tolist(), ["random", "2", "7", "demo-talk"])
            self.assertEqual(npz["content_hash"].tolist(), [data.content_hash])
            self.assertEqual(npz["test_id"].tolist(), data.test.id)
            self.assertEqual(npz["nominal"].tolist(), [list(view.condition.rates) for view in views])
            self.assertEqual(npz["test_hash"].tolist(), [view.hash for view in views])
            for modality in ("text", "audio", "vision"):
                expected = np.stack([view.kept[modality] for view in views])
                self.assertTrue((npz[f"test_{modality}"] == expected).all())
                self.assertTrue((file["test"][modality][:] == expected).all())
            self.assertTrue((npz["train_realized"] == file["train/realized"][:]).all())

    def test_a_view_is_printed_in_a_line(self) -> None:
        split = opened("demo-film").train
        shapes = ", ".join(f"{name} {split[name].shape}" for name in ("text_bert", "text", "audio", "vision"))
        for view, masks in [
            (split.complete(), "complete"),
            (split.under("modality", "LA"), "modality masks at LA, mask seed 1111"),
            (split.noisy(7, 3), "training noise of random masks, seed 7, draw 3"),
        ]:
            self.assertEqual(repr(view), f"<demo-film train, {masks}: {len(split)} samples; {shapes}>")

    def test_masked_arrays(self) -> None:
        split = opened("demo-film").test
        view = split.under("random", 0.5)
        self.assertEqual(view["audio"].dtype, np.float32)
        self.assertTrue((view["audio"][~view.kept["audio"]] == 0).all())
        self.assertTrue((view["audio"][view.kept["audio"]] == split["audio"][view.kept["audio"]]).all())
        ids, attention = view["text_bert"][:, 0], view["text_bert"][:, 1]
        self.assertTrue((ids[~view.kept["text"] & (attention == 1)] == 100).all())
        self.assertTrue((ids[attention == 0] == 0).all() and (attention == split["text_bert"][:, 1]).all())
        lengths = view["text_lengths"]
        self.assertTrue((ids[:, 0] == 101).all() and (ids[np.arange(len(ids)), lengths - 1] == 102).all())
        self.assertTrue((view["rates"] == 0.5).all() and view["rates"].shape == (len(split), 3))
        self.assertTrue((split.under("random", 0)["vision"] == split["vision"]).all())
        self.assertTrue((split.complete()["text_bert"] == split["text_bert"]).all())
        with self.assertRaises(ValueError):
            split["audio"][0] = 1  # the complete array is shared

    def test_the_exported_pickle_holds_the_same_arrays(self) -> None:
        import pickle

        data, path = opened("demo-film"), folder() / "half.pkl"
        program("export", data.path, "--rate", "0.5", "--masks", "block", "--seed", 7, "--out", path)
        with path.open("rb") as file:
            exported = pickle.load(file)
        view = data.test.under("block", 0.5, seed=7)
        for name in ("text_bert", "text", "audio", "vision"):
            self.assertTrue((exported["test"][name] == view[name]).all(), name)

    def test_conditions_of_one_protocol(self) -> None:
        split = opened("demo-film").test
        names = [str(view.condition) for view in split.conditions()]
        self.assertEqual(names, ["0", *(f"0.{tenth}" for tenth in range(1, 10)), "1"])
        subsets = [(str(view.condition), view.mask_seed) for view in split.conditions("modality", seeds=[3, 4])]
        self.assertEqual(subsets, [(name, 3) for name in ("L", "A", "V", "LA", "LV", "AV")])
        both = [(str(view.condition), view.mask_seed) for view in split.conditions("block", [0.5, 0.1], seeds=[3, 4])]
        self.assertEqual(both, [("0.1", 3), ("0.5", 3), ("0.1", 4), ("0.5", 4)])


class Names(unittest.TestCase):
    def test_conditions_are_named_as_by_the_program(self) -> None:
        listed = [condition.name for condition in _conditions.several(CONDITIONS)]
        with h5py.File(prepared("demo-film").with_suffix(".masks.h5")) as file:
            stored = set()
            for protocol in file.values():
                stored.update(protocol[f"seed-{SEEDS[0]}"]["test"].attrs["conditions"])
        self.assertEqual(set(listed), stored)
        for value, name in (
            (0.1 + 0.2, "0.3"),
            (1, "1"),
            ("l=1,a=0,v=0", "L"),
            ("v=0.5,l=0.5,a=0.5", "0.5"),
            ("0.00001", "0.00001"),
            (0.1000001, "0.1"),
            (1 / 3, "0.3333333333333333"),
            ((0.5), "0.5"),
        ):
            self.assertEqual(_conditions.one(value).name, name)

    def test_what_is_no_condition_is_refused(self) -> None:
        for value in (
            1.5,
            -0.1,
            float("nan"),
            "",
            "half",
            "0:1",
            "0:1:0",
            "1:0:0.1",
            "0:1:0.3",
            "0.1000001",
            "0.333333,0.3333333",
            "l=0.5,a=1",
            "LL",
            "AL",
            None,
            "1e-3",
            True and "x",
        ):
            with self.assertRaises(lnln_bench.Error, msg=repr(value)):
                _conditions.one(value)


class Training(unittest.TestCase):
    def compare(self, name: str, noise: str, seed: int, *flags: object, **options: object) -> None:
        data, path = opened(name), folder() / "noise.npz"
        flags = ("--noise", noise, "--seed", seed, "--epochs", "0:3", *flags, "--force", "--out", path)
        program("mask", "export", data.path, *flags)
        with np.load(path) as file:
            self.assertEqual(file["train_id"].tolist(), data.train.id)
            for row, epoch in enumerate(file["epoch"].tolist()):
                view = data.train.noisy(seed, epoch, noise=noise, **options)
                what = (name, noise, seed, epoch, options)
                self.assertEqual(view.draw, file["draw"][row], what)
                self.assertTrue((view.rates == file["train_rates"][row]).all(), what)
                for modality in ("text", "audio", "vision"):
                    self.assertTrue((view.kept[modality] == file[f"train_{modality}"][row]).all(), (modality, *what))
                self.assertEqual(view.hash, file["train_hash"][row], what)

    def test_fresh_noise_of_every_keyed_protocol(self) -> None:
        for name in CORPORA:
            self.compare(name, "fresh", 1111)
            for protocol in ("temporal", "block", "modality", "modality-random", "mixed"):
                self.compare(name, "fresh", 5, "--masks", protocol, mask_protocol=protocol)

    def test_fixed_and_cycled_noise(self) -> None:
        self.compare("demo-film", "fixed", 1)
        self.compare("demo-film", "cycle:2", 1)
        self.compare("demo-film", "cycle:3", 1, "--noise-rate", "0.4", rate=0.4)
        self.compare("demo-talk", "fresh", 2**64 - 1, "--noise-rate", "l=0.2,a=0.7,v=0.4", rate="l=0.2,a=0.7,v=0.4")

    def test_published_noise(self) -> None:
        for name in CORPORA:
            for noise in ("reference", "reference-refresh"):
                self.compare(name, noise, 1113, "--mask-seed", 7, mask_seed=7)
        options = {"mask_protocol": "reference-tfr", "rate": 0.5, "mask_seed": 7}
        self.compare(
            "demo-film", "fixed", 1, "--masks", "reference-tfr", "--noise-rate", "0.5", "--mask-seed", 7, **options
        )

    def test_what_run_refuses_is_refused(self) -> None:
        train = opened("demo-film").train
        for options in (
            {"noise": "clean"},
            {"noise": "cycle:0"},
            {"noise": "reference", "mask_protocol": "random"},
            {"noise": "reference", "rate": 0.5},
            {"noise": "fresh", "mask_protocol": "reference", "rate": 0.5},
            {"noise": "fixed", "mask_protocol": "reference-tfr"},
            {"noise": "reference", "mask_seed": 2**32},
            {"noise": "reference-loader:8"},
            {"noise": "reference-loader:8", "batch_size": 8, "order": np.zeros(3, np.int64)},
            {"rate": "two"},
            {"mask_protocol": "blokc"},
        ):
            with self.assertRaises(lnln_bench.Error, msg=options):
                train.noisy(1, 0, **options)
        for wrong in (-1, 2**64, 0.5, True, "1"):
            with self.assertRaises(lnln_bench.Error, msg=wrong):
                train.noisy(wrong)
        with self.assertRaisesRegex(lnln_bench.Error, "data.train"):
            opened("demo-film").test.noisy(1)


if __name__ == "__main__":
    unittest.main()
