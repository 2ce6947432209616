"""Writes pickles of many forms, and beside them what numpy says they hold.

    python tests/python/pickle_matrix.py FOLDER

One line of expected.jsonl for each: file, and the arrays as `inspect --json` prints them. Names of
numpy 1 are put in by hand, and so are states that only older versions of numpy wrote.
"""

import collections
import hashlib
import itertools
import json
import pathlib
import pickle
import sys

import numpy

FOLDER = pathlib.Path(sys.argv[1])
ROWS = (FOLDER / "expected.jsonl").open("w")
NUMBER = itertools.count()

CODES = (
    "?", "i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8", "<u8",
    ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<c8", ">c16", "<U4", ">U4", "S3",
    "<M8[ns]", ">M8[D]", "<m8[25s]", "V5",
)


def path_of(path, key):
    return f"{path}[{key!r}]"


def rows(value, path="$", entered=None):
    """Arrays and numpy scalars, each container once, in the order of the pickle."""
    entered = set() if entered is None else entered
    if isinstance(value, numpy.ndarray):
        fortran = "F" if numpy.isfortran(value) else "C"
        plain = value.dtype != object
        digest = hashlib.sha256(value.tobytes()).hexdigest() if plain else None
        yield [path, value.dtype.str, list(value.shape), fortran, digest]
        if not plain and id(value) not in entered:
            entered.add(id(value))
            for index in numpy.ndindex(value.shape):
                inner = ", ".join(map(str, index)) or "()"
                yield from rows(value[index], f"{path}[{inner}]", entered)
    elif isinstance(value, numpy.generic):
        digest = hashlib.sha256(value.tobytes()).hexdigest()
        yield [path, f"scalar {value.dtype.str}", [], "C", digest]
    elif isinstance(value, (list, tuple, dict)) and id(value) not in entered:
        entered.add(id(value))
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from rows(item, path_of(path, key), entered)


def write(name, data, value):
    file = FOLDER / f"{next(NUMBER):05}-{name}"
    file.write_bytes(data)
    ROWS.write(json.dumps({"file": file.name, "arrays": list(rows(value))}) + "\n")


def add(name, value):
    """A value in every protocol, with the names of numpy 2 and of numpy 1."""
    for protocol in range(6):
        data = pickle.dumps(value, protocol)
        write(f"{name}-{protocol}", data, value)
        old = renamed(data, protocol)
        if old != data:
            write(f"{name}-{protocol}-numpy1", old, value)


def renamed(data, protocol):
    """`numpy._core` becomes `numpy.core`, which is one byte shorter wherever a length says so."""
    for module in (b"numpy._core.multiarray", b"numpy._core.numeric"):
        old = module.replace(b"_core", b"core")
        data = data.replace(b"\x8c" + bytes([len(module)]) + module,
                            b"\x8c" + bytes([len(old)]) + old)
        data = data.replace(b"c" + module + b"\n", b"c" + old + b"\n")
    if protocol < 4:
        return data
    # Frames would be too long: leave them out, as pickles of large arrays do.
    out, at = bytearray(), 0
    while (frame := data.find(b"\x95", at)) == 2:
        out += data[at:frame]
        at = frame + 9
    return bytes(out + data[at:])


def values(code, shape):
    count = int(numpy.prod(shape))
    dtype = numpy.dtype(code)
    numbers = numpy.arange(count) * 37 % 251
    if dtype.kind in "US":
        texts = numpy.array([f"é{n}"[-4:] if dtype.kind == "U" else f"{n}" for n in numbers], "U8")
        return texts.astype(dtype).reshape(shape)
    if dtype.kind in "mM":
        return numbers.astype("i8").view(dtype.newbyteorder("=")).astype(dtype).reshape(shape)
    if dtype.kind == "V":
        return numpy.frombuffer(bytes(range(5)) * count, dtype).reshape(shape)
    return (numbers - (100 if dtype.kind in "ifc" else 0)).astype(dtype).reshape(shape)


