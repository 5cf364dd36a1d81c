"""Grids of places under affine maps, in torch's signature."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.size import whole
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse, warn
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import ones
from minitorch_lazy.ops.join import stack
from minitorch_lazy.ops.ranges import linspace


def settled(align_corners: bool | None) -> bool:
    """Return whether corners are aligned; warn where nothing was said."""
    if align_corners is None:
        warn("Default grid_sample and affine_grid behavior has changed to align_corners=False "
             "since 1.3.0. Please specify align_corners=True if the old behavior is "
             "desired.")  # fmt: skip
    return bool(align_corners)


def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """Make the grid that an affine map of places sees: grid = theta @ (x, y, 1).

    Args:
        theta: floating, (N, 2, 3), or (N, 3, 4) for volumes.
        size: of the image that is wanted, (N, C, H, W) or (N, C, D, H, W).
        align_corners: whether -1 and 1 are the middles of the outermost elements, or, by default,
            their outer borders.
    Returns:
        (N, H, W, 2) or (N, D, H, W, 3).
    Raises:
        ValueError: theta or size of another shape, or an empty one.
        NotImplementedError: a size of another number of dimensions.

    Source: torch.nn.functional.affine_grid.

    >>> import minitorch_lazy as torch
    >>> same = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> torch.nn.functional.affine_grid(same, (1, 1, 1, 2), align_corners=True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    check_tensor("affine_grid", "theta", theta)
    sizes = whole("affine_grid", "size", size)
    check_affine(theta, sizes)
    aligned = settled(align_corners)
    rank = len(sizes) - 2
    points = [ones(sizes[2:], dtype=theta.dtype, device=theta.device)]
    for axis, n in enumerate(sizes[2:]):
        shape = [1] * rank
        shape[axis] = n
        points.insert(0, (points[-1] * span(n, aligned, theta).reshape(shape)))  # type: ignore[operator]
    base: Any = stack(points, -1).reshape(1, -1, rank + 1)  # type: ignore[attr-defined]
    grid = base @ theta.transpose(1, 2)
    return grid.reshape(sizes[0], *sizes[2:], rank)  # type: ignore[no-any-return]


def check_affine(theta: Tensor, sizes: tuple[int, ...]) -> None:
    """Refuse maps and sizes that do not fit together."""
    rank = len(sizes) - 2
    if theta.array.dtype.kind not in "fV":
        raise refuse(ValueError, "affine_grid", "Expected theta to have floating point type, but "
                     f"got {theta.dtype}", "convert it with .float()", theta=theta)  # fmt: skip
    if rank not in (2, 3):
        raise refuse(NotImplementedError, "affine_grid", "affine_grid only supports 4D and 5D "
                     "sizes, for 2D and 3D affine transforms, respectively. Got size "
                     f"{sizes}.", "give (N, C, H, W) or (N, C, D, H, W)")  # fmt: skip
    if theta.ndim != 3 or theta.array.shape[1:] != (rank, rank + 1):
        raise refuse(ValueError, "affine_grid", f"Expected a batch of {rank}D affine matrices of "
                     f"shape Nx{rank}x{rank + 1} for size {sizes}. Got {theta.shape}.",
                     "give a matrix for each image", theta=theta)  # fmt: skip
    if min(sizes) <= 0:
        raise refuse(ValueError, "affine_grid", "Expected non-zero, positive output size. Got "
                     f"{sizes}", "ask for at least one place")  # fmt: skip
    if theta.array.shape[0] != sizes[0]:
        raise refuse(RuntimeError, "affine_grid", "Expected size for first two dimensions of "
                     f"batch2 tensor to be: [{sizes[0]}, {rank + 1}] but got: "
                     f"[{theta.array.shape[0]}, {rank + 1}].", "give a matrix for each image",
                     theta=theta)  # fmt: skip


def span(count: int, aligned: bool, like: Tensor) -> Any:
    """Return the places of the elements of an axis, from -1 to 1."""
    if count <= 1:
        return like.new_zeros(count)  # type: ignore[attr-defined]
    found: Any = linspace(-1, 1, count, dtype=like.dtype, device=like.device)
    return found if aligned else found * (count - 1) / count
