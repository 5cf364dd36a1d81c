"""Random lives of lazy nets, a few in each run; `python -m tests.nn.lives` runs thousands."""

from hypothesis import settings

from tests.nn.lives.machine import Lives
from tests.nn.promises.rows import promise

TestLives = promise("N3.1")(Lives.TestCase)
TestLives.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
