"""Benchmarks against PyTorch, as ratios measured in pairs within one run.

Every comparison runs on one thread. The libraries read these variables when they are imported, so
they are set here, before any module of this package imports NumPy.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
