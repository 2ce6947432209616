"""TETFN, TFR-Net and MMIM in plain PyTorch, as MMSA's form computes them: sequences of (T, B, width), whole
matrices of attention scores, all parameters differentiated in both stages of MMIM.

`python plain_models.py CASE` proves one on a golden case (tests/golden/tetfn/mosi) in float64;
`python plain_models.py MODEL BATCH THREADS` takes turns with side.rs, on hidden states of an encoder as text.
Parameter names are those of the published checkpoints. Of a batch `b`, `b["text"]` are token ids, mask and
segments (B, 3, T) where the model has an encoder, else states (B, T, width).
"""

import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from plain_lnln import case_bert, compare, fill_model, read_case

MOSI = {
    "tetfn": {
        "batch": 64, "feature_dims": [768, 5, 20], "samples": 1284, "H": 3.0, "lr": 3e-4,
        "a_lstm_hidden_size": 16, "v_lstm_hidden_size": 64, "conv1d_kernel_size_l": 1,
        "conv1d_kernel_size_a": 1, "dst_feature_dims": 50, "nheads": 5, "attn_dropout": 0.1,
        "attn_dropout_a": 0.0, "attn_dropout_v": 0.1, "relu_dropout": 0.0, "embed_dropout": 0.0,
        "res_dropout": 0.1, "post_fusion_dim": 64, "post_text_dim": 32, "post_audio_dim": 32,
        "post_video_dim": 16, "post_fusion_dropout": 0.0, "post_text_dropout": 0.0,
        "post_audio_dropout": 0.0, "post_video_dropout": 0.0,
    },
    "tfr_net": {
        "batch": 24, "feature_dims": [768, 5, 20], "seq_lens": [50, 375, 500], "grad_clip": 0.8,
        "lr": 1e-3, "conv1d_kernel_size_l": 1, "conv1d_kernel_size_a": 5, "conv1d_kernel_size_v": 3,
        "dst_feature_dim_nheads": [30, 6], "nlevels": 3, "num_temporal_head": 25,
        "text_dropout": 0.2, "attn_dropout": 0.2, "attn_dropout_a": 0.1, "attn_dropout_v": 0.0,
        "relu_dropout": 0.2, "embed_dropout": 0.2, "res_dropout": 0.2, "fusion_t_hid": 36,
        "fusion_a_hid": 20, "fusion_v_hid": 48, "fusion_gru_layers": 3, "fusion_drop": 0.2,
        "cls_hidden_dim": 128, "cls_dropout": 0.0, "weight_gen_loss": [5, 2, 20],
        "weight_sim_loss": 5,
    },
    "mmim": {
        "batch": 32, "feature_dims": [768, 5, 20], "d_vh": 16, "d_ah": 16, "d_vout": 16,
        "d_aout": 16, "d_prjh": 128, "dropout_prj": 0.1, "cpc_layers": 1, "add_va": False,
        "alpha": 0.1, "beta": 0.1, "grad_clip": 1.0, "lr": 1e-3,
    },
}


