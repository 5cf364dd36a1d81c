"""Hostile files are refused: one type of error, no code, no time, no memory, nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.serialize import CheckpointError
from tests.serialize.hostile import CALLED, GOOD, LONG_AGO, MARKER, entry, flat, legacy
from tests.serialize.hostile_waiting import FILES

SECONDS = 5.0
BYTES = 200 << 20


def load_into_a_net(path):
    """Do what users do with a file that they were given."""
    net = nn.Linear(2, 2)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    try:
        net.load_state_dict(torch.load(path))
    finally:
        assert all(bool((value == before[key]).all()) for key, value in net.state_dict().items())


def test_there_are_at_least_sixty_of_them():
    assert len(FILES) >= 60


@pytest.mark.parametrize(
    "content",
    [GOOD, legacy(LONG_AGO), flat({"a": entry()})],
    ids=["new", "legacy", "safetensors"],
)
def test_the_files_that_are_made_hostile_are_good_ones(tmp_path, content):
    (tmp_path / "good").write_bytes(content)
    found = torch.load(tmp_path / "good")
    assert (found["a"] if isinstance(found, dict) else found).shape == (4,)


@pytest.mark.parametrize("name", FILES)
def test_hostile_file_is_refused(tmp_path, name):
    path = tmp_path / "hostile.pt"
    path.write_bytes(FILES[name]())
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(CheckpointError) as caught:
        load_into_a_net(path)
    seconds, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (seconds < SECONDS, peak < BYTES) == (True, True)
    error = caught.value
    assert error.file == str(path)
    assert error.reason
    assert {"file", "record"} <= {line.split()[0] for line in str(error).splitlines()[1:]}
    assert len(str(error)) < 1000
    assert CALLED == []
    assert not os.path.exists(f"/tmp/{MARKER}")


@pytest.mark.parametrize("name", FILES)
def test_hostile_file_is_refused_from_a_mapping_too(tmp_path, name):
    path = tmp_path / "hostile.pt"
    path.write_bytes(FILES[name]())
    kind = RuntimeError if name.startswith("legacy") else CheckpointError
    with pytest.raises(kind):
        torch.load(path, mmap=True)


IN_LITTLE_SPACE = """
import io, resource
import minitorch_lazy as torch
from minitorch_lazy.serialize import CheckpointError
from tests.serialize.hostile_waiting import FILES
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
refused = 0
for make in FILES.values():
    try:
        torch.load(io.BytesIO(make()))
    except CheckpointError:
        refused += 1
print(len(FILES) - refused, "loaded")
"""


def test_all_of_them_are_refused_in_two_gigabytes_of_address_space():
    """Their claims add up to more than any machine has; a MemoryError would be seen."""
    done = subprocess.run([sys.executable, "-c", IN_LITTLE_SPACE], capture_output=True, text=True,
                          check=False, cwd=Path(__file__).parents[2])  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("0 loaded", "")
