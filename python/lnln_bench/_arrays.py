"""Names the type of arrays and rotates their words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def rotate_right(words: Array, turns: int) -> Array:
    """Words of 32 bits, each rotated."""
    return words >> np.uint32(turns) | words << np.uint32(32 - turns)
