"""Writing a value as the opcodes that PyTorch reads, and collecting the storages beside them."""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from minitorch_lazy.core.device import device
from minitorch_lazy.core.dtype import dtype as Dtype
from minitorch_lazy.core.size import Size
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import Parameter, is_lazy
from minitorch_lazy.serialize.building import DEEPEST, RESERVED
from minitorch_lazy.serialize.kinds import STORAGE_NAMES
from minitorch_lazy.serialize.lazy import describe, take_out
from minitorch_lazy.serialize.ledger import Outgoing
from minitorch_lazy.serialize.memory import Look, Piece, looks
from minitorch_lazy.serialize.records import SCALARS

LONGEST_INTEGER = 255

WRITERS: dict[type, Callable[[Writer, Any], None]] = {}
"""Type of a value -> what writes it."""


def tensors_in(value: Any, seen: set[int], depth: int = 0) -> Iterator[Any]:
    """Yield all tensors with elements that a value holds; shared parts are visited once.

    Raises:
        ValueError: the value is nested too deep.
    """
    if id(value) in seen:
        return
    if isinstance(value, Tensor):
        if not is_lazy(value) and not value.is_meta:
            yield value
        parts: list[Any] = list(attributes_of(value).values())
    elif isinstance(value, dict):
        parts = [*value.values(), getattr(value, "_metadata", None)]
    elif isinstance(value, (tuple, list)):
        parts = list(value)
    else:
        return
    seen.add(id(value))
    check_depth(depth)
    for part in parts:
        yield from tensors_in(part, seen, depth + 1)


def check_depth(depth: int) -> None:
    """Refuse what `load` would refuse."""
    if depth > DEEPEST:
        raise refuse(ValueError, "save", f"the value is nested deeper than {DEEPEST}, or holds "
                     "itself", "save its parts in one flat dict")  # fmt: skip


def attributes_of(tensor: Any) -> dict[str, Any]:
    """Return what Python code has set on a tensor."""
    if is_lazy(tensor):
        return {}
    return {name: value for name, value in tensor.__dict__.items() if name not in RESERVED}


class Writer:
    """Writes one value.

    Attributes:
        code: the opcodes.
        pieces: the storages, in the order of first use.
        outgoing: writes down what waits in lazy layers.
    """

    def __init__(self, value: Any) -> None:
        self.code = bytearray(b"\x80\x02")
        self.pieces: list[Piece] = []
        self.keys: dict[int, str] = {}
        self.memo: dict[Any, int] = {}
        self.kept: list[Any] = []
        self.looks: dict[int, Look] = looks(tensors_in(value, set()))
        self.path: list[str] = []
        self.outgoing = Outgoing()
        self.put(value)
        self.code += b"."

    def put(self, value: Any) -> None:
        """Write a value; one that was written before is written as a reference to it."""
        shared = value if type(value) is str else None if type(value) in SCALARS else id(value)
        if shared is not None and shared in self.memo:
            self.refer(self.memo[shared])
            return
        for kind in type(value).__mro__:
            if kind in WRITERS and (kind is type(value) or kind in (Tensor, Module)):
                WRITERS[kind](self, value)
                break
        else:
            raise self.refused(value)
        if shared is not None and type(value) not in MEMOIZED_EARLY:
            self.remember(shared, value)

    def refused(self, value: Any) -> Exception:
        """Build the error for a value that no checkpoint may hold."""
        where = "".join(f"[{step}]" for step in self.path)
        mend = "save numbers, texts, tensors, and lists, tuples and dicts of them"
        if type(value).__module__ == "numpy":
            mend = "convert it first: torch.tensor(array), or number.item()"
        return refuse(TypeError, "save", f"cannot save obj{where}, a {type(value).__name__}: a "
                      "file would have to run code to make one", mend, value=value)  # fmt: skip

    def remember(self, shared: Any, value: Any) -> None:
        """Let the value on top of the reader's stack be referred to later."""
        place = self.memo[shared] = len(self.memo)
        self.kept.append(value)
        self.code += b"q" + bytes([place]) if place < 256 else b"r" + struct.pack("<I", place)

    def refer(self, place: int) -> None:
        """Write a reference."""
        self.code += b"h" + bytes([place]) if place < 256 else b"j" + struct.pack("<I", place)

    def name(self, module: str, name: str) -> None:
        """Write a name."""
        shared = (module, name)
        if shared in self.memo:
            self.refer(self.memo[shared])
        else:
            self.code += f"c{module}\n{name}\n".encode()
            self.remember(shared, None)

    def call(self, module: str, name: str, *arguments: Any) -> None:
        """Write a name that is called with plain arguments."""
        self.name(module, name)
        self.tuple_of(arguments)
        self.code += b"R"

    def tuple_of(self, items: Any) -> None:
        """Write a tuple."""
        if not items:
            self.code += b")"
            return
        self.code += b"("
        for place, item in enumerate(items):
            self.step(place, item)
        self.code += b"t"

    def step(self, name: Any, value: Any) -> None:
        """Write a part of a container, and know in errors which one it is."""
        self.path.append(repr(name)[:60])
        check_depth(len(self.path))
        self.put(value)
        self.path.pop()

    def items(self, pairs: Any) -> None:
        """Write the keys and values of a dict."""
        self.code += b"("
        for key, value in pairs:
            if not all(type(part) in SCALARS for part in (key if type(key) is tuple else (key,))):
                raise self.refused(key)
            self.put(key)
            self.step(key, value)
        self.code += b"u"

    def look(self, tensor: Any) -> None:
        """Write how a tensor looks at its storage."""
        self.name("torch._utils", "_rebuild_tensor_v2")
        self.view(tensor)
        self.code += b"R"

    def view(self, tensor: Any) -> None:
        """Write storage, offset, size, stride, requires_grad and the hooks that there are not."""
        look = self.looks[id(tensor)]
        self.code += b"("
        self.storage(look.piece)
        plain = not isinstance(tensor, Parameter) and tensor.requires_grad
        for part in (look.offset, tuple(look.size), tuple(look.stride), plain):
            self.put(part)
        self.call("collections", "OrderedDict")
        self.code += b"t"

    def storage(self, piece: Piece) -> None:
        """Write the tuple that stands for a storage."""
        key = self.keys.get(id(piece))
        if key is None:
            key = self.keys[id(piece)] = str(len(self.pieces))
            self.pieces.append(piece)
        self.code += b"("
        self.put("storage")
        self.name("torch", STORAGE_NAMES[piece.dtype.name])
        for part in (key, piece.location, int(piece.flat.size)):
            self.put(part)
        self.code += b"tQ"


