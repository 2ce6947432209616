"""Converts pickles of MISA and MAG-BERT, lists of ((words, vision, audio), label, id), to MMSA's layout.

    python convert_tuples.py mosi.pkl bert-base-uncased/vocab.txt new.pkl

Needs numpy. Every word piece gets the frames of its word, as in MAG-BERT; texts are cut after 50 tokens.
"""

import pickle
import sys

import numpy

STEPS = 50


def pieces(word, vocabulary):
    """WordPiece: the longest known beginning, then the longest known continuations."""
    found, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        found.append(piece)
        start = end
    return found


def convert(samples, vocabulary):
    columns = {"id": [], "raw_text": [], "text_bert": [], "audio": [], "vision": [], "regression_labels": []}
    for (words, vision, audio, *spelled), label, name in samples:
        # MISA's words are numbers; it keeps the spelled ones in fourth place.
        words = [str(word).lower() for word in (spelled[0] if spelled else words)]
        tokens = [(piece, index) for index, word in enumerate(words) for piece in pieces(word, vocabulary)]
        tokens = [("[CLS]", None), *tokens[: STEPS - 2], ("[SEP]", None)]
        text_bert = numpy.zeros((3, STEPS), "int64")
        text_bert[0, : len(tokens)] = [vocabulary[piece] for piece, _ in tokens]
        text_bert[1, : len(tokens)] = 1
        for column, frames in (("vision", vision), ("audio", audio)):
            frames = numpy.asarray(frames, "float32")
            padded = numpy.zeros((STEPS, frames.shape[1]), "float32")
            for step, (_, index) in enumerate(tokens):
                if index is not None:
                    padded[step] = frames[index]
            columns[column].append(padded)
        columns["text_bert"].append(text_bert)
        columns["id"].append("$_$".join(map(str, name)) if isinstance(name, (list, tuple)) else str(name))
        columns["raw_text"].append(" ".join(words))
        # The first label of MOSEI is the sentiment, the other six are emotions.
        columns["regression_labels"].append(float(numpy.ravel(label)[0]))
    arrays = ("text_bert", "audio", "vision", "regression_labels")
    return {name: numpy.array(column) if name in arrays else column for name, column in columns.items()}


def main(source, vocabulary, target):
    with open(vocabulary, encoding="utf-8") as file:
        vocabulary = {word.rstrip("\n"): index for index, word in enumerate(file)}
    with open(source, "rb") as file:
        data = pickle.load(file)
    names = {"train": "train", "dev": "valid", "valid": "valid", "test": "test"}
    data = {names[split]: convert(samples, vocabulary) for split, samples in data.items() if split in names}
    with open(target, "wb") as file:
        pickle.dump(data, file, protocol=4)


if __name__ == "__main__":
    main(*sys.argv[1:])
