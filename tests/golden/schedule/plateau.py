"""Records torch.optim.lr_scheduler.ReduceLROnPlateau: python plateau.py > plateau.json (PyTorch 2.11)."""

import json
import math
import random

import torch


def record(rate, patience, values):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([parameter], lr=rate)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.1, patience=patience)
    rates = []
    for value in values:
        plateau.step(value)
        rates.append(optimizer.param_groups[0]["lr"])
    shown = [None if math.isnan(value) else value for value in values]
    return {"rate": rate, "patience": patience, "values": shown, "rates": rates}


def falling(draw, epochs, noise):
    return [round(1.5 * math.exp(-epoch / 20) + noise * draw.random(), 6) for epoch in range(epochs)]


draw = random.Random(1111)
cases = [
    # MulT on MOSI, MOSEI and SIMS; a value that stays; steps just below and above the threshold; NaN.
    record(2e-3, 5, falling(draw, 60, 0.3)),
    record(5e-4, 20, falling(draw, 120, 0.5)),
    record(2e-3, 10, falling(draw, 80, 0.2)),
    record(1e-3, 1, [1.0] * 24),
    record(1e-3, 2, [1.0 * (1 - 0.99e-4) ** i for i in range(12)] + [(1 - 1.01e-4) ** i for i in range(30, 42)]),
    record(1e-2, 2, [1.0, math.nan, 0.5, math.nan, math.nan, math.nan, 0.4, 0.4, 0.4, 0.4]),
]
source = f"torch {torch.__version__} ReduceLROnPlateau(mode='min', factor=0.1); rates[i] is the rate after values[i]"
print(json.dumps({"source": source, "cases": cases}))
