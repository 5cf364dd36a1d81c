"""Silence about floating-point errors: here, as in PyTorch, 1 / 0 is inf without a word.

NumPy warns of them. A filter hides what it says of this package, and costs nothing; but pytest
undoes filters, and `-W error` turns warnings into errors. So a kernel that such an error stopped is
called again in silence, and the backward pass and an optimizer's step, which cannot be begun anew,
are silent from the start, with the hooks that they call. What users compute with NumPy elsewhere is
not touched.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
WARNED = (RuntimeWarning, FloatingPointError)
"""What NumPy raises where its warnings are errors, or where a user asked it to raise."""

warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch_lazy\.")


def unheard() -> tuple[ContextVar[Any], Any]:
    """Return NumPy's context variable of what it does at errors, and its value for nothing.

    To set and to reset it takes a fifth of the time that `numpy.errstate` takes. Its name is no
    promise of NumPy's: without it, a variable that nobody reads takes its place, and the backward
    pass is heard by users whose filters are errors.
    """
    with np.errstate(all="ignore"):
        found = copy_context().items()
    named = ((var, value) for var, value in found if var.name == "numpy.ufunc.extobj")
    return next(named, (ContextVar("unread"), None))


SPEECH, NOTHING = Context().run(unheard)
"""Found in a context of its own: one that was written to is slower to read."""


def unwarned(function: F) -> F:
    """Make a function that is called once more, in silence, where NumPy's warning stopped it.

    So it must do the same when it is called twice.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except WARNED:
            with np.errstate(all="ignore"):
                return function(*args, **kwargs)

    return call  # type: ignore[return-value]
