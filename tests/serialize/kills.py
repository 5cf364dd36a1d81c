"""Kills a process that saves without end, again and again: no checkpoint may be lost.

python -m tests.serialize.kills --times 1000
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import minitorch_lazy as torch

SUFFIXES = ("pt", "safetensors")

SAVER = """
import sys
import minitorch_lazy as torch
path, step = sys.argv[1], 0
while True:
    step += 1
    torch.save({"a": torch.full((50_000,), float(step)), "b": torch.full((9,), float(step))}, path)
    print(step, flush=True)
"""


def number_in(path):
    """Load a whole state and return its number."""
    found = torch.load(path)
    numbers = set(found["a"].tolist()) | set(found["b"].reshape(-1).tolist())
    assert len(numbers) == 1
    return numbers.pop()


def stay_silent(done: int) -> None:
    """Tell nobody."""


def kill_in_a_loop(path: Path, times: int, tell: Callable[[int], None] = stay_silent) -> int:
    """Kill a process that saves without end, again and again; return how often it had saved."""
    saves = 0
    for turn in range(times):
        with subprocess.Popen(
            [sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE, text=True
        ) as saver:
            assert saver.stdout is not None
            first = saver.stdout.readline()
            assert first
            time.sleep(0.0007 * (turn % 23))
            saver.send_signal(signal.SIGKILL)
            told = [int(line) for line in (first + saver.stdout.read()).split()]
        saves += told[-1]
        assert number_in(path) in (told[-1], told[-1] + 1)
        left = [name for name in os.listdir(path.parent) if name != path.name]
        assert len(left) <= 1
        tell(turn + 1)
    return saves


def main() -> None:
    """Run from the command line: half of the kills for each format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    times = parser.parse_args().times // len(SUFFIXES)
    for suffix in SUFFIXES:
        with tempfile.TemporaryDirectory() as folder:

            def tell(done: int, suffix: str = suffix) -> None:
                print(f"\r.{suffix}: {done}/{times} kills, 0 lost", end="", flush=True)

            saves = kill_in_a_loop(Path(folder) / f"x.{suffix}", times, tell)
            print(f", {saves} saves")


if __name__ == "__main__":
    main()
