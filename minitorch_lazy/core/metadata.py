"""What a tensor is made of: shape, type, device, strides."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.device import device
from minitorch_lazy.core.dtype import dtype, from_numpy
from minitorch_lazy.core.formats import layout as Layout
from minitorch_lazy.core.formats import strided
from minitorch_lazy.core.size import Size, integer, no_dimension
from minitorch_lazy.errors import refuse


class Metadata:
    """The properties of a tensor that do not depend on its numbers."""

    __slots__ = ()
    array: Any

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
    def layout(self) -> Layout:
        """How the elements are kept: `torch.strided`."""
        return strided

    @property
    def is_sparse(self) -> bool:
        """Whether only the elements that are not 0 are kept: never."""
        return False

    @property
    def is_meta(self) -> bool:
        """Whether the tensor has a shape and a dtype but no numbers."""
        return self.device.type == "meta"

    def data_ptr(self) -> int:
        """Return the address of the first element, on its device; 0 where there is none.

        Source: torch.Tensor.data_ptr.
        """
        return int(BACKEND[self.array.__class__].address(self.array))

    def is_shared(self) -> bool:
        """Tell whether other processes can see the elements: those on a GPU only.

        Source: torch.Tensor.is_shared.
        """
        return self.is_cuda

    def share_memory_(self) -> Any:
        """Refuse to move the elements into memory that processes share; on a GPU they are there.

        Raises:
            RuntimeError: the elements live in this process's own memory.

        Source: torch.Tensor.share_memory_.
        """
        if self.is_cuda:
            return self
        raise refuse(
            RuntimeError, "share_memory_", "the memory of this tensor belongs to one process",
            "send tensor.numpy() to the other process, or use threads", input=self,
        )  # fmt: skip

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
            TypeError: it is no integer.
        """
        size = self.array.ndim or 1
        if dim.__class__ is not int:
            dim = integer("dim", dim)
        if not -size <= dim < size:
            raise no_dimension(dim, size, self.array.shape)
        return dim % size
