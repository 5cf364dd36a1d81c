"""What this machine offers: versions, the BLAS library, the GPU or the reason why there is none."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import numpy as np

import minitorch_lazy as torch
from minitorch_lazy.backends.registry import backend_of
from minitorch_lazy.demo.console import Console

__all__ = ["choose_device", "describe_device", "missing_gpu", "show_info"]

OPTIONAL_PACKAGES = ("scipy", "ml_dtypes", "matplotlib", "tqdm")
CUPY_PACKAGES = ("cupy-cuda13x", "cupy-cuda12x", "cupy")
CUPY_MEND = "pip install 'minitorch_lazy[cuda12]'"


def show_info(console: Console) -> None:
    """Write the facts that a bug report needs."""
    console.table(
        [
            ("minitorch_lazy", torch.__version__),
            ("python", f"{platform.python_version()} on {platform.platform()}"),
            ("processor", f"{platform.machine()}, {os.cpu_count()} cores"),
            ("numpy", np.__version__),
            ("blas", describe_blas()),
            *((name, installed_version(name) or "not installed") for name in OPTIONAL_PACKAGES),
            ("cupy", cupy_version() or f"not installed: {CUPY_MEND}"),
            ("gpu", missing_gpu() or ", ".join(gpu_names())),
        ]
    )


def choose_device(wanted: str) -> torch.device:
    """Turn auto, cpu or cuda into a device.

    Raises:
        RuntimeError: cuda was asked for and cannot be used; the message says what is missing.
    """
    if wanted == "cpu" or (wanted == "auto" and missing_gpu()):
        return torch.device("cpu")
    if missing := missing_gpu():
        raise RuntimeError(f"--device cuda: {missing}; --device cpu works")
    return torch.device("cuda")


def describe_device(device: torch.device) -> str:
    """Name the processor in use; for a CPU that was not asked for, say why it is no GPU."""
    if device.type == "cuda":
        return f"cuda ({gpu_names()[0]})"
    missing = missing_gpu()
    return f"cpu ({missing})" if missing else "cpu"


def missing_gpu() -> str:
    """Say what keeps CUDA from working; empty if it works."""
    if find_spec("cupy") is None:
        return f"cupy not installed: {CUPY_MEND}"
    if not torch.cuda.is_available():
        return f"cupy {cupy_version()} finds no GPU"
    return ""


def gpu_names() -> list[str]:
    """Return the name of each GPU."""
    runtime = backend_of("cuda").xp.cuda.runtime
    indices = range(torch.cuda.device_count())
    return [runtime.getDeviceProperties(index)["name"].decode() for index in indices]


def cupy_version() -> str | None:
    """Return the version of CuPy, whichever of its packages is installed."""
    return next(filter(None, map(installed_version, CUPY_PACKAGES)), None)


def installed_version(package: str) -> str | None:
    """Return a package's version without importing it; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def describe_blas() -> str:
    """Name the library that NumPy multiplies matrices with."""
    facts = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return " ".join(str(facts[key]) for key in ("name", "version") if key in facts) or "unknown"
