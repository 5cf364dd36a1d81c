"""Thousands of random lives: `python -m tests.nn.lives --cycles 10000`."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.nn.lives.machine import Lives
from tests.nn.lives.shared import live

BATCH = 20
WIDTH = 40


class Counted(Lives):
    """Lives whose steps are counted."""

    cycles = 0
    steps: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        Counted.cycles += 1

    def note(self, step: str) -> None:
        Counted.steps[step] += 1


def run(start: int, cycles: int, steps: int) -> None:
    """Live a number of lives of at most some steps each."""
    checks = list(HealthCheck)
    options = settings(
        max_examples=cycles, stateful_step_count=steps, deadline=None, database=None,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=checks,
    )  # fmt: skip
    run_state_machine_as_test(seed(start)(Counted), settings=options)


def show(done: int, cycles: int, began: float) -> None:
    """Draw the bar of progress."""
    bar = "#" * (WIDTH * done // cycles)
    spent = time.monotonic() - began
    steps = sum(Counted.steps.values())
    print(f"\r[{bar:<{WIDTH}}] {done}/{cycles} lives, {steps} steps, {spent:.0f} s",
          end="", file=sys.stderr, flush=True)  # fmt: skip


def main() -> None:
    """Live as many lives as asked; the first disagreement ends them, reduced to its steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=10_000, help="how many lives")
    parser.add_argument("--steps", type=int, default=50, help="the most steps of one life")
    parser.add_argument("--seed", type=int, default=0, help="of the choices; the default is 0")
    options = parser.parse_args()
    chance, began = random.Random(options.seed), time.monotonic()
    while Counted.cycles < options.cycles:
        some = min(BATCH, options.cycles - Counted.cycles)
        run(chance.getrandbits(64), some, chance.randint(1, options.steps))
        show(min(Counted.cycles, options.cycles), options.cycles, began)
    print(file=sys.stderr)
    for step, count in Counted.steps.most_common():
        print(f"{count:9}  {step}")
    print(f"{Counted.cycles} lives, {sum(Counted.steps.values())} steps: no disagreement")
    for number in range(options.cycles):
        live(f"{options.seed} {number}")
    print(f"{options.cycles} lives of keyed nets that share parameters: no disagreement")


if __name__ == "__main__":
    main()
