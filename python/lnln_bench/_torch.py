"""Makes tensors and data sets of PyTorch, which is imported here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import Error

try:
    import torch
    from torch.utils.data import Dataset
except ImportError as error:
    raise Error(
        f"tensors need PyTorch, which cannot be imported here ({error}); install it: pip install torch"
    ) from error

if TYPE_CHECKING:
    from ._view import View


def tensors(view: View, device: Any = None) -> dict[str, torch.Tensor]:
    """Its numeric arrays: whole numbers as int64, all others as float32."""
    found = {}
    for name in view:
        array = view[name]
        if array.dtype.kind in "iu":
            found[name] = torch.from_numpy(array.astype(np.int64)).to(device)
        elif array.dtype.kind == "f":
            found[name] = torch.from_numpy(array.astype(np.float32)).to(device)
    return found


class Samples(Dataset[dict[str, torch.Tensor]]):
    """Samples of a view, each a dict of tensors without the first axis; `index` is its row."""

    def __init__(self, view: View) -> None:
        self.columns = tensors(view)
        self.columns["index"] = torch.arange(len(view))
        self.id = view.id

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, row: int) -> dict[str, torch.Tensor]:
        return {name: column[row] for name, column in self.columns.items()}


def dataset(view: View) -> Samples:
    """The samples of a view."""
    return Samples(view)