def writes(*kinds: type) -> Callable[[Any], Any]:
    """Register what writes values of some types."""

    def keep(function: Any) -> Any:
        WRITERS.update(dict.fromkeys(kinds, function))
        return function

    return keep


@writes(type(None), bool)
def write_constant(w: Writer, value: Any) -> None:
    """Write None, True or False."""
    w.code += {None: b"N", True: b"\x88", False: b"\x89"}[value]


@writes(int)
def write_integer(w: Writer, value: int) -> None:
    """Write an integer in as few bytes as PyTorch does."""
    if 0 <= value < 256:
        w.code += b"K" + bytes([value])
    elif 0 <= value < 65536:
        w.code += b"M" + struct.pack("<H", value)
    elif -(2**31) <= value < 2**31:
        w.code += b"J" + struct.pack("<i", value)
    else:
        length = value.bit_length() // 8 + 1
        if length > LONGEST_INTEGER:
            raise refuse(ValueError, "save", f"an integer of {length} bytes; a file holds at most "
                         f"{LONGEST_INTEGER}", "save it as text")  # fmt: skip
        w.code += b"\x8a" + bytes([length]) + value.to_bytes(length, "little", signed=True)


@writes(float)
def write_float(w: Writer, value: float) -> None:
    """Write a float."""
    w.code += b"G" + struct.pack(">d", value)


@writes(str)
def write_text(w: Writer, value: str) -> None:
    """Write text."""
    encoded = value.encode("utf-8", "surrogatepass")
    w.code += b"X" + struct.pack("<I", len(encoded)) + encoded


@writes(complex)
def write_complex(w: Writer, value: complex) -> None:
    """Write a complex number."""
    w.call("__builtin__", "complex", value.real, value.imag)


@writes(bytes)
def write_bytes(w: Writer, value: bytes) -> None:
    """Write bytes as text of as many characters."""
    w.call("_codecs", "encode", value.decode("latin1"), "latin1")


@writes(bytearray)
def write_bytearray(w: Writer, value: bytearray) -> None:
    """Write a bytearray."""
    w.call("__builtin__", "bytearray", bytes(value))


@writes(Size)
def write_size(w: Writer, value: Size) -> None:
    """Write a Size."""
    w.call("torch", "Size", tuple(value))


@writes(Dtype)
def write_dtype(w: Writer, value: Dtype) -> None:
    """Write a dtype as its name."""
    w.name("torch", value.name)


