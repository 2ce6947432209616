"""Tensors and data sets of PyTorch, and the example of a model of one's own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import unittest

import numpy as np
from support import ROOT, film_alone, folder, opened

NO_TORCH = "no PyTorch: pip install torch into this Python"


@unittest.skipIf(importlib.util.find_spec("torch") is None, NO_TORCH)
class Torch(unittest.TestCase):
    def test_tensors(self) -> None:
        import torch

        view = opened("demo-film").train.noisy(1, 2)
        tensors = view.tensors()
        self.assertEqual((tensors["text_bert"].dtype, tensors["audio"].dtype), (torch.int64, torch.float32))
        self.assertNotIn("id", tensors)
        self.assertTrue(np.array_equal(tensors["vision"].numpy(), view["vision"]))
        self.assertTrue(np.array_equal(tensors["rates"].numpy(), view.rates.astype(np.float32)))

    def test_a_data_set_for_a_loader(self) -> None:
        from torch.utils.data import DataLoader, Dataset

        split = opened("demo-film").test
        dataset = split.under("random", 0.3).dataset()
        self.assertIsInstance(dataset, Dataset)
        self.assertEqual((len(dataset), len(split.dataset())), (len(split), len(split)))
        batches = list(DataLoader(dataset, batch_size=7))
        rows = np.concatenate([batch["index"].numpy() for batch in batches])
        self.assertEqual(rows.tolist(), list(range(len(split))))
        labels = np.concatenate([batch["labels"].numpy() for batch in batches])
        self.assertTrue(np.array_equal(labels, split.labels))

    def test_the_example_of_a_model_of_ones_own(self) -> None:
        script = ROOT / "docs" / "examples" / "own_model.py"
        lines = [line for line in script.read_text().splitlines() if line.strip()]
        self.assertLess(len(lines), 60)
        work = folder() / "own-model"
        work.mkdir()
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
        command = [sys.executable, script, film_alone(), "1"]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (work / "reports" / "mine" / "report.md").read_text()
        self.assertIn("GRU (mine)", page)
        self.assertIn("LNLN", page)


if __name__ == "__main__":
    unittest.main()
