"""Turns predictions of a model into runs, which `report` shows beside its own."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ._data import Data
from ._errors import Error
from ._program import program
from ._view import View

COLUMNS = ("id", "condition", "seed", "mask_protocol", "mask_seed", "mask_hash", "prediction")


def score(
    predictions: Any,
    data: Data | str | os.PathLike[str],
    model: str | None = None,
    *,
    runs: str | os.PathLike[str] = "runs",
    title: str | None = None,
    citation: str | None = None,
    parameters: int | None = None,
    mask_protocol: str | None = None,
    mask_seed: int | None = None,
    columns: Mapping[str, str] | None = None,
    allow: Iterable[str] = (),
) -> list[Path]:
    """Makes runs of predictions by `lnln-bench score`, one per seed; returns their folders.

    `predictions` is a CSV or Parquet file, a data frame, or a dict of columns: `id`, `rate` or `condition`, `seed`,
    `prediction`; optional `mask_protocol`, `mask_seed`, `mask_hash`, `model` (docs/score.md). The other arguments are the flags of
    the same names; `columns` is `--column`: {"prediction": "y_hat"}.
    """
    path = data.path if isinstance(data, Data) else Path(data)
    flags: list[str] = ["--data", str(path), "--runs", str(runs)]
    options = {"--model": model, "--title": title, "--citation": citation, "--parameters": parameters}
    options |= {"--mask-protocol": mask_protocol, "--mask-seed": mask_seed}
    for flag, value in options.items():
        flags += [] if value is None else [f"{flag}={value}"]
    for role, name in (columns or {}).items():
        flags.append(f"--column={role}={name}")
    flags += [f"--allow={check}" for check in allow]
    before = _folders(Path(runs))
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(predictions, (str, os.PathLike)):
            file = Path(predictions)
        else:
            file = Path(folder) / "predictions.csv"
            _write(file, predictions)
        printed = program("score", file, *flags)
    return _made(Path(runs), before, printed)


def _folders(runs: Path) -> set[Path]:
    return {done.parent for done in runs.glob("*/DONE")}


def _made(runs: Path, before: set[Path], printed: str) -> list[Path]:
    """The folders that `score` named, or made."""
    named = {folder for folder in _folders(runs) if folder.name in printed}
    return sorted(named or _folders(runs) - before)


def _write(path: Path, predictions: Any) -> None:
    """Writes a data frame of pandas or polars, or a dict of columns, as CSV."""
    table = {str(name): _list(predictions[name]) for name in _names(predictions)}
    sizes = {name: len(column) for name, column in table.items()}
    if not table or len(set(sizes.values())) != 1:
        raise Error(f"expected columns of one length, found {sizes or 'no column'}")
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(table)
        out.writerows(zip(*table.values()))


def _names(predictions: Any) -> list[Any]:
    if isinstance(predictions, Mapping) or hasattr(predictions, "columns"):
        return list(predictions if isinstance(predictions, Mapping) else predictions.columns)
    raise Error(
        f"expected predictions as a path, a data frame or a dict of columns, found {type(predictions).__name__}"
    )


def _list(column: Any) -> list[Any]:
    """Values of a column; a tensor of PyTorch is taken off its device."""
    if hasattr(column, "detach"):
        column = column.detach().cpu().numpy()
    if hasattr(column, "to_list"):
        return list(column.to_list())
    return list(column.tolist() if isinstance(column, np.ndarray) else column)


class Collector:
    """Collects predictions under many conditions; scores them when its `with` block ends without an error."""

    def __init__(self, data: Data | str | os.PathLike[str], model: str, **options: Any) -> None:
        self.data = data if isinstance(data, Data) else Data(data)
        self.model, self.options = model, options
        # The folders of the runs, once they are scored.
        self.runs: list[Path] = []
        self._rows: list[tuple[Any, ...]] = []
        self._seen: set[tuple[Any, ...]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            if not self._rows:
                raise Error(
                    "expected predictions, found none; add(view, predictions, seed=...) takes those of one condition"
                )
            self.runs = score(dict(zip(COLUMNS, zip(*self._rows))), self.data, self.model, **self.options)

    def add(self, view: View, predictions: Any, *, seed: int) -> None:
        """Adds the predictions of all samples of a view of the test split, in its order, by the training with this seed."""
        if (
            view.split.data.content_hash != self.data.content_hash
            or view.split.name != "test"
            or view.condition is None
        ):
            raise Error(
                "expected a view of this data's test split under a condition, from data.test.under or data.test.conditions, found another; a complete split is condition 0: under('random', rate=0)"
            )
        values = np.asarray(_list(predictions), np.float64).reshape(-1)
        if len(values) != len(view):
            raise Error(
                f"expected {len(view)} predictions, one per sample of test, found {len(values)} at condition {view.condition}"
            )
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise Error(
                f"expected finite predictions, found {values[bad[0]]} for sample {view.id[bad[0]]} at condition {view.condition}, seed {seed}"
            )
        case = (view.condition.name, int(seed), view.mask_protocol, view.mask_seed)
        if case in self._seen:
            raise Error(
                f"condition {case[0]} of {case[2]}, mask seed {case[3]}, was added twice for seed {seed}; give each training another seed"
            )
        self._seen.add(case)
        self._rows += [(sample, *case, view.hash, float(np.float32(value))) for sample, value in zip(view.id, values)]


def collect(data: Data | str | os.PathLike[str], model: str, **options: Any) -> Collector:
    """A context manager that collects predictions and then writes runs of them; `options` as of `score`.

    with lnln_bench.collect(data, model="mine") as mine:
        for view in data.test.conditions("random", "0:1:0.1"):
            mine.add(view, predict(view), seed=1)
    """
    return Collector(data, model, **options)
