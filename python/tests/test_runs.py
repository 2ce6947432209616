"""Runs: the noise that `run` trained on, external predictions, data frames, messages."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
from support import film_alone, folder, opened, program

import lnln_bench

# The noises of `run`, with a run that trains on each; batch size and epochs as in `trained`.
NOISES = ("fresh", "cycle:2", "fixed", "reference", "reference-loader:3", "reference-refresh")
BATCH = 16


def trained(runs: Path, *flags: object) -> list[dict[str, object]]:
    """Trains a small model; the manifests of the runs that are new."""
    before = set(runs.glob("*/manifest.json"))
    with_all = [
        "--datasets",
        "demo-film",
        "--models",
        "lf_dnn",
        "--encoder",
        "features",
        "--device",
        "cpu",
        "--threads",
        1,
    ]
    with_all += [
        "--epochs",
        1,
        "--batch-size",
        BATCH,
        "--rates",
        "0,0.5",
        "--data",
        film_alone().parent,
        "--runs",
        runs,
    ]
    program("run", *with_all, *flags)
    return [json.loads(path.read_text()) for path in set(runs.glob("*/manifest.json")) - before]


class FirstNoise(unittest.TestCase):
    def test_a_run_trains_on_the_masks_of_this_package(self) -> None:
        train, runs = lnln_bench.open(film_alone()).train, folder() / "noise-runs"
        for noise in NOISES:
            (manifest,) = trained(runs, "--noise", noise, "--seeds", 1113, "--mask-seeds", 7)
            batch = BATCH if "loader" in noise else None
            view = train.noisy(1113, 0, noise=noise, mask_seed=7, batch_size=batch)
            self.assertEqual(manifest["training"]["first_noise"], view.hash, noise)
        (manifest,) = trained(runs, "--noise", "clean", "--seeds", 1113)
        self.assertIsNone(manifest["training"]["first_noise"])


class Score(unittest.TestCase):
    def setUp(self) -> None:
        self.data = lnln_bench.open(film_alone())
        self.runs = folder() / f"runs-{self.id()}"

    def predictions(self, view: lnln_bench.View, seed: int) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(0, 0.5, len(view))
        return view["labels"] * (1 - view.rates[:, 0]) + noise

    def collected(self, **options: object) -> list[Path]:
        with lnln_bench.collect(self.data, "mine", runs=self.runs, **options) as mine:
            for seed in (1, 2):
                for view in self.data.test.conditions("random", "0,0.5"):
                    mine.add(view, self.predictions(view, seed), seed=seed)
        return mine.runs

    def test_collected_predictions_are_runs_that_report_shows(self) -> None:
        folders = self.collected(title="Mine, all mine", parameters=10)
        self.assertEqual(len(folders), 2)
        trained(self.runs, "--seeds", "1,2")
        program("report", self.runs, "--out", folder() / "report")
        page = (folder() / "report" / "report.md").read_text()
        self.assertIn("Mine, all mine", page)
        self.assertIn("LF-DNN", page)
        self.assertIn("Mine, all mine: predicted outside of this program, masks verified by their hashes.", page)

    def test_the_same_predictions_are_the_same_runs(self) -> None:
        folders = self.collected()
        self.assertEqual(self.collected(), folders)
        rows = {name: [] for name in ("id", "rate", "seed", "prediction")}
        for seed in (1, 2):
            for view in self.data.test.conditions("random", "0,0.5"):
                rows["id"] += view.id
                rows["rate"] += [view.condition.rates[0]] * len(view)
                rows["seed"] += [seed] * len(view)
                rows["prediction"] += self.predictions(view, seed).astype(np.float32).tolist()
        self.assertEqual(lnln_bench.score(rows, self.data, "mine", runs=self.runs), folders)
        import polars

        renamed = polars.DataFrame(rows).rename({"prediction": "output"})
        columns = {"prediction": "output"}
        self.assertEqual(lnln_bench.score(renamed, self.data.path, "mine", runs=self.runs, columns=columns), folders)

    def test_an_error_in_the_block_writes_nothing(self) -> None:
        with self.assertRaises(KeyError), lnln_bench.collect(self.data, "mine", runs=self.runs) as mine:
            view = self.data.test.under("random", 0)
            mine.add(view, self.predictions(view, 1), seed=1)
            raise KeyError
        self.assertFalse(self.runs.exists())

    def test_what_is_wrong_is_named(self) -> None:
        mine = lnln_bench.collect(self.data, "mine", runs=self.runs)
        view = self.data.test.under("random", 0.5)
        good = self.predictions(view, 1)
        bad = good.copy()
        bad[3] = np.nan
        mine.add(view, good, seed=1)
        for message, arguments in (
            ("added twice", (view, good)),
            (f"{len(view)} predictions", (view, good[1:])),
            ("nan for sample " + re.escape(view.id[3]), (view, bad)),
            ("rate=0", (self.data.test.complete(), good)),
            ("this data's test split", (self.data.valid.under("random", 0.5), good)),
            ("this data's test split", (opened("demo-talk").test.under("random", 0.5), good)),
        ):
            with self.assertRaisesRegex(lnln_bench.Error, message):
                mine.add(*arguments, seed=1)
        with self.assertRaisesRegex(lnln_bench.Error, "expected predictions"), lnln_bench.collect(self.data, "mine"):
            pass
        with self.assertRaisesRegex(lnln_bench.Error, "one length"):
            lnln_bench.score({"id": [1], "rate": []}, self.data)
        with self.assertRaisesRegex(lnln_bench.Error, "found int"):
            lnln_bench.score(3, self.data)
        # The program's own message, without its `error:`.
        unknown = {"id": ["nobody"], "rate": [0], "seed": [1], "prediction": [0.0]}
        with self.assertRaisesRegex(lnln_bench.Error, "(?s)^(?!error).*nobody"):
            lnln_bench.score(unknown, self.data, runs=self.runs)
        self.assertFalse(self.runs.exists())

    def test_warnings_of_the_program_are_shown(self) -> None:
        view, shown = self.data.test.under("random", 0), io.StringIO()
        with contextlib.redirect_stderr(shown), lnln_bench.collect(self.data, "flat", runs=self.runs) as mine:
            mine.add(view, np.full(len(view), 0.25), seed=1)
        self.assertIn("--allow constant", shown.getvalue())
        with contextlib.redirect_stderr(io.StringIO()) as shown:
            with lnln_bench.collect(self.data, "flat", runs=self.runs, allow=["constant"]) as mine:
                mine.add(view, np.full(len(view), 0.25), seed=2)
        self.assertNotIn("--allow constant", shown.getvalue())


class Tables(unittest.TestCase):
    def test_results_and_predictions(self) -> None:
        import polars

        data, runs = lnln_bench.open(film_alone()), folder() / "table-runs"
        view = data.test.under("random", 0.5)
        with lnln_bench.collect(data, "mine", runs=runs, allow=["range", "scale", "order"]) as mine:
            mine.add(view, view["labels"] + 0.5, seed=4)
        (run,) = mine.runs
        scores = lnln_bench.results(runs, frame="polars")
        self.assertEqual(scores.columns[:5], ["run", "dataset", "model", "title", "seed"])
        self.assertEqual(scores["run"].unique().to_list(), [run.name])
        mae = scores.filter(polars.col("metric") == "mae")
        self.assertAlmostEqual(mae["value"][0], 0.5, places=6)
        self.assertEqual((mae["condition"][0], mae["rate_text"][0], mae["mask_seed"][0]), ("0.5", 0.5, 1111))
        stored = lnln_bench.predictions(runs, frame="polars")
        self.assertEqual(stored["id"].to_list(), view.id)
        self.assertEqual(stored["seed"].unique().to_list(), [4])
        self.assertTrue(np.allclose(stored["prediction"].to_numpy(), view["labels"] + 0.5))
        with self.assertRaisesRegex(lnln_bench.Error, "finished runs"):
            lnln_bench.results(folder() / "nothing", frame="polars")
        with self.assertRaisesRegex(lnln_bench.Error, "pandas"):
            lnln_bench.results(runs, frame="excel")
        with mock.patch.dict("sys.modules", {"pandas": None, "polars": None}):
            with self.assertRaisesRegex(lnln_bench.Error, "pip install pandas"):
                lnln_bench.results(runs)


class Files(unittest.TestCase):
    def test_what_is_not_prepared_data_is_refused(self) -> None:
        text = folder() / "text.h5"
        text.write_text("no HDF5")
        for path, message in (
            (folder() / "none.h5", "found none"),
            (text, "found something else"),
            (opened("demo-film").path.with_suffix(".masks.h5"), "expected prepared data"),
        ):
            with self.assertRaisesRegex(lnln_bench.Error, message):
                lnln_bench.open(path)
        with self.assertRaisesRegex(lnln_bench.Error, "expected one of"):
            opened("demo-film").test["adio"]

    def test_the_program_is_looked_for(self) -> None:
        from lnln_bench import _program

        named = os.environ["LNLN_BENCH"]
        self.assertEqual(str(_program.find()), named)
        with mock.patch.dict(os.environ, {"LNLN_BENCH": str(folder() / "nothing")}):
            with self.assertRaisesRegex(lnln_bench.Error, "unset the variable"):
                _program.find()
        bare = {"PATH": str(Path(named).parent)}
        with mock.patch.dict(os.environ, bare, clear=True):
            self.assertEqual(str(_program.find()), named)
        with mock.patch.dict(os.environ, {"PATH": ""}, clear=True):
            with self.assertRaisesRegex(lnln_bench.Error, "make install"):
                _program.find()


if __name__ == "__main__":
    unittest.main()
