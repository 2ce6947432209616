"""A model of your own beside LNLN: trained on the suite's noise, scored under its masks, reported in one table.

    python own_model.py data/mosi.h5 [EPOCHS]

Needs the wheel with its extra `data` (docs/python.md).
"""

import copy
import sys

import lnln_bench
import torch
from torch import nn

SEEDS, LAYERS = (1111, 1112), ("text", "audio", "vision")
data = lnln_bench.open(sys.argv[1])
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 10


class Gru(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.read = nn.ModuleList(nn.GRU(width, 32, batch_first=True) for width in widths)
        self.out = nn.Linear(3 * 32, 1)

    def forward(self, batch):
        states = []
        for name, gru in zip(LAYERS, self.read):
            steps, _ = gru(batch[name])
            last = batch[f"{name}_lengths"].clamp(min=1) - 1
            states.append(steps[torch.arange(len(last)), last])
        return self.out(torch.cat(states, 1)).squeeze(1)


def predict(model, view):
    with torch.no_grad():
        return model(view.tensors())


def train(seed):
    torch.manual_seed(seed)
    model = Gru([data.train[name].shape[2] for name in LAYERS])
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    validation, best = list(data.valid.conditions("random", "0,0.3,0.6,0.9")), (float("inf"), None)
    for epoch in range(epochs):
        noisy = data.train.noisy(seed, epoch).tensors()  # what `run --noise fresh` trains on
        for rows in torch.randperm(len(data.train)).split(32):
            loss = (model({k: v[rows] for k, v in noisy.items()}) - noisy["labels"][rows]).abs().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        error = sum((predict(model, v) - torch.tensor(v["labels"])).abs().mean().item() for v in validation)
        print(f"seed {seed}, epoch {epoch + 1} of {epochs}: validation MAE {error / len(validation):.3f}", flush=True)
        best = min(best, (error, copy.deepcopy(model.state_dict())), key=lambda pair: pair[0])
    model.load_state_dict(best[1])
    return model


with lnln_bench.collect(data, "gru", title="GRU (mine)", runs="runs") as mine:
    for seed in SEEDS:
        model = train(seed)
        for view in data.test.conditions("random", "0:1:0.1"):
            mine.add(view, predict(model, view), seed=seed)
lnln_bench.program("run", "--datasets", data.name, "--data", data.path.parent, "--models", "lnln", "--encoder",
                   "features", "--epochs", epochs, "--seeds", "1111,1112", "--runs", "runs")  # fmt: skip
print(lnln_bench.program("report", "runs", "--out", "reports/mine"))
