"""The second step: what was described becomes tensors in containers, all of them or none."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.device import device
from minitorch_lazy.core.size import Size
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.parameter import Buffer, Parameter
from minitorch_lazy.ops.create import empty
from minitorch_lazy.serialize.failure import SAVE_AGAIN, CheckpointError
from minitorch_lazy.serialize.lazy import from_record, put_back
from minitorch_lazy.serialize.ledger import Incoming
from minitorch_lazy.serialize.placing import Placement, Storages
from minitorch_lazy.serialize.records import SCALARS, Global, LazyRecord, State, TensorRecord
from minitorch_lazy.serialize.source import Advance, Content

DEEPEST = 100
FREE_SIZE = 1_000_000
UNFOLDING = 16
"""How many values a file's value may hold, for each opcode, if shared ones are counted again."""

LEAVES = (*SCALARS, bytearray, device)
DTYPES = {f"torch.{d.name}": d for d in types.ALL}


def children(value: Any) -> list[Any]:
    """Return what a described container holds."""
    if isinstance(value, State):
        return [*value.keys(), *value.values(), value.metadata]
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, (tuple, list, set)):
        return list(value)
    if isinstance(value, TensorRecord):
        return [value.attributes]
    return []


def survey(value: Any, opcodes: int) -> list[TensorRecord]:
    """Return all tensors of a description that is neither too deep, nor too large, nor endless.

    Shared parts are visited once, and counted as often as they are met.
    """
    weights: dict[int, int] = {}
    tensors: list[TensorRecord] = []
    most = FREE_SIZE + UNFOLDING * opcodes

    def visit(part: Any, depth: int) -> int:
        if type(part) in LEAVES:
            return 1
        if depth > DEEPEST:
            raise CheckpointError(f"nested deeper than {DEEPEST}, or endless")
        if id(part) not in weights:
            if isinstance(part, TensorRecord):
                tensors.append(part)
            total = 1 + sum(visit(child, depth + 1) for child in children(part))
            if total > most:
                raise CheckpointError(f"its shared parts unfold to more than {most} values")
            weights[id(part)] = total
        return weights[id(part)]

    visit(value, 0)
    return tensors


class Builder:
    """Makes the value of a file.

    Attributes:
        made: id of a description -> what was made of it, so that shared parts stay shared.
        incoming: reads what waits in lazy layers.
    """

    def __init__(self, content: Content, placement: Placement, advance: Advance) -> None:
        self.content, self.placement = content, placement
        self.storages = Storages(content, placement, advance)
        self.made: dict[int, Any] = {}
        self.incoming = Incoming()

    def run(self) -> Any:
        """Check everything, make everything, and verify what no tensor has looked at."""
        for record in survey(self.content.value, self.content.opcodes):
            self.storages.check(record)
            check_names(record)
        value = self.make(self.content.value)
        self.incoming.finish()
        self.storages.verify()
        return value

    def make(self, part: Any) -> Any:
        """Make what a description stands for."""
        if type(part) in LEAVES:
            return part
        if id(part) not in self.made:
            self.made[id(part)] = self.fresh(part)
        return self.made[id(part)]

    def fresh(self, part: Any) -> Any:
        """Make a value that was not made before."""
        match part:
            case TensorRecord():
                return self.tensor(part)
            case LazyRecord():
                return from_record(part, self)
            case Global():
                return dtype_named(part)
            case State():
                return self.state(part)
            case Size():
                return part
            case tuple() | list() | set():
                return type(part)(self.make(item) for item in part)
            case Counter() | dict():
                return type(part)((key, self.make(value)) for key, value in part.items()) \
                    if type(part) is dict else Counter(part)  # fmt: skip
        raise CheckpointError(f"a {type(part).__name__} where a value should be")

    def state(self, part: State) -> Any:
        """Make an OrderedDict, which may be a state dict with metadata and lazy entries."""
        out: Any = OrderedDict((key, self.make(value)) for key, value in part.items())
        if part.metadata is not None:
            metadata = self.make(part.metadata)
            metadata = OrderedDict(
                (prefix, dict(local) if isinstance(local, dict) else local)
                for prefix, local in metadata.items()
            )
            out = put_back(out, metadata, self)
            out._metadata = metadata
        return out

    def tensor(self, record: TensorRecord) -> Any:
        """Make a tensor of its class, with its flags and attributes."""
        out = self.storages.tensor(record)
        attributes = dict(self.make(record.attributes) or {})
        if record.role == "Parameter":
            out = Parameter(out, record.requires_grad)
        elif record.role == "Buffer":
            memory = out.shared()
            attributes.pop("_is_buffer", None)
            out = Buffer(out, persistent=bool(attributes.pop("persistent", True)))
            out.memory = memory
        if record.requires_grad:
            out.requires_grad_(True)
        out.__dict__.update(attributes)
        return out

    def place_of(self, location: str) -> device:
        """Return where a tensor without elements goes."""
        return self.placement.of(location, lambda: empty(0))


def check_names(record: TensorRecord) -> None:
    """Refuse attributes of a tensor that would hide its own."""
    allowed = ("persistent", "_is_buffer") if record.role == "Buffer" else ()
    for name in record.attributes or ():
        if name not in allowed and (hasattr(Tensor, name) or name in RESERVED):
            raise CheckpointError(f"a tensor whose attribute {name} would hide its own",
                                  mend=SAVE_AGAIN)  # fmt: skip


RESERVED = ("key", "owner", "spec", "recorded", "cls_to_become")
"""Attributes that layers keep on tensors for themselves."""


def dtype_named(part: Global) -> types.dtype:
    """Return the dtype that a name means."""
    if part.name not in DTYPES:
        raise CheckpointError(f"it asks for {part.name}, which no checkpoint of tensors needs",
                              mend=SAVE_AGAIN)  # fmt: skip
    return DTYPES[part.name]
