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
        with (folder / "scores.csv").open(newline="", encoding="utf-8") as file:
            lines = csv.DictReader(line for line in file if not line.startswith("#"))
            rows += [of_run | _typed(line) for line in lines]
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
        path = folder / "predictions.parquet"
        names = {name: value for name, value in of_run.items() if name != "dataset"}
        if library.__name__ == "polars":
            types = {name: library.UInt64 if name == "seed" else library.String for name in names}
            columns = [library.lit(value, types[name]).alias(name) for name, value in names.items()]
            table = library.read_parquet(path)
            tables.append(table.select(columns + [library.col(name) for name in table.columns]))
        else:
            try:
                table = library.read_parquet(path)
            except ImportError as error:
                raise Error(
                    f"pandas needs pyarrow to read {path}; install it (pip install pyarrow), or polars and give frame='polars'"
                ) from error
            tables.append(table.assign(**names)[[*names, *table.columns]])
    if library.__name__ == "polars":
        return library.concat(tables, how="diagonal")
    return library.concat(tables, ignore_index=True)


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