class Attention(nn.Module):
    """Over (T, B, width), heads and samples as one batch of matrices."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, q, k, v, mask):
        if q is k:
            q, k, v = F.linear(q, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
        else:
            parts = zip((q, k, v), self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3))
            q, k, v = (F.linear(*part) for part in parts)
        (n, rows, width), size = q.shape, q.shape[-1] // self.heads
        split = lambda x: x.contiguous().view(len(x), rows * self.heads, size).transpose(0, 1)
        q, k, v = split(q * size**-0.5), split(k), split(v)
        scores = torch.bmm(q, k.transpose(1, 2))
        if mask is not None:
            scores = scores + mask
        weights = F.dropout(scores.softmax(-1), self.dropout, self.training)
        attended = torch.bmm(weights, v).transpose(0, 1).contiguous().view(n, rows, width)
        return self.out_proj(attended)


class CrossLayer(nn.Module):
    def __init__(self, width, heads, dropouts):
        super().__init__()
        attention, self.relu_dropout, self.res_dropout = dropouts
        self.self_attn = Attention(width, heads, attention)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.layer_norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, x, k, v, mask):
        norm, after = self.layer_norms
        drop = lambda x, chance: F.dropout(x, chance, self.training)
        q = norm(x)
        k, v = (q, q) if k is None else (norm(k), norm(v))
        x = x + drop(self.self_attn(q, k, v, mask), self.res_dropout)
        hidden = drop(F.relu(self.fc1(after(x))), self.relu_dropout)
        return x + drop(self.fc2(hidden), self.res_dropout)


class Crossmodal(nn.Module):
    """(T, B, width) attending to `source`, or to itself."""

    def __init__(self, c, width, heads, depth, attention_dropout, positions=False):
        super().__init__()
        dropouts = attention_dropout, c["relu_dropout"], c["res_dropout"]
        self.embed_dropout, self.positions = c["embed_dropout"], positions
        self.layers = nn.ModuleList(CrossLayer(width, heads, dropouts) for _ in range(depth))
        self.layer_norm = nn.LayerNorm(width)

    def embed(self, x):
        steps, _, width = x.shape
        embedded = width**0.5 * x
        if self.positions:
            half = width // 2
            frequencies = torch.exp(torch.arange(half).double() * -(torch.tensor(1e4).double().log() / (half - 1)))
            angles = torch.outer(torch.arange(1, steps + 1).double(), frequencies)
            table = torch.cat([angles.sin(), angles.cos()], 1).to(x.dtype)
            embedded = embedded + table.unsqueeze(1) * (x[..., :1] != 0)
        return F.dropout(embedded, self.embed_dropout, self.training)

    def forward(self, x, source=None):
        n, m = len(x), len(x if source is None else source)
        x, k, v = self.embed(x), *([None] * 2 if source is None else [self.embed(source), self.embed(source)])
        mask = torch.full((n, m), float("-inf"), dtype=x.dtype).triu(1 + abs(m - n))
        for layer in self.layers:
            x = layer(x, k, v, mask)
        return self.layer_norm(x)


class Encoded(nn.Module):
    """Text through an encoder where there is one."""

    def encode(self, text):
        if self.bert is None:
            return text
        ids, mask, segments = text.long().unbind(1)
        return self.bert(input_ids=ids, attention_mask=mask, token_type_ids=segments).last_hidden_state

    def add_bert(self, name, bert):
        holder = nn.Module()
        if bert is not None:
            holder.model = bert
        setattr(self, name, holder)
        # Not a second registration.
        self.__dict__["bert"] = bert


class Head(nn.Module):
    """Adds its layers to its owner under the checkpoint's names."""

    @staticmethod
    def add(owner, name, inputs, hidden):
        for i, (a, b) in enumerate([(inputs, hidden), (hidden, hidden), (hidden, 1)], 1):
            setattr(owner, f"{name}_layer_{i}", nn.Linear(a, b))


class Reader(nn.Module):
    """An LSTM over all steps and a convolution of its outputs."""

    def __init__(self, inputs, hidden, width, kernel):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True)
        self.conv = nn.Conv1d(hidden, width, kernel, bias=False)

    def forward(self, x):
        return self.conv(self.rnn(x)[0].transpose(1, 2))


class TextEnhanced(nn.Module):
    def __init__(self, c):
        super().__init__()
        sizes = c["dst_feature_dims"], c["nheads"]
        self.lower_mha = Crossmodal(c, *sizes, 1, c["attn_dropout"], positions=True)
        self.upper_mha = Crossmodal(c, *sizes, 2, c["attn_dropout"], positions=True)

    def forward(self, target, other, text):
        return self.upper_mha(target, self.lower_mha(other, text))


