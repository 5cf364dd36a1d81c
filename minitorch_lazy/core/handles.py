"""Handles: what registering a hook returns, to take the hook out again."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Iterable
from itertools import count
from typing import Any

Table = OrderedDict[int, Any]

numbers = count()


class RemovableHandle:
    """Takes a hook out of its table, when asked or at the end of a `with` block.

    It does not keep the table alive. Copied or pickled together with the owner of the table, it
    belongs to the copy.

    Args:
        hooks_dict: the table that holds the hook under `id`.
        extra_dict: one table or several that hold more about the hook under the same number.

    Attributes:
        id: the number of the hook.

    Source: torch.utils.hooks.RemovableHandle.
    """

    def __init__(self, hooks_dict: Table, *, extra_dict: Table | Iterable[Table] = ()) -> None:
        extra = [extra_dict] if isinstance(extra_dict, OrderedDict) else list(extra_dict)
        self.tables = [weakref.ref(table) for table in (hooks_dict, *extra)]
        self.id = next(number for number in numbers if number not in hooks_dict)

    def remove(self) -> None:
        """Take the hook out; a second time does nothing."""
        for reference in self.tables:
            table = reference()
            if table is not None:
                table.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def __getstate__(self) -> tuple[int, list[Table | None]]:
        return self.id, [reference() for reference in self.tables]

    def __setstate__(self, state: tuple[int, list[Table | None]]) -> None:
        self.id, tables = state
        self.tables = [weakref.ref(table) for table in tables if table is not None]
