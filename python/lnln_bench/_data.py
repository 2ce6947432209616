"""Reads prepared data and draws their masks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from . import _noise, _protocols
from ._arrays import Array
from ._conditions import MODALITIES, SUBSETS, Condition, one, several
from ._errors import Error
from ._streams import Ids, Scope, order
from ._view import View

if TYPE_CHECKING:
    import torch
    from torch.utils.data import Dataset

FORMAT = 1
CLS, SEP = 101, 102
DEFAULT_SEED = 1111


class Data:
    """A file that `lnln-bench prepare` wrote, with its splits `train`, `valid` and `test`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise Error(
                f"{self.path}: expected a file made by `lnln-bench prepare`, found none; prepare the data first, or correct the path"
            )
        try:
            with h5py.File(self.path) as file:
                attributes = dict(file.attrs)
                splits = list(file)
        except OSError as error:
            raise Error(
                f"{self.path}: expected an HDF5 file made by `lnln-bench prepare`, found something else ({error}); make it: lnln-bench prepare SOURCE.pkl"
            ) from error
        found = attributes.get("format_version")
        if found != FORMAT or attributes.get("complete") != 1 or not {"train", "valid", "test"} <= set(splits):
            raise Error(
                f"{self.path}: expected prepared data of format {FORMAT}, complete, with train, valid and test; found format {found} with {', '.join(splits) or 'no groups'}; make it again: lnln-bench prepare SOURCE.pkl"
            )
        self.name = str(attributes["dataset"])
        self.content_hash = str(attributes["content_hash"])
        self.label_range = tuple(float(label) for label in attributes["label_range"])
        self.train, self.valid, self.test = (Split(self, name) for name in ("train", "valid", "test"))

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(split)} {split.name}" for split in (self.train, self.valid, self.test))
        return f"<{self.name}: {sizes}; {self.path}>"


