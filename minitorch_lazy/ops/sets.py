"""Distinct elements, counts, and places among sorted boundaries; none of these has a gradient."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.cast import to
from minitorch_lazy.ops.create import tensor
from minitorch_lazy.ops.shape import reshape

distinct = primitive("unique", arguments="x", static="axis", outputs=3)
runs = primitive("unique_consecutive", arguments="x", static="axis", outputs=3)
places_among = primitive(
    "searchsorted", arguments="boundaries x sorter", static="right", exempt="sorter",
    casts="promote",
)  # fmt: skip
counted = primitive("bincount", arguments="x weights", static="length", exempt="x weights")
binned = primitive("histc", arguments="x", static="bins low high")


def chosen_parts(op: Any, input: Tensor, dim: int | None, inverse: bool, counts: bool) -> Any:
    """Return the distinct elements, with the parts that were asked for."""
    axis = None if dim is None else input.axis(dim)
    found, places, numbers = op(input, axis=axis)
    parts = [found]
    if inverse:
        parts.append(reshape(places, tuple(input.shape)) if axis is None else places)
    if counts:
        parts.append(numbers)
    return tuple(parts) if len(parts) > 1 else found


@public
def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False,
           return_counts: bool = False, dim: int | None = None) -> Any:  # fmt: skip
    """Return the distinct elements in ascending order; every nan is one of its own.

    Args:
        sorted: accepted; the result is always sorted.
        return_inverse: also return, for each element, its place in the result.
        return_counts: also return how often each appears.
        dim: compare whole slices along this dimension instead of elements.

    Source: torch.unique.

    >>> import minitorch_lazy as torch
    >>> torch.unique(torch.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    if input.is_complex():
        raise refuse(RuntimeError, "unique", "\"unique\" not implemented for complex numbers",
                     "view_as_real first", input=input)  # fmt: skip
    return chosen_parts(distinct, input, dim, return_inverse, return_counts)


@public
def unique_consecutive(input: Tensor, return_inverse: bool = False, return_counts: bool = False,
                       dim: int | None = None) -> Any:  # fmt: skip
    """Keep the first of each run of equal elements.

    Args:
        return_inverse: also return, for each element, its place in the result.
        return_counts: also return how long each run is.
        dim: compare whole slices along this dimension; None flattens the tensor.

    Source: torch.unique_consecutive.
    """
    return chosen_parts(runs, input, dim, return_inverse, return_counts)


@public(method=False)
def searchsorted(sorted_sequence: Tensor, input: Any, *, out_int32: bool = False,
                 right: bool = False, side: str | None = None, sorter: Tensor | None = None
                 ) -> Tensor:  # fmt: skip
    """Return where each element would be put into a sorted sequence to keep it sorted.

    Args:
        sorted_sequence: (N,), or (..., N) with one sequence for each row of the input.
        input: a number, or a tensor whose leading dimensions are the sequence's.
        out_int32: return int32 instead of int64.
        right: put it after equal elements, not before them; the same as `side="right"`.
        side: "left" or "right".
        sorter: the places that sort the sequence, if it is not sorted.

    Source: torch.searchsorted.
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise refuse(RuntimeError, "searchsorted", "torch.searchsorted(): side and right can't be "
                     f"set to opposites, got side of {side} while right was {right}",
                     "give one of them", side=side, right=right)  # fmt: skip
    if input.__class__ not in TENSORS:
        input = tensor(input, device=sorted_sequence.device)
    check_sequence(sorted_sequence, input, sorter)
    found = places_among(sorted_sequence, input, sorter, right=right or side == "right")
    return to(found, types.int32) if out_int32 else found


def check_sequence(sequence: Tensor, input: Tensor, sorter: Tensor | None) -> None:
    """Refuse boundaries that do not fit the input."""
    if sequence.ndim == 0:
        raise refuse(RuntimeError, "searchsorted", "torch.searchsorted(): boundaries tensor should "
                     "have positive dimension, but got 0 dimension", "give a vector",
                     sorted_sequence=sequence)  # fmt: skip
    if sequence.ndim > 1 and sequence.shape[:-1] != input.shape[:-1]:
        raise refuse(RuntimeError, "searchsorted", "torch.searchsorted(): boundaries tensor should "
                     "be 1 dimension or the first N-1 dimensions of boundaries tensor and input "
                     "value tensor must match", "expand one of them", sorted_sequence=sequence,
                     input=input)  # fmt: skip
    if sorter is None:
        return
    if sorter.shape != sequence.shape or sorter.dtype is not types.int64:
        raise refuse(RuntimeError, "searchsorted", "torch.searchsorted(): boundary and sorter must "
                     "have the same size, and sorter must be a tensor of long dtype",
                     "make it with argsort", sorted_sequence=sequence,
                     sorter=sorter)  # fmt: skip


@public(method=False)
def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
              ) -> Tensor:  # fmt: skip
    """Return between which boundaries each element lies.

    Place i means boundaries[i - 1] < input <= boundaries[i]; with `right`, the equality stands on
    the other side.

    Args:
        boundaries: an ascending vector.

    Source: torch.bucketize.
    """
    if boundaries.ndim != 1:
        raise refuse(RuntimeError, "bucketize", "boundaries tensor must be 1 dimension, but got "
                     f"dim({boundaries.ndim})", "flatten it", boundaries=boundaries)  # fmt: skip
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@public
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Count how often each whole number appears: y[n] is the number of elements equal to n.

    Args:
        input: a vector of non-negative integers.
        weights: what each element counts; 1 where not given.
        minlength: the result has at least so many elements.

    Source: torch.bincount.
    """
    if input.array.dtype.kind not in "iu":
        raise refuse(NotImplementedError, "bincount", "\"bincount_cpu\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "convert it with .long()",
                     input=input)  # fmt: skip
    if input.ndim != 1 or input.array.dtype.kind not in "iu":
        raise refuse(RuntimeError, "bincount", "bincount only supports 1-d non-negative integral "
                     "inputs.", "flatten it, and convert it with .long()",
                     input=input)  # fmt: skip
    if minlength < 0:
        raise refuse(RuntimeError, "bincount", "minlength should be >= 0", "leave it out",
                     minlength=minlength)  # fmt: skip
    if weights is not None:
        if weights.shape != input.shape:
            raise refuse(RuntimeError, "bincount", "weights should be 1-d and have the same length "
                         "as input", "give one weight an element", input=input,
                         weights=weights)  # fmt: skip
        if weights.dtype is not types.float32:
            weights = to(weights, types.float64)
    return counted(input, weights, length=int(minlength))


@public
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Count the elements in bins of equal width between two bounds.

    Args:
        min, max: the bounds, both included; those of the data where they are equal.

    Source: torch.histc.
    """
    if bins <= 0 or min > max:
        raise refuse(RuntimeError, "histc", "bins must be > 0, and max must be larger than min",
                     "swap the bounds", bins=bins, min=min, max=max)  # fmt: skip
    return binned(reshape(input, -1), bins=int(bins), low=float(min), high=float(max))


@public(method=False)
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
         ) -> Tensor:  # fmt: skip
    """Tell for each element whether it is one of the test elements.

    Args:
        assume_unique: accepted; it makes no difference to the result.
        invert: tell instead whether it is none of them.

    Source: torch.isin.
    """
    device = next(v.device for v in (elements, test_elements) if v.__class__ in TENSORS)
    values, tests = (v if v.__class__ in TENSORS else tensor(v, device=device)
                     for v in (elements, test_elements))  # fmt: skip
    found = (values.unsqueeze(-1) == reshape(tests, -1)).any(-1)
    return found.logical_not() if invert else found  # type: ignore[no-any-return]
