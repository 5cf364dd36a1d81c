"""Telling those who hold a parameter, such as optimizers, that others have taken its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

FOLLOWERS: list[Callable[[Any, Sequence[Any]], None]] = []
"""Functions `follow(old, new)` that put new parameters where the old one is held."""


def announce(old: Any, new: Sequence[Any]) -> None:
    """Tell all followers that parameters have taken the place of another one."""
    for follow in FOLLOWERS:
        follow(old, new)
