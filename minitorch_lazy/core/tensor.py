"""Tensor: an array, its gradient, and its place in the graph."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from minitorch_lazy.backends.registry import ARRAYS, BACKEND, backend_of
from minitorch_lazy.core.device import device
from minitorch_lazy.core.dtype import from_numpy
from minitorch_lazy.core.node import ADDING, Hooks, Leaf, Memory, new
from minitorch_lazy.core.reading import Reading
from minitorch_lazy.errors import refuse

TENSORS: set[Any] = set()
"""Every class of tensors; membership is the fastest test that subclasses pass too."""


class Tensor(Reading):
    """An n-dimensional array that can be differentiated.

    Attributes:
        array: the raw array of the backend.
        node: its place in the graph; None where no gradient is needed.
        gradient: what `grad` shows: an array until somebody looks, a Tensor from then on.
        memory: the version counter shared with every tensor over the same memory.
        origin: how this tensor is seen from its base, None for a tensor of its own.

    Source: torch.Tensor.
    """

    __slots__ = ("array", "node", "gradient", "memory", "origin", "__dict__", "__weakref__")
    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __init_subclass__(cls) -> None:
        TENSORS.add(cls)

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
        if self.gradient.__class__ in ARRAYS:
            with ADDING:
                g = self.gradient
                if g.__class__ in ARRAYS:
                    dense = g.flags.c_contiguous
                    self.gradient = wrap(g if dense else BACKEND[g.__class__].copy(g))
        found: Tensor | None = self.gradient
        return found

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            self.check_gradient(value)
        self.gradient = value

    @grad.deleter
    def grad(self) -> None:
        self.gradient = None

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
            if self.node.push is not None:
                self.node.push = None  # the short way shows nothing to hooks
        found: Hooks = self.node.hooks
        return found

    # -- its memory --------------------------------------------------------------------------

    def shared(self) -> Memory:
        """Return the version counter of this tensor's memory."""
        found: Memory | None = self.memory
        if found is None:
            found = self.memory = Memory()
            found.version = 0
        return found

    def bump(self) -> None:
        """Tell the graph that the array was written in place."""
        memory = self.memory or self.shared()
        memory.version += 1

    @property
    def _version(self) -> int:
        return self.memory.version if self.memory is not None else 0

    @property
    def _base(self) -> Tensor | None:
        return self.origin.base if self.origin is not None else None

    @property
    def data(self) -> Tensor:
        """The same memory as a tensor outside of the graph, with a version of its own."""
        return wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if value.__class__ not in TENSORS:
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self.node is not None and value.dtype.category < 2:
            raise refuse(
                RuntimeError, "data", "data set to a tensor that requires gradients must be "
                "floating point or complex dtype", "call requires_grad_(False) first",
                tensor=self, data=value,
            )  # fmt: skip
        self.array = value.array

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
        out.gradient = deepcopy(self.grad, memo)
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
    out.array, out.node, out.gradient, out.memory, out.origin = array, None, None, None, None
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


def wrap(array: Any, node: Any = None) -> Tensor:
    """Make a tensor of a raw array, trusting both."""
    out = new(Tensor)
    out.array = array
    out.node = node
    out.gradient = None
    out.memory = None
    out.origin = None
    return out  # type: ignore[no-any-return]
