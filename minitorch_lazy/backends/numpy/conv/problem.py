"""The sizes of a convolution."""

from __future__ import annotations

from functools import cached_property, lru_cache
from math import prod
from typing import NamedTuple

from minitorch_lazy.backends.numpy.windows import Pairs, Sizes, output_sizes


class Given(NamedTuple):
    """What is known before any number is seen.

    `mixing` tells that rows may be computed together, `workspace` how many numbers fit the cache.
    """

    batch: int
    channels: int
    inputs: Sizes
    outputs: int
    kernel: Sizes
    stride: Sizes
    padding: Pairs
    dilation: Sizes
    groups: int
    mixing: bool
    workspace: int


class Problem(Given):
    """A convolution to compute, and what follows of its sizes; equal problems share one plan."""

    @cached_property
    def sizes(self) -> Sizes:
        """The spatial sizes of the output."""
        return output_sizes(
            self.inputs, self.kernel, stride=self.stride, padding=self.padding,
            dilation=self.dilation,
        )  # fmt: skip

    @property
    def padded(self) -> Sizes:
        """The spatial sizes of the padded input."""
        return tuple(s + sum(p) for s, p in zip(self.inputs, self.padding, strict=True))

    @cached_property
    def opposite(self) -> Problem:
        """The convolution that pulls a gradient back to the input where the stride is one."""
        reach = [d * (k - 1) for d, k in zip(self.dilation, self.kernel, strict=True)]
        edges = zip(self.padding, reach, strict=True)
        padding = tuple((far - before, far - after) for (before, after), far in edges)
        return Problem(
            self.batch, self.outputs, self.sizes, self.channels, self.kernel, self.stride, padding,
            self.dilation, self.groups, self.mixing, self.workspace,
        )  # fmt: skip

    @cached_property
    def plain(self) -> Problem:
        """The same convolution, each row computed by itself."""
        return Problem(*self[:-2], mixing=False, workspace=self.workspace)

    @cached_property
    def x_shape(self) -> Sizes:
        """The shape of the input."""
        return (self.batch, self.channels, *self.inputs)

    @cached_property
    def w_shape(self) -> Sizes:
        """The shape of the weight."""
        return (self.outputs, self.channels // self.groups, *self.kernel)

    @cached_property
    def y_shape(self) -> Sizes:
        """The shape of the output."""
        return (self.batch, self.outputs, *self.sizes)

    def check(self, y_shape: Sizes) -> None:
        """Refuse a gradient that has not the shape of the output."""
        if y_shape != self.y_shape:
            raise RuntimeError(
                f"a convolution of input {self.x_shape} with weight {self.w_shape} has the shape "
                f"{self.y_shape}, but its gradient has {y_shape}"
            )

    @cached_property
    def pointwise(self) -> bool:
        """Whether each output sees one pixel, and an image has enough of them for a product."""
        alone = set(self.kernel) == {1} and not any(map(any, self.padding))
        return alone and (self.batch == 1 or prod(self.sizes) >= 32)

    @cached_property
    def empty(self) -> bool:
        """Whether there is nothing to multiply."""
        return 0 in (*self.x_shape, *self.w_shape, *self.y_shape)


@lru_cache(maxsize=1024)
def gathered(
    x_shape: Sizes, w_shape: Sizes, *, stride: Sizes, padding: Pairs, dilation: Sizes,
    groups: int, mixing: bool, workspace: int,
) -> Problem:  # fmt: skip
    """Gather the sizes of a convolution.

    Raises:
        RuntimeError: the channels do not fit.
    """
    if len(x_shape) != len(w_shape) or x_shape[1] != w_shape[1] * groups or w_shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(w_shape)}, expected input "
            f"{list(x_shape)} to have {w_shape[1] * groups} channels, and outputs in {groups} "
            "equal parts"
        )
    return Problem(
        x_shape[0], x_shape[1], x_shape[2:], w_shape[0], w_shape[2:], stride, padding, dilation,
        groups, mixing, workspace,
    )  # fmt: skip
