"""A CuPy-like array device without a GPU: NumPy underneath, CuPy's refusals on top.

It refuses what CuPy refuses, answers with 0-d arrays where CuPy does, and counts every upload,
download and wait in `stats`. Where the cupy wheel is installed each call is replayed on ghosts,
so that CuPy's own argument checks run too.

What it cannot show: rounding of a GPU, the order of atomics, streams, memory limits and speed.
"""

from tests.standin.array import array
from tests.standin.extras import xpx
from tests.standin.memory import stats
from tests.standin.namespace import asnumpy, xp

__all__ = ["array", "asnumpy", "stats", "xp", "xpx"]
