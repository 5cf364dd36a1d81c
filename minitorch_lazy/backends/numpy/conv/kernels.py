"""The trio of convolutions, closed under differentiation.

The windows of some outputs are copied side by side as the columns of a matrix that stays in the
cache, and multiplied by the weight. A plan, chosen by the sizes, says how.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from minitorch_lazy.backends.numpy.conv.cost import pulls_by_scatter
from minitorch_lazy.backends.numpy.conv.plan import Plan, lengths, plan
from minitorch_lazy.backends.numpy.conv.points import PointConvKernels
from minitorch_lazy.backends.numpy.conv.problem import Problem, gathered
from minitorch_lazy.backends.numpy.windows import Pairs, Sizes


class ConvKernels(PointConvKernels):
    """Cross-correlation of (N, C, *S) with (O, C/groups, *K), and its two gradients.

        y[n, o, i] = sum_{c, u} w[o, c, u] * x[n, c, i*stride + u*dilation - before]

    Statics are tuples with an entry per spatial axis; an entry of `padding` is (before, after)
    and may be negative, which crops. float16 and bfloat16 accumulate in float32.
    """

    conv_workspace = 1 << 21
    """Bytes of copied windows to work on at a time."""

    conv_mixing = True
    """Whether rows may be computed together, which takes a look at the result on the host."""

    def conv(
        self, x: Any, w: Any, *, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
    ) -> Any:
        """Slide the weight over the input, shape (N, O, *S').

        Raises:
            RuntimeError: channels do not fit, or the padded input is smaller than the kernel.
        """
        return self.convolution(
            x, w, None, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    def convolution(self, x: Any, w: Any, b: Any, **static: Any) -> Any:
        """Do `conv`, and add the bias of each output channel where it is not None."""
        if narrow(x):
            wide = (None if part is None else self.widened(part) for part in (x, w, b))
            return self.convolution(*wide, **static).astype(x.dtype)
        problem = self.conv_problem(x, x.shape, w.shape, **static)
        if not problem.empty and not problem.pointwise:
            return self.conv_columns(x, w, b, problem)
        if problem.empty:
            y = self.xp.zeros(problem.y_shape, x.dtype)
        else:
            y = self.conv_points(x, w, problem)
        return y if b is None else self.xp.add(y, b.reshape(-1, *(1,) * (x.ndim - 2)), out=y)

    def conv_input(
        self, g: Any, w: Any, *, x_shape: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes,
        groups: int,
    ) -> Any:  # fmt: skip
        """Pull the gradient of `conv` back to its input: a transposed convolution."""
        static = conv_static(stride, padding, dilation, groups)
        if narrow(g):
            wide = self.conv_input(self.widened(g), self.widened(w), x_shape=x_shape, **static)
            return wide.astype(g.dtype)
        problem = self.conv_problem(g, x_shape, w.shape, **static)
        problem.check(g.shape)
        if problem.empty:
            return self.xp.zeros(x_shape, g.dtype)
        if problem.pointwise:
            return self.conv_points_input(g, w, problem)
        if pulls_by_scatter(problem):
            return self.conv_scatter(g, w, problem)
        return self.conv_columns(g, self.conv_mirrored(w, problem), None, problem.opposite)

    def conv_weight(
        self, x: Any, g: Any, *, w_shape: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes,
        groups: int,
    ) -> Any:  # fmt: skip
        """Pull the gradient of `conv` back to its weight."""
        static = conv_static(stride, padding, dilation, groups)
        if narrow(x):
            wide = self.conv_weight(self.widened(x), self.widened(g), w_shape=w_shape, **static)
            return wide.astype(x.dtype)
        problem = self.conv_problem(x, x.shape, w_shape, **static)
        problem.check(g.shape)
        if problem.empty:
            return self.xp.zeros(w_shape, x.dtype)
        if problem.pointwise:
            return self.conv_points_weight(x, g, problem)
        return self.conv_correlate(x, g, problem)

    def conv_problem(self, like: Any, x_shape: Sizes, w_shape: Sizes, **static: Any) -> Problem:
        """Gather the sizes of a convolution."""
        workspace = self.conv_workspace // like.dtype.itemsize
        mixing = self.conv_mixing and like.dtype.kind in "fc"
        return gathered(x_shape, w_shape, mixing=mixing, workspace=workspace, **static)

    def conv_clean(self, way: Plan, result: Any) -> bool:
        """Tell that no inf or nan can have reached places that do not see it."""
        if not way.rows.mixes:
            return True
        numbers = result.reshape(-1)
        return bool(self.xp.isfinite(self.xp.vdot(numbers, numbers)))

    def conv_columns(self, x: Any, w: Any, b: Any, problem: Problem) -> Any:
        """Convolve by products of the weight with columns of windows."""
        xp, way = self.xp, plan(problem)
        y = xp.empty(problem.y_shape, x.dtype)
        weight = way.rows.weight(xp, w, problem.groups)
        for images, tile, seen in way.slide(xp, x):
            result = self.columnwise(weight, seen.reshape(len(weight), weight.shape[2], -1))
            target = way.arrange(y[images])
            parts = way.rows.split(xp, result, problem.outputs, lengths(tile))
            for row, part in enumerate(parts):
                if b is not None:
                    xp.add(part, b.reshape(-1, *(1,) * (x.ndim - 1)), out=part)
                place = target[way.row(tile, row)]
                place[...] = part[tuple(slice(0, size) for size in place.shape)]
        return y if self.conv_clean(way, y) else self.conv_columns(x, w, b, problem.plain)

    def conv_correlate(self, x: Any, g: Any, problem: Problem) -> Any:
        """Pull a gradient back to the weight by products of gradients with columns of windows."""
        xp, way = self.xp, plan(problem)
        banks, total = problem.groups * way.rows.copies, None
        for images, tile, seen in way.slide(xp, x):
            gradient = way.gather(xp, g[images], tile, banks)
            result = self.rowwise(gradient, seen.reshape(banks, -1, gradient.shape[2]))
            total = result if total is None else total + result
        gw = way.rows.fold(xp, total, problem.w_shape)
        return gw if self.conv_clean(way, gw) else self.conv_correlate(x, g, problem.plain)

    def conv_scatter(self, g: Any, w: Any, problem: Problem) -> Any:
        """Pull a gradient back to the input by adding what each output sends to its window."""
        xp, way = self.xp, plan(problem, scatter=True)
        gx, whole = xp.zeros(problem.x_shape, g.dtype), xp.empty(way.frame, g.dtype)
        weight = way.rows.weight(xp, w, problem.groups).swapaxes(1, 2)
        for images, held in way.blocks():
            frame = whole[held]
            frame[...] = 0
            seen, cut = way.windows(xp, frame)
            for tile in cut:
                sent = self.columnwise(weight, way.gather(xp, g[images], tile, len(weight)))
                sent = sent.reshape(problem.channels, *way.kernel, *lengths(tile))
                for tap in product(*map(range, way.kernel)):
                    place = seen[(slice(None), *tap, *tile)]
                    place += sent[(slice(None), *tap)]
            way.arrange(gx[images])[way.part] = frame[way.inside]
        return gx if self.conv_clean(way, gx) else self.conv_scatter(g, w, problem.plain)

    def conv_mirrored(self, w: Any, problem: Problem) -> Any:
        """Return the weight with which `conv` at stride one pulls a gradient back."""
        channels = problem.channels // problem.groups
        grouped = w.reshape(problem.groups, -1, channels, *problem.kernel).swapaxes(1, 2)
        flipped = self.xp.flip(grouped, tuple(range(3, grouped.ndim)))
        return flipped.reshape(problem.channels, -1, *problem.kernel)


def conv_static(stride: Sizes, padding: Pairs, dilation: Sizes, groups: int) -> dict[str, Any]:
    """Gather the keywords of a convolution."""
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def narrow(x: Any) -> bool:
    """Tell whether numbers of this type are accumulated in a wider one."""
    return bool(x.dtype.itemsize == 2 and x.dtype.kind in "fV")
