"""load_state_dict: everything is checked, then everything is written."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.handles import RemovableHandle
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import TENSORS
from minitorch_lazy.nn.hooks import add_hook, hooks_property
from minitorch_lazy.nn.lazy import complete
from minitorch_lazy.nn.parameter import Parameter, is_lazy
from minitorch_lazy.nn.registry import BUFFER, MODULE, PARAMETER, members
from minitorch_lazy.nn.settling import LOCK, Snapshot
from minitorch_lazy.nn.state import EXTRA, State, state_hooks
from minitorch_lazy.nn.uninitialized import fits, shown

LOADING: ContextVar[Loading | None] = ContextVar("loading", default=None)


class IncompatibleKeys(NamedTuple):
    """What did not match: `load_state_dict` returns it.

    Source: torch.nn.modules.module._IncompatibleKeys.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys!r}, "
            f"unexpected_keys={self.unexpected_keys!r})"
        )

    __str__ = __repr__