def align(x, steps):
    """Average pooling to so many steps, the last frame repeated."""
    if x.shape[1] == steps:
        return x
    window = -(-x.shape[1] // steps)
    last = x[:, -1:].expand(-1, window * steps - x.shape[1], -1)
    return torch.cat([x, last], 1).view(len(x), steps, window, -1).mean(2)


class Tetfn(Encoded):
    MODALITIES = ["fusion", "text", "audio", "vision"]

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, d, heads = c, c["dst_feature_dims"], c["nheads"]
        text, audio, vision = c["feature_dims"]
        self.add_bert("text_model", bert)
        self.proj_l = nn.Conv1d(text, d, c["conv1d_kernel_size_l"], bias=False)
        kernel = c["conv1d_kernel_size_a"]
        self.audio_model = Reader(audio, c["a_lstm_hidden_size"], d, kernel)
        self.video_model = Reader(vision, c["v_lstm_hidden_size"], d, kernel)
        plain = lambda width, dropout: Crossmodal(c, width, heads, 2, c[dropout])
        self.trans_l_with_a = plain(d, "attn_dropout_a")
        self.trans_l_with_v = plain(d, "attn_dropout_v")
        self.trans_a_with_l = plain(d, "attn_dropout")
        self.trans_v_with_l = plain(d, "attn_dropout")
        self.trans_a_with_v, self.trans_v_with_a = TextEnhanced(c), TextEnhanced(c)
        for letter in "lav":
            setattr(self, f"trans_{letter}_mem", plain(2 * d, "attn_dropout"))
        self.add_heads((6 * d, d, d, d))

    def add_heads(self, widths):
        """A head for these inputs each, and what its labels are made from."""
        c, self.heads = self.c, ["post_fusion", "post_text", "post_audio", "post_video"]
        for head, inputs in zip(self.heads, widths):
            Head.add(self, head, inputs, c[f"{head}_dim"])
        if "samples" in c:
            self.labels = torch.zeros(4, c["samples"])
            self.features = [torch.zeros(c["samples"], c[f"{head}_dim"]) for head in self.heads]
            self.centers = [torch.zeros(2, c[f"{head}_dim"]) for head in self.heads]

    def read(self, name, x):
        x = F.dropout(x, self.c[f"{name}_dropout"], self.training)
        feature = F.relu(getattr(self, f"{name}_layer_1")(x))
        hidden = F.relu(getattr(self, f"{name}_layer_2")(feature))
        return feature, getattr(self, f"{name}_layer_3")(hidden).view(-1)

    def forward(self, b):
        """Features and predictions of the heads."""
        states = self.encode(b["text"])
        steps = states.shape[1]
        l = self.proj_l(states.transpose(1, 2))
        a = self.audio_model(align(b["audio"], steps))
        v = self.video_model(align(b["vision"], steps))
        pooled = [x.amax(-1) for x in (l, a, v)]
        l, a, v = (x.permute(2, 0, 1) for x in (l, a, v))
        pairs = [
            (self.trans_l_mem, self.trans_l_with_a(l, a), self.trans_l_with_v(l, v)),
            (self.trans_a_mem, self.trans_a_with_l(a, l), self.trans_a_with_v(a, v, l)),
            (self.trans_v_mem, self.trans_v_with_l(v, l), self.trans_v_with_a(v, a, l)),
        ]
        last = [memory(torch.cat(pair, 2))[-1] for memory, *pair in pairs]
        return [self.read(*read) for read in zip(self.heads, [torch.cat(last, 1), *pooled])]

    def loss(self, outputs, labels):
        weigh = lambda i: 1 if i == 0 else (labels[i] - labels[0]).abs().tanh()
        terms = [(weigh(i) * (y - labels[i]).abs()).mean() for i, (_, y) in enumerate(outputs)]
        return sum(terms)

    @torch.no_grad()
    def absorb(self, index, outputs, epoch):
        """Moves the labels of the modalities, stores features, computes the centers again."""
        lean = []
        for (feature, _), centers in zip(outputs, self.centers):
            positive, negative = ((feature - center).norm(dim=-1) for center in centers)
            lean.append((negative - positive) / (positive + 1e-8))
        for i in range(1, 4) if epoch > 1 else []:
            own, fused, label = lean[i], lean[0], self.labels[0, index]
            new = 0.5 * own / (fused + 1e-8) * label + 0.5 * (label + own - fused)
            new = new.clamp(-self.c["H"], self.c["H"])
            self.labels[i, index] = (epoch - 1) / (epoch + 1) * self.labels[i, index] + 2 / (epoch + 1) * new
        for i, (feature, _) in enumerate(outputs):
            self.features[i][index] = feature
            for row, side in enumerate((self.labels[i] > 0, self.labels[i] < 0)):
                self.centers[i][row] = self.features[i][side].mean(0)

    def case_batch(self, e):
        return {kind: e[f"in.{kind}"] for kind in ("text", "audio", "vision")}

    def prove(self, e):
        outputs = self(self.case_batch(e))
        label = e["in.label"].view(-1)
        labels = [label] + [e[f"in.label_{kind}"] for kind in ("text", "audio", "vision")]
        return outputs[0][1].unsqueeze(1), self.loss(outputs, labels)

    def start(self):
        self.labels[:] = torch.rand(self.labels.shape[1]) * 2 - 1
        self.optimizer = torch.optim.Adam(self.parameters(), lr=self.c["lr"], weight_decay=1e-3)

    def train_step(self, b, epoch):
        self.optimizer.zero_grad()
        outputs = self(b)
        self.loss(outputs, self.labels[:, b["index"]]).backward()
        self.absorb(b["index"], outputs, epoch)
        self.optimizer.step()


def valid(x, rnn, lengths):
    """A recurrent network over the valid steps: outputs (B, T, states) and its last states."""
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = rnn(packed)
    return pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0], last


