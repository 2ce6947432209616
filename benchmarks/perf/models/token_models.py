"""P-RMF and QDRF in plain PyTorch, as published: every modality becomes a few tokens, of which a proxy is made.

One pass over the complete inputs serves all targets, where the published QDRF makes two of the same numbers.
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from regressor import KINDS, WIDTHS, Regressor
from plain_lnln import Reverse, Transformer, attend

SIZES = {
    "d": 128, "tokens_in": 8, "tokens_used": 8, "heads": 8, "dim_head": 64, "mlp": 128, "proj_depth": 2, "vae_depth": 2,
    "reconstructor_depth": 2, "cross_embed_dim": 128, "dropout": 0.5, "regression_hidden": 128, "gamma": 0.1,
    "sigma": 1.0, "kl": 0.5, "lr": 1e-4, "decay": 1e-4,
} | {f"{kind}_dim": width for kind, width in zip(KINDS, WIDTHS)}
MOSI = {
    "p_rmf": SIZES | {"cross_layers": 4},
    "qdrf": SIZES | {"cross_layers": 3, "alpha_distill": 0.9, "level": 3, "fsq_eps": 1e-3, "ema_decay": 0.999,
                     "weight_hidden": 64, "leaky_slope": 0.1, "norm_clip": 1.0},
}


class Coder(nn.Module):
    """Half of an autoencoder: a linear layer, a transformer under the half's name, linear outputs."""

    def __init__(self, c, half, outputs):
        super().__init__()
        linear = lambda: nn.Linear(c["d"], c["d"])
        self.half, self.outputs, self.fc1 = half, outputs, linear()
        setattr(self, half, nn.Sequential(Transformer(c, c["tokens_used"], 0, c["vae_depth"])))
        for name in outputs:
            setattr(self, name, linear())

    def forward(self, x):
        x = getattr(self, self.half)(self.fc1(x).relu())
        outputs = [getattr(self, name)(x) for name in self.outputs]
        return outputs[0] if len(outputs) == 1 else outputs


class Autoencoder(nn.Module):
    def __init__(self, c, latent):
        super().__init__()
        self.encoder, self.decoder = Coder(c, "encoder", latent), Coder(c, "decoder", ["fc_out"])


