"""Images seen through a grid of places, in torch's signatures.

Places are given from -1 to 1 along each axis, last axis first: (x, y) or (x, y, z). The source of
the formulas is Jaderberg et al., Spatial transformer networks, 2015.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.affine import settled
from minitorch_lazy.ops.axes import permute
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.index import take
from minitorch_lazy.ops.ranges import arange

GRID_SAMPLE_INTERPOLATION_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
GRID_SAMPLE_PADDING_MODES = {"zeros": 0, "border": 1, "reflection": 2}
FAR = 2.0**30
"""Places farther out than this are taken for this one, which is outside of every image."""


def check_grid(input: Tensor, grid: Tensor, mode: str) -> None:
    """Refuse images and grids that do not fit together."""
    check_tensor("grid_sample", "input", input)
    check_tensor("grid_sample", "grid", grid)
    both = {"input": input, "grid": grid}
    shape, rank = list(input.shape), input.ndim - 2
    said = ""
    if rank not in (2, 3) or grid.ndim != input.ndim:
        said = ("expected 4D or 5D input and grid with same number of dimensions, but got input "
                f"with sizes {shape} and grid with sizes {list(grid.shape)}")  # fmt: skip
    elif shape[0] != grid.shape[0]:
        said = ("expected grid and input to have same batch size, but got input with sizes "
                f"{shape} and grid with sizes {list(grid.shape)}")  # fmt: skip
    elif grid.shape[-1] != rank:
        said = (f"expected grid to have size {rank} in last dimension, but got grid with sizes "
                f"{list(grid.shape)}")  # fmt: skip
    elif 0 in shape[2:]:
        said = ("expected input to have non-empty spatial dimensions, but input has sizes "
                f"{shape} with dimension {shape.index(0, 2)} being empty")  # fmt: skip
    elif mode == "bicubic" and rank != 2:
        said = "bicubic interpolation only supports 4D input"
    elif input.array.dtype != grid.array.dtype:
        said = (f"expected scalar type {spoken(input.dtype.name)} but found "
                f"{spoken(grid.dtype.name)}")  # fmt: skip
    if said:
        raise refuse(RuntimeError, "grid_sample", f"grid_sampler(): {said}", "give an image "
                     "(N, C, H, W) and a grid (N, H', W', 2) of one type", **both)  # fmt: skip
    if input.array.dtype.kind not in "fV":
        raise refuse(NotImplementedError, "grid_sample", "\"grid_sampler\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "convert both with .float()",
                     **both)  # fmt: skip


def grid_sample(input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros",
                align_corners: bool | None = None) -> Tensor:  # fmt: skip
    """Read an image at the places of a grid.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: (N, H', W', 2) or (N, D', H', W', 3), places (x, y) or (x, y, z) from -1 to 1.
        mode: "bilinear" weighs the neighbours, "nearest" takes one, "bicubic" weighs 4 by 4.
        padding_mode: what lies outside: "zeros", the "border", or its "reflection".
        align_corners: whether -1 and 1 are the middles of the outermost elements, or, by default,
            their outer borders.
    Returns:
        (N, C, H', W') or (N, C, D', H', W').
    Raises:
        ValueError: an unknown mode.
        RuntimeError: shapes or types that do not fit.

    Source: torch.nn.functional.grid_sample.

    >>> import minitorch_lazy as torch
    >>> image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> center = torch.zeros(1, 1, 1, 2)
    >>> torch.nn.functional.grid_sample(image, center, align_corners=False)
    tensor([[[[2.5000]]]])
    """
    for word, value, known in (("mode", mode, GRID_SAMPLE_INTERPOLATION_MODES),
                               ("padding_mode", padding_mode,
                                GRID_SAMPLE_PADDING_MODES)):  # fmt: skip
        if value not in known:
            wanted = "', '".join(known)
            raise refuse(ValueError, "grid_sample", f"nn.functional.grid_sample(): expected {word} "
                         f"to be one of '{wanted}', but got: '{value}'",
                         "choose one of them")  # fmt: skip
    check_grid(input, grid, mode)
    aligned = settled(align_corners)
    half = input.array.dtype.itemsize == 2
    image, places = (t.float() if half else t for t in (input, grid))  # type: ignore[attr-defined]
    found = Sampling(image, places, padding_mode, aligned).sample(mode)
    return found.to(input.dtype)  # type: ignore[no-any-return]


class Sampling:
    """One reading of an image through a grid.

    Attributes:
        image: (N, *sizes, C), so that a place is a row.
        centers: for each axis, (N, places): where the grid lies among the middles of elements.
    """

    def __init__(self, input: Any, grid: Any, padding: str, aligned: bool) -> None:
        rank = input.ndim - 2
        self.sizes = input.array.shape[2:]
        self.image = permute(input, (0, *range(2, rank + 2), 1))
        self.shape = (*grid.array.shape[:-1], input.array.shape[1])
        self.padding, self.aligned = padding, aligned
        self.batch = arange(self.shape[0], device=input.device).reshape(-1, 1)
        self.centers = [
            self.unnormalized(grid[..., rank - 1 - axis].flatten(1), size)
            for axis, size in enumerate(self.sizes)
        ]

    def unnormalized(self, x: Any, size: int) -> Any:
        """Turn -1 to 1 into places among the elements of an axis."""
        return (x + 1) / 2 * (size - 1) if self.aligned else ((x + 1) * size - 1) / 2

    def sample(self, mode: str) -> Any:
        """Return what the grid sees, (N, C, *places)."""
        taps = [
            getattr(self, mode)(center, size)
            for center, size in zip(self.centers, self.sizes, strict=True)
        ]
        total: Any = None
        for corner in product(*taps):
            part = self.read(corner)
            total = part if total is None else total + part
        last = len(self.shape) - 1
        return permute(total.reshape(self.shape), (0, last, *range(1, last)))

    def read(self, corner: Any) -> Any:
        """Read the elements at one tap of each axis, times the weights; none outside."""
        inside, weight, indices = True, 1.0, []
        for (place, share), size in zip(corner, self.sizes, strict=True):
            there = (place >= 0) & (place <= size - 1)
            inside, weight = there & inside, share * weight
            indices.append(place.detach().clamp(0, size - 1).long())
        rows = take(self.image, self.batch, *indices, key=("index",) * (1 + len(indices)))
        seen: Any = rows * weight.unsqueeze(-1)  # type: ignore[attr-defined,operator]
        return where(inside.unsqueeze(-1), seen, 0)  # type: ignore[attr-defined]

    def bilinear(self, center: Any, size: int) -> list[tuple[Any, Any]]:
        """Weigh the two neighbours along an axis."""
        center = self.kept(center, size)
        first = center.detach().floor()
        return [(first, first + 1 - center), (first + 1, center - first)]

    def nearest(self, center: Any, size: int) -> list[tuple[Any, Any]]:
        """Take the nearest element along an axis; the weight is 1, with a gradient of 0."""
        center = self.kept(center, size)
        return [(center.detach().round(), center * 0 + 1)]

    def bicubic(self, center: Any, size: int) -> list[tuple[Any, Any]]:
        """Weigh four neighbours along an axis. Source: Keys, 1981, with a = -0.75."""
        center = bounded(center)
        first = center.detach().floor()
        part = center - first
        shares = (far(part + 1), near(part), near(1 - part), far(2 - part))
        return [(self.kept(first + (shift - 1), size), share) for shift, share in enumerate(shares)]

    def kept(self, x: Any, size: int) -> Any:
        """Move places outside onto the image, where the padding says so."""
        if self.padding == "reflection":
            low, high = (0.0, size - 1.0) if self.aligned else (-0.5, size - 0.5)
            x = reflected(x, low, high)
        if self.padding == "zeros":
            return bounded(x)
        return bounded(where((x > 0) & (x < size - 1), x, x.detach().clamp(0, size - 1)))


def bounded(x: Any) -> Any:
    """Keep places within what integers hold; nan is taken for one outside."""
    return where(x == x, x.clamp(-FAR, FAR), -FAR)  # noqa: PLR0124 - no nan


def reflected(x: Any, low: float, high: float) -> Any:
    """Fold an axis back and forth between two borders."""
    if low == high:
        return x * 0
    x = where(x < low, low - x, x - low)
    turns = (x.detach() / (high - low)).floor()
    rest = x - turns * (high - low)
    return where(turns % 2 == 0, rest + low, high - rest)


def near(x: Any, a: float = -0.75) -> Any:
    """Return Keys' filter within one element of its middle."""
    return ((a + 2) * x - (a + 3)) * x * x + 1


def far(x: Any, a: float = -0.75) -> Any:
    """Return Keys' filter from one to two elements from its middle."""
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
