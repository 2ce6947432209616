"""Loads the checkpoint of a finished LF-DNN run into a plain PyTorch module and predicts new samples:

    python load_checkpoint.py runs/3f2a9c81d0b4 new.npz > predictions.csv

The run is one of `--models lf_dnn --encoder features`. new.npz holds `ids`, `text`, `audio`, `vision` (N, T, d)
and `audio_lengths`, `vision_lengths`, `text_lengths` (N), with the steps of the training; `lnln-bench predict RUN
--input new.npz` predicts the same. Needs numpy, safetensors and torch from PyPI, nothing of lnln-bench.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn


class SubNet(nn.Module):
    """MMSA's sub-network for audio and vision."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.norm = nn.BatchNorm1d(inputs)
        self.linear_1 = nn.Linear(inputs, hidden)
        self.linear_2 = nn.Linear(hidden, hidden)
        self.linear_3 = nn.Linear(hidden, hidden)

    def forward(self, x):
        x = self.norm(x)
        for linear in (self.linear_1, self.linear_2, self.linear_3):
            x = torch.relu(linear(x))
        return x


class TextSubNet(nn.Module):
    """MMSA's sub-network for text."""

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True)
        self.linear_1 = nn.Linear(hidden, outputs)

    def forward(self, x):
        _, (state, _) = self.rnn(x)
        return self.linear_1(state.squeeze(0))


class LfDnn(nn.Module):
    """MMSA's LF_DNN under its own names; sizes are those of the checkpoint. Dropout is left out: it does nothing
    in evaluation mode."""

    def __init__(self, weights):
        super().__init__()
        inputs = lambda name: weights[name].shape[1]
        outputs = lambda name: weights[name].shape[0]
        audio, vision = "audio_subnet.linear_1.weight", "video_subnet.linear_1.weight"
        fused = "post_fusion_layer_1.weight"
        self.audio_subnet = SubNet(inputs(audio), outputs(audio))
        self.video_subnet = SubNet(inputs(vision), outputs(vision))
        self.text_subnet = TextSubNet(
            inputs("text_subnet.rnn.weight_ih_l0"),
            inputs("text_subnet.rnn.weight_hh_l0"),
            outputs("text_subnet.linear_1.weight"),
        )
        self.post_fusion_layer_1 = nn.Linear(inputs(fused), outputs(fused))
        self.post_fusion_layer_2 = nn.Linear(outputs(fused), outputs(fused))
        self.post_fusion_layer_3 = nn.Linear(outputs(fused), 1)

    def forward(self, text, audio, vision):
        audio = self.audio_subnet(audio.mean(1))  # over all steps, padding included, as in MMSA
        vision = self.video_subnet(vision.mean(1))
        x = torch.cat([audio, vision, self.text_subnet(text)], 1)
        x = torch.relu(self.post_fusion_layer_1(x))
        return self.post_fusion_layer_3(torch.relu(self.post_fusion_layer_2(x)))


def read(arrays, modality, standardization):
    """Features (N, T, d) as the run read them: standardized where they were in training, 0 past the length."""
    x = arrays[modality].astype(np.float32)
    if modality in standardization:
        moments = standardization[modality]
        x = ((x.astype(np.float64) - moments["mean"]) / moments["deviation"]).astype(np.float32)
    x[~np.isfinite(x)] = 0
    x[np.arange(x.shape[1]) >= arrays[f"{modality}_lengths"][:, None]] = 0
    return torch.from_numpy(x)


def main():
    run, arrays = pathlib.Path(sys.argv[1]), np.load(sys.argv[2])
    inputs = json.loads((run / "inputs.json").read_text())

    weights = load_file(run / "checkpoint.safetensors")
    model = LfDnn(weights).eval()
    model.load_state_dict(weights, strict=True)

    features = (read(arrays, m, inputs["standardization"]) for m in ("text", "audio", "vision"))
    with torch.no_grad():
        predictions = model(*features).flatten().tolist()
    print("id,prediction")
    for sample, prediction in zip(arrays["ids"], predictions):
        print(f"{sample},{prediction}")


if __name__ == "__main__":
    main()
