"""Parametrizations that do not fit, and how each is refused."""

from __future__ import annotations

from typing import Any, NamedTuple

import minitorch_lazy as torch
from minitorch_lazy import nn


class Bad(nn.Module):
    """A parametrization that doubles, and does one thing wrongly as long as it is broken.

    It may count its calls in a buffer, as spectral_norm keeps its vectors in some.
    """

    def __init__(self, forward: Any = None, inverse: Any = None, counts: bool = True):
        super().__init__()
        self.way, self.back, self.broken = forward, inverse, True
        self.register_buffer("count", torch.zeros(()) if counts else None)

    def forward(self, *parts: Any) -> Any:
        if self.count is not None:
            self.count += 1
        return self.way(*parts) if self.broken and self.way else parts[0] * 2

    def right_inverse(self, value: Any) -> Any:
        if self.count is not None:
            self.count += 1
        return self.back(value) if self.broken and self.back else value / 2


def fail(*values: Any) -> Any:
    """Raise what no library raises."""
    raise ArithmeticError("broken on purpose")


def write_and_fail(value: Any) -> Any:
    """Change the value in place before failing."""
    with torch.no_grad():
        value.mul_(0)
    raise ArithmeticError("broken on purpose")


def write_and_return(wrong: Any) -> Any:
    """Change the value in place and return what does not fit."""

    def back(value: Any) -> Any:
        with torch.no_grad():
            value.detach().add_(1)
        return wrong(value)

    return back


class Case(NamedTuple):
    """What is done wrongly, and the error that is due: its type and a part of its text."""

    name: str
    forward: Any
    inverse: Any
    error: Any
    text: str


BACK_KINDS = r"'right_inverse' must return a Tensor or a Sequence of tensors \(list, tuple...\). "
FIRST = [
    Case("forward raises", fail, None, ArithmeticError, "broken on purpose"),
    Case("forward writes and raises", write_and_fail, None, ArithmeticError, "broken on purpose"),
    Case("wrong shape", lambda X: X[:1], None, ValueError,
         "may not change the shape of the tensor, unless `unsafe` flag is enabled.\n"
         r"unparametrized shape: torch.Size\(\[3, 3\]\)\n"
         r"parametrized shape: torch.Size\(\[1, 3\]\)"),
    Case("wrong dtype", lambda X: X.double(), None, ValueError,
         "may not change the dtype of the tensor, unless `unsafe` flag is enabled.\n"
         "unparametrized dtype: torch.float32\nparametrized dtype: torch.float64"),
    Case("wrong device", lambda X: X.to("meta"), None, ValueError, "device"),
    Case("forward gives a number", lambda X: 3, None, ValueError,
         "A parametrization must return a tensor. Got int."),
    Case("forward gives None", lambda X: None, None, ValueError,
         "A parametrization must return a tensor. Got NoneType."),
    Case("wrong arity", lambda a, b: a + b, None, TypeError, "positional argument"),
    Case("inverse raises", None, fail, ArithmeticError, "broken on purpose"),
    Case("inverse writes and raises", None, write_and_fail, ArithmeticError, "broken on purpose"),
    Case("inverse writes and gives None", None, write_and_return(lambda A: None), ValueError,
         BACK_KINDS + "Got NoneType"),
    Case("inverse gives None", None, lambda A: None, ValueError, BACK_KINDS + "Got NoneType"),
    Case("inverse gives a number", None, lambda A: 3, ValueError, BACK_KINDS + "Got int"),
    Case("inverse gives a wrong element", None, lambda A: [None, A], ValueError,
         "Got element 0 of the sequence with type NoneType."),
    Case("inverse gives a wrong second", None, lambda A: (A, 3), ValueError,
         "Got element 1 of the sequence with type int."),
    Case("inverse of another dtype", None, lambda A: A.double(), ValueError,
         "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
         "original.dtype: torch.float32"),
    Case("inverse on another device", None, lambda A: A.to("meta"), ValueError,
         "When `right_inverse` outputs one tensor, it may not change the device.\n"
         "original.device: cpu"),
    Case("too many tensors", lambda X: X, lambda A: (A, A, A), TypeError, "positional argument"),
    Case("no tensors at all", lambda X: X, lambda A: [], (TypeError, ValueError),
         "tensor|argument"),
]  # fmt: skip
AS = "as module.weight, unless the `unsafe` flag is enabled.\n"
NEXT = [
    FIRST[0],
    FIRST[1],
    Case("wrong shape", lambda X: X[:1], None, ValueError,
         "may not change the shape of the tensor, unless the `unsafe` flag is enabled.\n"
         r"module.weight.shape: torch.Size\(\[3, 3\]\)"),
    Case("wrong dtype", lambda X: X.double(), None, ValueError,
         "may not change the dtype of the tensor, unless the `unsafe` flag is enabled.\n"
         "module.weight.dtype: torch.float32"),
    *FIRST[4:10],
    Case("inverse writes and gives None", None, write_and_return(lambda A: None), ValueError,
         "parametrization.right_inverse must return a tensor. Got: NoneType"),
    Case("inverse gives None", None, lambda A: None, ValueError,
         "parametrization.right_inverse must return a tensor. Got: NoneType"),
    Case("inverse gives a number", None, lambda A: 3, ValueError,
         "parametrization.right_inverse must return a tensor. Got: int"),
    Case("inverse gives several", None, lambda A: (A, A), ValueError,
         "parametrization.right_inverse must return a tensor. Got: tuple"),
    Case("inverse gives no tensors", None, lambda A: [], ValueError,
         "parametrization.right_inverse must return a tensor. Got: list"),
    Case("inverse of another dtype", None, lambda A: A.double(), ValueError,
         "must have the same dtype " + AS + "module.weight.dtype: torch.float32"),
    Case("inverse of another shape", None, lambda A: A[:1], ValueError,
         "must have the same shape " + AS + r"module.weight.shape: torch.Size\(\[3, 3\]\)"),
    Case("inverse on another device", None, lambda A: A.to("meta"), ValueError, "device"),
    Case("takes two", lambda a, b: a + b, lambda A: (A / 2, A / 2), (ValueError, TypeError),
         "tensor|argument"),
]  # fmt: skip


def named(case: Case) -> str:
    """Name a case in the list of tests."""
    return case.name
