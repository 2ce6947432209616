"""A training step of LNLN with BERT in plain PyTorch: samples per second, launches and synchronizations, peak memory.

Shapes are MOSI's, weights random, as `compare` trains them on the other side. Launches and synchronizations are those
that PyTorch's profiler counts in three steps; on a CPU there are none.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "train"))
from plain_lnln import MOSI, Lnln, bert  # noqa: E402

SMALL = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--attention", choices=["eager", "sdpa"], default="sdpa")
    parser.add_argument("--optimizer", choices=["default", "fused"], default="fused")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--small", action="store_true", help="a BERT of two narrow layers, to try the script")
    return parser.parse_args()


def batch_of(count, device):
    """Texts of MOSI's lengths padded to 50 tokens; masked features are half of the complete ones."""
    steps = MOSI["text_len"]
    lengths = torch.tensor([[6, 9, 11, 13, 15, 18, 22, 30][i % 8] for i in range(count)])
    attended = (torch.arange(steps) < lengths.unsqueeze(1)).long()
    ids = (1000 + torch.arange(count * steps).view(count, steps) * 7919 % 29000) * attended
    text = torch.stack([ids, attended, torch.zeros_like(ids)], 1)
    audio = torch.rand(count, MOSI["audio_len"], MOSI["audio_dim"]) * 2 - 1
    vision = torch.rand(count, MOSI["vision_len"], MOSI["vision_dim"]) * 2 - 1
    label, rate = torch.rand(count, 1), torch.full((count, 1), 0.5)
    text, audio, vision, label, rate = (x.to(device) for x in (text, audio, vision, label, rate))
    return [text, audio * 0.5, vision * 0.5], [text, audio, vision], label, rate


def main():
    options = arguments()
    device = torch.device(options.device)
    on_card = device.type == "cuda"
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.precision == "tf32"
    sizes = {"attn_implementation": options.attention} | (SMALL if options.small else {})
    config = MOSI | {"text_dim": sizes.get("hidden_size", 768)}
    model = Lnln(config, bert(sizes, add_pooling_layer=True)).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4, fused=options.optimizer == "fused")
    inputs = batch_of(options.batch, device)
    loss_of = torch.compile(model.loss) if options.compile else model.loss

    def step():
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bf16"):
            loss = loss_of(*inputs)
        loss.backward()
        optimizer.step()
        # Read as a training loop does that reports its loss.
        return loss.item()

    started = time.perf_counter()
    for _ in range(3):
        step()
    first = time.perf_counter() - started
    if on_card:
        torch.cuda.reset_peak_memory_stats()
    started = time.perf_counter()
    for _ in range(options.steps):
        step()
    seconds = (time.perf_counter() - started) / options.steps
    peak = torch.cuda.max_memory_allocated() / 2**30 if on_card else float("nan")

    with torch.profiler.profile(acc_events=True) as profile:
        for _ in range(3):
            step()
    counts = {event.key: event.count for event in profile.key_averages()}
    total = lambda start: sum(count for key, count in counts.items() if key.startswith(start)) / 3
    operations = total("aten::") + total("autograd::engine")
    name = f"{options.precision} {'compile' if options.compile else options.attention} {options.optimizer}"
    print(
        f"PyTorch {name}: {options.batch / seconds:.1f} samples/s, {seconds * 1e3:.1f} ms, peak {peak:.2f} GiB, "
        f"{operations:.0f} operations, {total('cudaLaunchKernel'):.0f} launches, "
        f"{total('cudaStreamSynchronize') + total('cudaDeviceSynchronize'):.0f} synchronizations a step, "
        f"first three {first:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
