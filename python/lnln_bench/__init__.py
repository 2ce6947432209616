"""Prepared data, masks, scores and results of lnln-bench in Python (docs/python.md).

import lnln_bench
data = lnln_bench.open("data/mosi.h5")
half = data.test.under("random", rate=0.5, seed=1111)   # the masks of `run` and `report`
noisy = data.train.noisy(seed=1, epoch=0)               # what `run --noise fresh` trains on
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from ._errors import Error
from ._program import program

if TYPE_CHECKING:
    from ._conditions import Condition
    from ._data import Data, Split
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

# Imported when first used: the program itself needs neither NumPy nor h5py.
_PLACES = {
    "Condition": "_conditions",
    "Data": "_data",
    "Split": "_data",
    "Collector": "_score",
    "collect": "_score",
    "score": "_score",
    "predictions": "_tables",
    "results": "_tables",
    "View": "_view",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f".{_PLACES[name]}", __name__)
    except ModuleNotFoundError as error:
        if error.name not in ("h5py", "numpy"):
            raise
        raise Error(f"`{name}` needs {error.name}, which is not installed: pip install 'lnln-bench[data]'") from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def open(path: str | os.PathLike[str]) -> Data:
    """Opens data that `lnln-bench prepare` wrote; arrays are read when they are first used."""
    made: Data = __getattr__("Data")(path)
    return made
