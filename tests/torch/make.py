"""Writes the files of this folder with PyTorch and transformers:

    python tests/torch/make.py [FOLDER]

`state.bin` and `legacy.bin` are the two formats of torch.save; `chinese` is a random BERT over Chinese
characters as transformers stores it, with hidden states that transformers computed. With
`make.py FOLDER SAFETENSORS`, only FOLDER/pytorch_model.bin is written, of the weights in SAFETENSORS.
"""

import pathlib
import sys
from collections import OrderedDict

import torch

HERE = pathlib.Path(__file__).parent
TEXT = "这部电影很好看我非常喜欢他们的声音不太清楚但故事让人感动今天天气真糟糕演员没有说话"
SENTENCES = ["这部电影很好看", "演员没有说话让人不喜欢"]
STEPS = 16


def state():
    rows = torch.arange(6).view(2, 3) / 8
    counted = lambda kind: torch.arange(4).to(kind)
    tensors = OrderedDict(
        rows=rows,
        columns=rows.t(),
        tail=rows[1],
        double=counted(torch.float64) / 8,
        half=counted(torch.float16) / 8,
        bfloat=counted(torch.bfloat16) / 8,
        long=counted(torch.int64),
        int=counted(torch.int32),
        short=counted(torch.int16),
        char=-counted(torch.int8),
        byte=counted(torch.uint8),
        bool=counted(torch.bool),
        empty=torch.zeros(0, 3),
        scalar=torch.tensor(2.5),
        parameter=torch.nn.Parameter(torch.ones(2)),
        epoch=3,
    )
    # As a module's state_dict carries it.
    tensors._metadata = OrderedDict({"": {"version": 1}})
    return tensors


def chinese(folder):
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    folder.mkdir(exist_ok=True)
    special = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
    words = [special.get(i, f"[unused{i}]") for i in range(104)] + sorted(set(TEXT))
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in words))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=12, max_position_embeddings=STEPS,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        # Larger than the usual start, so that every part of the network shows.
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape))
    config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    number = {word: i for i, word in enumerate(words)}
    tokens = torch.zeros(len(SENTENCES), 3, STEPS, dtype=torch.int64)
    for row, sentence in zip(tokens, SENTENCES):
        ids = [101, *(number[c] for c in sentence), 102]
        row[0, : len(ids)], row[1, : len(ids)] = torch.tensor(ids), 1
    ids, mask, segments = tokens.unbind(1)
    with torch.no_grad():
        output = model(input_ids=ids, attention_mask=mask, token_type_ids=segments)
    states = output.last_hidden_state.contiguous()
    save_file({"tokens": tokens, "states": states}, folder / "expected.safetensors")


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    if len(sys.argv) > 2:
        from safetensors.torch import load_file

        torch.save(load_file(sys.argv[2]), folder / "pytorch_model.bin")
        return
    torch.save(state(), folder / "state.bin")
    torch.save({"rows": torch.ones(2)}, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    chinese(folder / "chinese")


if __name__ == "__main__":
    main()
