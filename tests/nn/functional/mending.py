"""Asking for an error: its type, torch's key phrase, and a mend that works when it is followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest


def check_mend(
    kind: type[Exception], phrase: str, mend: str, wrong: Callable[[], Any],
    right: Callable[[], Any] | None = None,
) -> None:  # fmt: skip
    """Check that `wrong` is refused in these words, and that `right`, the mend, is not.

    The message ends with the line of the mend.
    """
    with pytest.raises(kind, match=re.escape(phrase)) as caught:
        wrong()
    _, told, line = str(caught.value).partition("  mend ")
    assert told
    assert mend in line
    if right is not None:
        right()
