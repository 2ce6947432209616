"""Finds and calls the program `lnln-bench`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ._errors import Error

VARIABLE = "LNLN_BENCH"
# The version of PyTorch whose libraries the program is linked with.
TORCH = "2.11.0"
_OWN = Path(__file__).parent / "bin" / "lnln-bench"


def main() -> None:
    """The command `lnln-bench` of the wheel: becomes the program."""
    try:
        if not _OWN.is_file():
            raise Error(
                f"expected the program at {_OWN}, found none: this package was installed from its source folder, which has no program; install the wheel"
            )
        environment = _environment()
    except Error as error:
        sys.stderr.write(f"error: {error}\n")
        # As the program where a device or an encoder is missing.
        sys.exit(5)
    os.execve(_OWN, [str(_OWN), *sys.argv[1:]], environment)


def _environment() -> dict[str, str]:
    """The variables under which the program of this package finds the libraries of PyTorch."""
    wanted = f"PyTorch {TORCH}, whose libraries the program is linked with: pip install torch=={TORCH}"
    try:
        found = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        raise Error(f"expected {wanted}; found no PyTorch in {sys.prefix}") from None
    if found.split("+")[0] != TORCH:
        raise Error(f"expected {wanted}; found {found} in {sys.prefix}")
    # Found without being imported, which would take seconds.
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise Error(f"expected {wanted}; found its description without its files in {sys.prefix}")
    folder = Path(spec.origin).parent / "lib"
    environment = dict(os.environ)
    if folder != _OWN.parents[2] / "torch" / "lib":
        # Beside the package, as here it is not, the program finds them by itself.
        others = [path for path in environment.get("LD_LIBRARY_PATH", "").split(":") if path]
        environment["LD_LIBRARY_PATH"] = ":".join([str(folder), *others])
    return environment


def find() -> Path:
    """The program: the one that `LNLN_BENCH` names, that of this package, or that on the PATH."""
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or not Path(named).is_file():
            raise Error(
                f"{VARIABLE}={named}: expected the program lnln-bench, found none that can be executed; correct or unset the variable"
            )
        return Path(named)
    if _OWN.is_file():
        return _OWN
    found = shutil.which("lnln-bench")
    if not found:
        raise Error(
            f"expected the program lnln-bench, found none: neither in {VARIABLE}, nor in this package, nor on the PATH; install it (`pip install` its wheel, or `make install` in its source), or set {VARIABLE} to its path"
        )
    return Path(found)


def program(*arguments: object) -> str:
    """Runs `lnln-bench` with these arguments, paths and numbers included; what it printed.

    An `Error` has its message where it fails. Its warnings go to stderr.
    """
    found = find()
    command = [str(found), *map(str, arguments)]
    environment = _environment() if found == _OWN else None
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, env=environment
    )
    if done.returncode != 0:
        message = done.stderr.strip() or f"`{' '.join(command)}` ended with exit code {done.returncode}"
        raise Error(message.removeprefix("error: "))
    # Assumptions and warnings about what was given.
    sys.stderr.write(done.stderr)
    return done.stdout
