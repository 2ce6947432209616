"""Further models in plain PyTorch, and one way to take training steps with all that have a plain form.

`python plain.py CASE` proves one on a golden case (tests/golden/tfn/mosi) in float64;
`python plain.py MODEL BATCH THREADS SIZE` takes turns with side.rs, at CMU-MOSI's unaligned (mosi) or aligned sizes
with states as text, or with a tiny BERT for those that need one.
Parameter names are those of the published checkpoints.
"""

import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import dmd
import emt_dlfr
import inside_bert
import niat
import tf_mamba
import token_models

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "train"))
import plain_lnln  # noqa: E402
import plain_models  # noqa: E402
from plain_lnln import CrossTransformer, Hyper, Lnln, Transformer, case_bert, compare, fill_model, read_case  # noqa: E402
from plain_models import Crossmodal, Encoded, Head, Tetfn, align, valid  # noqa: E402
from regressor import KINDS, STEPS, WIDTHS, Regressor, sizes  # noqa: E402

SMALL_NETS = {"hidden_dims": [128, 16, 128], "dropouts": [0.3] * 4, "lr": 1e-3}
MOSI = {
    "lf_dnn": SMALL_NETS | {"text_out": 256, "post_fusion_dim": 128, "dropouts": [0.2] * 4, "decay": 1e-2},
    "tfn": SMALL_NETS | {"hidden_dims": [128, 32, 128], "text_out": 32, "post_fusion_dim": 64,
                         "dropouts": [0.3, 0.3, 0.3, 0.5], "decay": 0.0},
    "lmf": SMALL_NETS | {"rank": 3, "decay": 5e-3},
    "ef_lstm": {"hidden_dims": 128, "num_layers": 4, "dropout": 0.5, "seq_lens": 50, "lr": 1e-3, "decay": 5e-3},
    "mult": {
        "dst_feature_dim_nheads": [50, 10], "nlevels": 4, "conv1d_kernel_size_l": 5, "conv1d_kernel_size_a": 5,
        "conv1d_kernel_size_v": 5, "attn_dropout": 0.3, "attn_dropout_a": 0.2, "attn_dropout_v": 0.0,
        "relu_dropout": 0.0, "embed_dropout": 0.2, "res_dropout": 0.0, "output_dropout": 0.5, "text_dropout": 0.5,
        "lr": 2e-3, "decay": 0.0, "grad_clip": 0.6,
    },
    "self_mm": {
        "samples": 1284, "H": 3.0, "a_lstm_hidden_size": 16, "v_lstm_hidden_size": 32, "audio_out": 16,
        "video_out": 32, "post_fusion_dim": 128, "post_text_dim": 32, "post_audio_dim": 16, "post_video_dim": 32,
        "post_fusion_dropout": 0.0, "post_text_dropout": 0.1, "post_audio_dropout": 0.1, "post_video_dropout": 0.0,
        "lr": 1e-3,
    },
    "misa": {
        "hidden_size": 128, "dropout": 0.2, "transformer_dropout": 0.1, "diff_weight": 0.1, "sim_weight": 0.3,
        "recon_weight": 1.0, "grad_clip": 0.8, "lr": 1e-4, "decay": 0.0,
    },
    "almt": {
        "token_dim": 128, "token_len": 8, "dim_head": 64, "proj_depth": 1, "proj_heads": 8, "proj_mlp_dim": 128,
        "l_enc_heads": 8, "l_enc_mlp_dim": 128, "fusion_heads": 8, "fusion_mlp_dim": 128,
        "AHL_depth": 3, "ahl_heads": 8, "ahl_dim_head": 16, "fusion_layer_depth": 2,
        "l_input_dim": 768, "a_input_dim": 5, "v_input_dim": 20, "lr": 1e-4, "decay": 1e-4,
    },
}


class SubNet(nn.Module):
    def __init__(self, inputs, hidden, dropout):
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm1d(inputs), dropout
        for i, size in enumerate((inputs, hidden, hidden), 1):
            setattr(self, f"linear_{i}", nn.Linear(size, hidden))

    def forward(self, x):
        x = F.dropout(self.norm(x), self.dropout, self.training)
        for layer in (self.linear_1, self.linear_2, self.linear_3):
            x = layer(x).relu()
        return x


