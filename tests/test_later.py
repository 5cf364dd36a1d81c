"""What is imported when it is first asked for is there as if it had been imported at once."""

from __future__ import annotations

import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import minitorch_lazy as torch
from minitorch_lazy.nn import modules

WAITING = ["minitorch_lazy.serialize", "minitorch_lazy.optim", "minitorch_lazy.utils", "hashlib",
           "json", "dataclasses", *modules.LATER]  # fmt: skip
"""What neither importing the package nor computing with tensors brings in."""


def run(program: str) -> list[str]:
    """Run a program in a fresh process; return the words that it prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=False, cwd=inspect.getfile(torch).rpartition("minitorch_lazy")[0],
                          )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_the_package_leaves_these_for_later() -> None:
    brought = run("import sys, numpy; before = {*sys.modules}; import minitorch_lazy as torch\n"
                  "print((torch.ones(2, requires_grad=True) * 2).sum().backward())\n"
                  "print(*{*sys.modules} - before)")  # fmt: skip
    assert {*brought} & {*WAITING} == set()


def test_a_layer_brings_in_its_own_family_alone() -> None:
    brought = run("import sys; from minitorch_lazy import nn; nn.Linear(2, 3)\n"
                  "print(*sys.modules)")  # fmt: skip
    assert {*brought} & {*modules.LATER} == {
        "minitorch_lazy.nn.module", "minitorch_lazy.nn.modules.linear"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["load", "save", "optim", "utils", "serialize"])
def test_names_of_the_package_are_listed_before_they_are_asked_for(name: str) -> None:
    program = f"import minitorch_lazy as torch; print({name!r} in dir(torch), *vars(torch))"
    listed, *there = run(program)
    assert listed == "True"
    assert name not in there


PACKAGES = [torch, torch.nn, torch.nn.modules, torch.nn.utils, torch.autograd]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_public_name_is_listed_and_there(package: ModuleType) -> None:
    assert {*package.__all__} <= {*dir(package)}
    assert [name for name in dir(package) if not hasattr(package, name)] == []


def test_what_came_later_keeps_its_signature() -> None:
    assert [*inspect.signature(torch.save).parameters][:2] == ["obj", "f"]
    assert [*inspect.signature(torch.load).parameters][:2] == ["f", "map_location"]


def test_a_family_is_a_module_of_its_package() -> None:
    (found,) = run("from minitorch_lazy import nn; print(nn.modules.conv.Conv2d is nn.Conv2d)")
    assert found == "True"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        torch.lode  # noqa: B018 - the access is the test


def test_threads_that_ask_first_get_one_function():
    code = """
import sys, threading
sys.setswitchinterval(1e-6)
from minitorch_lazy.nn import functional as F
found, start = [], threading.Barrier(8)
def ask():
    start.wait()
    found.append(F.max_unpool1d)
threads = [threading.Thread(target=ask) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
assert len(set(map(id, found))) == 1 and found[0] is F.max_unpool1d
"""
    subprocess.run([sys.executable, "-c", code], check=True)
