"""Writes the seed corpus: small pickles of every protocol, as Python and numpy write them.

    python fuzz/seeds.py fuzz/seeds

Everything in them is made up here. Names of numpy 1 are put in by hand.
"""

import collections
import datetime
import pathlib
import pickle
import sys

import numpy


def arrays():
    small = numpy.arange(6).reshape(2, 3)
    for code in "?bBhHiIqQefdgFDG":
        yield f"dtype-{code}" + ("-upper" if code.isupper() else ""), small.astype(code)
    for code in (">f8", ">i4", "<U3", ">U3", "S4", "M8[ns]", "m8[25s]", "V3"):
        name = code.replace(">", "big-").replace("<", "").replace("[", "-").strip("]")
        yield f"dtype-{name}", numpy.zeros(3, code)
    yield "fortran", numpy.asfortranarray(small * 0.5)
    yield "transposed", numpy.arange(24.0).reshape(2, 3, 4).transpose(1, 2, 0)
    yield "scalar-array", numpy.array(1.5)
    yield "empty", numpy.zeros((0, 3))
    yield "objects", numpy.array(["a", 1, None, 2.5], object)
    yield "ragged", numpy.array([numpy.zeros(2), numpy.ones(3)], object)
    yield "structured", numpy.zeros(2, [("a", "<f4"), ("b", "<i8", (2,))])
    yield "noise", numpy.frombuffer(bytes(range(256)), "u1")


def values():
    yield from arrays()
    shared = numpy.arange(3.0)
    yield "mmsa", {
        split: {
            "id": ["a$_$1", "b$_$2"],
            "raw_text": numpy.array(["one", "好的"]),
            "audio": numpy.random.default_rng(0).random((2, 3, 2)),
            "text_bert": numpy.ones((2, 3, 3), "i8"),
            "audio_lengths": [3, numpy.int64(2)],
            "regression_labels": numpy.array([0.5, -1.0], "f4"),
            "annotations": numpy.array(["Positive", "Negative"]),
        }
        for split in ("train", "valid", "test")
    }
    yield "shared", [shared, shared, {"again": shared}]
    yield "scalars", [numpy.float32(1.5), numpy.int64(-3), numpy.str_("x"), numpy.bool_(True)]
    yield "plain", [
        None, True, False, 0, -1, 255, 65536, -(2**31), 2**63, -(2**200), 1.5, float("inf"),
        "", "text", "é好😀\n\\", b"", b"\x00\xff", bytearray(b"ab"), (), (1,), (1, 2), (1, 2, 3),
        (1, 2, 3, 4), [], [1, 2], {}, {"a": 1, 2: None, (1, "b"): 3.5}, {1, 2}, frozenset("ab"),
        1j, slice(1, None, 2), range(3),
    ]
    yield "ordered", collections.OrderedDict(a=1, b=[2])
    yield "default", collections.defaultdict(list, a=[1])
    yield "date", datetime.date(2020, 1, 2)
    loop = [1]
    loop.append(loop)
    yield "cycle", loop


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values():
        for protocol in range(6):
            data = pickle.dumps(value, protocol)
            (folder / f"{name}-{protocol}").write_bytes(data)
            old = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            if old != data and protocol < 4:
                (folder / f"{name}-{protocol}-numpy1").write_bytes(old)
    two = pickle.dumps([1], 2) + pickle.dumps({"a": 1}, 4)
    (folder / "two-streams").write_bytes(two)
    # Python 2's own spellings.
    (folder / "python2").write_bytes(b"(dp0\nS'a\\x00\\n'\np1\n(lp2\nI01\naL5L\naF1.5\nas.")
    (folder / "persistent").write_bytes(b"Pid\n.")
    (folder / "extension").write_bytes(b"\x80\x02\x82\x01.")
    (folder / "instance").write_bytes(b"(lp0\n(i__main__\nClass\np1\na.")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
