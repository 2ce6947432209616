#!/usr/bin/env python3
"""The conversion a user of MMSA's files would write: baseline.py in.pkl out.h5"""
import pickle
import sys

import h5py
import numpy as np

with open(sys.argv[1], "rb") as file:
    data = pickle.load(file)
with h5py.File(sys.argv[2], "w") as out:
    for split, columns in data.items():
        for name, column in columns.items():
            column = np.asarray(column)
            if column.dtype.kind == "f":
                column = column.astype(np.float32)
            elif column.dtype.kind == "U":
                column = column.astype(object)
            out[f"{split}/{name}"] = column
