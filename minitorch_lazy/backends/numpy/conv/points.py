"""Convolutions with a kernel of one, which are plain products, and the products themselves."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.conv.cost import SMALL_PRODUCT
from minitorch_lazy.backends.numpy.conv.problem import Problem
from minitorch_lazy.backends.numpy.windows import pieces


class PointConvKernels:
    """Products of banks of matrices, and convolutions that need nothing else."""

    xp: Any
    widened: Any

    small_product = SMALL_PRODUCT

    def columnwise(self, a: Any, b: Any) -> Any:
        """Multiply (banks, M, K) by (banks, K, N), some columns at a time where M is small."""
        step = self.small_product // (a.shape[1] * a.shape[2])
        if not 64 <= step < b.shape[2]:
            return self.xp.matmul(a, b)
        out = self.xp.empty((*a.shape[:2], b.shape[2]), a.dtype)
        for part in pieces(b.shape[2], step):
            self.xp.matmul(a, b[:, :, part], out=out[:, :, part])
        return out

    def rowwise(self, a: Any, b: Any) -> Any:
        """Multiply (banks, M, N) by the transpose of (banks, K, N).

        The product with more rows than columns is the faster one of the two ways round.
        """
        if a.shape[1] < b.shape[1]:
            return self.rowwise(b, a).swapaxes(1, 2)
        step = self.small_product // (a.shape[1] * b.shape[1])
        if not 256 <= step < a.shape[2]:
            return self.xp.matmul(a, b.swapaxes(1, 2))
        if a.shape[1] >= 128:  # long columns: a narrow matrix is worth turning round before
            b = self.xp.ascontiguousarray(b.swapaxes(1, 2)).swapaxes(1, 2)
        parts = pieces(a.shape[2], step)
        total = self.xp.matmul(a[:, :, parts[0]], b[:, :, parts[0]].swapaxes(1, 2))
        for part in parts[1:]:
            total += self.xp.matmul(a[:, :, part], b[:, :, part].swapaxes(1, 2))
        return total

    def conv_points(self, x: Any, w: Any, problem: Problem) -> Any:
        """Convolve with a kernel of one."""
        weight, source = self.point_banks(w, problem), self.point_sources(x, problem)
        return self.xp.matmul(weight, source).reshape(problem.y_shape)

    def conv_points_input(self, g: Any, w: Any, problem: Problem) -> Any:
        """Pull a gradient back to the input of a convolution with a kernel of one."""
        weight = self.point_banks(w, problem).swapaxes(1, 2)
        gradient = g.reshape(problem.batch, *weight.shape[::2], -1)
        sent = self.xp.matmul(weight, gradient)
        if set(problem.stride) == {1}:
            return sent.reshape(problem.x_shape)
        gx = self.xp.zeros(problem.x_shape, g.dtype)
        every = (..., *(slice(None, None, step) for step in problem.stride))
        gx[every] = sent.reshape(*problem.x_shape[:2], *problem.sizes)
        return gx

    def conv_points_weight(self, x: Any, g: Any, problem: Problem) -> Any:
        """Pull a gradient back to a weight with a kernel of one."""
        source = self.point_sources(x, problem)
        gradient = g.reshape(problem.batch, problem.groups, -1, source.shape[-1])
        total = self.rowwise(gradient[0], source[0])
        for image in range(1, problem.batch):
            total = total + self.rowwise(gradient[image], source[image])
        return total.reshape(problem.w_shape)

    def point_banks(self, w: Any, problem: Problem) -> Any:
        """Look at the weight as (groups, O/groups, C/groups)."""
        groups = problem.groups
        return w.reshape(groups, problem.outputs // groups, problem.channels // groups)

    def point_sources(self, x: Any, problem: Problem) -> Any:
        """Look at the pixels under the places of the output as (N, groups, C/groups, pixels)."""
        if set(problem.stride) != {1}:
            x = x[(..., *(slice(None, None, step) for step in problem.stride))]
        channels = problem.channels // problem.groups
        return x.reshape(problem.batch, problem.groups, channels, -1)