class LastState(nn.Module):
    """The last state of an LSTM, over all steps or the valid ones."""

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True)
        self.linear_1 = nn.Linear(hidden, outputs)

    def forward(self, x, lengths=None):
        if lengths is not None:
            x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, (last, _) = self.rnn(x)
        return self.linear_1(last[0])


class Unimodal(Regressor):
    """One vector a modality, of the mean frames and of a text LSTM."""

    def __init__(self, c, text_out, bert=None):
        super().__init__()
        (text, audio, vision), hidden = sizes(c), c["hidden_dims"]
        self.c = c
        self.add_bert("bertmodel", bert)
        self.audio_subnet = SubNet(audio, hidden[1], c["dropouts"][0])
        self.video_subnet = SubNet(vision, hidden[2], c["dropouts"][1])
        self.text_subnet = LastState(text, hidden[0], text_out)

    def vectors(self, b):
        """Of audio, vision and text."""
        audio, vision = (net(b[kind].mean(1)) for kind, net in
                         (("audio", self.audio_subnet), ("vision", self.video_subnet)))
        return [audio, vision, self.text_subnet(self.encode(b["text"]))]

    def widths(self):
        return [net.out_features for net in
                (self.audio_subnet.linear_3, self.video_subnet.linear_3, self.text_subnet.linear_1)]

    def read(self, x):
        x = F.dropout(x, self.c["dropouts"][3], self.training)
        for i in (1, 2):
            x = getattr(self, f"post_fusion_layer_{i}")(x).relu()
        return self.post_fusion_layer_3(x)


class LfDnn(Unimodal):
    def __init__(self, c, bert=None):
        super().__init__(c, c["text_out"], bert)
        Head.add(self, "post_fusion", sum(self.widths()), c["post_fusion_dim"])

    def forward(self, b):
        return self.read(torch.cat(self.vectors(b), 1))


def with_one(x):
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), x], 1)


class Tfn(Unimodal):
    def __init__(self, c, bert=None):
        super().__init__(c, c["text_out"], bert)
        audio, vision, text = self.widths()
        Head.add(self, "post_fusion", (audio + 1) * (vision + 1) * (text + 1), c["post_fusion_dim"])
        self.output_range = nn.Parameter(torch.tensor([6.0]), requires_grad=False)
        self.output_shift = nn.Parameter(torch.tensor([-3.0]), requires_grad=False)

    def forward(self, b):
        audio, vision, text = map(with_one, self.vectors(b))
        pairs = torch.bmm(audio.unsqueeze(2), vision.unsqueeze(1)).flatten(1)
        product = torch.bmm(pairs.unsqueeze(2), text.unsqueeze(1)).flatten(1)
        return self.read(product).sigmoid() * self.output_range + self.output_shift


