"""The other side of the comparison in README.md: plain PyTorch, eager or compiled, driven like side.rs."""

import sys
import time

import torch

from plain_lnln import MOSI, Lnln, bert

encoder, rows, threads, compiled = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "compile" in sys.argv


def resident(what):
    for line in open("/proc/self/status"):
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"expected {what} in /proc/self/status")


torch.set_num_threads(threads)
torch.manual_seed(1)
# Importing what a first step would import is not the model's memory.
from transformers import BertModel  # noqa: E402,F401

before = resident("VmRSS")
sizes = {"attn_implementation": "eager"}
model = Lnln(MOSI, bert(sizes, add_pooling_layer=True) if encoder == "bert" else None).train()
parameters = sum(p.numel() for p in model.parameters())
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4)


def drop(x, rate):
    steps = torch.arange(x.shape[1]) / x.shape[1]
    return x * (steps >= rate).unsqueeze(-1)


rates = [torch.tensor([[0.5 * ((row >> m) % 2)] for row in range(rows)]) for m in range(3)]
if encoder == "bert":
    ids = torch.randint(1000, 30000, (rows, 50))
    lost = torch.arange(50) / 50 < rates[0]
    whole = lambda ids: torch.stack([ids, torch.ones_like(ids), torch.zeros_like(ids)], 1)
    text = [whole(ids.masked_fill(lost, 100)), whole(ids)]
else:
    states = torch.randn(rows, 50, 768)
    text = [drop(states, rates[0]), states]
audio, vision, label = torch.randn(rows, 375, 5), torch.randn(rows, 500, 20), torch.randn(rows, 1)
masked = [text[0], drop(audio, rates[1]), drop(vision, rates[2])]
complete = [text[1], audio, vision]
objective = torch.compile(model.loss) if compiled else model.loss


def train():
    optimizer.zero_grad()
    objective(masked, complete, label, rates[0]).backward()
    optimizer.step()


@torch.no_grad()
def evaluate(size):
    model.eval()
    for start in range(0, rows, size):
        model([x[start : start + size] for x in masked])
    model.train()


for line in sys.stdin:
    started = time.perf_counter()
    match line.strip():
        case "train":
            train()
        case "evaluate":
            evaluate(rows)
        case "evaluate one by one":
            evaluate(1)
        case "memory":
            print(resident("VmHWM") - before - 16 * parameters, flush=True)
            continue
    print(time.perf_counter() - started, flush=True)
