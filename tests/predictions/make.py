#!/usr/bin/env python3
"""Writes the Parquet files of this folder, with pandas, pyarrow, polars and DuckDB: make.py FOLDER"""
import datetime
import decimal
import json
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
ids, rates, seeds, values = ["a", "b"], [0.3, 0.5], [7, 8], [0.25, -1.5]
columns = {name: pa.array([7, 8], getattr(pa, name)()) for name in
           ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]}
columns |= {name: pa.array([0.3, -1.5], getattr(pa, name)()) for name in ["float32", "float64"]}
columns["float16"] = pa.array(np.array([0.3, -1.5], np.float16))
columns |= {name: pa.array(["a", None], getattr(pa, name)()) for name in ["string", "large_string"]}
columns["string_view"] = pa.array(["a", None], pa.string_view())
columns["binary"] = pa.array([b"a", None], pa.binary())
columns["bool"] = pa.array([True, False])
columns["decimal"] = pa.array([decimal.Decimal("0.30"), decimal.Decimal("-1.50")], pa.decimal128(5, 2))
columns["null"] = pa.array([None, None], pa.null())
columns["category"] = pa.array(["b", "a"]).dictionary_encode()
columns["category_int"] = pa.array([9, 7]).dictionary_encode()
columns["category_float"] = pa.array([0.5, 0.3]).dictionary_encode()
columns["date"] = pa.array([datetime.date(2024, 1, 2)] * 2)
columns["time"] = pa.array([datetime.time(1, 2)] * 2)
columns["timestamp"] = pa.array([datetime.datetime(2024, 1, 2)] * 2)
columns["duration"] = pa.array([datetime.timedelta(1)] * 2)
columns["wide"] = pa.array([decimal.Decimal(1)] * 2, pa.decimal256(50, 2))
columns["fixed"] = pa.array([b"ab", b"cd"], pa.binary(2))
columns["list"] = pa.array([[1], [2, 3]])
columns["struct"] = pa.array([{"x": 1, "y": "a"}] * 2)
columns["map"] = pa.array([[("x", 1)]] * 2, pa.map_(pa.string(), pa.int64()))
columns["last"] = pa.array([1, 2])
pq.write_table(pa.table(columns), f"{folder}/types.parquet")

frame = pd.DataFrame({"id": ids, "rate": rates, "seed": seeds, "prediction": values})
for name in ["id", "rate", "seed"]:
    frame[name] = frame[name].astype("category")
frame["when"] = pd.Timestamp(2024, 1, 2)
frame.to_parquet(f"{folder}/pandas.parquet")
pl.DataFrame({
    "id": pl.Series(ids, dtype=pl.Categorical), "rate": pl.Series(rates, dtype=pl.Float32),
    "seed": pl.Series(seeds, dtype=pl.UInt8), "prediction": pl.Series(values, dtype=pl.Float32),
    "model": pl.Series(["one", "two"], dtype=pl.Enum(["two", "one"])), "rows": [[1], [2]],
}).write_parquet(f"{folder}/polars.parquet")
# With checksums of its pages, and codes that Hugging Face's datasets names.
classes = {"names": ["0", "0.5"], "_type": "ClassLabel"}
table = pa.table({"id": ids, "rate": pa.array([1, 0], pa.int64()), "seed": seeds, "prediction": values})
table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": {"rate": classes}}})})
pq.write_table(table, f"{folder}/datasets.parquet", write_page_checksum=True, compression="none", use_dictionary=False)
duckdb.sql(f"""COPY (SELECT * FROM (VALUES ('a', 0.3, 7::UTINYINT, 0.25::FLOAT), ('b', 0.5, 8, -1.5))
    t(id, rate, seed, prediction)) TO '{folder}/duckdb.parquet' (FORMAT parquet)""")
