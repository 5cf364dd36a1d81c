"""The names that a checkpoint may ask for, and what is described for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.device import device
from minitorch_lazy.core.size import Size
from minitorch_lazy.serialize.failure import SAVE_AGAIN, CheckpointError
from minitorch_lazy.serialize.kinds import KINDS, STORAGES, Kind
from minitorch_lazy.serialize.records import (
    Global,
    LazyRecord,
    State,
    Storage,
    TensorRecord,
    check_key,
)

CONSTRUCTORS: dict[str, Callable[..., Any]] = {}
UNTYPED = "torch.storage.UntypedStorage"


def constructor(*names: str) -> Callable[[Any], Any]:
    """Register what is described for some names."""

    def keep(function: Any) -> Any:
        CONSTRUCTORS.update(dict.fromkeys(names, function))
        return function

    return keep


def construct(function: Any, arguments: Any) -> Any:
    """Describe what a name stands for with these arguments.

    Raises:
        CheckpointError: it is no name of a checkpoint of tensors.
    """
    if type(function) is not Global or type(arguments) is not tuple:
        raise CheckpointError("it calls what is not a name")
    if function.name not in CONSTRUCTORS:
        raise CheckpointError(f"it asks for {function.name}, which no checkpoint of tensors needs",
                              mend=SAVE_AGAIN)  # fmt: skip
    return CONSTRUCTORS[function.name](*arguments)


def storage(identity: Any) -> Storage:
    """Describe the storage that the tuple of a persistent id stands for."""
    match identity:
        case ("storage", Global() as named, str(key), str(location), int(numel), *rest):
            pass
        case _:
            raise CheckpointError("a storage without type, key, place or size")
    if named.name != UNTYPED and named.name not in STORAGES:
        raise CheckpointError(f"a storage of type {named.name}", key, mend=SAVE_AGAIN)
    kind = STORAGES.get(named.name)
    nbytes = numel * (kind.itemsize if kind else 1)
    if type(numel) is bool or not 0 <= nbytes < 2**63:
        raise CheckpointError(f"a storage of {numel} elements", key)
    return view_of(Storage(key, kind, nbytes, location), rest)


def view_of(whole: Storage, rest: list[Any]) -> Storage:
    """Apply what files of before 1.6 say of a storage that is a part of another one."""
    match rest:
        case [] | [None]:
            return whole
        case [(str(), int(offset), int(numel))]:
            size = whole.kind.itemsize if whole.kind else 1
            if offset < 0 or numel < 0 or (offset + numel) * size > whole.nbytes:
                raise CheckpointError("a storage outside of the one that it is part of", whole.key)
            return Storage(whole.key, whole.kind, whole.nbytes, whole.location, offset)
    raise CheckpointError("a storage with a view that is none", whole.key)


def kind_of(named: Any) -> Kind:
    """Return the kind that a name such as `torch.uint16` means."""
    name = named.name.removeprefix("torch.") if type(named) is Global else ""
    if name not in KINDS or named.name == name:
        raise CheckpointError(f"a tensor of type {getattr(named, 'name', type(named).__name__)}")
    return KINDS[name]


@constructor("torch._utils._rebuild_tensor")
def tensor(memory: Any, offset: Any, size: Any, stride: Any) -> TensorRecord:
    """Describe a tensor of a storage that knows its type."""
    if type(memory) is not Storage or memory.kind is None:
        raise CheckpointError("a tensor without a storage")
    return look(memory, memory.kind, offset, size, stride, False)


@constructor("torch._utils._rebuild_tensor_v2")
def tensor_with_gradient(
    memory: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, *metadata: Any
) -> TensorRecord:
    """Describe a tensor that may require grad."""
    check_hooks(hooks, metadata)
    if type(memory) is not Storage or memory.kind is None:
        raise CheckpointError("a tensor without a storage")
    return look(memory, memory.kind, offset, size, stride, requires_grad)


@constructor("torch._utils._rebuild_tensor_v3")
def tensor_of_type(
    memory: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any,
    *metadata: Any,
) -> TensorRecord:  # fmt: skip
    """Describe a tensor of a storage of bytes."""
    check_hooks(hooks, metadata)
    if type(memory) is not Storage:
        raise CheckpointError("a tensor without a storage")
    return look(memory, kind_of(dtype), offset, size, stride, requires_grad)


@constructor("torch._utils._rebuild_meta_tensor_no_storage")
def meta_tensor(dtype: Any, size: Any, stride: Any, requires_grad: Any) -> TensorRecord:
    """Describe a tensor that has no numbers."""
    return look(None, kind_of(dtype), 0, size, stride, requires_grad)


def look(
    memory: Storage | None, kind: Kind, offset: Any, size: Any, stride: Any, requires_grad: Any
) -> TensorRecord:
    """Describe a tensor, once its arguments are of the right types."""
    if not isinstance(size, tuple) or not isinstance(stride, tuple) or type(offset) is not int:
        raise CheckpointError("a tensor whose sizes are no tuples of integers")
    if type(requires_grad) is not bool or (requires_grad and kind.dtype.category < 2):
        raise CheckpointError(f"requires_grad={requires_grad!r} of a {kind.name} tensor")
    offset += memory.offset if memory else 0
    return TensorRecord(memory, kind, offset, tuple(size), tuple(stride), requires_grad)


def check_hooks(hooks: Any, metadata: tuple[Any, ...]) -> None:
    """Refuse hooks, and flags of conjugate and negative views, that PyTorch may write."""
    if hooks not in (None, {}) or metadata not in ((), (None,), ({},)):
        raise CheckpointError("a tensor with hooks or with a conjugate view's flags",
                              mend="save tensor.resolve_conj().resolve_neg()")  # fmt: skip


@constructor("torch._utils._rebuild_parameter")
def parameter(data: Any, requires_grad: Any, hooks: Any) -> TensorRecord:
    """Describe a Parameter."""
    check_hooks(hooks, ())
    if type(data) is not TensorRecord:
        raise CheckpointError("a Parameter of something else than a tensor")
    found = look(data.storage, data.kind, 0, data.size, data.stride, requires_grad)
    found.offset, found.role, found.attributes = data.offset, "Parameter", data.attributes
    found.check()
    return found


@constructor("torch._utils._rebuild_parameter_with_state")
def parameter_with_attributes(
    data: Any, requires_grad: Any, hooks: Any, state: Any
) -> TensorRecord:
    """Describe a Parameter with attributes."""
    found = parameter(data, requires_grad, hooks)
    found.attributes = check_attributes(state)
    return found


@constructor("torch._tensor._rebuild_from_type_v2")
def typed_tensor(function: Any, role: Any, arguments: Any, state: Any) -> TensorRecord:
    """Describe a Buffer, or a tensor with attributes."""
    found = construct(function, arguments)
    if type(found) is not TensorRecord or type(role) is not Global:
        raise CheckpointError("a tensor type of something else than a tensor")
    roles = {
        "torch.Tensor": found.role, "torch._tensor.Tensor": found.role,
        "torch.nn.parameter.Buffer": "Buffer", "torch.nn.parameter.Parameter": "Parameter",
    }  # fmt: skip
    if role.name not in roles:
        raise CheckpointError(f"a tensor of type {role.name}", mend=SAVE_AGAIN)
    found.role, found.attributes = roles[role.name], check_attributes(state)
    if found.role == "Tensor" and (found.attributes or {}).get("_is_buffer") is True:
        found.role = "Buffer"
    return found


def check_attributes(state: Any) -> Any:
    """Return the attributes of a tensor, if they are none that change what it does."""
    if type(state) is tuple and len(state) == 2 and state[1] in (None, {}):
        state = state[0]
    if state is None:
        return None
    if type(state) is not dict or not all(type(name) is str for name in state):
        raise CheckpointError("attributes of a tensor that have no names")
    return state


@constructor("torch.nn.parameter.UninitializedParameter", "torch.nn.UninitializedParameter")
def lazy_parameter(*arguments: Any) -> LazyRecord:
    """Describe a parameter without a shape."""
    return LazyRecord("parameter", arguments)


@constructor("torch.nn.parameter.UninitializedBuffer", "torch.nn.UninitializedBuffer")
def lazy_buffer(*arguments: Any) -> LazyRecord:
    """Describe a buffer without a shape."""
    return LazyRecord("buffer", arguments)


@constructor("collections.OrderedDict")
def ordered(pairs: Any = ()) -> State:
    """Describe an OrderedDict, empty or of pairs."""
    found = State()
    for key, value in pairs:
        found[check_key(key)] = value
    return found


@constructor("collections.Counter")
def counter(counts: Any = None) -> Counter[Any]:
    """Describe a Counter, whose counts are integers."""
    found: Counter[Any] = Counter()
    for key, count in (counts or {}).items():
        if type(count) is not int:
            raise CheckpointError("a Counter that does not count")
        found[check_key(key)] = count
    return found


@constructor("torch.Size")
def size(sizes: Any) -> Size:
    """Describe a Size."""
    if type(sizes) not in (tuple, list) or not all(type(number) is int for number in sizes):
        raise CheckpointError("a Size that is not made of integers")
    return Size(sizes)


@constructor("torch.device")
def place(kind: Any, index: Any = None) -> device:
    """Describe a device."""
    try:
        return device(kind, index)
    except (RuntimeError, TypeError) as error:
        raise CheckpointError(f"a device that is none: {error}") from None


@constructor("_codecs.encode")
def text_bytes(text: Any, encoding: Any) -> bytes:
    """Describe bytes, which protocol 2 writes as text."""
    if type(text) is not str or encoding != "latin1":
        raise CheckpointError("bytes that are not written as latin1")
    return text.encode("latin1")


@constructor("__builtin__.bytes", "builtins.bytes")
def empty_bytes() -> bytes:
    """Describe bytes of length 0."""
    return b""


@constructor("__builtin__.bytearray", "builtins.bytearray")
def byte_array(content: Any = b"", encoding: Any = None) -> bytearray:
    """Describe a bytearray."""
    if encoding is not None:
        content = text_bytes(content, {"latin-1": "latin1"}.get(encoding, encoding))
    if type(content) is not bytes:
        raise CheckpointError("a bytearray of something else than bytes")
    return bytearray(content)


@constructor("__builtin__.set", "builtins.set")
def plain_set(items: Any = ()) -> set[Any]:
    """Describe a set."""
    if type(items) not in (list, tuple):
        raise CheckpointError("a set of something else than a list")
    return {check_key(item) for item in items}


@constructor("__builtin__.complex", "builtins.complex")
def complex_number(real: Any, imaginary: Any) -> complex:
    """Describe a complex number."""
    if type(real) is not float or type(imaginary) is not float:
        raise CheckpointError("a complex number that is not made of floats")
    return complex(real, imaginary)
