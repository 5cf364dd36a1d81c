"""A count of the generated cases, over all processes, which is told at the end of a run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

CASES: Counter[str] = Counter()
"""Law -> how many generated cases it was asked about."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's counts to the process that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["cases"] = dict(CASES)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the counts of a worker that is done."""
    CASES.update(getattr(node, "workeroutput", {}).get("cases", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many cases were generated."""
    if CASES:
        parts = ", ".join(f"{count} {law}" for law, count in sorted(CASES.items()))
        terminalreporter.write_line(f"{CASES.total()} generated cases: {parts}")
