"""Reading and writing parts of tensors: `x[key]` and `x[key] = value`."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import special
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import check_writable, rebase, recording
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.create import tensor
from minitorch_lazy.ops.shape import reshaped

getitem = primitive(
    "getitem", static="key", view=True, node_name="Slice",
    x=lambda xp, g, x_shape, key: xp.place(g, key=key, shape=x_shape),
    into=lambda xp, buffer, g, key: xp.add_region(buffer, g, key=key),
)  # fmt: skip
placed = primitive("place", static="key shape", x=lambda xp, g, key: xp.getitem(g, key=key))
# A recipe may lead from complex numbers to their parts, or back. It reads memory, in which a
# gradient must lie as users see it: conjugated.
primitive(
    "region", static="recipe", arguments="base value", node_name="CopySlices",
    base=lambda xp, g, recipe: xp.erase(g, recipe=recipe),
    value=lambda xp, g, recipe: xp.conj(xp.extract(xp.conj(g), recipe=recipe)),
)  # fmt: skip
primitive("erase", static="recipe", x=lambda xp, g, recipe: xp.erase(g, recipe=recipe))
primitive(
    "extract", static="recipe",
    x=lambda xp, g, x_shape, x_dtype, recipe: xp.conj(
        xp.embed(xp.conj(g), recipe=recipe, shape=x_shape, dtype=x_dtype)),
)  # fmt: skip
primitive(
    "embed", static="recipe shape dtype",
    x=lambda xp, g, recipe: xp.conj(xp.extract(xp.conj(g), recipe=recipe)),
)  # fmt: skip
take = primitive(
    "take", static="key", rest="indices", exempt="indices", node_name="Index",
    x=lambda xp, g, indices, x_shape, key: xp.index_zeros(g, *indices, key=key, shape=x_shape),
)  # fmt: skip
primitive(
    "index_zeros", static="key shape", rest="indices", exempt="indices",
    x=lambda xp, g, indices, key: xp.take(g, *indices, key=key),
)  # fmt: skip
put = primitive(
    "put", static="key accumulate", rest="indices", exempt="indices", node_name="IndexPut",
    x=lambda xp, g, indices, value_shape, key, accumulate: g if accumulate
    else xp.put(g, xp.zeros_like(xp.take(g, *indices, key=key)), *indices, key=key,
                accumulate=False),
    value=lambda xp, g, indices, key: xp.take(g, *indices, key=key),
)  # fmt: skip


def normal_key(x: Tensor, key: Any) -> tuple[tuple[Any, ...], list[Tensor]]:
    """Split a key into its hashable spelling and its index tensors.

    Numbers are checked, slices spelled as tuples, sequences and arrays made index tensors (masks
    become the places of their true elements).

    Raises:
        IndexError: an index is out of range, of a wrong type, or there are too many.
        ValueError: a slice has a negative step.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if isinstance(key, list) and any(isinstance(k, slice) or k is Ellipsis for k in key):
        parts = list(key)
    parts = [part(x, p) for p in parts]
    count = sum(width(p) for p in parts)
    if count > x.ndim:
        raise refuse(IndexError, "getitem", f"too many indices for tensor of dimension {x.ndim}",
                     "give at most one index for each dimension", input=x)  # fmt: skip
    spelled: list[Any] = []
    indices: list[Tensor] = []
    axis = 0
    for place, p in enumerate(parts):
        if p is Ellipsis:
            after = sum(width(q) for q in parts[place + 1 :])
            axis = x.ndim - after
            spelled.append(Ellipsis)
        elif p.__class__ in TENSORS:
            found = places(x, p, axis)
            indices += found
            spelled += ["index"] * len(found)
            axis += width(p)
        else:
            spelled.append(spell(x, p, axis))
            axis += width(p)
    return tuple(spelled), indices


def width(p: Any) -> int:
    """Return how many dimensions one part of a key uses up."""
    if p is None or p is Ellipsis:
        return 0
    if p.__class__ in TENSORS and p.array.dtype.kind == "b":
        return p.ndim  # type: ignore[no-any-return]
    return 1


def part(x: Tensor, p: Any) -> Any:
    """Read one part of a key."""
    if p is None or p is Ellipsis or isinstance(p, slice):
        return p
    if p is True or p is False:
        return on_device(x, tensor(p))
    if p.__class__ in TENSORS:
        if p.ndim == 0 and p.dtype.category == 1:
            return p if p.is_meta else int(p.item())
        return p if p.array.dtype != np.uint8 else p.bool()
    if isinstance(p, (list, tuple, range, np.ndarray)):
        return on_device(x, tensor(np.asarray(p)) if isinstance(p, np.ndarray) else index_of(p))
    try:
        return operator.index(p)
    except TypeError:
        raise refuse(
            IndexError, "getitem", "only integers, slices (`:`), ellipsis (`...`), None and long "
            "or byte Variables are valid indices (got " + type(p).__name__ + ")",
            "convert the index to integers", input=x, index=p,
        ) from None  # fmt: skip


def index_of(p: Any) -> Tensor:
    """Make an index tensor of a sequence; an empty one is of integers."""
    made = tensor(p)
    return made.long() if made.numel() == 0 and made.is_floating_point() else made


def on_device(x: Tensor, index: Tensor) -> Tensor:
    """Move a new index to the tensor's device."""
    return index if x.array.__class__ is index.array.__class__ else index.to(x.device)


