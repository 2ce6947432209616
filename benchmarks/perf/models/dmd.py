"""DMD in plain PyTorch, as published: the network, two graphs and the whole objective."""

import torch
import torch.nn.functional as F
from torch import nn

from regressor import KINDS, Regressor, sizes
from plain_models import Crossmodal

MOSI = {
    "dmd": {
        "dst_feature_dim_nheads": [50, 10], "nlevels": 4, "conv1d_kernel_size_l": 5, "conv1d_kernel_size_a": 5,
        "conv1d_kernel_size_v": 5, "attn_dropout": 0.3, "attn_dropout_a": 0.2, "attn_dropout_v": 0.0,
        "relu_dropout": 0.0, "embed_dropout": 0.2, "res_dropout": 0.0, "output_dropout": 0.5, "text_dropout": 0.5,
        "gd_size_low": 64, "gd_size_high": 32, "gd_reg": 10.0, "w_losses": [1.0, 10.0], "alpha": 0.125,
        "margin_factor": 0.15, "lr": 1e-4, "decay": 0.0, "grad_clip": 0.6,
        "gd_prior_low": (torch.tensor([0.0, 0, 1, 0, 1, 0]) * 4).softmax(0).tolist(),
        "gd_prior_high": (torch.tensor([0.0, 0, 1, 0, 1, 1]) * 4).softmax(0).tolist(),
    },
}
# Students and teachers of the six edges among text, vision and audio.
STUDENTS, TEACHERS = [0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]


