"""Reads finished runs as one data frame."""

from __future__ import annotations

import csv
import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._errors import Error

_MASK = ["mask_protocol", "mask_seed", "condition"]
_NUMBERS = {"rate_text": float, "rate_audio": float, "rate_vision": float, "value": float, "mask_seed": int}


def results(runs: str | os.PathLike[str] = "runs", frame: str | None = None) -> Any:
    """Every score of every finished run, a row each, as a data frame of pandas or polars.

    Columns: `run`, `dataset`, `model`, `title`, `seed`; `mask_protocol`, `mask_seed`, `condition`, `rate_text`,
    `rate_audio`, `rate_vision`; `metric`, `value` (fractions, or label units), `undefined` (the reason where there is
    no value). `frame` is "pandas" or "polars" [default: the one that is installed, pandas first].
    """
    library = _library(frame)
    rows: list[dict[str, Any]] = []
    for folder, of_run in _finished(runs):
        for evaluation, masks in _evaluations(folder):
            with (evaluation / "scores.csv").open(newline="", encoding="utf-8") as file:
                lines = map(_typed, csv.DictReader(line for line in file if not line.startswith("#")))
                rows += [of_run | line for line in lines if _mask(line) in masks]
    if library.__name__ == "polars":
        types = {"seed": library.UInt64, "mask_seed": library.UInt64, "undefined": library.String}
        return library.DataFrame(rows, schema_overrides=types, infer_schema_length=None)
    return library.DataFrame(rows)


def predictions(runs: str | os.PathLike[str] = "runs", frame: str | None = None) -> Any:
    """Every prediction of every finished run, a row each: `run`, `model`, `title`, `seed` and the columns of
    `predictions.parquet` (docs/run-directory.md). `frame` as of `results`."""
    library = _library(frame)
    tables = []
    for folder, of_run in _finished(runs):
        names = {name: value for name, value in of_run.items() if name != "dataset"}
        for evaluation, masks in _evaluations(folder):
            tables.append(_predictions(library, evaluation / "predictions.parquet", names, masks))
    if library.__name__ == "polars":
        return library.concat(tables, how="diagonal")
    return library.concat(tables, ignore_index=True)


def _predictions(library: Any, path: Path, names: dict[str, Any], masks: set[tuple[Any, ...]]) -> Any:
    """The predictions of one evaluation under these masks, each row with `names`."""
    if library.__name__ == "polars":
        types = {name: library.UInt64 if name == "seed" else library.String for name in names}
        columns = [library.lit(value, types[name]).alias(name) for name, value in names.items()]
        table = library.read_parquet(path)
        passes = [_mask(row) in masks for row in table.select(_MASK).iter_rows(named=True)]
        return table.filter(library.Series(passes)).select(columns + [library.col(name) for name in table.columns])
    try:
        table = library.read_parquet(path)
    except ImportError as error:
        raise Error(
            f"pandas needs pyarrow to read {path}; install it (pip install pyarrow), or polars and give frame='polars'"
        ) from error
    keys = (dict(zip(_MASK, key)) for key in zip(*(table[name] for name in _MASK)))
    table = table[[_mask(key) in masks for key in keys]]
    return table.assign(**names)[[*names, *table.columns]]


def _mask(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a pass over the test split is made under."""
    return (row["mask_protocol"], row["mask_seed"], _condition(row["condition"]))


def _condition(text: Any) -> Any:
    """A missing rate as a number, anything else as its name."""
    try:
        return float(text)
    except ValueError:
        return text


def _evaluations(run: Path) -> Iterator[tuple[Path, set[tuple[Any, ...]]]]:
    """Folders of a run's evaluations by name, and the masks that each counts for: of several evaluations under one
    mask the first."""
    known: set[tuple[Any, ...]] = set()
    for done in sorted(run.glob("evaluations/[!.]*/DONE")):
        described = json.loads((done.parent / "evaluation.json").read_text(encoding="utf-8"))
        masks = {
            (one["mask_protocol"], seed, condition)
            for one in described["masks"]
            for seed in one["seeds"]
            for condition in one["conditions"]
        }
        yield done.parent, masks - known
        known |= masks


def _library(frame: str | None) -> Any:
    if frame not in (None, "pandas", "polars"):
        raise Error(f"expected frame='pandas' or 'polars', found {frame!r}")
    for name in [frame] if frame else ["pandas", "polars"]:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise Error(
        f"data frames need {frame or 'pandas or polars'}, which cannot be imported; install: pip install {frame or 'pandas'}"
    )


def _finished(runs: str | os.PathLike[str]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folders of finished runs, ascending, and what tells their rows apart."""
    folders = sorted(done.parent for done in Path(runs).glob("*/DONE"))
    if not folders:
        raise Error(
            f"{os.fspath(runs)}: expected a folder with finished runs, found none; `lnln-bench run` or `score` makes them"
        )
    for folder in folders:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        model = manifest["model"]
        yield (
            folder,
            {
                "run": manifest["id"],
                "dataset": manifest["dataset"]["name"],
                "model": model["name"],
                "title": model["title"],
                "seed": manifest["seed"],
            },
        )


def _typed(line: dict[str, str]) -> dict[str, Any]:
    """The numbers of a line of scores.csv as numbers; empty fields as None."""
    return {name: _NUMBERS.get(name, str)(value) if value else None for name, value in line.items()}