class Lmf(Unimodal):
    def __init__(self, c, bert=None):
        super().__init__(c, c["hidden_dims"][0] // 2, bert)
        factor = lambda width: nn.Parameter(torch.randn(c["rank"], width + 1, 1) * 0.1)
        self.audio_factor, self.video_factor, self.text_factor = map(factor, self.widths())
        self.fusion_weights = nn.Parameter(torch.randn(1, c["rank"]))
        self.fusion_bias = nn.Parameter(torch.zeros(1, 1))

    def forward(self, b):
        factors = self.audio_factor, self.video_factor, self.text_factor
        audio, vision, text = (with_one(x) @ factor for x, factor in zip(self.vectors(b), factors))
        product = (audio * vision * text).squeeze(2).t()
        return product @ self.fusion_weights.t() + self.fusion_bias


class EfLstm(Regressor):
    """As published, with a batch norm that has a channel per step."""

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, hidden = c, c["hidden_dims"]
        self.add_bert("bertmodel", bert)
        self.norm = nn.BatchNorm1d(c["seq_lens"])
        self.lstm = nn.LSTM(sum(sizes(c)), hidden, c["num_layers"], dropout=c["dropout"], batch_first=True)
        self.linear, self.out = nn.Linear(hidden, hidden), nn.Linear(hidden, 1)

    def forward(self, b):
        text = self.encode(b["text"])
        joined = torch.cat([text, *(align(b[kind], text.shape[1]) for kind in KINDS[1:])], 2)
        _, (last, _) = self.lstm(self.norm(joined))
        drop = lambda x: F.dropout(x, self.c["dropout"], self.training)
        return self.out(drop(self.linear(drop(last[-1])).relu()))


class Mult(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.c, (width, heads) = c, c["dst_feature_dim_nheads"]
        self.add_bert("text_model", bert)
        dropouts = {"l": c["attn_dropout"], "a": c["attn_dropout_a"], "v": c["attn_dropout_v"]}
        for letter, inputs in zip("lav", sizes(c)):
            conv = nn.Conv1d(inputs, width, c[f"conv1d_kernel_size_{letter}"], bias=False)
            setattr(self, f"proj_{letter}", conv)
            for other in "lav".replace(letter, ""):
                pair = Crossmodal(c, width, heads, c["nlevels"], dropouts[other])
                setattr(self, f"trans_{letter}_with_{other}", pair)
            memory = Crossmodal(c, 2 * width, heads, max(c["nlevels"], 3), c["attn_dropout"])
            setattr(self, f"trans_{letter}_mem", memory)
        self.proj1, self.proj2 = nn.Linear(6 * width, 6 * width), nn.Linear(6 * width, 6 * width)
        self.out_layer = nn.Linear(6 * width, 1)

    def forward(self, b):
        text = F.dropout(self.encode(b["text"]), self.c["text_dropout"], self.training)
        part = lambda *names: getattr(self, "_".join(names))
        x = {}
        for letter, one in zip("lav", (text, b["audio"], b["vision"])):
            conv = part("proj", letter)
            same = conv.in_channels == conv.out_channels
            x[letter] = one.transpose(0, 1) if same else conv(one.transpose(1, 2)).permute(2, 0, 1)
        last = []
        for letter in "lav":
            pair = [part("trans", letter, "with", other)(x[letter], x[other]) for other in "lav".replace(letter, "")]
            last.append(part("trans", letter, "mem")(torch.cat(pair, 2))[-1])
        fused = torch.cat(last, 1)
        hidden = F.dropout(self.proj1(fused).relu(), self.c["output_dropout"], self.training)
        return self.out_layer(fused + self.proj2(hidden))


class SelfMm(Tetfn):
    """Its labels are made as TETFN's are."""

    def __init__(self, c, bert=None):
        Encoded.__init__(self)
        self.c, (text, audio, vision) = c, sizes(c)
        self.add_bert("text_model", bert)
        self.audio_model = LastState(audio, c["a_lstm_hidden_size"], c["audio_out"])
        self.video_model = LastState(vision, c["v_lstm_hidden_size"], c["video_out"])
        outputs = text, c["audio_out"], c["video_out"]
        self.add_heads((sum(outputs), *outputs))

    def forward(self, b):
        _, audio, vision = b["lengths"]
        vectors = [
            self.encode(b["text"])[:, 0],
            self.audio_model(b["audio"], audio),
            self.video_model(b["vision"], vision),
        ]
        return [self.read(*one) for one in zip(self.heads, [torch.cat(vectors, 1), *vectors])]

    def case_batch(self, e):
        return super().case_batch(e) | {"lengths": [e[f"in.{kind}_len"].long() for kind in KINDS]}


class Reader(nn.Module):
    """Two bidirectional LSTMs and a norm between them, under their owner's names."""

    def __init__(self, owner, letter, width):
        super().__init__()
        lstm = lambda inputs: nn.LSTM(inputs, width, batch_first=True, bidirectional=True)
        names = f"{letter}rnn1", f"{letter}layer_norm", f"{letter}rnn2"
        for name, part in zip(names, (lstm(width), nn.LayerNorm(2 * width), lstm(2 * width))):
            setattr(owner, name, part)
        self.__dict__["parts"] = lambda: [getattr(owner, name) for name in names]

    def forward(self, x, lengths):
        one, norm, two = self.parts()
        outputs, (first, _) = valid(x, one, lengths)
        _, (second, _) = two(pack_padded_sequence(norm(outputs), lengths, batch_first=True, enforce_sorted=False))
        return torch.cat([first, second], 2).transpose(0, 1).flatten(1)


class Misa(Regressor):
    """As published, with the texts' lengths for audio and vision too."""

    def __init__(self, c, bert=None):
        super().__init__()
        self.c, d, (text, audio, vision) = c, c["hidden_size"], sizes(c)
        self.add_bert("bertmodel", bert)
        self.readers = [Reader(self, "v", vision), Reader(self, "a", audio)]
        named = lambda name, *inner: setattr(self, name, nn.ModuleDict(dict(inner)))
        for letter, number, width in (("t", 1, text), ("v", 1, 4 * vision), ("a", 3, 4 * audio)):
            name = f"project_{letter}"
            named(name, (name, nn.Linear(width, d)), (f"{name}_layer_norm", nn.LayerNorm(d)))
            named(f"private_{letter}", (f"private_{letter}_{number}", nn.Linear(d, d)))
            named(f"recon_{letter}", (f"recon_{letter}_1", nn.Linear(d, d)))
        named("shared", ("shared_1", nn.Linear(d, d)))
        named("fusion", ("fusion_layer_1", nn.Linear(6 * d, 3 * d)), ("fusion_layer_3", nn.Linear(3 * d, 1)))
        # In no loss.
        named("sp_discriminator", ("sp_discriminator_layer_1", nn.Linear(d, 4)))
        self.tlayer_norm = nn.LayerNorm(2 * text)
        layer = nn.TransformerEncoderLayer(d, 2, 2048, c.get("transformer_dropout", 0.0))
        self.transformer_encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)

    def part(self, name, x):
        layers = list(getattr(self, name).values())
        return layers[0](x) if len(layers) == 1 else layers[1](layers[0](x).relu())

    def objective(self, b):
        lengths = b["lengths"][0]
        states = self.encode(b["text"])
        attended = (torch.arange(states.shape[1]) < lengths.unsqueeze(1)).to(states.dtype).unsqueeze(2)
        text = (states * attended).sum(1) / attended.sum(1)
        vision, audio = (reader(b[kind], lengths) for kind, reader in zip(("vision", "audio"), self.readers))
        projected = [self.part(f"project_{letter}", x) for letter, x in zip("tva", (text, vision, audio))]
        private = [self.part(f"private_{letter}", x).sigmoid() for letter, x in zip("tva", projected)]
        shared = [self.part("shared", x).sigmoid() for x in projected]
        rebuilt = [self.part(f"recon_{letter}", p + s) for letter, p, s in zip("tva", private, shared)]
        fused = self.transformer_encoder(torch.stack([*private, *shared])).transpose(0, 1).flatten(1)
        first, last = self.fusion.values()
        prediction = last(F.dropout(first(fused), self.c["dropout"], self.training).relu())
        (t, v, a), c = private, self.c
        pairs = [*zip(private, shared), (a, t), (a, v), (t, v)]
        together = [(shared[0], shared[1]), (shared[0], shared[2]), (shared[2], shared[1])]
        loss = (
            F.mse_loss(prediction, b["label"])
            + c["diff_weight"] * sum(cross_correlation(*pair) for pair in pairs)
            + c["sim_weight"] * sum(moments_apart(*pair) for pair in together) / 3
            + c["recon_weight"] * sum(F.mse_loss(*pair) for pair in zip(rebuilt, projected)) / 3
        )
        return prediction, loss

    def prove(self, e):
        # Of token ids, the lengths are those that BERT attends to.
        lengths = [e["in.text"][:, 1].sum(1).long()]
        return self.objective({kind: e[f"in.{kind}"] for kind in (*KINDS, "label")} | {"lengths": lengths})


def cross_correlation(one, other):
    def normalized(x):
        x = x - x.mean(0)
        return x / (x.norm(dim=1, keepdim=True).detach() + 1e-6)

    return (normalized(one).t() @ normalized(other)).square().mean()


def moments_apart(one, other):
    """Central moment discrepancy of five moments."""
    means = one.mean(0), other.mean(0)
    one, other = one - means[0], other - means[1]
    distance = (means[0] - means[1]).norm()
    return distance + sum((one.pow(k).mean(0) - other.pow(k).mean(0)).norm() for k in range(2, 6))


class Almt(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        d = {"d": c["token_dim"], "tokens": c["token_len"], "dim_head": c["dim_head"], "hyper_depth": c["AHL_depth"],
             "hyper_dim_head": c["ahl_dim_head"], "fusion_depth": c["fusion_layer_depth"]}
        block = lambda kind: d | {"heads": c[f"{kind}_heads"], "mlp": c.get(f"{kind}_mlp_dim")}
        self.c, (width, n) = c, (d["d"], d["tokens"])
        self.add_bert("bertmodel", bert)
        for letter in "lav":
            reader = Transformer(block("proj"), c[f"{letter}_input_length"], n, c["proj_depth"])
            setattr(self, f"proj_{letter}", nn.Sequential(nn.Linear(c[f"{letter}_input_dim"], width), reader))
        self.h_hyper = nn.Parameter(torch.ones(1, n, width))
        self.l_encoder = Transformer(block("l_enc"), n, 0, c["AHL_depth"] - 1)
        self.h_hyper_layer, self.fusion_layer = Hyper(block("ahl")), CrossTransformer(block("fusion"))
        self.regression_layer = nn.Sequential(nn.Linear(width, 1))

    def objective(self, b):
        inputs = self.encode(b["text"]), b["audio"], b["vision"]
        tokens = [getattr(self, f"proj_{letter}")(x)[:, : self.c["token_len"]] for letter, x in zip("lav", inputs)]
        scales = self.l_encoder.scales(tokens[0])
        hyper = self.h_hyper_layer(scales, *tokens[1:], self.h_hyper.expand(len(tokens[0]), -1, -1))
        prediction = self.regression_layer(self.fusion_layer(hyper, scales[-1])[:, 0])
        return prediction, F.mse_loss(prediction, b["label"])

    def start(self):
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=self.c["lr"], weight_decay=self.c["decay"])


class LnlnTurns(Lnln):
    """LNLN as `plain_lnln` proves it."""

    def start(self):
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=1e-4, weight_decay=1e-4)

    def train_step(self, b, epoch):
        self.optimizer.zero_grad()
        self.loss([b[kind] for kind in KINDS], b["complete"], b["label"], b["rate"]).backward()
        self.optimizer.step()


