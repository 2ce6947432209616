"""The other side of the comparison in README.md: plain PyTorch, driven like side.rs.

    side.py ENCODER BATCH THREADS SIZE ATTENTION [compile]

ATTENTION is that of Hugging Face's BERT, eager or sdpa; SIZE mosi, or small to try the program with.
"""

import sys
import time

import torch

from plain_lnln import MOSI, Lnln, bert

encoder, rows, threads, size, attention = sys.argv[1], *map(int, sys.argv[2:4]), *sys.argv[4:6]
compiled, small = "compile" in sys.argv, size == "small"


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
TEXT, AUDIO, VISION = (8, 20, 30) if small else (50, 375, 500)
WIDTH = 32 if small else 768
sizes = {"attn_implementation": attention}
if small:
    sizes |= {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
config = MOSI | {"text_len": TEXT, "audio_len": AUDIO, "vision_len": VISION, "text_dim": WIDTH}
model = Lnln(config, None if encoder == "states" else bert(sizes, add_pooling_layer=True)).train()
parameters = sum(p.numel() for p in model.parameters())
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4)

# As in side.rs: tokens of a text with its two ends, in turn; steps of an epoch; what it validates at.
LENGTHS = [6, 9, 11, 13, 15, 18, 22, 30]
STEPS, WATCHED = 4, [0, 3, 6, 9]


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
    text = torch.rand(rows, TEXT, WIDTH) * 2 - 1
else:
    full = encoder == "bert-full"
    lengths = [TEXT if full else min(TEXT, LENGTHS[row % len(LENGTHS)]) for row in range(rows)]
    attended = (torch.arange(TEXT) < torch.tensor(lengths).unsqueeze(1)).long()
    ids = (1000 + torch.arange(rows * TEXT).view(rows, TEXT) * 7919 % 29000) * attended
    text = torch.stack([ids, attended, torch.zeros_like(ids)], 1)
audio, vision = (torch.rand(rows, n, d) * 2 - 1 for n, d in ((AUDIO, 5), (VISION, 20)))
label = torch.rand(rows, 1) * 2 - 1


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
def evaluate(size, which):
    model.eval()
    for level in which:
        for start in range(0, rows, size):
            model([x[start : start + size] for x in levels[level]])
    model.train()


for line in sys.stdin:
    started = time.perf_counter()
    match line.strip():
        case "train":
            train()
        case "evaluate":
            evaluate(rows, range(10))
        case "evaluate one by one":
            evaluate(1, range(10))
        case "epoch":
            for _ in range(STEPS):
                train()
            evaluate(rows, WATCHED)
        case "memory":
            print(resident("VmHWM") - before - 16 * parameters, flush=True)
            continue
    print(time.perf_counter() - started, flush=True)