def spell(x: Tensor, p: Any, axis: int) -> Any:
    """Check a number or slice, and spell it hashably."""
    if p is None:
        return None
    size = x.array.shape[axis]
    if isinstance(p, slice):
        bounds = [None if v is None else operator.index(v) for v in (p.start, p.stop, p.step)]
        if bounds[2] is not None and bounds[2] <= 0:
            raise refuse(ValueError, "getitem", "step must be greater than zero",
                         "use flip() for the reverse order", input=x, index=p)  # fmt: skip
        return tuple(bounds)
    if not -size <= p < size:
        raise refuse(IndexError, "getitem", f"index {p} is out of bounds for dimension {axis} "
                     f"with size {size}", f"use an index from {-size} to {size - 1}",
                     input=x)  # fmt: skip
    return p


def places(x: Tensor, p: Tensor, axis: int) -> list[Tensor]:
    """Return the index tensors of one tensor in a key."""
    kind = p.array.dtype.kind
    if kind == "b":
        mine = tuple(x.array.shape[axis : axis + p.ndim])
        if p.ndim and mine != tuple(p.shape):
            raise refuse(
                IndexError, "getitem", f"The shape of the mask {list(p.shape)} at index 0 does not "
                f"match the shape of the indexed tensor {list(x.shape)} at index {axis}",
                "make a mask by comparing the tensor itself", input=x, mask=p,
            )  # fmt: skip
        backend = BACKEND[p.array.__class__]
        return [wrap(found) for found in backend.nonzero(p.array)]
    if kind not in "iu":
        raise refuse(IndexError, "getitem", "tensors used as indices must be long, int, byte or "
                     "bool tensors", "convert it with .long()", input=x, index=p)  # fmt: skip
    check_range(x, p, axis)
    return [p]


def check_range(x: Tensor, index: Tensor, axis: int) -> None:
    """Refuse indices out of range; arrays on other devices check or wrap by themselves."""
    array, size = index.array, x.array.shape[axis]
    if not isinstance(array, np.ndarray) or not array.size:
        return
    low, high = int(array.min()), int(array.max())
    if low < -size or high >= size:
        bad = low if low < -size else high
        raise refuse(IndexError, "getitem", f"index {bad} is out of bounds for dimension {axis} "
                     f"with size {size}", f"use indices from {-size} to {size - 1}",
                     input=x, index=index)  # fmt: skip


def get(self: Tensor, key: Any) -> Tensor:
    """Read a part of the tensor: a view for numbers, slices, None and Ellipsis, else a copy."""
    source = self
    if has_flags(key):
        source, spelled, indices = with_flags(self, key)
    else:
        spelled, indices = normal_key(self, key)
    if not indices:
        return getitem(source, key=spelled)
    return take(source, *indices, key=spelled)


def is_flag(p: Any) -> bool:
    """Tell whether a part of a key is a single True or False."""
    return p is True or p is False or (
        p.__class__ in TENSORS and p.ndim == 0 and p.array.dtype.kind == "b"
    )  # fmt: skip


def has_flags(key: Any) -> bool:
    """Tell whether a key holds a single True or False."""
    return any(is_flag(p) for p in (key if isinstance(key, tuple) else (key,)))


def with_flags(x: Tensor, key: Any) -> tuple[Tensor, tuple[Any, ...], list[Tensor]]:
    """Index with True and False: each is a new dimension that is kept or emptied."""
    parts = list(key) if isinstance(key, tuple) else [key]
    flags = [bool(p) for p in parts if is_flag(p)]
    rest = [p for p in parts if not is_flag(p)]
    wide = reshaped(x, shape=(1, *x.array.shape))
    spelled, indices = normal_key(wide, (tensor([0] if all(flags) else []).long(), *rest))
    return wide, spelled, indices


def set_item(self: Tensor, key: Any, value: Any) -> None:
    """Write a part of the tensor, in place and under the graph."""
    made = value if value.__class__ in TENSORS else tensor(value, dtype=value_type(self, value))
    live = recording(self, made)
    check_writable(self, live, "setitem")
    if made.array.dtype != self.array.dtype:
        made = made.to(self.dtype)
    made = trimmed(on_device(self, made))
    if has_flags(key):
        target, spelled, indices = with_flags(self, key)
    else:
        target = self
        spelled, indices = normal_key(self, key)
    arrays = [i.array for i in indices]
    backend = BACKEND[self.array.__class__]
    try:
        backend.put_into(target.array, made.array, *arrays, key=spelled)
    except ValueError:
        raise refuse(
            RuntimeError, "setitem", f"shape mismatch: value tensor of shape {list(made.shape)} "
            "cannot be broadcast to indexing result", "make the value broadcast to the region",
            input=self, value=made,
        ) from None  # fmt: skip
    if live:
        parents = (target.node, made.node, *(None for _ in indices))
        make = put.op.make
        node = make((target, made, *indices), (target.array, made.array, *arrays), parents,
                    None, None, None, {"key": spelled, "accumulate": False})  # fmt: skip
        if target is not self:
            node = reshaped(wrap(target.array, node), shape=self.array.shape).node
        self.bump()
        rebase(self, node)
    else:
        self.bump()


def trimmed(value: Tensor) -> Tensor:
    """Return a value without leading dimensions of size 1: broadcasting puts them back."""
    shape = value.array.shape
    extra = next((axis for axis, size in enumerate(shape) if size != 1), len(shape))
    return reshaped(value, shape=shape[extra:]) if extra else value


def value_type(x: Tensor, value: Any) -> types.dtype:
    """Return the type in which an assigned number or list is stored."""
    if isinstance(value, complex) and not x.is_complex():
        raise refuse(RuntimeError, "setitem", "value cannot be converted to type without overflow",
                     "assign its real part", input=x, value=value)  # fmt: skip
    return x.dtype


special("__getitem__", get)
special("__setitem__", set_item)
