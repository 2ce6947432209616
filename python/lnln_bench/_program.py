"""Finds and calls the program `lnln-bench`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ._errors import Error

VARIABLE = "LNLN_BENCH"


def find() -> Path:
    """The program: the one that `LNLN_BENCH` names, that of this package, or that on the PATH."""
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or not Path(named).is_file():
            raise Error(
                f"{VARIABLE}={named}: expected the program lnln-bench, found none that can be executed; correct or unset the variable"
            )
        return Path(named)
    own = Path(__file__).parent / "bin" / "lnln-bench"
    if own.is_file():
        return own
    found = shutil.which("lnln-bench")
    if not found:
        raise Error(
            f"expected the program lnln-bench, found none: neither in {VARIABLE}, nor in this package, nor on the PATH; install it (`make install` in its source), or set {VARIABLE} to its path"
        )
    return Path(found)


def program(*arguments: object) -> str:
    """Runs `lnln-bench` with these arguments, paths and numbers included; what it printed.

    An `Error` has its message where it fails. Its warnings go to stderr.
    """
    command = [str(find()), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        message = done.stderr.strip() or f"`{' '.join(command)}` ended with exit code {done.returncode}"
        raise Error(message.removeprefix("error: "))
    # Assumptions and warnings about what was given.
    sys.stderr.write(done.stderr)
    return done.stdout
