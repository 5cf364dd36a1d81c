"""What a tensor without a shape yet knows, refuses and remembers.

It exists from birth, so that optimizers, tied layers and state dicts can hold it. It knows its
dtype, its device and whatever sizes are known; it remembers the initialisers that were applied to
it; and `materialize` turns it, the same object, into an ordinary tensor.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from copy import deepcopy
from types import FrameType
from typing import Any

from minitorch_lazy.core.device import device as Device
from minitorch_lazy.core.dtype import dtype as Dtype
from minitorch_lazy.core.node import Leaf
from minitorch_lazy.core.size import Size
from minitorch_lazy.core.tensor import Tensor, restored, wrap
from minitorch_lazy.nn.recording import Recorded, Recording, remember, replay, spelled
from minitorch_lazy.nn.trying import try_out
from minitorch_lazy.ops.create import empty

__all__ = ["UninitializedTensorMixin", "is_lazy"]

STORAGE: Any = Tensor.__dict__["array"]
"""The slot that `array` hides while a tensor is uninitialized: it holds an array of no elements."""

OPERATIONS = ("minitorch_lazy.ops", "minitorch_lazy.core", "minitorch_lazy.nn.functional")
"""Where a question for the shape comes from an operation rather than from the user."""

WRAPPERS = ("minitorch_lazy.core.mistakes", "minitorch_lazy.core.public")
"""Where a function stands around another one, whose name is the one to tell."""


def converted(name: str) -> Callable[..., Any]:
    """Make the method that converts an array of no elements, as `Module.to` and its kin ask."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(wrap(STORAGE.__get__(self)), name)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Return an empty tensor of the type and device that `{name}` gives."
    return method