@writes(device)
def write_device(w: Writer, value: device) -> None:
    """Write a device."""
    index = () if value.index is None else (value.index,)
    w.call("torch", "device", value.type, *index)


@writes(tuple)
def write_tuple(w: Writer, value: tuple[Any, ...]) -> None:
    """Write a tuple."""
    w.tuple_of(value)


@writes(list)
def write_list(w: Writer, value: list[Any]) -> None:
    """Write a list."""
    w.code += b"]("
    for place, item in enumerate(value):
        w.step(place, item)
    w.code += b"e"


@writes(set)
def write_set(w: Writer, value: set[Any]) -> None:
    """Write a set of numbers and texts."""
    for item in value:
        if type(item) not in SCALARS:
            raise w.refused(item)
    w.call("__builtin__", "set", list(value))


@writes(dict)
def write_dict(w: Writer, value: dict[Any, Any]) -> None:
    """Write a dict."""
    w.code += b"}"
    w.items(value.items())


@writes(Counter)
def write_counter(w: Writer, value: Any) -> None:
    """Write a Counter."""
    w.call("collections", "Counter", dict(value))


@writes(OrderedDict)
def write_ordered(w: Writer, value: Any) -> None:
    """Write an OrderedDict; its `_metadata` also hold the entries that are lazy."""
    extra = set(value.__dict__) - {"_metadata"}
    if extra:
        raise refuse(TypeError, "save", f"an OrderedDict with the attribute {min(extra)!r}, which "
                     "would be lost", "put it under a key")  # fmt: skip
    metadata = value.__dict__.get("_metadata")
    entries = value
    if metadata is not None:
        entries, metadata = take_out(value, w.outgoing)
    w.call("collections", "OrderedDict")
    w.items(entries.items())
    if metadata is not None:
        w.code += b"}"
        w.items([("_metadata", metadata)])
        w.code += b"b"


@writes(Tensor)
def write_tensor(w: Writer, value: Any) -> None:
    """Write a tensor of any of our classes.

    Raises:
        RuntimeError: it is a result of recorded operations.
    """
    if not value.is_leaf:
        raise refuse(RuntimeError, "save", "only leaves of the graph can be saved",
                     "save tensor.detach()", tensor=value)  # fmt: skip
    if is_lazy(value):
        write_lazy(w, value)
        return
    attributes = attributes_of(value)
    if value.is_meta:
        w.call("torch._utils", "_rebuild_meta_tensor_no_storage", value.dtype, tuple(value.shape),
               tuple(value.stride()), value.requires_grad)  # fmt: skip
    elif isinstance(value, Parameter):
        name = "_rebuild_parameter_with_state" if attributes else "_rebuild_parameter"
        w.name("torch._utils", name)
        w.code += b"("
        w.look(value)
        w.put(value.requires_grad)
        w.call("collections", "OrderedDict")
        if attributes:
            w.put(attributes)
        w.code += b"tR"
    elif attributes:
        write_with_attributes(w, value, attributes)
    else:
        w.look(value)


def write_with_attributes(w: Writer, value: Any, attributes: dict[str, Any]) -> None:
    """Write a tensor that Python code has set attributes on; of a Buffer they are the mark."""
    w.name("torch._tensor", "_rebuild_from_type_v2")
    w.code += b"("
    w.name("torch._utils", "_rebuild_tensor_v2")
    w.name("torch", "Tensor")
    w.view(value)
    w.put(attributes)
    w.code += b"tR"


def write_lazy(w: Writer, value: Any) -> None:
    """Write a lazy tensor that is in no state dict: by the name PyTorch has for it."""
    known = describe(value)
    role = "UninitializedParameter" if known["role"] == "parameter" else "UninitializedBuffer"
    waiting = w.outgoing.of_tensor(value, "".join(f"[{step}]" for step in w.path))
    w.call("torch.nn.parameter", role, known["requires_grad"], known["device"], known["dtype"],
           known["shape"], known["persistent"], *([waiting] if waiting else []))  # fmt: skip


@writes(Module)
def refuse_module(w: Writer, value: Any) -> None:
    """Refuse a whole module: a file would have to import its class."""
    where = "".join(f"[{step}]" for step in w.path)
    raise refuse(
        RuntimeError, "save", f"obj{where} is a whole {type(value).__name__}; a file of modules "
        "would have to run code when it is read",
        "save(net.state_dict(), file), and later net.load_state_dict(load(file))",
    )  # fmt: skip


MEMOIZED_EARLY = (Dtype,)