def matrix():
    for code, shape in itertools.product(CODES, [(), (0,), (1,), (7,), (2, 3), (2, 0, 3), (2, 3, 4)]):
        name = "".join(c for c in code if c.isalnum()) + "x".join(map(str, ("", *shape)))
        array = values(code, shape)
        add(name, array)
        if array.ndim > 1:
            add(f"{name}-fortran", numpy.asfortranarray(array))
        if array.ndim == 3:
            add(f"{name}-transposed", array.transpose(1, 2, 0))
            add(f"{name}-strided", array[:, ::2])
    for code in CODES:
        add("scalar", list(values(code, (3,))))


def containers():
    shared = numpy.arange(4.0)
    add("dict", {"train": {"audio": shared, 3: shared, (1, "b"): shared, None: shared},
                 "it's": [shared], 1.5: shared, True: shared, "好\n": shared})
    add("ordered", collections.OrderedDict(b=shared, a=(shared, [shared])))
    add("default", collections.defaultdict(list, a=shared))
    loop = [shared]
    loop.append(loop)
    add("cycle", loop)
    add("plain", [None, True, -1, 2**40, -(2**80), 1.5, "é", b"\x00\xff", {1, 2}, frozenset("a"),
                  1j, slice(1, 2), range(3), shared])
    add("objects", numpy.array([["a", 1], [None, shared]], object))
    add("objects-fortran", numpy.asfortranarray(numpy.array([["a", 1, 2], [None, shared, 3]], object)))
    add("objects-none", numpy.zeros((0, 2), object))
    add("object", numpy.array(None, object))
    add("ragged", numpy.array([shared, numpy.ones((2, 2), "f4")], object))
    record = numpy.zeros(3, [("a", "<f4"), ("b", ">i8", (2,)), ("c", "U3")])
    record["a"] = [1, 2, 3]
    add("record", record)
    add("record-scalar", record[1])
    add("long-double", numpy.arange(3, dtype=numpy.longdouble))
    add("bytes", numpy.frombuffer(bytes(range(256)) * 300, "u1"))
    add("zeros", numpy.zeros((40, 50)))
    add("empty-text", numpy.array(["", ""]))
    for protocol in (3, 4, 5):
        write("bytearray", pickle.dumps([bytearray(b"abc"), shared], protocol), [0, shared])


def by_hand():
    """States of dtypes and arrays that numpy no longer writes, and Python 2's spellings."""
    def text(value):
        return b"U" + bytes([len(value)]) + value

    payload = numpy.arange(3, dtype=">f4")
    for version, fields in [
        (None, b"U\x01>NNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"),
        (1, b"K\x01U\x01>NNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"),
        (2, b"K\x02U\x01>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"),
        (3, b"K\x03U\x01>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00"),
        (4, b"K\x04U\x01>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00N"),
    ]:
        dtype = b"cnumpy\ndtype\n(U\x02f4K\x00K\x01tR(" + fields + b"tb"
        head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR("
        tail = b"(K\x03t" + dtype + b"I00\n" + text(payload.tobytes()) + b"tb."
        write(f"dtype-state-{version}", b"\x80\x02" + head + b"K\x01" + tail, payload)
        write(f"array-state-{version}", head + tail, payload)
    escaped = payload.tobytes().decode("latin1").encode("unicode_escape").replace(b"'", b"\\'")
    old = (b"cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntS'b'\ntR"
           b"(I1\n(I3\ntcnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'>'\nNNNI-1\nI-1\nI0\ntb"
           b"I00\nS'" + escaped + b"'\ntb.")
    write("python2-protocol0", old, payload)
    pairs = b"ccollections\nOrderedDict\n((lp0\n(lp1\nS'a'\naI1\naa(lp2\nS'b'\na" + old[:-1] + b"aatR."
    write("python2-ordered", pairs, {"a": 1, "b": payload})
    again = b"(dS'a'\nI1\nsS'a'\n" + old[:-1] + b"sS'c'\nI1\nsS'a'\nI2\ns."
    write("key-again", again, {"a": 2})


matrix()
containers()
by_hand()
ROWS.close()