def refused(name: str) -> Callable[..., Any]:
    """Make a method that needs a shape, and says so."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise self.used_in(name)

    method.__name__ = name
    method.__doc__ = f"Refuse: `{name}` needs an initialized tensor."
    return method


class UninitializedData(Recording, Tensor):
    """What `data` of an uninitialized tensor is: no elements, and the same memory for calls."""

    @property
    def recorder(self) -> Any:
        """The tensor that remembers what is done to this one."""
        return self.__dict__["owner"]

    def __getitem__(self, key: Any) -> Any:
        raise self.recorder.used_in("data[...]")

    def __setitem__(self, key: Any, value: Any) -> None:
        raise self.recorder.used_in("data[...]")


class UninitializedTensorMixin(Recording):
    """The behaviour that parameters and buffers without a shape have in common.

    Attributes:
        spec: the sizes, None for each that is unknown; None as a whole if nothing is known.
        recorded: what was done to the tensor and waits for its shape.
        owner: `"LazyLinear.weight"`, the first module that registered it, for messages.
        cls_to_become: the class after `materialize`.

    Source: torch.nn.parameter.UninitializedTensorMixin.
    """

    __slots__ = ()

    spec: tuple[int | None, ...] | None = None
    recorded: tuple[Recorded, ...] = ()
    owner = ""
    cls_to_become: type = Tensor

    half = converted("half")
    float = converted("float")
    double = converted("double")
    bfloat16 = converted("bfloat16")
    int = converted("int")
    long = converted("long")
    char = converted("char")
    short = converted("short")
    type = converted("type")
    to = converted("to")
    cpu = converted("cpu")
    cuda = converted("cuda")

    dim = refused("dim")
    ndimension = refused("ndimension")
    numel = refused("numel")
    nelement = refused("nelement")
    stride = refused("stride")
    element_size = refused("element_size")
    numpy = refused("numpy")
    hooks = refused("register_hook")
    retain_grad = refused("retain_grad")
    is_contiguous = refused("is_contiguous")
    view = refused("view")
    backward = refused("backward")
    storage = refused("storage")
    data_ptr = refused("data_ptr")
    is_shared = refused("is_shared")
    new_empty = refused("new_empty")
    new_full = refused("new_full")
    new_ones = refused("new_ones")
    new_tensor = refused("new_tensor")
    new_zeros = refused("new_zeros")

    # -- what is known -----------------------------------------------------------------------

    @property
    def array(self) -> Any:
        """Refuse: every operation asks for the array first."""
        raise self.used_in(operation_in(sys._getframe(1)))

    @array.setter
    def array(self, value: Any) -> None:
        STORAGE.__set__(self, value)

    @property
    def shape(self) -> Any:
        """Refuse: the shape is what is not known."""
        frame = sys._getframe(1)
        if frame.f_globals.get("__name__", "").startswith(OPERATIONS):
            raise self.used_in(operation_in(frame))
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            f"attributes.{self.place()}"
        )

    @property
    def dtype(self) -> Dtype:
        """The type that the elements will have."""
        return wrap(STORAGE.__get__(self)).dtype

    @property
    def device(self) -> Device:
        """Where the elements will live."""
        return wrap(STORAGE.__get__(self)).device

    @property
    def data(self) -> Tensor:
        """A tensor of no elements that hands on what is done to it."""
        out = restored(UninitializedData, STORAGE.__get__(self), False)
        out.__dict__["owner"] = self
        return out  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: Tensor) -> None:
        if value.numel():
            raise self.used_in("an assignment to data")
        STORAGE.__set__(self, empty(0, dtype=value.dtype, device=value.device).array)

    @property
    def recorder(self) -> Any:
        """The tensor that remembers what is done to this one: itself."""
        return self

    @property
    def itemsize(self) -> Any:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> Any:
        """Bytes of all elements: none are there yet."""
        return 0

    @property
    def ndim(self) -> Any:
        """One, as of any tensor of no elements."""
        return 1

    def size(self, dim: Any = None) -> Any:
        """Return the size of a tensor of no elements."""
        return Size((0,)) if dim is None else 0

    def new_leaf(self) -> Leaf:
        """Make the graph node of this leaf; the type of its elements may still change."""
        return Leaf(self)

    def identity(self) -> str:
        """Say which tensor this is, and what is known of it."""
        known = "" if self.spec is None else f", known sizes {shown(self.spec)}"
        return f"  tensor  {self.owner or 'of no module'} ({self.dtype.name}{known})"

    def place(self) -> str:
        """Say which tensor this is, and what would initialize it."""
        mend = "call the net once on a batch, or load an initialized state"
        return f"\n{self.identity()}\n  mend    {mend}"

    def used_in(self, operation: str) -> ValueError:
        """Build the error of an operation that needs elements."""
        error = ValueError(
            f"Attempted to use an uninitialized parameter in {operation}. This error happens when "
            "you are using a `LazyModule` or explicitly manipulating "
            f"`torch.nn.parameter.{self.__class__.__name__}` objects. When using LazyModules Call "
            "`forward` with a dummy batch to initialize the parameters before calling torch "
            f"functions{self.place()}"
        )
        error.uninitialized = self  # type: ignore[attr-defined]
        return error

    def share_memory_(self) -> Any:
        """Refuse: there is no memory yet."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to "
            f"initialize the parameters before calling `module.share_memory()`.{self.place()}"
        )

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}>"

    # -- becoming an ordinary tensor ---------------------------------------------------------

    def record(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Remember `function(tensor, *args, **kwargs)` until the shape is known.

        Raises:
            Exception: an initialiser or method of a tensor refuses these arguments.
        """
        if spelled(function) is not None:
            try_out(self, function, args, kwargs)
        self.__dict__["recorded"] = (*self.recorded, remember(function, args, kwargs))
        return self

    def check_fit(self, shape: Any) -> None:
        """Refuse a shape that contradicts the sizes that are known.

        Raises:
            RuntimeError: the message names both.
        """
        if not fits(shape, self.spec):
            raise RuntimeError(
                f"size mismatch for {self.owner or 'an uninitialized tensor'}: it cannot take the "
                f"shape {tuple(shape)}, its known sizes are {shown(self.spec)}"
            )

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Give the tensor its shape: the same object becomes an ordinary tensor.

        Its elements are not set, except by the initialisers that were recorded, replayed in order.

        Args:
            shape: sizes, or one size.
            device, dtype: where and what the elements will be; the tensor's own where not given.
        Raises:
            RuntimeError: the shape contradicts the known sizes.

        Source: torch.nn.parameter.UninitializedTensorMixin.materialize.
        """
        shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
        self.check_fit(shape)
        fresh = empty(shape, dtype=dtype or self.dtype, device=device or self.device)
        calls = self.recorded
        target = self.cls_to_become
        for name in ("spec", "recorded", "owner", "cls_to_become"):
            self.__dict__.pop(name, None)
        STORAGE.__set__(self, fresh.array)
        self.__class__ = target  # type: ignore[assignment]
        replay([(self, call) for call in calls])

    # -- copies ------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = twin = revive(
                self.__class__, self.dtype, self.device, self.requires_grad, {}  # type: ignore[attr-defined]
            )  # fmt: skip
            twin.__dict__.update(deepcopy(self.__dict__, memo))
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return revive, (
            self.__class__, self.dtype, self.device, self.requires_grad, dict(self.__dict__)  # type: ignore[attr-defined]
        )  # fmt: skip


def operation_in(frame: FrameType | None) -> str:
    """Name the operation that is running in a frame or just outside of it."""
    name = "an operation" if frame is None else frame.f_code.co_name
    while frame is not None and frame.f_globals.get("__name__", "").startswith(OPERATIONS):
        if frame.f_globals["__name__"] not in WRAPPERS:
            op = frame.f_locals.get("op", frame.f_globals.get("op"))
            name = getattr(op, "name", frame.f_code.co_name)
        frame = frame.f_back
    return name


def revive(
    cls: Any, dtype: Dtype, device: Device, requires_grad: bool, known: dict[str, Any]
) -> Any:
    """Make an uninitialized tensor of a class that knows what another one knew."""
    out = restored(cls, empty(0, dtype=dtype, device=device).array, requires_grad)
    out.__dict__.update(known)
    return out


def fits(shape: Any, spec: tuple[int | None, ...] | None) -> bool:
    """Tell whether a shape, or as much as is known of one, agrees with the sizes that are known."""
    if shape is None or spec is None:
        return True
    return len(shape) == len(spec) and all(
        None in (known, size) or known == size for size, known in zip(shape, spec, strict=True)
    )


def shown(spec: tuple[int | None, ...] | None) -> str:
    """Show known sizes as a tuple with `?` for the others."""
    sizes = ["?" if size is None else str(size) for size in spec or ()]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def is_lazy(param: Any) -> bool:
    """Tell whether a parameter or buffer still waits for its shape.

    Source: torch.nn.parameter.is_lazy.
    """
    return isinstance(param, UninitializedTensorMixin)
