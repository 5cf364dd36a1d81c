"""Tensor: an array, its gradient, and its place in the graph."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch_lazy.backends.registry import ARRAYS, BACKEND, backend_of
from minitorch_lazy.core import printing
from minitorch_lazy.core.device import device
from minitorch_lazy.core.dtype import Default, dtype, from_numpy
from minitorch_lazy.core.node import Hooks, Leaf, Memory, new
from minitorch_lazy.core.size import Size
from minitorch_lazy.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

TENSORS: set[type] = set()
"""Every class of tensors; membership is the fastest test that subclasses pass too."""

CARRIERS: set[type] = ARRAYS
"""Every class that may carry a gradient: arrays of all backends, and tensors."""


class Tensor:
    """An n-dimensional array that can be differentiated.

    Attributes:
        array: the raw array of the backend.
        node: its place in the graph; None where no gradient is needed.
        gradient: what `grad` shows.
        memory: the version counter shared with every tensor over the same memory.
        view: how this tensor is seen from its base, None for a tensor of its own.

    Source: torch.Tensor.
    """

    __slots__ = ("array", "node", "gradient", "memory", "view", "__dict__", "__weakref__")
    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __init_subclass__(cls) -> None:
        TENSORS.add(cls)
        CARRIERS.add(cls)

    # -- what it is made of ------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size of every dimension."""
        return Size(self.array.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return int(self.array.ndim)

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return from_numpy(self.array.dtype)

    @property
    def device(self) -> device:
        """Where the elements live."""
        return device(*BACKEND[self.array.__class__].device_of(self.array))

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return int(self.array.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.itemsize * self.numel()

    @property
    def is_cuda(self) -> bool:
        """Whether the elements live on a GPU."""
        return self.device.type == "cuda"

    @property
    def is_meta(self) -> bool:
        """Whether the tensor has a shape and a dtype but no numbers."""
        return self.device.type == "meta"

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dimension."""
        return self.shape if dim is None else self.array.shape[self.axis(dim)]

    def dim(self) -> int:
        """Return the number of dimensions."""
        return self.ndim

    def numel(self) -> int:
        """Return the number of elements."""
        return self.shape.numel()

    nelement = numel
    ndimension = dim

    def element_size(self) -> int:
        """Return the bytes per element."""
        return self.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Return how many elements apart neighbours along each dimension are."""
        steps = tuple(step // self.itemsize for step in self.array.strides)
        return steps if dim is None else steps[self.axis(dim)]

    def is_floating_point(self) -> bool:
        """Tell whether the elements are real floating-point numbers."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Tell whether the elements are complex numbers."""
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        """Tell whether the elements may be negative."""
        return self.dtype.is_signed

    def get_device(self) -> int:
        """Return the number of the GPU, -1 on the CPU."""
        index = self.device.index
        return -1 if index is None else index

    def axis(self, dim: int) -> int:
        """Return a dimension counted from the front.

        Raises:
            IndexError: there is no such dimension.
        """
        size = self.array.ndim or 1
        if not -size <= dim < size:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-size}, {size - 1}], "
                f"but got {dim})"
            )
        return dim % size

    # -- its place in the graph --------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        self.requires_grad_(on)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask, or stop asking, for gradients of this leaf.

        Raises:
            RuntimeError: the dtype has no gradients, or the tensor is not a leaf.
        """
        if not self.is_leaf:
            if requires_grad:
                return self
            raise refuse(
                RuntimeError, "requires_grad_",
                "you can only change requires_grad flags of leaf variables.",
                "use detach() for a tensor that is cut off from the graph", input=self,
            )  # fmt: skip
        if requires_grad and self.node is None:
            self.node = self.new_leaf()
        elif not requires_grad:
            self.node = None
        return self

    def new_leaf(self) -> Leaf:
        """Make the graph node of this leaf; only floating-point and complex numbers have one."""
        if from_numpy(self.array.dtype).category < 2:
            raise refuse(
                RuntimeError, "requires_grad",
                "only Tensors of floating point and complex dtype can require gradients",
                "convert it first, for example with .float()", input=self,
            )  # fmt: skip
        return Leaf(self)

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user rather than by a recorded operation."""
        return self.node is None or self.node.__class__ is Leaf

    @property
    def grad_fn(self) -> Any:
        """The node of the operation that made this tensor; None for a leaf."""
        return None if self.is_leaf else self.node

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` accumulated; None before."""
        return self.gradient

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            self.check_gradient(value)
        self.gradient = value

    def check_gradient(self, value: Any) -> None:
        """Refuse a gradient that does not fit this tensor."""
        if value.__class__ not in TENSORS:
            raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type "
                            f"{type(value).__name__}")  # fmt: skip
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        for what in ("shape", "dtype", "device"):
            mine, its = getattr(self, what), getattr(value, what)
            if mine != its:
                raise refuse(
                    RuntimeError, "grad",
                    f"assigned grad has data of a different {what if what != 'shape' else 'size'}: "
                    f"{its} instead of {mine}", "give it the tensor's own",
                    tensor=self, grad=value,
                )  # fmt: skip

    def hooks(self) -> Hooks:
        """Return the hooks of this tensor's gradient, ready to be added to."""
        if self.node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.node.hooks is None:
            self.node.hooks = Hooks()
        found: Hooks = self.node.hooks
        return found

    # -- its memory --------------------------------------------------------------------------

    def shared(self) -> Memory:
        """Return the version counter of this tensor's memory."""
        if self.memory is None:
            self.memory = Memory()
        found: Memory = self.memory
        return found

    def bump(self) -> None:
        """Tell the graph that the array was written in place."""
        self.shared().version += 1

    @property
    def _version(self) -> int:
        return self.memory.version if self.memory is not None else 0

    @property
    def _base(self) -> Tensor | None:
        return self.view.base if self.view is not None else None

    @property
    def data(self) -> Tensor:
        """The same memory as a tensor outside of the graph, with a version of its own."""
        return wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if value.__class__ not in TENSORS:
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self.array = value.array

    # -- leaving the package -----------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """Return the elements as a NumPy array over the same memory.

        Args:
            force: also detach and copy from the device where that is needed.

        Raises:
            RuntimeError: the tensor requires grad.
            TypeError: the tensor is not on the CPU.
        """
        if self.node is not None and not force:
            raise refuse(
                RuntimeError, "numpy", "Can't call numpy() on Tensor that requires grad.",
                "use tensor.detach().numpy()", input=self,
            )  # fmt: skip
        if not isinstance(self.array, np.ndarray) and not force:
            raise refuse(
                TypeError, "numpy",
                f"can't convert {self.device} device type tensor to numpy.",
                "use tensor.cpu() to copy it to host memory first", input=self,
            )  # fmt: skip
        return self.host()

    def host(self) -> np.ndarray[Any, Any]:
        """Return the elements as a NumPy array, copied from the device where that is needed."""
        found: np.ndarray[Any, Any] = BACKEND[self.array.__class__].to_numpy(self.array)
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises:
            RuntimeError: there is not exactly one element.
        """
        if self.numel() != 1:
            raise refuse(
                RuntimeError, "item",
                f"a Tensor with {self.numel()} elements cannot be converted to Scalar",
                "use tolist(), or pick one element", input=self,
            )  # fmt: skip
        value = self.host().item()
        return float(value) if self.array.dtype.kind == "V" else value

    def tolist(self) -> Any:
        """Return the elements as nested Python lists; a number for a 0-d tensor."""
        return self.host().tolist()

    def __bool__(self) -> bool:
        if self.numel() != 1:
            what = "no values" if self.numel() == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.dtype.category > 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return int(self.array.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))  # type: ignore[attr-defined]

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())  # type: ignore[attr-defined]

    def __format__(self, spec: str) -> str:
        if self.array.ndim == 0 and not self.is_meta:
            return self.item().__format__(spec)  # type: ignore[no-any-return]
        return object.__format__(self, spec)

    def __repr__(self) -> str:
        node = self.grad_fn
        meta = self.is_meta
        return printing.tensor_text(
            self.array if meta else self.host(),
            dtype_name=self.dtype.name,
            default_dtype_name=Default.dtype.name,
            device=None if self.device.type == "cpu" else str(self.device),
            grad_fn=node.name() if node is not None else None,
            requires_grad=node is None and self.node is not None,
            shape_only=meta,
        )

    def __reversed__(self) -> Tensor:
        return self.flip(tuple(range(self.ndim)))  # type: ignore[attr-defined,no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """Copy a leaf with its gradient and attributes.

        Raises:
            RuntimeError: the tensor was made by a recorded operation.
        """
        if id(self) in memo:
            return memo[id(self)]  # type: ignore[no-any-return]
        if not self.is_leaf:
            raise refuse(
                RuntimeError, "deepcopy", "Only Tensors created explicitly by the user (graph "
                "leaves) support the deepcopy protocol at the moment.", "use detach() or clone()",
                input=self,
            )  # fmt: skip
        array = BACKEND[self.array.__class__].copy(self.array)
        out = memo[id(self)] = restored(type(self), array, self.requires_grad)
        out.gradient = deepcopy(self.gradient, memo)
        out.__dict__.update(deepcopy(self.__dict__, memo))
        return out

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise refuse(RuntimeError, "pickle", "only leaves of the graph can be pickled",
                         "use detach()", input=self)  # fmt: skip
        state = self.__dict__ or None
        return unpickled, (type(self), self.host(), str(self.device), self.requires_grad), state


def restored(cls: type, array: Any, requires_grad: bool) -> Any:
    """Make a tensor of any class around an array."""
    out = new(cls)
    out.array, out.node, out.gradient, out.memory, out.view = array, None, None, None, None
    if requires_grad:
        out.node = Leaf(out)
    return out


def unpickled(cls: type, array: Any, place: str, requires_grad: bool) -> Any:
    """Make a tensor of what `pickle` kept of it."""
    home = device(place)
    if home.type != "cpu":
        array = backend_of(home.type).from_numpy(array, home.index)
    return restored(cls, array, requires_grad)


TENSORS.add(Tensor)
CARRIERS.add(Tensor)


def wrap(array: Any, node: Any = None) -> Tensor:
    """Make a tensor of a raw array, trusting both."""
    out = new(Tensor)
    out.array = array
    out.node = node
    out.gradient = None
    out.memory = None
    out.view = None
    return out  # type: ignore[no-any-return]
