"""Making, moving and looking at arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.backends.silence import unwarned


class ArrayKernels:
    """What a backend must say about its arrays; `self.xp` is its array module."""

    xp: Any
    single: Any
    asarray: Any
    device_type: str
    one: Any

    def device_of(self, x: Any) -> tuple[str, int | None]:
        """Return device type and number of an array."""
        return (self.device_type, None)

    def from_numpy(self, x: np.ndarray[Any, Any], index: int | None = None) -> Any:
        """Take a host array to this backend's device."""
        return x

    def to_numpy(self, x: Any) -> np.ndarray[Any, Any]:
        """Return the elements as a host array; the same memory on the CPU."""
        return x  # type: ignore[no-any-return]

    def transfer(self, x: Any, *, device: tuple[str, int | None], origin: Any = None) -> Any:
        """Copy an array to another device; one that is there already is returned.

        `origin` is where it comes from: where a gradient has to go back to.
        """
        from minitorch_lazy.backends.registry import backend_of

        if self.device_of(x) == device or (device[1] is None and self.device_type == device[0]):
            return x
        target = backend_of(device[0])
        if target.device_type == "meta":
            return target.like(x)
        return target.from_numpy(self.to_numpy(x), device[1])

    def shares(self, view: Any, base: Any) -> bool:
        """Tell whether a result looks at its argument's memory."""
        return view is base or (view.base is not None and self.root(view) is self.root(base))

    def root(self, x: Any) -> Any:
        """Return the array that owns the memory that `x` looks at."""
        while getattr(x, "base", None) is not None:
            x = x.base
        return x

    def writable(self, x: Any) -> bool:
        """Tell whether every element has a place of its own that may be written."""
        if not getattr(x.flags, "writeable", True):
            return False
        if x.flags.c_contiguous or not x.size:
            return True
        reach = x.itemsize
        for step, size in sorted(zip(map(abs, x.strides), x.shape, strict=True)):
            if size > 1 and step < reach:
                return False
            reach += step * (size - 1)
        return True

    def copy(self, x: Any) -> Any:
        """Copy into dense memory in row-major order; of a scalar, make an array."""
        return self.asarray(x).copy()

    def seed(self, x: Any) -> Any:
        """Return ones like x, to start a walk from; nobody writes into them."""
        return self.xp.ones_like(x) if x.ndim else self.single[x.dtype]

    def fill(self, x: Any, value: Any) -> Any:
        """Return an array of the shape and type of x that holds one number."""
        out = self.xp.empty_like(x)
        out[...] = value
        return out

    @unwarned
    def fill_into(self, x: Any, value: Any) -> None:
        """Set every element to one number; those that a broadcast view repeats are set once."""
        if not self.writable(x):
            x = x[(Ellipsis, *[slice(None) if step else slice(0, 1) for step in x.strides])]
            if hasattr(x.flags, "writeable"):
                x.flags.writeable = True
        x[...] = value

    def overwrite(self, x: Any, value: Any) -> Any:
        """Return a value, broadcast to the shape of x and converted to its type."""
        out = self.xp.empty(x.shape, x.dtype)
        out[...] = value
        return out

    def copy_into(self, target: Any, value: Any) -> None:
        """Write all elements of an array."""
        target[...] = value

    def add_into(self, target: Any, value: Any) -> None:
        """Add to all elements of an array."""
        self.xp.add(target, value, target)

    def astype(self, x: Any, *, dtype: np.dtype[Any]) -> Any:
        """Convert the elements; complex numbers lose their imaginary part."""
        if x.dtype.kind == "c" and dtype.kind != "c":
            x = x.real if dtype.kind != "b" else x != 0
        return x.astype(dtype)

    def as_real_dtype(self, x: Any, *, dtype: np.dtype[Any]) -> Any:
        """Convert the elements unless they have this type."""
        return x if x.dtype == dtype else self.astype(x, dtype=dtype)

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Make an array of zeros."""
        return self.xp.zeros(shape, dtype)

    @unwarned
    def full(self, shape: tuple[int, ...], value: Any, dtype: Any) -> Any:
        """Make an array of one number."""
        out = self.xp.empty(shape, dtype)
        out[...] = value
        return out

    def arange(self, start: int, stop: int, step: int = 1, dtype: Any = None) -> Any:
        """Count from `start` to before `stop`."""
        return self.xp.arange(start, stop, step, dtype)

    def address(self, x: Any) -> int:
        """Return where the first element lies in memory; 0 of no elements."""
        return int(x.ctypes.data) if x.size else 0

    def is_contiguous(self, x: Any) -> bool:
        """Tell whether the elements lie in row-major order without gaps."""
        return bool(x.flags.c_contiguous)
