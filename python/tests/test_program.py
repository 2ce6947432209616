"""The command of the wheel, in environments whose PyTorch is right, wrong or absent."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import lnln_bench
from lnln_bench import _program

PACKAGE = Path(lnln_bench.__file__).parent


class Command(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.site = Path(folder.name) / "site"
        package = self.site / "lnln_bench"
        package.mkdir(parents=True)
        for file in PACKAGE.glob("*.py"):
            (package / file.name).symlink_to(file)
        (package / "bin").mkdir()
        # In place of the program: what it is called with.
        program = package / "bin" / "lnln-bench"
        program.write_text('#!/bin/sh\necho "$@"\necho "libraries ${LD_LIBRARY_PATH:-none}"\n')
        program.chmod(0o755)

    def torch(self, folder: Path, version: str) -> None:
        (folder / f"torch-{version}.dist-info").mkdir(parents=True)
        (folder / f"torch-{version}.dist-info" / "METADATA").write_text(f"Name: torch\nVersion: {version}\n")
        (folder / "torch" / "lib").mkdir(parents=True)
        (folder / "torch" / "__init__.py").write_text("raise SystemExit('imported')\n")

    def call(self, *paths: Path) -> subprocess.CompletedProcess[str]:
        code = "from lnln_bench._program import main; main()"
        # -S: without the site-packages of the Python that runs the tests.
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(map(str, [self.site, *paths]))}
        command = [sys.executable, "-S", "-c", code, "list", "a b"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def test_the_program_is_started_with_its_arguments(self) -> None:
        self.torch(self.site, _program.TORCH + "+cu130")
        called = self.call()
        self.assertEqual((called.returncode, called.stdout), (0, "list a b\nlibraries none\n"), called.stderr)

    def test_pytorch_may_be_in_another_folder(self) -> None:
        other = self.site.parent / "other"
        self.torch(other, _program.TORCH)
        self.assertEqual(self.call(other).stdout, f"list a b\nlibraries {other}/torch/lib\n")

    def test_another_version_is_named_with_the_one_wanted(self) -> None:
        self.torch(self.site, "2.9.1+cpu")
        called = self.call()
        self.assertEqual(called.returncode, 5)
        for part in ("error: expected PyTorch 2.11.0", "pip install torch==2.11.0", "found 2.9.1+cpu"):
            self.assertIn(part, called.stderr)

    def test_no_pytorch_is_an_error(self) -> None:
        called = self.call()
        self.assertEqual(called.returncode, 5)
        self.assertIn("found no PyTorch", called.stderr)

    def test_a_package_without_its_program_says_so(self) -> None:
        (self.site / "lnln_bench" / "bin" / "lnln-bench").unlink()
        self.assertIn("install the wheel", self.call().stderr)

    def test_what_needs_numpy_says_so(self) -> None:
        code = "import lnln_bench; assert 'open' in dir(lnln_bench); lnln_bench.open('x.h5')"
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.site)}
        command = [sys.executable, "-S", "-c", code]
        called = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        self.assertIn("which is not installed: pip install 'lnln-bench[data]'", called.stderr)
