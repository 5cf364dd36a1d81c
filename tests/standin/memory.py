"""The ground under the stand-in: memory that only it may touch, and what it counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

stats: Counter[str] = Counter()
"""What a real device would pay for: `calls`, uploads `h2d`, downloads `d2h`, waits `sync`; and
`ghost`, the calls that CuPy's own argument checks have judged."""


class Memory:
    """Device memory: a NumPy array that stands where the GPU's bytes would be.

    `base` is the array whose memory this one looks at, None for an owner, as in CuPy: never a
    view itself.
    """

    __slots__ = ("__weakref__", "base", "host")

    base: Memory | None
    host: np.ndarray


def root(host: Any) -> Any:
    """Return the NumPy object that owns the memory under an array."""
    while getattr(host, "base", None) is not None:
        host = host.base
    return host


def owner(host: np.ndarray, candidates: tuple[Any, ...]) -> Memory | None:
    """Return the candidate whose memory an array looks at."""
    if host.base is None:
        return None
    bottom = root(host)
    for found in candidates:
        if isinstance(found, Memory) and root(found.host) is bottom:
            return found if found.base is None else found.base
    return None
