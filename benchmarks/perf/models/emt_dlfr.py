"""EMT-DLFR in plain PyTorch, as published: the network runs on complete and on masked inputs, one after the other."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from regressor import KINDS, Regressor, sizes
from plain_models import Head

MOSI = {
    "emt_dlfr": {
        "a_lstm_hidden_size": 32, "v_lstm_hidden_size": 64, "audio_out": 16, "video_out": 32, "d_model": 128,
        "fusion_layers": 3, "heads": 4, "ff_expansion": 4, "attn_dropout": 0.3, "ff_dropout": 0.1,
        "gmc_tokens_pred_dim": 128, "text_pred_dim": 256, "audio_pred_dim": 8, "video_pred_dim": 16,
        "post_fusion_dim": 256, "post_fusion_dropout": 0.3, "loss_attra_weight": 1.0, "loss_recon_weight": 1.0,
        "lr": 1e-3, "decay": 1e-3,
    },
}
NAMES = ["gmc_tokens", "text", "audio", "video"]


class Frames(nn.Module):
    """All states of an LSTM over valid frames, and its last one."""

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True)
        self.linear_1 = nn.Identity() if hidden == outputs else nn.Linear(hidden, outputs)

    def forward(self, x, lengths):
        states, (last, _) = self.rnn(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return self.linear_1(pad_packed_sequence(states, batch_first=True)[0]), self.linear_1(last[0])


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        width = c["d_model"]
        self.heads, self.dropout = c["heads"], c.get("attn_dropout", 0.0)
        self.to_q, self.to_kv = nn.Linear(width, width, bias=False), nn.Linear(width, 2 * width, bias=False)
        self.to_out = nn.Linear(width, width)

    def forward(self, x, source, valid):
        split = lambda x: x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, (k, v) = split(self.to_q(x)), map(split, self.to_kv(source).chunk(2, -1))
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if valid is not None:
            scores = scores.masked_fill(~valid[:, None, None], torch.finfo(scores.dtype).min)
        weights = F.dropout(scores.softmax(-1), self.dropout, self.training)
        return self.to_out((weights @ v).transpose(1, 2).flatten(2))


class Normed(nn.Module):
    def __init__(self, width, fn, context=False):
        super().__init__()
        self.norm, self.fn = nn.LayerNorm(width), fn
        if context:
            self.norm_context = nn.LayerNorm(width)


class Gated(nn.Module):
    def forward(self, x):
        x, gate = x.chunk(2, -1)
        return x * F.gelu(gate)


class Feed(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, hidden = c["d_model"], c["d_model"] * c["ff_expansion"]
        dropout = nn.Dropout(c.get("ff_dropout", 0.0))
        self.net = nn.Sequential(nn.Linear(width, 2 * hidden), Gated(), nn.Linear(hidden, width), dropout)

    def forward(self, x):
        return self.net(x)


class Unit(nn.Module):
    """x attends to a source, then to itself; it serves both directions, all modalities and layers."""

    def __init__(self, c):
        super().__init__()
        width = c["d_model"]
        layer = [Normed(width, Attention(c), context=True), Normed(width, Attention(c)), Normed(width, Feed(c))]
        self.layers = nn.ModuleList([nn.ModuleList(layer)])

    def forward(self, x, source, valid_source=None, valid=None):
        cross, own, feed = self.layers[0]
        x = x + cross.fn(cross.norm(x), cross.norm_context(source), valid_source)
        y = own.norm(x)
        x = x + own.fn(y, y, valid)
        return x + feed.fn(feed.norm(x))


class Pooling(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, contexts):
        """Of (B, 3 modalities, 3, width)."""
        weights = self.attention(contexts.flatten(2)).softmax(1)
        return (contexts * weights.unsqueeze(3)).sum(1)


class Fusion(nn.Module):
    def __init__(self, c):
        super().__init__()
        nest = lambda module: nn.ModuleList([module])
        self.mpus, self.attn_pools = nest(nest(nest(Unit(c)))), nest(Pooling(3 * c["d_model"]))
        self.depth = c["fusion_layers"]

    def forward(self, context, modalities, valid):
        unit, pool = self.mpus[0][0][0], self.attn_pools[0]
        modalities = [x + sines(x) for x in modalities]
        for _ in range(self.depth):
            contexts = [unit(context, x, valid_source=mask) for x, mask in zip(modalities, valid)]
            modalities = [unit(x, context, valid=mask) for x, mask in zip(modalities, valid)]
            context = pool(torch.stack(contexts, 1))
        return context.flatten(1), modalities


def sines(x):
    steps, width = x.shape[1:]
    frequencies = (torch.arange(0, width, 2).double() * (-torch.tensor(1e4).double().log() / width)).exp()
    angles = torch.outer(torch.arange(steps).double(), frequencies)
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1).to(x.dtype)


class Net(nn.Module):
    """Layers under the name `net`."""

    def __init__(self, *layers):
        super().__init__()
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


class EmtDlfr(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.c, d, (text, audio, vision) = c, c["d_model"], sizes(c)
        self.add_bert("text_model", bert)
        outputs = [text, c["audio_out"], c["video_out"]]
        self.audio_model = Frames(audio, c["a_lstm_hidden_size"], outputs[1])
        self.video_model = Frames(vision, c["v_lstm_hidden_size"], outputs[2])
        self.fusion = Fusion(c)
        for name, width in zip(NAMES, [3 * d, *outputs]):
            hidden = c[f"{name}_pred_dim"]
            project = Net(nn.Linear(width, width), nn.BatchNorm1d(width, affine=False))
            predict = [nn.Linear(width, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, width)]
            setattr(self, f"{name}_projector", project)
            setattr(self, f"{name}_predictor", Net(*predict))
        for name, inputs, features in zip(NAMES[1:], outputs, sizes(c)):
            project = nn.Identity() if inputs == d else nn.Linear(inputs, d, bias=False)
            setattr(self, f"proj_{name}", project)
            setattr(self, f"recon_{name}", nn.Linear(d, features))
        Head.add(self, "post_fusion", sum(outputs) + 3 * d, c["post_fusion_dim"])

    def view(self, text, audio, vision, lengths):
        """States of the text, prediction, pairs for the attraction, modalities after fusion, their valid steps."""
        states = self.encode(text)
        audio, of_audio = self.audio_model(audio, lengths[1])
        vision, of_vision = self.video_model(vision, lengths[2])
        vectors, sequences = [states[:, 0], of_audio, of_vision], [states[:, 1:], audio, vision]
        projected = lambda xs: [getattr(self, f"proj_{name}")(x) for name, x in zip(NAMES[1:], xs)]
        counts = lengths[0] - 2, *lengths[1:]
        valid = [torch.arange(x.shape[1]) < count.unsqueeze(1) for x, count in zip(sequences, counts)]
        context, fused = self.fusion(torch.stack(projected(vectors), 1), projected(sequences), valid)
        pairs = []
        for name, x in zip(NAMES, [context, *vectors]):
            z = getattr(self, f"{name}_projector")(x)
            pairs.append((z.detach(), getattr(self, f"{name}_predictor")(z)))
        return states, self.read(torch.cat([*vectors, context], 1)), pairs, fused

    def read(self, x):
        x = F.dropout(x, self.c.get("post_fusion_dropout", 0.0), self.training)
        for i in (1, 2):
            x = getattr(self, f"post_fusion_layer_{i}")(x).relu()
        return self.post_fusion_layer_3(x)

    def objective(self, b):
        states, of_complete, complete, _ = self.view(*b["complete"], b["lengths"])
        _, prediction, masked, fused = self.view(*(b[kind] for kind in KINDS), b["lengths"])
        targets = [states.detach()[:, 1:], *b["complete"][1:]]
        erased = [b["erased"][0][:, 1:], *b["erased"][1:]]
        rebuilt = [getattr(self, f"recon_{name}")(x) for name, x in zip(NAMES[1:], fused)]
        restored = sum(smooth_error(*one) for one in zip(rebuilt, targets, erased))
        cosine = lambda p, z: F.cosine_similarity(p, z).mean()
        attracted = sum(-0.5 * (cosine(p_m, z) + cosine(p, z_m)) for (z, p), (z_m, p_m) in zip(complete, masked))
        loss = F.l1_loss(prediction, b["label"]) + self.c["loss_recon_weight"] * restored
        return prediction, loss + self.c["loss_attra_weight"] * (F.l1_loss(of_complete, b["label"]) + attracted)

    def prove(self, e):
        version = lambda end: [e[f"in.{kind}{end}"] for kind in KINDS]
        masked, complete, lengths = version("_m"), version(""), [e[f"in.{kind}_len"].long() for kind in KINDS]
        changed = [(one != other) for one, other in zip(masked, complete)]
        changed = [changed[0][:, 0], *(x.any(2) for x in changed[1:])]
        inside = [torch.arange(x.shape[1]) < length.unsqueeze(1) for x, length in zip(changed, lengths)]
        erased = [x & y for x, y in zip(changed, inside)]
        given = {"complete": complete, "label": e["in.label"], "lengths": lengths, "erased": erased}
        # The case's `pred` is that of the complete inputs.
        e["out.pred"] = e["out.pred_m"]
        return self.objective(dict(zip(KINDS, masked)) | given)


def smooth_error(made, target, erased):
    """Smooth L1 over the erased steps, per number."""
    steps = made.shape[1]
    erased = erased[:, :steps].unsqueeze(2).to(made.dtype)
    error = F.smooth_l1_loss(made * erased, target[:, :steps] * erased, reduction="sum")
    return error / (erased.sum() * made.shape[2] + 1e-6)


MODELS = {"emt_dlfr": EmtDlfr}
