"""NIAT in plain PyTorch, as published: a causal mask, a discriminator that is not trained."""

import torch
import torch.nn.functional as F
from torch import nn

from regressor import KINDS, Regressor, sizes
from plain_models import Crossmodal

MOSI = {
    "niat": {
        "fus_d_l": 96, "fus_d_a": 24, "fus_d_v": 40, "fus_conv1d_kernel_l": 3, "fus_conv1d_kernel_a": 3,
        "fus_conv1d_kernel_v": 9, "fus_nheads": 8, "fus_layers": 3, "fus_embed_dropout": 0.5, "fus_attn_dropout": 0.5,
        "fus_res_dropout": 0.4, "fus_relu_dropout": 0.0, "rec_hidden_dim1": 80, "rec_hidden_dim2": 96,
        "rec_dropout": 0.4, "disc_hidden_dim1": 128, "disc_hidden_dim2": 64, "clf_hidden_dim": 80, "clf_dropout": 0.3,
        "leaky_slope": 0.2, "alpha": 0.6, "beta": 1.0, "g_factor": 0.2, "d_factor": 0.1, "lr": 5e-4, "decay": 5e-4,
        "grad_clip": 0.6,
    },
}


class Fusion(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.add_bert("text_model", bert)
        for letter, inputs in zip("lav", sizes(c)):
            kernel = c[f"fus_conv1d_kernel_{letter}"]
            conv = nn.Conv1d(inputs, c[f"fus_d_{letter}"], kernel, padding=(kernel - 1) // 2, bias=False)
            setattr(self, f"proj_{letter}", conv)
        dropouts = {name: c.get(f"fus_{name}", 0.0) for name in ("relu_dropout", "res_dropout", "embed_dropout")}
        attention = c.get("fus_attn_dropout", 0.0)
        self.fusion_trans = Crossmodal(dropouts, width(c), c["fus_nheads"], c["fus_layers"], attention)

    def forward(self, text, audio, vision):
        inputs = zip("lav", (self.encode(text), audio, vision))
        convolved = [getattr(self, f"proj_{letter}")(x.transpose(1, 2)) for letter, x in inputs]
        return self.fusion_trans(torch.cat(convolved, 1).permute(2, 0, 1))[0]


class Classifier(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm1d(width(c)), c.get("clf_dropout", 0.0)
        self.linear_1, self.linear_2 = nn.Linear(width(c), c["clf_hidden_dim"]), nn.Linear(c["clf_hidden_dim"], 1)
        self.output_range = nn.Parameter(torch.tensor([6.0]), requires_grad=False)
        self.output_shift = nn.Parameter(torch.tensor([-3.0]), requires_grad=False)

    def forward(self, x):
        x = self.linear_1(F.dropout(self.norm(x), self.dropout, self.training)).relu()
        return self.linear_2(x).sigmoid() * self.output_range + self.output_shift


class Part(nn.Module):
    """A network under the name `model`."""

    def __init__(self, *layers):
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


def width(c):
    return sum(c[f"fus_d_{letter}"] for letter in "lav")


class Niat(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.c, d, drop = c, width(c), lambda: nn.Dropout(c.get("rec_dropout", 0.0))
        (first, second), leaky = (c["rec_hidden_dim1"], c["rec_hidden_dim2"]), lambda: nn.LeakyReLU(c["leaky_slope"])
        named = lambda part: nn.ModuleDict({"Model": part})
        self.fusion, self.classifier = named(Fusion(c, bert)), named(Classifier(c))
        self.reconstruction = named(Part(
            nn.Linear(d, first), drop(), leaky(), nn.Linear(first, second), drop(), nn.BatchNorm1d(second), leaky(),
            nn.Linear(second, d), nn.Tanh(),
        ))
        first, second = c["disc_hidden_dim1"], c["disc_hidden_dim2"]
        self.discriminator = named(Part(
            nn.BatchNorm1d(d), nn.Linear(d, first), leaky(), nn.Linear(first, second), nn.Tanh(), nn.Linear(second, 1),
        ))
        self.discriminator.requires_grad_(False)

    def objective(self, b):
        fusion, classifier, rebuild, judge = (
            part["Model"] for part in (self.fusion, self.classifier, self.reconstruction, self.discriminator)
        )
        complete, masked = fusion(*b["complete"]), fusion(*(b[kind] for kind in KINDS))
        rebuilt = F.l1_loss(rebuild(masked), complete)
        deceived = judged(judge(masked), 1.0)
        of_complete, prediction = classifier(complete), classifier(masked)
        with torch.no_grad():
            # Of no effect but on the running statistics, as published.
            judged(judge(complete), 1.0) + judged(judge(masked), 0.0)
        c = self.c
        g = c["g_factor"] * (c["alpha"] * deceived + (1 - c["alpha"]) * rebuilt)
        errors = F.l1_loss(of_complete, b["label"]) + c["beta"] * F.l1_loss(prediction, b["label"])
        return prediction, g + errors / (1 + c["beta"])

    def prove(self, e):
        version = lambda end: [e[f"in.{kind}{end}"] for kind in KINDS]
        # The case's `pred` is that of the complete inputs.
        e["out.pred"] = e["out.pred_m"]
        return self.objective(dict(zip(KINDS, version("_m"))) | {"complete": version(""), "label": e["in.label"]})


def judged(logits, truth):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, truth))


MODELS = {"niat": Niat}
