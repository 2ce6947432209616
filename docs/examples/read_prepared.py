#!/usr/bin/env python3
"""Read a prepared file: read_prepared.py data/mosi.h5"""
import json
import sys

import h5py

with h5py.File(sys.argv[1]) as file:
    print(file.attrs["dataset"], file.attrs["layout"], "from", file.attrs["source_name"])
    print("replaced by 0:", json.loads(file.attrs["non_finite"]))
    for split in ("train", "valid", "test"):
        ids = file[split]["id"].asstr()[:]  # str per sample
        audio = file[split]["audio"]  # float32 (sample, step, feature), read when indexed
        steps = file[split]["audio_lengths"][:]  # valid frames per sample
        labels = file[split]["regression_labels"][:]
        first = audio[0, : steps[0]]  # the first sample without its padding
        print(split, len(ids), ids[0], first.shape, "label", labels[0], "mean", labels.mean())
        print("  audio:", [dim.label for dim in audio.dims], audio.attrs["units"])
        tokens, attention, segments = file[split]["text_bert"][0]
        print("  tokens:", tokens[attention == 1][:8].tolist())
