"""An array without numbers: shape, dtype and strides."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from minitorch_lazy.backends.meta import keys
from minitorch_lazy.backends.meta.layout import (
    Sizes,
    dense,
    is_dense,
    memory_order,
    ordered,
    regrouped,
)
from minitorch_lazy.backends.meta.rules import RULES, no_numbers, no_rule

METHODS = set(
    """
    all any argmax argmin argsort clip conj conjugate cumprod cumsum diagonal dot max mean min
    nonzero prod ravel repeat round searchsorted squeeze std sum swapaxes take trace var
    """.split()
)
"""Methods that do what the function of NumPy of that name does."""


class MetaArray(np.lib.mixins.NDArrayOperatorsMixin):
    """What an array would be, had it been computed.

    It behaves as `numpy.ndarray` does, so that kernels run on it unchanged: operators, methods and
    NumPy's functions find their shape rule, and what would read a number is refused. Nothing of
    the array's size is ever allocated.

    Attributes:
        shape: the sizes.
        dtype: the NumPy type of the elements that are not there.
        strides: how many bytes apart neighbours would be; dense ones where not given.
        base: the array whose memory this one would look at; None for an array of its own.
    """

    __slots__ = ("shape", "dtype", "strides", "base")
    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __init__(
        self, shape: Sizes, dtype: Any, strides: Sizes | None = None, base: Any = None
    ) -> None:
        if any(n < 0 for n in shape):
            raise ValueError("negative dimensions are not allowed")
        self.shape, self.dtype, self.base = shape, np.dtype(dtype), base
        self.strides = dense(shape, self.dtype.itemsize) if strides is None else strides

    def seen(self, shape: Sizes, strides: Sizes, dtype: Any = None) -> MetaArray:
        """Look at the same memory in another way."""
        owner = self if self.base is None else self.base
        return MetaArray(shape, dtype or self.dtype, strides, owner)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes that all elements would take."""
        return self.size * self.itemsize

    @property
    def flags(self) -> SimpleNamespace:
        """How the elements would lie in memory."""
        shape, strides, step = self.shape, self.strides, self.itemsize
        return SimpleNamespace(
            c_contiguous=is_dense(shape, strides, step),
            f_contiguous=is_dense(shape[::-1], strides[::-1], step),
            owndata=self.base is None,
            writeable=True,
        )

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"MetaArray({self.shape}, {self.dtype})"

    # -- the same memory in other shapes -------------------------------------------------------

    def reshape(self, *shape: Any) -> MetaArray:
        """Give the elements another shape, without a copy where the strides allow it."""
        target = list(shape[0]) if len(shape) == 1 and not is_number(shape[0]) else list(shape)
        if target.count(-1) == 1 and (known := -prod(target)):
            target[target.index(-1)] = self.size // known
        wanted = tuple(int(n) for n in target)
        if prod(wanted) != self.size or min(wanted, default=0) < 0:
            raise ValueError(f"cannot reshape array of size {self.size} into shape {shape}")
        strides = regrouped(self.shape, self.strides, wanted, self.itemsize)
        return MetaArray(wanted, self.dtype) if strides is None else self.seen(wanted, strides)

    def transpose(self, *axes: Any) -> MetaArray:
        """Reorder the axes; reverse them where no order is given."""
        given = axes[0] if len(axes) == 1 and not is_number(axes[0]) else axes or None
        order = tuple(range(self.ndim))[::-1] if given is None else keys.axes_of(given, self.ndim)
        if len(order) != self.ndim:
            raise ValueError("axes don't match array")
        return self.seen(
            tuple(self.shape[a] for a in order), tuple(self.strides[a] for a in order)
        )

    @property
    def T(self) -> MetaArray:  # noqa: N802 - NumPy's name
        """The array with its axes in reverse order."""
        return self.transpose()

    @property
    def mT(self) -> MetaArray:  # noqa: N802 - NumPy's name
        """The array with its last two axes swapped."""
        return self.swapaxes(-1, -2)  # type: ignore[no-any-return]

    @property
    def real(self) -> MetaArray:
        """The real parts."""
        if self.dtype.kind != "c":
            return self
        return self.seen(self.shape, self.strides, np.dtype(f"f{self.itemsize // 2}"))

    @property
    def imag(self) -> MetaArray:
        """The imaginary parts."""
        return self.real if self.dtype.kind == "c" else self.copy("A")

    def view(self, dtype: Any) -> MetaArray:
        """Read the bytes as another type; the last axis grows or shrinks with the size of one."""
        target = np.dtype(dtype)
        if target.itemsize == self.itemsize:
            return self.seen(self.shape, self.strides, target)
        length = self.shape[-1] * self.itemsize if self.shape else 0
        if not self.shape or self.strides[-1] != self.itemsize or length % target.itemsize:
            raise ValueError("To change to a dtype of a different size, the last axis must be "
                             "contiguous")  # fmt: skip
        shape = (*self.shape[:-1], length // target.itemsize)
        return self.seen(shape, (*self.strides[:-1], target.itemsize), target)

    def __getitem__(self, key: Any) -> MetaArray:
        region = keys.basic(key, self.shape, self.strides)
        if region is not None:
            return self.seen(*region)
        shape, order = keys.picked(key, self.shape, self.strides)
        return MetaArray(shape, self.dtype, ordered(shape, order, self.itemsize))

    def __setitem__(self, key: Any, value: Any) -> None:
        region = keys.basic(key, self.shape, self.strides)
        shape = keys.picked(key, self.shape, self.strides)[0] if region is None else region[0]
        given = tuple(np.shape(value))
        wanted = (1,) * (len(given) - len(shape)) + shape
        pairs = zip(reversed(given), reversed(wanted), strict=False)
        if any(have not in (1, want) for have, want in pairs):
            raise ValueError(f"could not broadcast input array from shape {given} into shape "
                             f"{shape}")  # fmt: skip

    def __iter__(self) -> Iterator[MetaArray]:
        return (self[i] for i in range(len(self)))

    # -- new memory ----------------------------------------------------------------------------

    def like(self, dtype: Any = None) -> MetaArray:
        """Return an array of this shape, its axes in the order in which they lie in memory."""
        kind = np.dtype(self.dtype if dtype is None else dtype)
        order = memory_order(self.shape, [self.strides])
        return MetaArray(self.shape, kind, ordered(self.shape, order, kind.itemsize))

    def copy(self, order: str = "C") -> MetaArray:
        """Copy into memory of its own: row-major, column-major if it was ("A"), or as it was."""
        if order == "K":
            return self.like()
        fortran = order == "A" and self.flags.f_contiguous and not self.flags.c_contiguous
        axes = range(self.ndim)[:: -1 if fortran else 1]
        return MetaArray(self.shape, self.dtype, ordered(self.shape, axes, self.itemsize))

    def flatten(self) -> MetaArray:
        """Copy into one axis."""
        return MetaArray((self.size,), self.dtype)

    def astype(self, dtype: Any, *, copy: bool = True) -> MetaArray:
        """Convert the elements."""
        return self if not copy and self.dtype == dtype else self.like(dtype)

    def fill(self, value: Any) -> None:
        """Write one number everywhere: there is nowhere to write to."""

    def __copy__(self) -> MetaArray:
        return self.copy()

    # -- where NumPy asks ----------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        return RULES[f"ufunc.{method}"](ufunc, *inputs, **keywords)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        module = function.__module__.removeprefix("numpy").removeprefix(".")
        name = f"{module}.{function.__name__}".removeprefix(".")
        if name not in RULES:
            raise no_rule(name)
        return RULES[name](*args, **keywords)

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(f"an array on the meta device has no attribute {name!r}")
        return partial(RULES[name] if name in RULES else getattr(np, name), self)

    # -- what would read a number --------------------------------------------------------------

    def item(self, *place: int) -> NoReturn:
        """Refuse to read one number."""
        raise no_numbers("item")

    def tolist(self) -> NoReturn:
        """Refuse to read all numbers."""
        raise no_numbers("tolist")

    def __bool__(self) -> NoReturn:
        raise no_numbers("bool", "decide by shapes, or run this branch on a tensor with numbers")

    def __float__(self) -> NoReturn:
        raise no_numbers("float")

    def __int__(self) -> NoReturn:
        raise no_numbers("int")

    def __complex__(self) -> NoReturn:
        raise no_numbers("complex")

    def __index__(self) -> NoReturn:
        raise no_numbers("index")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise no_numbers("numpy")


def is_number(value: Any) -> bool:
    """Tell whether a size or an axis is given, rather than several."""
    return isinstance(value, (int, np.integer))
