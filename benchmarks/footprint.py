"""What the package costs beside time of computation: import, disk, and memory that must not grow.

    python -m benchmarks.footprint [--wheel dist/minitorch_lazy-0.1.0-py3-none-any.whl]

PyTorch is not needed here: imports are compared with `import numpy`, and memory with nothing.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import pairs, workloads

IMPORT = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"
STACK = 256 * 1024
"""Bytes of stack that must do for a graph of any length."""

MEBIBYTE = 1 << 20


def import_seconds(module: str, environment: dict[str, str]) -> float:
    """Return the CPU time that one import takes in a fresh process."""
    command = [sys.executable, "-c", IMPORT.format(module)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


def import_ratio(rounds: int) -> tuple[float, float, float]:
    """Return how many times longer our import takes than NumPy's, which it includes.

    Both find their modules compiled, as after an installation: the first round sees to that.
    """
    modules = ["minitorch_lazy", "numpy"]
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(rounds + 1):
            random.shuffle(modules)
            spent = {module: import_seconds(module, environment) for module in modules}
            ratios.append(spent["minitorch_lazy"] / spent["numpy"])
    return statistics.median(ratios[1:]), *pairs.interval(ratios[1:])


def resident() -> int | None:
    """Return the bytes of memory that this process holds now; None where the system hides it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def traced() -> int:
    """Return the bytes that Python objects and arrays hold now."""
    return tracemalloc.get_traced_memory()[0]


def growth(step: Callable[[], Any], memory: Callable[[], int | None], steps: int) -> int | None:
    """Return how many bytes more are held after so many steps than before."""
    for _ in range(steps // 10):
        step()
    before = memory()
    for _ in range(steps):
        step()
    after = memory()
    return None if before is None or after is None else after - before


def training_growth(steps: int) -> tuple[int | None, int]:
    """Train W2 with the collector off; return the growth of the process, and of its objects."""
    step = workloads.tiny_mlp(importlib.import_module("minitorch_lazy"))
    gc.disable()
    try:
        process = growth(step, resident, steps)
        tracemalloc.start()
        objects = growth(step, traced, steps)
        tracemalloc.stop()
    finally:
        gc.enable()
    return process, objects


def long_chain(length: int) -> tuple[int | None, int]:
    """Walk back a long chain of operations and release it, again and again.

    Returns:
        What the last time left behind, in bytes of the process and in blocks of Python's memory;
        the times before have made the allocators reserve what they reserve.
    """
    M = importlib.import_module("minitorch_lazy")
    x = M.tensor(1.0, requires_grad=True)
    held: list[tuple[int, int]] = []
    for _ in range(3):
        y = x
        for _ in range(length):
            y = y * 1.0
        y.backward()
        del y
        held.append((resident() or 0, sys.getallocatedblocks()))
    if float(x.grad) != 3.0:
        raise SystemExit(f"the gradient of a chain of products with 1 is {float(x.grad) / 3}")
    (bytes_before, blocks_before), (bytes_after, blocks_after) = held[1:]
    return bytes_after - bytes_before if bytes_after else None, blocks_after - blocks_before


def in_small_thread(work: Callable[[], Any]) -> Any:
    """Run a function in a thread whose stack is small."""
    found: list[Any] = []
    previous = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=lambda: found.append(work()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(previous)
    if not found:
        raise SystemExit("the thread with a small stack failed, see above")
    return found[0]


def chain_report(name: str, length: int, run: Callable[[Callable[[], Any]], Any]) -> None:
    """Build, walk and release a long chain with the collector off, and print what remains."""
    gc.disable()
    try:
        size, blocks = run(lambda: long_chain(length))
    finally:
        gc.enable()
    report(f"{length:,} ops backward and released a third time, {name}",
           f"{mebibytes(size)}, {blocks} blocks")  # fmt: skip


def mebibytes(size: int | None) -> str:
    """Write a size in MiB."""
    return "unknown" if size is None else f"{size / MEBIBYTE:.2f} MiB"


def report(what: str, value: str) -> None:
    """Print one line of the table."""
    print(f"| {what} | {value} |", flush=True)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--wheel", type=Path, help="a built wheel, whose size is shown")
    parser.add_argument("--rounds", type=int, default=15, help="pairs of imports")
    parser.add_argument("--steps", type=int, default=1_000, help="training steps")
    parser.add_argument("--length", type=int, default=1_000_000, help="operations of the chain")
    arguments = parser.parse_args()
    print("| what | value |\n|---|---|", flush=True)
    ratio, low, high = import_ratio(arguments.rounds)
    spread = f"{ratio:.2f} ({low:.2f} to {high:.2f})"
    report("CPU time of the import, by that of numpy alone", spread)
    if arguments.wheel is not None:
        report("wheel", mebibytes(arguments.wheel.stat().st_size))
    process, objects = training_growth(arguments.steps)
    report(f"{arguments.steps:,} training steps, collector off: process", mebibytes(process))
    report(f"{arguments.steps:,} training steps, collector off: objects", f"{objects} bytes")
    chain_report("main thread", arguments.length, lambda work: work())
    chain_report(f"thread of {STACK // 1024} KiB stack", arguments.length, in_small_thread)


if __name__ == "__main__":
    main()
