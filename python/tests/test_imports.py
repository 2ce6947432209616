"""The package without PyTorch, and its version."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import unittest
import unittest.mock

from support import ROOT, opened

import lnln_bench


class Imports(unittest.TestCase):
    def test_nothing_imports_torch_or_data_frames(self) -> None:
        script = (
            "import sys, lnln_bench; print([m for m in ('torch', 'pandas', 'polars', 'blake3') if m in sys.modules])"
        )
        found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(found.stdout.strip(), "[]")

    def test_tensors_without_torch_name_what_to_install(self) -> None:
        with unittest.mock.patch.dict("sys.modules", {"torch": None, "lnln_bench._torch": None}):
            del sys.modules["lnln_bench._torch"]
            with self.assertRaisesRegex(lnln_bench.Error, "pip install torch"):
                opened("demo-film").test.tensors()

    def test_the_version_is_that_of_the_crate(self) -> None:
        project = tomllib.loads((ROOT / "python" / "pyproject.toml").read_text())["project"]
        crate = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
        self.assertEqual(project["version"], crate[1])
        self.assertEqual(project["name"], "lnln-bench")

    def test_the_notebook_is_the_example_with_its_outputs(self) -> None:
        examples = ROOT / "docs" / "examples"
        cells = json.loads((examples / "own_model.ipynb").read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        self.assertEqual([cell["execution_count"] for cell in code], list(range(1, len(code) + 1)))
        self.assertFalse([output for cell in code for output in cell["outputs"] if output["output_type"] == "error"])
        script = (examples / "own_model.py").read_text(encoding="utf-8")
        shared = [text for cell in code if (text := "".join(cell["source"])).startswith(("class ", "def "))]
        self.assertEqual(len(shared), 2)
        for text in shared:
            self.assertIn(text, script)


if __name__ == "__main__":
    unittest.main()