class Network(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.c, (width, heads) = c, c["dst_feature_dim_nheads"]
        self.add_bert("text_model", bert)
        dropouts = {letter: c.get("attn_dropout" + end, 0.0) for letter, end in (("l", ""), ("a", "_a"), ("v", "_v"))}
        c = self.c = {name: 0.0 for name in ("relu_dropout", "res_dropout", "embed_dropout")} | c
        stack = lambda width, depth, dropout: Crossmodal(c, width, heads, depth, dropout, positions=True)
        self.encoder_c = nn.Conv1d(width, width, 1, bias=False)
        for letter, kind, inputs in zip("lav", KINDS, sizes(c)):
            kernel = c[f"conv1d_kernel_size_{letter}"]
            flat = width * (c[f"{kind}_len"] - kernel + 1)
            add = lambda name, module: setattr(self, f"{name}_{letter}", module)
            add("proj", nn.Conv1d(inputs, width, kernel, bias=False))
            add("encoder_s", nn.Conv1d(width, width, 1, bias=False))
            add("decoder", nn.Conv1d(2 * width, width, 1, bias=False))
            # Read by no loss.
            add("proj_cosine", nn.Linear(flat, width).requires_grad_(False))
            add("align_c", nn.Linear(flat, width))
            add("self_attentions_c", stack(width, c["nlevels"], dropouts[letter]))
            for other in "lav".replace(letter, ""):
                add_pair = stack(width, c["nlevels"], dropouts[other])
                setattr(self, f"trans_{letter}_with_{other}", add_pair)
            setattr(self, f"trans_{letter}_mem", stack(2 * width, max(c["nlevels"], 3), dropouts["l"]))
            self.add_head(f"_{letter}_low", flat, width)
            self.add_head(f"_{letter}_high", 2 * width, 2 * width)
            add("weight", nn.Linear(2 * width, 2 * width))
        self.add_head("_c", 3 * width, 3 * width)
        self.weight_c = nn.Linear(3 * width, 3 * width)
        self.add_head("", 9 * width, 9 * width)

    def add_head(self, suffix, inputs, hidden):
        for name, layer in (("proj1", (inputs, hidden)), ("proj2", (hidden, inputs)), ("out_layer", (inputs, 1))):
            setattr(self, name + suffix, nn.Linear(*layer))

    def head(self, suffix, x):
        """Hidden features, their sum with the input, and the prediction."""
        part = lambda name: getattr(self, name + suffix)
        hidden = part("proj1")(x).relu()
        joined = x + part("proj2")(F.dropout(hidden, self.c.get("output_dropout", 0.0), self.training))
        return hidden, joined, part("out_layer")(joined)

    def forward(self, b):
        part = lambda *names: getattr(self, "_".join(names))
        text = F.dropout(self.encode(b["text"]), self.c.get("text_dropout", 0.0), self.training)
        x = {"l": text, "v": b["vision"], "a": b["audio"]}
        origin = {letter: part("proj", letter)(one.transpose(1, 2)) for letter, one in x.items()}
        specific = {letter: part("encoder_s", letter)(one) for letter, one in origin.items()}
        common = {letter: self.encoder_c(one) for letter, one in origin.items()}
        steps_first = lambda x: x.permute(2, 0, 1)
        fused, last = [], []
        for letter in "lva":
            fused.append(part("self_attentions_c", letter)(steps_first(common[letter]))[-1])
            own, others = steps_first(specific[letter]), "lav".replace(letter, "")
            pair = [part("trans", letter, "with", other)(own, steps_first(specific[other])) for other in others]
            last.append(part("trans", letter, "mem")(torch.cat(pair, 2))[-1])
        fused = torch.cat(fused, 1)
        gated = [part("weight", letter)(one).sigmoid() for letter, one in zip("lva", last)]
        prediction = self.head("", torch.cat([*gated, self.weight_c(fused).sigmoid()], 1))[2]
        return prediction, origin, specific, common, fused, last


class Graph(nn.Module):
    def __init__(self, c, inputs, which):
        super().__init__()
        hidden = c[f"gd_size_{which}"]
        self.c, self.prior = c, c[f"gd_prior_{which}"]
        self.W_logit, self.W_repr, self.W_edge = nn.Linear(1, hidden), nn.Linear(inputs, hidden), nn.Linear(4 * hidden, 1)

    def forward(self, logits, features):
        """Weights of the edges (6, B) beside the prior, and the loss of their means."""
        nodes = torch.cat([self.W_logit(logits), self.W_repr(features)], 2)
        scores = self.W_edge(torch.cat([nodes[STUDENTS], nodes[TEACHERS]], 2)).squeeze(2)
        weights = (scores * self.c["alpha"]).softmax(0)
        prior = torch.tensor(self.prior, dtype=weights.dtype).unsqueeze(1)
        return weights + prior, (weights.mean(1, keepdim=True) - prior).square().sum() * self.c["gd_reg"]


def apart(weights, x):
    """Absolute differences of students from their teachers."""
    return ((x[STUDENTS] - x[TEACHERS].detach()).abs().sum(2) * weights).mean(1).sum()


def cosine(one, other, axis):
    squares = (one.square().sum(axis) + 1e-12) * (other.square().sum(axis) + 1e-12)
    return (one * other).sum(axis) / squares.sqrt()


def margin(features, labels, factor):
    """Hinge over all triples of an anchor, one of its label and one of another."""
    unit = features / (features.square().sum(1, keepdim=True) + 1e-8).sqrt()
    cosines, distance = unit @ unit.t(), (labels.unsqueeze(1) - labels).abs()
    same = distance == 0
    differs = (~same).to(cosines.dtype)
    positive = (same & ~torch.eye(len(labels), dtype=torch.bool)).to(cosines.dtype)
    missed = ((cosines + distance * factor).unsqueeze(1) - cosines.unsqueeze(2)).relu()
    sums = ((missed * differs.unsqueeze(1)).sum(2) * positive).sum(1)
    triples = positive.sum(1) * differs.sum(1)
    return (sums / triples.clamp_min(1)).sum() / (triples > 0).sum().clamp_min(1)


class Dmd(Regressor):
    """Modules `0`, the network, `1` and `2`, the graphs of the common and the specific parts."""

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, width = c, c["dst_feature_dim_nheads"][0]
        for name, module in (("0", Network(c, bert)), ("1", Graph(c, width, "low")), ("2", Graph(c, 2 * width, "high"))):
            self.add_module(name, module)

    def objective(self, b):
        c, label, net, homogeneous, heterogeneous = self.c, b["label"], *self.children()
        prediction, origin, specific, common, fused, last = net(b)
        of_common = [net.head(f"_{letter}_low", common[letter].permute(0, 2, 1).flatten(1)) for letter in "lva"]
        of_specific = [net.head(f"_{letter}_high", one) for letter, one in zip("lva", last)]
        predictions = [prediction, net.head("_c", fused)[2], *(out[2] for out in (*of_common, *of_specific))]
        task = sum(F.l1_loss(one, label) for one in predictions)
        rebuilt, similar, aligned = 0, 0, []
        for letter in "lva":
            whole = getattr(net, f"decoder_{letter}")(torch.cat([specific[letter], common[letter]], 1))
            again = getattr(net, f"encoder_s_{letter}")(whole)
            rebuilt = rebuilt + F.mse_loss(whole, origin[letter]) + F.mse_loss(again, specific[letter])
            similar = similar + cosine(specific[letter], common[letter], 0).clamp_min(0).mean()
            aligned.append(getattr(net, f"align_c_{letter}")(common[letter].flatten(1)))
        labels = label.expand(-1, 3).flatten()
        separated = similar + margin(torch.stack(aligned, 1).flatten(0, 1), labels, c["margin_factor"])
        logits = lambda outs: torch.stack([out[2] for out in outs])
        features = torch.stack([out[0] for out in of_common])
        weights, regularized = homogeneous(logits(of_common), features)
        of_logits, of_features = c["w_losses"]
        distilled = regularized + of_logits * apart(weights, logits(of_common))
        # Of no effect, as published.
        apart(weights, features)
        features = torch.stack([out[1] for out in of_specific])
        weights, regularized = heterogeneous(logits(of_specific), features)
        close = cosine(features[STUDENTS], features[TEACHERS].detach(), 2).clamp_min(0).mean(1)
        distilled = distilled + regularized + of_logits * apart(weights, logits(of_specific))
        distilled = distilled + of_features * (close * weights.mean(1)).sum()
        return prediction, task + 0.05 * distilled + 0.1 * (rebuilt + 0.1 * separated)

    def prove(self, e):
        e["out.pred"] = e["out.output_logit"]
        return self.objective({kind: e[f"in.{kind}"] for kind in (*KINDS, "label")})


MODELS = {"dmd": Dmd}
