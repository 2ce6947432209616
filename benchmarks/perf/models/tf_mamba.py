"""TF-Mamba in plain PyTorch, as published: scans step by step, since those of `mamba_ssm` need a CUDA device."""

import torch
import torch.nn.functional as F
from torch import nn

from regressor import KINDS, WIDTHS, Regressor
from plain_lnln import Attention

MOSI = {
    "tf_mamba": {
        "d": 128, "d_state": 12, "expand": 4, "d_conv": 4, "dt_rank": 8, "tc_layers": 1, "tq_layers": 1,
        "attn_heads": 8, "attn_dim_head": 64, "dropout": 0.1, "alpha": 0.7, "rec_eps": 1e-6, "layer_norm_eps": 1e-6,
        "lr": 1e-4, "decay": 1e-4,
    } | {f"{kind}_dim": width for kind, width in zip(KINDS, WIDTHS)},
}


def scan(u, delta, a, b, c):
    """h_t = exp(delta_t A) h_(t-1) + delta_t B_t u_t, read by C_t: (B, T, inner)."""
    decay = (delta.unsqueeze(3) * a).exp()
    entering = (delta * u).unsqueeze(3) * b.unsqueeze(2)
    state, read = torch.zeros_like(entering[:, 0]), []
    # Unbound at once, since the gradient of a slice is as large as the whole.
    for keep, enter, by in zip(decay.unbind(1), entering.unbind(1), c.unsqueeze(2).unbind(1)):
        state = keep * state + enter
        read.append((state * by).sum(2))
    return torch.stack(read, 1)


class Mamba(nn.Module):
    """In both directions, a branch per prefix; branches share the rates of decay."""

    def __init__(self, c, prefixes):
        super().__init__()
        self.c, inner, states = c, c["expand"] * c["d"], c["d_state"]
        rates = lambda: nn.Parameter(torch.arange(1.0, states + 1).log().repeat(inner, 1))
        self.A_log, self.A_b_log = rates(), rates()
        for prefix in prefixes:
            add = lambda name, module: setattr(self, prefix + name, module)
            add("in_proj", nn.Linear(c["d"], 2 * inner, bias=False))
            add("out_proj", nn.Linear(inner, c["d"], bias=False))
            for end in ("", "_b"):
                add("conv1d" + end, nn.Conv1d(inner, inner, c["d_conv"], groups=inner, padding=c["d_conv"] - 1))
                add("x_proj" + end, nn.Linear(inner, c["dt_rank"] + 2 * states, bias=False))
                add("dt_proj" + end, nn.Linear(c["dt_rank"], inner))
                add("D" + end, nn.Parameter(torch.ones(inner)))

    def forward(self, x, prefix):
        u, gate = getattr(self, prefix + "in_proj")(x).chunk(2, 2)
        both = self.direction(u, prefix, "", self.A_log)
        both = both + self.direction(u.flip(1), prefix, "_b", self.A_b_log).flip(1)
        return getattr(self, prefix + "out_proj")(both * F.silu(gate)) * 0.5

    def direction(self, x, prefix, end, rates):
        part = lambda name: getattr(self, prefix + name + end)
        u = F.silu(part("conv1d")(x.transpose(1, 2))[..., : x.shape[1]]).transpose(1, 2)
        sizes = self.c["dt_rank"], self.c["d_state"], self.c["d_state"]
        step, b, c = part("x_proj")(u).split(sizes, 2)
        return scan(u, F.softplus(part("dt_proj")(step)), -rates.exp(), b, c) + part("D") * u


class MambaLayer(nn.Module):
    def __init__(self, c, prefixes):
        super().__init__()
        self.mamba, self.prefixes = Mamba(c, prefixes), prefixes
        for i in range(len(prefixes)):
            setattr(self, f"norm{i + 1}", nn.LayerNorm(c["d"], c["layer_norm_eps"]))

    def forward(self, *sequences):
        norms = [getattr(self, f"norm{i + 1}") for i in range(len(sequences))]
        return [x + norm(self.mamba(x, prefix)) for x, norm, prefix in zip(sequences, norms, self.prefixes)]


