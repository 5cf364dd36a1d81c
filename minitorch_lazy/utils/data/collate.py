"""Collate: how samples become a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from minitorch_lazy.core.dtype import float64
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops.create import as_tensor, tensor
from minitorch_lazy.ops.join import stack

Collate = Callable[..., Any]

WRONG_TYPE = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}\n"
    "  mend  give the DataLoader a collate_fn that knows what to make of a list of them"
)


def is_text(array: Any) -> bool:
    """Tell whether an array holds strings or objects, which no tensor can."""
    return array.dtype.kind in "SUO"


def rebuild_mapping(like: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    """Make a mapping of the same kind, or a dict where that kind cannot be made."""
    try:
        if isinstance(like, MutableMapping):
            made = copy.copy(like)
            made.update(items)
            return made
        return type(like)(items)  # type: ignore[call-arg]
    except TypeError:
        return items


def rebuild_sequence(like: Sequence[Any], items: list[Any]) -> Any:
    """Make a sequence of the same kind, or a list where that kind cannot be made."""
    try:
        if isinstance(like, MutableSequence):
            made = copy.copy(like)
            for place, item in enumerate(items):
                made[place] = item
            return made
        return type(like)(items)  # type: ignore[call-arg]
    except TypeError:
        return items


def default_convert(data: Any) -> Any:
    """Turn NumPy arrays and numbers into tensors, also inside of mappings and sequences.

    A tuple becomes a list; strings, Python numbers and unknown objects stay as they are.

    Source: torch.utils.data.default_convert.

    >>> torch.utils.data.default_convert({"x": (1, "a")})
    {'x': [1, 'a']}
    """
    if isinstance(data, np.ndarray | np.generic):
        text = isinstance(data, str | bytes) or (isinstance(data, np.ndarray) and is_text(data))
        return data if text else as_tensor(data)
    if isinstance(data, Mapping):
        return rebuild_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(item) for item in data))
    if isinstance(data, tuple):
        return [default_convert(item) for item in data]
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return rebuild_sequence(data, [default_convert(item) for item in data])
    return data


def collate(
    batch: Sequence[Any], *, collate_fn_map: Mapping[Any, Collate] | None = None
) -> Any:
    """Join samples: each kind by its function in the map, mappings and sequences part by part.

    Args:
        batch: samples of one kind; the first decides which.
        collate_fn_map: type, or tuple of types -> `function(batch, collate_fn_map=...)`.

    Raises:
        RuntimeError: sequences differ in length.
        TypeError: nobody knows the type.

    Source: torch.utils.data._utils.collate.collate.
    """
    first = batch[0]
    functions = collate_fn_map or {}
    if type(first) in functions:
        return functions[type(first)](batch, collate_fn_map=functions)
    for kind, function in functions.items():
        if isinstance(first, kind):
            return function(batch, collate_fn_map=functions)
    if isinstance(first, Mapping):
        joined = {
            key: collate([sample[key] for sample in batch], collate_fn_map=functions)
            for key in first
        }
        return rebuild_mapping(first, joined)
    if isinstance(first, Sequence):
        return collate_sequences(batch, functions)
    raise TypeError(WRONG_TYPE.format(type(first)))


def collate_sequences(batch: Sequence[Any], functions: Mapping[Any, Collate]) -> Any:
    """Join tuples and lists position by position; a plain tuple becomes a list."""
    first = batch[0]
    if any(len(sample) != len(first) for sample in batch):
        lengths = sorted({len(sample) for sample in batch})
        raise RuntimeError(
            f"each element in list of batch should be of equal size, but there are {lengths}\n"
            "  mend  pad the samples, or give the DataLoader a collate_fn that does"
        )
    joined = [collate(part, collate_fn_map=functions) for part in zip(*batch, strict=True)]
    if isinstance(first, tuple):
        return type(first)(*joined) if hasattr(first, "_fields") else joined
    return rebuild_sequence(first, joined)


def collate_tensors(batch: Sequence[Tensor], **_: Any) -> Tensor:
    """Stack tensors of one shape."""
    joined: Tensor = stack(batch, 0)
    return joined


def collate_arrays(batch: Sequence[Any], **options: Any) -> Any:
    """Stack NumPy arrays of one shape as tensors."""
    if is_text(batch[0]):
        raise TypeError(WRONG_TYPE.format(batch[0].dtype))
    return collate([as_tensor(array) for array in batch], **options)


def collate_array_numbers(batch: Sequence[Any], **_: Any) -> Tensor:
    """Put NumPy numbers into a tensor of their type."""
    return as_tensor(np.array(batch))


def collate_floats(batch: Sequence[float], **_: Any) -> Tensor:
    """Put Python floats into a float64 tensor, so that no digit is lost."""
    return tensor(batch, dtype=float64)


def collate_integers(batch: Sequence[int], **_: Any) -> Tensor:
    """Put Python integers and bools into a tensor of int64 or bool."""
    return tensor(batch)


def collate_text(batch: Sequence[Any], **_: Any) -> Sequence[Any]:
    """Leave strings a list."""
    return batch


default_collate_fn_map: dict[Any, Collate] = {
    Tensor: collate_tensors,
    np.ndarray: collate_arrays,
    (np.bool_, np.number, np.object_): collate_array_numbers,
    float: collate_floats,
    int: collate_integers,
    str: collate_text,
    bytes: collate_text,
}
"""What `default_collate` does with each type; add a type to teach it a new one."""


def default_collate(batch: Sequence[Any]) -> Any:
    """Join a list of samples into a batch, with a new first dimension.

    Tensors and NumPy arrays are stacked, numbers become a tensor (floats a float64 one), strings
    stay a list; mappings keep their keys, tuples become a list of batches.

    Source: torch.utils.data.default_collate.

    >>> torch.utils.data.default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
