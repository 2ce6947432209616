"""What the tests share: the program, and corpora that it prepares once.

`cargo test --test cli python_package` runs the tests with everything set up.
"""

from __future__ import annotations

import atexit
import functools
import os
import pickle
import shutil
import subprocess
import tempfile
from pathlib import Path

import lnln_bench

ROOT = Path(__file__).resolve().parents[2]
PROTOCOLS = ("random", "temporal", "block", "modality", "modality-random", "mixed", "reference", "reference-tfr")
CONDITIONS = "0:1:0.1,L,A,V,LA,LV,AV,l=0.2,a=0.7,v=0.4,l=0,a=1,v=0.33"
SEEDS = (1111, 7)


@functools.cache
def folder() -> Path:
    """A folder that is removed at the end."""
    made = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, made)
    return made


def program(*arguments: object) -> str:
    """What the program prints; an error with its message where it fails."""
    command = [os.environ["LNLN_BENCH"], *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder())
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def source(name: str) -> Path:
    """The pickle of a corpus; `words` is `demo-film` without token ids."""
    given = Path(os.environ["LNLN_BENCH_TEST_DATA"])
    if name != "words":
        return given / f"{name}.pkl"
    path = folder() / "words.pkl"
    data = pickle.loads((given / "demo-film.pkl").read_bytes())
    for split in data.values():
        del split["text_bert"]
    path.write_bytes(pickle.dumps(data))
    return path


@functools.cache
def prepared(name: str) -> Path:
    """A corpus with stored masks of every protocol."""
    data = folder() / name
    dataset = "demo-film" if name == "words" else name
    masks, seeds = ",".join(PROTOCOLS), ",".join(map(str, SEEDS))
    flags = ["--dataset", dataset, "--data", data, "--masks", masks, "--rates", CONDITIONS, "--mask-seeds", seeds]
    program("prepare", source(name), *flags)
    return data / f"{dataset}.h5"


def opened(name: str) -> lnln_bench.Data:
    """The same, opened."""
    return lnln_bench.open(prepared(name))


@functools.cache
def film_alone() -> Path:
    """`demo-film` prepared without masks, for runs."""
    program("prepare", source("demo-film"), "--dataset", "demo-film", "--data", folder() / "data", "--rates", "0,0.5")
    return folder() / "data" / "demo-film.h5"
