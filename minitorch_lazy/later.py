"""Bringing parts of a package in when they are first asked for: importing it stays quick."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def on_first_use(
    package: str, homes: Mapping[str, str], finish: Callable[[str, Any], Any] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make `__getattr__` and `__dir__` of a package some of whose modules are imported later.

    Args:
        package: its name.
        homes: name -> the module that defines it; a name that is the module itself stands alone.
        finish: makes of a name and what was found under it what the package shows.

    Source: PEP 562.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - Python's name
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(home)
        found = module if home == f"{package}.{name}" else getattr(module, name)
        found = found if finish is None else finish(name, found)
        return vars(sys.modules[package]).setdefault(name, found)

    def __dir__() -> list[str]:  # noqa: N807 - Python's name
        return sorted({*vars(sys.modules[package]), *homes})

    return __getattr__, __dir__
