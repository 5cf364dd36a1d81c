"""Random lives of lazy nets, a few in each run.

`--hypothesis-profile=long` runs as many as that profile says, `python -m tests.nn.lives` more.
"""

from hypothesis import settings

from tests.nn.lives.machine import Lives
from tests.nn.promises.rows import promise

ROWS = ["N3.1", "N3.2", "N4.1", "N4.2", "N4.3", "N8", "N9", "N10", "N14", "N15", "R1", "R11"]

TestLives = promise(*ROWS)(Lives.TestCase)
TestLives.settings = settings(stateful_step_count=30)
