"""Mutates valid files without end: each is refused by CheckpointError, or loads as it was.

Most changes are caught by a checksum. Behind the checksums, opcodes and headers are mutated too
and packed again, so that the readers themselves are reached: those may load as something else.

python -m tests.serialize.fuzz --inputs 1000000 --seed 0
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.serialize.mutation import files, lazy_net, mutate, numbers, packed, read

FORMS = ("pt", "safetensors", "legacy", "opcodes", "header", "foreign")
PROTECTED = ("pt", "safetensors")

SLOWEST = 5.0


def fuzz(inputs: int, seed: int, tell: Any = lambda done, equal: None) -> tuple[int, list[str]]:
    """Load mutated files; return how many loaded, and what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        samples = files(Path(folder))
    whole = {form: numbers(read(packed(form, content))) for form, content in samples.items()}
    assert None not in whole.values(), "a sample is not read"
    equal, faults = 0, []
    for turn in range(inputs):
        chance = random.Random(f"{seed} {turn}")
        form = chance.choice(FORMS)
        content = packed(form, mutate(samples[form], chance))
        start = time.monotonic()
        try:
            found = read(content)
            take(found)
        except BaseException as error:  # noqa: BLE001 - what else it raises is what is looked for
            faults.append(f"--seed {seed}, input {turn}, {form}: {type(error).__name__}: {error}")
            continue
        if time.monotonic() - start > SLOWEST:
            faults.append(f"--seed {seed}, input {turn}, {form}: took over {SLOWEST} s")
        if found is not None:
            equal += 1
            if form in PROTECTED and numbers(found) != whole[form]:
                faults.append(f"--seed {seed}, input {turn}, {form}: loads as something else")
        tell(turn + 1, equal)
    return equal, faults


def take(found: Any) -> None:
    """Load what was read into a net, which takes it or says what does not fit."""
    if isinstance(found, dict):
        with contextlib.suppress(RuntimeError):
            lazy_net().load_state_dict(found, strict=False)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    start = time.monotonic()

    def tell(done: int, equal: int) -> None:
        if done % 10_000 == 0:
            rate = done / (time.monotonic() - start)
            print(f"{done}/{chosen.inputs}  {rate:.0f}/s  {equal} loaded", flush=True)

    equal, faults = fuzz(chosen.inputs, chosen.seed, tell)
    print(f"{chosen.inputs} inputs: {equal} loaded, {len(faults)} faults")
    for fault in faults[:50]:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
