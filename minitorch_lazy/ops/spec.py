"""A tensor of which only shape and type are given; a size may be unknown."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

from minitorch_lazy.core.dtype import dtype as Dtype
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor, restored, wrap
from minitorch_lazy.ops.create import empty

__all__ = ["Spec", "spec"]

STAND_INS = (8, 16)
"""What stands for an unknown size; where results differ between the two, they depend on it."""


class Spec(Tensor):
    """What `spec` makes: a shape-only tensor that remembers which of its sizes are unknown.

    Attributes:
        sizes: the shape, None for each unknown size.
    """

    sizes: tuple[int | None, ...]

    def standing_in(self, size: int) -> Tensor:
        """Return a shape-only tensor with a number in place of each unknown size."""
        shape = [size if known is None else known for known in self.sizes]
        return wrap(empty(shape, dtype=self.dtype, device="meta").array)

    def __repr__(self) -> str:
        return f"spec({self.sizes}, dtype={self.dtype})"


@public(method=False)
def spec(shape: Iterable[int | None], dtype: Dtype | None = None) -> Spec:
    """Describe a tensor by its shape and type alone, to lead through a network in its place.

    Args:
        shape: the sizes; None or -1 for one that is not known, such as that of the batch.
        dtype: the default type where not given.
    Returns:
        A tensor on device "meta"; calling a lazy network with it settles the network.
    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is below -1.

    >>> net = nn.Sequential(nn.LazyLinear(256), nn.ReLU(), nn.LazyLinear(10))
    >>> net(torch.spec((2, 20))).shape
    torch.Size([2, 10])
    >>> net[0].weight.shape
    torch.Size([256, 20])
    """
    if not isinstance(shape, tuple | list):
        raise TypeError(f"spec: shape must be a tuple of sizes, not {type(shape).__name__}\n"
                        "  mend    torch.spec((None, 20))")  # fmt: skip
    sizes = tuple(None if n is None or n == -1 else index(n) for n in shape)
    if any(n is not None and n < 0 for n in sizes):
        raise ValueError(f"spec: sizes must not be negative, got {tuple(shape)}\n"
                         "  mend    write None for an unknown size")  # fmt: skip
    known = [STAND_INS[0] if n is None else n for n in sizes]
    out: Any = restored(Spec, empty(known, dtype=dtype, device="meta").array, False)
    out.sizes = sizes
    return out  # type: ignore[no-any-return]
