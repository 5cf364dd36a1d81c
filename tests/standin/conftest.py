"""What the tests of the stand-in share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.standin import array, ghosts, stats, xp


@pytest.fixture(params=["ghosts", "snapshot"])
def judged_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Judge once with CuPy's own checks, and once with the snapshot alone."""
    if request.param == "snapshot":
        monkeypatch.setattr(ghosts, "library", lambda: None)
    stats.clear()
    yield request.param
    stats.clear()


@pytest.fixture
def a() -> array:
    """Five random float32 on the stand-in."""
    numbers = np.random.default_rng(0).standard_normal(5)
    return xp.asarray(numbers.astype(np.float32))
