"""Draws missing rates of training samples, and names the draw of an epoch (docs/masks.md, "Training noise")."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ._arrays import Array
from ._conditions import MODALITIES
from ._errors import Error
from ._protocols import numpy_generator
from ._streams import Ids, Scope, uniforms

KINDS = "`fixed`, `cycle:K`, `fresh`, `reference`, `reference-loader:W` or `reference-refresh`"


@dataclass(frozen=True)
class Noise:
    """When training masks are drawn anew; `count` is K of `cycle:K`, W of `reference-loader:W`."""

    kind: str
    count: int = 0

    @classmethod
    def parse(cls, text: str) -> Noise:
        """Reads `fresh`, `cycle:4` and so on."""
        if text in ("fixed", "fresh", "reference", "reference-refresh"):
            return cls(text)
        found = re.fullmatch(r"(cycle|reference-loader):(\d+)", text, re.ASCII)
        if not found or int(found[2]) < 1:
            advice = "; complete data are `complete()`" if text == "clean" else ""
            raise Error(f"expected training noise {KINDS}, with K and W at least 1, found {text!r}{advice}")
        return cls(found[1], int(found[2]))

    @property
    def published(self) -> bool:
        """Whether it repeats the published code, with its mask protocol and its rates."""
        return self.kind.startswith("reference")

    def draw(self, epoch: int) -> int:
        """Number of the draw in an epoch, counted from 0."""
        if self.kind in ("fixed", "reference"):
            return 0
        return epoch % self.count if self.kind == "cycle" else epoch


def half_complete(scope: Scope, samples: Sequence[str], ids: Ids, modality: str) -> Array:
    """Missing rates in one modality: half of the samples 0, the rest uniform in [0, 1)."""
    count = np.full(len(samples), 2)
    first, rates = uniforms(scope.keys(ids, modality, "rate"), count, 2).T
    by_id = sorted(range(len(samples)), key=lambda i: (first[i], samples[i].encode()))
    rates = rates.copy()
    rates[by_id[: len(samples) // 2]] = 0.0
    return np.asarray(rates)


def published_rates(
    seed: int, mask_seed: int, train: tuple[int, int], test: tuple[int, int], refreshes: int
) -> dict[str, Array]:
    """Missing rates of the published loader after so many refreshes, by modality.

    `train` and `test` are samples and padded vision positions of these splits, on which the state of NumPy's
    generator depends.
    """
    samples = train[0]
    choose, numpy = random.Random(seed), numpy_generator(seed)
    if refreshes > 0:
        # NumPy's generator is where the last mask left it: of the test split at first, then of the training split.
        drawn = test if refreshes == 1 else train
        numpy = numpy_generator(mask_seed)
        numpy.random_sample(drawn[0] * drawn[1])
    rates = {modality: numpy.random_sample(samples) for modality in MODALITIES}
    for refresh in range(refreshes + 1):
        for modality in MODALITIES:
            complete = choose.sample(range(samples), samples // 2)
            if refresh == refreshes:
                rates[modality][complete] = 0.0
    return rates


def redrawn(order: Array, batch_size: int, processes: int) -> Array:
    """Whether each sample sees new rates under `reference-loader:W` in an epoch of this order, bool (samples)."""
    process = np.arange(len(order)) // batch_size % processes
    first = int(np.flatnonzero(order == 0)[0])
    later = (np.arange(len(order)) >= first) & (process == process[first])
    result = np.zeros(len(order), bool)
    result[order[later]] = True
    return result
