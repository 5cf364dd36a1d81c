"""One flipped bit: refused, or the same weights."""

from __future__ import annotations

import random

import pytest

from tests.serialize.mutation import files, flip, numbers, read


def unnoticed(content: bytes, times: int, seed: int) -> int:
    """Count single flipped bits after which a file loads as something else."""
    whole = numbers(read(content))
    chance, count = random.Random(seed), 0
    for bit in chance.sample(range(len(content) * 8), min(times, len(content) * 8)):
        found = read(flip(content, bit))
        if found is not None:
            seen = numbers(found)
            count += {k: v for k, v in whole.items() if v != seen.get(k)} != {} or len(seen) != len(
                whole
            )
    return count


@pytest.mark.parametrize("form", ["pt", "safetensors"])
def test_no_flipped_bit_changes_a_weight_unnoticed(tmp_path, form):
    assert unnoticed(files(tmp_path)[form], 150, seed=1) == 0


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pt", "safetensors"])
def test_no_flipped_bit_of_a_thousand_changes_a_weight_unnoticed(tmp_path, form):
    assert unnoticed(files(tmp_path)[form], 1000, seed=2) == 0


@pytest.mark.parametrize("form", ["pt", "safetensors"])
def test_every_flipped_bit_of_a_storage_is_named(tmp_path, form):
    """The sample's last storage in the file is found by its bytes."""
    import minitorch_lazy as torch

    path = tmp_path / f"x.{form}"
    torch.save({"x": torch.arange(64.0)}, path)
    content = path.read_bytes()
    start = content.index(torch.arange(64.0).numpy().tobytes())
    for bit in range(start * 8, (start + 256) * 8, 61):
        path.write_bytes(flip(content, bit))
        with pytest.raises(RuntimeError, match=r"checksum is [0-9a-f]{8}, it should be"):
            torch.load(path)
