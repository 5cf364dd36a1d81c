"""Measures two callables in pairs: many short rounds in one process, in shuffled order.

On a machine that others use too, a bare time says little, and a minimum is luck. A ratio of two
neighbouring blocks has seen the same neighbours, so what is reported is the median of these
ratios, with an interval from resampling them (a percentile bootstrap).

    ratio = time of PyTorch / our time, above 1 where we are faster

Blocks are timed in CPU seconds of the process: time spent waiting for a core does not count.
Objects that were alive before the first round are kept out of the garbage collector's sight, since
neither package should pay for scanning the modules of the other; the collector itself stays on.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import random
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

Step = Callable[[], Any]

TORCH_MISSING = """PyTorch is missing: it is what everything here is compared with.
  mend    pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"""


class Comparison(NamedTuple):
    """What the rounds of one pair gave.

    Attributes:
        name: of what was compared.
        ratio: median over the rounds of PyTorch's time by ours.
        low, high: bounds of its 95 % interval.
        rounds: how many there were.
        calls: how often a callable was called in each block of a round.
    """

    name: str
    ratio: float
    low: float
    high: float
    rounds: int
    calls: int


def packages(same: bool = False) -> tuple[ModuleType, ModuleType]:
    """Import the two packages, set to one thread; with `same`, PyTorch twice.

    Raises:
        SystemExit: PyTorch is not installed.
    """
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        raise SystemExit(TORCH_MISSING) from None
    torch.set_num_threads(1)
    return (torch if same else importlib.import_module("minitorch_lazy")), torch


def block(step: Step, calls: int) -> float:
    """Return the CPU time of some calls in a row."""
    start = time.process_time()
    for _ in range(calls):
        step()
    return time.process_time() - start


def calls_for(steps: Sequence[Step], seconds: float) -> int:
    """Choose how many calls make a block of about so many seconds, of the faster callable."""
    calls = 1
    while True:
        spent = min(block(step, calls) for step in steps)
        if spent > seconds / 4:
            return max(1, round(calls * seconds / spent))
        calls *= 4


def compare(
    name: str, ours: Step, theirs: Step, rounds: int = 60, seconds: float = 0.01
) -> Comparison:
    """Measure a pair.

    Args:
        name: what the result is called.
        ours, theirs: called without arguments; both must do the same work.
        rounds: how many pairs of blocks to time.
        seconds: what one block should last, at the least.
    """
    shuffle = random.Random(0).shuffle
    gc.collect()
    gc.freeze()
    try:
        calls = calls_for((ours, theirs), seconds)
        ratios = []
        for _ in range(rounds):
            order = [ours, theirs]
            shuffle(order)
            spent = {step: block(step, calls) for step in order}
            ratios.append(spent[theirs] / spent[ours])
    finally:
        gc.unfreeze()
    return Comparison(name, float(np.median(ratios)), *interval(ratios), rounds, calls)


def interval(values: Sequence[float], level: float = 0.95, resamples: int = 4000) -> Any:
    """Return the bounds of a bootstrap interval of the median.

    Source: Efron and Tibshirani (1993), section 13.3, the percentile interval.
    """
    chosen = np.random.default_rng(0).integers(len(values), size=(resamples, len(values)))
    medians = np.median(np.asarray(values)[chosen], axis=1)
    low, high = np.quantile(medians, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def difference(name: str, ours: Step, theirs: Step, steps: int = 3, limit: float = 1e-4) -> float:
    """Return by how much the losses of the first steps differ, relative to PyTorch's.

    Raises:
        SystemExit: they differ by more than the limit, so the pair does not do the same work.
    """
    pairs = [(float(ours().detach()), float(theirs().detach())) for _ in range(steps)]
    worst = max(abs(a - b) / max(abs(b), 1e-12) for a, b in pairs)
    if not worst <= limit:
        raise SystemExit(
            f"{name}: the losses of the first {steps} steps differ by {worst:.1e}: "
            + ", ".join(f"{a:.7g} and {b:.7g}" for a, b in pairs)
        )
    return worst


def options(description: str, rounds: int = 60) -> argparse.ArgumentParser:
    """Make the parser of the options that all comparisons share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", help="what to run; the usual ones where none is named")
    parser.add_argument("--rounds", type=int, default=rounds, help="pairs of blocks to time")
    parser.add_argument("--seconds", type=float, default=0.01, help="how long a block lasts")
    parser.add_argument("--same", action="store_true",
                        help="compare torch with torch: how far from 1 is noise")  # fmt: skip
    return parser


def head(title: str, same: bool, *more: str) -> None:
    """Print the conditions of a run, and the head of its table."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    peer = "torch against torch: noise" if same else "torch by minitorch_lazy: above 1 is faster"
    columns = [title, "ratio", "95 % interval", "rounds x calls", *more]
    print(f"{peer}; one thread; load average {load} on {os.cpu_count()} cores\n")
    told = os.environ.get("OPENBLAS_CORETYPE")
    if told:
        print(f"NumPy's OpenBLAS was told to take the kernels of {told}. To compare what it would "
              "choose, unset OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE.\n")  # fmt: skip
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns), flush=True)


def row(result: Comparison, *more: str) -> None:
    """Print one line of the table."""
    cells = [result.name, f"{result.ratio:.2f}", f"{result.low:.2f} to {result.high:.2f}",
             f"{result.rounds} x {result.calls}", *more]  # fmt: skip
    print("| " + " | ".join(cells) + " |", flush=True)


def chosen(names: Sequence[str], known: Sequence[str], usual: Sequence[str]) -> Sequence[str]:
    """Return what was asked for, or the usual ones.

    Raises:
        SystemExit: a name is unknown.
    """
    for name in names:
        if name not in known:
            raise SystemExit(f"there is no {name!r}; known: {', '.join(known)}")
    return names or usual