class InjectionAttention(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.modality1_ln, self.modality2_ln = nn.LayerNorm(width), nn.LayerNorm(width)
        for name in ("proj_modality1", "proj_modality2_k", "proj_modality2_v"):
            setattr(self, name, nn.Linear(width, inner))
        self.proj = nn.Linear(inner, width)

    def forward(self, proxy, tokens):
        q, tokens = self.proj_modality1(self.modality1_ln(proxy)), self.modality2_ln(tokens)
        return self.proj(attend(q, self.proj_modality2_k(tokens), self.proj_modality2_v(tokens), 1))


class Injection(nn.Module):
    def __init__(self, c):
        super().__init__()
        width = c["d"]
        for letter in "tav":
            setattr(self, f"cma_{letter}", InjectionAttention(width, c["cross_embed_dim"]))
        self.layernorm, self.fc = nn.LayerNorm(width), nn.Linear(width, width)
        self.dropout = c.get("dropout", 0.0)

    def forward(self, proxy, tokens, weights):
        attentions = self.cma_t, self.cma_a, self.cma_v
        found = [weight * attention(proxy, x) for attention, x, weight in zip(attentions, tokens, weights)]
        y = sum(found) + proxy
        return y + F.dropout(self.fc(self.layernorm(y)), self.dropout, self.training)


class TokenNetwork(Regressor):
    """Tokens of text, audio and vision, and a prediction from a proxy of them."""

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, d = c, c["d"]
        self.add_bert("bertmodel", bert)
        for letter, kind in zip("lav", KINDS):
            reader = Transformer(c, c[f"{kind}_len"], c["tokens_in"], c["proj_depth"])
            setattr(self, f"proj_{letter}", nn.Sequential(nn.Linear(c[f"{kind}_dim"], d), reader))
        self.fc1, self.fc2 = nn.Linear(d, c["regression_hidden"]), nn.Linear(c["regression_hidden"], 1)

    def tokens(self, text, audio, vision):
        inputs = zip("lav", (self.encode(text), audio, vision))
        return [getattr(self, f"proj_{letter}")(x)[:, : self.c["tokens_used"]] for letter, x in inputs]

    def regress(self, fused):
        hidden = self.fc1(fused.mean(1)).relu()
        return self.fc2(F.dropout(hidden, self.c.get("dropout", 0.0), self.training))

    def add_reconstructor(self):
        c = self.c
        build = lambda: Transformer(c, c["tokens_used"], 0, c["reconstructor_depth"])
        self.reconstructor = nn.ModuleList(build() for _ in range(3))

    def rebuilding_loss(self, masked, complete):
        order = lambda x: [x[1], x[2], x[0]]
        rebuilt = [net(x) for net, x in zip(self.reconstructor, order(masked))]
        return F.mse_loss(torch.cat(rebuilt, 1), torch.cat(order(complete), 1))

    def prove(self, e):
        version = lambda end: [e[f"in.{kind}{end}"] for kind in KINDS]
        noise = [e[f"in.noise_{kind}"] for kind in ("text", "vision", "audio") if f"in.noise_{kind}" in e]
        masked = dict(zip(KINDS, version("_m")))
        return self.objective(masked | {"complete": version(""), "label": e["in.label"], "noise": noise, "epoch": self.c.get("epoch", 1)})

    def start(self):
        # Injections learn slower; P-RMF's reconstructors, which compute gradients, are in no group, as published.
        named = list(self.named_parameters())
        slow = [p for name, p in named if name.startswith("crossmodal_encoder.")]
        skipped = ("crossmodal_encoder.", "teacher.") + (("reconstructor.",) if isinstance(self, PRmf) else ())
        others = [p for name, p in named if not name.startswith(skipped)]
        groups = [{"params": others}, {"params": slow, "lr": self.c["lr"] / 20}]
        self.optimizer = torch.optim.AdamW(groups, lr=self.c["lr"], weight_decay=self.c["decay"])

    def train_step(self, b, epoch):
        super().train_step(b | {"epoch": epoch, "noise": None}, epoch)
        self.after_step()

    def after_step(self):
        pass


class PRmf(TokenNetwork):
    def __init__(self, c, bert=None):
        super().__init__(c, bert)
        build = lambda: Autoencoder(c, ["fc2_mu", "fc2_log_var"])
        self.generate_proxy_modality = nn.ModuleDict({f"{name}_VAE": build() for name in ("text", "image", "audio")})
        self.crossmodal_encoder = nn.ModuleDict({"encoderlayer": Injection(c)})
        self.add_reconstructor()

    def objective(self, b):
        masked, complete = self.tokens(*(b[kind] for kind in KINDS)), self.tokens(*b["complete"])
        swap = lambda x: [x[0], x[2], x[1]]
        coders = list(self.generate_proxy_modality.values())
        latent = [coder.encoder(x) for coder, x in zip(coders, swap(masked))]
        stds = [(0.5 * log_var).exp() for _, log_var in latent]
        powers = (1 / torch.stack(stds)).exp()
        weights = powers / powers.sum(0)
        fused = Reverse.apply((weights * torch.stack([mean for mean, _ in latent])).sum(0))
        for _ in range(self.c["cross_layers"]):
            fused = self.crossmodal_encoder["encoderlayer"](fused, masked, swap(weights))
        prediction = self.regress(fused)
        noise = b["noise"] or [torch.randn_like(std) for std in stds]
        text, vision, audio = latent
        apart = divergence(vision, text) + divergence(audio, text) + divergence(audio, vision)
        for coder, (mean, _), std, one, target in zip(coders, latent, stds, noise, swap(complete)):
            apart = apart + F.mse_loss(coder.decoder(mean + std * one), target) + from_prior(mean, std)
        c = self.c
        loss = c["sigma"] * F.mse_loss(prediction, b["label"]) + c["gamma"] * self.rebuilding_loss(masked, complete)
        return prediction, loss + c["kl"] * apart / 3


def divergence(one, other):
    (mean, log_var), (other_mean, other_log_var) = one, other
    shift = (mean - other_mean).square() / other_log_var.exp()
    return 0.5 * (other_log_var - log_var + (log_var - other_log_var).exp() + shift - 1).mean()


def from_prior(mean, std):
    std = std.clamp_min(1e-6)
    return 0.5 * (std.square() + mean.square() - 1 - 2 * std.log()).mean()


class Proxies(nn.Module):
    """Quantized tokens of text, vision and audio, and their mean by learned weights."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        for name in ("text", "video", "audio"):
            setattr(self, f"{name}_VAE", Autoencoder(c, ["fc_z"]))
        hidden = c["weight_hidden"]
        head = lambda: nn.Sequential(nn.Linear(c["d"], hidden), nn.LeakyReLU(c["leaky_slope"]), nn.Linear(hidden, 1))
        self.weight_learner_t, self.weight_learner_a, self.weight_learner_v = head(), head(), head()

    def coders(self):
        return [self.text_VAE, self.video_VAE, self.audio_VAE]

    def quantize(self, z):
        level = self.c["level"]
        half, offset = (level - 1) * (1 - self.c["fsq_eps"]) / 2, 0.0 if level % 2 else 0.5
        z = (z + torch.tensor(offset / half, dtype=z.dtype).tan()).tanh() * half - offset
        return (z + (z.round() - z).detach()) / (level // 2)

    def forward(self, tokens):
        """Latent tokens and their levels, (3, B, n, width) each, and the weights (B, 3)."""
        latent = torch.stack([coder.encoder(x) for coder, x in zip(self.coders(), tokens)])
        quantized = self.quantize(latent)
        heads = self.weight_learner_t, self.weight_learner_v, self.weight_learner_a
        scores = [head(x) for head, x in zip(heads, quantized.mean(2))]
        return latent, quantized, torch.cat(scores, 1).softmax(1)


def weighted(weights, x):
    return (weights.t()[..., None, None] * x).sum(0)


class QdrfNetwork(TokenNetwork):
    """What student and teacher have in common."""

    def __init__(self, c, bert=None):
        super().__init__(c, bert)
        self.generate_proxy_modality = Proxies(c)
        layers = nn.ModuleList(Injection(c) for _ in range(c["cross_layers"]))
        self.crossmodal_encoder = nn.ModuleDict({"layers": layers})


class Qdrf(QdrfNetwork):
    def __init__(self, c, bert=None):
        super().__init__(c, bert)
        self.add_reconstructor()
        self.teacher = QdrfNetwork(c, copy.deepcopy(bert)).requires_grad_(False)

    def start(self):
        self.teacher.load_state_dict(QdrfNetwork.state_dict(self), strict=False)
        super().start()

    def after_step(self):
        student, keep = dict(self.named_parameters()), self.c["ema_decay"]
        with torch.no_grad():
            for name, parameter in self.teacher.named_parameters():
                parameter.mul_(keep).add_(student[name], alpha=1 - keep)

    def objective(self, b):
        masked, complete = self.tokens(*(b[kind] for kind in KINDS)), self.tokens(*b["complete"])
        swap = lambda x: [x[0], x[2], x[1]]
        _, quantized, weights = self.generate_proxy_modality(swap(masked))
        proxy = fused = weighted(weights, quantized)
        for layer in self.crossmodal_encoder["layers"]:
            fused = layer(fused, masked, swap(weights.t()[..., None, None]))
        prediction = self.regress(fused)
        with torch.no_grad():
            latent, _, theirs = self.teacher.generate_proxy_modality(swap(self.teacher.tokens(*b["complete"])))
        apart = torch.xlogy(theirs, theirs) - theirs * (weights + 1e-8).log()
        distance = F.mse_loss(proxy, weighted(theirs, latent)) + apart.sum(1).mean()
        decoded = zip(self.generate_proxy_modality.coders(), quantized, swap(complete))
        errors = sum(F.mse_loss(coder.decoder(x), target.detach()) for coder, x, target in decoded) / 3
        c = self.c
        alpha = c["alpha_distill"] * min(max((b["epoch"] - 5) / 5, 0), 1)
        loss = c["sigma"] * F.mse_loss(prediction, b["label"]) + c["gamma"] * self.rebuilding_loss(masked, complete)
        return prediction, loss + c["kl"] * errors + alpha * distance


MODELS = {"p_rmf": PRmf, "qdrf": Qdrf}
