"""Parameters and buffers: tensors that a module registers when they are assigned to it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.device import device as Device
from minitorch_lazy.core.dtype import dtype as Dtype
from minitorch_lazy.core.dtype import get_default_dtype
from minitorch_lazy.core.tensor import Tensor, restored, wrap
from minitorch_lazy.nn.uninitialized import UninitializedTensorMixin, is_lazy, revive
from minitorch_lazy.ops.create import empty

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]


class Parameter(Tensor):
    """A tensor that a module trains: assigning it to an attribute of a module registers it.

    It shares the memory of `data`, and is a leaf that requires grad even inside `no_grad`.

    Args:
        data: a tensor; one of no elements where not given.
        requires_grad: whether `backward` computes its gradient.
    Raises:
        AttributeError: `data` is not a tensor.

    Source: torch.nn.Parameter.

    >>> import minitorch_lazy as torch
    >>> torch.nn.Parameter(torch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise AttributeError(
                f"'{type(data).__name__}' object has no attribute 'detach': a Parameter is made of "
                "a tensor\n  mend    Parameter(torch.tensor(data))"
            )
        out = restored(cls, data.array, False)
        out.memory = data.shared()
        if requires_grad:
            out.node = out.new_leaf()
        return out  # type: ignore[no-any-return]

    @property
    def data(self) -> Tensor:
        """The same memory outside of the graph; under `nn.init.keyed` draws into it are keyed."""
        out = wrap(self.array)
        if "key" in self.__dict__:
            out.__dict__["key"] = self.__dict__["key"]
        return out

    @data.setter
    def data(self, value: Tensor) -> None:
        Tensor.data.__set__(self, value)  # type: ignore[attr-defined]

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        if id(self) not in memo:
            array = BACKEND[self.array.__class__].copy(self.array)
            twin = self.data
            twin.array = array
            memo[id(self)] = type(self)(twin, self.requires_grad)
            carry_key(self, memo[id(self)], memo)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        state = dict(self.__dict__)
        return restore_parameter, (type(self), self.data, self.requires_grad, state)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


def carry_key(source: Tensor, target: Tensor, memo: dict[Any, Any]) -> None:
    """Let a copy draw from a copy of the stream that `nn.init.keyed` gave the original."""
    if "key" in source.__dict__:
        target.__dict__["key"] = deepcopy(source.__dict__["key"], memo)


def restore_parameter(cls: Any, data: Tensor, requires_grad: bool, state: dict[str, Any]) -> Any:
    """Make a parameter again from what `pickle` and `copy` keep of it."""
    out = cls(data, requires_grad)
    out.__dict__.update(state)
    return out


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A parameter whose shape the first batch will settle.

    Args:
        requires_grad: whether `backward` will compute its gradient.
        device, dtype: where and what the elements will be.
        shape: the sizes, None for each that is not known yet.

    Source: torch.nn.UninitializedParameter; `shape` and `spec` are ours.

    >>> import minitorch_lazy as torch
    >>> weight = torch.nn.UninitializedParameter(shape=(256, None))
    >>> weight, weight.spec
    (<UninitializedParameter>, (256, None))
    >>> weight.materialize((256, 20))
    >>> type(weight).__name__, weight.shape
    ('Parameter', torch.Size([256, 20]))
    """

    cls_to_become: type = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: Dtype | None = None, *,
        shape: tuple[int | None, ...] | None = None,
    ) -> UninitializedParameter:  # fmt: skip
        return unknown(cls, requires_grad, device, dtype, shape)  # type: ignore[no-any-return]


class BufferType(type):
    """The class of Buffer: a marked tensor is an instance, whatever its own class."""

    def __instancecheck__(cls, instance: Any) -> bool:
        marked = isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)
        return bool(marked) or super().__instancecheck__(instance)


class Buffer(Tensor, metaclass=BufferType):
    """Mark a tensor as state that is not trained: assigning it to a module registers a buffer.

    Args:
        data: a tensor, whose memory is shared; one of no elements where not given.
        persistent: whether `state_dict` holds it.

    Source: torch.nn.Buffer.
    """

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        data = empty(0) if data is None else data
        out: Any = data.detach().requires_grad_(data.requires_grad)
        out.persistent = persistent
        out._is_buffer = True
        return out


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer whose shape the first batch will settle.

    Args:
        requires_grad: whether it will require grad.
        device, dtype: where and what the elements will be.
        persistent: whether `state_dict` holds it.
        shape: the sizes, None for each that is not known yet.

    Source: torch.nn.UninitializedBuffer; `shape` and `spec` are ours.
    """

    cls_to_become: type = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Dtype | None = None,
        persistent: bool = True, *, shape: tuple[int | None, ...] | None = None,
    ) -> UninitializedBuffer:  # fmt: skip
        out = unknown(cls, requires_grad, device, dtype, shape)
        out.persistent = persistent
        out._is_buffer = True
        return out  # type: ignore[no-any-return]


def unknown(cls: type, requires_grad: bool, device: Any, dtype: Dtype | None, shape: Any) -> Any:
    """Make a tensor that waits for its shape."""
    known = {} if shape is None else {"spec": tuple(shape)}
    place = Device(device if device is not None else "cpu")
    return revive(cls, dtype or get_default_dtype(), place, requires_grad, known)
