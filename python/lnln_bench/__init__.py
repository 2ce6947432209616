"""Prepared data, masks, scores and results of lnln-bench in Python (docs/python.md).

import lnln_bench
data = lnln_bench.open("data/mosi.h5")
half = data.test.under("random", rate=0.5, seed=1111)   # the masks of `run` and `report`
noisy = data.train.noisy(seed=1, epoch=0)               # what `run --noise fresh` trains on
"""

from __future__ import annotations

import os

from ._conditions import Condition
from ._data import Data, Split
from ._errors import Error
from ._program import program
from ._score import Collector, collect, score
from ._tables import predictions, results
from ._view import View

__all__ = [
    "Collector",
    "Condition",
    "Data",
    "Error",
    "Split",
    "View",
    "collect",
    "open",
    "predictions",
    "program",
    "results",
    "score",
]


def open(path: str | os.PathLike[str]) -> Data:
    """Opens data that `lnln-bench prepare` wrote; arrays are read when they are first used."""
    return Data(path)
