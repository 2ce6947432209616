"""The error of this package."""

from __future__ import annotations


class Error(ValueError):
    """Something that cannot be done: what was expected, what was found, where, and what to do."""