FURTHER = [dmd, emt_dlfr, inside_bert, niat, tf_mamba, token_models]
MODELS = {"lf_dnn": LfDnn, "tfn": Tfn, "lmf": Lmf, "ef_lstm": EfLstm, "mult": Mult, "self_mm": SelfMm, "misa": Misa,
          "almt": Almt}
for module in FURTHER:
    MODELS |= module.MODELS
    MOSI |= module.MOSI


def built(name, steps):
    text, audio, vision = steps
    lengths = {"text_len": text, "audio_len": audio, "vision_len": vision}
    match name:
        case "lnln":
            return LnlnTurns(plain_lnln.MOSI | lengths)
        case "almt":
            return Almt(MOSI[name] | {f"{letter}_input_length": count for letter, count in zip("lav", steps)})
        case "tfr_net":
            return plain_models.TfrNet(plain_models.MOSI[name] | {"seq_lens": steps})
        case _ if name in MODELS:
            return MODELS[name](MOSI[name] | lengths)
        case _:
            return plain_models.MODELS[name](plain_models.MOSI[name])


def prove(folder):
    case, expected = read_case(folder)
    name = case["model"]
    bert = case_bert(case) if case["bert"] else None
    model = fill_model(MODELS[name](case["config"], bert), case).train()
    return compare(model, case, expected, *model.prove(expected))


def noise_batch(name, rows, steps):
    """Half of the samples lose half of a modality, as in side.rs."""
    batch = plain_models.noise_batch(rows, list(zip(steps, WIDTHS)))
    if name in inside_bert.MODELS:
        batch["text"] = tokens(rows, steps[0])
    return batch | {"rate": torch.tensor([[0.5 * (row % 2)] for row in range(rows)])}


def tokens(rows, steps):
    """Ids, mask and segments (B, 3, T) of texts that are as long as those of side.rs."""
    lengths = torch.tensor([[6, 9, 11, 13, 15, 18, 22, 30][row % 8] for row in range(rows)])
    attended = (torch.arange(steps) < lengths.unsqueeze(1)).long()
    ids = torch.randint(1000, 30000, (rows, steps)) * attended
    return torch.stack([ids, attended, torch.zeros_like(ids)], 1)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(prove(sys.argv[1]))
    else:
        name, rows, threads, steps = sys.argv[1], *map(int, sys.argv[2:4]), STEPS[sys.argv[4]]
        plain_models.serve(lambda: built(name, steps), lambda: noise_batch(name, rows, steps), threads)