class Split:
    """One split; `split["audio"]` and so on are its complete arrays (see `View`), read when first asked for."""

    def __init__(self, data: Data, name: str) -> None:
        self.data, self.name = data, name
        self._columns: dict[str, Array] = {}

    @cached_property
    def columns(self) -> list[str]:
        """Names of the columns of the prepared file (docs/hdf5.md)."""
        with h5py.File(self.data.path) as file:
            return list(file[self.name])

    @cached_property
    def id(self) -> list[str]:
        """Sample ids, in the order of the file."""
        with h5py.File(self.data.path) as file:
            return list(file[self.name]["id"].asstr()[:])

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of text, audio and vision, as far as the file has them; nothing else is read."""
        with h5py.File(self.data.path) as file:
            columns = file[self.name]
            names = [name for name in ("text_bert", *MODALITIES) if name in columns]
            return {name: tuple(columns[name].shape) for name in names}

    @property
    def labels(self) -> Array:
        """Sentiment, float32 (N)."""
        return self["labels"]

    def __len__(self) -> int:
        return len(self.id)

    def __repr__(self) -> str:
        return f"<{self.data.name} {self.name}: {len(self)} samples with {', '.join(self.columns)}>"

    def __getitem__(self, name: str) -> Array:
        column = "regression_labels" if name == "labels" else name
        if column not in self._columns:
            if column not in self.columns:
                raise Error(
                    f"{self.data.path}: expected one of {', '.join(self.columns)} or labels in {self.name}, found {name!r}"
                )
            self._columns[column] = self._read(column)
        return self._columns[column]

    def _read(self, column: str) -> Array:
        try:
            with h5py.File(self.data.path) as file:
                stored = file[self.name][column]
                array = stored.asstr()[:] if stored.dtype.kind == "O" else stored[:]
        except OSError as error:
            raise Error(
                f"{self.data.path}: {self.name}/{column} cannot be read ({error}); a file made with --compress needs `import hdf5plugin` first (pip install hdf5plugin)"
            ) from error
        array = np.asarray(array)
        array.flags.writeable = False
        return array

    def complete(self) -> View:
        """Nothing masked."""
        return View(self, None, 0, 0, {}, np.zeros((len(self), 3)))

    def under(self, mask_protocol: str = "random", rate: object = None, *, seed: int = DEFAULT_SEED) -> View:
        """The split under the masks of evaluation, those of `run` and `report`.

        `rate` is a condition: 0.5, 'LA', 'l=0.2,a=0.7,v=0.7'. `seed` is the mask seed.
        """
        if rate is None:
            raise Error("expected a condition, like rate=0.5 or rate='LA', found none")
        return self._under(_protocols.find(mask_protocol), one(rate), _checked(seed))

    def _under(self, protocol: _protocols.Protocol, condition: Condition, seed: int) -> View:
        protocol.check(condition)
        rates = np.tile(np.array(condition.rates), (len(self), 1))
        kept = self._kept(protocol, Scope(protocol.name, self.data.name, self.name, seed), rates)
        return View(self, protocol.name, protocol.version, seed, kept, rates, condition)

    def conditions(
        self,
        mask_protocol: str = "random",
        rates: object = None,
        *,
        seeds: int | Iterable[int] = DEFAULT_SEED,
    ) -> Iterator[View]:
        """The split under each condition and mask seed in turn.

        `rates` is a list of conditions ('0:1:0.1', [0, 0.5], 'L,LA') [default: what `run` takes, 0:1:0.1, and
        all six subsets for `modality`]. Masks of `modality` are the same under all seeds and come once.
        """
        protocol = _protocols.find(mask_protocol)
        if rates is None and protocol.kinds == ("mixed",):
            protocol.check(one(0.5))
        found = several((",".join(SUBSETS) if protocol.kinds == ("subset",) else "0:1:0.1") if rates is None else rates)
        for condition in found:
            protocol.check(condition)
        listed = [_checked(seed) for seed in ([seeds] if isinstance(seeds, (int, np.integer)) else seeds)]
        for seed in listed[:1] if protocol.name == "modality" else listed:
            for condition in found:
                yield self._under(protocol, condition, seed)

    def noisy(
        self,
        seed: int,
        epoch: int = 0,
        *,
        noise: str = "fresh",
        mask_protocol: str | None = None,
        rate: object = "half-complete",
        mask_seed: int = DEFAULT_SEED,
        order: Array | None = None,
        batch_size: int | None = None,
    ) -> View:
        """What `run --noise` trains on in an epoch, counted from 0, in a run of this seed.

        `noise` as `run --noise`; `mask_protocol` as `--noise-masks` [default: random; reference for the published
        noises]; `rate` as `--noise-rate`; `mask_seed` is the run's first mask seed, which only the reference
        protocols use. `reference-loader:W` needs `batch_size`, and takes the epoch's `order` of samples (indices)
        [default: the program's].
        """
        if self.name != "train":
            raise Error(
                f"expected data.train, which training noise is made for, found {self.name}; `under` gives masks of evaluation"
            )
        kind, seed, mask_seed = _noise.Noise.parse(noise), _checked(seed), _checked(mask_seed)
        name = mask_protocol or ("reference" if kind.published else "random")
        if kind.published and name != "reference":
            raise Error(
                f"training noise `{noise}` has masks of its own, `reference`; found {name!r}: use noise `fixed` with it"
            )
        protocol, draw = _protocols.find(name), kind.draw(_checked(epoch))
        rates = self._rates(protocol, kind, seed, draw, rate, mask_seed)
        if kind.kind == "reference-loader":
            again = self._redrawn(kind, seed, epoch, order, batch_size)
            new = self._half_complete(Scope(protocol.name, self.data.name, self.name, seed, draw))
            rates = np.where(again[:, None], new, rates)
        draws = Scope(protocol.name, self.data.name, self.name, mask_seed if protocol.published else seed, draw)
        return View(self, protocol.name, protocol.version, seed, self._kept(protocol, draws, rates), rates, draw=draw)

    def order(self, seed: int, epoch: int) -> Array:
        """The order in which `run` reads the samples in an epoch, counted from 0: indices, int64 (N)."""
        return order(len(self), _checked(seed), _checked(epoch))

    def tensors(self, device: Any = None) -> dict[str, torch.Tensor]:
        """As `complete().tensors()`."""
        return self.complete().tensors(device)

    def dataset(self) -> Dataset[dict[str, torch.Tensor]]:
        """As `complete().dataset()`."""
        return self.complete().dataset()

    def _rates(
        self, protocol: _protocols.Protocol, kind: _noise.Noise, seed: int, draw: int, rate: object, mask_seed: int
    ) -> Array:
        """Missing rates of the training samples in text, audio and vision, (N, 3)."""
        if rate != "half-complete":
            condition = one(rate)
            if kind.published:
                raise Error(
                    f"training noise `{kind.kind}` has rates of its own, half-complete; found {condition}: use noise `fixed` with mask_protocol='reference'"
                )
            several_copies = kind.kind == "fresh" or kind.kind == "cycle" and kind.count > 1
            if protocol.published and several_copies:
                raise Error(
                    f"mask protocol `{protocol.name}` draws the same masks in every epoch at one rate; use noise `fixed`"
                )
            return np.tile(np.array(condition.rates), (len(self), 1))
        if protocol.name == "reference-tfr":
            raise Error(
                "MMSA trains under mask protocol `reference-tfr` at one missing rate for all samples; give that rate (noise='fixed', rate=0.5), or use noise='reference'"
            )
        if protocol.name == "reference":
            test, steps = self.data.test, [self._steps("vision"), self.data.test._steps("vision")]
            refreshes = 0 if kind.kind == "reference-loader" else draw
            rates = _noise.published_rates(seed, mask_seed, (len(self), steps[0]), (len(test), steps[1]), refreshes)
            return np.stack([rates[modality] for modality in MODALITIES], axis=1)
        return self._half_complete(Scope(protocol.name, self.data.name, self.name, seed, draw))

    def _half_complete(self, scope: Scope) -> Array:
        return np.stack([_noise.half_complete(scope, self.id, self._ids, modality) for modality in MODALITIES], axis=1)

    def _redrawn(self, kind: _noise.Noise, seed: int, epoch: int, order: Array | None, batch_size: int | None) -> Array:
        if batch_size is None or batch_size < 1:
            raise Error(
                f"training noise `reference-loader:{kind.count}` depends on the batches: expected batch_size, found {batch_size}"
            )
        order = self.order(seed, epoch) if order is None else np.asarray(order)
        if sorted(order.tolist()) != list(range(len(self))):
            raise Error(
                f"expected an order of the {len(self)} training samples, every index once, found {len(order)} numbers that are none"
            )
        return _noise.redrawn(order, batch_size, kind.count)

    def _kept(self, protocol: _protocols.Protocol, scope: Scope, rates: Array) -> dict[str, Array]:
        """Kept positions at a rate per sample and modality."""
        kept = {}
        for which, modality in enumerate(MODALITIES):
            at = self._positions(modality)
            draws = protocol.draw(scope, at)
            kept[modality] = at.kept(draws, rates[:, which], protocol.published)
        return kept

    @cached_property
    def _ids(self) -> Ids:
        return Ids.of(self.id)

    def _steps(self, modality: str) -> int:
        return self._positions(modality).steps

    def _positions(self, modality: str) -> _protocols.Positions:
        name = "text_bert" if modality == "text" and "text_bert" in self.columns else modality
        with h5py.File(self.data.path) as file:
            shape = file[self.name][name].shape
        lengths = self[f"{modality}_lengths"].astype(np.int64)
        cls = sep = np.zeros(len(self), bool)
        if name == "text_bert":
            ids, rows = self[name][:, 0], np.arange(len(self))
            cls = (lengths > 0) & (ids[:, 0] == CLS)
            sep = (lengths > 0) & (ids[rows, np.maximum(lengths - 1, 0)] == SEP)
        steps = shape[2] if name == "text_bert" else shape[1]
        return _protocols.Positions(modality, self._ids, lengths, steps, cls, sep, name == "text_bert")


def _checked(number: object) -> int:
    """A seed or an epoch: a whole number of 64 bits."""
    if isinstance(number, (int, np.integer)) and not isinstance(number, bool) and 0 <= number < 2**64:
        return int(number)
    raise Error(f"expected a whole number from 0 to 2^64 - 1 as seed or epoch, found {number!r}")