class Alignment(nn.Module):
    def __init__(self, c):
        super().__init__()
        (d, heads), depth = c["dst_feature_dim_nheads"], max(c["nlevels"], 3)
        dropouts = {"l": c["attn_dropout"], "a": c["attn_dropout_a"], "v": c["attn_dropout_v"]}
        self.text_dropout = c["text_dropout"]
        for letter, width, steps in zip("lav", c["feature_dims"], c["seq_lens"]):
            kernel = c[f"conv1d_kernel_size_{letter}"]
            conv = nn.Conv1d(width, d, kernel, padding=(kernel - 1) // 2, bias=False)
            setattr(self, f"proj_{letter}", conv)
            for other in "lav".replace(letter, ""):
                pair = Crossmodal(c, d, heads, c["nlevels"], dropouts[other], positions=True)
                setattr(self, f"trans_{letter}_with_{other}", pair)
            memory = Crossmodal(c, d, heads, depth, c["attn_dropout"], positions=True)
            final = Crossmodal(c, steps, c["num_temporal_head"], depth, c["attn_dropout"])
            setattr(self, f"trans_{letter}_mem", memory)
            setattr(self, f"trans_{letter}_final", final)

    def forward(self, features):
        """Per modality (B, T, 3 d), and the sequences that are reconstructed from, (B, T, 3 d)."""
        text = F.dropout(features[0], self.text_dropout, self.training)
        part = lambda *names: getattr(self, "_".join(names))
        x = {}
        for letter, one in zip("lav", (text, *features[1:])):
            conv = part("proj", letter)
            # Features of the common width are not convolved.
            same = conv.in_channels == conv.out_channels
            x[letter] = one.transpose(0, 1) if same else conv(one.transpose(1, 2)).permute(2, 0, 1)
        aligned, mixed = [], []
        for letter in "lav":
            own = [part("trans", letter, "mem")(x[letter])]
            for other in "lav".replace(letter, ""):
                own.append(part("trans", letter, "with", other)(x[letter], x[other]))
            own = torch.cat(own, 2).permute(1, 0, 2)
            aligned.append(own)
            # As published: samples as sequence, features as batch, steps as embedding.
            mixed.append(part("trans", letter, "final")(own.transpose(1, 2)).transpose(1, 2))
        return aligned, mixed


class GatedReader(nn.Module):
    def __init__(self, inputs, hidden, c):
        super().__init__()
        self.dropout = c["fusion_drop"]
        self.gru = nn.Module()
        layers = c["fusion_gru_layers"]
        self.gru.gru = nn.GRU(inputs, hidden, layers, batch_first=True, bidirectional=True)
        self.cnn = nn.Conv1d(2 * hidden, 1, 3, padding=1)
        self.fc = nn.Linear(2 * hidden + inputs, hidden)

    def forward(self, x, lengths):
        states, _ = valid(x, self.gru.gru, lengths)
        gate = self.cnn(states.transpose(1, 2)).transpose(1, 2).sigmoid()
        steps = self.fc(torch.cat([x, states.tanh() * gate], 2)).tanh()
        return F.dropout(steps.amax(1), self.dropout, self.training)


def discrepancy(one, other):
    """Central moment discrepancy of three moments."""
    distance = lambda a, b: ((a - b).square().sum() + 1e-12).sqrt()
    means = one.mean(0), other.mean(0)
    one, other = one - means[0], other - means[1]
    return distance(*means) + sum(distance(one.pow(k).mean(0), other.pow(k).mean(0)) for k in (2, 3))


class TfrNet(Encoded):
    KINDS = ["text", "audio", "vision"]

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, inputs = c, 3 * c["dst_feature_dim_nheads"][0]
        self.add_bert("text_model", bert)
        holder = lambda name: setattr(self, name, nn.Module())
        for name in ("align_subnet", "fusion_subnet", *(f"generator_{letter}" for letter in "tav")):
            holder(name)
        self.align_subnet.Model = Alignment(c)
        for letter, width in zip("tav", c["feature_dims"]):
            model = getattr(self, f"generator_{letter}").Model = nn.Module()
            model.linear = nn.Linear(inputs, width)
        fusion = self.fusion_subnet.Model = nn.Module()
        widths = [c[f"fusion_{letter}_hid"] for letter in "tav"]
        for kind, width in zip(self.KINDS, widths):
            setattr(fusion, f"{kind}_encoder", GatedReader(inputs, width, c))
        classifier = fusion.classifier = nn.Module()
        classifier.linear_trans_norm = nn.BatchNorm1d(sum(widths))
        classifier.linear_trans_hidden = nn.Linear(sum(widths), c["cls_hidden_dim"])
        classifier.linear_trans_final = nn.Linear(c["cls_hidden_dim"], 1)

    def predict(self, aligned, lengths):
        fusion = self.fusion_subnet.Model
        readers = [getattr(fusion, f"{kind}_encoder") for kind in self.KINDS]
        read = torch.cat([reader(*one) for reader, *one in zip(readers, aligned, lengths)], 1)
        norm, hidden, final = fusion.classifier.children()
        hidden = F.leaky_relu(hidden(norm(read)))
        return final(F.dropout(hidden, self.c["cls_dropout"], self.training))

    def forward(self, b):
        """Prediction and loss; `complete` and `erased` (B, T) per modality are the reconstruction's."""
        aligned, mixed = self.align_subnet.Model([self.encode(b["text"]), b["audio"], b["vision"]])
        prediction = self.predict(aligned, b["lengths"])
        targets = [self.encode(b["complete"][0]), *b["complete"][1:]]
        loss = F.l1_loss(prediction, b["label"])
        weights = self.c["weight_gen_loss"]
        for weight, letter, x, target, erased in zip(weights, "tav", mixed, targets, b["erased"]):
            mask = erased.unsqueeze(2).expand_as(target).to(target.dtype)
            generated = getattr(self, f"generator_{letter}").Model.linear(x) * mask
            pair = [one.flatten(0, 1) for one in (generated, target * mask)]
            distance = F.smooth_l1_loss(*pair, reduction="sum") + self.c["weight_sim_loss"] * discrepancy(*pair)
            loss = loss + weight * distance / (mask.sum() + 1e-4)
        return prediction, loss

    def prove(self, e):
        masks = [e["in.text"][:, 1], e["in.audio_mask"], e["in.vision_mask"]]
        return self({
            "text": e["in.text_m"], "audio": e["in.audio_m"], "vision": e["in.vision_m"],
            "complete": [e[f"in.{kind}"] for kind in self.KINDS], "label": e["in.label"],
            "erased": [mask - e[f"in.{kind}_missing_mask"] for kind, mask in zip(self.KINDS, masks)],
            "lengths": [mask.sum(1).long() for mask in masks],
        })

    def start(self):
        self.optimizer = torch.optim.Adam(self.parameters(), lr=self.c["lr"], weight_decay=1e-3)

    def train_step(self, b, epoch):
        self.optimizer.zero_grad()
        self(b)[1].backward()
        nn.utils.clip_grad_value_(self.parameters(), self.c["grad_clip"])
        self.optimizer.step()


class LastStates(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True, bidirectional=True)
        self.linear_1 = nn.Linear(2 * hidden, outputs)

    def forward(self, x, lengths):
        _, (last, _) = self.rnn(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return self.linear_1(torch.cat([*last], 1))


class Bound(nn.Module):
    """Likelihood and samples of one pair of modalities."""

    def __init__(self, x, y):
        super().__init__()
        mlp = lambda: nn.Sequential(nn.Linear(x, y), nn.ReLU(), nn.Linear(y, y))
        self.mlp_mu, self.mlp_logvar = mlp(), mlp()
        self.entropy_prj = nn.Sequential(nn.Linear(y, y // 4), nn.Tanh())

    def forward(self, x, y):
        error = (self.mlp_mu(x) - y).square() / 2 / self.mlp_logvar(x).exp()
        return -error.sum(-1).mean()


class Prediction(nn.Module):
    def __init__(self, inputs, outputs, depth):
        super().__init__()
        rest = [nn.Linear(outputs, outputs) for _ in range(depth - 1)]
        layers = [nn.Linear(inputs, outputs), nn.Tanh(), *rest]
        self.net = layers[0] if depth == 1 else nn.Sequential(*layers)

    def forward(self, own, fused):
        own, predicted = (x / x.norm(dim=1, keepdim=True) for x in (own, self.net(fused)))
        positive = (own * predicted).sum(-1)
        return ((own @ predicted.t()).logsumexp(-1) - positive).mean()


class Mmim(Encoded):
    KINDS = ["text", "audio", "vision"]

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, text, audio, vision = c, c["feature_dims"][0], c["d_aout"], c["d_vout"]
        _, audio_width, vision_width = c["feature_dims"]
        self.add_bert("bertmodel", bert)
        self.visual_enc = LastStates(vision_width, c["d_vh"], vision)
        self.acoustic_enc = LastStates(audio_width, c["d_ah"], audio)
        self.mi_tv, self.mi_ta = Bound(text, vision), Bound(text, audio)
        self.pairs = [("tv", 0, 2), ("ta", 0, 1)]
        if c["add_va"]:
            self.mi_va = Bound(vision, audio)
            self.pairs.append(("va", 2, 1))
        for letter, width in zip("tva", (text, vision, audio)):
            setattr(self, f"cpc_z{letter}", Prediction(c["d_prjh"], width, c["cpc_layers"]))
        self.fusion_prj = nn.Module()
        sizes = [text + audio + vision, c["d_prjh"], c["d_prjh"], 1]
        for i in (1, 2, 3):
            setattr(self.fusion_prj, f"linear_{i}", nn.Linear(sizes[i - 1], sizes[i]))

    def forward(self, b):
        """The modalities' vectors, fused features, prediction and likelihood."""
        lengths = b["lengths"]
        vectors = [
            self.encode(b["text"])[:, 0],
            self.acoustic_enc(b["audio"], lengths[1]),
            self.visual_enc(b["vision"], lengths[2]),
        ]
        first, second, third = self.fusion_prj.children()
        joined = F.dropout(torch.cat(vectors, 1), self.c["dropout_prj"], self.training)
        fused = second(first(joined).tanh()).tanh()
        likelihood = sum(getattr(self, f"mi_{name}")(vectors[x], vectors[y]) for name, x, y in self.pairs)
        return vectors, fused, third(fused), likelihood

    def samples(self, vectors, label):
        """What enters the entropies: positive and negative samples of each pair."""
        label = label.view(-1)
        projected = [getattr(self, f"mi_{name}").entropy_prj(vectors[y]) for name, _, y in self.pairs]
        return [(x[label > 0], x[label < 0]) for x in projected]

    def loss(self, outputs, label, samples, memory):
        vectors, fused, prediction, likelihood = outputs
        t, a, v = vectors
        nce = self.cpc_zt(t, fused) + self.cpc_zv(v, fused) + self.cpc_za(a, fused)
        entropy = 0
        for sides, before in zip(samples, memory):
            for rows in zip(sides, before):
                rows = torch.cat(rows)
                centered = rows - rows.mean(0)
                entropy = entropy + 0.25 * (centered.t() @ centered / len(rows)).logdet()
        alpha, beta = self.c["alpha"], self.c["beta"]
        return F.l1_loss(prediction, label) + alpha * nce - beta * likelihood - beta * entropy

    def prove(self, e):
        b = {kind: e[f"in.{kind}"] for kind in self.KINDS}
        outputs = self(b | {"lengths": [e[f"in.{kind}_len"].long() for kind in self.KINDS]})
        memory = [(e[f"in.mem_{name}_pos"], e[f"in.mem_{name}_neg"]) for name, _, _ in self.pairs]
        label = e["in.label"]
        return outputs[2], self.loss(outputs, label, self.samples(outputs[0], label), memory)

    def start(self):
        named = list(self.named_parameters())
        adam = lambda own: torch.optim.Adam(own, lr=self.c["lr"], weight_decay=1e-4)
        self.stage1 = adam([p for name, p in named if name.startswith("mi_")])
        self.main = adam([p for name, p in named if not name.startswith("mi_")])
        self.memory = None

    def train_step(self, b, epoch):
        """A step of both stages, each with the gradients of all parameters."""
        self.zero_grad()
        (-self(b)[3]).backward()
        nn.utils.clip_grad_norm_(self.parameters(), self.c["grad_clip"])
        self.stage1.step()
        self.zero_grad()
        outputs = self(b)
        samples = self.samples(outputs[0], b["label"])
        past = self.memory or [[x.detach() for x in sides] for sides in samples]
        self.memory = [[x.detach() for x in sides] for sides in samples]
        self.loss(outputs, b["label"], samples, past).backward()
        nn.utils.clip_grad_norm_(self.parameters(), self.c["grad_clip"])
        self.main.step()


MODELS = {"tetfn": Tetfn, "tfr_net": TfrNet, "mmim": Mmim}


def prove(folder):
    case, expected = read_case(folder)
    model = fill_model(MODELS[case["model"]](case["config"], case_bert(case)), case).train()
    return compare(model, case, expected, *model.prove(expected))


def noise_batch(rows, shapes=((50, 768), (375, 5), (500, 20))):
    """CMU-MOSI's unaligned sizes by default; half of the samples lose half of a modality, as in side.rs."""
    complete = [torch.rand(rows, *shape) * 2 - 1 for shape in shapes]
    erased = []
    for kind, (steps, _) in enumerate(shapes):
        loses = (torch.arange(rows) >> kind) % 2 == 1
        erased.append(loses.unsqueeze(1) & (torch.arange(steps) < steps // 2))
    masked = [x.masked_fill(gone.unsqueeze(2), 0) for x, gone in zip(complete, erased)]
    return dict(zip(("text", "audio", "vision"), masked)) | {
        "complete": complete, "erased": erased, "label": torch.rand(rows, 1) * 2 - 1,
        "lengths": [torch.full((rows,), steps) for steps, _ in shapes], "index": torch.arange(rows),
    }


def serve(build, draw, threads):
    """Takes one training step a line, and answers with its processor seconds: of a built model on a drawn batch."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = build().train()
    model.start()
    batch = draw()
    for epoch, _ in enumerate(sys.stdin, 1):
        started = time.process_time()
        model.train_step(batch, epoch)
        print(time.process_time() - started, flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(prove(sys.argv[1]))
    else:
        name, (rows, threads) = sys.argv[1], map(int, sys.argv[2:])
        serve(lambda: MODELS[name](MOSI[name]), lambda: noise_batch(rows), threads)
