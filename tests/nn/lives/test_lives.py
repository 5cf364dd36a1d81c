"""Random lives of lazy nets, a few in each run.

`--hypothesis-profile=long` runs as many as that profile says, `python -m tests.nn.lives` more.
"""

import pytest
from hypothesis import settings

from tests.nn.lives.machine import Lives
from tests.nn.lives.shared import live
from tests.nn.promises.rows import promise

ROWS = ["N3.1", "N3.2", "N4.1", "N4.2", "N4.3", "N8", "N9", "N10", "N14", "N15", "R1", "R11"]

TestLives = promise(*ROWS)(Lives.TestCase)
TestLives.settings = settings(stateful_step_count=30)


@promise("N3.1", "N3.2", "N8", "N9", "N10", "1.27")
@pytest.mark.parametrize("count", [100, pytest.param(4000, marks=pytest.mark.slow)])
def test_keyed_nets_that_share_end_as_the_eager_nets(count):
    for number in range(count):
        live(f"1 {number}")
