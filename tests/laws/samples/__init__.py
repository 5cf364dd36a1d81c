"""One table for all laws: the name of a primitive -> how to make calls of it.

A new primitive takes part in every law as soon as it has a sample here.
"""

from tests.laws.samples import (
    arrangement,
    functions,
    indices,
    layers,
    matrices,
    pairs,
    recurrences,
    reductions,
    resizing,
)
from tests.laws.samples.table import SAMPLES, Call, calls, taken

__all__ = [
    "SAMPLES", "Call", "arrangement", "calls", "functions", "indices", "layers", "matrices",
    "pairs", "recurrences", "reductions", "resizing", "taken",
]  # fmt: skip
