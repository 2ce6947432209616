"""MAG-BERT and CENET in plain PyTorch, as published: Hugging Face's BERT with something between two of its layers."""

import torch
import torch.nn.functional as F
from torch import nn

from regressor import KINDS, Regressor, sizes
from plain_lnln import bert as new_bert
from plain_models import align

# The tiny BERT of side.rs, and what comes beside it.
TINY = {
    "vocab_size": 30522, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
}
WIDTHS = {"feature_dims": [32, 5, 20]}
MOSI = {
    "bert_mag": WIDTHS | {"beta_shift": 1.0, "dropout_prob": 0.3, "lr": 2e-5, "decay": 0.0},
    "cenet": WIDTHS | {"ce_layer": 1, "ce_score_scale": 8, "senti_rows": 3, "pos_tag_rows": 5, "polarity_rows": 6,
                       "lr": 1e-5, "decay": 1e-4, "norm_clip": 2.0},
}


class Gate(nn.Module):
    """Shifts the vectors of words by audio and vision."""

    def __init__(self, c):
        super().__init__()
        width, audio, vision = sizes(c)
        self.W_hv, self.W_ha = nn.Linear(vision + width, width), nn.Linear(audio + width, width)
        self.W_v, self.W_a = nn.Linear(vision, width), nn.Linear(audio, width)
        self.LayerNorm = nn.LayerNorm(width)
        self.beta, self.dropout = c["beta_shift"], c["dropout_prob"]

    def forward(self, words, audio, vision):
        gate_v = self.W_hv(torch.cat([vision, words], 2)).relu()
        gate_a = self.W_ha(torch.cat([audio, words], 2)).relu()
        shift = gate_v * self.W_v(vision) + gate_a * self.W_a(audio)
        length, of_words = shift.norm(dim=2), words.norm(dim=2)
        length = torch.where(length == 0, torch.ones_like(length), length)
        scale = (of_words / (length + 1e-6) * self.beta).clamp_max(1.0).unsqueeze(2)
        return F.dropout(self.LayerNorm(scale * shift + words), self.dropout, self.training)


class FramesOf(nn.Module):
    """Queries, keys and values of words and the frames of one modality."""

    def __init__(self, width):
        super().__init__()
        self.Wq, self.Wk, self.Wv = (nn.Linear(width, width) for _ in range(3))

    def forward(self, words, frames, scale):
        scores = self.Wq(words) @ self.Wk(frames).transpose(1, 2) * scale
        return scores.softmax(-1) @ self.Wv(frames)


class Enhancement(nn.Module):
    """What words find in audio and vision, added to them."""

    def __init__(self, c):
        super().__init__()
        width, audio, vision = sizes(c)
        transform = lambda inputs: nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width))
        self.scale, self.visual_transform, self.acoustic_transform = c["ce_score_scale"], transform(vision), transform(audio)
        self.hv, self.ha, self.cat_connect = FramesOf(width), FramesOf(width), nn.Linear(2 * width, width)

    def forward(self, words, audio, vision):
        vision = self.hv(words, self.visual_transform(vision), self.scale)
        audio = self.ha(words, self.acoustic_transform(audio), self.scale)
        return self.cat_connect(torch.cat([vision, audio], 2)) + words


def layers(bert, x, attended, part=slice(None), padding=None):
    """States after these layers, of which padding has scores that are lower by so much."""
    padding = torch.finfo(x.dtype).min if padding is None else padding
    mask = (1 - attended[:, None, None].to(x.dtype)) * padding
    for layer in bert.encoder.layer[part]:
        x = layer(x, mask)
    return x


class BertMag(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.c, self.model, bert = c, nn.Module(), new_bert(TINY) if bert is None else bert
        bert.MAG = Gate(c)
        self.model.bert, self.model.classifier = bert, nn.Linear(sizes(c)[0], 1)
        self.dropout = bert.config.hidden_dropout_prob

    def forward(self, b):
        bert, (ids, attended, segments) = self.model.bert, b["text"].long().unbind(1)
        words = bert.embeddings(input_ids=ids, token_type_ids=segments)
        words = bert.MAG(words, *(align(b[kind], ids.shape[1]) for kind in KINDS[1:]))
        pooled = bert.pooler(layers(bert, words, attended))
        return self.model.classifier(F.dropout(pooled, self.dropout, self.training))


class Cenet(Regressor):
    def __init__(self, c, bert=None):
        super().__init__()
        self.c, self.bert, width = c, new_bert(TINY) if bert is None else bert, sizes(c)[0]
        for name in ("senti", "pos_tag", "polarity"):
            # Read by nothing.
            setattr(self.bert.embeddings, f"{name}_embeddings", nn.Embedding(c[f"{name}_rows"], width))
        self.bert.encoder.CE = Enhancement(c)
        self.classifier = nn.ModuleDict({"dense": nn.Linear(width, width), "out_proj": nn.Linear(width, 1)})
        self.dropout = self.bert.config.hidden_dropout_prob

    def forward(self, b):
        bert, (ids, attended, segments) = self.bert, b["text"].long().unbind(1)
        with torch.no_grad():
            words = bert.embeddings(input_ids=ids, token_type_ids=segments)
        before = self.c["ce_layer"]
        words = layers(bert, words, attended, slice(before), -1e4)
        words = bert.encoder.CE(words, b["audio"], b["vision"])
        first = layers(bert, words, attended, slice(before, None), -1e4)[:, 0]
        drop = lambda x: F.dropout(x, self.dropout, self.training)
        return self.classifier["out_proj"](drop(self.classifier["dense"](drop(first)).tanh()))


MODELS = {"bert_mag": BertMag, "cenet": Cenet}
