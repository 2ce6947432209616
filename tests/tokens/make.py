"""Writes tests/tokens/cases.json: texts with their ids by Hugging Face's BertTokenizer.

  pip install transformers
  python tests/tokens/make.py

The vocabulary is a small one of its own, vocab.txt beside this file.
"""

import json
import pathlib
import shutil
import tempfile

from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
WORDS = """[PAD] [UNK] [CLS] [SEP] [MASK] the movie was good bad not a i it don t s ' . , ! ? - " : # @ un ##believ ##able ##able.
##s ##ing ##ed film un ##known great actor Great ##e cafe café naive ##ï ##ve na 好 看 电 影 不 ， 。 ！ 的 ##的 李 1 2 ##0 ##9 50 % $ & ~ ` ^ | ½ ™ σας σα ##ς ##σ
STRASSE strasse ß ﬁ ﬁlm film ##lm straße Ａ a b c ##b ##c I İ i̇ ı … “ ” ‘ ’ — « » ¿ ١ क ##ा""".split()
VOCABULARY = list(dict.fromkeys(WORDS))
TEXTS = [
    "",
    " \t\n",
    "The movie was good.",
    "THE MOVIE WAS GREAT!!!",
    "I don't, it's a film -- not bad",
    "unbelievable unbelieving unbelievables",
    "café CAFÉ cafe\u0301 naïve",
    "电影好看，不好看。",
    "the电影good的的",
    "a\u0000b\ufffdc \u200bgood \u00adbad\u0007",
    "a\u00a0b\u3000c\u2028the\u2003movie\u0085was",
    "ΣΑΣ σας ΣΑ",
    "STRASSE straße ﬁlm ﬁ",
    "Ａ ａ İ I ı i",
    "50% $1 & #film @actor ~ ` ^ | \u00bd \u2122",
    "“good” ‘bad’ — « » ¿ …",
    "x" * 100 + " " + "x" * 101 + " good",
    "a" * 101 + " ab" + "c" * 40,
    "क्या का ١٢",
    "\U00020000\U0002f800 \U0001f600good",
    "good\tbad\r\nnot\u000bthe\u000cfilm",
]
CONFIGS = [
    {"do_lower_case": True},
    {"do_lower_case": False},
    {"do_lower_case": True, "strip_accents": False},
    {"do_lower_case": False, "strip_accents": True},
    {"do_lower_case": True, "tokenize_chinese_chars": False},
]

(HERE / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
cases = []
for config in CONFIGS:
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(HERE / "vocab.txt", folder)
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", **config}))
        (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    cases.append({"config": config, "ids": ids})
text = json.dumps({"texts": TEXTS, "cases": cases}, ensure_ascii=True, separators=(",", ":"))
(HERE / "cases.json").write_text(text.replace('{"config"', '\n{"config"') + "\n", encoding="utf-8")
