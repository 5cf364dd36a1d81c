"""Reading a tensor's numbers: as NumPy arrays, as Python numbers, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core import printing
from minitorch_lazy.core.dtype import Default
from minitorch_lazy.core.metadata import Metadata
from minitorch_lazy.errors import refuse

if TYPE_CHECKING:
    from minitorch_lazy.core.tensor import Tensor


class Reading(Metadata):
    """The ways out of a tensor."""

    __slots__ = ()
    node: Any
    grad_fn: Any

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
        return float(real_number(self))

    def __int__(self) -> int:
        return int(real_number(self))

    def __complex__(self) -> complex:
        return complex(number(self))

    def __index__(self) -> int:
        if self.dtype.category > 1 or self.numel() != 1:
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
        found = self == element
        if found is False:
            raise RuntimeError("Tensor.__contains__ only supports Tensor or scalar, but you passed "
                               f"in a {type(element)}.")  # fmt: skip
        return bool(found.any())

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


def number(x: Reading) -> Any:
    """Return the only element as a Python number; what is wrong is said as `float` says it."""
    if x.numel() != 1:
        raise ValueError(
            "only one element tensors can be converted to Python scalars, got shape "
            f"{tuple(x.shape)}\n  mend    use tolist(), or pick one element"
        )
    return x.item()


def real_number(x: Reading) -> Any:
    """Return the only element as a Python number that is not complex."""
    value = number(x)
    if isinstance(value, complex) and value.imag:
        raise RuntimeError(
            f"value cannot be converted to type double without overflow: {value} is complex\n"
            "  mend    take .real or .abs() first"
        )
    return value.real