class Aligner(nn.Module):
    """Frames to as many pseudo-frames as the text has steps."""

    def __init__(self, inputs, steps):
        super().__init__()
        self.pred_output_position_inclu_blank = nn.LSTM(inputs, steps + 1, 2, batch_first=True)

    def forward(self, x):
        shares = self.pred_output_position_inclu_blank(x)[0].softmax(2)[..., 1:]
        return shares.transpose(1, 2) @ x


class Enhancement(nn.Module):
    def __init__(self, c):
        super().__init__()
        norm = lambda width: nn.LayerNorm(width, c["layer_norm_eps"])
        for letter, kind in zip("av", KINDS[1:]):
            inputs = c[f"{kind}_dim"]
            setattr(self, f"ctc_{letter}t", Aligner(inputs, c["text_len"]))
            project = nn.Sequential(norm(inputs), nn.Linear(inputs, c["d"]), norm(c["d"]))
            setattr(self, f"proj_{letter}", project)
            setattr(self, f"logit_scale_{letter}t", nn.Parameter(torch.tensor(1 / 0.07).log()))
        self.proj_t = nn.Sequential(norm(c["text_dim"]), nn.Linear(c["text_dim"], c["d"]))

    def forward(self, text, audio, vision):
        text = self.proj_t(text)
        return [text, *(self.enhanced(x, letter, text) for letter, x in zip("av", (audio, vision)))]

    def enhanced(self, x, letter, text):
        part = lambda name: getattr(self, name)
        x = part(f"proj_{letter}")(part(f"ctc_{letter}t")(x))
        unit = lambda x: x / x.norm(dim=2, keepdim=True).clamp_min(1e-9)
        weights = (unit(x) @ unit(text).transpose(1, 2) * part(f"logit_scale_{letter}t").exp()).softmax(2)
        return x + weights * (weights > 1 / text.shape[1]) @ text


class TfMamba(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.c, d = c, c["d"]
        self.add_bert("bertmodel", bert)
        layers = lambda prefixes, count: nn.ModuleList(MambaLayer(c, prefixes) for _ in range(count))
        self.text_modality_mixup = Enhancement(c)
        # As published the branch of the text is named for vision.
        names = ("at_mamba_layers", "vt_mamba_layers")
        self.text_based_context_mamba = nn.ModuleDict({name: layers(["a_", "v_"], c["tc_layers"]) for name in names})
        attention = {"cross_attention": Attention(d, c["attn_heads"], c["attn_dim_head"])}
        self.text_guided_attention = nn.ModuleDict(attention | {"norm": nn.LayerNorm(d, c["layer_norm_eps"])})
        self.text_based_query_mamba = nn.ModuleDict({"mamba_layers": layers([""], c["tq_layers"])})
        self.output, dropout = nn.Linear(d, 1), nn.Dropout(c.get("dropout", 0.0))
        self.recon_text_low = nn.Sequential(nn.Linear(d, d), nn.ReLU(), dropout, nn.Linear(d, c["text_dim"]))

    def objective(self, b):
        complete, c = self.encode(b["complete"][0]), self.c
        start, audio, vision = text, *_ = self.text_modality_mixup(self.encode(b["text"]), b["audio"], b["vision"])
        for with_audio, with_vision in zip(*self.text_based_context_mamba.values()):
            (audio, one), (vision, other) = with_audio(audio, text), with_vision(vision, text)
            text = (one + other) * 0.5
        source, guide = torch.cat([audio, vision], 1), self.text_guided_attention
        fused = text + guide["norm"](guide["cross_attention"](text, source, source))
        for layer in self.text_based_query_mamba["mamba_layers"]:
            (fused,) = layer(fused)
        prediction = self.output(fused.amax(1))
        rebuilt, erased = self.recon_text_low(start), b["erased"][0].unsqueeze(2).to(fused.dtype)
        error = F.smooth_l1_loss(rebuilt * erased, complete * erased, reduction="sum")
        error = error / (erased.sum() * rebuilt.shape[2] + c["rec_eps"])
        return prediction, F.mse_loss(prediction, b["label"]) + c["alpha"] * error

    def prove(self, e):
        masked = {kind: e[f"in.{kind}_m"] for kind in KINDS}
        erased = [(e["in.text_m"] != e["in.text"])[:, 0]]
        return self.objective(masked | {"complete": [e["in.text"]], "erased": erased, "label": e["in.label"]})

    def start(self):
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=self.c["lr"], weight_decay=self.c["decay"])


MODELS = {"tf_mamba": TfMamba}
