"""Views that take the place of the tensor itself: `x.squeeze_()`, `x.t_()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.node import Leaf
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor, wrap
from minitorch_lazy.core.views import check_writable, keep_retained
from minitorch_lazy.ops.axes import t, transpose
from minitorch_lazy.ops.shape import squeeze, unsqueeze


def stand_in(tensor: Tensor) -> Tensor:
    """Return a tensor of the same memory and node, which becomes the base of the tensor's views."""
    base = wrap(tensor.array, tensor.node)
    base.memory, base.origin = tensor.shared(), tensor.origin
    for reference in base.memory.views if tensor.origin is None else ():
        view = reference()
        if view is not None and view.origin is not None and view.origin.base is tensor:
            view.origin.base = base
    return base


def in_place(function: Callable[..., Tensor], name: str) -> None:
    """Declare the form of a view that changes the tensor's own shape; the numbers stay."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if self.node.__class__ is Leaf and GRAD.get():
            check_writable(self, True, name)
        out = function(stand_in(self), *args, **kwargs)
        keep_retained(self, out.node)
        self.array, self.node, self.origin = out.array, out.node, out.origin
        if out.origin is not None:
            self.shared().add(self)
        return self

    public(method, name=name, exported=False,
           doc=f"Change the tensor's shape as `{function.__name__}` does; return the tensor.")


for view in (squeeze, unsqueeze, transpose, t):
    in_place(view, view.__name__ + "_")
in_place(transpose, "swapaxes_")
in_place(transpose, "swapdims_")
