"""Applies masks to a split: what a model sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _blake3
from ._arrays import Array
from ._conditions import MODALITIES, Condition
from ._errors import Error
from ._streams import number, text

if TYPE_CHECKING:
    import torch
    from torch.utils.data import Dataset

    from ._data import Split

UNKNOWN = 100
_MASK_KEY = _blake3.context_key("lnln-bench mask 2")
_TRAINING_KEY = _blake3.context_key("lnln-bench training mask 1")


@dataclass(frozen=True)
class View(Mapping[str, Array]):
    """A split with some positions masked; `view["audio"]` and so on are its arrays, made when first read.

    | name | type | shape |
    |---|---|---|
    | `text_bert` | int32 | (N, 3, T): token ids, masked ones 100 (`[UNK]`); attention mask; segment ids |
    | `text`, `audio`, `vision` | float32 | (N, T, d), masked positions 0 |
    | `text_lengths`, `audio_lengths`, `vision_lengths` | int32 | (N): valid positions |
    | `labels` | float32 | (N) |
    | `rates` | float64 | (N, 3): nominal missing rates of text, audio, vision |

    The further columns of the prepared file are there under their own names. Without masks (`complete()`) the arrays
    are those of the file.
    """

    split: Split
    mask_protocol: str | None
    version: int
    mask_seed: int
    # Kept positions, bool (N, T), by modality; empty for complete data.
    kept: dict[str, Array]
    rates: Array
    # What is removed; None for training noise and complete data.
    condition: Condition | None = None
    # Number of the draw; None for evaluation and complete data.
    draw: int | None = None
    _made: dict[str, Array] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        if not self.kept:
            masks = "complete"
        elif self.condition is not None:
            masks = f"{self.mask_protocol} masks at {self.condition}, mask seed {self.mask_seed}"
        else:
            masks = f"training noise of {self.mask_protocol} masks, seed {self.mask_seed}, draw {self.draw}"
        shapes = ", ".join(f"{name} {shape}" for name, shape in self.split.shapes().items())
        return f"<{self.split.data.name} {self.split.name}, {masks}: {len(self)} samples; {shapes}>"

    @property
    def id(self) -> list[str]:
        """Sample ids."""
        return self.split.id

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.split)

    def __iter__(self) -> Iterator[str]:
        return iter([*self.split.columns, "rates", "labels"])

    def __contains__(self, name: object) -> bool:
        return name in [*self]

    def keys(self) -> Any:
        """Names of the arrays."""
        return list(self)

    def values(self) -> Any:
        """The arrays."""
        return [self[name] for name in self]

    def items(self) -> Any:
        """Names and arrays."""
        return [(name, self[name]) for name in self]

    def __getitem__(self, name: str) -> Array:
        if name == "rates":
            return self.rates
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Array:
        complete = self.split[name]
        if not self.kept or name not in (*MODALITIES, "text_bert"):
            return complete
        if name == "text_bert":
            masked, attention = complete.copy(), complete[:, 1] != 0
            ids = np.where(self.kept["text"], complete[:, 0], UNKNOWN)
            masked[:, 0] = np.where(attention, ids, 0)
            return masked
        masked = complete.copy()
        masked[~self.kept[name]] = 0.0
        return masked

    @cached_property
    def hash(self) -> str:
        """The program's hash of these masks: of evaluation as in mask files and manifests, of training as in the
        manifest's `training.first_noise`."""
        if not self.kept:
            raise Error("complete data have no masks and no hash of masks")
        names = [str(self.mask_protocol), self.split.data.name, self.split.name]
        evaluation = self.draw is None
        if evaluation:
            names.append(str(self.condition))
        message = b"".join(text(name) for name in names) + number(self.version, 4) + number(self.mask_seed, 8)
        if self.draw is not None:
            message += number(self.draw, 4)
        for which, modality in enumerate(MODALITIES):
            mask = self.kept[modality]
            message += number(mask.shape[0], 8) + number(mask.shape[1], 8)
            message += np.packbits(mask.reshape(-1), bitorder="little").tobytes()
            if not evaluation:
                message += self.rates[:, which].astype("<f8").tobytes()
        return _blake3.digest(message, _MASK_KEY if evaluation else _TRAINING_KEY).hex()[:32]

    def tensors(self, device: Any = None) -> dict[str, torch.Tensor]:
        """Its numeric arrays as tensors; whole numbers as int64, all others as float32."""
        from . import _torch

        return _torch.tensors(self, device)

    def dataset(self) -> Dataset[dict[str, torch.Tensor]]:
        """A `torch.utils.data.Dataset` for a DataLoader: a dict of tensors per sample, `index` among them."""
        from . import _torch

        return _torch.dataset(self)
