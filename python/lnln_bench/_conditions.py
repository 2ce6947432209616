"""Reads conditions: what is removed at test time, under one name (docs/masks.md)."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from ._errors import Error

MODALITIES = ("text", "audio", "vision")
SUBSETS = ("L", "A", "V", "LA", "LV", "AV")
# Most conditions a list may hold, and digits after a rate's point, as in the program.
_LIMIT, _DIGITS = 255, 17
# Rates closer than this are one; no rate so close to a multiple of one of these parts is another.
_APART, _PARTS = 1e-6, 10_000


@dataclass(frozen=True)
class Condition:
    """A nominal missing rate for each of text, audio and vision."""

    rates: tuple[float, float, float]

    @property
    def kind(self) -> str:
        """`rate` (the same in all modalities), `subset` (whole modalities), or `mixed`."""
        if len(set(self.rates)) == 1:
            return "rate"
        return "subset" if set(self.rates) == {0.0, 1.0} else "mixed"

    @property
    def name(self) -> str:
        """The name in flags, files and tables: `0.5`, `LA`, `l=0.2,a=0.7,v=0.7`."""
        if self.kind == "rate":
            return _decimal(self.rates[0])
        if self.kind == "subset":
            return "".join(letter for letter, rate in zip("LAV", self.rates) if rate == 1.0)
        return ",".join(f"{letter}={_decimal(rate)}" for letter, rate in zip("lav", self.rates))

    def __str__(self) -> str:
        return self.name

    def _key(self) -> tuple[int, int, tuple[float, float, float]]:
        kind = ("rate", "subset", "mixed").index(self.kind)
        return kind, SUBSETS.index(self.name) if self.kind == "subset" else 0, self.rates


def _decimal(rate: float) -> str:
    return str(np.format_float_positional(rate, trim="-"))


def one(value: object) -> Condition:
    """The condition that a number, a name or a `Condition` stands for."""
    found = several(value)
    if len(found) != 1:
        raise Error(f"expected one condition, like 0.5 or 'LA', found {len(found)} in {value!r}")
    return found[0]


def several(value: object) -> list[Condition]:
    """Conditions of a list in the program's form (`0:1:0.1`, `0,0.5,LA`), of a number, or of several of these; ascending."""
    if isinstance(value, Condition):
        return [value]
    if isinstance(value, str):
        found = _parse(value)
    elif isinstance(value, (int, float, np.integer, np.floating)):
        found = [_of_number(float(value))]
    elif isinstance(value, Iterable):
        found = [condition for part in value for condition in several(part)]
    else:
        raise Error(f"expected a condition, like 0.5, 'LA' or '0:1:0.1', found {value!r}")
    ordered = sorted(set(found), key=Condition._key)
    if not 1 <= len(ordered) <= _LIMIT:
        raise Error(f"expected 1 to {_LIMIT} conditions, found {len(ordered)} in {value!r}")
    for first, second in itertools.combinations(ordered, 2):
        if max(abs(a - b) for a, b in zip(first.rates, second.rates)) < _APART:
            raise Error(f"expected {first} or a rate at least {_decimal(_APART)} from it, found {second}")
    return ordered


def _of_number(rate: float) -> Condition:
    """One rate as programs compute it: 0.1 + 0.2 is 0.3."""
    if math.isfinite(rate):
        usual = _usual(rate)
        if usual is not None:
            rate = usual
        elif abs(rate - round(rate, 6)) < 1e-9:
            rate = round(rate, 6)
    if not 0.0 <= rate <= 1.0:
        raise Error(f"expected a missing rate from 0 to 1, found {rate}")
    return Condition((rate + 0.0,) * 3)


def _usual(rate: float) -> float | None:
    """The multiple of 0.0001 that a rate is or nearly is."""
    near = round(rate * _PARTS) / _PARTS
    return near if abs(rate - near) < _APART else None


def _parse(text: str) -> list[Condition]:
    entries = [entry.strip() for entry in text.split(",")]
    found = []
    while entries:
        entry = entries.pop(0)
        if "=" in entry:
            found.append(_mixed([entry, *entries[:2]], text))
            del entries[:2]
        elif entry in SUBSETS:
            found.append(Condition(tuple(float(letter in entry) for letter in "LAV")))  # type: ignore[arg-type]
        else:
            found += [Condition((float(rate),) * 3) for rate in _range(entry)]
    return found


def _range(entry: str) -> list[Decimal]:
    parts = [part.strip() for part in entry.split(":")]
    if len(parts) == 1:
        return [_rate(entry)]
    if len(parts) != 3:
        raise Error(f"expected missing rates like '0:1:0.1', '0,0.5,1' or '0.3', found {entry!r}")
    start, end, step = (_rate(part) for part in parts)
    if step == 0 or start > end or (end - start) % step != 0:
        raise Error(f"expected START:END:STEP with a step above 0 that goes from START to END, found {entry!r}")
    count = int((end - start) / step)
    if count >= _LIMIT:
        raise Error(f"expected at most {_LIMIT} missing rates, found {count + 1} in {entry!r}")
    return [start + k * step for k in range(count + 1)]


def _rate(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text, re.ASCII):
        kinds = f"missing rates like '0:1:0.1' or '0.3', missing modalities ({', '.join(SUBSETS)}), or 'l=RATE,a=RATE,v=RATE'"
        raise Error(f"expected {kinds}, found {text!r}")
    rate = Decimal(text)
    if not 0 <= rate <= 1:
        raise Error(f"expected a missing rate from 0 to 1, found {text!r}")
    if len(text.partition(".")[2].rstrip("0")) > _DIGITS:
        raise Error(f"expected at most {_DIGITS} digits after the point, found {text!r}")
    usual = _usual(float(rate))
    if usual not in (None, float(rate)):
        raise Error(f"expected {usual} or a rate at least {_decimal(_APART)} from it, found {text!r}")
    return abs(rate)


def _mixed(entries: list[str], text: str) -> Condition:
    pairs = [tuple(part.strip() for part in entry.partition("=")[::2]) for entry in entries]
    if sorted(letter for letter, _ in pairs) != ["a", "l", "v"]:
        raise Error(f"expected the three rates l=RATE,a=RATE,v=RATE side by side, found {text!r}")
    rates = {letter: float(_rate(rate)) for letter, rate in pairs}
    return Condition((rates["l"], rates["a"], rates["v"]))
