"""What the plain forms have in common: sizes of CMU-MOSI and one way to take a training step."""

import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "train"))
from plain_models import Encoded  # noqa: E402

STEPS = {"mosi": [50, 375, 500], "aligned": [50] * 3}
WIDTHS = [768, 5, 20]
KINDS = ["text", "audio", "vision"]


def sizes(c):
    return c.get("feature_dims", WIDTHS)


class Regressor(Encoded):
    """A model whose loss is the mean absolute error of one prediction."""

    def objective(self, b):
        prediction = self(b)
        return prediction, F.l1_loss(prediction, b["label"])

    def prove(self, e):
        lengths = [e[f"in.{kind}_len"].long() for kind in KINDS]
        return self.objective({kind: e[f"in.{kind}"] for kind in (*KINDS, "label")} | {"lengths": lengths})

    def start(self):
        self.optimizer = torch.optim.Adam(self.parameters(), lr=self.c["lr"], weight_decay=self.c["decay"])

    def train_step(self, b, epoch):
        self.optimizer.zero_grad()
        self.objective(b)[1].backward()
        if "grad_clip" in self.c:
            nn.utils.clip_grad_value_(self.parameters(), self.c["grad_clip"])
        if "norm_clip" in self.c:
            nn.utils.clip_grad_norm_(self.parameters(), self.c["norm_clip"])
        self.optimizer.step()
