"""The rule of functions of whole vectors and matrices, such as matmul: their signature says it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.layout import Sizes, aligned, memory_order, ordered
from minitorch_lazy.backends.meta.rules import no_rule, rule
from minitorch_lazy.backends.meta.ufuncs import check_target, result_types, sample

Axes = tuple[tuple[str, ...], ...]


@lru_cache(maxsize=64)
def core_axes(signature: str) -> tuple[Axes, Axes]:
    """Read a signature such as `(m?,n),(n,p?)->(m?,p?)`: the names of axes, operand by operand."""
    left, right = (
        tuple(tuple(core.split(",")) if core else () for core in re.findall(r"\(([^)]*)\)", side))
        for side in signature.replace(" ", "").split("->")
    )
    return left, right


@rule("ufunc.matrices")
def stacked(ufunc: np.ufunc, inputs: Any, out: Any = None, **keywords: Any) -> Any:
    """Apply to the last axes of each operand; the others are broadcast."""
    if keywords:
        raise no_rule(f"{ufunc.__name__} with {', '.join(keywords)}")
    left, right = core_axes(str(ufunc.signature))
    sizes: dict[str, int] = {}
    stacks = []
    for place, (x, names) in enumerate(zip(inputs, left, strict=True)):
        count = measure(ufunc, place, x, names, sizes)
        stacks.append((x.shape[: x.ndim - count], x.strides[: x.ndim - count]))
    cores = tuple(min(x.ndim, len(names)) for x, names in zip(inputs, left, strict=True))
    kinds = result_types(ufunc, None, cores, *map(sample, inputs))
    shapes = [tuple(sizes[name] for name in names if name in sizes) for names in right]
    results = tuple(made(stacks, core, kind) for core, kind in zip(shapes, kinds, strict=True))
    if out:
        check_target(ufunc, out[0], results[0].shape, kinds[0], "same_kind")
        return out[0]
    return results if len(results) > 1 else results[0]


def measure(
    ufunc: np.ufunc, place: int, x: Any, names: tuple[str, ...], sizes: dict[str, int]
) -> int:
    """Note the sizes of an operand's core axes; return how many there are.

    Axes spelled with `?` may be missing.
    """
    if x.ndim < len(names):
        names = tuple(name for name in names if not name.endswith("?"))
    if x.ndim < len(names):
        raise ValueError(f"{ufunc.__name__}: Input operand {place} does not have enough "
                         f"dimensions (has {x.ndim}, gufunc core with signature "
                         f"{ufunc.signature} requires {len(names)})")  # fmt: skip
    for name, size in zip(names, x.shape[x.ndim - len(names) :], strict=True):
        if sizes.setdefault(name, size) != size:
            raise ValueError(f"{ufunc.__name__}: Input operand {place} has a mismatch in its core "
                             f"dimension, with gufunc signature {ufunc.signature} (size {size} is "
                             f"different from {sizes[name]})")  # fmt: skip
    return len(names)


def made(stacks: list[tuple[Sizes, Sizes]], core: Sizes, kind: Any) -> MetaArray:
    """Make a result: the stacks are laid out as the operands', each core in row-major order."""
    stack = np.broadcast_shapes(*(shape for shape, _ in stacks))
    order = memory_order(stack, [aligned(stack, *each) for each in stacks])
    shape = (*stack, *core)
    axes = [*order, *range(len(stack), len(shape))]
    return MetaArray(shape, kind, ordered(shape, axes, kind.itemsize))
