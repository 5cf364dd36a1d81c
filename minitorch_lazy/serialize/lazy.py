"""Entries without a shape: a state dict's file keeps them in the `_metadata` of their module.

What is left in the file are tensors, so that PyTorch reads it with its defaults.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Protocol

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.device import device
from minitorch_lazy.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from minitorch_lazy.nn.reserved import WAITING, Waiting
from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.ledger import Incoming, Outgoing
from minitorch_lazy.serialize.records import MOST_DIMENSIONS, LazyRecord

LAZY = "lazy"
"""In the `_metadata` of a layer: its entries that are lazy, by name."""

DTYPES = {d.name: d for d in types.ALL}


class Reader(Protocol):
    """What reading lazy entries needs of the reader of a file."""

    incoming: Incoming

    def place_of(self, location: str) -> device:
        """Return where a tensor without elements goes."""


def take_out(state: Any, outgoing: Outgoing) -> tuple[Any, Any]:
    """Split a state dict into entries with a shape, and metadata that describe the others."""
    metadata = OrderedDict(
        (prefix, written_metadata(prefix, local, outgoing) if isinstance(local, dict) else local)
        for prefix, local in state._metadata.items()
    )
    ready = OrderedDict()
    first: dict[int, str] = {}
    for place, (key, value) in enumerate(state.items()):
        if not is_lazy(value):
            ready[key] = value
            continue
        prefix = owner_of(key, metadata)
        name = key[len(prefix) + 1 :] if prefix else key
        entry = {**describe(value), "place": place}
        if first.setdefault(id(value), key) != key:
            entry["tied"] = first[id(value)]
        else:
            entry |= outgoing.of_tensor(value, key)
        metadata[prefix].setdefault(LAZY, {})[name] = entry
    return ready, metadata


def written_metadata(prefix: str, local: Any, outgoing: Outgoing) -> dict[str, Any]:
    """Copy the metadata of a layer, what waits in it written down."""
    return {
        name: outgoing.waiting(value, prefix) if isinstance(value, Waiting) else value
        for name, value in local.items()
    }


def owner_of(key: str, metadata: Any) -> str:
    """Return the longest prefix of a key that has metadata; the root gets some if it has none."""
    prefix = key
    while prefix:
        prefix = prefix.rpartition(".")[0]
        if isinstance(metadata.get(prefix), dict):
            return prefix
    metadata[""] = {}
    return ""


def describe(tensor: Any) -> dict[str, Any]:
    """Say what is known of a tensor without a shape."""
    return {
        "shape": tensor.spec, "dtype": tensor.dtype.name, "device": str(tensor.device),
        "requires_grad": tensor.requires_grad,
        "role": "parameter" if isinstance(tensor, UninitializedParameter) else "buffer",
        "persistent": getattr(tensor, "persistent", True),
    }  # fmt: skip


def put_back(state: Any, metadata: Any, reader: Reader) -> Any:
    """Return a state dict with the entries that its metadata describe, at their places."""
    found = []
    for prefix, local in metadata.items():
        lazy = local.pop(LAZY, None) if isinstance(local, dict) else None
        if isinstance(local, dict) and WAITING in local:
            local[WAITING] = reader.incoming.waiting(local[WAITING], str(prefix))
        if lazy is not None and not isinstance(lazy, dict):
            raise CheckpointError("lazy entries that are no dictionary", str(prefix))
        for name, entry in (lazy or {}).items():
            key = f"{prefix}.{name}" if prefix else str(name)
            if key in state or not isinstance(entry, dict):
                raise CheckpointError("a lazy entry that is there twice, or is none", key)
            found.append((key, entry))
    if not found:
        return state
    return merged(state, found, reader)


def merged(state: Any, found: Any, reader: Reader) -> Any:
    """Return a state dict with lazy entries at their places."""
    items = list(state.items())
    made: dict[str, Any] = {}
    for key, entry in sorted(found, key=lambda pair: place_in(*pair)):
        if "tied" in entry and entry["tied"] not in made:
            raise CheckpointError("a lazy entry that is tied to none", key)
        made[key] = made[entry["tied"]] if "tied" in entry else revived(key, entry, reader)
        items.insert(place_in(key, entry), (key, made[key]))
    return OrderedDict(items)


def place_in(key: str, entry: dict[str, Any]) -> int:
    """Return which place among all entries an entry has."""
    place = entry.get("place")
    if type(place) is not int or place < 0:
        raise CheckpointError("a lazy entry without a place", key)
    return place


def revived(key: str, entry: dict[str, Any], reader: Reader) -> Any:
    """Make the tensor that a lazy entry describes."""
    out = described(key, entry, reader)
    reader.incoming.into_tensor(out, entry, key)
    return out


def described(key: str, entry: dict[str, Any], reader: Reader) -> Any:
    """Make a lazy tensor of a kind, in which nothing waits."""
    match entry:
        case {"shape": None | list() | tuple() as shape, "dtype": str(kind),
              "device": str(location), "requires_grad": bool(requires_grad),
              "role": "parameter" | "buffer" as role, "persistent": bool(persistent)}:  # fmt: skip
            pass
        case _:
            raise CheckpointError("a lazy entry that does not say what it is", key)
    if kind not in DTYPES or not (shape is None or is_partial(shape)):
        raise CheckpointError(f"a lazy entry of type {kind} and shape {shape}", key)
    sizes = None if shape is None else tuple(shape)
    home, dtype = reader.place_of(location), DTYPES[kind]
    if role == "parameter":
        return UninitializedParameter(requires_grad, home, dtype, shape=sizes)
    return UninitializedBuffer(requires_grad, home, dtype, persistent, shape=sizes)


def is_partial(shape: Any) -> bool:
    """Tell whether a shape is made of sizes and unknowns."""
    return len(shape) <= MOST_DIMENSIONS and all(
        size is None or (type(size) is int and 0 <= size < 2**63) for size in shape
    )


def from_record(record: LazyRecord, reader: Reader) -> Any:
    """Make the tensor without a shape that stands where PyTorch, or we, wrote one.

    PyTorch writes requires_grad alone; the arguments after it are its constructors'.
    """
    match record.arguments:
        case (bool(requires_grad),):
            return revived("", {**UNKNOWN, "role": record.role, "requires_grad": requires_grad},
                           reader)  # fmt: skip
        case (bool(requires_grad), str(place), str(kind), shape, bool(persistent), *rest):
            known = rest[0] if rest else {}
            if len(rest) > 1 or type(known) is not dict or not set(known) <= {"key", "calls"}:
                raise CheckpointError("a lazy tensor that says too much")
            entry = {"shape": shape, "dtype": kind, "device": place, "persistent": persistent,
                     "role": record.role, "requires_grad": requires_grad, **known}  # fmt: skip
            return revived("", entry, reader)
    raise CheckpointError("a lazy tensor that does not say what it is")


UNKNOWN = {"shape": None, "dtype": "float32", "device": "cpu", "persistent": True}
