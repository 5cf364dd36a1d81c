"""Mutated files of all formats are refused by one type of error, or load as they were."""

from __future__ import annotations

import pytest

from tests.serialize.fuzz import fuzz


def test_a_thousand_mutated_files():
    _, faults = fuzz(1000, seed=1)
    assert faults == []


@pytest.mark.slow
def test_ten_thousand_mutated_files():
    equal, faults = fuzz(10_000, seed=2)
    assert faults == []
    assert equal > 0
