"""LNLN in plain PyTorch, as its formulas are written down: every row of every layer, whole matrices of
attention scores, one pass each for masked and complete inputs, Hugging Face's BertModel for the text.

`python plain_lnln.py CASE` proves it on a golden case (tests/golden/lnln/mosi_d2) in float64.
Parameter names are those of the published checkpoints.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

MOSI = {
    "d": 128, "tokens": 8, "heads": 8, "dim_head": 64, "hyper_dim_head": 16, "mlp": 128,
    "proj_depth": 2, "generator_depth": 2, "completeness_depth": 2, "reconstructor_depth": 2,
    "dominant_depth": 2, "hyper_depth": 3, "fusion_depth": 2, "discriminator_hidden": 64,
    "leaky_slope": 0.1, "alpha": 0.9, "beta": 0.8, "gamma": 0.1, "sigma": 1.0,
    "text_len": 50, "audio_len": 375, "vision_len": 500,
    "text_dim": 768, "audio_dim": 5, "vision_dim": 20,
}


def attend(q, k, v, heads):
    """softmax(q k^T / sqrt(size)) v, the scores as a tensor."""
    split = lambda x: x.unflatten(-1, (heads, -1)).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    scores = torch.einsum("bhid,bhjd->bhij", q, k) * q.shape[-1] ** -0.5
    return torch.einsum("bhij,bhjd->bhid", scores.softmax(-1), v).transpose(1, 2).flatten(2)


class Attention(nn.Module):
    def __init__(self, width, heads, head):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, heads * head, bias=False)
        self.to_k = nn.Linear(width, heads * head, bias=False)
        self.to_v = nn.Linear(width, heads * head, bias=False)
        self.to_out = nn.Sequential(nn.Linear(heads * head, width))

    def forward(self, q, k, v):
        return self.to_out(attend(self.to_q(q), self.to_k(k), self.to_v(v), self.heads))


class NormedAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm_q, self.norm_k, self.norm_v = (nn.LayerNorm(c["d"]) for _ in range(3))
        self.fn = Attention(c["d"], c["heads"], c["dim_head"])

    def forward(self, target, source):
        return self.fn(self.norm_q(target), self.norm_k(source), self.norm_v(source))


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        layers = [nn.Linear(c["d"], c["mlp"]), nn.GELU(), nn.Identity(), nn.Linear(c["mlp"], c["d"])]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


class NormedFeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm, self.fn = nn.LayerNorm(c["d"]), FeedForward(c)

    def forward(self, x):
        return self.fn(self.norm(x))


class Stack(nn.Module):
    def __init__(self, c, depth):
        super().__init__()
        block = lambda: nn.ModuleList([NormedAttention(c), NormedFeedForward(c)])
        self.layers = nn.ModuleList(block() for _ in range(depth))

    def forward(self, target, source=None):
        """All outputs; without a source each layer looks at its own input."""
        outputs = [target]
        for attention, feed_forward in self.layers:
            x = outputs[-1]
            x = x + attention(x, x if source is None else source)
            outputs.append(x + feed_forward(x))
        return outputs


class Transformer(nn.Module):
    def __init__(self, c, frames, tokens, depth):
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.randn(1, frames + tokens, c["d"]))
        self.extra_token = nn.Parameter(torch.zeros(1, tokens, c["d"])) if tokens else None
        self.encoder = Stack(c, depth)

    def scales(self, x):
        if self.extra_token is not None:
            x = torch.cat([self.extra_token.expand(len(x), -1, -1), x], 1)
        return self.encoder(x + self.pos_embedding[:, : x.shape[1]])

    def forward(self, x):
        return self.scales(x)[-1]


class CrossTransformer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.extra_token = nn.Parameter(torch.zeros(1, 1, c["d"]))
        self.pos_embedding_s = nn.Parameter(torch.randn(1, c["tokens"] + 1, c["d"]))
        self.pos_embedding_t = nn.Parameter(torch.randn(1, c["tokens"] + 1, c["d"]))
        self.CrossTransformerEncoder = Stack(c, c["fusion_depth"])

    def forward(self, source, target):
        token = self.extra_token.expand(len(source), -1, -1)
        source = torch.cat([token, source], 1) + self.pos_embedding_s
        target = torch.cat([token, target], 1) + self.pos_embedding_t
        return self.CrossTransformerEncoder(target, source)[-1]


class HyperAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        inner = c["heads"] * c["hyper_dim_head"]
        self.heads = c["heads"]
        self.to_q, self.to_k_ta, self.to_k_tv, self.to_v_ta, self.to_v_tv = (
            nn.Linear(c["d"], inner, bias=False) for _ in range(5)
        )
        self.to_out = nn.Sequential(nn.Linear(inner, c["d"]))

    def forward(self, language, audio, vision):
        q = self.to_q(language)
        from_audio = attend(q, self.to_k_ta(audio), self.to_v_ta(audio), self.heads)
        from_vision = attend(q, self.to_k_tv(vision), self.to_v_tv(vision), self.heads)
        return self.to_out(from_audio + from_vision)


class NormedHyper(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm1, self.norm2, self.norm3, self.norm4 = (nn.LayerNorm(c["d"]) for _ in range(4))
        self.fn = HyperAttention(c)

    def forward(self, language, audio, vision, hyper):
        attended = self.fn(self.norm1(language), self.norm2(audio), self.norm3(vision))
        return self.norm4(hyper) + attended


class Hyper(nn.Module):
    def __init__(self, c):
        super().__init__()
        depth = range(c["hyper_depth"])
        self.layers = nn.ModuleList(nn.ModuleList([NormedHyper(c)]) for _ in depth)

    def forward(self, scales, audio, vision, hyper):
        for (layer,), language in zip(self.layers, scales):
            hyper = layer(language, audio, vision, hyper)
        return hyper


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


class Lnln(nn.Module):
    """With `bert`, text comes as token ids, mask and segments (B, 3, T); without, as states."""

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, d, n = c, c["d"], c["tokens"]
        if bert is not None:
            self.bertmodel = nn.Module()
            self.bertmodel.model = bert
        self.has_bert = bert is not None
        self.h_hyper = nn.Parameter(torch.ones(1, n, d))
        self.h_p = nn.Parameter(torch.ones(1, n, d))
        for letter, kind in [("l", "text"), ("a", "audio"), ("v", "vision")]:
            layers = [
                nn.Linear(c[f"{kind}_dim"], d),
                Transformer(c, c[f"{kind}_len"], n, c["proj_depth"]),
            ]
            setattr(self, f"proj_{letter}", nn.Sequential(*layers))
        head = lambda out: [
            nn.Linear(d, c["discriminator_hidden"]),
            nn.LeakyReLU(c["leaky_slope"]),
            nn.Linear(c["discriminator_hidden"], out),
        ]
        self.proxy_dominate_modality_generator = Transformer(c, 3 * n, n, c["generator_depth"])
        self.completeness_check = nn.ModuleList(
            [Transformer(c, n, 1, c["completeness_depth"]), nn.Sequential(*head(1), nn.Sigmoid())]
        )
        self.effective_discriminator = nn.Sequential(*head(2))
        self.reconstructor = nn.ModuleList(
            Transformer(c, n, 0, c["reconstructor_depth"]) for _ in range(3)
        )
        self.dmml = nn.ModuleList(
            [Transformer(c, n, 0, c["dominant_depth"]), Hyper(c), CrossTransformer(c), nn.Linear(d, 1)]
        )

    def encode(self, text):
        if not self.has_bert:
            return text
        ids, mask, segments = text.long().unbind(1)
        bert = self.bertmodel.model
        return bert(input_ids=ids, attention_mask=mask, token_type_ids=segments).last_hidden_state

    def project(self, text, audio, vision):
        n = self.c["tokens"]
        text = self.encode(text)
        return (self.proj_l(text)[:, :n], self.proj_a(audio)[:, :n], self.proj_v(vision)[:, :n])

    def forward(self, masked, complete=None):
        """(prediction, completeness, discriminator's rows and labels, rebuilt and true tokens)."""
        n = self.c["tokens"]
        l, a, v = self.project(*masked)
        w = self.completeness_check[1](self.completeness_check[0](l)[:, 0])
        start = self.h_p.expand(len(l), -1, -1)
        proxy = self.proxy_dominate_modality_generator(torch.cat([start, a, v], 1))[:, :n]
        proxy = Reverse.apply(proxy)
        share = w.unsqueeze(-1)
        dominant = (1 - share) * proxy + share * l
        scales = self.dmml[0].scales(dominant)
        hyper = self.dmml[1](scales, a, v, self.h_hyper.expand(len(l), -1, -1))
        fused = self.dmml[2](hyper, scales[-1])
        prediction = self.dmml[3](fused[:, 1:].mean(1))
        if complete is None:
            return prediction
        # The reference runs its auxiliary heads in training alone.
        cl, ca, cv = self.project(*complete)
        logits = self.effective_discriminator(torch.cat([dominant, cl]).flatten(0, 1))
        rebuilt = torch.cat([net(x) for net, x in zip(self.reconstructor, (a, v, l))], 1)
        return prediction, w, logits, rebuilt, torch.cat([ca, cv, cl], 1)

    def loss(self, masked, complete, label, missing_rate):
        prediction, w, logits, rebuilt, target = self(masked, complete)
        half = len(logits) // 2
        classes = torch.arange(2 * half, device=logits.device).lt(half).long()
        c = self.c
        return (
            c["sigma"] * F.mse_loss(prediction, label)
            + c["alpha"] * F.mse_loss(w, 1 - missing_rate)
            + c["beta"] * F.cross_entropy(logits, classes)
            + c["gamma"] * F.mse_loss(rebuilt, target)
        )


def bert(sizes, **options):
    """A Hugging Face BERT of these sizes with random weights."""
    from transformers import BertConfig, BertModel

    return BertModel(BertConfig(**sizes), **options)


def fill(name, seed, count, offset, bound):
    """The golden cases' rule for parameter values (tests/golden/README.md)."""
    import numpy as np

    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    gamma = 0x9E3779B97F4A7C15
    h ^= seed * gamma % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(1, count + 1, dtype=np.uint64)) * np.uint64(gamma)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return offset + bound * (2 * (z >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 1)


def read_case(folder):
    """A golden case and its numbers."""
    from safetensors.torch import load_file

    folder = pathlib.Path(folder)
    return json.loads((folder / "case.json").read_text()), load_file(folder / "expected.safetensors")


def case_bert(case):
    """The text encoder of a golden case."""
    b = case["bert"]
    sizes = {
        "vocab_size": b["vocab_size"], "hidden_size": b["hidden"], "num_hidden_layers": b["layers"],
        "num_attention_heads": b["heads"], "intermediate_size": b["intermediate"],
        "max_position_embeddings": b["max_position"], "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0, "attn_implementation": "eager",
    }
    return bert(sizes)


def fill_model(model, case):
    """The model in float64 with the case's values, of which every parameter must have one."""
    model = model.double()
    parameters = dict(model.named_parameters())
    tensors = parameters | dict(model.named_buffers())
    for p in case["params"]:
        parameters.pop(p["name"], None)
        tensor = tensors[p["name"]]
        values = fill(p["name"], case["seed"], tensor.numel(), p["offset"], p["bound"])
        tensor.data.copy_(torch.from_numpy(values).view(p["shape"]))
    assert not parameters, f"parameters the case does not know: {sorted(parameters)}"
    return model


def compare(model, case, expected, prediction, loss):
    """Largest relative errors of prediction, loss and gradients' norms."""
    loss.backward()
    named = dict(model.named_parameters())
    names = [p["name"] for p in case["params"]]
    norms = [named[name].grad if name in named else None for name in names]
    norms = torch.stack([torch.tensor(torch.nan).double() if g is None else g.norm() for g in norms])
    want = expected["grad.l2"]
    floor = want.nan_to_num(0).max() / 100
    relative = lambda found, want: ((found - want).abs().max() / want.abs().max()).item()
    errors = {
        "pred": relative(prediction, expected["out.pred"]),
        "loss": relative(loss, expected["loss.total"]),
        "grad.l2": ((norms - want).abs() / (want + floor)).nan_to_num(0).max().item(),
    }
    assert norms.isnan().equal(want.isnan()), "gradients where the case has none, or none where it has"
    assert all(error < 1e-9 for error in errors.values()), errors
    return errors


def prove(folder):
    """The errors on a golden case."""
    case, expected = read_case(folder)
    model = fill_model(Lnln(case["config"], case_bert(case)), case)
    version = lambda end: [expected[f"in.{kind}{end}"] for kind in ("text", "audio", "vision")]
    label, rate = expected["in.label"], expected["in.missing_rate_l"]
    loss = model.loss(version("_m"), version(""), label, rate)
    return compare(model, case, expected, model(version("_m")), loss)


if __name__ == "__main__":
    print(prove(sys.argv[1]))
