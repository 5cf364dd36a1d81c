"""Devices, hypothesis profiles and markers that every test may use."""

from __future__ import annotations

import importlib.util
import os
from functools import cache

import pytest
from hypothesis import HealthCheck, settings

from tests.laws.counting import (  # noqa: F401 - hooks of pytest, which looks for them here
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

DEVICES = ("cpu", "strict", "cuda")

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile(
    "long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--device=cuda` (several times for several) to run the device tests there alone."""
    parser.addoption("--device", action="append", choices=DEVICES, help="run on this device only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the devices that were not asked for, and oracle tests without the oracle."""
    chosen = config.getoption("--device")
    kept, left = [], []
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        wanted = not chosen or params.get("device", chosen[0]) in chosen
        (kept if wanted else left).append(item)
        if item.get_closest_marker("torch") and not importlib.util.find_spec("torch"):
            item.add_marker(pytest.mark.skip(reason="compares with PyTorch, which is missing"))
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@cache
def missing_for_cuda() -> str | None:
    """Return what this machine lacks to run on a GPU, None if it lacks nothing."""
    if importlib.util.find_spec("cupy") is None:
        return "no GPU run: the cupy wheel is not installed (extras cuda12 and cuda13)"
    import cupy

    if not cupy.cuda.is_available():
        return f"no GPU run: cupy {cupy.__version__} finds no NVIDIA driver or no GPU"
    return None


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    """The name of a device: the CPU, the CuPy stand-in, and the GPU where there is one."""
    if request.param == "cuda" and (reason := missing_for_cuda()):
        pytest.skip(reason)
    if request.param == "strict":
        from tests.standin.backend import install

        install()
    return str(request.param)
