"""Draws the uniform number of every position under each mask protocol (docs/masks.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ._arrays import Array
from ._conditions import Condition
from ._errors import Error
from ._streams import Ids, Scope, uniforms

_TEMPORAL_CELLS = 50
# One more than the largest seed of audio and vision among MMSA's three.
_BASE = 1_000_000


@dataclass(frozen=True)
class Positions:
    """The positions of all samples in one modality of a split."""

    modality: str
    ids: Ids
    # Valid positions of each sample, and padded ones.
    lengths: Array
    steps: int
    # Whether each sample has CLS first and SEP last; both False without token ids.
    cls: Array
    sep: Array
    # Whether the split has token ids, for text.
    tokens: bool

    def times(self) -> Array:
        """Relative time of each position between CLS and SEP, (samples, steps); of use on words and frames only."""
        inner = np.maximum(self.lengths - self.cls - self.sep, 1)
        at = np.arange(self.steps) - self.cls[:, None].astype(np.int64) + 0.5
        return np.asarray(at / inner[:, None])

    def kept(self, draws: Array, rates: Array | float, whole_ends: bool) -> Array:
        """Kept positions, bool (samples, steps); `rates` is one, or one per sample."""
        at, last = np.arange(self.steps), self.lengths[:, None] - 1
        mask = draws > (np.asarray(rates)[:, None] if np.ndim(rates) else rates)
        cls, sep = (self.cls, self.sep) if not (whole_ends and self.tokens) else (True, True)
        mask |= np.reshape(cls, (-1, 1)) & (at == 0)
        mask |= np.reshape(sep, (-1, 1)) & (at == last)
        return np.asarray(mask & (at <= last))


def _independent(scope: Scope, at: Positions) -> Array:
    return uniforms(scope.keys(at.ids, at.modality), at.lengths, at.steps)


def _temporal(scope: Scope, at: Positions) -> Array:
    count = np.full(len(at.lengths), _TEMPORAL_CELLS)
    cells = uniforms(scope.keys(at.ids, "all"), count, _TEMPORAL_CELLS)
    cell = np.clip(at.times() * _TEMPORAL_CELLS, 0, _TEMPORAL_CELLS - 1).astype(np.int64)
    return np.take_along_axis(cells, cell, axis=1)


def _block(scope: Scope, at: Positions) -> Array:
    point, x = _first(scope, at), at.times()
    distance = np.where(x < point, (point - x) / point, (x - point) / (1 - point))
    return np.maximum(distance, np.finfo(np.float64).tiny)


def _modality(scope: Scope, at: Positions) -> Array:
    return np.repeat(_first(scope, at), at.steps, axis=1)


def _modality_random(scope: Scope, at: Positions) -> Array:
    numbers = uniforms(scope.keys(at.ids, "all"), np.full(len(at.lengths), 3), 3)
    own = numbers[:, ("text", "audio", "vision").index(at.modality)]
    stays = own == numbers.max(axis=1, initial=0.0)
    return np.repeat(np.where(stays, 2.0, own)[:, None], at.steps, axis=1)


def _first(scope: Scope, at: Positions) -> Array:
    """The first number of each stream, (samples, 1)."""
    return uniforms(scope.keys(at.ids, at.modality), np.ones(len(at.lengths), np.int64), 1)


def _reference(scope: Scope, at: Positions) -> Array:
    return numpy_generator(scope.seed).random_sample((len(at.lengths), at.steps))


def _reference_tfr(scope: Scope, at: Positions) -> Array:
    seed = _tfr_seeds(scope.seed)[("text", "audio", "vision").index(at.modality)]
    return numpy_generator(seed).random_sample((len(at.lengths), at.steps))


def numpy_generator(seed: int) -> np.random.RandomState:
    """NumPy's legacy generator, which the published code uses."""
    if not 0 <= seed < 2**32:
        raise Error(
            f"the reference protocols draw from NumPy's legacy generator: expected a seed from 0 to 4294967295, found {seed}"
        )
    return np.random.RandomState(seed)


def _tfr_seeds(seed: int) -> tuple[int, int, int]:
    """MMSA's seeds of text, audio and vision: one below 2^32 three times, or three with six digits each."""
    if 0 <= seed < 2**32:
        return seed, seed, seed
    three = seed // _BASE**2, seed // _BASE % _BASE, seed % _BASE
    if three[0] == three[1] == three[2]:
        raise Error(f"seed {seed} of mask protocol `reference-tfr` is the same seed three times; write {three[0]}")
    if not 0 < three[0] < _BASE:
        raise Error(
            f"mask protocol `reference-tfr`: expected a seed below 2^32, or three below a million as one number like 111001111011111, found {seed}"
        )
    return three


@dataclass(frozen=True)
class Protocol:
    """A named way to draw masks; `draw` gives float64 (samples, steps)."""

    name: str
    version: int
    kinds: tuple[str, ...]
    draw: Callable[[Scope, Positions], Array]
    # Whether it repeats published code: its draws depend on the order of the samples, its training masks on the
    # mask seed, and texts with token ids keep their first and last position whatever the ids.
    published: bool = False

    def check(self, condition: Condition) -> None:
        """Refuses a condition of a kind that the protocol does not take."""
        if condition.kind not in self.kinds:
            taken = " or ".join(_EXAMPLES[kind] for kind in self.kinds)
            raise Error(
                f"mask protocol `{self.name}`: expected {taken}, found {condition}; name another mask protocol for it"
            )


_EXAMPLES = {
    "rate": "rates like 0.5 or '0:1:0.1'",
    "subset": "missing modalities ('L', 'A', 'V', 'LA', 'LV', 'AV')",
    "mixed": "three rates like 'l=0.2,a=0.7,v=0.7'",
}

# As `lnln-bench list masks` prints them; a test compares both.
PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol("random", 2, ("rate",), _independent),
        Protocol("temporal", 2, ("rate",), _temporal),
        Protocol("block", 2, ("rate",), _block),
        Protocol("modality", 2, ("subset",), _modality),
        Protocol("modality-random", 1, ("rate",), _modality_random),
        Protocol("mixed", 2, ("mixed",), _independent),
        Protocol("reference", 2, ("rate",), _reference, published=True),
        Protocol("reference-tfr", 2, ("rate", "mixed"), _reference_tfr, published=True),
    )
}


def find(name: str) -> Protocol:
    """The mask protocol of this name."""
    if name not in PROTOCOLS:
        raise Error(f"unknown mask protocol `{name}`: expected one of {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
