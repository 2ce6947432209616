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
model = Lnln(MOSI, None if encoder == "states" else bert(sizes, add_pooling_layer=True)).train()
parameters = sum(p.numel() for p in model.parameters())
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4)


# As in side.rs: tokens of a text with its two ends, in turn.
LENGTHS = [6, 9, 11, 13, 15, 18, 22, 30]


def drop(x, rate):
    steps = torch.arange(x.shape[1]) / x.shape[1]
    return x * (steps >= rate).unsqueeze(-1)


def lose(tokens, rate):
    ids, attended, segments = tokens.unbind(1)
    draws = (torch.arange(ids.numel(), dtype=torch.double) * 0.618033988749 % 1).view(ids.shape)
    place = attended.cumsum(1)
    word = (place > 1) & (place < attended.sum(1, keepdim=True)) & (attended > 0)
    return torch.stack([ids.masked_fill((draws < rate) & word, 100), attended, segments], 1)


if encoder == "states":
    text = torch.randn(rows, 50, 768)
else:
    lengths = [50 if encoder == "bert-full" else LENGTHS[row % len(LENGTHS)] for row in range(rows)]
    attended = (torch.arange(50) < torch.tensor(lengths).unsqueeze(1)).long()
    ids = torch.randint(1000, 30000, (rows, 50)) * attended
    text = torch.stack([ids, attended, torch.zeros_like(ids)], 1)
audio, vision, label = torch.randn(rows, 375, 5), torch.randn(rows, 500, 20), torch.randn(rows, 1)


def at(rates):
    lost = drop(text, rates[0]) if encoder == "states" else lose(text, rates[0])
    return [lost, drop(audio, rates[1]), drop(vision, rates[2])]


rates = [torch.tensor([[0.5 * ((row >> m) % 2)] for row in range(rows)]) for m in range(3)]
masked, complete = at(rates), [text, audio, vision]
levels = [at([torch.full((rows, 1), level / 10)] * 3) for level in range(10)]
objective = torch.compile(model.loss) if compiled else model.loss


def train():
    optimizer.zero_grad()
    objective(masked, complete, label, rates[0]).backward()
    optimizer.step()


@torch.no_grad()
def evaluate(size):
    model.eval()
    for level in levels:
        for start in range(0, rows, size):
            model([x[start : start + size] for x in level])
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
